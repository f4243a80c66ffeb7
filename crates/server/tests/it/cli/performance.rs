//! `performance`, on a screen and as JSON, of a server whose figures are known.

use serde_json::{Value, json};

use super::fake::{Answer, Fake};
use super::{err, out, run};

fn over_time(value: f64) -> Value {
    json!({"last_10_s": value, "last_minute": value, "last_15_min": value})
}

fn took(p99: f64) -> Value {
    let spread = json!({"count": 1_234, "mean_ms": 5.0, "p50_ms": 4.5, "p99_ms": p99,
        "p999_ms": p99, "max_ms": 99.5});
    json!({"last_minute": spread, "last_15_min": spread})
}

fn never() -> Value {
    let spread = json!({"count": 0, "mean_ms": null, "p50_ms": null, "p99_ms": null,
        "p999_ms": null, "max_ms": null});
    json!({"last_minute": spread, "last_15_min": spread})
}

fn with(mut value: Value, more: Value) -> Value {
    let (Value::Object(fields), Value::Object(more)) = (&mut value, more) else {
        panic!("objects");
    };
    fields.extend(more);
    value
}

/// A seed day at its height.
fn performance() -> Value {
    let rates = json!({"all": 5_787.0, "event": 289.4, "status": 5_497.6, "supervision": 0.0,
        "connect": 0.0, "later_field": 1});
    let counts = json!({"all": 12_345_678, "event": 617_283, "status": 11_728_395,
        "supervision": 0, "connect": 0, "since": "2026-11-22T00:00:00.000000Z"});
    let process = |role: &str, cores: f64| {
        json!({"role": role, "index": 1, "pid": 7, "cores": over_time(cores),
            "resident_bytes": 40_000_000, "own_bytes": 34_000_000, "open_files": 19_000,
            "open_files_limit": 20_000})
    };
    json!({
        "at": "2026-11-22T20:15:00.000000Z", "since": "2026-11-21T08:15:00.000000Z",
        "paths": {"connected": 50_000, "registered": 50_012},
        "requests": {
            "per_second": {"last_10_s": rates, "last_minute": rates, "last_15_min": rates},
            "total": counts, "today": counts, "last_24_h": counts,
            "by_second": [5_700, 5_787, 0], "by_hour": [1, 2]
        },
        "processor": {"machine_cores": 2.0, "our_cores": over_time(0.18),
            "idle_cores": over_time(1.62), "reserve": over_time(10.0),
            "us_per_request": over_time(31.1)},
        "memory": {"machine_bytes": 24_000_000_000_u64, "available_bytes": 20_000_000_000_u64,
            "own_bytes": 350_000_000, "per_connected_path_bytes": 5_400,
            "per_registered_path_bytes": null},
        "processes": [process("engine", 0.06), process("gateway", 0.12)],
        "gateways": [{"index": 1, "connections": 50_000, "without_identity": 0, "stalled": 3,
            "turns": took(1.5)}],
        "latency": {
            "signal_to_disk": [
                with(took(25.0), json!({"priority": 1, "classes": ["fire", "gas"]})),
                with(never(), json!({"priority": 2, "classes": ["medical"]}))
            ],
            "commit": with(took(6.0), json!({"signals_per_commit_last_minute": 2.3,
                "signals_per_commit_last_15_min": 2.5})),
            "runtime_delay": took(2.0)
        },
        "queues": [{"name": "ingest", "depth": 12, "bound": 2_048},
            {"name": "journal", "depth": 0, "bound": 16}]
    })
}

fn serving(times: usize) -> Fake {
    let shown = performance().to_string();
    let answer = || Answer::json("GET /api/v1/performance", 200, &shown);
    Fake::serving(std::iter::repeat_with(answer).take(times).collect())
}

#[test]
fn all_figures_fit_one_screen_and_what_is_odd_is_in_it() {
    let fake = serving(1);
    let shown = run(fake.folder(), &["performance"]);
    assert!(shown.status.success(), "{}", err(&shown));
    let screen = out(&shown);
    for part in [
        "50,000 of 50,012 paths connected",
        "12,345,678",
        "5787",
        "██▁",
        "18.0 %",
        "31.1",
        "2 cores: we 9 %, others 10 %, idle 81 %",
        "10.0 times this load fits the processor",
        "gateways 5.4 KB by connected path, engine – (too few to tell)",
        "19,000 of 20,000",
        "1 fire, gas",
        "3 connections wait until there is room",
        "signals a commit",
        "1 queue is empty",
    ] {
        assert!(screen.contains(part), "{part} in:\n{screen}");
    }
    assert!(
        !screen.contains("medical"),
        "what did not happen has no row"
    );
    assert!(!screen.contains('\x1b'), "no terminal reads");
    assert!(screen.lines().count() < 45);
    fake.finish();
}

#[test]
fn as_json_it_is_what_the_server_said() {
    let fake = serving(1);
    let shown = run(fake.folder(), &["performance", "--json"]);
    let said: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(said, performance());
    fake.finish();
}
