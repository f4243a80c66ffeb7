//! What a panel has to say: that something happened, or how it is.

use model::{Code, StatusReport};
use wire::panel::{Evt, EvtPoint};

use crate::content::Content;
use crate::kind::Kind;
use crate::machine::Saying;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// What.
    pub code: Code,
    /// In which partition; 0 is all of them.
    pub partition: u16,
    /// Where, or by whom.
    pub point: Option<EvtPoint>,
}

/// What a panel has to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// Something happened: to be stored.
    Event {
        /// The number of the event within its panel, from 1: its `seq`.
        number: u64,
        /// What.
        happening: Happening,
        /// Whether the panel kept it while it was away.
        kept: bool,
    },
    /// How it is: to be acknowledged, and not to be stored.
    Status(Box<StatusReport>),
}

impl Saying for Report {
    fn kind(&self) -> Kind {
        match self {
            Self::Event { happening, .. } => Kind::of(&happening.code),
            Self::Status(_) => Kind::Status,
        }
    }

    /// An event with the code and at the place of DC-09's signal of that number.
    fn numbered(number: u64) -> Self {
        let signal = Content::numbered(number);
        let first = &signal.happenings[0];
        let point = match Kind::of(&first.code) {
            Kind::Arming => EvtPoint::User(first.point),
            _ => EvtPoint::Zone(first.point),
        };
        Self::Event {
            number,
            happening: Happening {
                code: first.code,
                partition: first.partition.into(),
                point: Some(point),
            },
            kept: false,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Event { number, .. } => Some(*number),
            Self::Status(_) => None,
        }
    }
}

impl Happening {
    /// As an event of the panel protocol, without its times. Its text says which signal it is,
    /// so that it is found again in a server's record, as DC-09's block `I` does.
    pub(super) fn evt(&self, boot: u32, number: u64) -> Evt {
        Evt {
            seq: number,
            boot,
            code: self.code,
            partition: Some(self.partition),
            point: self.point,
            occurred: None,
            sent: None,
            delay: None,
            text: Some(Content::mark_of(number)),
            stored: false,
        }
    }
}
