//! Payloads in CBOR, read by `minicbor` straight into the builder.
//!
//! Maps, lists and texts may be of definite or indefinite length. Floats of all lengths are
//! numbers; null and undefined are nothing. Octets, tags and other simple values are no value of
//! any field; in members that are not known they are skipped.

use std::borrow::Cow;

use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;
use model::limits;

use super::builder::Builder;
use super::flaw::{Flaw, Found, Problem};
use super::number::{Number, half};
use super::schema::{Field, Scalar};

/// Reads a payload into `builder`.
pub(super) fn read(octets: &[u8], builder: &mut Builder<'_>) -> Result<(), Flaw> {
    let mut reader = Reader {
        cbor: Decoder::new(octets),
        builder,
    };
    match reader.kind()? {
        Type::Map | Type::MapIndef => reader.object()?,
        other => return Err(Flaw::whole(Problem::Found(found(other)))),
    }
    if reader.cbor.position() < octets.len() {
        return Err(Flaw::whole(Problem::MoreBehind));
    }
    Ok(())
}

struct Reader<'b, 'r, 't> {
    cbor: Decoder<'b>,
    builder: &'r mut Builder<'t>,
}

impl<'b> Reader<'b, '_, '_> {
    /// The kind of what comes next.
    fn kind(&self) -> Result<Type, Flaw> {
        self.cbor.datatype().map_err(|_| self.broken())
    }

    /// It stops being CBOR here.
    fn broken(&self) -> Flaw {
        Flaw::whole(Problem::NotCbor {
            octet: self.cbor.position(),
        })
    }

    fn take<T>(
        &mut self,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Error>,
    ) -> Result<T, Flaw> {
        let octet = self.cbor.position();
        read(&mut self.cbor).map_err(|_| Flaw::whole(Problem::NotCbor { octet }))
    }

    /// Whether a list or map goes on: `left` counts down where its length is known.
    fn goes_on(&mut self, left: &mut Option<u64>) -> Result<bool, Flaw> {
        match left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None if self.kind()? == Type::Break => {
                self.cbor.set_position(self.cbor.position() + 1);
                Ok(false)
            }
            None => Ok(true),
        }
    }

    /// All members of an object.
    fn object(&mut self) -> Result<(), Flaw> {
        let mut left = self.take(Decoder::map)?;
        while self.goes_on(&mut left)? {
            if !matches!(self.kind()?, Type::String | Type::StringIndef) {
                return Err(Flaw::whole(Problem::KeyNoText));
            }
            let name = self.text()?;
            match self.builder.member(&name)? {
                Some(field) => self.value(field)?,
                None => self.skip(limits::PANEL_DEPTH - 1)?,
            }
        }
        Ok(())
    }

    /// The value of a known member.
    fn value(&mut self, field: &'static Field) -> Result<(), Flaw> {
        let kind = self.kind()?;
        let text;
        let scalar = match kind {
            Type::Array | Type::ArrayIndef => return self.list(field),
            Type::String | Type::StringIndef => {
                text = self.text()?;
                Scalar::Text(&text)
            }
            Type::Bool => Scalar::Flag(self.take(Decoder::bool)?),
            Type::Null => {
                self.take(Decoder::null)?;
                Scalar::Null
            }
            Type::Undefined => {
                self.take(Decoder::undefined)?;
                Scalar::Null
            }
            Type::F16 | Type::F32 | Type::F64 => Scalar::Number(Number::Float(self.float(kind)?)),
            _ if is_whole(kind) => {
                let number = self.take(Decoder::int)?;
                Scalar::Number(Number::Whole(number.into()))
            }
            Type::Break | Type::Unknown(_) => return Err(self.broken()),
            other => return Err(self.builder.other(field, found(other))),
        };
        self.builder.scalar(field, scalar)
    }

    fn list(&mut self, field: &'static Field) -> Result<(), Flaw> {
        self.builder.begin_list(field)?;
        let mut left = self.take(Decoder::array)?;
        while self.goes_on(&mut left)? {
            match self.kind()? {
                Type::Map | Type::MapIndef => {
                    self.builder.begin_item(None)?;
                    self.object()?;
                    self.builder.end_item()?;
                }
                other => self.builder.begin_item(Some(found(other)))?,
            }
        }
        self.builder.end_list();
        Ok(())
    }

    fn float(&mut self, kind: Type) -> Result<f64, Flaw> {
        match kind {
            Type::F16 => {
                let at = self.cbor.position() + 1;
                let octets = self.cbor.input().get(at..).and_then(<[u8]>::first_chunk);
                let value = half(*octets.ok_or_else(|| self.broken())?);
                self.cbor.set_position(at + 2);
                Ok(value)
            }
            Type::F32 => self.take(Decoder::f32).map(f64::from),
            _ => self.take(Decoder::f64),
        }
    }

    /// A text, in one piece or in several. The payload's own length bounds it.
    fn text(&mut self) -> Result<Cow<'b, str>, Flaw> {
        if self.kind()? == Type::String {
            return self.take(Decoder::str).map(Cow::Borrowed);
        }
        let pieces = self.take(|cbor| cbor.str_iter()?.collect::<Result<String, Error>>());
        pieces.map(Cow::Owned)
    }

    /// Goes over a value that is not ours, down to so many levels.
    fn skip(&mut self, levels: usize) -> Result<(), Flaw> {
        let kind = self.kind()?;
        let deeper = || {
            let left = levels.checked_sub(1);
            left.ok_or(Flaw::whole(Problem::TooDeep))
        };
        match kind {
            Type::Array | Type::ArrayIndef => {
                let levels = deeper()?;
                let mut left = self.take(Decoder::array)?;
                while self.goes_on(&mut left)? {
                    self.skip(levels)?;
                }
                Ok(())
            }
            Type::Map | Type::MapIndef => {
                let levels = deeper()?;
                let mut left = self.take(Decoder::map)?;
                while self.goes_on(&mut left)? {
                    self.skip(levels)?;
                    self.skip(levels)?;
                }
                Ok(())
            }
            Type::Tag => {
                let levels = deeper()?;
                self.take(Decoder::tag)?;
                self.skip(levels)
            }
            Type::String | Type::StringIndef => self.text().map(drop),
            Type::Bytes => self.take(Decoder::bytes).map(drop),
            Type::BytesIndef => self.take(|cbor| cbor.bytes_iter()?.try_for_each(|b| b.map(drop))),
            Type::F16 | Type::F32 | Type::F64 => self.float(kind).map(drop),
            Type::Bool => self.take(Decoder::bool).map(drop),
            Type::Null => self.take(Decoder::null),
            Type::Undefined => self.take(Decoder::undefined),
            Type::Simple => self.take(Decoder::simple).map(drop),
            _ if is_whole(kind) => self.take(Decoder::int).map(drop),
            _ => Err(self.broken()),
        }
    }
}

const fn is_whole(kind: Type) -> bool {
    matches!(
        kind,
        Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int
    )
}

/// What it is, by kind.
const fn found(kind: Type) -> Found {
    match kind {
        Type::Bool => Found::Flag,
        Type::Null | Type::Undefined => Found::Null,
        Type::Bytes | Type::BytesIndef => Found::Bytes,
        Type::String | Type::StringIndef => Found::Text,
        Type::Array | Type::ArrayIndef => Found::List,
        Type::Map | Type::MapIndef => Found::Object,
        Type::Tag => Found::Tagged,
        Type::Simple | Type::Break | Type::Unknown(_) => Found::Simple,
        _ => Found::Number,
    }
}
