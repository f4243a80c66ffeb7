//! What a fleet of DC-09 panels is, beyond what all fleets are.

use std::time::Duration;

use model::Mono;
use serde::{Deserialize, Serialize};

use super::{Keys, Order};
use crate::dice::Dice;
use crate::fleet::{Dialling, Member, Transport};
use crate::mixed::{Hurried, Mixed, Mute};
use crate::panel::{Habit, Identity};
use crate::scenario::Rate;
use crate::script::Script;

/// What a fleet of DC-09 panels is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dc09Terms {
    /// Over what the panels report.
    pub transport: Transport,
    /// How they connect.
    pub dialling: Dialling,
    /// The receiver number that they show, if any.
    pub receiver: Option<u32>,
    /// The line number that they show; 0 means unused.
    pub line: u32,
    /// Under which keys they encrypt.
    pub keys: Keys,
    /// Of what their pads are made.
    pub pads: Pads,
}

/// Of what the pads of encrypted frames are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pads {
    /// Any octets, as DC-09-2026 has it.
    Binary,
    /// Characters that can be seen.
    Printable,
    /// Digits.
    Digits,
}

impl Dc09Terms {
    /// The panel at a place, in a part that begins so long before its signals.
    pub(super) fn member(&self, order: &Order, place: u32, begins: Duration) -> Member {
        let account = order.accounts.at(place);
        let habit = match self.transport {
            Transport::Tcp => Habit::plain(),
            Transport::Udp => Habit::over_udp(),
        };
        let mut member = Member {
            identity: Identity {
                account,
                receiver: self.receiver,
                line: self.line,
            },
            habit: Habit {
                pads: self.pads.into(),
                ..habit
            },
            dialling: self.dialling,
            supervision: order.scenario.poll.map(|poll| poll.0),
            key: self.keys.of(account).map(|key| key.key),
            ..Member::of(account)
        };
        let mut dice = Dice::new(order.seed, place.into(), super::OF_FAULTS);
        order
            .scenario
            .faults
            .befall(&mut member, &mut dice, self.transport, begins);
        member
    }

    pub(super) fn script(
        order: &Order,
        place: u32,
        window: usize,
        begins: Mono,
    ) -> Box<dyn Script> {
        let Some(schedule) = order.schedule(place, window, begins) else {
            return Box::new(Mute);
        };
        let dice = Dice::new(order.seed, place.into(), super::OF_LIFE);
        let mixed = Mixed::new(schedule, order.scenario.mix, dice);
        match order.scenario.rate {
            Some(Rate::Most) => Box::new(Hurried {
                life: mixed,
                begins,
            }),
            Some(Rate::PerSecond(_)) | None => Box::new(mixed),
        }
    }
}

impl From<Pads> for wire::dc09::PadKind {
    fn from(pads: Pads) -> Self {
        match pads {
            Pads::Binary => Self::Binary,
            Pads::Printable => Self::Printable,
            Pads::Digits => Self::Digits,
        }
    }
}
