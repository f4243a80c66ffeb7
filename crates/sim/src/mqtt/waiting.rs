//! A message that waits for its PUBACK.

use std::num::NonZeroU16;
use std::time::Duration;

use bytes::Bytes;
use model::Mono;

use crate::kind::Kind;

/// A message that waits for its PUBACK.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// Its number within its panel, if it must be stored.
    pub(super) number: Option<u64>,
    /// What it is about.
    pub(super) kind: Kind,
    /// The last part of its topic.
    pub(super) topic: &'static str,
    /// Kept so that a repeat is the same to the octet.
    pub(super) payload: Bytes,
    /// Under which number it was sent on this connection.
    pub(super) packet: NonZeroU16,
    /// When it was meant to be sent.
    pub(super) intended: Mono,
    /// How long its first answer took, if that was ignored on purpose.
    pub(super) first_answer: Option<Duration>,
}

impl Waiting {
    /// A message on a topic, meant to be sent at `intended`, that need not be stored.
    pub(super) fn new(intended: Mono, kind: Kind, (topic, payload): (&'static str, Bytes)) -> Self {
        Self {
            number: None,
            kind,
            topic,
            payload,
            packet: NonZeroU16::MIN,
            intended,
            first_answer: None,
        }
    }

    /// How long its first answer took, if that comes now.
    pub(super) fn took(&self, now: Mono) -> Duration {
        self.first_answer
            .unwrap_or_else(|| now.since(self.intended))
    }
}
