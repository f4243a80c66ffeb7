//! The scenarios that are built in.

/// Those that are built in, by their names: first the lives of fleets of any kind, then the loads
/// that the bench puts on a server.
pub const BUILT_IN: [(&str, &str); 16] = [
    (
        "quiet",
        include_str!("../../../../bench/scenarios/quiet.toml"),
    ),
    ("day", include_str!("../../../../bench/scenarios/day.toml")),
    (
        "alarms",
        include_str!("../../../../bench/scenarios/alarms.toml"),
    ),
    (
        "thunderstorm",
        include_str!("../../../../bench/scenarios/thunderstorm.toml"),
    ),
    (
        "faults",
        include_str!("../../../../bench/scenarios/faults.toml"),
    ),
    (
        "rough-day",
        include_str!("../../../../bench/scenarios/rough-day.toml"),
    ),
    (
        "seed-day",
        include_str!("../../../../bench/scenarios/seed-day.toml"),
    ),
    (
        "all-durable",
        include_str!("../../../../bench/scenarios/all-durable.toml"),
    ),
    (
        "storm",
        include_str!("../../../../bench/scenarios/storm.toml"),
    ),
    (
        "alarm-burst",
        include_str!("../../../../bench/scenarios/alarm-burst.toml"),
    ),
    (
        "saturation",
        include_str!("../../../../bench/scenarios/saturation.toml"),
    ),
    (
        "idle",
        include_str!("../../../../bench/scenarios/idle.toml"),
    ),
    (
        "scaling",
        include_str!("../../../../bench/scenarios/scaling.toml"),
    ),
    (
        "carrier-loss",
        include_str!("../../../../bench/scenarios/carrier-loss.toml"),
    ),
    (
        "quarter-million",
        include_str!("../../../../bench/scenarios/quarter-million.toml"),
    ),
    (
        "million",
        include_str!("../../../../bench/scenarios/million.toml"),
    ),
];
