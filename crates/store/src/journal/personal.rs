//! Personal data: how it is laid out in the rows of `personal`, apart from the events (R31).
//!
//! Columns hold octets, so that what is encrypted per site later fits them as well; the chain
//! covers their digest ([`super::chain`]).
//!
//! Invariant: contents never show in logs or `Debug` output.

use std::borrow::Cow;

use model::{Extended, Message, NewEvent, RepeatKey};
use rusqlite::{Connection, OptionalExtension, params};

const INSERT: &str = "INSERT INTO personal (seq, text, extended, raw) VALUES (?1, ?2, ?3, ?4)";

const SELECT: &str = "SELECT text, extended, raw FROM personal WHERE seq = ?1";

/// Personal data of an event, as its columns hold it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Personal<'a> {
    text: Option<Cow<'a, [u8]>>,
    extended: Option<Cow<'a, [u8]>>,
    raw: Option<Cow<'a, [u8]>>,
}

/// Contents are personal data: they stay out of logs.
impl std::fmt::Debug for Personal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Personal").finish_non_exhaustive()
    }
}

impl<'a> Personal<'a> {
    /// What an event has of it; most events of a message have none.
    pub(crate) fn of(event: &'a NewEvent) -> Option<Self> {
        let message = event.message.as_ref();
        if event.text.is_none() && message.is_none() {
            return None;
        }
        Some(Self {
            text: event
                .text
                .as_ref()
                .map(|text| Cow::Borrowed(text.as_bytes())),
            extended: message.map(|message| Cow::Owned(encode_extended(&message.extended))),
            raw: message.map(|message| Cow::Borrowed(message.raw.as_slice())),
        })
    }

    /// Writes the personal row of an event.
    pub(crate) fn insert(&self, conn: &Connection, seq: u64) -> rusqlite::Result<()> {
        let [text, extended, raw] = self.columns();
        conn.prepare_cached(INSERT)?
            .execute(params![seq.cast_signed(), text, extended, raw])
            .map(drop)
    }

    /// The text of an event, and its message if it is the first of one.
    pub(crate) fn decode(
        self,
        key: Option<RepeatKey>,
    ) -> Result<(Option<String>, Option<Message>), String> {
        let text = self.text.map(|text| String::from_utf8(text.into_owned()));
        let text = text.transpose().map_err(|_| "a text that is not UTF-8")?;
        let message = match (key, self.extended, self.raw) {
            (None, None, None) => None,
            (Some(key), Some(extended), Some(raw)) => Some(Message {
                key,
                extended: decode_extended(&extended).ok_or("extended data cut short")?,
                raw: raw.into_owned(),
            }),
            _ => return Err("a message of which a part is missing".to_owned()),
        };
        Ok((text, message))
    }

    /// The columns, in the order of the table.
    pub(crate) fn columns(&self) -> [Option<&[u8]>; 3] {
        [&self.text, &self.extended, &self.raw].map(Option::as_deref)
    }
}

/// The personal row of an event, if it has one.
pub(crate) fn read(conn: &Connection, seq: u64) -> rusqlite::Result<Option<Personal<'static>>> {
    let mut select = conn.prepare_cached(SELECT)?;
    select
        .query_row([seq.cast_signed()], |row| {
            let column = |at| row.get::<_, Option<Vec<u8>>>(at).map(|c| c.map(Cow::Owned));
            Ok(Personal {
                text: column(0)?,
                extended: column(1)?,
                raw: column(2)?,
            })
        })
        .optional()
}

/// Each block: its letter, the length of its content in four octets, its content.
fn encode_extended(blocks: &[Extended]) -> Vec<u8> {
    let mut out = Vec::new();
    for block in blocks {
        out.push(block.letter);
        let length = u32::try_from(block.content.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&block.content);
    }
    out
}

fn decode_extended(mut octets: &[u8]) -> Option<Vec<Extended>> {
    let mut blocks = Vec::new();
    while let Some((letter, rest)) = octets.split_first() {
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (content, rest) = rest.split_at_checked(length)?;
        blocks.push(Extended {
            letter: *letter,
            content: content.to_vec(),
        });
        octets = rest;
    }
    Some(blocks)
}
