//! Frames of strangers (R6): unknown accounts, and registered ones whose key does not fit.
//!
//! Invariant: which of these it is shows neither in the answer nor in the work that was done, but
//! where the operator wants unknown accounts to be acknowledged.

use model::{Code, EventFlags, Item, Now, OwnCode, PathIndex, Signal, SignalToken, limits};
use proto::{Counted, Outgoing, SessionEvent, Strangers, Stray, StrayReason};
use wire::dc09::{Body, redact, reply};

use super::Dc09Session;
use crate::dc09::answer::Answer;
use crate::dc09::decode::{self, Arrived, Received};
use crate::dc09::open::open;
use crate::dc09::repeat::repeat_key;
use crate::dc09::speaker::doubt_of_time;
use crate::dc09::token::{Asks, Format};

impl Dc09Session {
    /// A frame of an account that is not registered.
    pub(super) fn meet_unknown(&mut self, arrived: &Arrived<'_>, now: Now) {
        // Nobody's keys: this is the work that a wrong key takes.
        let opened = open(&[], arrived.frame);
        let wanted = self.setting.strangers == Strangers::Acknowledge && opened.is_ok();
        match Asks::of(arrived.frame) {
            Asks::Signal(format) if wanted => {
                self.tally.add(Counted::UnknownAccount);
                self.tell_stray(arrived, StrayReason::UnknownAccount, true);
                self.store_for_the_house(arrived, format);
            }
            _ => self.turn_away(arrived, StrayReason::UnknownAccount, now),
        }
    }

    /// The answer to all of them alike.
    pub(super) fn turn_away(&mut self, arrived: &Arrived<'_>, reason: StrayReason, now: Now) {
        self.tally.add(match reason {
            StrayReason::UnknownAccount => Counted::UnknownAccount,
            StrayReason::WrongKey => Counted::WrongKey,
            StrayReason::NoKey => Counted::NoKey,
        });
        self.tell_stray(arrived, reason, false);
        if self.setting.strangers != Strangers::Silence {
            let duh = reply::cannot_process(arrived.frame, arrived.envelope.form());
            self.replies.push(Answer::Frame(duh), now.wall);
        }
    }

    /// For the quarantine. What cannot be decrypted is kept as it came.
    fn tell_stray(&mut self, arrived: &Arrived<'_>, reason: StrayReason, acknowledged: bool) {
        let Arrived {
            envelope, frame, ..
        } = arrived;
        let raw = if frame.encrypted {
            envelope.octets().to_vec()
        } else {
            redact(envelope, frame)
        };
        self.events.push_back(SessionEvent::Stray(Box::new(Stray {
            key: self.key_of(arrived),
            reason,
            format: decode::format_name(frame),
            encrypted: frame.encrypted,
            acknowledged,
            received: arrived.read.wall,
            raw,
        })));
    }

    /// The operator wants unknown accounts to be acknowledged: so their signals are stored as
    /// events of Watchfire's own, behind one that says so, and can be relied on for nothing.
    fn store_for_the_house(&mut self, arrived: &Arrived<'_>, format: Format) {
        let Arrived {
            envelope, frame, ..
        } = arrived;
        let body = Body::parse(frame.body);
        let received = Received {
            arrived,
            format,
            body: &body,
            hub: false,
            doubt: EventFlags::UNKNOWN_ACCOUNT | doubt_of_time(&body, arrived.read),
        };
        let mut signal = decode::signal(&received, redact(envelope, frame));
        tell_unknown(&mut signal);
        let outgoing = Outgoing {
            token: SignalToken(0),
            path: PathIndex::HOUSE,
            class: signal.class(),
            key: repeat_key(signal.account, frame, &body),
            received: arrived.read.wall,
            skewed: false,
            numbered: false,
            signal,
        };
        let ack = reply::acknowledge(frame, envelope.form());
        self.hand_on(outgoing, Answer::Frame(ack), None);
    }
}

/// Puts what we saw before what the panel says. The last of too many events gives way; the raw
/// octets have it.
fn tell_unknown(signal: &mut Signal) {
    signal.items.truncate(limits::MESSAGE_EVENTS - 1);
    let ours = Item {
        account: None,
        code: Code::Own(OwnCode::UnknownAccount),
        partition: None,
        point: None,
        text: None,
        flags: EventFlags::empty(),
    };
    signal.items.insert(0, ours);
}
