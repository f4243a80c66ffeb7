//! What becomes of a frame: whose it is, whether it can be opened and believed, and what is
//! answered.

use std::sync::Arc;

use model::{AccountKey, EventFlags, IdentityClaim, Now, SignalToken};
use proto::{Admitted, Counted, Identity, Outgoing, SessionEvent};
use wire::dc09::{Body, Deframer, Envelope, Found, Frame, Unreadable, reply};

use super::Dc09Session;
use crate::dc09::answer::Answer;
use crate::dc09::decode::{self, Arrived, Received};
use crate::dc09::open::{Opened, open};
use crate::dc09::repeat::repeat_key;
use crate::dc09::replies::Unproven;
use crate::dc09::speaker::{Asked, Judgement, Known, Speaker};
use crate::dc09::token::{Asks, Format};

/// A frame of a registered account that was opened and judged.
struct Judged<'a> {
    arrived: &'a Arrived<'a>,
    opened: &'a Opened<'a>,
    body: &'a Result<Body<'a>, Unreadable>,
    admitted: &'a Arc<Admitted>,
    judgement: Judgement,
}

impl Judged<'_> {
    fn acknowledgement(&self) -> Answer {
        let Arrived {
            frame, envelope, ..
        } = self.arrived;
        Answer::acknowledge(frame, envelope.form(), self.opened, self.admitted)
    }

    fn our_time(&self) -> Answer {
        Answer::OurTime(self.arrived.envelope.form())
    }
}

impl Dc09Session {
    /// A frame whose CRC and length are right.
    pub(super) fn handle_frame(&mut self, envelope: &Envelope<'_>, read: Now, now: Now) {
        let Ok(frame) = Frame::parse(envelope.covered()) else {
            self.tally.add(Counted::NotAFrame);
            return;
        };
        match Asks::of(&frame) {
            Asks::Nothing => self.tally.add(Counted::UnknownToken),
            Asks::Unknown => self.decline(envelope, &frame, Counted::UnknownToken, now),
            asks @ (Asks::Supervision | Asks::Signal(_)) => match frame.address() {
                Ok(address) => {
                    let arrived = Arrived {
                        envelope,
                        frame: &frame,
                        address: &address,
                        read,
                    };
                    self.handle_addressed(&arrived, asks, now);
                }
                Err(_) => self.decline(envelope, &frame, Counted::Malformed, now),
            },
        }
    }

    /// DUH: received well, and cannot be processed.
    fn decline(&mut self, envelope: &Envelope<'_>, frame: &Frame<'_>, reason: Counted, now: Now) {
        self.tally.add(reason);
        let duh = reply::cannot_process(frame, envelope.form());
        self.replies.push(Answer::Frame(duh), now.wall);
    }

    fn handle_addressed(&mut self, arrived: &Arrived<'_>, asks: Asks, now: Now) {
        let key = self.key_of(arrived);
        if matches!(&self.speaker, Speaker::Known(known) if known.key == key) {
            self.handle_known(arrived, asks, now);
            return;
        }
        let claim = Box::new(IdentityClaim::of_account(key));
        self.events.push_back(SessionEvent::Identify(claim));
        self.speaker = Speaker::Asked(Box::new(Asked {
            key,
            frame: arrived.envelope.octets().to_vec(),
            read: arrived.read,
        }));
    }

    pub(super) fn key_of(&self, arrived: &Arrived<'_>) -> AccountKey {
        AccountKey {
            family: self.family,
            account: arrived.address.account,
            listener: self.setting.listener,
            receiver: arrived.address.receiver,
            line: arrived.address.line,
            path_name: None,
        }
    }

    /// The answer to the open question is here: the frame that waited goes its way.
    pub(super) fn answered(&mut self, asked: &Asked, identity: Identity, now: Now) {
        let mut deframer = Deframer::new();
        let mut input = asked.frame.as_slice();
        // It was cut out of the stream as a good frame, so it is found again.
        let Some(Found::Frame(envelope)) = deframer.next(&mut input) else {
            return;
        };
        match identity {
            Identity::Admitted(admitted) => {
                self.speaker = Speaker::Known(Known::new(asked.key, admitted));
                self.handle_frame(&envelope, asked.read, now);
            }
            // Left unanswered: the panel sends it again.
            Identity::Busy { .. } | Identity::Stale { .. } => {}
            Identity::Refused { .. } => {
                // It was asked about, so that much of it could be read.
                if let Ok(frame) = Frame::parse(envelope.covered())
                    && let Ok(address) = frame.address()
                {
                    let arrived = Arrived {
                        envelope: &envelope,
                        frame: &frame,
                        address: &address,
                        read: asked.read,
                    };
                    self.meet_unknown(&arrived, now);
                }
            }
        }
    }

    /// A frame of the account that is known to speak.
    fn handle_known(&mut self, arrived: &Arrived<'_>, asks: Asks, now: Now) {
        let Speaker::Known(known) = &mut self.speaker else {
            return;
        };
        let admitted = Arc::clone(&known.admitted);
        let opened = match open(&admitted.keys, arrived.frame) {
            Ok(opened) => opened,
            Err(reason) => return self.turn_away(arrived, reason, now),
        };
        let body = Body::parse(opened.body());
        let is_signal = matches!(asks, Asks::Signal(_));
        let judgement = known.judge(&opened, &body, is_signal, arrived.read);
        let path = admitted.path;
        if judgement.news {
            let learned = known.learned.clone();
            self.events
                .push_back(SessionEvent::Learned { path, learned });
        }
        if judgement.skewed {
            self.events.push_back(SessionEvent::Skewed { path });
        }
        for (doubt, reason) in [
            (EventFlags::ODD_PADDING, Counted::OddPadding),
            (
                EventFlags::PLAIN_AFTER_ENCRYPTED,
                Counted::PlainAfterEncrypted,
            ),
        ] {
            if judgement.doubt.contains(doubt) {
                self.tally.add(reason);
            }
        }
        let judged = Judged {
            arrived,
            opened: &opened,
            body: &body,
            admitted: &admitted,
            judgement,
        };
        match asks {
            Asks::Signal(format) => self.take_signal(&judged, format, now),
            _ => self.answer_supervision(&judged, now),
        }
    }

    /// R4 is kept by the gateway, which closes connections when storage cannot be promised.
    fn answer_supervision(&mut self, judged: &Judged<'_>, now: Now) {
        if judged.judgement.is_refused() {
            self.tally.add(Counted::OutsideWindow);
            self.replies.push(judged.our_time(), now.wall);
            return;
        }
        self.tally.add(Counted::Supervision);
        let Arrived {
            envelope,
            frame,
            address,
            ..
        } = judged.arrived;
        let body_is_standard = judged.body.as_ref().is_ok_and(|body| body.is_standard);
        let sequence_is_standard = address.sequence == Some(0) || frame.token != b"NULL";
        let as_wanted = address.is_standard && body_is_standard && sequence_is_standard;
        if !as_wanted || envelope.is_padded() {
            self.tally.add(Counted::NonStandard);
        }
        if judged.judgement.is_sign_of_life() {
            let &Admitted { panel, path, .. } = judged.admitted.as_ref();
            let alive = SessionEvent::Alive { panel, path };
            if self.events.back() != Some(&alive) {
                self.events.push_back(alive);
            }
        }
        self.replies.push(judged.acknowledgement(), now.wall);
    }

    /// A signal is to be stored, unless its timestamp refuses it: then only if it is an alarm, and
    /// only if ingest says so (R3).
    fn take_signal(&mut self, judged: &Judged<'_>, format: Format, now: Now) {
        let Arrived {
            frame, envelope, ..
        } = judged.arrived;
        let received = Received {
            arrived: judged.arrived,
            format,
            body: judged.body,
            hub: judged.admitted.policy.hub,
            doubt: judged.judgement.doubt,
        };
        let signal = decode::signal(&received, judged.opened.kept(envelope, frame));
        let refused = judged.judgement.is_refused();
        if refused {
            self.tally.add(Counted::OutsideWindow);
            if !signal.class().is_alarm() {
                self.replies.push(judged.our_time(), now.wall);
                return;
            }
        }
        let stored = if refused && !judged.admitted.policy.accept_skewed {
            judged.our_time()
        } else {
            judged.acknowledgement()
        };
        let outside = refused.then(|| envelope.form());
        let key = repeat_key(signal.account, frame, judged.body);
        let outgoing = Outgoing {
            token: SignalToken(0),
            path: judged.admitted.path,
            class: signal.class(),
            key,
            received: judged.arrived.read.wall,
            skewed: refused,
            numbered: false,
            signal,
        };
        self.hand_on(outgoing, stored, outside);
    }

    /// Hands a signal on under the next token; its answer waits for its fate (I1).
    pub(super) fn hand_on(
        &mut self,
        mut outgoing: Outgoing,
        stored: Answer,
        outside: Option<wire::dc09::CrcForm>,
    ) {
        self.tally.add(Counted::Signal);
        let is_odd = |flags: EventFlags| flags.contains(EventFlags::NON_STANDARD);
        let signal = &outgoing.signal;
        if is_odd(signal.flags) || signal.items.iter().any(|item| is_odd(item.flags)) {
            self.tally.add(Counted::NonStandard);
        }
        self.last_token = SignalToken(self.last_token.0.wrapping_add(1));
        outgoing.token = self.last_token;
        self.replies.push_unproven(Unproven {
            token: self.last_token,
            key: outgoing.key,
            stored,
            outside,
        });
        self.events
            .push_back(SessionEvent::Signal(Box::new(outgoing)));
    }
}
