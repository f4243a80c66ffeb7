//! What every family must do, whatever its octets look like.
//!
//! A family brings a [`Fixture`], which builds and recognises its octets; [`check`] then runs all
//! [`BEHAVIOURS`] against sessions of that family. A behaviour that does not hold panics and says
//! which: this is for tests, though it is built as any other code so that tests of other crates
//! can use it.
//!
//! Invariant: the suite itself knows no protocol; proofs are attested here for signals that the
//! session under test has just handed out, and wrong ones on purpose.

mod bench;
mod chaos;
mod encryption;
mod endings;
mod identity;
mod input;
mod proofs;

use std::fmt::Debug;

use arrayvec::ArrayVec;
use model::{CipherKey, Wall};

use crate::{Family, KEYS};

/// The time on the bench when a behaviour begins, which messages that tell one must show.
pub const BENCH_TIME: Wall = Wall(1_790_000_000_000_000);

/// Octets of a family, built and recognised.
pub trait Fixture: Debug {
    /// A signal of one registered account, its content and its acknowledgement different for each
    /// number from 1 to 9999, and of the same content whenever it is asked for again.
    fn signal(&self, number: u16) -> Vec<u8>;

    /// A signal of another account.
    fn signal_of_other_account(&self, number: u16) -> Vec<u8>;

    /// A message of the same account as [`Fixture::signal`] with nothing to store, which is
    /// answered at once.
    fn supervision(&self) -> Vec<u8>;

    /// Runs of octets that are no frame, complete none, begin none and are not answered.
    fn garbage(&self) -> Vec<Vec<u8>>;

    /// Cuts what a session transmitted into replies.
    fn replies(&self, transmitted: &[u8]) -> Vec<Vec<u8>>;

    /// Whether `reply` acknowledges `request`.
    fn acknowledges(&self, reply: &[u8], request: &[u8]) -> bool;

    /// What begins a connection, in families where who speaks is said once and before all else.
    fn greeting(&self) -> Option<Vec<u8>> {
        None
    }

    /// Whether its panels are told how many signals they may leave unanswered, so that one more
    /// ends the connection.
    fn announces_bound(&self) -> bool {
        false
    }

    /// How its panels encrypt, if the octets above are encrypted.
    fn encrypts(&self) -> Option<&dyn Encrypts> {
        None
    }
}

/// Octets of a family whose panels encrypt with a key that we share, and tell the time.
pub trait Encrypts: Debug {
    /// The keys of the account.
    fn keys(&self) -> ArrayVec<CipherKey, KEYS>;

    /// Supervision of the same account, in clear.
    fn plain_supervision(&self) -> Vec<u8>;

    /// A signal of the same account, in clear.
    fn plain_signal(&self, number: u16) -> Vec<u8>;

    /// Supervision whose time is outside the window.
    fn late_supervision(&self) -> Vec<u8>;

    /// An alarm whose time is outside the window.
    fn late_alarm(&self) -> Vec<u8>;

    /// A signal that calms and is of no alarm class, and whose time is outside the window.
    fn late_calming_signal(&self) -> Vec<u8>;

    /// Messages of the same account under another key, on time and late.
    fn of_another_key(&self) -> Vec<Vec<u8>>;

    /// Whether `reply` refuses a request for its time, and tells ours.
    fn tells_time(&self, reply: &[u8]) -> bool;
}

/// A family under test.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The family.
    pub family: &'a dyn Family,
    /// Its octets.
    pub fixture: &'a dyn Fixture,
}

/// One behaviour: what it says, and the check, which panics if it does not hold.
pub type Behaviour = (&'static str, fn(&Subject<'_>));

/// All of them.
pub const BEHAVIOURS: &[Behaviour] = &[
    (
        "input may be split at any octet",
        input::may_be_split_at_any_octet,
    ),
    (
        "several frames in one read are all handled",
        input::several_frames_in_one_read,
    ),
    (
        "garbage around frames changes nothing",
        input::garbage_changes_nothing,
    ),
    (
        "a frame that stops short closes the connection in time",
        input::stops_short,
    ),
    (
        "a frame that trickles in gets no more time",
        input::trickles,
    ),
    (
        "nothing is timed between frames",
        input::nothing_is_timed_between_frames,
    ),
    (
        "a repeat has the same key, on any connection",
        proofs::repeats_have_the_same_key,
    ),
    (
        "a repeat waits for its own proof",
        proofs::a_repeat_waits_for_its_own_proof,
    ),
    (
        "only the proof for that token and key acknowledges",
        proofs::only_the_right_proof,
    ),
    (
        "acknowledgements leave in order of requests",
        proofs::leave_in_order,
    ),
    (
        "a refused signal is never acknowledged",
        proofs::refused_is_not_acknowledged,
    ),
    ("the pipeline is bounded", proofs::the_pipeline_is_bounded),
    (
        "signals wait for the identity of their account",
        identity::is_waited_for,
    ),
    (
        "the identity is asked for once",
        identity::is_asked_for_once,
    ),
    (
        "another account is asked for anew",
        identity::of_another_account,
    ),
    (
        "who is refused stores nothing, and may ask again unless that was said in greeting",
        identity::refused,
    ),
    (
        "supervision is answered and tells of life",
        identity::supervision,
    ),
    (
        "plain after encrypted is answered and doubted",
        encryption::plain_again,
    ),
    (
        "a message outside the window is told our time and stores nothing",
        encryption::told_our_time,
    ),
    (
        "an alarm outside the window is told our time unless it is stored and may be acknowledged",
        encryption::late_alarms,
    ),
    (
        "a signal inside the window is never told our time",
        encryption::refused_in_time_is_silent,
    ),
    (
        "without the key nothing is told, stored or learned",
        encryption::the_wrong_key,
    ),
    (
        "while our clock is suspected nobody is refused for theirs",
        encryption::while_our_clock_is_suspected,
    ),
    ("a datagram is answered and then closed", endings::datagram),
    (
        "a datagram that stops short is counted and closed",
        endings::datagram_stops_short,
    ),
    (
        "draining answers what was read and then closes",
        endings::draining,
    ),
    (
        "draining with nothing unanswered closes at once",
        endings::draining_at_rest,
    ),
    ("nothing is sent to a peer that is gone", endings::peer_gone),
    (
        "no order of inputs panics or acknowledges without proof",
        chaos::any_order_of_inputs,
    ),
];

/// Runs every behaviour against sessions of `subject`.
pub fn check(subject: &Subject<'_>) {
    for (_, behaviour) in BEHAVIOURS {
        behaviour(subject);
    }
}
