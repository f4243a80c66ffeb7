//! Live performance of the real server: figures move with what panels do, and what is written of figures is true.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use sim::fleet::Member;

use crate::datagrams::Panel;
use crate::support::processes::send;
use crate::support::server::Server;
use crate::support::turn::turn;
use crate::support::wait::pass;

const LIMIT: Duration = Duration::from_secs(30);

/// Events of each panel in a round.
const EVENTS: u16 = 20;

fn number(value: &Value, pointer: &str) -> u64 {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.unwrap_or_else(|| panic!("{pointer} in {value:#}"))
}

fn performance(server: &Server) -> Value {
    serde_json::from_str(&server.output(&["performance", "--json"])).unwrap()
}

/// Waits until the figures are as `wanted` has them.
async fn until(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let shown = performance(server);
            if wanted(&shown) {
                return shown;
            }
            pass(Duration::from_millis(200)).await;
        }
    };
    let shown = tokio::time::timeout(LIMIT, look).await;
    shown.unwrap_or_else(|_| panic!("{:#}", performance(server)))
}

/// Waits until gateways have told of so many events, which they do twice a second. There may be more: a panel that
/// waited too long says it again. On disk each is once.
async fn counted(server: &Server, events: u64) -> Value {
    let shown = until(server, |shown| {
        number(shown, "/requests/total/event") >= events
    })
    .await;
    // Burglary is of priority 3.
    assert_eq!(signals_on_disk(&shown), [0, 0, events, 0, 0, 0, 0, 0, 0]);
    shown
}

fn signals_on_disk(shown: &Value) -> Vec<u64> {
    let priorities = shown["latency"]["signal_to_disk"].as_array().unwrap();
    let counts = priorities
        .iter()
        .map(|one| number(one, "/last_15_min/count"));
    counts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_panels_do_shows_in_the_figures_whoever_of_the_house_dies() {
    let _turn = turn("figures move with what panels do").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let members = Member::many(0xB000, 3);
    server.register(&members).await;
    let panels = members
        .iter()
        .map(|member| Panel::new(member, server.panels()));
    let panels: Vec<Panel> = panels.collect();
    let round = |first: u16| {
        for sequence in first..first + EVENTS {
            for panel in &panels {
                panel.report(sequence);
            }
        }
    };
    let a_round = u64::from(EVENTS) * 3;
    round(1);
    let shown = counted(&server, a_round).await;
    assert!(number(&shown, "/requests/today/event") >= a_round);
    assert_eq!(number(&shown, "/paths/registered"), 3);
    assert!(number(&shown, "/latency/commit/last_15_min/count") > 0);
    let longest = shown.pointer("/latency/signal_to_disk/2/last_15_min/max_ms");
    assert!(longest.unwrap().as_f64().unwrap() > 0.0, "{shown:#}");
    let roles = shown["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| {
            assert!(number(process, "/own_bytes") > 0, "{process:#}");
            process["role"].as_str().unwrap().to_owned()
        });
    assert_eq!(
        roles.collect::<Vec<_>>(),
        ["supervisor", "engine", "gateway", "gateway"]
    );
    assert!(number(&shown, "/gateways/0/turns/last_15_min/count") > 0);

    // A gateway that is replaced counts from nothing; what it had counted stays.
    let gateway = server
        .children()
        .into_iter()
        .find(|child| child.role == "gateway");
    send(gateway.unwrap().pid, Signal::KILL);
    round(101);
    let shown = counted(&server, 2 * a_round).await;

    // A new engine begins anew, though the gateways go on counting.
    let (before, engine) = (shown["since"].clone(), server.engine().await);
    send(engine, Signal::KILL);
    server.until_ready().await;
    // Before it has heard of them, what they count is not of its time.
    let gateways = |shown: &Value| shown["gateways"].as_array().map_or(0, Vec::len);
    until(&server, |shown| gateways(shown) == 2).await;
    round(201);
    let shown = counted(&server, a_round).await;
    assert_ne!(shown["since"], before);

    let screen = server.output(&["performance"]);
    for part in [
        "3 paths connected",
        "3 burglary",
        "supervisor",
        "gateway 1",
        "commit",
    ] {
        assert!(screen.contains(part), "{part} in:\n{screen}");
    }
    let doctor: Value = serde_json::from_str(&server.output(&["doctor", "--json"])).unwrap();
    let capacity = &doctor["capacity"];
    assert!(number(capacity, "/panels") > 0, "{doctor:#}");
    assert_eq!(capacity["limits"][0]["panels"], capacity["panels"]);
    what_is_written_of_figures_is_true(&server).await;
    server.stop().await;
}

/// Every figure that rules, dashboard and documents name is one that the server shows.
async fn what_is_written_of_figures_is_true(server: &Server) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let read = |file: &str| std::fs::read_to_string(docs.join(file)).unwrap();
    let (alerts, dashboard) = (
        read("monitoring/alerts.yml"),
        read("monitoring/grafana.json"),
    );
    let explained = read("performance.md");
    let written = [&alerts, &dashboard, &explained].map(|text| names(text));
    let shown = server.api().metrics().await;
    let shown = shown
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    let shown: BTreeSet<&str> = shown.filter_map(|line| line.split(' ').next()).collect();
    // These are told only where there are panels enough, or a time long enough, to tell them from.
    let later = [
        "watchfire_memory_per_path_bytes",
        "watchfire_processor_reserve_ratio",
    ];
    for name in written.iter().flatten() {
        let known = |name: &str| shown.contains(name) || later.contains(&name);
        let plain = ["_total", "_bucket", "_count", "_sum"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        assert!(
            known(name) || plain.is_some_and(known),
            "{name} is not shown: {shown:#?}"
        );
    }
    assert!(written.iter().all(|names| names.len() > 10));

    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let expressions = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    assert!(
        expressions
            .into_iter()
            .all(|target| target["expr"].as_str().unwrap().contains("watchfire_"))
    );
    let count = |start: &str| {
        alerts
            .lines()
            .filter(|line| line.trim_start().starts_with(start))
            .count()
    };
    let rules = count("- alert: Watchfire");
    assert!(rules > 10);
    for part in [
        "expr: ",
        "labels: {severity: ",
        "summary: ",
        "description: ",
    ] {
        assert_eq!(count(part), rules, "{part}");
    }
}

/// Names of figures in a text; those that are cut short by `…` are no names.
fn names(text: &str) -> BTreeSet<&str> {
    let starts = text.match_indices("watchfire_");
    let starts = starts.filter_map(|(at, _)| text.get(at..));
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
    let names = starts.map(|rest| {
        rest.split_once(|c| !is_part(c))
            .map_or(rest, |(name, _)| name)
    });
    names.filter(|name| !name.ends_with('_')).collect()
}
