//! How fast and how full the server is.

use engine::ports::Measurement;
use serde_json::{Value, json};

use crate::fakes::House;

async fn shown(house: &House) -> Value {
    let answer = house.get("/api/v1/performance").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn requests_are_told_by_kind_by_the_second_and_by_the_day() {
    let shown = shown(&House::new()).await;
    let requests = &shown["requests"];
    let rates =
        json!({"all": 100.25, "event": 5.0, "status": 95.0, "supervision": 0.25, "connect": 0.0});
    assert_eq!(requests["per_second"]["last_10_s"], rates);
    assert_eq!(requests["today"]["since"], "2026-11-22T00:00:00.000000Z");
    assert_eq!(requests["today"]["all"], 1_402);
    assert_eq!(requests["last_24_h"]["status"], 9_500);
    assert_eq!(requests["total"]["connect"], 4_000);
    assert_eq!(requests["by_second"], json!([100, 101]));
    assert_eq!(
        shown["paths"],
        json!({"connected": 4_000, "registered": 5_000})
    );
}

#[tokio::test]
async fn processor_and_memory_are_told_with_what_is_left_of_them() {
    let shown = shown(&House::new()).await;
    let processor = &shown["processor"];
    assert_eq!(processor["machine_cores"], 2.0);
    assert_eq!(processor["reserve"]["last_15_min"], 3.0);
    assert_eq!(processor["us_per_request"]["last_minute"], 25.5);
    let memory = &shown["memory"];
    assert_eq!(memory["own_bytes"], 45_000_000);
    assert_eq!(memory["per_connected_path_bytes"], 5_500);
    assert_eq!(memory["per_registered_path_bytes"], Value::Null);
    let gateway = &shown["processes"][2];
    assert_eq!(
        (&gateway["role"], &gateway["index"]),
        (&json!("gateway"), &json!(1))
    );
    assert_eq!(gateway["open_files_limit"], Value::Null);
}

#[tokio::test]
async fn latency_is_told_by_priority_and_unknown_where_nothing_happened() {
    let shown = shown(&House::new()).await;
    let to_disk = shown["latency"]["signal_to_disk"].as_array().unwrap();
    assert_eq!(to_disk.len(), 9);
    assert_eq!(to_disk[0]["classes"], json!(["fire", "gas"]));
    let of_burglary = &to_disk[2];
    let quarter = json!({"count": 3, "mean_ms": 4.0, "p50_ms": 4.0, "p99_ms": 8.0, "p999_ms": 8.0, "max_ms": 8.0});
    assert_eq!(of_burglary["last_15_min"], quarter);
    assert_eq!(of_burglary["last_minute"]["max_ms"], Value::Null);
    let commit = &shown["latency"]["commit"];
    assert_eq!(commit["signals_per_commit_last_15_min"], 45.0);
    assert_eq!(commit["signals_per_commit_last_minute"], Value::Null);
}

#[tokio::test]
async fn every_queue_is_told_beside_its_bound() {
    let house = House::new();
    *house.part.figures.lock().unwrap() = Measurement::queue("ingest", 7, 2_048).into();
    let shown = shown(&house).await;
    let queues = shown["queues"].as_array().unwrap();
    let found = |name: &str| queues.iter().find(|queue| queue["name"] == name).unwrap();
    assert_eq!(
        found("ingest"),
        &json!({"name": "ingest", "depth": 7, "bound": 2_048})
    );
    assert_eq!(found("streams")["depth"], 0);
    assert_eq!(found("window_1")["depth"], 3);
    assert_eq!(found("window_bytes_1")["depth"], 900);
}
