//! A word with the server as anybody has it: its API and its metrics.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use ureq::Agent;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_mins(1);

/// Where the API is, and the token of its administrator.
pub(crate) struct Api {
    agent: Agent,
    base: String,
    authorization: String,
}

impl Api {
    pub(crate) fn new(address: &str, token: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(ANSWER))
            .build();
        Self {
            agent: agent.into(),
            base: format!("http://{address}"),
            authorization: format!("Bearer {}", token.trim()),
        }
    }

    /// What is at a path, such as `/metrics`, as text.
    pub(crate) fn text(&self, path: &str) -> anyhow::Result<String> {
        let answer = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("Authorization", &self.authorization)
            .call();
        read(path, answer)
    }

    /// What is at a path below `/api/v1`.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(
            &self.text(&format!("/api/v1{path}"))?,
        )?)
    }

    /// A figure of the metrics without labels.
    pub(crate) fn figure(&self, name: &str) -> anyhow::Result<f64> {
        let metrics = self.text("/metrics")?;
        let mut lines = metrics.lines();
        let line = lines.find(|line| line.split_whitespace().next() == Some(name));
        let value = line.and_then(|line| line.split_whitespace().last());
        let value = value.with_context(|| format!("no {name} in the metrics"))?;
        value.parse().with_context(|| format!("{name} is {value}"))
    }
}

fn read(
    path: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> anyhow::Result<String> {
    let mut answer = answer.with_context(|| format!("the server's API, {path}"))?;
    let body = answer
        .body_mut()
        .with_config()
        .limit(1 << 28)
        .read_to_string()?;
    if !answer.status().is_success() {
        bail!(
            "the server's API answered {} to {path}: {body}",
            answer.status()
        );
    }
    Ok(body)
}
