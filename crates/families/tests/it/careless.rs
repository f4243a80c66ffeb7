//! The conformance suite turns red: sessions that break a promise, one each, are found out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use families::dc09::Dc09;
use model::{AckMode, Committed, EventSeq, FamilyName, Mono, Now, Refusal, SignalToken};
use proto::conformance::{BEHAVIOURS, Fixture, Subject};
use proto::{CloseReason, Family, Identity, Session, SessionEvent, SessionSetting};

use crate::dc09::{Dc09Fixture, EncryptedFixture};

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    AcknowledgesAtOnce,
    BelievesEveryProof,
    AcknowledgesTheRefused,
    ReadsOnAndOn,
    DropsSplitFrames,
    NeverTimesOut,
    ClosesWithoutAnswering,
    TrustsEveryClock,
    ForgetsWhoEncrypted,
    SaysNothingOfClocks,
    KeepsDatagramsOpen,
}

const FAULTS: [Fault; 11] = [
    Fault::AcknowledgesAtOnce,
    Fault::BelievesEveryProof,
    Fault::AcknowledgesTheRefused,
    Fault::ReadsOnAndOn,
    Fault::DropsSplitFrames,
    Fault::NeverTimesOut,
    Fault::ClosesWithoutAnswering,
    Fault::TrustsEveryClock,
    Fault::ForgetsWhoEncrypted,
    Fault::SaysNothingOfClocks,
    Fault::KeepsDatagramsOpen,
];

#[derive(Debug)]
struct CarelessFamily(Fault);

impl Family for CarelessFamily {
    fn name(&self) -> FamilyName {
        Dc09.name()
    }

    fn title(&self) -> &'static str {
        "a careless family"
    }

    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session> {
        self.careless(Dc09.open_stream(setting))
    }

    fn open_datagram(&self, setting: SessionSetting) -> Option<Box<dyn Session>> {
        let inner = match self.0 {
            Fault::KeepsDatagramsOpen => Dc09.open_stream(setting),
            _ => Dc09.open_datagram(setting)?,
        };
        Some(self.careless(inner))
    }
}

impl CarelessFamily {
    fn careless(&self, inner: Box<dyn Session>) -> Box<dyn Session> {
        Box::new(CarelessSession {
            fault: self.0,
            inner,
            handed_on: Vec::new(),
            last: Now::default(),
            identity: None,
        })
    }
}

#[derive(Debug)]
struct CarelessSession {
    fault: Fault,
    inner: Box<dyn Session>,
    /// Proofs for what was handed on, which the session makes up itself.
    handed_on: Vec<Committed>,
    last: Now,
    /// Who spoke, as it was told first.
    identity: Option<Identity>,
}

impl Session for CarelessSession {
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        self.last = now;
        if self.fault == Fault::DropsSplitFrames && bytes.last() != Some(&b'\r') {
            return;
        }
        let now = Now {
            suspect: now.suspect || self.fault == Fault::TrustsEveryClock,
            ..now
        };
        if let Some(Identity::Admitted(admitted)) = &mut self.identity {
            // Other keys, as far as it knows: what was learned counts no longer.
            Arc::make_mut(admitted).keys.reverse();
            let identity = Identity::Admitted(Arc::clone(admitted));
            self.inner.handle_identity(now, identity);
        }
        self.inner.handle_bytes(now, bytes);
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        if self.fault == Fault::ForgetsWhoEncrypted && self.identity.is_none() {
            self.identity = Some(identity.clone());
        }
        self.inner.handle_identity(now, identity);
    }

    fn handle_committed(&mut self, now: Now, proof: Committed) {
        let own = self
            .handed_on
            .iter()
            .find(|own| own.token() == proof.token());
        match own {
            Some(own) if self.fault == Fault::BelievesEveryProof => {
                self.inner.handle_committed(now, *own);
            }
            _ => self.inner.handle_committed(now, proof),
        }
    }

    fn handle_refused(&mut self, now: Now, token: SignalToken, reason: Refusal) {
        let own = self.handed_on.iter().find(|own| own.token() == token);
        match own {
            Some(own) if self.fault == Fault::AcknowledgesTheRefused => {
                self.inner.handle_committed(now, *own);
            }
            _ if self.fault == Fault::SaysNothingOfClocks => {
                let other = Refusal::UnknownPath;
                self.inner.handle_refused(now, token, other);
            }
            _ => self.inner.handle_refused(now, token, reason),
        }
    }

    fn handle_close(&mut self, now: Now, reason: CloseReason) {
        let reason = match self.fault {
            Fault::ClosesWithoutAnswering => CloseReason::Peer,
            _ => reason,
        };
        self.inner.handle_close(now, reason);
    }

    fn handle_timeout(&mut self, now: Now) {
        self.inner.handle_timeout(now);
    }

    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        self.inner.poll_transmit(out)
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        let event = self.inner.poll_event()?;
        if let SessionEvent::Signal(outgoing) = &event {
            let (token, key) = (outgoing.token, outgoing.key);
            let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
            self.handed_on.push(proof);
            if self.fault == Fault::AcknowledgesAtOnce {
                self.inner.handle_committed(self.last, proof);
            }
        }
        Some(event)
    }

    fn poll_timeout(&self) -> Option<Mono> {
        match self.fault {
            Fault::NeverTimesOut => None,
            _ => self.inner.poll_timeout(),
        }
    }

    fn wants_read(&self) -> bool {
        self.fault == Fault::ReadsOnAndOn || self.inner.wants_read()
    }
}

#[test]
fn every_broken_promise_is_found_by_some_behaviour() {
    for fault in FAULTS {
        let family = CarelessFamily(fault);
        let fixtures: [&dyn Fixture; 2] = [&Dc09Fixture, &EncryptedFixture];
        let violated = fixtures.into_iter().find_map(|fixture| {
            let subject = Subject {
                family: &family,
                fixture,
            };
            let mut behaviours = BEHAVIOURS.iter();
            behaviours.find(|(_, behaviour)| {
                catch_unwind(AssertUnwindSafe(|| behaviour(&subject))).is_err()
            })
        });
        let (name, _) = violated.unwrap_or_else(|| panic!("{fault:?} goes unnoticed"));
        println!("{fault:?}: {name}");
    }
}
