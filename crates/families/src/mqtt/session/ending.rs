//! How a connection ends, and what is said last.

use std::time::Duration;

use model::{ConnectionReport, PanelReport, limits};
use proto::{CloseReason, Counted, SessionEvent};
use wire::mqtt::{ConnAck, Disconnect, Kind, Packet, ReasonCode, Refused};

use super::{MqttSession, Phase, Place};

impl MqttSession {
    /// Octets that are no packet, or one that was not due.
    pub(super) fn refuse_octets(&mut self, refused: Refused) {
        let is_first = self.phase == Phase::New;
        let out_of_turn = refused.reason == ReasonCode::ProtocolError
            && is_first != (refused.kind == Some(Kind::Connect));
        let counted = match refused.reason {
            _ if out_of_turn => Counted::MqttOutOfTurn,
            ReasonCode::PacketTooLarge => Counted::PacketTooLarge,
            ReasonCode::UnsupportedProtocolVersion => Counted::MqttLevel,
            ReasonCode::ClientIdentifierNotValid => Counted::BadClientId,
            ReasonCode::ProtocolError => Counted::MqttProtocolError,
            _ => Counted::MqttMalformed,
        };
        self.break_off(refused.reason, counted);
    }

    /// The panel broke the protocol.
    pub(super) fn break_off(&mut self, reason: ReasonCode, counted: Counted) {
        self.count(counted);
        self.end(CloseReason::Protocol, reason);
    }

    /// Ends at once: says why, as far as the level can, and has the connection closed. What waits
    /// for its proof is not answered any more.
    pub(super) fn end(&mut self, close: CloseReason, reason: ReasonCode) {
        self.end_with(close, reason, limits::COMEBACK);
    }

    /// Not now: come back after this time.
    pub(super) fn turn_away(&mut self, retry_after: Duration) {
        self.end_with(
            CloseReason::NotAdmitted,
            ReasonCode::ServerBusy,
            retry_after,
        );
    }

    fn end_with(&mut self, close: CloseReason, reason: ReasonCode, retry: Duration) {
        let place = match self.phase {
            Phase::Closed | Phase::Gone => return,
            Phase::New | Phase::Asked(_) => None,
            Phase::Live(place) | Phase::AskedAgain(place) | Phase::Draining(place) => Some(place),
        };
        let hint = matches!(
            reason,
            ReasonCode::ServerBusy | ReasonCode::ServerShuttingDown
        );
        let seconds = retry.as_secs().max(1).to_string();
        let user_properties = Vec::from_iter(hint.then(|| ("retry-after".to_owned(), seconds)));
        let last = match (self.decoder.level(), place) {
            (_, Some(_)) => self.packet(&Packet::Disconnect(Disconnect {
                user_properties,
                // A widely used client takes a DISCONNECT that is shorter for a normal one.
                reason_string: Some(in_words(reason).to_owned()),
                ..Disconnect::because(reason)
            })),
            // Of another level: 3.1.1 has the answer that older clients understand as well.
            (None, None) if reason != ReasonCode::UnsupportedProtocolVersion => Vec::new(),
            (_, None) => self.packet(&Packet::ConnAck(Box::new(ConnAck {
                user_properties,
                ..ConnAck::because(of_conn_ack(reason))
            }))),
        };
        if matches!(close, CloseReason::Protocol | CloseReason::KeepAlive) {
            self.tell_will(place);
        }
        self.close(close, &last);
    }

    fn close(&mut self, close: CloseReason, last: &[u8]) {
        self.phase = Phase::Closed;
        self.forget();
        self.work().answers.silence(last);
        self.event(SessionEvent::Close(close));
    }

    /// Lets go of what only an open connection needs.
    fn forget(&mut self) {
        self.completion = None;
        self.secret = None;
        self.will = None;
        let level = self.level();
        // Whatever was begun is dropped; nothing is read any more.
        self.decoder = wire::mqtt::Decoder::client(level, 0);
        if let Some(work) = &mut self.work {
            work.backlog.leave(0);
        }
    }

    /// DISCONNECT: the end, with the will unless it was a normal one (3.14.4).
    pub(super) fn handle_disconnect(&mut self, reason: ReasonCode) {
        if let Phase::Live(place) = self.phase
            && reason != ReasonCode::Success
        {
            self.tell_will(Some(place));
        }
        self.close(CloseReason::Peer, &[]);
    }

    /// The connection closes, whoever wants it.
    pub(super) fn told_to_close(&mut self, reason: CloseReason) {
        match (self.phase, reason) {
            (Phase::Gone, _) => {}
            (phase, CloseReason::Peer) => {
                if let Phase::Live(place) | Phase::AskedAgain(place) = phase {
                    self.tell_will(Some(place));
                }
                self.phase = Phase::Gone;
                self.forget();
                self.work().answers.discard();
            }
            (Phase::Closed | Phase::Draining(_), CloseReason::Draining) | (Phase::Closed, _) => {}
            (Phase::Live(place) | Phase::AskedAgain(place), CloseReason::Draining) => {
                self.phase = Phase::Draining(place);
                self.forget();
                self.finish_draining();
            }
            (_, CloseReason::Draining) => {
                self.end(reason, ReasonCode::ServerBusy);
            }
            (_, CloseReason::TakenOver) => {
                self.count(Counted::TakenOver);
                self.end(reason, ReasonCode::SessionTakenOver);
            }
            (_, CloseReason::NotAdmitted) => {
                self.count(Counted::Ended);
                self.end(reason, ReasonCode::AdministrativeAction);
            }
            (_, CloseReason::KeepAlive) => self.end(reason, ReasonCode::KeepAliveTimeout),
            (_, CloseReason::Unstored) => self.end(reason, ReasonCode::ServerBusy),
            (_, CloseReason::Incomplete | CloseReason::Protocol | CloseReason::Answered) => {
                self.end(reason, ReasonCode::ProtocolError);
            }
        }
    }

    /// Says goodbye once everything that was taken is answered.
    pub(super) fn finish_draining(&mut self) {
        let answered = self
            .work
            .as_ref()
            .is_none_or(|work| work.answers.len() == 0);
        if matches!(self.phase, Phase::Draining(_)) && answered {
            self.end(CloseReason::Draining, ReasonCode::ServerShuttingDown);
        }
    }

    /// What the panel wanted to be told when it is gone.
    fn tell_will(&mut self, place: Option<Place>) {
        if let (Some(place), Some((state, boot))) = (place, self.will.take()) {
            let report = ConnectionReport {
                state,
                boot,
                firmware: None,
                model: None,
                reason: None,
                at: None,
            };
            self.event(SessionEvent::Report {
                path: place.path,
                report: Box::new(PanelReport::Connection(report)),
            });
        }
    }
}

/// What CONNACK can say of a reason that only DISCONNECT has (3.2.2.2).
const fn of_conn_ack(reason: ReasonCode) -> ReasonCode {
    match reason {
        ReasonCode::AdministrativeAction => ReasonCode::NotAuthorized,
        ReasonCode::SessionTakenOver
        | ReasonCode::ServerShuttingDown
        | ReasonCode::KeepAliveTimeout => ReasonCode::ServerUnavailable,
        other => other,
    }
}

/// Why a connection ends, for whoever reads the panel's log.
const fn in_words(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::SessionTakenOver => "the same path connected anew",
        ReasonCode::AdministrativeAction => "no longer let in",
        ReasonCode::ServerBusy => "come back later",
        ReasonCode::ServerShuttingDown => "the server stops: come back later",
        ReasonCode::KeepAliveTimeout => "nothing came within the keep-alive",
        ReasonCode::PacketTooLarge => "packet too large",
        ReasonCode::ReceiveMaximumExceeded => "too many unanswered publishes",
        ReasonCode::TopicAliasInvalid => "no topic alias is offered",
        ReasonCode::QosNotSupported => "QoS 2 is not offered",
        ReasonCode::ProtocolError => "not due at this point",
        _ => "not to be read",
    }
}
