//! Fleets of panels of the panel protocol, against a server of MQTT under TLS.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{Account, ConnectionReport, ConnectionState, StatusReport};
use sim::fleet::{Finished, Fleet, FleetPlan, Sources};
use sim::journal::Outcome;
use sim::mqtt::{Member, Secret, Timeline};
use sim::order::{Accounts, MqttTerms, Order, Part, Speaks, Version};
use sim::report::Report;
use sim::run::{self, Run};
use sim::scenario::{Burst, Rate, Scenario};
use sim::tls::{Trust, Versions};
use wire::mqtt::{Level, ReasonCode};
use wire::panel::{Document, Evt, Format};

use crate::broker::{Broker, Heard, KIND, Rules, Treat};
use crate::clock::clock;

const LONG: Duration = Duration::from_secs(30);

fn members(broker: &Broker, count: u32, change: impl Fn(&mut Member)) -> Vec<Member> {
    let trust = Arc::new(Trust::new(&broker.trust()).unwrap());
    let time = Timeline::of(clock().now());
    let member = |nth| {
        let account = Account::parse(format!("{:06}", 100_000 + nth).as_bytes()).unwrap();
        let mut member = Member::of(account, time, 7);
        member.trust = Some(Arc::clone(&trust));
        member.habit.patience = Duration::from_millis(500);
        change(&mut member);
        member
    };
    (0..count).map(member).collect()
}

fn plan(target: SocketAddr, members: Vec<Member>, signals: u64) -> FleetPlan<Member> {
    FleetPlan {
        signals_per_panel: signals,
        ..FleetPlan::full_speed(target, members)
    }
}

/// Lets a fleet report until it has nothing more to say and all is answered.
async fn run(plan: FleetPlan<Member>) -> Finished {
    let signals = plan.signals_per_panel * plan.members.len() as u64;
    let fleet = Fleet::start(plan, clock(), None);
    while fleet.counters().sent < signals {
        tokio::task::yield_now().await;
    }
    fleet.finish(LONG).await.unwrap()
}

fn evts(heard: &[Heard]) -> Vec<(usize, Evt)> {
    heard
        .iter()
        .filter(|heard| heard.publish.topic.ends_with("/evt"))
        .map(|heard| {
            let evt = Evt::decode(Format::Json, &heard.publish.payload);
            (heard.caller, evt.unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_fleet_is_certified_by_account_and_every_event_is_acknowledged() {
    let broker = Broker::start(KIND).await;
    let finished = run(plan(broker.address, members(&broker, 5, |_| {}), 20)).await;
    let counters = finished.report.counters;
    assert_eq!((counters.acknowledged, counters.shaken_full), (100, 5));
    assert_eq!(finished.report.unanswered, 0);
    for caller in broker.callers() {
        assert_eq!(caller.certified, Some(format!("CN={}", caller.client_id)));
        assert_eq!(caller.level, Level::V5);
    }
    let evts = evts(&broker.heard());
    let different: BTreeSet<_> = evts
        .iter()
        .map(|(caller, evt)| (*caller, evt.seq))
        .collect();
    assert_eq!((evts.len(), different.len()), (100, 100));
    let connect = &finished.report.kinds["connect"];
    assert_eq!((connect.sent, connect.latency.count), (5, 5));
}

#[tokio::test]
async fn a_panel_comes_back_by_its_ticket_and_loses_nothing() {
    for (versions, level) in [
        (Versions::Only13, Level::V5),
        (Versions::Only12, Level::V311),
    ] {
        let broker = Broker::start(Rules {
            publish: |nth| match nth % 9 {
                4 => Treat::HangUp,
                7 => Treat::Lose,
                _ => Treat::Acknowledge,
            },
            ..KIND
        })
        .await;
        let mut terms = broker.trust();
        terms.versions = versions;
        let trust = Arc::new(Trust::new(&terms).unwrap());
        let members = members(&broker, 4, |member| {
            member.trust = Some(Arc::clone(&trust));
            member.level = level;
        });
        let finished = run(plan(broker.address, members, 30)).await;
        let counters = finished.report.counters;
        assert_eq!((counters.sent, counters.acknowledged), (120, 120));
        assert_eq!(counters.shaken_full, 4, "{versions:?}: {}", finished.report);
        assert!(
            counters.shaken_resumed > 4,
            "{versions:?}: {}",
            finished.report
        );
        assert!(
            broker
                .callers()
                .iter()
                .all(|caller| caller.certified.is_some())
        );
        let whole = [Outcome::Acknowledged; 30];
        assert!(finished.journal.iter().all(|panel| panel.outcomes == whole));
        // An event that came twice came twice the same.
        let mut contents: HashMap<(String, u64), Evt> = HashMap::new();
        for (caller, evt) in evts(&broker.heard()) {
            let who = broker.callers()[caller].client_id.clone();
            let known = contents
                .entry((who, evt.seq))
                .or_insert_with(|| evt.clone());
            assert_eq!(*known, evt);
        }
        assert_eq!(contents.len(), 120);
    }
}

#[tokio::test]
async fn a_server_of_another_authority_is_never_spoken_to() {
    let broker = Broker::start(KIND).await;
    let other = Broker::start(KIND).await;
    let trust = Arc::new(Trust::new(&other.trust()).unwrap());
    let members = members(&broker, 2, |member| member.trust = Some(Arc::clone(&trust)));
    let fleet = Fleet::start(plan(broker.address, members, 1), clock(), None);
    while fleet.counters().not_shaken < 2 {
        tokio::task::yield_now().await;
    }
    let report = fleet.finish(Duration::ZERO).await.unwrap().report;
    assert_eq!((report.counters.connected, report.counters.sent), (0, 0));
    let told: Vec<_> = report.reasons.keys().collect();
    assert_eq!(told, ["the server's certificate is not believed"]);
    assert!(broker.callers().is_empty());
}

#[tokio::test]
async fn a_panel_that_the_servers_authority_does_not_know_is_told_by_an_alert() {
    let broker = Broker::start(KIND).await;
    let mut terms = broker.trust();
    terms.authority = Some(sim::authority::Papers::new().unwrap());
    let trust = Arc::new(Trust::new(&terms).unwrap());
    let members = members(&broker, 1, |member| member.trust = Some(Arc::clone(&trust)));
    let fleet = Fleet::start(plan(broker.address, members, 1), clock(), None);
    while fleet.counters().dropped < 1 {
        tokio::task::yield_now().await;
    }
    let report = fleet.finish(Duration::ZERO).await.unwrap().report;
    let told: Vec<_> = report.reasons.keys().collect();
    assert!(
        told.iter().all(|why| why.starts_with("TLS alert")),
        "{told:?}"
    );
    assert!(!told.is_empty());
}

#[tokio::test]
async fn a_panel_without_a_certificate_shows_its_secret() {
    let broker = Broker::start(KIND).await;
    let mut terms = broker.trust();
    terms.authority = None;
    let trust = Arc::new(Trust::new(&terms).unwrap());
    let members = members(&broker, 1, |member| {
        member.trust = Some(Arc::clone(&trust));
        member.secret = Some(Secret("wfp_x".to_owned()));
    });
    run(plan(broker.address, members, 1)).await;
    let caller = &broker.callers()[0];
    assert_eq!(
        (caller.certified.as_ref(), caller.password.as_deref()),
        (None, Some(&b"wfp_x"[..]))
    );
}

#[tokio::test]
async fn refusals_and_farewells_are_counted_by_their_reasons() {
    let broker = Broker::start(Rules {
        connect: |nth| match nth {
            0 => ReasonCode::ServerBusy,
            _ => ReasonCode::Success,
        },
        publish: |nth| match nth {
            3 => Treat::Farewell,
            _ => Treat::Acknowledge,
        },
    })
    .await;
    let report = run(plan(broker.address, members(&broker, 1, |_| {}), 10))
        .await
        .report;
    assert_eq!(report.counters.acknowledged, 10);
    let expected = [
        ("CONNACK 0x89, server busy".to_owned(), 1),
        ("DISCONNECT 0x8B, server shutting down".to_owned(), 1),
    ];
    assert_eq!(report.reasons, BTreeMap::from(expected));
    assert_eq!(
        (report.kinds["connect"].refused, report.counters.put_off),
        (1, 1)
    );
    assert!(
        report.to_string().contains("CONNACK 0x89, server busy"),
        "{report}"
    );
}

fn order(broker: &Broker, scenario: &str) -> Order {
    Order {
        target: broker.address,
        speaks: Speaks::Mqtt(Box::new(MqttTerms {
            version: Version::V5,
            trust: Some(broker.trust()),
            secrets: BTreeMap::new(),
            cbor: false,
            time: Timeline::of(clock().now()),
        })),
        accounts: Accounts::from_first("100000", 20).unwrap(),
        scenario: Scenario {
            rate: Some(Rate::PerSecond(400.0)),
            ..Scenario::built_in(scenario).unwrap()
        },
        duration: "1500ms".parse().unwrap(),
        grace: "10s".parse().unwrap(),
        begin_per_second: 200,
        sources: Sources::Loopback(20),
        seed: 1,
    }
}

/// Carries out an order in one part.
async fn carry_out(order: &Order) -> Report {
    let clock = clock();
    let part = Part::all(20, 1, 100, clock.now().mono)[0];
    // As it goes to another process.
    let json = serde_json::to_string(order).unwrap();
    let order: Order = serde_json::from_str(&json).unwrap();
    let run = Run::start(&order, &part, clock).unwrap();
    let silent = |_| {};
    run.work(Duration::from_millis(50), silent, std::future::pending())
        .await;
    run::Outcome::report(&[run.finish().await.unwrap()])
}

#[tokio::test]
async fn panels_live_the_same_in_clear_where_an_order_says_nothing_of_trust() {
    let broker = Broker::start_in_clear(KIND).await;
    let mut order = order(&broker, "seed-day");
    if let Speaks::Mqtt(terms) = &mut order.speaks {
        terms.trust = None;
    }
    let report = carry_out(&order).await;
    let shaken = report.counters.shaken_full + report.counters.shaken_resumed;
    assert_eq!((report.unanswered, shaken), (0, 0), "{report}");
    assert!(report.kinds["status"].acknowledged > 100, "{report}");
}

#[tokio::test]
async fn the_seed_day_reports_mostly_how_its_panels_are() {
    let broker = Broker::start(KIND).await;
    let report = carry_out(&order(&broker, "seed-day")).await;
    assert_eq!(
        (report.unanswered, report.counters.refused),
        (0, 0),
        "{report}"
    );
    let status = report.kinds["status"].acknowledged;
    assert!(status * 100 > report.counters.sent * 90, "{report}");
    let heard = broker.heard();
    let first = heard
        .iter()
        .find(|heard| heard.publish.topic.ends_with("/status"));
    let first = StatusReport::decode(Format::Json, &first.unwrap().publish.payload).unwrap();
    assert_eq!((first.partitions.len(), first.zones.len()), (2, 16));
    while broker.connections().0 > 0 {
        tokio::task::yield_now().await;
    }
    let goodbye = |heard: &Heard| {
        let conn = ConnectionReport::decode(Format::Json, &heard.publish.payload);
        heard.publish.topic.ends_with("/conn") && conn.unwrap().state == ConnectionState::Offline
    };
    let heard = broker.heard();
    assert_eq!(heard.iter().filter(|heard| goodbye(heard)).count(), 20);
}

#[tokio::test]
async fn a_rough_day_of_one_path_each_loses_nothing() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "rough-day");
    let faults = &mut order.scenario.faults;
    faults.silence = Some("30%:400ms:300ms".parse().unwrap());
    faults.half_open = Some("30%:300ms".parse().unwrap());
    faults.storm = Some("50%:800ms".parse().unwrap());
    faults.lost_answers = "0%".parse().unwrap();
    (faults.clones, faults.two_paths) = (None, "0%".parse().unwrap());
    let report = carry_out(&order).await;
    assert_eq!(report.unanswered + report.counters.refused, 0, "{report}");
    assert!(
        report.counters.doubled > 0 && report.counters.silenced > 10,
        "{report}"
    );
    assert_eq!(report.counters.shaken_full, 20, "{report}");
}

#[tokio::test]
async fn a_storm_brings_everybody_back_at_once_by_ticket() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "seed-day");
    order.scenario.faults.storm = Some("100%:500ms".parse().unwrap());
    let report = carry_out(&order).await;
    let counters = report.counters;
    assert_eq!(
        (counters.shaken_full, counters.shaken_resumed),
        (20, 20),
        "{report}"
    );
    assert_eq!((report.unanswered, counters.silenced), (0, 20));
}

#[tokio::test]
async fn a_half_open_connection_stays_open_beside_the_new_one() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "seed-day");
    order.scenario.faults.half_open = Some("100%:300ms".parse().unwrap());
    order.duration = "1h".parse().unwrap();
    let clock = clock();
    let part = Part::all(20, 1, 100, clock.now().mono)[0];
    let run = Run::start(&order, &part, clock).unwrap();
    while broker.callers().len() < 40 {
        tokio::task::yield_now().await;
    }
    assert_eq!(broker.connections(), (40, 0));
    drop(run);
}

/// Waits until the whole fleet has come and fallen silent.
async fn silence(run: &Run, broker: &Broker) {
    while broker.callers().len() < 20 {
        tokio::task::yield_now().await;
    }
    while run.progress().online > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_carrier_that_fails_closes_nothing_and_reads_nothing() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "seed-day");
    order.scenario.faults.silence = Some("100%:300ms:1h".parse().unwrap());
    order.duration = "1h".parse().unwrap();
    order.grace = "0s".parse().unwrap();
    let part = Part::all(20, 1, 100, clock().now().mono)[0];
    let run = Run::start(&order, &part, clock()).unwrap();
    silence(&run, &broker).await;
    let heard = broker.heard().len();
    assert_eq!(broker.connections(), (20, 0), "no panel said farewell");
    broker.close_all();
    while broker.connections().0 > 0 {
        tokio::task::yield_now().await;
    }
    // The server ended them, and no panel knows.
    assert_eq!(broker.connections(), (0, 0));
    let outcome = run.finish().await.unwrap();
    let counters = run::Outcome::report(&[outcome]).counters;
    assert_eq!((counters.dropped, counters.reconnected), (0, 0));
    assert_eq!((counters.silenced, broker.heard().len()), (20, heard));
}

#[tokio::test]
async fn who_was_closed_while_it_was_silent_comes_back_by_ticket_and_loses_nothing() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "alarms");
    order.scenario.faults.silence = Some("100%:300ms:700ms".parse().unwrap());
    let part = Part::all(20, 1, 100, clock().now().mono)[0];
    let run = Run::start(&order, &part, clock()).unwrap();
    silence(&run, &broker).await;
    broker.close_all();
    run.work(Duration::from_secs(1), |_| {}, std::future::pending())
        .await;
    let report = run::Outcome::report(&[run.finish().await.unwrap()]);
    let counters = report.counters;
    assert_eq!(report.unanswered + counters.not_sent, 0, "{report}");
    let shaken = (counters.shaken_full, counters.shaken_resumed);
    assert_eq!((shaken, counters.dropped), ((20, 20), 0), "{report}");
    let kept = evts(&broker.heard()).iter().any(|(_, evt)| evt.stored);
    assert!(kept, "what happened meanwhile is told");
}

#[tokio::test]
async fn a_burst_reaches_the_server_once_from_each_panel_of_its_share() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "idle");
    order.scenario.rate = None;
    order.scenario.burst = Some(Burst {
        after: "100ms".parse().unwrap(),
        lasts: "500ms".parse().unwrap(),
        share: "40%".parse().unwrap(),
    });
    let report = carry_out(&order).await;
    let alarms = report.kinds["alarm"];
    assert_eq!((alarms.sent, alarms.acknowledged), (8, 8), "{report}");
    assert_eq!(report.counters.sent, 8, "{report}");
    let from: BTreeSet<_> = evts(&broker.heard()).iter().map(|(who, _)| *who).collect();
    assert_eq!(from.len(), 8);
}

#[tokio::test]
async fn a_carrier_that_fails_hides_events_for_a_time_and_loses_none() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "alarms");
    order.scenario.faults.silence = Some("100%:300ms:600ms".parse().unwrap());
    let report = carry_out(&order).await;
    assert_eq!(report.unanswered + report.counters.not_sent, 0, "{report}");
    let evts = evts(&broker.heard());
    let kept = evts.iter().filter(|(_, evt)| evt.stored).count();
    assert!(kept >= 20, "{kept}");
    let callers = broker.callers();
    let mut numbers: HashMap<&str, Vec<u64>> = HashMap::new();
    for (caller, evt) in &evts {
        numbers
            .entry(&callers[*caller].client_id)
            .or_default()
            .push(evt.seq);
    }
    for (panel, numbers) in numbers {
        let expected: Vec<_> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, expected, "{panel}");
    }
}

#[tokio::test]
async fn the_two_paths_of_a_panel_send_the_same_events() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "alarms");
    order.scenario.faults.two_paths = "100%".parse().unwrap();
    let report = carry_out(&order).await;
    assert_eq!((report.panels, report.unanswered), (20, 0), "{report}");
    let callers = broker.callers();
    let mut paths: BTreeMap<&str, BTreeMap<u64, Evt>> = BTreeMap::new();
    let evts = evts(&broker.heard());
    for (caller, evt) in &evts {
        let path = paths.entry(&callers[*caller].client_id).or_default();
        // Either path says when it sent it.
        let evt = Evt {
            sent: None,
            ..evt.clone()
        };
        path.insert(evt.seq, evt);
    }
    assert_eq!(paths.len(), 40);
    for account in 100_000..100_020 {
        let of = |path: &str| &paths[format!("{account}/{path}").as_str()];
        assert!(!of("lan").is_empty());
        assert_eq!(of("lan"), of("cell"), "{account}");
    }
}

#[tokio::test]
async fn a_clone_goes_on_from_where_its_panel_was_and_tells_other_things() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "alarms");
    order.scenario.faults.clones = Some("100%:500ms".parse().unwrap());
    carry_out(&order).await;
    let callers = broker.callers();
    assert_eq!(callers.len(), 40, "this server lets both stay");
    let mut forked = 0;
    for account in 100_000..100_020 {
        let id = account.to_string();
        let mut said: HashMap<u64, Vec<Evt>> = HashMap::new();
        for (caller, evt) in evts(&broker.heard()) {
            if callers[caller].client_id == id {
                said.entry(evt.seq).or_default().push(evt);
            }
        }
        assert_eq!(said[&1].len(), 1, "before the fork there is one");
        let both = said.values().filter(|evts| evts.len() == 2);
        forked += both.filter(|evts| evts[0] != evts[1]).count();
    }
    assert!(forked >= 20, "{forked}");
}

#[tokio::test]
async fn panels_that_never_read_are_no_loss() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "alarms");
    order.scenario.faults.slow_readers = "100%".parse().unwrap();
    let report = carry_out(&order).await;
    assert!(report.counters.unheard > 300, "{report}");
    assert_eq!(
        (report.unanswered, report.counters.acknowledged),
        (0, 0),
        "{report}"
    );
    assert!(
        report.kinds.values().all(|kind| kind.unanswered == 0),
        "{report}"
    );
    assert!(report.was_answered());
}

#[tokio::test]
async fn wrong_clocks_stay_wrong_and_say_so_in_every_event() {
    let broker = Broker::start(KIND).await;
    let mut order = order(&broker, "alarms");
    order.scenario.faults.skew = Some("100%:-1h".parse().unwrap());
    carry_out(&order).await;
    let now = clock().now().wall;
    let evts = evts(&broker.heard());
    assert!(!evts.is_empty());
    for (_, evt) in evts {
        let behind = (now - evt.occurred.unwrap()) / 1_000;
        assert!((3_500_000..3_700_000).contains(&behind), "{behind}");
    }
}
