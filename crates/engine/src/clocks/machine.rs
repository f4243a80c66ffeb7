//! What panels' clocks say of ours. Pure.
//!
//! Invariant: every panel counts at most once in each figure, whatever it sends and how often.
//! Invariant: the table has an entry for each registered panel that encrypts, and no other (I7).
//!
//! Figures of the last 60 s are kept in buckets of one second; a panel is in the bucket of the
//! second in which it was last heard, or left, so that a word costs the same whatever the fleet.

use std::collections::HashMap;

use model::{Mono, Now, PanelIndex, limits, micros};

/// One part in this many of the panels must leave the window for our clock to be suspected (R3).
const SUSPECT_SHARE: u32 = 20;

/// One part in this many of the panels that agree may still be outside when it is trusted again.
const TRUST_SHARE: u32 = 100;

/// What a well decrypted frame says of its panel's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Its timestamp is inside the window.
    Inside,
    /// It is outside.
    Outside,
}

/// What was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Our clock is suspected: so many of the panels heard have left the window.
    Suspect { left: u32, heard: u32 },
    /// It is trusted again: so many panels agree, or it was set back.
    Trusted { agreed: u32 },
    /// It went so many microseconds further than time did; back, if negative.
    Jumped(i64),
}

#[derive(Debug, Clone, Copy)]
struct Panel {
    word: Word,
    heard: u64,
    /// When it left the window, if it is outside.
    left: u64,
    /// Whether it was ever inside: otherwise it says nothing against trusting ours again.
    ever_inside: bool,
    /// The suspicion since whose beginning its last word was that it agrees; 0 if none.
    agrees_since: u32,
}

/// Counts of the last 60 s, by second.
#[derive(Debug)]
struct Recent {
    counts: [u32; Self::SECONDS],
    newest: u64,
}

impl Recent {
    const SECONDS: usize = limits::CLOCK_WATCH;

    fn new() -> Self {
        Self {
            counts: [0; Self::SECONDS],
            newest: 0,
        }
    }

    fn add(&mut self, second: u64) {
        self.turn(second);
        if let Some(count) = self.bucket(second) {
            *count += 1;
        }
    }

    fn remove(&mut self, second: u64) {
        if let Some(count) = self.bucket(second) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many there are within the 60 s that end with this second.
    fn sum(&mut self, now: u64) -> u32 {
        self.turn(now);
        self.counts.iter().sum()
    }

    fn turn(&mut self, second: u64) {
        let passed = second.saturating_sub(self.newest).min(Self::SECONDS as u64);
        self.newest = self.newest.max(second);
        for back in 0..passed {
            self.counts[Self::place(self.newest - back)] = 0;
        }
    }

    fn bucket(&mut self, second: u64) -> Option<&mut u32> {
        let recent = second <= self.newest && self.newest - second < Self::SECONDS as u64;
        recent.then(|| &mut self.counts[Self::place(second)])
    }

    fn place(second: u64) -> usize {
        usize::try_from(second % Self::SECONDS as u64).expect("below sixty")
    }
}

/// What is known of the panels' clocks and of ours.
#[derive(Debug)]
pub(super) struct Machine {
    panels: HashMap<PanelIndex, Panel>,
    heard: Recent,
    left: Recent,
    /// Outside, and inside at some time before.
    strayed: Recent,
    /// Who left before this second says nothing any more.
    since: u64,
    suspicion: Option<Suspicion>,
    suspicions: u32,
    /// The last jump of our clock, in microseconds, and when it was.
    jump: Option<(Mono, i64)>,
    last: Now,
}

/// A suspicion that stands.
#[derive(Debug, Default)]
struct Suspicion {
    /// Panels whose last word since its beginning is that they agree.
    agreed: u32,
    /// How far our clock is off by its own jumps, if one came just before, in microseconds.
    off: Option<i64>,
}

impl Suspicion {
    /// Whether the jump that caused it was undone.
    fn set_back(&self) -> bool {
        self.off
            .is_some_and(|off| off.saturating_abs() <= micros(limits::CLOCK_JUMP))
    }
}

impl Machine {
    pub(super) fn new(now: Now) -> Self {
        Self {
            panels: HashMap::new(),
            heard: Recent::new(),
            left: Recent::new(),
            strayed: Recent::new(),
            since: 0,
            suspicion: None,
            suspicions: 0,
            jump: None,
            last: now,
        }
    }

    /// A panel was heard.
    pub(super) fn hear(&mut self, panel: PanelIndex, word: Word, at: Mono) {
        let second = seconds(at);
        let before = self.panels.get(&panel).copied();
        if let Some(before) = before {
            self.take_back(&before);
        }
        let mut next = Panel {
            word,
            heard: second,
            left: match before {
                Some(before) if before.word == Word::Outside => before.left,
                _ => second,
            },
            ever_inside: word == Word::Inside || before.is_some_and(|panel| panel.ever_inside),
            agrees_since: 0,
        };
        self.heard.add(second);
        match (word, &mut self.suspicion) {
            (Word::Outside, _) => {
                if next.left >= self.since {
                    self.left.add(next.left);
                }
                if next.ever_inside {
                    self.strayed.add(second);
                }
            }
            (Word::Inside, Some(suspicion)) => {
                next.agrees_since = self.suspicions;
                suspicion.agreed += 1;
            }
            (Word::Inside, None) => {}
        }
        self.panels.insert(panel, next);
    }

    /// Takes a panel out of the figures that it is in.
    fn take_back(&mut self, panel: &Panel) {
        self.heard.remove(panel.heard);
        if panel.word == Word::Outside {
            if panel.left >= self.since {
                self.left.remove(panel.left);
            }
            if panel.ever_inside {
                self.strayed.remove(panel.heard);
            }
        }
        if let Some(suspicion) = &mut self.suspicion
            && panel.agrees_since == self.suspicions
        {
            suspicion.agreed = suspicion.agreed.saturating_sub(1);
        }
    }

    /// Compares our two clocks. Called each second.
    pub(super) fn tick(&mut self, now: Now) -> Option<Finding> {
        let passed = micros(now.mono.since(self.last.mono));
        let jump = (now.wall - self.last.wall).saturating_sub(passed);
        self.last = now;
        if jump.saturating_abs() <= micros(limits::CLOCK_JUMP) {
            return None;
        }
        self.jump = Some((now.mono, jump));
        if let Some(off) = self.suspicion.as_mut().and_then(|s| s.off.as_mut()) {
            *off = off.saturating_add(jump);
        }
        Some(Finding::Jumped(jump))
    }

    /// What follows from what was heard so far.
    pub(super) fn judge(&mut self, now: Mono) -> Option<Finding> {
        let second = seconds(now);
        let Some(suspicion) = &self.suspicion else {
            let (left, heard) = (self.left.sum(second), self.heard.sum(second));
            let suspect =
                left >= limits::CLOCK_PANELS && left.saturating_mul(SUSPECT_SHARE) > heard;
            if suspect {
                self.suspect(now);
                return Some(Finding::Suspect { left, heard });
            }
            return None;
        };
        let (agreed, set_back) = (suspicion.agreed, suspicion.set_back());
        let strayed = self.strayed.sum(second);
        let agree = agreed >= limits::CLOCK_PANELS && strayed.saturating_mul(TRUST_SHARE) < agreed;
        (agree || set_back).then(|| self.trust(agreed, second))
    }

    fn suspect(&mut self, now: Mono) {
        let just_before =
            |(at, _): &(Mono, i64)| seconds(now) - seconds(*at) <= limits::CLOCK_WATCH as u64;
        self.suspicions += 1;
        self.suspicion = Some(Suspicion {
            agreed: 0,
            off: self.jump.filter(just_before).map(|(_, jump)| jump),
        });
    }

    fn trust(&mut self, agreed: u32, second: u64) -> Finding {
        self.suspicion = None;
        // Who left the window for our fault comes back with its next frame, and is no news.
        self.since = second + 1;
        self.left = Recent::new();
        Finding::Trusted { agreed }
    }
}

fn seconds(at: Mono) -> u64 {
    at.since(Mono::default()).as_secs()
}
