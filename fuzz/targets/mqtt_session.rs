//! `fuzz::mqtt_session` under libFuzzer.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::mqtt_session(data));

/// Without instrumentation there is nothing to drive; `tests/replay.rs` replays the corpus.
#[cfg(not(fuzzing))]
fn main() {}
