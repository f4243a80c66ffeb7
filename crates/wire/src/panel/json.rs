//! Payloads in JSON, read by `serde_json` straight into the builder.
//!
//! serde's errors are texts and may repeat what was read. Ours is kept aside in [`Reader`], and
//! theirs is only the sign to stop.

use std::fmt;

use model::limits;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::builder::Builder;
use super::flaw::{Flaw, Found, Problem};
use super::number::Number;
use super::schema::{Field, Scalar};

/// Reads a payload into `builder`.
pub(super) fn read(octets: &[u8], builder: &mut Builder<'_>) -> Result<(), Flaw> {
    let mut json = serde_json::Deserializer::from_slice(octets);
    let mut reader = Reader {
        builder,
        flaw: None,
    };
    let read = Top(&mut reader).deserialize(&mut json);
    let ended = read.and_then(|()| json.end().map_err(|_| reader.stop(Problem::MoreBehind)));
    ended.map_err(|error| {
        let not_json = Flaw::whole(Problem::NotJson {
            line: error.line(),
            column: error.column(),
        });
        reader.flaw.unwrap_or(not_json)
    })
}

struct Reader<'r, 't> {
    builder: &'r mut Builder<'t>,
    /// Why it stopped, if it was not the syntax.
    flaw: Option<Flaw>,
}

impl Reader<'_, '_> {
    /// The error that makes serde stop.
    fn error<E: Error>(&mut self, flaw: Flaw) -> E {
        self.flaw = Some(flaw);
        E::custom("told apart")
    }

    fn stop<E: Error>(&mut self, problem: Problem) -> E {
        self.error(Flaw::whole(problem))
    }

    /// All members of an object.
    fn object<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(known) = map.next_key_seed(Key(self))? {
            match known {
                Some(field) => map.next_value_seed(Member(self, field))?,
                None => map.next_value_seed(Skipped(self, limits::PANEL_DEPTH - 1))?,
            }
        }
        Ok(())
    }
}

/// The payload: an object.
struct Top<'s, 'r, 't>(&'s mut Reader<'r, 't>);

/// An item of a list: an object.
struct Item<'s, 'r, 't>(&'s mut Reader<'r, 't>);

/// A key: the field of that name, if there is one.
struct Key<'s, 'r, 't>(&'s mut Reader<'r, 't>);

/// The value of a known member.
struct Member<'s, 'r, 't>(&'s mut Reader<'r, 't>, &'static Field);

/// A value that is not ours, down to so many levels.
struct Skipped<'s, 'r, 't>(&'s mut Reader<'r, 't>, usize);

macro_rules! any_value {
    ($($seed:ident => $value:ty;)*) => {$(
        impl<'de> DeserializeSeed<'de> for $seed<'_, '_, '_> {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<$value, D::Error> {
                json.deserialize_any(self)
            }
        }
    )*};
}

any_value! {
    Top => ();
    Item => ();
    Key => Option<&'static Field>;
    Member => ();
    Skipped => ();
}

/// The single values, for visitors that say what to do with each.
macro_rules! single_values {
    ($value:ty, |$self:ident, $scalar:ident| $body:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_unit<E: Error>($self) -> Result<$value, E> {
            let $scalar = Scalar::Null;
            $body
        }

        fn visit_bool<E: Error>($self, flag: bool) -> Result<$value, E> {
            let $scalar = Scalar::Flag(flag);
            $body
        }

        fn visit_u64<E: Error>($self, number: u64) -> Result<$value, E> {
            let $scalar = Scalar::Number(Number::Whole(number.into()));
            $body
        }

        fn visit_i64<E: Error>($self, number: i64) -> Result<$value, E> {
            let $scalar = Scalar::Number(Number::Whole(number.into()));
            $body
        }

        fn visit_f64<E: Error>($self, number: f64) -> Result<$value, E> {
            let $scalar = Scalar::Number(Number::Float(number));
            $body
        }

        fn visit_str<E: Error>($self, text: &str) -> Result<$value, E> {
            let $scalar = Scalar::Text(text);
            $body
        }
    };
}

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = ();

    single_values!((), |self, scalar| {
        Err(self.0.stop(Problem::Found(scalar.found())))
    });

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.0.stop(Problem::Found(Found::List)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.object(map)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_, '_> {
    type Value = ();

    single_values!((), |self, scalar| {
        let begun = self.0.builder.begin_item(Some(scalar.found()));
        begun.map_err(|flaw| self.0.error(flaw))
    });

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        let begun = self.0.builder.begin_item(Some(Found::List));
        begun.map_err(|flaw| self.0.error(flaw))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let begun = self.0.builder.begin_item(None);
        begun.map_err(|flaw| self.0.error(flaw))?;
        self.0.object(map)?;
        let ended = self.0.builder.end_item();
        ended.map_err(|flaw| self.0.error(flaw))
    }
}

impl Visitor<'_> for Key<'_, '_, '_> {
    type Value = Option<&'static Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let known = self.0.builder.member(name);
        known.map_err(|flaw| self.0.error(flaw))
    }
}

impl<'de> Visitor<'de> for Member<'_, '_, '_> {
    type Value = ();

    single_values!((), |self, scalar| {
        let taken = self.0.builder.scalar(self.1, scalar);
        taken.map_err(|flaw| self.0.error(flaw))
    });

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let begun = self.0.builder.begin_list(self.1);
        begun.map_err(|flaw| self.0.error(flaw))?;
        while list.next_element_seed(Item(self.0))?.is_some() {}
        self.0.builder.end_list();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        let flaw = self.0.builder.other(self.1, Found::Object);
        Err(self.0.error(flaw))
    }
}

impl<'de> Visitor<'de> for Skipped<'_, '_, '_> {
    type Value = ();

    single_values!((), |self, _scalar| Ok(()));

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some(left) = self.1.checked_sub(1) else {
            return Err(self.0.stop(Problem::TooDeep));
        };
        while list.next_element_seed(Skipped(self.0, left))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(left) = self.1.checked_sub(1) else {
            return Err(self.0.stop(Problem::TooDeep));
        };
        // A name is a value like any other here.
        while map.next_key_seed(Skipped(self.0, 0))?.is_some() {
            map.next_value_seed(Skipped(self.0, left))?;
        }
        Ok(())
    }
}

impl Scalar<'_> {
    /// What it is, by kind.
    const fn found(&self) -> Found {
        match self {
            Self::Null => Found::Null,
            Self::Flag(_) => Found::Flag,
            Self::Number(_) => Found::Number,
            Self::Text(_) => Found::Text,
        }
    }
}
