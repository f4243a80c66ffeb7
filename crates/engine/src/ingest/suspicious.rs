//! Which stored signals raise a security event (R1).
//!
//! Invariant: of each path and kind at most one within [`limits::SECURITY_PERIOD`]; the flag is on
//! every event all the same.

use model::{EventFlags, Mono, OwnCode, PathIndex, limits};

use crate::seldom::Seldom;

/// What raises what.
const RAISED: [(EventFlags, OwnCode); 3] = [
    (EventFlags::ODD_PADDING, OwnCode::OddPadding),
    (
        EventFlags::PLAIN_AFTER_ENCRYPTED,
        OwnCode::PlainAfterEncrypted,
    ),
    (EventFlags::SEQUENCE_REGRESSED, OwnCode::SequenceRegressed),
];

/// What was raised of late.
#[derive(Debug)]
pub(super) struct Suspicious(Seldom<(PathIndex, OwnCode)>);

impl Default for Suspicious {
    fn default() -> Self {
        Self(Seldom::new(limits::SECURITY_PERIOD, limits::SECURITY_TABLE))
    }
}

impl Suspicious {
    /// What a signal of this path with these flags raises; counts as raised.
    pub(super) fn raised(
        &mut self,
        path: PathIndex,
        flags: EventFlags,
        now: Mono,
    ) -> impl Iterator<Item = OwnCode> + use<> {
        // Most signals have none of these, and cost no look-up.
        RAISED
            .map(|(flag, code)| {
                (flags.contains(flag) && self.0.may_say((path, code), now)).then_some(code)
            })
            .into_iter()
            .flatten()
    }

    /// How many there was no room for.
    pub(super) fn untold(&self) -> u64 {
        self.0.unsaid()
    }
}
