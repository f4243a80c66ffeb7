//! The life of one panel of a fleet: connect, report, listen, hang up, connect again.
//!
//! ```text
//!   Apart ──────► Dialling ──► Shaking ──► Talking
//!    ▲ │ Away        │            │           │
//!    └─┴─────────────┴────────────┴───────────┘ ──► Over
//! ```
//!
//! Invariant: a life is looked at when its time has come, its socket has stirred or the fleet has
//! changed its phase, and waits for nothing itself. At rest it keeps no buffer.

use std::sync::Arc;
use std::time::Duration;

use mio::{Interest, Registry, Token};
use model::{Mono, Now};

use super::record::{Place, Record};
use super::writing::Writing;
use super::{Common, Content, Dialling, Leaves, Phase};
use crate::dial::{Buffers, Heard, Road, Way};
use crate::dice::Dice;
use crate::kind::Kind;
use crate::machine::{Blueprint, Line, Machine, PanelEvent, Saying};
use crate::reason::Reason;
use crate::script::Script;
use crate::tls::{Holder, Office, Ticket};

/// For what chance is thrown, so that one purpose does not disturb another.
const OF_PANEL: u64 = 1;
const OF_PIECES: u64 = 2;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the handshake of TLS may take: a server to which a whole fleet returns lets many wait.
const SHAKE_PATIENCE: Duration = Duration::from_secs(30);

/// Where a life is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has no connection, and waits for a time, or for another phase of the fleet.
    Apart,
    /// It has left for a while.
    Away,
    /// A connection is being made.
    Dialling,
    /// The handshake of TLS goes on.
    Shaking,
    Talking,
    Over,
}

/// What the look at a life is made with.
pub(super) struct Turn<'a> {
    pub(super) now: Now,
    pub(super) phase: Phase,
    pub(super) common: &'a Common,
    pub(super) record: &'a mut Record,
    pub(super) registry: &'a Registry,
    pub(super) buffers: &'a mut Buffers,
    /// What a panel says; kept for its allocation.
    pub(super) said: &'a mut Vec<u8>,
}

/// What a panel under TLS has of its own.
#[derive(Debug)]
struct Papers {
    office: Arc<Office>,
    account: model::Account,
    ticket: Ticket,
}

impl Papers {
    fn holder(&mut self) -> Holder<'_> {
        Holder {
            office: &self.office,
            account: self.account,
            ticket: &mut self.ticket,
        }
    }
}

/// Connections that nobody has closed.
#[derive(Debug, Default)]
struct Abandoned {
    /// From before an absence, until there is another one.
    behind: Option<Way>,
    /// The one that nobody will ever close.
    _half_open: Option<Way>,
}

/// The life of one panel.
#[derive(Debug)]
pub(super) struct Life<P: Machine> {
    place: Place,
    token: Token,
    pub(super) line: Line,
    pub(super) panel: P,
    papers: Option<Papers>,
    pub(super) script: Box<dyn Script<P::Content>>,
    /// Of how a write is cut to pieces.
    pub(super) dice: Dice,
    /// Signals with a number reported so far.
    reported: u64,
    /// Connections that failed, one after the other.
    pub(super) failures: u32,
    /// For how long the receiver asked to be left alone.
    put_off: Option<Duration>,
    /// Whether it ever was connected.
    pub(super) was_connected: bool,
    stage: Stage,
    /// When it is time to leave this stage, if time alone can end it.
    until: Option<Mono>,
    /// When the connection was begun.
    begun: Mono,
    /// When the panel last said anything, for supervision.
    pub(super) spoke: Mono,
    pub(super) way: Option<Way>,
    /// What is being written, if the way did not take it at once.
    pub(super) writing: Option<Box<Writing>>,
    abandoned: Option<Box<Abandoned>>,
    /// When its driver looks at it, if at any time.
    pub(super) armed: Option<Mono>,
}

impl<P: Machine> Life<P> {
    /// One that begins at `begins`.
    pub(super) fn new<M: Blueprint<Machine = P>>(
        (place, token): (Place, Token),
        member: &M,
        office: Option<Arc<Office>>,
        script: Box<dyn Script<Content<M>>>,
        common: &Common,
        begins: Mono,
    ) -> Self {
        let dice = |purpose| Dice::new(common.seed, place.whole, purpose);
        let line = member.line();
        Self {
            place,
            token,
            panel: member.build(dice(OF_PANEL)),
            papers: office.map(|office| Papers {
                office,
                account: member.account(),
                ticket: None,
            }),
            script,
            dice: dice(OF_PIECES),
            reported: line.reported_before,
            line,
            failures: 0,
            put_off: None,
            was_connected: false,
            stage: Stage::Apart,
            until: Some(begins),
            begun: begins,
            spoke: common.began,
            way: None,
            writing: None,
            abandoned: None,
            armed: None,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Its socket has changed; `ended` if the other side has closed.
    pub(super) fn stir(&mut self, ended: bool) {
        if let Some(way) = &mut self.way {
            way.stir(ended);
        }
    }

    /// The fleet has changed its phase.
    pub(super) fn rouse(&mut self, now: Mono) {
        if self.stage == Stage::Apart {
            self.until = Some(now);
        }
    }

    /// When it must be looked at, whatever happens.
    pub(super) fn wakes(&self, turn: &Turn<'_>) -> Option<Mono> {
        if self.stage != Stage::Talking {
            return self.until;
        }
        if let Some(writing) = &self.writing {
            return Some(writing.wakes());
        }
        let has_room = self.panel.has_room();
        let next = has_room.then(|| self.next_turn(turn)).flatten();
        [next, self.panel.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is to be done, until there is something to wait for.
    pub(super) fn look(&mut self, turn: &mut Turn<'_>) {
        turn.buffers.clear();
        while self.step(turn) {}
    }

    /// A step; whether another may follow at once.
    fn step(&mut self, turn: &mut Turn<'_>) -> bool {
        let is_time = self.until.is_some_and(|until| until <= turn.now.mono);
        match self.stage {
            Stage::Apart => is_time && self.go_on(turn),
            Stage::Away => (is_time || self.is_over(turn)) && self.go_on(turn),
            Stage::Dialling | Stage::Shaking if matches!(turn.phase, Phase::Ended(_)) => {
                self.way = None;
                self.go_on(turn)
            }
            Stage::Dialling => self.dial(turn, is_time),
            Stage::Shaking => self.shake(turn, is_time),
            Stage::Talking => !self.talk(turn) && self.hang_up(turn),
            Stage::Over => false,
        }
    }

    /// Without a connection: leaves, waits, makes one, or ends.
    fn go_on(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.is_over(turn) {
            if let Phase::Draining(since) | Phase::Ended(since) = turn.phase {
                turn.record.tally.counters.not_sent += self.script.owed(since);
            }
            self.stage = Stage::Over;
            return false;
        }
        if let Some(until) = self.leave(turn) {
            (self.stage, self.until) = (Stage::Away, Some(until));
            return true;
        }
        if self.needs_no_connection(turn) {
            (self.stage, self.until) = (Stage::Apart, self.next_turn(turn));
            return false;
        }
        self.open(turn)
    }

    fn open(&mut self, turn: &mut Turn<'_>) -> bool {
        let road = Road {
            transport: turn.common.transport,
            target: turn.common.target,
            source: turn.common.sources.address(self.place.whole),
            reads: self.line.reads,
        };
        self.begun = turn.now.mono;
        let opened = Way::open(road).and_then(|mut way| {
            let interests = Interest::READABLE | Interest::WRITABLE;
            turn.registry
                .register(way.source(), self.token, interests)?;
            Ok(way)
        });
        match opened {
            Ok(way) => {
                self.way = Some(way);
                (self.stage, self.until) = (Stage::Dialling, Some(self.begun.after(PATIENCE)));
                true
            }
            Err(_) => self.note_unreachable(turn),
        }
    }

    fn dial(&mut self, turn: &mut Turn<'_>, is_late: bool) -> bool {
        let Some(way) = &mut self.way else {
            return self.note_unreachable(turn);
        };
        match way.is_made() {
            Ok(true) => {}
            Ok(false) if !is_late => return false,
            _ => return self.note_unreachable(turn),
        }
        let Some(papers) = &mut self.papers else {
            return self.connected(turn, None);
        };
        let begun = way.begin_tls(&mut papers.holder(), turn.buffers);
        if begun.is_err() || way.flush(turn.buffers).is_err() {
            return self.note_not_shaken(turn, None);
        }
        (self.stage, self.until) = (Stage::Shaking, Some(turn.now.mono.after(SHAKE_PATIENCE)));
        true
    }

    fn shake(&mut self, turn: &mut Turn<'_>, is_late: bool) -> bool {
        let (Some(way), Some(papers)) = (&mut self.way, &mut self.papers) else {
            return self.note_not_shaken(turn, None);
        };
        loop {
            match way.hear(Some(papers.holder()), turn.buffers) {
                Heard::Octets | Heard::Datagram => {}
                Heard::Nothing if is_late => return self.note_not_shaken(turn, None),
                Heard::Nothing => break,
                Heard::Gone => return self.note_not_shaken(turn, None),
                Heard::Refused(reason) => return self.note_not_shaken(turn, Some(reason)),
            }
            if let Some(resumed) = way.shaken() {
                return self.connected(turn, Some(resumed));
            }
        }
        // What the handshake has to say goes out.
        way.flush(turn.buffers).is_err() && self.note_not_shaken(turn, None)
    }

    fn note_unreachable(&mut self, turn: &mut Turn<'_>) -> bool {
        turn.record.tally.counters.not_connected += 1;
        self.fail(turn)
    }

    fn note_not_shaken(&mut self, turn: &mut Turn<'_>, reason: Option<Reason>) -> bool {
        turn.record.tally.counters.not_shaken += 1;
        reason.map(|reason| turn.record.tally.told(reason));
        self.fail(turn)
    }

    fn fail(&mut self, turn: &Turn<'_>) -> bool {
        self.way = None;
        self.failures += 1;
        self.pause(turn)
    }

    /// Waits after a failure; as long as the receiver asked for, if it did.
    fn pause(&mut self, turn: &Turn<'_>) -> bool {
        let pause = match self.put_off.take() {
            Some(asked) => asked,
            None if self.failures == 0 => Duration::ZERO,
            None => turn.common.wait_after(self.place.whole, self.failures),
        };
        (self.stage, self.until) = (Stage::Apart, Some(turn.now.mono.after(pause)));
        true
    }

    /// A connection is there: the panel begins to speak.
    fn connected(&mut self, turn: &mut Turn<'_>, resumed: Option<bool>) -> bool {
        // Only now does the receiver hear that the old one is closed: a late farewell (I6).
        if let Some(abandoned) = &mut self.abandoned {
            abandoned.behind = None;
        }
        let again = self.was_connected && self.line.dialling == Dialling::Permanent;
        turn.record.connected(again, resumed);
        self.was_connected = true;
        (self.stage, self.until) = (Stage::Talking, None);
        self.panel.handle_connected(turn.now, self.begun);
        self.panel.handle_bytes(turn.now, &turn.buffers.plain);
        if self.introduces_itself(turn) {
            self.poll(turn, turn.now.mono);
        }
        !self.speak(turn) && self.hang_up(turn)
    }

    fn poll(&mut self, turn: &mut Turn<'_>, intended: Mono) {
        turn.record.tally.sent(Kind::Poll);
        self.panel.supervise(turn.now, intended);
        self.spoke = turn.now.mono;
    }

    /// The connection is over.
    fn hang_up(&mut self, turn: &mut Turn<'_>) -> bool {
        turn.record.online -= 1;
        self.panel.handle_disconnected();
        self.writing = None;
        let leaves = self.absence(turn).map(|absence| absence.leaves);
        let way = self.way.take();
        if let (Some(mut way), Some(Leaves::UntilBack | Leaves::HalfOpen)) = (way, leaves) {
            // Nobody listens there any more. What cannot be told apart is closed.
            if turn.registry.deregister(way.source()).is_ok() {
                let abandoned = self.abandoned.get_or_insert_default();
                match leaves {
                    Some(Leaves::HalfOpen) => abandoned._half_open = Some(way),
                    _ => abandoned.behind = Some(way),
                }
            }
        }
        self.pause(turn)
    }

    /// Listens, and goes on talking; `false` if one side hangs up.
    fn talk(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.writing.is_some() {
            match self.write_on(turn) {
                Ok(true) => {}
                Ok(false) => return self.waits_for_the_way(turn),
                Err(_) => return self.broken(turn),
            }
        }
        if !self.listen(turn) {
            self.failures += 1;
            return false;
        }
        if self.is_over(turn) {
            self.panel.handle_end(turn.now);
            // A farewell that does not reach anybody is none.
            self.write(turn).ok();
            self.note_events(turn);
            return false;
        }
        let spoken = self.panel.is_at_rest() && self.line.dialling == Dialling::PerMessage;
        !spoken && self.absence(turn).is_none() && self.speak(turn)
    }

    /// Whether a write that the way does not take may still wait.
    fn waits_for_the_way(&mut self, turn: &Turn<'_>) -> bool {
        let now = turn.now.mono;
        let is_late = self.writing.as_ref().is_some_and(|w| w.until <= now);
        self.failures += u32::from(is_late);
        !is_late && !matches!(turn.phase, Phase::Ended(_))
    }

    /// Takes in what has come, and what time it is; `false` if it is time to hang up.
    fn listen(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.line.reads && !self.hear(turn) {
            self.note_events(turn);
            turn.record.tally.counters.dropped += 1;
            return false;
        }
        if !self.note_events(turn) {
            return false;
        }
        self.panel.handle_timeout(turn.now);
        self.note_events(turn)
    }

    /// Reports what is due and writes it; `false` if one side hangs up.
    fn speak(&mut self, turn: &mut Turn<'_>) -> bool {
        if turn.phase != Phase::Sending {
            self.panel.hear_all();
        }
        self.report_due(turn);
        match self.write(turn) {
            Ok(_) if self.note_events(turn) => true,
            Ok(_) => {
                self.failures += 1;
                false
            }
            Err(_) => self.broken(turn),
        }
    }

    /// The way is gone; whoever broke off may have said why.
    fn broken(&mut self, turn: &mut Turn<'_>) -> bool {
        self.hear(turn);
        turn.record.tally.counters.dropped += 1;
        self.note_events(turn);
        self.failures += 1;
        false
    }

    /// Reports what is due, as far as the panel's window has room.
    fn report_due(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        if self.absence(turn).is_some() {
            return;
        }
        while self.panel.has_room() {
            let Some(due) = self.signal_due(turn).filter(|due| *due <= now.mono) else {
                break;
            };
            let content = self.script.tell(self.reported + 1);
            if let Some(number) = content.number() {
                if !turn.record.enter(self.place, number) {
                    break;
                }
                self.reported = number;
            }
            turn.record.tally.sent(content.kind());
            self.panel.report(now, due, content);
            self.spoke = now.mono;
        }
        let poll = self.poll_due().filter(|due| *due <= now.mono);
        if let Some(due) = poll.filter(|_| self.panel.has_room()) {
            self.poll(turn, due);
        }
    }

    /// Takes in what has arrived; `false` if the way is gone.
    fn hear(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(way) = &mut self.way else {
            return false;
        };
        loop {
            let holder = self.papers.as_mut().map(Papers::holder);
            match way.hear(holder, turn.buffers) {
                Heard::Octets => self.panel.handle_bytes(turn.now, &turn.buffers.plain),
                Heard::Datagram => self.panel.handle_datagram(turn.now, &turn.buffers.plain),
                Heard::Nothing => return true,
                Heard::Gone => return false,
                Heard::Refused(reason) => {
                    turn.record.tally.told(reason);
                    return false;
                }
            }
        }
    }

    /// Enters into the record what happened to the panel; `false` if it wants to hang up.
    fn note_events(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut go_on = true;
        while let Some(event) = self.panel.poll_event() {
            turn.record.note(self.place, &event);
            match event {
                PanelEvent::Acknowledged { .. } => self.failures = 0,
                // To be let in is not yet to be served.
                PanelEvent::Answered { kind, .. } if kind != Kind::Connect => self.failures = 0,
                PanelEvent::Later(asked) => self.put_off = Some(asked),
                PanelEvent::HangUp => go_on = false,
                _ => {}
            }
        }
        go_on
    }
}
