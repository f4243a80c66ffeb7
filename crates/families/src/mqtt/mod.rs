//! The panel protocol, version 1: MQTT 5 or 3.1.1 over TLS.
//!
//! A panel is its account, and one connection is one of its paths: the client id is `1234` or
//! `1234/lan` (R9). Whether it is who it says is the engine's to judge, after every handshake;
//! nothing but CONNECT is acted on before. What it publishes, under `ap/v1/{account}/`:
//!
//! | topic | what becomes of it | PUBACK |
//! | --- | --- | --- |
//! | `evt` | a signal, readable or not | once it is stored (I1) |
//! | `status`, `conn` | a report, kept in memory | in its turn |
//! | laid out for later | nothing | "not served yet" |
//! | of another account, or unknown | nothing | refused |
//!
//! Answers leave in the order of what they answer (I5). A refusal bears the standard's reason code
//! and is counted by one reason. MQTT 3.1.1 has no way to refuse a publish: there the connection
//! ends, and is taken up again by the panel.
//!
//! What never happens here: retained messages, sessions that outlive their connection, QoS 2,
//! topic aliases, shared subscriptions, and messages from one panel to another.

mod answers;
mod client;
mod repeat;
mod session;
mod topic;

use model::FamilyName;
use proto::{Family, Session, SessionSetting};

use session::MqttSession;

/// The row of the family table.
#[derive(Debug, Clone, Copy)]
pub struct Mqtt;

impl Family for Mqtt {
    fn name(&self) -> FamilyName {
        FamilyName::parse("mqtt").expect("four lower-case letters")
    }

    fn title(&self) -> &'static str {
        "Watchfire panel protocol"
    }

    fn keeps_proven_sessions(&self) -> bool {
        true
    }

    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session> {
        Box::new(MqttSession::new(&setting))
    }
}
