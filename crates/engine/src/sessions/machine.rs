//! Who took over from whom, and whether two live. Pure, under given time.
//!
//! Invariant: a connection is of a path until a later one takes over, or it ends itself: the end of one that
//! was taken over changes nothing (I6).
//! Invariant: a panel that moves from address to address is never called a clone by that alone: an address must
//! come back, and every life must have spoken (R9).
//!
//! | what is seen | within 10 min | is |
//! | --- | --- | --- |
//! | takeovers between addresses that speak, and come back | three | a clone |
//! | a boot or sequence that forks | with two takeovers | a clone |
//! | takeovers to ever new addresses | any | roaming |

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use arrayvec::ArrayVec;
use model::limits::{
    CLONE_DOUBT, CLONE_PERIOD, CLONE_TAKEOVERS, PRESENCE_PATHS, SECURITY_PERIOD, SUSPECTS,
};
use model::{Epoch, Mono, PathIndex};

use crate::ports::{Arrival, SessionPlace};
use crate::seldom::Seldom;

/// Takeovers with a fork among them that make a clone: one there, one back.
const WITH_FORK: usize = 2;

/// A path's connection, in forty octets: there is one for each path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    connection: u64,
    pub(super) since: Mono,
    gateway: u16,
    pub(super) source: IpAddr,
    /// It said something after it was let in.
    spoke: bool,
}

impl Session {
    pub(super) fn place(&self) -> SessionPlace {
        SessionPlace {
            gateway: self.gateway,
            connection: self.connection,
        }
    }
}

/// One connection that took over from another.
#[derive(Debug, Clone, Copy)]
struct Takeover {
    at: Mono,
    from: IpAddr,
    to: IpAddr,
    /// Whether the one that was taken over had spoken.
    spoke: bool,
}

/// Why two lives are suspected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspicion {
    /// The addresses among which it went to and fro, each once.
    pub(super) addresses: ArrayVec<IpAddr, { CLONE_TAKEOVERS + 1 }>,
    /// What else says so.
    pub(super) fork: Option<Fork>,
}

/// What only two lives do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// The boot counter went back.
    Boot,
    /// The same boot and sequence came with other content (R2).
    Sequence,
}

/// What the machine knows of all paths.
#[derive(Debug)]
pub(super) struct Machine {
    /// By the number of the path.
    sessions: Vec<Option<Session>>,
    connected: usize,
    takeovers: HashMap<PathIndex, ArrayVec<Takeover, CLONE_TAKEOVERS>>,
    /// Until when paths are doubted.
    doubted: HashMap<PathIndex, Mono>,
    said: Seldom<PathIndex>,
    /// Takeovers and doubts that there was no room for.
    forgotten: u64,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            sessions: Vec::new(),
            connected: 0,
            takeovers: HashMap::new(),
            doubted: HashMap::new(),
            said: Seldom::new(SECURITY_PERIOD, SUSPECTS),
            forgotten: 0,
        }
    }
}

impl Machine {
    /// A path was let in: the connection that it takes over from, and what that says to us.
    pub(super) fn arrived(
        &mut self,
        arrival: &Arrival,
    ) -> (Option<SessionPlace>, Option<Suspicion>) {
        let session = Session {
            connection: arrival.place.connection,
            since: arrival.at,
            gateway: arrival.place.gateway,
            source: arrival.source,
            spoke: false,
        };
        let Some(slot) = self.slot(arrival.path) else {
            self.forgotten += 1;
            return (None, None);
        };
        // The same connection asked again: nothing has changed.
        if slot.is_some_and(|known| known.place() == arrival.place) {
            return (None, None);
        }
        let Some(before) = slot.replace(session) else {
            self.connected += 1;
            return (None, None);
        };
        let takeover = Takeover {
            at: arrival.at,
            from: before.source,
            to: arrival.source,
            spoke: before.spoke,
        };
        self.note(arrival.path, takeover);
        let suspicion = self.alternating(arrival.path, arrival.at);
        (Some(before.place()), suspicion)
    }

    /// The path spoke under an admission.
    pub(super) fn spoke(&mut self, path: PathIndex, epoch: Epoch, at: Mono) {
        // What let it in is not yet a life of its own: only what comes later is. An epoch is the moment of its
        // admission, which an older connection has from before this one came.
        if let Some(Some(session)) = self.slot(path)
            && epoch.0 >= session.since.0
            && at.0 > epoch.0
        {
            session.spoke = true;
        }
    }

    /// A connection has ended.
    pub(super) fn gone(&mut self, path: PathIndex, place: SessionPlace) {
        let slot = self.slot(path);
        if slot
            .and_then(|slot| slot.take_if(|session| session.place() == place))
            .is_some()
        {
            self.connected -= 1;
        }
    }

    /// All connections of a gateway have ended.
    pub(super) fn gateway_gone(&mut self, gateway: u16) {
        for slot in &mut self.sessions {
            let gone = slot.take_if(|session| session.gateway == gateway);
            self.connected -= usize::from(gone.is_some());
        }
    }

    /// A boot or a sequence forked: whether two lives explain it.
    pub(super) fn forked(&mut self, path: PathIndex, fork: Fork, now: Mono) -> Option<Suspicion> {
        let recent = self.recent(path, now);
        (recent.len() >= WITH_FORK).then(|| Suspicion {
            addresses: addresses(&recent),
            fork: Some(fork),
        })
    }

    /// Doubts a path from now on; true if that is to be said.
    pub(super) fn doubt(&mut self, path: PathIndex, now: Mono) -> bool {
        self.doubt_for(path, CLONE_DOUBT, now);
        self.said.may_say(path, now)
    }

    /// Doubts a path for so long.
    pub(super) fn doubt_for(&mut self, path: PathIndex, time: Duration, now: Mono) {
        if self.doubted.len() >= SUSPECTS && !self.doubted.contains_key(&path) {
            self.doubted.retain(|_, until| *until > now);
            if self.doubted.len() >= SUSPECTS {
                self.forgotten += 1;
                return;
            }
        }
        let until = self.doubted.entry(path).or_default();
        *until = (*until).max(now.after(time));
    }

    /// Somebody has looked at it: its doubt ends, and what was seen until now counts no more.
    pub(super) fn acknowledged(&mut self, path: PathIndex) {
        self.doubted.remove(&path);
        self.takeovers.remove(&path);
    }

    /// Until when a path is doubted.
    pub(super) fn doubted(&self, path: PathIndex, now: Mono) -> Option<Mono> {
        let until = self.doubted.get(&path).copied();
        until.filter(|until| *until > now)
    }

    /// How many paths are doubted, or were until lately.
    pub(super) fn suspects(&self) -> usize {
        self.doubted.len()
    }

    pub(super) fn session(&self, path: PathIndex) -> Option<Session> {
        let at = usize::try_from(path.0).ok()?;
        *self.sessions.get(at)?
    }

    pub(super) fn len(&self) -> usize {
        self.connected
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Where a path's connection is kept; `None` of a number that no path has.
    fn slot(&mut self, path: PathIndex) -> Option<&mut Option<Session>> {
        let at = usize::try_from(path.0).ok();
        let at = at.filter(|at| *at < PRESENCE_PATHS)?;
        if at >= self.sessions.len() {
            self.sessions.resize(at + 1, None);
        }
        self.sessions.get_mut(at)
    }

    fn note(&mut self, path: PathIndex, takeover: Takeover) {
        if self.takeovers.len() >= SUSPECTS && !self.takeovers.contains_key(&path) {
            let now = takeover.at;
            self.takeovers.retain(|_, past| {
                past.last()
                    .is_some_and(|last| now.since(last.at) <= CLONE_PERIOD)
            });
            if self.takeovers.len() >= SUSPECTS {
                self.forgotten += 1;
                return;
            }
        }
        let past = self.takeovers.entry(path).or_default();
        if past.is_full() {
            past.remove(0);
        }
        past.push(takeover);
    }

    fn recent(&self, path: PathIndex, now: Mono) -> ArrayVec<Takeover, CLONE_TAKEOVERS> {
        let past = self.takeovers.get(&path).into_iter().flatten();
        past.filter(|one| now.since(one.at) <= CLONE_PERIOD)
            .copied()
            .collect()
    }

    fn alternating(&self, path: PathIndex, now: Mono) -> Option<Suspicion> {
        let recent = self.recent(path, now);
        let lives = |one: &Takeover| one.spoke && one.from != one.to;
        if recent.len() < CLONE_TAKEOVERS || !recent.iter().all(lives) {
            return None;
        }
        let addresses = addresses(&recent);
        let comes_back = addresses.len() <= recent.len();
        comes_back.then_some(Suspicion {
            addresses,
            fork: None,
        })
    }
}

/// Each once, the oldest first.
fn addresses(takeovers: &[Takeover]) -> ArrayVec<IpAddr, { CLONE_TAKEOVERS + 1 }> {
    let mut found = ArrayVec::new();
    for address in takeovers.iter().flat_map(|one| [one.from, one.to]) {
        if !found.contains(&address) && !found.is_full() {
            found.push(address);
        }
    }
    found
}
