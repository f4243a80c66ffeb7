//! Panel protocols as pure sessions: one folder each, one row each in [`FAMILIES`].
//!
//! To add a family: a folder with `mod.rs`, `session.rs` and `testdata/`, its codec in `wire`, a
//! row here, and a fixture for the conformance suite of `proto` in `tests/it`.
//!
//! What never happens here: sockets, files, clocks, a runtime, a decision about what a repeat is.

mod backlog;
pub mod dc09;
pub mod mqtt;
mod tally;

use proto::Family;

/// Every family that this build speaks.
pub const FAMILIES: &[&dyn Family] = &[&dc09::Dc09, &mqtt::Mqtt];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn families_have_names_and_titles_of_their_own() {
        let names: HashSet<_> = FAMILIES.iter().map(|family| family.name()).collect();
        let titles: HashSet<_> = FAMILIES.iter().map(|family| family.title()).collect();
        assert_eq!(names.len(), FAMILIES.len());
        assert_eq!(titles.len(), FAMILIES.len());
    }
}
