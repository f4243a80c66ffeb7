//! How the model's values are spelled on the link.
//!
//! Numbers of enumerations are their places in the model's tables; the recorded messages hold
//! each of them, so that a table that is put in another order is noticed.

use arrayvec::ArrayString;
use bytes::{BufMut, BytesMut};
use model::{
    Account, AccountKey, AckMode, Code, Epoch, EventClass, EventFlags, EventSeq, Extended,
    FamilyName, Item, ListenerName, Mono, PanelIndex, PathIndex, PathName, Point, PointNumber,
    Refusal, RepeatKey, Signal, SignalToken, Stream, Wall,
};
use proto::Outgoing;

use super::codec::{DecodeError, Field, members, put_octets, take_exactly, take_octets};

/// Single numbers under a name.
macro_rules! numbers {
    ($($type:ident($inner:ty), $what:literal;)*) => {$(
        impl Field for $type {
            const WHAT: &'static str = $what;

            fn put(&self, out: &mut BytesMut) {
                self.0.put(out);
            }

            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                <$inner>::take(input).map(Self)
            }
        }
    )*};
}

numbers! {
    SignalToken(u32), "a token";
    PanelIndex(u32), "a panel";
    PathIndex(u32), "a path";
    Epoch(u64), "an epoch";
    EventSeq(u64), "an event's number";
    Mono(u64), "a monotonic time";
    Wall(i64), "a wall time";
}

/// Short texts that have a canonical spelling: any other is refused.
macro_rules! canonical {
    ($($type:ident, $what:literal, $parse:expr;)*) => {$(
        impl Field for $type {
            const WHAT: &'static str = $what;

            fn put(&self, out: &mut BytesMut) {
                put_short(out, self.as_str());
            }

            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                let text = take_short(input, Self::WHAT)?;
                let parsed: Option<Self> = $parse(text);
                let spelled = parsed.filter(|value| value.as_str() == text);
                spelled.ok_or(DecodeError::Invalid { field: Self::WHAT })
            }
        }
    )*};
}

canonical! {
    Account, "an account", |text: &str| Account::parse(text.as_bytes()).ok();
    FamilyName, "a family", FamilyName::parse;
    ListenerName, "a listener", ListenerName::parse;
    PathName, "a path's name", PathName::parse;
    PointNumber, "a zone or partition", |text: &str| PointNumber::parse(text.as_bytes());
}

fn put_short(out: &mut BytesMut, text: &str) {
    // Every caller's text is an `ArrayString` of at most 64 octets.
    out.put_u8(u8::try_from(text.len()).expect("a short text is short"));
    out.put_slice(text.as_bytes());
}

fn take_short<'a>(input: &mut &'a [u8], field: &'static str) -> Result<&'a str, DecodeError> {
    let count = u8::take(input)?;
    let text = take_exactly(input, count.into(), field)?;
    str::from_utf8(text).map_err(|_| DecodeError::Invalid { field })
}

impl<const N: usize> Field for ArrayString<N> {
    const WHAT: &'static str = "a short text";

    fn put(&self, out: &mut BytesMut) {
        put_short(out, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let text = take_short(input, Self::WHAT)?;
        Self::from(text).map_err(|_| DecodeError::Invalid { field: Self::WHAT })
    }
}

impl Field for RepeatKey {
    const WHAT: &'static str = "a repeat key";

    fn put(&self, out: &mut BytesMut) {
        out.put_slice(&self.0);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let octets = take_exactly(input, 16, Self::WHAT)?;
        Ok(Self(
            octets.try_into().expect("sixteen octets were asked for"),
        ))
    }
}

impl Field for EventClass {
    const WHAT: &'static str = "a class";

    fn put(&self, out: &mut BytesMut) {
        put_place(out, Self::ALL, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, Self::ALL, Self::WHAT)
    }
}

impl Field for Refusal {
    const WHAT: &'static str = "a refusal";

    fn put(&self, out: &mut BytesMut) {
        put_place(out, &Self::ALL, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, &Self::ALL, Self::WHAT)
    }
}

impl Field for AckMode {
    const WHAT: &'static str = "an acknowledgement mode";

    fn put(&self, out: &mut BytesMut) {
        out.put_u8(match self {
            Self::Stored => 0,
        });
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, &[Self::Stored], Self::WHAT)
    }
}

impl Field for Stream {
    const WHAT: &'static str = "a stream";

    fn put(&self, out: &mut BytesMut) {
        put_place(out, &Self::ALL, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, &Self::ALL, Self::WHAT)
    }
}

pub(super) fn put_place<T: PartialEq>(out: &mut BytesMut, all: &[T], value: &T) {
    let place = all.iter().position(|known| known == value);
    let place = place.and_then(|place| u8::try_from(place).ok());
    out.put_u8(place.expect("a table holds all of its values, and fewer than 256"));
}

pub(super) fn take_place<T: Copy>(
    input: &mut &[u8],
    all: &[T],
    field: &'static str,
) -> Result<T, DecodeError> {
    let place = usize::from(u8::take(input)?);
    all.get(place)
        .copied()
        .ok_or(DecodeError::Invalid { field })
}

impl Field for EventFlags {
    const WHAT: &'static str = "flags";

    fn put(&self, out: &mut BytesMut) {
        self.bits().put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Self::from_bits(u32::take(input)?).ok_or(DecodeError::Invalid { field: Self::WHAT })
    }
}

impl Field for Code {
    const WHAT: &'static str = "a code";

    fn put(&self, out: &mut BytesMut) {
        out.put_u8(match self {
            Self::ContactId(..) => 0,
            Self::Sia(_) => 1,
            Self::Undecoded(_) => 2,
            Self::Own(_) => 3,
            Self::Panel(_) => 4,
        });
        self.text().put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let set = take_place(input, &["CID", "SIA", "RAW", "OWN", "AP1"], Self::WHAT)?;
        let text = ArrayString::<12>::take(input)?;
        let code = Self::parse(set, &text).filter(|code| code.text() == text);
        code.ok_or(DecodeError::Invalid { field: Self::WHAT })
    }
}

impl Field for Point {
    const WHAT: &'static str = "a zone, user or output";

    fn put(&self, out: &mut BytesMut) {
        let kind: u8 = match self {
            Self::Zone(_) => 0,
            Self::User(_) => 1,
            Self::Output(_) => 2,
        };
        kind.put(out);
        self.number().put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let kind = take_place(input, &[Self::Zone, Self::User, Self::Output], Self::WHAT)?;
        PointNumber::take(input).map(kind)
    }
}

impl Field for Extended {
    const WHAT: &'static str = "extended data";

    fn put(&self, out: &mut BytesMut) {
        self.letter.put(out);
        put_octets(out, &self.content);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            letter: Field::take(input)?,
            content: take_octets(input, Self::WHAT)?.to_vec(),
        })
    }
}

impl Field for Signal {
    const WHAT: &'static str = "a signal";

    fn put(&self, out: &mut BytesMut) {
        self.account.put(out);
        self.format.put(out);
        self.panel_sequence.put(out);
        self.panel_time.put(out);
        self.occurred.put(out);
        self.flags.put(out);
        self.items.put(out);
        self.extended.put(out);
        put_octets(out, &self.raw);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            account: Field::take(input)?,
            format: Field::take(input)?,
            panel_sequence: Field::take(input)?,
            panel_time: Field::take(input)?,
            occurred: Field::take(input)?,
            flags: Field::take(input)?,
            items: Field::take(input)?,
            extended: Field::take(input)?,
            raw: take_octets(input, "raw octets")?.to_vec(),
        })
    }
}

members! {
    AccountKey, "an account key" { family, account, listener, receiver, line, path_name }
    Item, "an event" { account, code, partition, point, text, flags }
    // The class comes first, so that a promoted copy differs from its signal in one known octet.
    Outgoing, "a signal" { class, token, path, key, received, skewed, numbered, signal }
}
