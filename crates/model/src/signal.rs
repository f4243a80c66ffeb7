//! What a panel sent, as its family decoded it, with the raw bytes kept.

use std::fmt;

use arrayvec::ArrayString;

use crate::{Account, Code, EventClass, EventFlags, PointNumber, Wall};

/// The three streams of the link, so that firmware can never block an alarm (I9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Alarm classes, priority 1 to 5.
    Urgent,
    /// Everything else that a panel says: 6 to 9, presence, identity.
    Normal,
    /// Firmware, configuration, logs.
    Bulk,
}

impl Stream {
    /// All streams, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];
}

/// One message of a panel: what is stored, and acknowledged, as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Signal {
    /// The account of the header, by which the panel was found.
    pub account: Account,
    /// The protocol's name for the format: `SIA-DCS`, `ADM-CID`, `ACR-SF`.
    pub format: ArrayString<12>,
    /// The panel's own sequence number, where it has one that is a number.
    pub panel_sequence: Option<u64>,
    /// When the panel says that it sent this.
    pub panel_time: Option<Wall>,
    /// When the panel says that it happened, where it says so apart from the above.
    pub occurred: Option<Wall>,
    /// What is true of the message as a whole.
    pub flags: EventFlags,
    /// The events in it, in the panel's order; at least one.
    pub items: Vec<Item>,
    /// Extended data, secrets redacted (R31), in the panel's order.
    pub extended: Vec<Extended>,
    /// The bytes as received, secrets redacted (R31).
    pub raw: Vec<u8>,
}

/// Raw bytes and extended data are personal data: they stay out of logs.
impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("account", &self.account)
            .field("format", &self.format)
            .field("panel_sequence", &self.panel_sequence)
            .field("flags", &self.flags)
            .field("items", &self.items)
            .field("raw_octets", &self.raw.len())
            .finish_non_exhaustive()
    }
}

impl Signal {
    /// The most urgent class in it, which decides its stream.
    pub fn class(&self) -> EventClass {
        let classes = self.items.iter().map(|item| item.code.meaning().class);
        classes
            .min_by_key(|class| class.priority())
            .unwrap_or(EventClass::Communication)
    }
}

/// One event within a signal.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// The account of the data, where it differs from the header's (R5).
    pub account: Option<Account>,
    /// What happened.
    pub code: Code,
    /// In which partition; 0 is all of them.
    pub partition: Option<PointNumber>,
    /// At which zone or output, or by which user.
    pub point: Option<Point>,
    /// The text that came with it: a zone's name, free text. Personal data.
    pub text: Option<String>,
    /// What is true of this event alone.
    pub flags: EventFlags,
}

/// Texts are personal data: they stay out of logs.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("code", &self.code)
            .field("partition", &self.partition)
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}

/// What the number of an event refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// A sensor input.
    Zone(PointNumber),
    /// A person or a code.
    User(PointNumber),
    /// A relay, a siren, a lamp.
    Output(PointNumber),
}

impl Point {
    /// What `number` refers to in events of `class`: a user where people act on the system,
    /// otherwise a zone.
    pub fn of(class: EventClass, number: PointNumber) -> Self {
        match class {
            EventClass::Arm
            | EventClass::Disarm
            | EventClass::Access
            | EventClass::Remote
            | EventClass::Cancel
            | EventClass::Schedule => Self::User(number),
            _ => Self::Zone(number),
        }
    }

    /// The number.
    pub const fn number(&self) -> PointNumber {
        match self {
            Self::Zone(number) | Self::User(number) | Self::Output(number) => *number,
        }
    }
}

/// One block of extended data: its letter and its content, redacted where R31 says so.
#[derive(Clone, PartialEq, Eq)]
pub struct Extended {
    /// `A` to `Z`.
    pub letter: u8,
    /// What followed the letter.
    pub content: Vec<u8>,
}

impl Extended {
    /// The letter of an entry delay, with [`crate::PanelCode::EntryDelay`] only: DC-09 has none for it.
    const ENTRY_DELAY: u8 = b'D';

    /// How many seconds the users have to disarm, as the panel reports it (R12).
    pub fn entry_delay(seconds: u16) -> Self {
        Self {
            letter: Self::ENTRY_DELAY,
            content: seconds.to_string().into_bytes(),
        }
    }

    /// The inverse of [`Self::entry_delay`]; `None` of anything else.
    pub fn as_entry_delay(&self) -> Option<u16> {
        let digits = std::str::from_utf8(&self.content).ok()?;
        (self.letter == Self::ENTRY_DELAY)
            .then(|| digits.parse().ok())
            .flatten()
    }
}

/// Contents are personal data: they stay out of logs.
impl fmt::Debug for Extended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}…]", char::from(self.letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_delay_reads_back_and_nothing_else_is_one() {
        assert_eq!(Extended::entry_delay(45).as_entry_delay(), Some(45));
        let other = |letter, content: &[u8]| Extended {
            letter,
            content: content.to_vec(),
        };
        assert_eq!(other(b'H', b"45").as_entry_delay(), None);
        assert_eq!(other(b'D', b"70000").as_entry_delay(), None);
        assert_eq!(other(b'D', b"\xff").as_entry_delay(), None);
    }
}
