//! What moves a partition between armed and disarmed (R13).
//!
//! Invariant: nothing moves it but Contact ID 400–403, 407–409, 441, 442, 456, 463 and their
//! twins in DC-03. Codes that accompany an arming (early, late, failed, by exception) do not:
//! panels send them beside the code that arms.

use std::fmt;

use crate::{Code, Qualifier};

/// How a partition is armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArmMode {
    /// All of it.
    Away,
    /// Its perimeter, with people inside (441, 442, NL).
    Stay,
    /// A part of it (456, CG).
    Partial,
}

/// What a partition is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartitionState {
    /// Armed.
    Armed(ArmMode),
    /// Disarmed.
    Disarmed,
}

impl PartitionState {
    /// All states.
    pub const ALL: [Self; 4] = [
        Self::Armed(ArmMode::Away),
        Self::Armed(ArmMode::Stay),
        Self::Armed(ArmMode::Partial),
        Self::Disarmed,
    ];

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Armed(ArmMode::Away) => "armed_away",
            Self::Armed(ArmMode::Stay) => "armed_stay",
            Self::Armed(ArmMode::Partial) => "armed_partial",
            Self::Disarmed => "disarmed",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for PartitionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state that an event with this code puts its partition in, if it moves it at all.
pub fn partition_move(code: &Code) -> Option<PartitionState> {
    match code {
        Code::ContactId(qualifier, event) => contact_id_move(*qualifier, *event),
        Code::Sia(letters) => sia_move(*letters),
        Code::Undecoded(_) | Code::Own(_) | Code::Panel(_) => None,
    }
}

fn contact_id_move(qualifier: Qualifier, event: [u8; 3]) -> Option<PartitionState> {
    let mode = match &event {
        b"400" | b"401" | b"402" | b"403" | b"407" | b"408" | b"409" | b"463" => ArmMode::Away,
        b"441" | b"442" => ArmMode::Stay,
        b"456" => ArmMode::Partial,
        _ => return None,
    };
    let arms_always = matches!(&event, b"456" | b"463");
    match qualifier {
        Qualifier::Persists => None,
        Qualifier::New if !arms_always => Some(PartitionState::Disarmed),
        Qualifier::New | Qualifier::Restore => Some(PartitionState::Armed(mode)),
    }
}

/// CF and NF, forced armings, are sent in place of CL and NL, and so are twins of 401 and 441; a
/// disarm during an alarm (OR) is sent beside OP and moves nothing.
fn sia_move(letters: [u8; 2]) -> Option<PartitionState> {
    match &letters {
        b"CL" | b"CA" | b"CP" | b"CQ" | b"CS" | b"CF" => Some(PartitionState::Armed(ArmMode::Away)),
        b"NL" | b"NF" => Some(PartitionState::Armed(ArmMode::Stay)),
        b"CG" => Some(PartitionState::Armed(ArmMode::Partial)),
        b"OP" | b"OA" | b"OQ" | b"OS" | b"OG" => Some(PartitionState::Disarmed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventClass;

    fn moved(format: &str, code: &str) -> Option<PartitionState> {
        partition_move(&Code::parse(format, code).unwrap())
    }

    #[test]
    fn only_the_codes_of_the_rule_move_a_partition() {
        let moving: Vec<u16> = (0..0x1000)
            .filter(|n| {
                let text = format!("1{n:03X}");
                Code::contact_id(text.as_bytes()).is_some_and(|c| partition_move(&c).is_some())
            })
            .collect();
        let expected = [
            0x400, 0x401, 0x402, 0x403, 0x407, 0x408, 0x409, 0x441, 0x442, 0x456, 0x463,
        ];
        assert_eq!(moving, expected);
    }

    #[test]
    fn four_hundreds_disarm_with_one_and_arm_with_three() {
        assert_eq!(moved("CID", "1401"), Some(PartitionState::Disarmed));
        assert_eq!(
            moved("CID", "3401"),
            Some(PartitionState::Armed(ArmMode::Away))
        );
        assert_eq!(
            moved("CID", "3441"),
            Some(PartitionState::Armed(ArmMode::Stay))
        );
        assert_eq!(moved("CID", "6401"), None);
    }

    #[test]
    fn partial_arming_and_arming_after_alarm_arm_with_any_qualifier() {
        for qualifier in ["1", "3"] {
            let partial = moved("CID", &format!("{qualifier}456"));
            assert_eq!(partial, Some(PartitionState::Armed(ArmMode::Partial)));
            let again = moved("CID", &format!("{qualifier}463"));
            assert_eq!(again, Some(PartitionState::Armed(ArmMode::Away)));
        }
    }

    #[test]
    fn what_moves_a_partition_is_of_an_arming_or_disarming_class() {
        for first in b'A'..=b'Z' {
            for second in b'A'..=b'Z' {
                let code = Code::Sia([first, second]);
                let expected = match partition_move(&code) {
                    Some(PartitionState::Disarmed) => EventClass::Disarm,
                    Some(PartitionState::Armed(_)) => EventClass::Arm,
                    None => continue,
                };
                assert_eq!(code.meaning().class, expected, "{code}");
            }
        }
    }
}
