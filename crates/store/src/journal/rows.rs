//! How an event is laid out in a row, and read back.
//!
//! Invariant: what is read back is what was appended, field by field; a row that does not decode
//! is reported with what is wrong with it, and never guessed at.
//! Invariant: personal data is written to the table `personal` only (R31).

use std::str::FromStr;

use arrayvec::ArrayString;
use model::{
    Account, Code, Event, EventClass, EventFlags, EventSeq, FamilyName, NewEvent, OrganisationId,
    PanelId, PathId, PathIndex, Point, PointNumber, RepeatKey, RetentionClass, SiteId, Wall,
};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::chain::{self, Covered, Hash, personal_digest};
use super::personal::Personal;

/// The columns of an event, in the order that [`decode`] expects.
pub(crate) const COLUMNS: &str = "seq, message_seq, path, path_id, panel, site, organisation, \
     family, format, account, code_set, code, class, retention, partition, point_kind, point, \
     panel_sequence, panel_time, occurred, received, flags, repeat_hi, repeat_lo, chain_no, chain";

const INSERT: &str = "INSERT INTO events (seq, message_seq, path, path_id, panel, site, \
     organisation, family, format, account, code_set, code, class, retention, partition, \
     point_kind, point, panel_sequence, panel_time, occurred, received, flags, repeat_hi, \
     repeat_lo, chain_no, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
     ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)";

/// Writes an event and its personal row.
pub(crate) fn insert(
    conn: &Connection,
    covered: &Covered<'_>,
    chain: &Hash,
    personal: Option<&Personal<'_>>,
) -> rusqlite::Result<()> {
    let body = covered.body;
    let key = covered.repeat_key.map(key_halves);
    let code = body.code.text();
    conn.prepare_cached(INSERT)?.execute(params![
        covered.seq.cast_signed(),
        covered.message_seq.cast_signed(),
        body.path.0,
        body.path_id.as_bytes(),
        body.panel.as_bytes(),
        body.site.as_bytes(),
        body.organisation.as_bytes(),
        body.family.as_str(),
        body.format.as_str(),
        body.account.as_str(),
        body.code.format(),
        code.as_str(),
        body.class.as_str(),
        i64::try_from(covered.retention.index()).unwrap_or(i64::MAX),
        body.partition.as_ref().map(PointNumber::as_str),
        body.point.map(|point| match point {
            Point::Zone(_) => 0,
            Point::User(_) => 1,
            Point::Output(_) => 2,
        }),
        body.point
            .map(|point| point.number())
            .as_ref()
            .map(PointNumber::as_str),
        body.panel_sequence.map(u64::cast_signed),
        body.panel_time.map(|at| at.0),
        body.occurred.map(|at| at.0),
        body.received.0,
        body.flags.bits(),
        key.map(|(hi, _)| hi),
        key.map(|(_, lo)| lo),
        covered.no.cast_signed(),
        chain,
    ])?;
    match personal {
        Some(personal) => personal.insert(conn, covered.seq),
        None => Ok(()),
    }
}

/// A row of `events`, without what its personal row holds.
#[derive(Debug, Clone)]
pub(crate) struct StoredRow {
    pub(crate) seq: u64,
    pub(crate) message_seq: u64,
    pub(crate) body: NewEvent,
    pub(crate) retention: RetentionClass,
    pub(crate) repeat_key: Option<[u8; 16]>,
    pub(crate) chain_no: u64,
    pub(crate) chain: Hash,
}

impl StoredRow {
    /// What the row's chain value should cover, given its personal row.
    pub(crate) fn covered(&self, personal: Option<&Personal<'_>>) -> Covered<'_> {
        Covered {
            no: self.chain_no,
            seq: self.seq,
            message_seq: self.message_seq,
            retention: self.retention,
            body: &self.body,
            repeat_key: self.repeat_key.as_ref(),
            personal: personal.map(personal_digest),
        }
    }

    /// The event, completed by its personal row.
    pub(crate) fn complete(self, personal: Option<Personal<'_>>) -> Result<Event, String> {
        let mut body = self.body;
        (body.text, body.message) = match personal {
            Some(personal) => personal.decode(self.repeat_key.map(RepeatKey))?,
            None if self.repeat_key.is_none() => (None, None),
            None => return Err("a message without its bytes".to_owned()),
        };
        Ok(Event {
            seq: EventSeq(self.seq),
            message_seq: EventSeq(self.message_seq),
            body,
        })
    }
}

/// Reads a row of [`COLUMNS`]; says what is wrong if it cannot be.
pub(crate) fn decode(row: &Row<'_>) -> Result<StoredRow, String> {
    let columns = Columns(row);
    let seq = columns.number(0)?;
    columns
        .decode(seq)
        .map_err(|what| format!("event {seq}: {what}"))
}

struct Columns<'a, 'b>(&'a Row<'b>);

impl<'a> Columns<'a, '_> {
    fn decode(&self, seq: u64) -> Result<StoredRow, String> {
        Ok(StoredRow {
            seq,
            message_seq: self.number(1)?,
            body: self.body()?,
            retention: chain::retention_from(self.integer(13)?).ok_or("no class of retention")?,
            repeat_key: match (self.optional(22)?, self.optional(23)?) {
                (None, None) => None,
                (Some(hi), Some(lo)) => Some(key_from_halves(hi, lo)),
                _ => return Err("half a repeat key".to_owned()),
            },
            chain_no: self.number(24)?,
            chain: chain::hash_from(self.octets(25)?)?,
        })
    }

    fn body(&self) -> Result<NewEvent, String> {
        let class = EventClass::from_str(self.text(12)?).map_err(|error| error.to_string())?;
        Ok(NewEvent {
            path: PathIndex(self.fitting(2)?),
            path_id: PathId::from_bytes(self.id(3)?),
            panel: PanelId::from_bytes(self.id(4)?),
            site: SiteId::from_bytes(self.id(5)?),
            organisation: OrganisationId::from_bytes(self.id(6)?),
            family: FamilyName::parse(self.text(7)?).ok_or("no name of a family")?,
            format: ArrayString::from(self.text(8)?).map_err(|_| "no name of a format")?,
            account: Account::parse(self.text(9)?.as_bytes()).map_err(|_| "no account")?,
            code: Code::parse(self.text(10)?, self.text(11)?).ok_or("no code")?,
            class,
            partition: self.point_number(14)?,
            point: match (self.optional(15)?, self.point_number(16)?) {
                (None, None) => None,
                (Some(0), Some(number)) => Some(Point::Zone(number)),
                (Some(1), Some(number)) => Some(Point::User(number)),
                (Some(2), Some(number)) => Some(Point::Output(number)),
                _ => return Err("neither a zone nor a user nor an output".to_owned()),
            },
            panel_sequence: self.optional(17)?.map(i64::cast_unsigned),
            panel_time: self.optional(18)?.map(Wall),
            occurred: self.optional(19)?.map(Wall),
            received: Wall(self.integer(20)?),
            flags: EventFlags::from_bits_retain(self.fitting(21)?),
            text: None,
            message: None,
        })
    }

    fn value(&self, at: usize) -> Result<ValueRef<'a>, String> {
        self.0.get_ref(at).map_err(|error| error.to_string())
    }

    fn integer(&self, at: usize) -> Result<i64, String> {
        let wrong = |_| format!("column {at} is no number");
        self.value(at)?.as_i64().map_err(wrong)
    }

    fn optional(&self, at: usize) -> Result<Option<i64>, String> {
        let wrong = |_| format!("column {at} is no number");
        self.value(at)?.as_i64_or_null().map_err(wrong)
    }

    fn number(&self, at: usize) -> Result<u64, String> {
        let number = self.integer(at)?;
        u64::try_from(number).map_err(|_| format!("column {at} is below zero"))
    }

    fn fitting<N: TryFrom<i64>>(&self, at: usize) -> Result<N, String> {
        let number = self.integer(at)?;
        N::try_from(number).map_err(|_| format!("column {at} is out of range"))
    }

    fn octets(&self, at: usize) -> Result<&'a [u8], String> {
        let wrong = |_| format!("column {at} holds no octets");
        self.value(at)?.as_blob().map_err(wrong)
    }

    fn id(&self, at: usize) -> Result<[u8; 16], String> {
        let wrong = |_| format!("column {at} is no id");
        self.octets(at)?.try_into().map_err(wrong)
    }

    fn text(&self, at: usize) -> Result<&'a str, String> {
        let wrong = |_| format!("column {at} is no text");
        self.value(at)?.as_str().map_err(wrong)
    }

    fn point_number(&self, at: usize) -> Result<Option<PointNumber>, String> {
        let wrong = |_| format!("column {at} is no text");
        let text = self.value(at)?.as_str_or_null().map_err(wrong)?;
        let number = |text: &str| PointNumber::parse(text.as_bytes()).ok_or("no number of a point");
        Ok(text.map(number).transpose()?)
    }
}

/// A repeat key as its two columns.
pub(crate) fn key_halves(key: &[u8; 16]) -> (i64, i64) {
    let whole = u128::from_be_bytes(*key);
    let half = |whole: u128| u64::try_from(whole & u128::from(u64::MAX)).unwrap_or(0);
    (half(whole >> 64).cast_signed(), half(whole).cast_signed())
}

pub(crate) fn key_from_halves(hi: i64, lo: i64) -> [u8; 16] {
    let whole = u128::from(hi.cast_unsigned()) << 64 | u128::from(lo.cast_unsigned());
    whole.to_be_bytes()
}
