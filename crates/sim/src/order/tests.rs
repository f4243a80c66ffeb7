use std::collections::HashSet;

use model::{Now, Wall};

use super::*;
use crate::faults::Faults;
use crate::fleet::Dialling;
use crate::mqtt::Timeline;
use crate::scenario::Burst;

struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        Now {
            mono: Mono(5_000_000_000),
            wall: Wall(0),
            suspect: false,
        }
    }
}

fn dc09() -> Dc09Terms {
    Dc09Terms {
        transport: Transport::Tcp,
        dialling: Dialling::Permanent,
        receiver: None,
        line: 0,
        keys: Keys::None,
        pads: Pads::Binary,
    }
}

fn order(panels: u32) -> Order {
    Order {
        target: SocketAddr::from(([127, 0, 0, 1], 9_009)),
        speaks: Speaks::Dc09(dc09()),
        accounts: Accounts::from_first("1000", panels).unwrap(),
        scenario: Scenario {
            rate: Some(Rate::PerSecond(10.0)),
            ..Scenario::built_in("faults").unwrap()
        },
        duration: "60s".parse().unwrap(),
        grace: "10s".parse().unwrap(),
        begin_per_second: 100,
        sources: Sources::Loopback(panels),
        seed: 1,
    }
}

fn members(order: &Order, parts: &[Part]) -> Vec<(Member, Option<Mono>)> {
    let plans = parts
        .iter()
        .map(|part| order.dc09_plan(&dc09(), part, &Still));
    plans
        .flat_map(|(plan, scripts)| {
            let due = scripts.into_iter().map(|script| script.due(Mono(0)));
            plan.members.into_iter().zip(due.collect::<Vec<_>>())
        })
        .collect()
}

#[test]
fn a_fleet_in_parts_is_the_same_fleet() {
    let order = order(1_000);
    let begins = Still.now().mono;
    let whole = members(&order, &Part::all(1_000, 1, 20_000, begins));
    let parts = Part::all(1_000, 1, 150, begins);
    assert_eq!(parts.len(), 7);
    assert_eq!(members(&order, &parts), whole);
    let accounts: HashSet<_> = whole.iter().map(|(m, _)| m.identity.account).collect();
    assert_eq!(accounts.len(), 1_000);
}

#[test]
fn parts_hold_no_more_than_a_process_may_and_miss_nobody() {
    for (count, least, most, parts) in [(1, 1, 10, 1), (10, 3, 10, 3), (50_000, 1, 19_000, 3)] {
        let cut = Part::all(count, least, most, Mono(0));
        assert_eq!(cut.len(), parts);
        assert!(cut.iter().all(|part| part.count <= most && part.count > 0));
        assert_eq!(cut.iter().map(|part| part.count).sum::<u32>(), count);
    }
    assert_eq!(Part::all(2, 5, 10, Mono(0)).len(), 2, "no part is empty");
}

#[test]
fn a_fleet_at_a_rate_is_spread_over_its_period() {
    let mut order = order(100);
    order.scenario.faults = Faults::default();
    let all = members(&order, &Part::all(100, 1, 100, Mono(0)));
    // 100 panels begin within a second; each reports every ten.
    let due: Vec<_> = all
        .iter()
        .map(|(_, due)| due.unwrap().0 / 1_000_000)
        .collect();
    assert!(due.is_sorted());
    assert_eq!((due[0], due[50], due[99]), (1_000, 6_000, 10_900));
}

#[test]
fn a_quiet_scenario_reports_nothing_at_any_rate() {
    let mut order = order(10);
    order.scenario = Scenario::built_in("quiet").unwrap();
    for rate in [Some(Rate::Most), None, Some(Rate::PerSecond(1.0))] {
        order.scenario.rate = rate;
        let all = members(&order, &Part::all(10, 1, 10, Mono(0)));
        assert!(all.iter().all(|(_, due)| due.is_none()));
    }
}

#[test]
fn who_falls_silent_is_told_as_it_happens() {
    let mut order = order(1_000);
    order.speaks = Speaks::Mqtt(Box::new(MqttTerms {
        version: Version::V5,
        trust: None,
        secrets: std::collections::BTreeMap::new(),
        cbor: false,
        time: Timeline::of(Now::default()),
    }));
    order.scenario.faults = Faults {
        silence: Some("40%:20s:110s".parse().unwrap()),
        ..Faults::default()
    };
    let told: Vec<_> = order.silences().collect();
    assert!((350..450).contains(&told.len()), "{}", told.len());
    let times = [20, 110].map(Duration::from_secs);
    assert!(
        told.iter()
            .all(|(_, after, lasts)| [*after, *lasts] == times)
    );
    let Speaks::Mqtt(terms) = &order.speaks else {
        panic!("it was set just now");
    };
    // The fleet is made a while before its signals begin.
    let lives = terms.paths(&order, 0..1_000, (Mono(0), Duration::from_secs(7)), None);
    let silent = lives.iter().zip(0..).filter(|((member, _), _)| {
        let mut absences = member.absences.iter();
        absences.any(|absence| absence.after == Duration::from_secs(27))
    });
    let silent: Vec<u32> = silent.map(|(_, place)| place).collect();
    assert_eq!(
        silent,
        told.iter().map(|(place, ..)| *place).collect::<Vec<_>>()
    );
}

#[test]
fn a_burst_befalls_its_share_once_and_the_same_in_every_part() {
    let mut order = order(1_000);
    order.scenario = Scenario {
        burst: Some(Burst {
            after: "5s".parse().unwrap(),
            lasts: "1s".parse().unwrap(),
            share: "20%".parse().unwrap(),
        }),
        ..Scenario::built_in("quiet").unwrap()
    };
    let due = |parts: &[Part]| -> Vec<_> {
        let all = members(&order, parts);
        all.into_iter().filter_map(|(_, due)| due).collect()
    };
    let whole = due(&Part::all(1_000, 1, 20_000, Mono(0)));
    assert_eq!(whole, due(&Part::all(1_000, 7, 20_000, Mono(0))));
    // 1,000 panels begin within ten seconds.
    let millis: Vec<_> = whole.iter().map(|due| due.0 / 1_000_000).collect();
    assert_eq!(millis.len(), 200);
    assert_eq!((millis[0], millis[100]), (15_000, 15_500));
}

#[test]
fn all_have_begun_when_signals_begin_in_however_many_parts() {
    let mut order = order(1_000);
    order.begin_per_second = 10;
    for parts in [1, 3, 7, 51] {
        for part in Part::all(1_000, parts, 20_000, Mono(0)) {
            let (plan, _) = order.dc09_plan(&dc09(), &part, &Still);
            let last = plan.begins(plan.members.len() - 1);
            assert!(last < order.signals_after(), "{parts}: {last:?}");
        }
    }
}
