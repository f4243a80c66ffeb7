//! The server's API, as far as the scenarios use it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use model::{Account, CipherKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sim::content::Content;
use sim::fleet::Member;

/// Events in a page; the most that the API gives.
const PAGE: u32 = 1_000;

/// The largest answer: a page of events with all that belongs to them, an import's report.
const LARGEST: u64 = 64 << 20;

/// An event, as the API tells it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Stored {
    pub(crate) seq: u64,
    pub(crate) message_seq: u64,
    pub(crate) account: String,
    pub(crate) code: StoredCode,
    pub(crate) partition: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) flags: Vec<String>,
    pub(crate) panel_sequence: Option<u16>,
    pub(crate) raw_text: Option<String>,
    /// What came with it.
    pub(crate) text: Option<String>,
    extended: Option<Vec<StoredBlock>>,
}

/// The code of an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StoredCode {
    pub(crate) set: String,
    pub(crate) code: String,
}

#[derive(Debug, Clone, Deserialize)]
struct StoredBlock {
    letter: String,
    content_text: Option<String>,
}

impl Stored {
    /// The number of the signal within its panel; on the first event of a message only.
    pub(crate) fn number(&self) -> Option<u64> {
        let blocks = self.extended.iter().flatten();
        let marks = blocks.filter(|block| block.letter == "I");
        let marks = marks.filter_map(|block| block.content_text.as_deref());
        let mut marks = marks.chain(self.text.as_deref());
        marks.find_map(Content::number_of_mark)
    }

    /// Whether it is the server's own: what it saw, and no panel said.
    pub(crate) fn is_own(&self) -> bool {
        self.code.set == "OWN"
    }

    /// Its extended data that is text, letters first.
    pub(crate) fn blocks(&self) -> Vec<String> {
        let blocks = self.extended.iter().flatten();
        blocks
            .map(|block| {
                let content = block.content_text.as_deref();
                format!("{}{}", block.letter, content.unwrap_or_default())
            })
            .collect()
    }
}

#[derive(Debug, Deserialize)]
struct Page {
    events: Vec<Stored>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Imported {
    added: usize,
    errors: usize,
}

/// Speaks to one server.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    agent: ureq::Agent,
    base: String,
    bearer: String,
}

impl Api {
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self {
            agent: config.into(),
            base: format!("http://{address}/api/v1"),
            bearer: format!("Bearer {}", token.trim()),
        }
    }

    /// All events, oldest first.
    pub(crate) async fn events(&self) -> Vec<Stored> {
        let api = self.clone();
        blocking(move || {
            let (mut events, mut after) = (Vec::new(), "0".to_owned());
            loop {
                let query = format!("after={after}&limit={PAGE}&include=personal");
                let page: Page = api.get(&format!("/events?{query}"));
                events.extend(page.events);
                match page.next_cursor {
                    Some(next) => after = next,
                    None => return events,
                }
            }
        })
        .await
    }

    /// Registers the panels, and panics if one cannot be.
    pub(crate) async fn register(&self, members: &[Member]) {
        let csv = table(members);
        let (api, wanted) = (self.clone(), members.len());
        let imported = blocking(move || api.post("/panels/import", "text/csv", csv)).await;
        let Imported { added, errors } = imported;
        assert_eq!((added, errors), (wanted, 0), "panels registered");
    }

    /// Registers panels that speak the panel protocol, and panics if one cannot be.
    pub(crate) async fn register_secure(&self, accounts: &[Account]) {
        let mut table = "family,account\n".to_owned();
        for account in accounts {
            writeln!(table, "mqtt,{account}").unwrap();
        }
        let (api, wanted) = (self.clone(), accounts.len());
        let imported = blocking(move || api.post("/panels/import", "text/csv", table)).await;
        let Imported { added, errors } = imported;
        assert_eq!((added, errors), (wanted, 0), "panels registered");
    }

    /// Whether `/readyz` says so.
    pub(crate) async fn is_ready(&self) -> bool {
        let (agent, url) = (self.agent.clone(), self.base.replace("/api/v1", "/readyz"));
        blocking(move || agent.get(url).call().is_ok()).await
    }

    /// The figures, as OpenMetrics.
    pub(crate) async fn metrics(&self) -> String {
        let (api, url) = (self.clone(), self.base.replace("/api/v1", "/metrics"));
        blocking(move || {
            let request = api.agent.get(url).header("Authorization", &api.bearer);
            request.call().unwrap().body_mut().read_to_string().unwrap()
        })
        .await
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let url = format!("{}{path}", self.base);
        let request = self.agent.get(&url).header("Authorization", &self.bearer);
        Self::read(&url, request.call())
    }

    fn post<T: DeserializeOwned>(&self, path: &str, kind: &str, body: String) -> T {
        let url = format!("{}{path}", self.base);
        let request = self.agent.post(&url).header("Authorization", &self.bearer);
        Self::read(&url, request.header("Content-Type", kind).send(body))
    }

    fn read<T: DeserializeOwned>(
        url: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> T {
        let mut answer = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
        let body = answer.body_mut().with_config().limit(LARGEST);
        body.read_json()
            .unwrap_or_else(|error| panic!("{url}: {error}"))
    }
}

/// The panels as rows of an import.
fn table(members: &[Member]) -> String {
    let mut table = "account,key\n".to_owned();
    for member in members {
        let octets = member.key.as_ref().map_or(&[][..], CipherKey::octets);
        let key = HEXLOWER.encode(octets);
        writeln!(table, "{},{key}", member.identity.account).unwrap();
    }
    table
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
