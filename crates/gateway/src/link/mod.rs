//! What gateway and engine say to each other, and in which octets.
//!
//! A frame is a length (`u32`, little-endian, of what follows), a kind (`u8`) and a body. Each
//! gateway has three unix streams, so that firmware can never block an alarm:
//!
//! | stream | gateway to engine | engine to gateway |
//! | --- | --- | --- |
//! | urgent | `Hello`, `Snapshot`…, signals of alarm classes and what they promote, `Ready` | `Welcome`, answers, intake state |
//! | normal | `Hello`, other signals, `Identify`, `Alive`, `Left`, `Skewed`, `Learned`, `Stray`, `Flood`, `Reports`, `Arrived`, `Departed`, `Counters`, `Closed` | identities, `Forget`, `Tls`, `TakenOver` |
//! | bulk | `Hello` | – |
//!
//! A gateway says `Hello` on each and waits for `Welcome`. Then it sends the snapshot of its
//! sessions and, on the urgent stream, every unanswered alarm with what its panel sent before it,
//! then `Ready`; the engine reads the other streams only after that. The rest follows on the
//! normal stream.
//!
//! Invariants:
//! 1. A connection's signals are numbered from 1 without gaps; the engine takes them in that
//!    order, whatever stream they come by (I5). A copy of what was taken is ignored.
//! 2. Answers reach a session in the order of its signals.
//! 3. [`model::Committed`] is made here only when the engine's answer is read (I1).
//! 4. Reading never panics, and never reserves memory for more than has arrived (I7).
//! 5. Octets of a message are wiped once it is read or written, since identities carry keys (I10).
//!
//! Failure: a stream that ends or says nonsense ends all three. The gateway keeps what is
//! unanswered ([`Window`]) and sends it again over the next link; what the engine had stored is
//! then found to be a repeat (R2).
//!
//! The format is guarded by recorded messages in `testdata/`. Both ends are of one build in
//! ordinary life; [`VERSION`] and the form of `Hello` and `Welcome` are what an older and a newer
//! one must have in common to part in order.

mod admission;
pub mod codec;
mod domain;
mod downward;
mod frame;
mod report;
mod stray;
mod trust;
mod upward;
mod window;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use codec::{DecodeError, Message, TooLarge};
pub use downward::{Downward, IdentityAnswer};
pub use frame::FrameBuffer;
pub use upward::{
    Arrived, Counters, Gauges, Gone, Heard, Hello, Question, SessionRow, Told, Upward,
};
pub use window::{Outbound, Window, question_of};

/// The version of the format. It changes when a recorded message changes.
pub const VERSION: u16 = 5;
