//! Requests to the API of a server, one at a time.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::Failure;
use super::failure::Refusal;
use super::place::Place;
use super::sse::Reader;

/// How long an answer may take to begin.
const ANSWER: Duration = Duration::from_mins(1);

/// A stream says something every 15 s; silence for three times as long is a dead connection.
const SILENCE: Duration = Duration::from_secs(45);

const NDJSON: &str = "application/x-ndjson";

/// A pair of the query, percent-encoded when sent.
pub(super) type Query<'a> = &'a [(&'a str, String)];

/// Asks one server.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    place: Place,
}

/// Why a request brought nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may go better later: nobody answered, or the server cannot now.
    Passing(Failure),
    /// It will not.
    Lasting(Failure),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Passing(failure) | Trouble::Lasting(failure) => failure,
        }
    }
}

impl Client {
    pub(super) fn new(place: Place) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_recv_response(Some(ANSWER))
            .timeout_per_read(Some(SILENCE))
            .build();
        Self {
            agent: config.new_agent(),
            place,
        }
    }

    /// What is at `path`, as it came.
    pub(super) fn get(&self, path: &str, query: Query<'_>) -> Result<Value, Failure> {
        let request = self.agent.get(self.url(path));
        let request = request.query_pairs(pairs(query));
        let answer = request.header("authorization", self.bearer()).call();
        self.json(answer)
    }

    /// Sends a document to `path`.
    pub(super) fn post(&self, path: &str, document: &Value) -> Result<Value, Failure> {
        let request = self.agent.post(self.url(path));
        let answer = request
            .header("authorization", self.bearer())
            .send_json(document);
        self.json(answer)
    }

    /// Puts a document in the place of what is at `path`.
    pub(super) fn put(
        &self,
        path: &str,
        query: Query<'_>,
        document: &Value,
    ) -> Result<Value, Failure> {
        let request = self.agent.put(self.url(path));
        let request = request.query_pairs(pairs(query));
        let answer = request
            .header("authorization", self.bearer())
            .send_json(document);
        self.json(answer)
    }

    /// Sends a change of what is at `path`.
    pub(super) fn patch(&self, path: &str, document: &Value) -> Result<Value, Failure> {
        let request = self.agent.patch(self.url(path));
        let answer = request
            .header("authorization", self.bearer())
            .send_json(document);
        self.json(answer)
    }

    /// Removes what is at `path`.
    pub(super) fn delete(&self, path: &str) -> Result<(), Failure> {
        let request = self.agent.delete(self.url(path));
        let answer = request.header("authorization", self.bearer()).call();
        self.checked(answer)?;
        Ok(())
    }

    /// Sends a table to `path` and takes the answer a line at a time.
    pub(super) fn post_rows(
        &self,
        path: &str,
        kind: &str,
        rows: &[u8],
    ) -> Result<impl BufRead + use<>, Failure> {
        let request = self.agent.post(self.url(path));
        let answer = request
            .header("authorization", self.bearer())
            .header("content-type", kind)
            .header("accept", NDJSON)
            .send(rows);
        Ok(BufReader::new(
            self.checked(answer)?.into_body().into_reader(),
        ))
    }

    /// Follows the stream at `path`, after the event with the number `after`.
    pub(super) fn follow(
        &self,
        path: &str,
        query: Query<'_>,
        after: u64,
    ) -> Result<Reader<impl BufRead + use<>>, Trouble> {
        let request = self.agent.get(self.url(path));
        let request = request.query_pairs(pairs(query));
        let answer = request
            .header("authorization", self.bearer())
            .header("accept", "text/event-stream")
            .header("last-event-id", after.to_string())
            .call();
        let body = self.checked(answer)?.into_body();
        Ok(Reader::new(BufReader::new(body.into_reader())))
    }

    /// The status and the body of a path beside the API that needs no token.
    pub(super) fn probe(base: &str, path: &str) -> Option<(u16, Value)> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(5)))
            .build();
        let mut answer = config
            .new_agent()
            .get(format!("{base}{path}"))
            .call()
            .ok()?;
        let body = answer.body_mut().read_json().ok()?;
        Some((answer.status().as_u16(), body))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.place.base)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.place.token)
    }

    fn json(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Value, Failure> {
        let mut body = self.checked(answer)?.into_body();
        // A page of 1000 events with their personal data stays far below this.
        let read = body.with_config().limit(256 << 20).read_json();
        read.map_err(|error| self.senseless(&error.to_string()))
    }

    /// The answer, if it is one of success.
    fn checked(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, Trouble> {
        let mut answer = answer.map_err(|error| Trouble::Passing(self.unreachable(&error)))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        let refusal = serde_json::from_str::<Refusal>(&text);
        let failure = match refusal {
            Ok(refusal) if !refusal.title.is_empty() => Failure::Refused(Box::new(Refusal {
                status: status.as_u16(),
                ..refusal
            })),
            _ => self.senseless(&format!("status {status} without a reason")),
        };
        Err(if status.is_server_error() {
            Trouble::Passing(failure)
        } else {
            Trouble::Lasting(failure)
        })
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        Failure::new(
            format!("the server at {} does not answer: {error}", self.place.told),
            "Is it running? `watchfire doctor` looks after it; `watchfire serve` starts one.",
        )
    }

    fn senseless(&self, what: &str) -> Failure {
        Failure::new(
            format!("the answer of {} makes no sense: {what}", self.place.told),
            "Is it another version of Watchfire, or another program on its port?",
        )
    }
}

fn pairs(query: Query<'_>) -> impl Iterator<Item = (&str, &str)> {
    query.iter().map(|(name, value)| (*name, value.as_str()))
}

/// An answer in the shape that it should have.
pub(super) fn shaped<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        let what = format!("the server's answer is not what this version expects: {error}");
        Failure::new(what, "Use the `watchfire` of the server's version.")
    })
}
