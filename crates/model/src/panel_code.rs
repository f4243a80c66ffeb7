//! Codes of the panel protocol itself: what Contact ID and SIA have no code for.
//!
//! Append only: the names are on the wire, in rows, and are matched on by programs.

use arrayvec::ArrayString;

use crate::EventClass;

macro_rules! panel_codes {
    ($($(#[$doc:meta])* $variant:ident, $text:literal, $class:ident, $name:literal, $restores:expr;)*) => {
        /// What a panel says in a code of the panel protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PanelCode { $($(#[$doc])* $variant,)* }

        impl PanelCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name on the wire, in rows and in the API, at most 12 characters.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it is about.
            pub const fn class(self) -> EventClass {
                match self { $(Self::$variant => EventClass::$class,)* }
            }

            /// A name for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The codes whose events it ends, by their names.
            pub const fn restores(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $restores,)* }
            }
        }
    };
}

panel_codes! {
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

impl PanelCode {
    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// The name, as all codes give theirs.
    pub fn text(self) -> ArrayString<12> {
        // A test sees to it that every name fits.
        ArrayString::from(self.as_str()).unwrap_or_default()
    }
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
