//! The lines of [`crate::family`], of panels that must prove who they are.
//!
//! Who is not let in hears `refused REASON`, who is to come back later `busy SECONDS`, who is taken over
//! `taken`; then the connection closes. What may no longer be true is asked again at once.

use std::collections::VecDeque;

use model::{AccountKey, Committed, FamilyName, IdentityClaim, Mono, Now, Refusal, SignalToken};
use proto::{CloseReason, Counted, Family, Identity, Session, SessionEvent, SessionSetting};

use crate::family::LineFamily;

#[derive(Debug)]
pub(crate) struct ProvingFamily;

impl Family for ProvingFamily {
    fn name(&self) -> FamilyName {
        LineFamily.name()
    }

    fn title(&self) -> &'static str {
        "Lines with proof"
    }

    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session> {
        Box::new(ProvingSession {
            lines: LineFamily.open_stream(setting),
            asked: None,
            asks_again: false,
            events: VecDeque::new(),
            out: Vec::new(),
        })
    }
}

#[derive(Debug)]
struct ProvingSession {
    lines: Box<dyn Session>,
    asked: Option<AccountKey>,
    asks_again: bool,
    events: VecDeque<SessionEvent>,
    out: Vec<u8>,
}

impl ProvingSession {
    fn close(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        let close = SessionEvent::Close(CloseReason::NotAdmitted);
        self.events.push_back(close);
    }
}

impl Session for ProvingSession {
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        self.lines.handle_bytes(now, bytes);
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        match identity {
            Identity::Admitted(_) if std::mem::take(&mut self.asks_again) => {}
            Identity::Admitted(_) => self.lines.handle_identity(now, identity),
            Identity::Refused { reason, .. } => {
                self.close(&format!("refused {}\n", reason.as_str()));
            }
            Identity::Busy { retry_after } => {
                self.events.push_back(SessionEvent::Count(Counted::Busy));
                self.close(&format!("busy {}\n", retry_after.as_secs()));
            }
            Identity::Stale { .. } => {
                self.asks_again = true;
                let claim = IdentityClaim {
                    must_prove: true,
                    ..IdentityClaim::of_account(self.asked.expect("it was admitted"))
                };
                let again = SessionEvent::Identify(Box::new(claim));
                self.events.push_back(again);
            }
        }
    }

    fn handle_committed(&mut self, now: Now, proof: Committed) {
        self.lines.handle_committed(now, proof);
    }

    fn handle_refused(&mut self, now: Now, token: SignalToken, reason: Refusal) {
        self.lines.handle_refused(now, token, reason);
    }

    fn handle_close(&mut self, now: Now, reason: CloseReason) {
        match reason {
            CloseReason::TakenOver => {
                self.events
                    .push_back(SessionEvent::Count(Counted::TakenOver));
                self.out.extend_from_slice(b"taken\n");
            }
            _ => self.lines.handle_close(now, reason),
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        self.lines.handle_timeout(now);
    }

    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.out.is_empty();
        out.append(&mut self.out);
        self.lines.poll_transmit(out) || any
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        let event = self.events.pop_front().or_else(|| self.lines.poll_event());
        match event {
            Some(SessionEvent::Identify(mut claim)) => {
                claim.must_prove = true;
                self.asked = Some(claim.key);
                Some(SessionEvent::Identify(claim))
            }
            other => other,
        }
    }

    fn poll_timeout(&self) -> Option<Mono> {
        self.lines.poll_timeout()
    }

    fn wants_read(&self) -> bool {
        self.lines.wants_read()
    }
}
