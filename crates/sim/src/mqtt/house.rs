//! What a panel guards: sixteen zones in two partitions, and what people do there.
//!
//! Zones 1 to 8 are partition 1, zones 9 to 16 partition 2. In each, the first four are doors and
//! windows, the next three are rooms, and the last one is a smoke detector, which is always armed.
//!
//! Invariant: a partition is armed only while all its doors, windows and rooms are closed; in an
//! armed one nothing but an alarm happens where it is armed.
//! Invariant: what is restored was in alarm before; arming and disarming follow each other.

use std::collections::VecDeque;

use model::{ArmMode, Code, PanelCode, Qualifier, ReportedPartition, ZoneState};
use wire::panel::EvtPoint;

use super::Happening;
use crate::dice::Dice;
use crate::kind::Kind;

/// Zones of a panel.
pub const ZONES: u16 = 16;

/// Zones of a partition.
const OF_PARTITION: u16 = 8;

/// What a panel guards.
#[derive(Debug, Clone)]
pub struct House {
    /// Zone 1 first.
    zones: [ZoneState; ZONES as usize],
    /// How each partition is armed, if it is.
    armed: [Option<ArmMode>; 2],
    mains: bool,
    /// What is wrong, oldest first: each zone once at most, and the mains.
    wrong: VecDeque<Wrong>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Zone(u16),
    Mains,
}

impl House {
    /// All is closed and disarmed.
    pub fn new() -> Self {
        Self {
            zones: [ZoneState::Closed; ZONES as usize],
            armed: [None; 2],
            mains: true,
            wrong: VecDeque::new(),
        }
    }

    /// Something of this kind happens, or what must happen before it can.
    pub(crate) fn happen(&mut self, kind: Kind, dice: &mut Dice) -> Happening {
        match kind {
            Kind::Zone => self.somebody_moves(dice),
            Kind::Alarm => self.alarm(dice),
            Kind::Restore => self.restore(),
            Kind::Arming => self.arm_or_disarm(dice),
            Kind::Trouble => self.mains_fail_or_return(),
            _ => test(),
        }
    }

    /// How each partition is.
    pub fn partitions(&self) -> [(u16, ReportedPartition); 2] {
        [1, 2].map(|partition| (partition, self.partition(partition)))
    }

    /// How each zone is.
    pub fn zones(&self) -> impl Iterator<Item = (u16, ZoneState)> + '_ {
        (1..=ZONES).map(|zone| (zone, self.zone(zone)))
    }

    /// Whether mains is there.
    pub const fn has_mains(&self) -> bool {
        self.mains
    }

    fn partition(&self, partition: u16) -> ReportedPartition {
        let in_alarm = |zone| !is_smoke(zone) && self.zone(zone) == ZoneState::Alarm;
        match self.armed[usize::from(partition - 1)] {
            None => ReportedPartition::Disarmed,
            Some(_) if zones_of(partition).any(in_alarm) => ReportedPartition::Alarm,
            Some(ArmMode::Stay) => ReportedPartition::ArmedStay,
            Some(_) => ReportedPartition::ArmedAway,
        }
    }

    fn zone(&self, zone: u16) -> ZoneState {
        self.zones[usize::from(zone - 1)]
    }

    fn set(&mut self, zone: u16, state: ZoneState) {
        self.zones[usize::from(zone - 1)] = state;
    }

    /// Whether an opening of this zone is an alarm now.
    fn is_armed(&self, zone: u16) -> bool {
        match self.armed[usize::from(partition_of(zone) - 1)] {
            _ if is_smoke(zone) => true,
            None => false,
            Some(ArmMode::Stay) => is_perimeter(zone),
            Some(_) => true,
        }
    }

    /// A door, a window or a room opens or closes, where that is free; where it is nowhere,
    /// somebody comes home first. Mostly people close behind them, and so little stays open that
    /// they can arm.
    fn somebody_moves(&mut self, dice: &mut Dice) -> Happening {
        let mut open = (1..=ZONES).filter(|zone| self.zone(*zone) == ZoneState::Open);
        if let Some(zone) = open.next().filter(|_| dice.below(4) > 0) {
            return self.open(zone, false);
        }
        let free = |zone: &u16| !self.is_armed(*zone) && self.zone(*zone) != ZoneState::Alarm;
        let Some(zone) = one_of((1..=ZONES).filter(free), dice) else {
            return match self.armed.iter().position(Option::is_some) {
                Some(0) => self.disarm(1, dice),
                Some(_) => self.disarm(2, dice),
                None => self.restore(),
            };
        };
        let open = self.zone(zone) == ZoneState::Open;
        self.open(zone, !open)
    }

    fn open(&mut self, zone: u16, open: bool) -> Happening {
        let (state, code) = if open {
            (ZoneState::Open, PanelCode::ZoneOpen)
        } else {
            (ZoneState::Closed, PanelCode::ZoneClosed)
        };
        self.set(zone, state);
        at_zone(zone, Code::Panel(code))
    }

    /// Somebody breaks in where it is armed; otherwise it burns.
    fn alarm(&mut self, dice: &mut Dice) -> Happening {
        let quiet = |zone: &u16| self.is_armed(*zone) && self.zone(*zone) == ZoneState::Closed;
        let all = || (1..=ZONES).filter(quiet);
        let burgled = one_of(all().filter(|zone| !is_smoke(*zone)), dice);
        match burgled.or_else(|| one_of(all(), dice)) {
            None => self.restore(),
            Some(zone) => {
                self.set(zone, ZoneState::Alarm);
                self.wrong.push_back(Wrong::Zone(zone));
                at_zone(zone, alarm_code(zone, Qualifier::New))
            }
        }
    }

    /// An alarm, whatever else is wrong: where all is in alarm that can be, somebody still presses
    /// the panic button.
    pub(crate) fn raise(&mut self, dice: &mut Dice) -> Happening {
        let quiet = |zone: u16| self.is_armed(zone) && self.zone(zone) == ZoneState::Closed;
        if (1..=ZONES).any(quiet) {
            self.alarm(dice)
        } else {
            of_the_panel(Code::ContactId(Qualifier::New, *b"120"))
        }
    }

    /// What has been wrong for longest is well again; a panel with nothing wrong tests itself.
    fn restore(&mut self) -> Happening {
        match self.wrong.pop_front() {
            None => test(),
            Some(Wrong::Zone(zone)) => {
                self.set(zone, ZoneState::Closed);
                at_zone(zone, alarm_code(zone, Qualifier::Restore))
            }
            Some(Wrong::Mains) => {
                self.mains = true;
                of_the_panel(mains_code(Qualifier::Restore))
            }
        }
    }

    fn arm_or_disarm(&mut self, dice: &mut Dice) -> Happening {
        let partition = 1 + u16::try_from(dice.below(2)).unwrap_or(0);
        match self.armed[usize::from(partition - 1)] {
            Some(_) => self.disarm(partition, dice),
            None => self.arm(partition, dice),
        }
    }

    /// Arms, or does what must be done before.
    fn arm(&mut self, partition: u16, dice: &mut Dice) -> Happening {
        let guarded = || zones_of(partition).filter(|zone| !is_smoke(*zone));
        if let Some(zone) = guarded().find(|zone| self.zone(*zone) == ZoneState::Open) {
            return self.open(zone, false);
        }
        if guarded().any(|zone| self.zone(zone) == ZoneState::Alarm) {
            return self.restore();
        }
        let mode = if dice.below(3) == 0 {
            ArmMode::Stay
        } else {
            ArmMode::Away
        };
        self.armed[usize::from(partition - 1)] = Some(mode);
        by_somebody(partition, arming_code(mode, Qualifier::Restore), dice)
    }

    fn disarm(&mut self, partition: u16, dice: &mut Dice) -> Happening {
        let mode = self.armed[usize::from(partition - 1)].take();
        let mode = mode.unwrap_or(ArmMode::Away);
        by_somebody(partition, arming_code(mode, Qualifier::New), dice)
    }

    fn mains_fail_or_return(&mut self) -> Happening {
        if self.mains {
            self.mains = false;
            self.wrong.push_back(Wrong::Mains);
            return of_the_panel(mains_code(Qualifier::New));
        }
        self.wrong.retain(|wrong| *wrong != Wrong::Mains);
        self.mains = true;
        of_the_panel(mains_code(Qualifier::Restore))
    }
}

impl Default for House {
    fn default() -> Self {
        Self::new()
    }
}

const fn partition_of(zone: u16) -> u16 {
    1 + (zone - 1) / OF_PARTITION
}

fn zones_of(partition: u16) -> std::ops::RangeInclusive<u16> {
    let first = 1 + (partition - 1) * OF_PARTITION;
    first..=first + OF_PARTITION - 1
}

const fn is_smoke(zone: u16) -> bool {
    zone.is_multiple_of(OF_PARTITION)
}

const fn is_perimeter(zone: u16) -> bool {
    (zone - 1) % OF_PARTITION < 4
}

/// Contact ID (DC-05): 110 fire, 131 perimeter, 132 interior.
const fn alarm_code(zone: u16, qualifier: Qualifier) -> Code {
    let event = match zone {
        _ if is_smoke(zone) => *b"110",
        _ if is_perimeter(zone) => *b"131",
        _ => *b"132",
    };
    Code::ContactId(qualifier, event)
}

/// 401 by a user, 441 with people inside: 3 arms, 1 disarms (R13).
const fn arming_code(mode: ArmMode, qualifier: Qualifier) -> Code {
    let event = match mode {
        ArmMode::Stay => *b"441",
        _ => *b"401",
    };
    Code::ContactId(qualifier, event)
}

const fn mains_code(qualifier: Qualifier) -> Code {
    Code::ContactId(qualifier, *b"301")
}

/// A periodic test.
const fn test() -> Happening {
    of_the_panel(Code::ContactId(Qualifier::New, *b"602"))
}

const fn of_the_panel(code: Code) -> Happening {
    Happening {
        code,
        partition: 0,
        point: None,
    }
}

const fn at_zone(zone: u16, code: Code) -> Happening {
    Happening {
        code,
        partition: partition_of(zone),
        point: Some(EvtPoint::Zone(zone)),
    }
}

fn by_somebody(partition: u16, code: Code, dice: &mut Dice) -> Happening {
    let user = 1 + u16::try_from(dice.below(9)).unwrap_or(0);
    Happening {
        code,
        partition,
        point: Some(EvtPoint::User(user)),
    }
}

fn one_of(zones: impl Iterator<Item = u16> + Clone, dice: &mut Dice) -> Option<u16> {
    let many = u32::try_from(zones.clone().count()).unwrap_or(0);
    let mut zones = zones;
    zones.nth(dice.below(many) as usize)
}

#[cfg(test)]
mod tests {
    use model::{PartitionState, partition_move};

    use super::*;

    const KINDS: [Kind; 6] = [
        Kind::Zone,
        Kind::Alarm,
        Kind::Restore,
        Kind::Arming,
        Kind::Trouble,
        Kind::Test,
    ];

    /// Lives on, and looks at each happening with the house before and after it.
    fn watch(seed: u64, mut look: impl FnMut(&House, &Happening, &House)) {
        let (mut house, mut dice) = (House::new(), Dice::new(seed, 0, 0));
        for _ in 0..5_000 {
            let before = house.clone();
            let kind = KINDS[dice.below(6) as usize];
            let happening = house.happen(kind, &mut dice);
            look(&before, &happening, &house);
        }
    }

    #[test]
    fn a_partition_is_armed_only_while_everything_in_it_is_closed() {
        let mut armings = 0;
        watch(1, |before, happening, _| {
            let moved = partition_move(&happening.code);
            if let Some(PartitionState::Armed(_)) = moved {
                armings += 1;
                assert_eq!(
                    before.partition(happening.partition),
                    ReportedPartition::Disarmed
                );
                let mut guarded = zones_of(happening.partition).filter(|zone| !is_smoke(*zone));
                assert!(guarded.all(|zone| before.zone(zone) == ZoneState::Closed));
            }
        });
        assert!(armings > 100, "{armings}");
    }

    #[test]
    fn arming_and_disarming_of_a_partition_follow_each_other() {
        watch(2, |before, happening, after| {
            if let Some(state) = partition_move(&happening.code) {
                let disarms = state == PartitionState::Disarmed;
                let was = before.partition(happening.partition);
                assert_eq!(was != ReportedPartition::Disarmed, disarms, "{happening:?}");
                let is = after.partition(happening.partition);
                assert_eq!(is == ReportedPartition::Disarmed, disarms);
            }
        });
    }

    #[test]
    fn nothing_opens_where_it_is_armed_but_by_an_alarm() {
        watch(3, |before, happening, after| {
            let Some(EvtPoint::Zone(zone)) = happening.point else {
                return;
            };
            match Kind::of(&happening.code) {
                Kind::Zone => {
                    assert!(!before.is_armed(zone), "zone {zone}");
                    assert_ne!(before.zone(zone), after.zone(zone));
                }
                Kind::Alarm => assert!(before.is_armed(zone), "zone {zone}"),
                Kind::Restore => assert_eq!(before.zone(zone), ZoneState::Alarm),
                other => panic!("{other:?}"),
            }
            assert_eq!(happening.partition, partition_of(zone));
        });
    }

    #[test]
    fn what_is_wrong_stays_within_bounds_and_every_code_is_known() {
        watch(4, |_, happening, after| {
            assert!(after.wrong.len() <= usize::from(ZONES) + 1);
            assert!(happening.code.meaning().known, "{}", happening.code);
        });
    }

    #[test]
    fn a_burgled_partition_is_in_alarm_until_it_is_restored_or_disarmed() {
        let mut seen = 0;
        watch(5, |before, happening, after| {
            let Some(EvtPoint::Zone(zone)) = happening.point else {
                return;
            };
            if Kind::of(&happening.code) == Kind::Alarm && !is_smoke(zone) {
                seen += 1;
                assert_ne!(
                    before.partition(happening.partition),
                    ReportedPartition::Disarmed
                );
                assert_eq!(
                    after.partition(happening.partition),
                    ReportedPartition::Alarm
                );
            }
        });
        assert!(seen > 100, "{seen}");
    }
}
