//! Registered signals: numbered, classified, durable.

use std::fmt;

use arrayvec::ArrayString;
use bitflags::bitflags;

use crate::{
    Account, Code, EventClass, Extended, FamilyName, OrganisationId, PanelId, PathId, PathIndex,
    Point, PointNumber, Qualifier, RepeatKey, SiteId, Wall,
};

/// The number of an event: ours, dense from 1, never to be mixed with a panel's own counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventSeq(pub u64);

impl EventSeq {
    /// The number of the next event.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

bitflags! {
    /// What is remarkable about an event. The numbers are in rows and link messages: never reuse.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct EventFlags: u32 {
        /// R2: equal to an earlier signal in all but age, and stored all the same.
        const POSSIBLE_REPEAT = 1;
        /// R5: not quite as the standard wants it, and accepted.
        const NON_STANDARD = 1 << 1;
        /// The frame's timestamp lies outside the window (-40/+20 s).
        const CLOCK_OUTSIDE_WINDOW = 1 << 2;
        /// R5: the account of the data is not the header's, and the panel is no hub.
        const ACCOUNT_MISMATCH = 1 << 3;
        /// The code is not in the table; the class is judged by its range.
        const UNKNOWN_CODE = 1 << 4;
        /// The format is kept but not decoded.
        const UNDECODED = 1 << 5;
        /// The panel had kept the event before it sent it (SIA block `O`, or over 5 min late).
        const STORED_BY_PANEL = 1 << 6;
        /// R13: the condition persists; neither a new alarm nor a restore.
        const PERSISTS = 1 << 7;
        /// R1: padding unlike the habit of the account; possibly an altered frame.
        const ODD_PADDING = 1 << 8;
        /// R1: plain, though the account has encrypted before.
        const PLAIN_AFTER_ENCRYPTED = 1 << 9;
        /// R3: an alarm that the panel repeated with a clock that stays wrong.
        const CLOCK_UNTRUSTED = 1 << 10;
        /// R3: accepted while our own clock is suspected.
        const OUR_CLOCK_SUSPECT = 1 << 11;
        /// R6: of an account that nobody registered, acknowledged because the operator wants so.
        const UNKNOWN_ACCOUNT = 1 << 12;
        /// R27: its panel's certificate has expired.
        const EXPIRED_CERTIFICATE = 1 << 13;
        /// R2: another signal bears the same boot and sequence.
        const SEQUENCE_REGRESSED = 1 << 14;
        /// R9: two lives may be advancing on its path.
        const POSSIBLE_CLONE = 1 << 15;
    }
}

impl EventFlags {
    /// What is remarkable about a code by itself: unknown, not decoded, persisting.
    pub fn of_code(code: &Code) -> Self {
        match code {
            Code::Undecoded(_) => Self::UNDECODED,
            Code::Own(_) | Code::Panel(_) => Self::empty(),
            Code::ContactId(..) | Code::Sia(_) => {
                let mut flags = Self::empty();
                flags.set(Self::UNKNOWN_CODE, !code.meaning().known);
                let persists = matches!(code, Code::ContactId(Qualifier::Persists, _));
                flags.set(Self::PERSISTS, persists);
                flags
            }
        }
    }

    /// R1: reasons to doubt a signal. A doubtful calming event changes no state.
    pub const DOUBT: Self = Self::CLOCK_OUTSIDE_WINDOW
        .union(Self::ACCOUNT_MISMATCH)
        .union(Self::ODD_PADDING)
        .union(Self::PLAIN_AFTER_ENCRYPTED)
        .union(Self::CLOCK_UNTRUSTED)
        .union(Self::OUR_CLOCK_SUSPECT)
        .union(Self::UNKNOWN_ACCOUNT)
        .union(Self::EXPIRED_CERTIFICATE)
        .union(Self::SEQUENCE_REGRESSED)
        .union(Self::POSSIBLE_CLONE);

    /// Whether a reason to doubt is among them.
    pub const fn is_doubtful(self) -> bool {
        self.intersects(Self::DOUBT)
    }

    /// The names of the flags set, for people and for the API.
    pub fn names(self) -> impl Iterator<Item = String> {
        self.iter_names().map(|(name, _)| name.to_ascii_lowercase())
    }
}

/// An event on its way into the journal, which gives it its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The path that it came by.
    pub path: PathIndex,
    /// That path's stable id.
    pub path_id: PathId,
    /// The panel that sent it.
    pub panel: PanelId,
    /// Where the panel stood at the time.
    pub site: SiteId,
    /// Whose the panel was at the time.
    pub organisation: OrganisationId,
    /// The protocol that it came by.
    pub family: FamilyName,
    /// The protocol's name for the format.
    pub format: ArrayString<12>,
    /// The account that the event is about: the data's where it has one, else the header's.
    pub account: Account,
    /// What happened.
    pub code: Code,
    /// What it is about.
    pub class: EventClass,
    /// In which partition; 0 is all of them.
    pub partition: Option<PointNumber>,
    /// At which zone or output, or by which user.
    pub point: Option<Point>,
    /// The panel's own sequence number.
    pub panel_sequence: Option<u64>,
    /// When the panel says that it sent this.
    pub panel_time: Option<Wall>,
    /// When the panel says that it happened, where it says so apart from the above.
    pub occurred: Option<Wall>,
    /// When the gateway read it.
    pub received: Wall,
    /// What is remarkable about it.
    pub flags: EventFlags,
    /// Text that came with it. Personal data.
    pub text: Option<String>,
    /// What the message as a whole carried; only on the first event of a message.
    pub message: Option<Message>,
}

/// What belongs to a message as a whole; kept with the first of its events.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What a repeat of it would show (R2).
    pub key: RepeatKey,
    /// Extended data, secrets redacted. Personal data.
    pub extended: Vec<Extended>,
    /// The bytes as received, secrets redacted. Personal data.
    pub raw: Vec<u8>,
}

/// Contents are personal data: they stay out of logs.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A registered signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub seq: EventSeq,
    /// The number of the first event of the same message; its own, if it is that.
    pub message_seq: EventSeq,
    /// Everything else.
    pub body: NewEvent,
}

impl Event {
    /// How far the panel's clock was from ours, in microseconds; positive if it is behind.
    pub fn skew(&self) -> Option<i64> {
        self.body.panel_time.map(|sent| self.body.received - sent)
    }

    /// A name for people.
    pub fn name(&self) -> &'static str {
        self.body.code.meaning().name
    }

    /// Whether it may change states and satisfy timers (R1): not if it calms and is doubtful.
    pub fn is_effective(&self) -> bool {
        !(self.body.flags.is_doubtful() && self.body.code.is_calming())
    }
}
