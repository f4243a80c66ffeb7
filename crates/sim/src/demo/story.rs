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
}

/// A story on its way.
#[derive(Debug)]
pub(super) struct Story {
    beats: &'static [Beat],
    /// Whether it begins again after its end.
    again: bool,
    tempo: u32,
    /// Which beat comes next.
    at: usize,
    /// When the beat before was due.
    last: Mono,
}

impl Story {
    pub(super) const fn new(beats: &'static [Beat], again: bool, tempo: u32, began: Mono) -> Self {
        Self {
            beats,
            again,
            tempo,
            at: 0,
            last: began,
        }
    }

    fn next_due(&self) -> Option<Mono> {
        let beat = self.beats.get(self.at)?;
        let after = Duration::from_secs(beat.after.into()) / self.tempo.max(1);
        Some(self.last.after(after))
    }
}

impl Script for Story {
    fn due(&self, _: Mono) -> Option<Mono> {
        self.next_due()
    }

    fn tell(&mut self, number: u64) -> Content {
        let beat = self.beats[self.at];
        self.last = self.next_due().unwrap_or(self.last);
        self.at += 1;
        if self.again {
            self.at %= self.beats.len();
        }
        let happening = Happening {
            code: beat.code,
            partition: beat.partition,
            point: beat.point,
            name: (!beat.name.is_empty()).then_some(Cow::Borrowed(beat.name)),
        };
        Content::single(number, happening)
    }
    /// A story goes on where it was: what happened meanwhile happens later.
    fn skip(&mut self, until: Mono) {
        self.last = self.last.max(until);
    }

    fn owed(&self, until: Mono) -> u64 {
        self.next_due().is_some_and(|due| due <= until).into()
    }
}
