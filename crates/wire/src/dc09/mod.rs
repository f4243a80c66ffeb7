//! ANSI/SIA DC-09: the frame in which panels report over IP.
//!
//! ```text
//! LF crc 0LLL "token" seq [Rrcvr] Lpref #acct [data] [x...]* _HH:MM:SS,MM-DD-YYYY CR
//!    ───┬────  ────────────────────── covered by CRC and length ─────────────────
//!       └ CRC: four hexadecimal digits, or two raw octets ([`CrcForm`])
//! ```
//!
//! Reading goes in three steps, each usable alone: [`Deframer`] cuts a stream into [`Envelope`]s
//! whose length and CRC are right; [`Frame::parse`] reads who sent what kind of message;
//! [`Body::parse`] takes the data, the extended data and the timestamp apart. An encrypted body
//! goes through [`decrypt`] before that ([`crypt`]). Writing is [`Message`] for panels and sinks,
//! [`reply`] for receivers.

pub mod crypt;
mod data;
mod deframe;
mod envelope;
mod extended;
mod frame;
mod message;
pub mod reply;
pub mod timestamp;

pub use crypt::{PadKind, Plain, Undecipherable, decrypt};
pub use data::Data;
pub use deframe::{Deframer, Found, Refused};
pub use envelope::{CrcForm, Envelope, LONGEST_COVERED, LONGEST_FRAME, TooLong, enclose};
pub use extended::{Block, Body, REDACTED, Unreadable, redact, redact_decrypted};
pub use frame::{Address, BadAddress, Frame, NoToken};
pub use message::{CannotEncrypt, Message};
