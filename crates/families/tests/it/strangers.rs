//! Unknown accounts and wrong keys (R6).

use model::{Code, EventFlags, OwnCode, PathIndex, limits};
use proto::conformance::BENCH_TIME;
use proto::{Admitted, SessionSetting, Strangers, StrayReason};
use wire::dc09::{CrcForm, Message};

use crate::driver::{Line, at, key, other_key, sealed, setting, with_keys};

fn plain(message: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    message.encode(CrcForm::Text, &mut out).unwrap();
    out
}

fn line(registered: Option<Admitted>, strangers: Strangers) -> Line {
    let setting = SessionSetting {
        strangers,
        ..setting()
    };
    Line::with_setting(registered, setting)
}

fn alarm() -> Message<'static> {
    at(Message::sia_dcs("1234", 7, "Nri1/BA1"), BENCH_TIME)
}

#[test]
fn an_unknown_account_and_a_wrong_key_are_told_the_same() {
    let frame = sealed(&alarm(), &key());
    for (registered, reason, counted) in [
        (None, StrayReason::UnknownAccount, "unknown_account"),
        (Some(with_keys([])), StrayReason::NoKey, "no_key"),
        (
            Some(with_keys([other_key()])),
            StrayReason::WrongKey,
            "wrong_key",
        ),
        (
            Some(with_keys([other_key(), other_key()])),
            StrayReason::WrongKey,
            "wrong_key",
        ),
    ] {
        let heard = line(registered, Strangers::Decline).say(&frame);
        let duh = b"\n3AFF0012\"DUH\"0007L0#1234[]\r";
        assert_eq!(heard.replies, duh);
        assert_eq!(heard.counted, [counted]);
        let [stray] = &heard.strays[..] else {
            panic!("{reason:?}: {} strays", heard.strays.len());
        };
        assert_eq!(stray.reason, reason);
        assert_eq!(stray.key.account.as_str(), "1234");
        assert_eq!((stray.format.as_str(), stray.encrypted), ("SIA-DCS", true));
        assert_eq!(
            stray.raw, frame,
            "what cannot be decrypted is kept as it came"
        );
        assert!(!stray.acknowledged && stray.received == BENCH_TIME);
        assert!(heard.signals.is_empty() && heard.learned.is_empty());
    }
}

#[test]
fn strangers_may_be_met_with_silence() {
    for registered in [None, Some(with_keys([])), Some(with_keys([other_key()]))] {
        let mut line = line(registered, Strangers::Silence);
        let heard = line.say(&sealed(&alarm(), &key()));
        assert!(heard.replies.is_empty() && heard.signals.is_empty());
        assert_eq!((heard.strays.len(), heard.counted.len()), (1, 1), "I4");
    }
    let mut line = line(None, Strangers::Silence);
    assert!(line.say(&plain(&alarm())).replies.is_empty());
    let unknown = line.say(b"\n");
    assert!(unknown.strays.is_empty());
}

#[test]
fn an_unknown_accounts_signal_is_acknowledged_once_it_is_stored_where_the_operator_wants_so() {
    let heard = line(None, Strangers::Acknowledge).say(&plain(&alarm()));
    assert_eq!(heard.words(&key()), ["\"ACK\"0007L0#1234"]);
    assert!(heard.strays[0].acknowledged);
    let [outgoing] = &heard.signals[..] else {
        panic!("one signal");
    };
    assert_eq!(outgoing.path, PathIndex::HOUSE);
    assert!(outgoing.class.is_alarm());
    let signal = &outgoing.signal;
    assert!(signal.flags.contains(EventFlags::UNKNOWN_ACCOUNT));
    assert!(signal.flags.is_doubtful());
    let codes: Vec<_> = signal.items.iter().map(|item| item.code).collect();
    assert_eq!(
        codes,
        [Code::Own(OwnCode::UnknownAccount), Code::Sia(*b"BA")]
    );
    assert_eq!(signal.account.as_str(), "1234");
}

#[test]
fn what_cannot_be_believed_of_strangers_is_declined_in_any_case() {
    let mut line = line(None, Strangers::Acknowledge);
    for frame in [
        sealed(&alarm(), &key()),
        sealed(&at(Message::null("1234"), BENCH_TIME), &key()),
        plain(&Message::null("1234")),
    ] {
        let heard = line.say(&frame);
        assert!(heard.words(&key())[0].starts_with("\"DUH\""));
        assert_eq!(heard.strays.len(), 1);
        assert!(!heard.strays[0].acknowledged);
        assert!(heard.signals.is_empty());
        assert_eq!(heard.alive, 0);
    }
}

#[test]
fn too_many_events_of_a_stranger_leave_room_for_ours() {
    let blocks = "NFA1|".repeat(limits::MESSAGE_EVENTS + 5);
    let frame = plain(&Message::sia_dcs("1234", 1, &blocks));
    let heard = line(None, Strangers::Acknowledge).say(&frame);
    let items = &heard.signals[0].signal.items;
    assert_eq!(items.len(), limits::MESSAGE_EVENTS);
    assert_eq!(items[0].code, Code::Own(OwnCode::UnknownAccount));
}

#[test]
fn secrets_of_strangers_are_not_kept() {
    let message = Message {
        extended: vec![(b'K', b"00112233".to_vec())],
        ..alarm()
    };
    let heard = line(None, Strangers::Decline).say(&plain(&message));
    let raw = heard.strays[0].raw.escape_ascii().to_string();
    assert!(raw.contains("[K***]") && !raw.contains("00112233"), "{raw}");
}

#[test]
fn a_stranger_may_be_registered_by_the_next_frame() {
    let mut line = line(None, Strangers::Decline);
    assert_eq!(line.say(&sealed(&alarm(), &key())).strays.len(), 1);
    line.registered = Some(with_keys([key()]));
    let heard = line.say(&sealed(&alarm(), &key()));
    assert_eq!(heard.words(&key()), ["\"*ACK\"0007L0#1234"]);
}
