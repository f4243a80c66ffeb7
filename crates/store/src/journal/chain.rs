//! The hash chains: what makes a changed, missing or added event show.
//!
//! Each class of retention has a chain of its own, so that events that are let go of sooner leave
//! the other chains whole. The link of an event is
//!
//! ```text
//! chain = SHA-256( previous chain of its class ‖ canonical row )
//! ```
//!
//! and the first of a class continues from 32 zero octets. The canonical row (version 1) is: the
//! octet 1; number in the chain, number of the event, number of its message's first event, each
//! eight octets; class of retention, one octet; path, four octets; the ids of path, panel, site,
//! organisation, sixteen octets each; family, format, account, code set, code and class, each
//! with one octet of length before it; partition, kind and number of the point; the panel's
//! sequence, the panel's time, the time of occurrence; the time of receipt, the flags; the repeat
//! key; the digest of the personal row. Numbers are big-endian. What may be absent has an octet
//! before it: 0 absent, 1 present.
//!
//! The digest of the personal row is the SHA-256 over its three columns **as they are stored**,
//! each absent (0) or present (1, four octets of length, content); an event without a personal
//! row has none. So the chain covers personal data without containing it. When personal data
//! comes to be encrypted per site, the columns hold ciphertext and the digest is of that: then
//! destroying a site's key erases what the columns say, and every chain stays valid (R31).
//!
//! Invariant: every event has one number in the chain of its class, dense over all files; so the
//! number of the newest event is the sum of the three chains' lengths.

use model::{EventSeq, NewEvent, Point, RetentionClass};
use sha2::{Digest, Sha256};

use super::personal::Personal;

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// Where a chain stands: its newest event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Link {
    /// The event's number in its chain; 0 before the first.
    pub(crate) no: u64,
    /// Its chain value.
    pub(crate) hash: Hash,
    /// Its number.
    pub(crate) seq: u64,
}

/// Where all chains stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Heads {
    pub(crate) links: [Link; RetentionClass::ALL.len()],
}

impl Heads {
    /// The number of the newest event; 0 before the first.
    pub(crate) fn seq(&self) -> EventSeq {
        EventSeq(self.links.iter().map(|link| link.seq).max().unwrap_or(0))
    }

    pub(crate) fn of(&self, class: RetentionClass) -> &Link {
        &self.links[class.index()]
    }

    pub(crate) fn of_mut(&mut self, class: RetentionClass) -> &mut Link {
        &mut self.links[class.index()]
    }

    /// For each chain the one of both that is further.
    pub(crate) fn furthest(&self, other: &Self) -> Self {
        let mut furthest = *self;
        for class in RetentionClass::ALL {
            if other.of(class).no > furthest.of(class).no {
                *furthest.of_mut(class) = *other.of(class);
            }
        }
        furthest
    }
}

/// The class of retention with this number in rows.
pub(crate) fn retention_from(index: i64) -> Option<RetentionClass> {
    let index = usize::try_from(index).ok()?;
    RetentionClass::ALL
        .into_iter()
        .find(|class| class.index() == index)
}

/// Everything of an event that its chain value covers beside the previous one.
#[derive(Debug)]
pub(crate) struct Covered<'a> {
    pub(crate) no: u64,
    pub(crate) seq: u64,
    pub(crate) message_seq: u64,
    pub(crate) retention: RetentionClass,
    pub(crate) body: &'a NewEvent,
    pub(crate) repeat_key: Option<&'a [u8; 16]>,
    pub(crate) personal: Option<Hash>,
}

impl Covered<'_> {
    /// The event's chain value after `previous`. `buffer` is for reuse; its content is lost.
    pub(crate) fn link(&self, previous: &Hash, buffer: &mut Vec<u8>) -> Hash {
        buffer.clear();
        self.write(&mut Canonical(buffer));
        let hash = Sha256::new().chain_update(previous).chain_update(&buffer);
        hash.finalize().into()
    }

    fn write(&self, out: &mut Canonical<'_>) {
        let body = self.body;
        out.fixed(&[1]);
        out.fixed(&self.no.to_be_bytes());
        out.fixed(&self.seq.to_be_bytes());
        out.fixed(&self.message_seq.to_be_bytes());
        out.fixed(&[u8::try_from(self.retention.index()).unwrap_or(u8::MAX)]);
        out.fixed(&body.path.0.to_be_bytes());
        out.fixed(body.path_id.as_bytes());
        out.fixed(body.panel.as_bytes());
        out.fixed(body.site.as_bytes());
        out.fixed(body.organisation.as_bytes());
        out.text(body.family.as_str());
        out.text(&body.format);
        out.text(body.account.as_str());
        out.text(body.code.format());
        out.text(&body.code.text());
        out.text(body.class.as_str());
        out.option(body.partition, |out, number| out.text(number.as_str()));
        out.option(body.point, |out, point| {
            out.fixed(&[match point {
                Point::Zone(_) => 0,
                Point::User(_) => 1,
                Point::Output(_) => 2,
            }]);
            out.text(point.number().as_str());
        });
        out.panel_sequence(body.panel_sequence);
        out.option(body.panel_time, |out, at| out.fixed(&at.0.to_be_bytes()));
        out.option(body.occurred, |out, at| out.fixed(&at.0.to_be_bytes()));
        out.fixed(&body.received.0.to_be_bytes());
        out.fixed(&body.flags.bits().to_be_bytes());
        out.option(self.repeat_key, |out, key| out.fixed(key));
        out.option(self.personal, |out, digest| out.fixed(&digest));
    }
}

/// The digest of a personal row as it is stored.
pub(crate) fn personal_digest(personal: &Personal<'_>) -> Hash {
    let mut hash = Sha256::new();
    for column in personal.columns() {
        match column {
            None => hash.update([0]),
            Some(content) => {
                hash.update([1]);
                hash.update(
                    u32::try_from(content.len())
                        .unwrap_or(u32::MAX)
                        .to_be_bytes(),
                );
                hash.update(content);
            }
        }
    }
    hash.finalize().into()
}

struct Canonical<'a>(&'a mut Vec<u8>);

impl Canonical<'_> {
    fn fixed(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    /// All texts of a row are names of at most 255 octets.
    fn text(&mut self, text: &str) {
        self.0.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Numbers of 16 bits have a form of their own: the first that there was.
    fn panel_sequence(&mut self, number: Option<u64>) {
        match number.map(|number| u16::try_from(number).map_err(|_| number)) {
            None => self.0.push(0),
            Some(Ok(short)) => {
                self.0.push(1);
                self.fixed(&short.to_be_bytes());
            }
            Some(Err(long)) => {
                self.0.push(2);
                self.fixed(&long.to_be_bytes());
            }
        }
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.0.push(0),
            Some(value) => {
                self.0.push(1);
                write(self, value);
            }
        }
    }
}

/// A hash as a column holds it.
pub(crate) fn hash_from(octets: &[u8]) -> Result<Hash, String> {
    let wrong = || format!("a chain value of {} octets", octets.len());
    octets.try_into().map_err(|_| wrong())
}
