//! Bodies of requests, bounded in octets and in time.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use futures_util::StreamExt;
use model::{ErrorCode, limits};
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, Problem};

/// A JSON body of at most [`limits::API_BODY`] octets, unknown fields refused by `T`.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let kind = media_type(request.headers());
        if kind.as_deref() != Some("application/json") {
            return Err(unsupported(kind.as_deref(), &["application/json"]));
        }
        let octets = read(request, limits::API_BODY).await?;
        let read = from_json(&octets).map(Self);
        read.map_err(|error| Problem::fields(vec![error]))
    }
}

/// The name of the body, or of the row, as a whole.
pub(crate) const WHOLE: &str = ".";

/// Reads JSON; the error names the field.
pub(crate) fn from_json<T: DeserializeOwned>(octets: &[u8]) -> Result<T, FieldError> {
    let mut reader = serde_json::Deserializer::from_slice(octets);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string().replace('?', WHOLE);
        FieldError::new(path, error.into_inner().to_string())
    })?;
    reader
        .end()
        .map_err(|error| FieldError::new(WHOLE, error.to_string()))?;
    Ok(read)
}

/// Reads the whole body.
pub(crate) async fn read(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    if content_length(request.headers()).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    tokio::time::timeout(limits::API_BODY_TIME, collect(request.into_body(), limit))
        .await
        .unwrap_or_else(|_| {
            Err(Problem::new(ErrorCode::RequestInvalid).detail(format!(
                "the body was not complete within {} s",
                limits::API_BODY_TIME.as_secs()
            )))
        })
}

async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut octets = Vec::new();
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| {
            Problem::new(ErrorCode::RequestInvalid).detail("the body ended before its end")
        })?;
        if octets.len() + part.len() > limit {
            return Err(too_large(limit));
        }
        octets.extend_from_slice(&part);
    }
    Ok(octets)
}

/// The media type of the body, without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, _) = value.split_once(';').unwrap_or((value, ""));
    Some(kind.trim().to_ascii_lowercase())
}

pub(crate) fn unsupported(kind: Option<&str>, expected: &[&str]) -> Problem {
    let got = kind.unwrap_or("no format");
    Problem::new(ErrorCode::UnsupportedMedia)
        .detail(format!("{got} was sent; read are {}", expected.join(", ")))
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Problem {
    Problem::new(ErrorCode::TooLarge).detail(format!("at most {limit} octets are read here"))
}
