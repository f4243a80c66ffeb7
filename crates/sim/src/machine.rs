//! What a fleet asks of a panel, whatever the panel speaks: a pure machine that its driver feeds.
//!
//! ```text
//!   driver ──report, supervise──► ┌─────────┐ ──transmit────► socket
//!   socket ──handle_bytes───────► │ Machine │ ──poll_event──► driver
//!          ──handle_connected───► │         │
//!          ──handle_timeout─────► └─────────┘ ──poll_timeout► driver
//! ```
//!
//! What never happens here: a word about one protocol. DC-09 is spoken in [`crate::panel`], MQTT
//! in [`crate::mqtt`].

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use model::{Account, Mono, Now};

use crate::dice::Dice;
use crate::fleet::{Absence, Dialling};
use crate::kind::Kind;
use crate::reason::Reason;
use crate::terms::Share;
use crate::tls::Trust;

/// What one signal says, as far as a fleet must know.
pub trait Saying: Debug + Send {
    /// What it is about.
    fn kind(&self) -> Kind;

    /// The signal with this number, where nothing says what it is to be.
    fn numbered(number: u64) -> Self
    where
        Self: Sized;

    /// Its number within its panel, from 1, if the receiver must store it; none of what is
    /// acknowledged and not kept.
    fn number(&self) -> Option<u64>;
}

/// What happened to a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelEvent {
    /// A signal was acknowledged.
    Acknowledged {
        /// Its number within the panel.
        number: u64,
        /// What it is about.
        kind: Kind,
        /// From when it was meant to be sent until its first answer.
        took: Duration,
        /// The same, but not from before its panel was let in: what the receiver took for it.
        served: Duration,
        /// Whether all that was sent before it had been answered by then (I5).
        in_order: bool,
    },
    /// A signal was refused: DUH, or a reason code.
    Refused {
        /// Its number within the panel.
        number: u64,
        /// What it is about.
        kind: Kind,
    },
    /// The panel said something of itself that no script told it to: who it is, that it is there.
    Said(Kind),
    /// What has no number was answered well.
    Answered {
        /// What it is about.
        kind: Kind,
        /// From when it was meant to be sent until its first answer.
        took: Duration,
    },
    /// What has no number was refused.
    Declined(Kind),
    /// Why the receiver refused something, or ended the connection.
    Told(Reason),
    /// The receiver wants to be left alone for so long.
    Later(Duration),
    /// A NAK: the clock was set by it, and all that is unanswered goes out again.
    SetBack,
    /// An answer to nothing that waits for one: the answer to a signal sent twice, mostly.
    Stray,
    /// Octets that are no answer.
    Unreadable,
    /// An answer in clear, or under another key, to what was sent encrypted. It counts for
    /// nothing: anybody could have written it.
    NotAuthentic,
    /// An answer was ignored on purpose.
    Ignored,
    /// A message was sent twice on purpose.
    Doubled,
    /// All that is unanswered is sent again.
    Repeating,
    /// A message went out whose answer will not be read, on purpose.
    Unheard(Kind),
    /// Nobody answered in time, several times over, or the receiver said farewell: close the
    /// connection and try another.
    HangUp,
}

/// A panel as a pure machine.
pub trait Machine: Debug + Send + 'static {
    /// What its signals say.
    type Content: Saying;

    /// Whether another signal may be reported now.
    fn has_room(&self) -> bool;

    /// Whether nothing waits for an answer.
    fn is_at_rest(&self) -> bool;

    /// Something happened. `intended` is when it was meant to be sent, from which the time to
    /// its acknowledgement counts. To be called only while [`Self::has_room`].
    fn report(&mut self, now: Now, intended: Mono, content: Self::Content);

    /// Says that it is there. To be called only while [`Self::has_room`].
    fn supervise(&mut self, now: Now, intended: Mono);

    /// A connection is there, which was begun at `begun`.
    fn handle_connected(&mut self, now: Now, begun: Mono);

    /// The connection is gone; what came of an answer counts no more.
    fn handle_disconnected(&mut self);

    /// Octets of the stream came in, split anywhere.
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]);

    /// A datagram came in.
    fn handle_datagram(&mut self, now: Now, bytes: &[u8]);

    /// The deadline of [`Self::poll_timeout`] has passed.
    fn handle_timeout(&mut self, now: Now);

    /// Nothing more will be reported: a panel that has manners says goodbye.
    fn handle_end(&mut self, _: Now) {}

    /// From now on every answer is heard: at the end of a run nothing is ignored on purpose, so
    /// that what stays unanswered is the receiver's.
    fn hear_all(&mut self);

    /// Puts the next message to be sent behind `out`; `false` if there is none.
    fn transmit(&mut self, out: &mut Vec<u8>) -> bool;

    /// The next thing that happened.
    fn poll_event(&mut self) -> Option<PanelEvent>;

    /// When [`Self::handle_timeout`] is due, if ever.
    fn poll_timeout(&self) -> Option<Mono>;
}

/// How a panel keeps its line, whatever it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it connects.
    pub dialling: Dialling,
    /// After how long a silence it is made to say that it is there, if ever; then also whenever
    /// it has connected and has nothing else to say. Not of panels that see to it themselves.
    pub supervision: Option<Duration>,
    /// Whether it stays connected with nothing to say.
    pub stays: bool,
    /// How long a write may take.
    pub patience: Duration,
    /// The share of its writes that go out in pieces; on connections only.
    pub split: Share,
    /// When it leaves its connection, how, and for how long.
    pub absences: Vec<Absence>,
    /// Whether it reads what it is answered.
    pub reads: bool,
    /// Whether its signals are entered into the journal.
    pub journalled: bool,
    /// How many signals it reported before its fleet began.
    pub reported_before: u64,
}

/// What a member of a fleet is made from.
pub trait Blueprint: Debug + Send {
    /// What is made.
    type Machine: Machine;

    /// The account of its signals. Members of one account are one panel to the journal.
    fn account(&self) -> Account;

    /// Its place in the whole fleet, if it has its `nth` place. Chance and addresses hang on it.
    fn place(&self, nth: u64) -> u64 {
        nth
    }

    /// How it keeps its line.
    fn line(&self) -> Line;

    /// What its TLS is made from, if it uses that.
    fn trust(&self) -> Option<&Arc<Trust>>;

    /// The panel, which has never sent anything and is not connected.
    fn build(&self, dice: Dice) -> Self::Machine;
}
