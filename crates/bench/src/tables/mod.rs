//! The tables of BENCHMARKS.md that are no scenario: offered load and the ways of DC-09, and the
//! secure channel stage by stage beside Mosquitto.

pub(crate) mod beside;
pub(crate) mod fleet;
mod measured;
pub(crate) mod rates;
mod way;
pub(crate) mod ways;

pub(crate) use measured::with_house;
