//! Who speaks on a connection, and how far a frame of theirs is believed.

use std::sync::Arc;

use model::{AccountKey, EventFlags, Learned, Now, Wall, limits, micros};
use proto::Admitted;
use wire::dc09::{Body, Plain, Unreadable};

use super::habit::Habit;
use super::open::Opened;

/// Who speaks, as far as it is known.
#[derive(Debug)]
pub(super) enum Speaker {
    Unknown,
    /// The question is open; the frame that raised it waits.
    Asked(Box<Asked>),
    Known(Known),
}

/// A frame that waits for the identity of its account.
pub(super) struct Asked {
    pub(super) key: AccountKey,
    pub(super) frame: Vec<u8>,
    pub(super) read: Now,
}

/// The frame is personal data: it stays out of logs.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asked({:?})", self.key.account)
    }
}

/// An account that is registered.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) key: AccountKey,
    pub(super) admitted: Arc<Admitted>,
    /// What is known of it by now: what the engine knew, and what this connection added.
    pub(super) learned: Learned,
}

/// How far a frame of a registered account is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judgement {
    /// The reasons to doubt it (R1).
    pub(super) doubt: EventFlags,
    /// Whether its timestamp is outside the window, and it was decrypted.
    pub(super) skewed: bool,
    /// Whether it taught us something.
    pub(super) news: bool,
}

impl Judgement {
    /// R3: whether it is refused for its time: not while our own clock is suspected.
    pub(super) fn is_refused(self) -> bool {
        self.skewed && !self.doubt.contains(EventFlags::OUR_CLOCK_SUSPECT)
    }

    /// Whether it tells that its path lives (R1).
    ///
    /// A wrong clock does not take that from it: whoever can write a plain frame can write the
    /// right time into it, and if it is our clock that is wrong, every panel would be called lost
    /// at once (R3). An encrypted frame outside the window does not come this far.
    pub(super) fn is_sign_of_life(self) -> bool {
        let clocks = EventFlags::CLOCK_OUTSIDE_WINDOW | EventFlags::OUR_CLOCK_SUSPECT;
        !(self.doubt - clocks).is_doubtful()
    }
}

impl Known {
    pub(super) fn new(key: AccountKey, admitted: Arc<Admitted>) -> Self {
        let learned = admitted.learned.clone();
        Self {
            key,
            admitted,
            learned,
        }
    }

    /// Takes what the engine says by now. What this connection learned may not have reached it
    /// yet, and is kept then; with other keys, learning begins where the engine says.
    pub(super) fn renew(&mut self, admitted: Arc<Admitted>) {
        let heard = |learned: &Learned| Habit::recall(&learned.memo).heard();
        let is_ahead = heard(&self.learned) > heard(&admitted.learned);
        if !is_ahead || admitted.keys != self.admitted.keys {
            self.learned = admitted.learned.clone();
        }
        self.admitted = admitted;
    }

    /// Judges a frame that could be opened, and learns from it.
    pub(super) fn judge(
        &mut self,
        opened: &Opened<'_>,
        body: &Result<Body<'_>, Unreadable>,
        is_signal: bool,
        read: Now,
    ) -> Judgement {
        let mut judgement = Judgement {
            doubt: doubt_of_time(body, read),
            skewed: false,
            news: false,
        };
        match opened {
            Opened::Clear(_) => {
                let again = self.learned.once_encrypted;
                judgement
                    .doubt
                    .set(EventFlags::PLAIN_AFTER_ENCRYPTED, again);
            }
            Opened::Decrypted { plain, .. } => {
                judgement.skewed = !judgement.doubt.is_empty();
                let habit = Habit::recall(&self.learned.memo);
                let odd = habit.is_broken_by(plain);
                judgement.doubt.set(EventFlags::ODD_PADDING, odd);
                if !odd && !judgement.is_refused() {
                    judgement.news = self.learn(habit, plain, is_signal);
                }
            }
        }
        judgement
    }

    fn learn(&mut self, habit: Habit, plain: &Plain, is_signal: bool) -> bool {
        let habit = habit.with(plain, is_signal);
        let learned = Learned {
            once_encrypted: true,
            forgery: habit.forgery(),
            memo: habit.memo(),
        };
        let news = learned != self.learned;
        self.learned = learned;
        news
    }
}

/// DC-09 5.5.1.9: what the timestamp gives reason to doubt. A plain frame is accepted all the
/// same (R2).
pub(super) fn doubt_of_time(body: &Result<Body<'_>, Unreadable>, read: Now) -> EventFlags {
    let sent = body.as_ref().ok().and_then(|body| body.sent);
    match sent.is_some_and(|sent| is_outside(sent, read.wall)) {
        false => EventFlags::empty(),
        true if read.suspect => EventFlags::OUR_CLOCK_SUSPECT,
        true => EventFlags::CLOCK_OUTSIDE_WINDOW,
    }
}

fn is_outside(sent: Wall, read: Wall) -> bool {
    let ahead = sent - read;
    ahead > micros(limits::WINDOW_AHEAD) || -ahead > micros(limits::WINDOW_BEHIND)
}
