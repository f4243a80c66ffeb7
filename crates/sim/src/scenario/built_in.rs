//! The scenarios that are built in.

/// Those that are built in, by their names: first the lives of fleets of any kind, then the loads
/// that the bench puts on a server.
pub const BUILT_IN: [(&str, &str); 7] = [
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
];
