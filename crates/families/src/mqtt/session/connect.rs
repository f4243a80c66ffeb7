//! CONNECT, who that is, and CONNACK.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use model::{AccountKey, ConnectionReport, IdentityClaim, Now, PanelSecret, Proven, limits};
use proto::{Admitted, CloseReason, Counted, Family, Identity, SessionEvent};
use wire::mqtt::{ConnAck, Connect, Level, Packet, Qos, ReasonCode, Will};
use wire::panel::{Document, Format};

use super::{MqttSession, Phase, Place};
use crate::mqtt::Mqtt;
use crate::mqtt::client::Client;
use crate::mqtt::topic::Topic;

/// What a CONNECT asked for, kept until CONNACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// Seconds; 0 is never.
    keep_alive: u16,
    /// Whether it wants its session to outlive the connection.
    wants_session: bool,
}

/// After which time a panel comes again that is only asked for another keep-alive.
const SOON: Duration = Duration::from_secs(1);

impl MqttSession {
    /// What can be refused without asking anybody is refused, and the engine asked of the rest.
    pub(super) fn handle_connect(&mut self, connect: &Connect) {
        let refuse = |session: &mut Self, reason, counted| {
            session.count(counted);
            session.end(CloseReason::Protocol, reason);
        };
        if connect.authentication_method.is_some() {
            let reason = ReasonCode::BadAuthenticationMethod;
            return refuse(self, reason, Counted::BadAuthentication);
        }
        let Some(client) = Client::parse(&connect.client_id) else {
            let reason = ReasonCode::ClientIdentifierNotValid;
            return refuse(self, reason, Counted::BadClientId);
        };
        if let Some(will) = &connect.will {
            if will.qos == Qos::ExactlyOnce {
                return refuse(self, ReasonCode::QosNotSupported, Counted::QosNotOffered);
            }
            if Topic::of(&will.topic, &client) != Topic::Connection {
                return refuse(self, ReasonCode::NotAuthorized, Counted::ForeignWill);
            }
            self.keep_will(will);
        }
        // A password is the path's secret only where the user name says whose it is.
        let names = |name: &String| client.is_named(name);
        if connect.user_name.as_ref().is_some_and(names) {
            let secret = connect.password.as_ref();
            self.secret = secret.map(|secret| PanelSecret::new(secret.expose().to_vec()));
        }
        self.client = Some(client);
        self.phase = Phase::Asked(Asked {
            keep_alive: connect.keep_alive,
            wants_session: connect.session_expiry > 0,
        });
        self.ask(client);
    }

    fn keep_will(&mut self, will: &Will) {
        let format = Format::of_content_type(will.properties.content_type.as_deref());
        let report = format.and_then(|f| ConnectionReport::decode(f, &will.payload).ok());
        match report {
            Some(report) => self.will = Some((report.state, report.boot)),
            None => self.count(Counted::BadReport),
        }
    }

    pub(super) fn ask(&mut self, client: Client) {
        let claim = IdentityClaim {
            key: AccountKey {
                family: Mqtt.name(),
                account: client.account,
                listener: self.listener,
                receiver: None,
                line: None,
                path_name: client.path,
            },
            secret: self.secret.clone(),
            must_prove: true,
        };
        self.event(SessionEvent::Identify(Box::new(claim)));
    }

    /// The answer to the question that CONNECT raised.
    pub(super) fn answered(&mut self, asked: Asked, identity: Identity, now: Now) {
        match identity {
            Identity::Admitted(admitted) => self.let_in(asked, &admitted, now),
            Identity::Refused { account, .. } if self.is_about(account) => {
                // It is told no more than that (I10).
                self.count(Counted::NotAdmitted);
                self.end(CloseReason::NotAdmitted, ReasonCode::NotAuthorized);
            }
            Identity::Busy { retry_after } => {
                self.count(Counted::Busy);
                self.turn_away(retry_after);
            }
            // About another, or before the answer, which is newer.
            Identity::Refused { .. } | Identity::Stale { .. } => {}
        }
    }

    /// An answer, asked for or not, about a path that was let in.
    pub(super) fn answered_again(&mut self, place: Place, identity: Identity) {
        match identity {
            Identity::Admitted(admitted) if admitted.path == place.path => {
                self.phase = Phase::Live(place_of(&admitted));
                self.forget_secret(admitted.proven);
                self.hold_to(admitted.keep_alive);
            }
            Identity::Stale { account } if self.is_about(account) => {
                if let (Phase::Live(_), Some(client)) = (self.phase, self.client) {
                    self.phase = Phase::AskedAgain(place);
                    self.ask(client);
                }
            }
            // It was let in before, and still may be here: only newcomers have to wait.
            Identity::Busy { .. } => self.phase = Phase::Live(place),
            Identity::Admitted(_) => self.expel(),
            Identity::Refused { account, .. } if self.is_about(account) => self.expel(),
            Identity::Refused { .. } | Identity::Stale { .. } => {}
        }
    }

    /// R10: it is to be heard more often than it promised. MQTT can say so in a CONNACK only, so it is
    /// asked to come again; in 3.1.1 not even that would help.
    fn hold_to(&mut self, keep_alive: Option<Duration>) {
        let promised = u16::try_from(self.silence / 1_500).unwrap_or(u16::MAX);
        if self.keep_alive(promised, keep_alive).1 {
            self.count(Counted::KeepAliveShortened);
            self.turn_away(SOON);
        }
    }

    /// It is no longer who it was, or no longer let in.
    fn expel(&mut self) {
        self.count(Counted::Ended);
        self.end(CloseReason::NotAdmitted, ReasonCode::AdministrativeAction);
    }

    fn is_about(&self, account: model::Account) -> bool {
        self.client.is_some_and(|client| client.account == account)
    }

    fn let_in(&mut self, asked: Asked, admitted: &Arc<Admitted>, now: Now) {
        let (keep_alive, is_ours) = self.keep_alive(asked.keep_alive, admitted.keep_alive);
        self.silence = u32::from(keep_alive) * 1_500;
        let place = place_of(admitted);
        self.phase = Phase::Live(place);
        self.forget_secret(admitted.proven);
        self.count(Counted::Connected);
        self.alive(place);
        self.answer(&Packet::ConnAck(Box::new(ConnAck {
            // All that is not offered is said, so that a client need not try.
            session_expiry: asked.wants_session.then_some(0),
            receive_maximum: NonZeroU16::new(self.pipeline),
            maximum_qos: Qos::AtLeastOnce,
            maximum_packet_size: Some(limits::MQTT_PACKET),
            subscription_ids_available: false,
            shared_available: false,
            server_keep_alive: is_ours.then_some(keep_alive),
            user_properties: vec![("time".to_owned(), now.wall.millis().to_string())],
            ..ConnAck::because(ReasonCode::Success)
        })));
    }

    /// The keep-alive that holds, in seconds, and whether it is ours: what the class allows, where
    /// the client promised less (R10). In 3.1.1 it can only be the client's.
    fn keep_alive(&self, wanted: u16, allowed: Option<Duration>) -> (u16, bool) {
        let allowed = allowed.filter(|_| self.level() == Level::V5);
        let seconds = |time: Duration| u16::try_from(time.as_secs()).unwrap_or(u16::MAX).max(1);
        match allowed.map(seconds) {
            Some(allowed) if wanted == 0 || allowed < wanted => (allowed, true),
            _ => (wanted, false),
        }
    }

    /// A secret is kept only as long as it is what proves the path.
    fn forget_secret(&mut self, proven: Proven) {
        if proven != Proven::BySecret {
            self.secret = None;
        }
    }
}

fn place_of(admitted: &Admitted) -> Place {
    Place {
        panel: admitted.panel,
        path: admitted.path,
        proven: admitted.proven,
    }
}
