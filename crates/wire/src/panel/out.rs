//! Payloads on their way out: the members that are set, in JSON or in CBOR.

use std::convert::Infallible;

use arrayvec::ArrayString;
use minicbor::Encoder;
use minicbor::encode::Error;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// The members of an object that are set, in order.
pub type Out<'a> = Vec<(&'static str, Set<'a>)>;

/// What a member is set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Set<'a> {
    /// A whole number that is not below zero.
    Count(u64),
    /// A whole number.
    Whole(i64),
    /// A number.
    Decimal(f64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(&'a str),
    /// A code.
    Word(ArrayString<12>),
    /// A list of objects.
    List(Vec<Out<'a>>),
}

/// Adds members that may be set.
pub(super) trait Members<'a> {
    /// Adds the member if it has a value.
    fn add<T>(&mut self, name: &'static str, value: Option<T>, set: impl FnOnce(T) -> Set<'a>);
}

impl<'a> Members<'a> for Out<'a> {
    fn add<T>(&mut self, name: &'static str, value: Option<T>, set: impl FnOnce(T) -> Set<'a>) {
        self.extend(value.map(|value| (name, set(value))));
    }
}

/// In JSON.
pub(super) fn json(members: &Out<'_>) -> Vec<u8> {
    serde_json::to_vec(&Object(members)).expect("names are texts, and memory takes all of it")
}

/// In CBOR, with lengths where they are known, which is everywhere.
pub(super) fn cbor(members: &Out<'_>) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder, members).expect("memory takes all of it");
    encoder.into_writer()
}

struct Object<'s, 'a>(&'s Out<'a>);

impl Serialize for Object<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, set) in self.0 {
            map.serialize_entry(name, set)?;
        }
        map.end()
    }
}

impl Serialize for Set<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(number) => serializer.serialize_u64(*number),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Decimal(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Word(word) => serializer.serialize_str(word),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items.iter().map(Object)),
        }
    }
}

type Cbor = Encoder<Vec<u8>>;

fn write(encoder: &mut Cbor, members: &Out<'_>) -> Result<(), Error<Infallible>> {
    encoder.map(length(members))?;
    for (name, set) in members {
        encoder.str(name)?;
        match set {
            Set::Count(number) => encoder.u64(*number).map(drop)?,
            Set::Whole(number) => encoder.i64(*number).map(drop)?,
            Set::Decimal(number) => encoder.f64(*number).map(drop)?,
            Set::Flag(flag) => encoder.bool(*flag).map(drop)?,
            Set::Word(word) => encoder.str(word).map(drop)?,
            Set::Text(text) => encoder.str(text).map(drop)?,
            Set::List(items) => {
                encoder.array(length(items))?;
                for item in items {
                    write(encoder, item)?;
                }
            }
        }
    }
    Ok(())
}

fn length<T>(of: &[T]) -> u64 {
    u64::try_from(of.len()).unwrap_or(u64::MAX)
}
