//! A panel that lives by a mix: what it reports is thrown, and still makes sense.
//!
//! Invariant: what is restored was reported before, and arming and disarming follow each other.

use std::collections::VecDeque;

use model::{Code, Mono, Qualifier};

use crate::content::{Content, Happening};
use crate::dice::Dice;
use crate::kind::Kind;
use crate::scenario::Mix;
use crate::schedule::Schedule;
use crate::script::Script;

/// How many things may be wrong at once at a panel before the oldest must be restored.
const OPEN: usize = 8;

/// What trips and what restores it: two codes of DC-03.
const SIA_ALARMS: [([u8; 2], [u8; 2]); 4] = [
    (*b"BA", *b"BR"),
    (*b"FA", *b"FR"),
    (*b"TA", *b"TR"),
    (*b"WA", *b"WR"),
];
const SIA_TROUBLES: [([u8; 2], [u8; 2]); 2] = [(*b"AT", *b"AR"), (*b"YT", *b"YR")];

/// Contact ID restores by the qualifier.
const CID_ALARMS: [[u8; 3]; 4] = [*b"130", *b"110", *b"131", *b"144"];
const CID_TROUBLES: [[u8; 3]; 2] = [*b"301", *b"302"];

/// A panel that lives by a mix.
#[derive(Debug)]
pub(crate) struct Mixed {
    schedule: Schedule,
    mix: Mix,
    dice: Dice,
    /// Whether it speaks Contact ID; otherwise DC-03.
    contact_id: bool,
    /// Signals due so far, told or left out.
    past: u64,
    armed: bool,
    /// What is wrong now, as what restores it, oldest first.
    open: VecDeque<Happening>,
}

impl Mixed {
    pub(crate) fn new(schedule: Schedule, mix: Mix, mut dice: Dice) -> Self {
        let contact_id = dice.below(2) == 0;
        Self {
            schedule,
            mix,
            dice,
            contact_id,
            past: 0,
            armed: false,
            open: VecDeque::new(),
        }
    }

    fn happen(&mut self) -> Happening {
        if self.schedule.is_burst(self.past - 1) {
            return self.trip(Kind::Alarm);
        }
        match self.mix.throw(&mut self.dice) {
            Kind::Alarm | Kind::Trouble if self.open.len() >= OPEN => self.restore(),
            Kind::Alarm => self.trip(Kind::Alarm),
            Kind::Trouble => self.trip(Kind::Trouble),
            Kind::Restore => self.restore(),
            Kind::Arming => self.arm_or_disarm(),
            // DC-09 has no word for anything else.
            _ => self.test(),
        }
    }

    fn trip(&mut self, kind: Kind) -> Happening {
        let zone = u16::try_from(1 + self.dice.below(16)).unwrap_or(1);
        let (trips, restores) = if self.contact_id {
            let events = match kind {
                Kind::Alarm => &CID_ALARMS[..],
                _ => &CID_TROUBLES[..],
            };
            let event = self.one_of(events);
            let code = |qualifier| Code::ContactId(qualifier, event);
            (code(Qualifier::New), code(Qualifier::Restore))
        } else {
            let pairs = match kind {
                Kind::Alarm => &SIA_ALARMS[..],
                _ => &SIA_TROUBLES[..],
            };
            let (trips, restores) = self.one_of(pairs);
            (Code::Sia(trips), Code::Sia(restores))
        };
        self.open.push_back(happening(restores, zone));
        happening(trips, zone)
    }

    /// Restores what has been wrong for longest; a panel with nothing wrong tests itself.
    fn restore(&mut self) -> Happening {
        match self.open.pop_front() {
            Some(restore) => restore,
            None => self.test(),
        }
    }

    fn arm_or_disarm(&mut self) -> Happening {
        self.armed = !self.armed;
        let user = u16::try_from(1 + self.dice.below(9)).unwrap_or(1);
        let code = match (self.contact_id, self.armed) {
            (true, true) => Code::ContactId(Qualifier::Restore, *b"401"),
            (true, false) => Code::ContactId(Qualifier::New, *b"401"),
            (false, true) => Code::Sia(*b"CL"),
            (false, false) => Code::Sia(*b"OP"),
        };
        happening(code, user)
    }

    fn test(&self) -> Happening {
        let code = if self.contact_id {
            Code::ContactId(Qualifier::New, *b"602")
        } else {
            Code::Sia(*b"RP")
        };
        Happening {
            partition: 0,
            ..happening(code, 0)
        }
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let many = u32::try_from(all.len()).unwrap_or(u32::MAX);
        all[self.dice.below(many) as usize]
    }
}

const fn happening(code: Code, point: u16) -> Happening {
    Happening {
        code,
        partition: 1,
        point,
        name: None,
    }
}

impl Script for Mixed {
    fn due(&self, _: Mono) -> Option<Mono> {
        self.schedule.due(self.past)
    }

    fn tell(&mut self, number: u64) -> Content {
        self.past += 1;
        let happening = self.happen();
        Content::single(number, happening)
    }

    fn skip(&mut self, until: Mono) {
        self.past = self.past.max(self.schedule.due_by(until));
    }

    fn owed(&self, until: Mono) -> u64 {
        self.schedule.due_by(until).saturating_sub(self.past)
    }
}

/// Reports whenever it may: a life without times.
#[derive(Debug)]
pub(crate) struct Hurried<S> {
    pub(crate) life: S,
    /// From when on.
    pub(crate) begins: Mono,
}

impl<C, S: Script<C>> Script<C> for Hurried<S> {
    fn due(&self, now: Mono) -> Option<Mono> {
        Some(now.max(self.begins))
    }

    fn tell(&mut self, number: u64) -> C {
        self.life.tell(number)
    }

    fn skip(&mut self, _: Mono) {}

    /// Nothing: it asks for no time.
    fn owed(&self, _: Mono) -> u64 {
        0
    }
}

/// A panel that has nothing to report.
#[derive(Debug)]
pub(crate) struct Mute;

impl Script for Mute {
    fn due(&self, _: Mono) -> Option<Mono> {
        None
    }

    fn tell(&mut self, number: u64) -> Content {
        Content::numbered(number)
    }

    fn skip(&mut self, _: Mono) {}

    fn owed(&self, _: Mono) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use model::{PartitionState, partition_move};

    use super::*;
    use crate::schedule::Regular;

    fn panel(place: u64, mix: Mix) -> Mixed {
        panel_in_a_burst(place, mix, None)
    }

    fn panel_in_a_burst(place: u64, mix: Mix, burst: Option<Mono>) -> Mixed {
        let regular = Regular::new(Mono(0), Duration::from_secs(1), 0.0, &[], 1);
        let schedule = Schedule::new(Some(regular), burst).unwrap();
        Mixed::new(schedule, mix, Dice::new(3, place, 9))
    }

    const MIX: Mix = Mix {
        alarm: 30,
        restore: 25,
        arming: 20,
        test: 15,
        trouble: 10,
        status: 0,
        zone: 0,
    };

    fn life(place: u64, signals: u64) -> Vec<Happening> {
        let mut panel = panel(place, MIX);
        let told = (1..=signals).map(|number| panel.tell(number));
        told.map(|content| content.happenings[0].clone()).collect()
    }

    #[test]
    fn only_what_is_wrong_is_restored() {
        for place in 0..20 {
            let mut wrong: Vec<(String, u16)> = Vec::new();
            for happening in life(place, 500) {
                let meaning = happening.code.meaning();
                assert!(meaning.known, "{}", happening.code);
                match Kind::of(&happening.code) {
                    Kind::Restore => {
                        let at = wrong.iter().position(|(code, zone)| {
                            meaning.restores.contains(&code.as_str()) && *zone == happening.point
                        });
                        wrong.remove(at.unwrap_or_else(|| panic!("{happening:?}")));
                    }
                    Kind::Alarm | Kind::Trouble => {
                        wrong.push((happening.code.to_string(), happening.point));
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn arming_and_disarming_follow_each_other() {
        for place in 0..20 {
            let moves: Vec<_> = life(place, 500)
                .iter()
                .filter_map(|happening| partition_move(&happening.code))
                .map(|state| state == PartitionState::Disarmed)
                .collect();
            assert!(moves.len() > 50 && !moves[0]);
            assert!(moves.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    #[test]
    fn kinds_come_about_as_often_as_the_mix_says() {
        let mut count: HashMap<Kind, usize> = HashMap::new();
        for happening in (0..50).flat_map(|place| life(place, 200)) {
            *count.entry(Kind::of(&happening.code)).or_default() += 1;
        }
        for (kind, expected) in [(Kind::Alarm, 3_000), (Kind::Arming, 2_000)] {
            let counted = count[&kind];
            let near = expected * 8 / 10..expected * 12 / 10;
            assert!(near.contains(&counted), "{kind:?}: {counted}");
        }
    }

    #[test]
    fn a_life_can_be_repeated_and_neighbours_differ() {
        assert_eq!(life(1, 100), life(1, 100));
        assert_ne!(life(1, 100), life(2, 100));
    }

    #[test]
    fn whoever_is_in_a_burst_is_in_alarm_then_whatever_else_it_tells() {
        let tests = Mix {
            test: 1,
            ..Mix::default()
        };
        let mut panel = panel_in_a_burst(1, tests, Some(Mono(2_500_000_000)));
        let told = (1..=6).map(|number| panel.tell(number));
        let kinds = told.map(|content| Kind::of(&content.happenings[0].code));
        let alarm = kinds.map(|kind| kind == Kind::Alarm);
        assert_eq!(
            alarm.collect::<Vec<_>>(),
            [false, false, false, true, false, false]
        );
    }

    #[test]
    fn what_is_skipped_is_not_owed() {
        let mut panel = panel(1, MIX);
        assert_eq!(panel.owed(Mono(9_500_000_000)), 10);
        panel.skip(Mono(4_500_000_000));
        assert_eq!(panel.owed(Mono(9_500_000_000)), 5);
        assert_eq!(panel.due(Mono(0)), Some(Mono(5_000_000_000)));
    }
}
