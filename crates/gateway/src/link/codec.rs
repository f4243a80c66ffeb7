//! The octets of link messages: little-endian, lengths first, one spelling for each value.
//!
//! Invariant: what decodes encodes to the very same octets, so that a copy of a message is equal
//! to it; and reading takes no memory on the word of a length, only for octets that are there.

use bytes::{BufMut, Bytes, BytesMut};
use model::limits;

/// Octets that are no link message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The frame is longer than any message may be, or empty.
    #[error("a frame of {octets} octets")]
    Length {
        /// What its length says.
        octets: usize,
    },
    /// The frame ends inside a field.
    #[error("the frame ends inside {field}")]
    Truncated {
        /// Which.
        field: &'static str,
    },
    /// The frame goes on after its last field.
    #[error("{octets} octets too many")]
    Trailing {
        /// How many.
        octets: usize,
    },
    /// No message of this direction has that number.
    #[error("no message is of kind {kind}")]
    UnknownKind {
        /// The number.
        kind: u8,
    },
    /// A field has a value that it cannot have.
    #[error("{field} cannot have this value")]
    Invalid {
        /// Which.
        field: &'static str,
    },
}

/// A message that does not fit a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of {octets} octets does not fit the link's frame")]
pub struct TooLarge {
    /// How long it would be.
    pub octets: usize,
}

/// A message of one direction.
pub trait Message: Sized {
    /// Its number on the link.
    fn kind(&self) -> u8;

    /// Appends its body.
    fn put_body(&self, out: &mut BytesMut);

    /// Reads a body of this kind; what is left in `input` is too much.
    fn take_body(kind: u8, input: &mut &[u8]) -> Result<Self, DecodeError>;
}

/// A message as a frame.
pub fn encode<M: Message>(message: &M) -> Result<Bytes, TooLarge> {
    encode_with(message.kind(), |out| message.put_body(out))
}

/// Appends a message as a frame; nothing, if it does not fit one.
pub fn append<M: Message>(out: &mut BytesMut, message: &M) -> Result<(), TooLarge> {
    append_with(out, message.kind(), |out| message.put_body(out))
}

/// A frame whose body is written by `body`.
pub(super) fn encode_with(kind: u8, body: impl FnOnce(&mut BytesMut)) -> Result<Bytes, TooLarge> {
    let mut out = BytesMut::with_capacity(256);
    append_with(&mut out, kind, body)?;
    Ok(out.freeze())
}

fn append_with(
    out: &mut BytesMut,
    kind: u8,
    body: impl FnOnce(&mut BytesMut),
) -> Result<(), TooLarge> {
    let start = out.len();
    out.put_u32_le(0);
    out.put_u8(kind);
    body(out);
    let octets = out.len() - start - LENGTH;
    let length = u32::try_from(octets)
        .ok()
        .filter(|_| octets <= limits::LINK_FRAME);
    let Some(length) = length else {
        out.truncate(start);
        return Err(TooLarge { octets });
    };
    out[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// The message in a frame, without the frame's length.
pub fn decode<M: Message>(frame: &[u8]) -> Result<M, DecodeError> {
    let (&kind, mut body) = frame
        .split_first()
        .ok_or(DecodeError::Length { octets: 0 })?;
    let message = M::take_body(kind, &mut body)?;
    match body.len() {
        0 => Ok(message),
        octets => Err(DecodeError::Trailing { octets }),
    }
}

/// Octets of the length in front of a frame.
pub(super) const LENGTH: usize = 4;

/// A value with one spelling on the link.
pub(super) trait Field: Sized {
    /// What an error calls it.
    const WHAT: &'static str;

    /// Appends it.
    fn put(&self, out: &mut BytesMut);

    /// Reads it from the front of `input`.
    fn take(input: &mut &[u8]) -> Result<Self, DecodeError>;
}

/// The next `count` octets.
pub(super) fn take_exactly<'a>(
    input: &mut &'a [u8],
    count: usize,
    field: &'static str,
) -> Result<&'a [u8], DecodeError> {
    let (head, rest) = input
        .split_at_checked(count)
        .ok_or(DecodeError::Truncated { field })?;
    *input = rest;
    Ok(head)
}

/// Appends octets behind their count.
pub(super) fn put_octets(out: &mut BytesMut, octets: &[u8]) {
    put_count(out, octets.len());
    out.put_slice(octets);
}

/// Reads octets behind their count.
pub(super) fn take_octets<'a>(
    input: &mut &'a [u8],
    field: &'static str,
) -> Result<&'a [u8], DecodeError> {
    let count = take_count(input)?;
    take_exactly(input, count, field)
}

/// Saturates rather than wraps: so long a body is then found not to fit a frame.
fn put_count(out: &mut BytesMut, count: usize) {
    u32::try_from(count).unwrap_or(u32::MAX).put(out);
}

fn take_count(input: &mut &[u8]) -> Result<usize, DecodeError> {
    let count = u32::take(input)?;
    usize::try_from(count).map_err(|_| DecodeError::Invalid { field: "a count" })
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Field for $type {
            const WHAT: &'static str = stringify!($type);

            fn put(&self, out: &mut BytesMut) {
                out.put_slice(&self.to_le_bytes());
            }

            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                let octets = take_exactly(input, size_of::<Self>(), Self::WHAT)?;
                let octets = octets.try_into().expect("as many octets as were asked for");
                Ok(Self::from_le_bytes(octets))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i16, i64);

impl Field for bool {
    const WHAT: &'static str = "a yes or no";

    fn put(&self, out: &mut BytesMut) {
        out.put_u8((*self).into());
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match u8::take(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Invalid { field: Self::WHAT }),
        }
    }
}

impl<T: Field> Field for Option<T> {
    const WHAT: &'static str = T::WHAT;

    fn put(&self, out: &mut BytesMut) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        bool::take(input)?.then(|| T::take(input)).transpose()
    }
}

impl<T: Field> Field for Vec<T> {
    const WHAT: &'static str = T::WHAT;

    fn put(&self, out: &mut BytesMut) {
        put_count(out, self.len());
        for value in self {
            value.put(out);
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let count = take_count(input)?;
        // Every value takes at least an octet, and memory grows only as values are read.
        if count > input.len() {
            return Err(DecodeError::Truncated { field: T::WHAT });
        }
        let mut values = Self::new();
        for _ in 0..count {
            values.push(T::take(input)?);
        }
        Ok(values)
    }
}

impl Field for String {
    const WHAT: &'static str = "a text";

    fn put(&self, out: &mut BytesMut) {
        put_octets(out, self.as_bytes());
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let text = str::from_utf8(take_octets(input, Self::WHAT)?);
        text.map(str::to_owned)
            .map_err(|_| DecodeError::Invalid { field: Self::WHAT })
    }
}

/// Structures, member by member in the order of their text here.
macro_rules! members {
    ($($type:ident, $what:literal { $($member:ident),* $(,)? })*) => {$(
        impl $crate::link::codec::Field for $type {
            const WHAT: &'static str = $what;

            fn put(&self, out: &mut bytes::BytesMut) {
                $($crate::link::codec::Field::put(&self.$member, out);)*
            }

            fn take(input: &mut &[u8]) -> Result<Self, $crate::link::DecodeError> {
                Ok(Self { $($member: $crate::link::codec::Field::take(input)?),* })
            }
        }
    )*};
}

pub(super) use members;

/// For fuzzing: arbitrary octets, as a stream of frames in either direction, may be refused but
/// never panic; and what is accepted encodes to the octets that it was read from.
#[doc(hidden)]
pub fn fuzz_link(bytes: &[u8]) {
    read_both_ways::<super::Upward>(bytes);
    read_both_ways::<super::Downward>(bytes);
}

fn read_both_ways<M: Message>(bytes: &[u8]) {
    if let Ok(message) = decode::<M>(bytes) {
        let again = encode(&message).expect("what came in a frame fits a frame");
        assert_eq!(&again[LENGTH..], bytes, "one spelling for each value");
    }
    let mut frames = super::FrameBuffer::default();
    for piece in bytes.chunks(7) {
        frames.feed(piece);
        while let Ok(Some(_)) = frames.next_message::<M>() {}
    }
}
