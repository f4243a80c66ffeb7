//! Parameters of the query, read one by one so that a refusal can name each.
//!
//! Invariant: a parameter that an operation does not document is refused, with the names of
//! those that it does; what is documented and what is allowed is one list.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use model::{ErrorCode, limits};
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use crate::problem::{FieldError, Problem};

/// The parameters that an operation documents, read from the query.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

/// A set of parameters.
pub(crate) trait ReadParams: Sized {
    /// Takes its parameters out of the query and checks them.
    fn read(pairs: &mut Pairs) -> Self;

    /// Their names.
    fn names() -> Vec<String>;
}

/// The names that a documented set has.
pub(crate) fn documented<T: IntoParams>() -> Vec<String> {
    let parameters = T::into_params(|| Some(ParameterIn::Query));
    parameters.into_iter().map(|p| p.name).collect()
}

/// No parameters at all.
#[derive(Debug)]
pub(crate) struct NoParams;

impl ReadParams for NoParams {
    fn read(_pairs: &mut Pairs) -> Self {
        Self
    }

    fn names() -> Vec<String> {
        Vec::new()
    }
}

impl<A: ReadParams, B: ReadParams> ReadParams for (A, B) {
    fn read(pairs: &mut Pairs) -> Self {
        (A::read(pairs), B::read(pairs))
    }

    fn names() -> Vec<String> {
        let mut names = A::names();
        names.extend(B::names());
        names
    }
}

impl<T: ReadParams, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::try_from_uri(&parts.uri).map_err(|refusal| {
            Problem::new(ErrorCode::RequestInvalid).detail(refusal.body_text())
        })?;
        let mut pairs = Pairs {
            pairs,
            errors: Vec::new(),
        };
        let read = T::read(&mut pairs);
        pairs.refuse_the_rest::<T>();
        if pairs.errors.is_empty() {
            Ok(Self(read))
        } else {
            Err(Problem::fields(pairs.errors))
        }
    }
}

/// What is left of a query, and what was wrong with what was taken.
#[derive(Debug)]
pub(crate) struct Pairs {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Pairs {
    /// Every value of a parameter that may be repeated.
    pub(crate) fn all(&mut self, name: &str) -> Vec<String> {
        let taken = self.pairs.extract_if(.., |(key, _)| key == name);
        taken.map(|(_, value)| value).collect()
    }

    /// The value of a parameter that may be given once.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name).into_iter();
        let first = values.next();
        if values.next().is_some() {
            self.refuse(FieldError::new(name, "given more than once"));
        }
        first
    }

    /// A parameter that `read` understands.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        read(&text)
            .map_err(|error| self.refuse(FieldError::new(name, error.to_string())))
            .ok()
    }

    /// A parameter whose type reads itself.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        self.read(name, T::from_str)
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let refusal = FieldError::new(name, format!("`{text}` is not known here"));
            self.refuse(refusal.allowed(words.iter().map(|(word, _)| word)));
        }
        found.map(|(_, value)| *value)
    }

    /// `limit`, of which every list has one.
    pub(crate) fn limit(&mut self) -> usize {
        let most = limits::PAGE;
        let read = |text: &str| match text.parse::<usize>() {
            Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
            _ => Err(format!("`{text}` is not a number from 1 to {most}")),
        };
        self.read("limit", read).unwrap_or(DEFAULT_LIMIT)
    }

    /// Notes that a parameter cannot be taken.
    pub(crate) fn refuse(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    fn refuse_the_rest<T: ReadParams>(&mut self) {
        let allowed = T::names();
        for (name, _) in std::mem::take(&mut self.pairs) {
            let detail = if allowed.is_empty() {
                "unknown parameter; this operation has none".to_owned()
            } else {
                format!("unknown parameter; known are {}", allowed.join(", "))
            };
            self.refuse(FieldError::new(name, detail).allowed(&allowed));
        }
    }
}

/// How many items a list has unless asked otherwise.
const DEFAULT_LIMIT: usize = 100;
