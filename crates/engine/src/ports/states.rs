//! What follows from events: partitions, zones. Rebuilt by reading the journal behind a cursor.
//!
//! Invariant: a projection and its cursor are one transaction, so that after a crash every event
//! has been projected exactly once (I3: only committed events are read).

use model::{EventClass, EventSeq, PanelId, PartitionState, PointNumber, Wall, ZoneState};

use super::{AddError, Answering, ReadError};

/// A partition of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionRow {
    /// Its number; 0 is the panel as a whole, for panels that never name another.
    pub number: PointNumber,
    /// What it is known to be; `None` until an event said so.
    pub state: Option<PartitionState>,
    /// The event that said so.
    pub since_seq: Option<EventSeq>,
    /// When that event was received.
    pub since: Option<Wall>,
    /// Whether a person registered it; otherwise it was observed in an event.
    pub registered: bool,
}

/// What an event said that something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since<T> {
    /// What it is.
    pub state: T,
    /// By which event.
    pub seq: EventSeq,
    /// When that was received.
    pub at: Wall,
}

/// An output of a panel that an event switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRow {
    /// Its number.
    pub number: PointNumber,
    /// Whether it is on.
    pub on: Since<bool>,
}

/// A zone of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneRow {
    /// The partition that it was last seen in.
    pub partition: Option<PointNumber>,
    /// Its number.
    pub number: PointNumber,
    /// The last event about it.
    pub last_seq: EventSeq,
    /// The class of that event.
    pub last_class: EventClass,
    /// When that event was received.
    pub last: Wall,
    /// What an event said that it is: open or closed, nothing else moves it; `None` until one did.
    pub state: Option<Since<ZoneState>>,
    /// Whether a person registered it; otherwise it was observed in an event.
    pub registered: bool,
}

/// What the partitions of a panel are known to be; those of which nothing is known are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownPartitions(pub Vec<(PointNumber, PartitionState)>);

impl KnownPartitions {
    /// Whether any of them is armed. Partition 0 speaks for panels that name no other (R13).
    pub fn any_armed(&self) -> bool {
        let armed = |state: &PartitionState| matches!(state, PartitionState::Armed(_));
        let mut named = self.0.iter().filter(|(number, _)| !number.is_zero());
        if named.clone().next().is_some() {
            return named.any(|(_, state)| armed(state));
        }
        self.0.iter().any(|(_, state)| armed(state))
    }

    /// Whether this partition may be armed: not if it is known to be disarmed (R1).
    pub fn may_be_armed(&self, partition: Option<PointNumber>) -> bool {
        let of = |wanted: &PointNumber| self.0.iter().find(|(number, _)| number == wanted);
        let known = match partition.filter(|number| !number.is_zero()) {
            Some(number) => of(&number).or_else(|| self.0.iter().find(|(one, _)| one.is_zero())),
            None => return self.0.is_empty() || self.any_armed(),
        };
        known.is_none_or(|(_, state)| matches!(state, PartitionState::Armed(_)))
    }
}

/// What one event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// A partition was named.
    Partition {
        /// The panel.
        panel: PanelId,
        /// The partition; 0 moves all partitions of the panel (R13).
        number: PointNumber,
        /// The state it moves to, if it moves.
        moved: Option<PartitionState>,
        /// By which event.
        seq: EventSeq,
        /// When that was received.
        at: Wall,
    },
    /// A zone was named.
    Zone {
        /// The panel.
        panel: PanelId,
        /// The partition, if one was named.
        partition: Option<PointNumber>,
        /// The zone.
        number: PointNumber,
        /// What the event was about.
        class: EventClass,
        /// The state it moves to, if it moves.
        moved: Option<ZoneState>,
        /// By which event.
        seq: EventSeq,
        /// When that was received.
        at: Wall,
    },
    /// An output was switched.
    Output {
        /// The panel.
        panel: PanelId,
        /// The output.
        number: PointNumber,
        /// Whether it is on now.
        on: bool,
        /// By which event.
        seq: EventSeq,
        /// When that was received.
        at: Wall,
    },
}

/// What a run of events changes, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// In the order of events.
    pub observations: Vec<Observation>,
    /// The last event of the run; it also anchors the chains' heads in the state file.
    pub cursor: EventSeq,
}

/// What follows from events.
pub trait States: Send + Sync {
    /// The last event projected; 0 before the first.
    fn cursor(&self) -> Answering<'_, Result<EventSeq, ReadError>>;

    /// What the partitions of these panels are known to be, in the same order.
    fn partitions(
        &self,
        panels: Vec<PanelId>,
    ) -> Answering<'_, Result<Vec<KnownPartitions>, ReadError>>;

    /// Applies a projection and moves the cursor, in one transaction.
    fn project(&self, projection: Projection) -> Answering<'_, Result<(), AddError>>;
}
