//! A story as a script: what happens, and how long after what happened before.

use std::borrow::Cow;
use std::time::Duration;

use model::{Code, Mono};

use crate::content::{Content, Happening};
use crate::script::Script;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub struct Beat {
    /// Seconds after the beat before, at tempo 1.
    pub after: u32,
    /// What happens.
    pub code: Code,
    /// In which partition.
    pub partition: u8,
    /// At which zone, or by which user.
    pub point: u16,
    /// What the panel calls that zone or user.
    pub name: &'static str,
    /// Whether it goes out in clear from a panel that encrypts.
    pub in_clear: bool,
}

/// A story on its way.
#[derive(Debug)]
pub(super) struct Story {
    beats: &'static [Beat],
    tempo: u32,
    /// Which beat comes next.
    at: usize,
    /// When the beat before was due.
    last: Mono,
}

impl Story {
    pub(super) const fn new(beats: &'static [Beat], tempo: u32, began: Mono) -> Self {
        Self {
            beats,
            tempo,
            at: 0,
            last: began,
        }
    }

    fn next_due(&self) -> Mono {
        self.last
            .after(at_tempo(self.beats[self.at].after, self.tempo))
    }
}

/// How long so many seconds of a story take.
pub(super) fn at_tempo(seconds: u32, tempo: u32) -> Duration {
    Duration::from_secs(seconds.into()) / tempo.max(1)
}

impl Script for Story {
    fn due(&self, _: Mono) -> Option<Mono> {
        Some(self.next_due())
    }

    fn tell(&mut self, number: u64) -> Content {
        let beat = self.beats[self.at];
        self.last = self.next_due();
        self.at = (self.at + 1) % self.beats.len();
        let happening = Happening {
            code: beat.code,
            partition: beat.partition,
            point: beat.point,
            name: (!beat.name.is_empty()).then_some(Cow::Borrowed(beat.name)),
        };
        Content {
            in_clear: beat.in_clear,
            ..Content::single(number, happening)
        }
    }
    /// A story goes on where it was: what would have happened meanwhile happens at the end.
    fn skip(&mut self, until: Mono) {
        let late = until.since(self.next_due());
        self.last = self.last.after(late);
    }

    fn owed(&self, until: Mono) -> u64 {
        (self.next_due() <= until).into()
    }
}
