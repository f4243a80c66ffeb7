//! What a fleet is to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use model::{Account, CipherKey, Mono};
use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::machine::{Blueprint, Line};
use crate::panel::{Habit, Identity, Panel};
use crate::terms::Share;
use crate::tls::Trust;

/// How many signals a fleet's journal has room for, unless it is told otherwise: a minute at
/// full speed of this machine many times over, in some tens of megabytes.
pub const JOURNAL_ROOM: usize = 16_000_000;

/// When a panel reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Whenever it may: as soon as its window has room.
    FullSpeed,
    /// Once in every period, whatever became of the signal before (open loop). The panels of a
    /// fleet are spread over the period.
    Every(Duration),
}

/// Over what a fleet reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Connections.
    Tcp,
    /// A frame to a datagram; each panel has a socket of its own, as it would have a port.
    Udp,
}

/// How a panel connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialling {
    /// For days.
    Permanent,
    /// For one message; then it hangs up.
    PerMessage,
}

/// When a panel leaves its connection without a word, how, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// When it begins, after the fleet began.
    pub after: Duration,
    /// How long it lasts. A panel that leaves for a time waits for the answer to what it sent
    /// first; one that is back at once does not.
    pub lasts: Duration,
    /// After how long it begins again, from beginning to beginning; once, if not given.
    pub again: Option<Duration>,
    /// How the connection is left.
    pub leaves: Leaves,
}

/// How a connection is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// It is closed: the receiver sees the end at once.
    Closed,
    /// It stays open until there is another one, as when a mast fails and comes back.
    UntilBack,
    /// It stays open to the end, and nobody is behind it: a half-open connection.
    HalfOpen,
}

impl Absence {
    /// A panel that falls silent `after` so long, once, and returns when it has `lasted`.
    pub const fn silence(after: Duration, lasts: Duration) -> Self {
        Self {
            after,
            lasts,
            again: None,
            leaves: Leaves::UntilBack,
        }
    }
}

/// From which addresses a fleet connects. One address has some 28,000 ports towards one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sources {
    /// Whatever the system chooses.
    System,
    /// So many addresses of 127.0.0.0/8, from 127.1.0.0 on, handed round; the target must be on
    /// this machine.
    Loopback(u32),
}

impl Sources {
    /// From where the panel with this place in the fleet connects, if not from anywhere.
    pub(crate) fn address(self, place: u64) -> Option<Ipv4Addr> {
        const FIRST: u32 = u32::from_be_bytes([127, 1, 0, 0]);
        const MOST: u32 = 1 << 16;
        match self {
            Self::System => None,
            Self::Loopback(addresses) => {
                let nth = place % u64::from(addresses.clamp(1, MOST));
                u32::try_from(nth)
                    .ok()
                    .map(|nth| Ipv4Addr::from(FIRST + nth))
            }
        }
    }
}

/// One panel of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// By what it is known.
    pub identity: Identity,
    /// How it goes about it.
    pub habit: Habit,
    /// How it connects.
    pub dialling: Dialling,
    /// After how long a silence it sends a supervision message, if ever; then also whenever it
    /// has connected and has nothing else to say.
    pub supervision: Option<Duration>,
    /// The key under which it encrypts, if it does.
    pub key: Option<CipherKey>,
    /// How far its clock is ahead, in microseconds, until a NAK corrects it.
    pub clock_error: i64,
    /// When it leaves its connection.
    pub absences: Vec<Absence>,
    /// The share of its writes that go out in pieces; over TCP only.
    pub split: Share,
}

impl Member {
    /// A panel that shows its account alone, keeps its connection and is never supervised.
    pub const fn of(account: Account) -> Self {
        Self {
            identity: Identity::of(account),
            habit: Habit::plain(),
            dialling: Dialling::Permanent,
            supervision: None,
            key: None,
            clock_error: 0,
            absences: Vec::new(),
            split: Share::NONE,
        }
    }

    /// `count` such panels with the accounts `first`, `first + 1`, … in six hexadecimal digits.
    ///
    /// # Panics
    ///
    /// Never: six to eight hexadecimal digits are an account.
    pub fn many(first: u32, count: u32) -> Vec<Self> {
        let account = |number: u32| {
            Account::parse(format!("{number:06X}").as_bytes())
                .expect("six to eight hexadecimal digits are an account")
        };
        let numbers = first..first.saturating_add(count);
        numbers.map(|number| Self::of(account(number))).collect()
    }
}

impl Blueprint for Member {
    type Machine = Panel;

    fn account(&self) -> Account {
        self.identity.account
    }

    fn line(&self) -> Line {
        Line {
            dialling: self.dialling,
            supervision: self.supervision,
            stays: self.supervision.is_some(),
            patience: self.habit.patience,
            split: self.split,
            absences: self.absences.clone(),
            reads: true,
            journalled: true,
            reported_before: 0,
        }
    }

    fn trust(&self) -> Option<&Arc<Trust>> {
        None
    }

    fn build(&self, dice: Dice) -> Panel {
        Panel::new(self.identity, self.habit)
            .with_clock_error(self.clock_error)
            .with_key(self.key.clone())
            .with_dice(dice)
    }
}

/// What a fleet is to do.
#[derive(Debug, Clone)]
pub struct FleetPlan<M = Member> {
    /// Where the receiver listens.
    pub target: SocketAddr,
    /// Over what.
    pub transport: Transport,
    /// Who is in it.
    pub members: Vec<M>,
    /// When its panels report.
    pub pace: Pace,
    /// How many signals each panel sends at most.
    pub signals_per_panel: u64,
    /// From where it connects.
    pub sources: Sources,
    /// How many panels a second begin, so that a large fleet does not knock all at once.
    pub begin_per_second: u32,
    /// The first wait after a connection that failed; doubled up to `back_off_most`.
    pub back_off: Duration,
    /// The longest wait after a connection that failed.
    pub back_off_most: Duration,
    /// How many signals are sent in all, at most: the room in the journal. None where no journal
    /// is kept: then only counters know what was sent.
    pub journal_room: Option<usize>,
    /// Whence chance comes.
    pub seed: u64,
    /// The place in the whole fleet of the first of `members`, if this is a part of one.
    pub first_place: usize,
}

impl<M> FleetPlan<M> {
    /// A fleet at full speed from one address for each panel, without end.
    pub const fn full_speed(target: SocketAddr, members: Vec<M>) -> Self {
        Self {
            target,
            transport: Transport::Tcp,
            members,
            pace: Pace::FullSpeed,
            signals_per_panel: u64::MAX,
            sources: Sources::Loopback(1 << 16),
            begin_per_second: 2_000,
            back_off: Duration::from_millis(50),
            back_off_most: Duration::from_secs(2),
            journal_room: Some(JOURNAL_ROOM),
            seed: 0,
            first_place: 0,
        }
    }

    /// When the panel with this place in the fleet begins, after the fleet's beginning.
    pub(crate) fn begins(&self, place: usize) -> Duration {
        Duration::from_secs(place as u64) / self.begin_per_second.max(1)
    }

    /// Parts the plan of a fleet that began then into what its panels have in common and who they
    /// are.
    pub(crate) fn part(self, began: Mono) -> (Common, Vec<M>) {
        let common = Common {
            transport: self.transport,
            target: self.target,
            sources: self.sources,
            back_off: self.back_off,
            back_off_most: self.back_off_most,
            seed: self.seed,
            began,
        };
        (common, self.members)
    }
}

/// What the panels of a fleet have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Common {
    pub(crate) transport: Transport,
    pub(crate) target: SocketAddr,
    pub(crate) sources: Sources,
    back_off: Duration,
    back_off_most: Duration,
    pub(crate) seed: u64,
    /// When the fleet began, from which absences count.
    pub(crate) began: Mono,
}

impl Common {
    /// How long the panel with this place waits after its `failures`th failure in a row. Places
    /// differ by up to a half, so that a fleet that lost its receiver does not come back as one.
    pub(crate) fn wait_after(&self, place: u64, failures: u32) -> Duration {
        let doublings = failures.clamp(1, 16) - 1;
        let doubled = self.back_off.saturating_mul(1 << doublings);
        let spread = 50 + (place.wrapping_mul(0x9E37_79B1) >> 8) % 51;
        doubled.min(self.back_off_most) * u32::try_from(spread).unwrap_or(100) / 100
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn common() -> Common {
        let target = SocketAddr::from(([127, 0, 0, 1], 1));
        FleetPlan::<Member>::full_speed(target, Vec::new())
            .part(Mono(0))
            .0
    }

    #[test]
    fn sources_are_handed_round_and_stay_on_this_machine() {
        let sources = Sources::Loopback(300);
        let all: HashSet<_> = (0..1_000)
            .filter_map(|place| sources.address(place))
            .collect();
        assert_eq!(all.len(), 300);
        assert!(all.iter().all(Ipv4Addr::is_loopback));
        assert_eq!(Sources::System.address(1), None);
    }

    #[test]
    fn waits_grow_to_their_limit_and_differ_between_panels() {
        let plan = common();
        let waits: Vec<_> = (1..40)
            .map(|failures| plan.wait_after(7, failures))
            .collect();
        assert!(waits.is_sorted());
        assert!(waits.iter().all(|wait| *wait <= plan.back_off_most));
        let first: HashSet<_> = (0..100).map(|place| plan.wait_after(place, 1)).collect();
        assert!(first.len() > 10);
    }
}
