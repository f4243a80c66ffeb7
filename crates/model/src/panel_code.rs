//! Codes of the panel protocol itself: what Contact ID and SIA have no code for.
//!
//! Append only: the names are on the wire, in rows, and are matched on by programs.

use crate::code_table::code_table;

code_table! {
    /// What a panel says in a code of the panel protocol.
    PanelCode;

    /// A sensor's input opened; no alarm by itself.
    ZoneOpen, "zone_open", Status, "zone open", &[];
    /// A sensor's input closed.
    ZoneClosed, "zone_closed", Status, "zone closed", &["zone_open"];
    /// Somebody entered an armed partition, and has so long to disarm it (R12).
    EntryDelay, "entry_delay", System, "entry delay began", &[];
    /// A partition is being armed, and its users have so long to leave.
    ExitDelay, "exit_delay", System, "exit delay began", &[];
    /// An output was switched on.
    OutputOn, "output_on", Status, "output on", &[];
    /// An output was switched off.
    OutputOff, "output_off", Status, "output off", &["output_on"];
    /// The panel started.
    Started, "started", System, "panel started", &[];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_read_back() {
        for code in PanelCode::ALL {
            assert_eq!(code.text().as_str(), code.as_str());
            assert_eq!(PanelCode::parse(code.as_str()), Some(*code));
            for restored in code.restores() {
                assert!(PanelCode::parse(restored).is_some());
            }
        }
    }
}
