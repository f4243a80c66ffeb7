use std::time::Duration;

use wire::dc09::{CrcForm, Deframer, Found, Frame, enclose, reply};

use super::*;
use crate::kind::Kind;

const T0: Now = Now {
    mono: Mono(1_000_000_000),
    wall: Wall(1_750_000_000_000_000),
    suspect: false,
};

fn later(seconds: u64) -> Now {
    Now {
        mono: T0.mono.after(Duration::from_secs(seconds)),
        wall: Wall(T0.wall.0 + i64::try_from(seconds).unwrap() * 1_000_000),
        suspect: false,
    }
}

fn panel(habit: Habit) -> Panel {
    let identity = Identity {
        account: Account::parse(b"12AB").unwrap(),
        receiver: Some(0x57),
        line: 0x78,
    };
    let mut panel = Panel::new(identity, habit);
    panel.handle_connected(T0, T0.mono);
    panel
}

/// What the panel transmits now, frame by frame.
fn frames(panel: &mut Panel) -> Vec<Vec<u8>> {
    let mut octets = Vec::new();
    while panel.transmit(&mut octets) {}
    let (mut deframer, mut input) = (Deframer::new(), &octets[..]);
    let mut frames = Vec::new();
    while let Some(found) = deframer.next(&mut input) {
        let Found::Frame(envelope) = found else {
            panic!("a panel sends frames only");
        };
        frames.push(envelope.covered().to_vec());
    }
    frames
}

fn sequences(panel: &mut Panel) -> Vec<String> {
    let sequence = |covered: &Vec<u8>| {
        let frame = Frame::parse(covered).unwrap();
        String::from_utf8(frame.sequence.to_vec()).unwrap()
    };
    frames(panel).iter().map(sequence).collect()
}

fn acknowledge(covered: &[u8]) -> Vec<u8> {
    reply::acknowledge(&Frame::parse(covered).unwrap(), CrcForm::Text)
}

fn report(panel: &mut Panel, now: Now, number: u64) {
    panel.report(now, now.mono, Content::numbered(number));
}

fn events(panel: &mut Panel) -> Vec<PanelEvent> {
    std::iter::from_fn(|| panel.poll_event()).collect()
}

fn acknowledged(number: u64, seconds: u64, in_order: bool) -> PanelEvent {
    PanelEvent::Acknowledged {
        number,
        kind: Content::numbered(number).kind(),
        took: Duration::from_secs(seconds),
        served: Duration::from_secs(seconds),
        in_order,
    }
}

#[test]
fn an_acknowledgement_frees_the_window_and_tells_how_long_it_took() {
    let mut panel = panel(Habit::plain());
    report(&mut panel, T0, 1);
    assert!(!panel.has_room());
    let sent = frames(&mut panel);
    panel.handle_bytes(later(2), &acknowledge(&sent[0]));
    assert_eq!(events(&mut panel), [acknowledged(1, 2, true)]);
    assert!(panel.has_room() && panel.is_at_rest());
    assert_eq!(panel.poll_timeout(), None);
}

#[test]
fn answers_are_understood_however_they_are_split() {
    let mut panel = panel(Habit::plain());
    report(&mut panel, T0, 1);
    let sent = frames(&mut panel);
    for octet in acknowledge(&sent[0]) {
        assert_eq!(events(&mut panel), []);
        panel.handle_bytes(T0, &[octet]);
    }
    assert_eq!(events(&mut panel), [acknowledged(1, 0, true)]);
}

#[test]
fn sequences_go_from_1_to_9999_and_begin_again() {
    let mut panel = panel(Habit::plain());
    for number in 1..=10_001 {
        report(&mut panel, T0, number);
        let sent = frames(&mut panel);
        let expected = (number - 1) % 9_999 + 1;
        let frame = Frame::parse(&sent[0]).unwrap();
        assert_eq!(frame.sequence, format!("{expected:04}").as_bytes());
        panel.handle_bytes(T0, &acknowledge(&sent[0]));
        assert!(panel.is_at_rest());
    }
}

#[test]
fn what_is_sent_again_is_the_same_to_the_octet() {
    let mut panel = panel(Habit::plain());
    report(&mut panel, T0, 1);
    let first = frames(&mut panel);
    panel.handle_timeout(later(4));
    assert_eq!(events(&mut panel), [], "five seconds have not passed");
    panel.handle_timeout(later(5));
    assert_eq!(events(&mut panel), [PanelEvent::Repeating]);
    assert_eq!(frames(&mut panel), first);
    panel.handle_timeout(later(10));
    assert_eq!(events(&mut panel), [PanelEvent::HangUp]);
    panel.handle_disconnected();
    panel.handle_connected(later(11), later(11).mono);
    assert_eq!(frames(&mut panel), first);
}

#[test]
fn a_new_connection_carries_all_that_is_unanswered_in_its_order() {
    let habit = Habit {
        window: 3,
        ..Habit::plain()
    };
    let mut panel = panel(habit);
    for number in 1..=3 {
        report(&mut panel, T0, number);
    }
    let sent = frames(&mut panel);
    panel.handle_bytes(T0, &acknowledge(&sent[0]));
    panel.handle_disconnected();
    report(&mut panel, T0, 4);
    assert_eq!(
        sequences(&mut panel),
        Vec::<String>::new(),
        "nobody to send it to"
    );
    panel.handle_connected(later(1), later(1).mono);
    assert_eq!(sequences(&mut panel), ["0002", "0003", "0004"]);
}

#[test]
fn an_acknowledgement_ahead_of_an_earlier_one_is_told() {
    let habit = Habit {
        window: 2,
        ..Habit::plain()
    };
    let mut panel = panel(habit);
    report(&mut panel, T0, 1);
    report(&mut panel, T0, 2);
    let sent = frames(&mut panel);
    panel.handle_bytes(T0, &acknowledge(&sent[1]));
    panel.handle_bytes(T0, &acknowledge(&sent[0]));
    assert_eq!(
        events(&mut panel),
        [acknowledged(2, 0, false), acknowledged(1, 0, true)]
    );
}

#[test]
fn answers_to_others_and_to_what_is_answered_count_for_nothing() {
    let mut panel = panel(Habit::plain());
    report(&mut panel, T0, 1);
    let sent = frames(&mut panel);
    for foreign in [
        &b"\"ACK\"0001R57L78#12AC[]"[..],
        b"\"ACK\"0002R57L78#12AB[]",
        b"\"ACK\"0001R57L79#12AB[]",
        b"\"ACK\"0001L78#12AB[]",
    ] {
        let mut octets = Vec::new();
        enclose(CrcForm::Text, foreign, &mut octets).unwrap();
        panel.handle_bytes(T0, &octets);
        assert_eq!(events(&mut panel), [PanelEvent::Stray]);
    }
    let ack = acknowledge(&sent[0]);
    panel.handle_bytes(T0, &ack);
    panel.handle_bytes(T0, &ack);
    assert_eq!(
        events(&mut panel),
        [acknowledged(1, 0, true), PanelEvent::Stray]
    );
}

#[test]
fn duh_ends_a_signal_and_garbage_does_not() {
    let mut panel = panel(Habit::plain());
    report(&mut panel, T0, 1);
    let sent = frames(&mut panel);
    panel.handle_bytes(T0, b"\nHTTP/1.1 400 Bad Request\r\n");
    assert!(events(&mut panel).contains(&PanelEvent::Unreadable));
    assert!(!panel.is_at_rest());
    let duh = reply::cannot_process(&Frame::parse(&sent[0]).unwrap(), CrcForm::Text);
    panel.handle_bytes(T0, &duh);
    assert_eq!(
        events(&mut panel),
        [PanelEvent::Refused {
            number: 1,
            kind: Kind::Restore
        }]
    );
    assert!(panel.is_at_rest());
}

#[test]
fn a_nak_sets_the_clock_and_the_signal_goes_out_with_the_right_time() {
    let habit = Habit::plain();
    let mut panel = Panel::new(panel(habit).identity(), habit).with_clock_error(-3_600_000_000);
    panel.handle_connected(T0, T0.mono);
    report(&mut panel, T0, 1);
    let wrong = frames(&mut panel);
    assert!(wrong[0].ends_with(b"_14:06:40,06-15-2025"));
    let mut nak = Vec::new();
    enclose(
        CrcForm::Text,
        b"\"NAK\"0000R0L0A0[]_15:06:41,06-15-2025",
        &mut nak,
    )
    .unwrap();
    panel.handle_bytes(later(1), &nak);
    assert_eq!(events(&mut panel), [PanelEvent::SetBack]);
    let right = frames(&mut panel);
    assert!(right[0].ends_with(b"_15:06:41,06-15-2025"));
    assert!(
        right[0].starts_with(b"\"ADM-CID\"0001"),
        "the same sequence"
    );
    panel.handle_bytes(later(1), &nak);
    assert_eq!(
        events(&mut panel),
        [PanelEvent::SetBack, PanelEvent::HangUp]
    );
}

#[test]
fn supervision_has_sequence_zero_and_is_answered_like_the_rest() {
    let mut panel = panel(Habit {
        window: 2,
        ..Habit::plain()
    });
    report(&mut panel, T0, 1);
    panel.supervise(T0, T0.mono);
    let sent = frames(&mut panel);
    assert!(sent[1].starts_with(b"\"NULL\"0000R57L78#12AB[]"));
    panel.handle_bytes(T0, &acknowledge(&sent[1]));
    panel.handle_bytes(T0, &acknowledge(&sent[0]));
    assert_eq!(
        events(&mut panel),
        [
            PanelEvent::Answered {
                kind: Kind::Poll,
                took: Duration::ZERO
            },
            acknowledged(1, 0, true)
        ]
    );
}

#[test]
fn a_signal_reads_as_the_standard_has_it() {
    let mut panel = panel(Habit {
        window: 20,
        stamped: false,
        ..Habit::plain()
    });
    for number in [12, 13, 15] {
        report(&mut panel, T0, number);
    }
    let texts: Vec<_> = frames(&mut panel)
        .into_iter()
        .map(|covered| String::from_utf8(covered).unwrap())
        .collect();
    let expected = [
        "\"SIA-DCS\"0001R57L78#12AB[#12AB|Nri13/TA013|Nri14/TR014][Isignal 12]",
        "\"ADM-CID\"0002R57L78#12AB[#12AB|1130 14 014][Isignal 13]",
        "\"SIA-DCS\"0003R57L78#12AB[#12AB|Nri16/CL016][Isignal 15]",
    ];
    assert_eq!(texts, expected);
}

fn encrypted() -> (Panel, CipherKey) {
    let key = CipherKey::from_ascii("AAAAAAAAAAAAAAAA").unwrap();
    let plain = panel(Habit::plain());
    let mut panel = Panel::new(plain.identity(), Habit::plain()).with_key(Some(key.clone()));
    panel.handle_connected(T0, T0.mono);
    (panel, key)
}

fn acknowledge_encrypted(covered: &[u8], key: &CipherKey) -> Vec<u8> {
    let frame = Frame::parse(covered).unwrap();
    reply::acknowledge_encrypted(&frame, CrcForm::Text, key, [7; _], T0.wall)
}

#[test]
fn an_encrypted_signal_opens_with_the_key_and_is_acknowledged_under_it() {
    let (mut panel, key) = encrypted();
    report(&mut panel, T0, 15);
    let sent = frames(&mut panel);
    let frame = Frame::parse(&sent[0]).unwrap();
    assert!(frame.encrypted && sent[0].starts_with(b"\"*SIA-DCS\"0001R57L78#12AB["));
    let plain = wire::dc09::decrypt(&key, &frame.body[1..]).unwrap();
    assert!((16..32).contains(&plain.pad().len()));
    assert!(
        plain
            .body()
            .starts_with(b"[#12AB|Nri16/CL016][Isignal 15]_")
    );
    panel.handle_bytes(T0, &acknowledge_encrypted(&sent[0], &key));
    assert_eq!(events(&mut panel), [acknowledged(15, 0, true)]);
}

#[test]
fn an_answer_in_clear_or_under_another_key_acknowledges_nothing() {
    let (mut panel, _) = encrypted();
    report(&mut panel, T0, 1);
    let sent = frames(&mut panel);
    panel.handle_bytes(T0, &acknowledge(&sent[0]));
    let other = CipherKey::from_ascii("BBBBBBBBBBBBBBBB").unwrap();
    panel.handle_bytes(T0, &acknowledge_encrypted(&sent[0], &other));
    assert_eq!(events(&mut panel), [PanelEvent::NotAuthentic; 2]);
    assert!(!panel.is_at_rest());
}

#[test]
fn a_signal_in_clear_from_a_panel_that_encrypts_is_acknowledged_in_clear() {
    let (mut panel, key) = encrypted();
    let content = Content {
        in_clear: true,
        ..Content::numbered(1)
    };
    panel.report(T0, T0.mono, content);
    let sent = frames(&mut panel);
    assert!(sent[0].starts_with(b"\"ADM-CID\"0001R57L78#12AB["));
    panel.handle_bytes(T0, &acknowledge_encrypted(&sent[0], &key));
    assert_eq!(events(&mut panel), [PanelEvent::NotAuthentic]);
    panel.handle_bytes(T0, &acknowledge(&sent[0]));
    assert_eq!(events(&mut panel), [acknowledged(1, 0, true)]);
}

#[test]
fn an_encrypted_repeat_is_the_same_to_the_octet_until_it_is_too_old() {
    let (mut panel, _) = encrypted();
    report(&mut panel, T0, 1);
    let first = frames(&mut panel);
    panel.handle_timeout(later(5));
    assert_eq!(frames(&mut panel), first);
    panel.handle_disconnected();
    panel.handle_connected(later(31), later(31).mono);
    assert_ne!(frames(&mut panel), first);
}

#[test]
fn a_panel_that_mishears_sends_again_and_its_first_answer_counts() {
    let habit = Habit {
        deaf: Share::percent(100),
        ..Habit::plain()
    };
    let mut panel = panel(habit);
    report(&mut panel, T0, 1);
    let sent = frames(&mut panel);
    panel.handle_bytes(later(1), &acknowledge(&sent[0]));
    assert_eq!(events(&mut panel), [PanelEvent::Ignored]);
    panel.handle_timeout(later(5));
    assert_eq!(frames(&mut panel), sent);
    panel.hear_all();
    panel.handle_bytes(later(6), &acknowledge(&sent[0]));
    assert_eq!(
        events(&mut panel),
        [PanelEvent::Repeating, acknowledged(1, 1, true)]
    );
}

#[test]
fn a_panel_with_a_constant_sequence_sends_0001_for_ever_and_doubles_are_the_same() {
    let habit = Habit {
        constant_sequence: true,
        doubles: Share::percent(100),
        ..Habit::plain()
    };
    let mut panel = panel(habit);
    for number in 1..=3 {
        report(&mut panel, T0, number);
        let sent = frames(&mut panel);
        assert!(sent.len() == 2 && sent[0] == sent[1]);
        assert_eq!(Frame::parse(&sent[0]).unwrap().sequence, b"0001");
        panel.handle_bytes(T0, &acknowledge(&sent[0]));
        assert!(panel.is_at_rest());
    }
}

#[test]
fn an_answer_with_none_in_place_of_the_receiver_is_understood() {
    let identity = Identity::of(Account::parse(b"1234").unwrap());
    let mut panel = Panel::new(identity, Habit::plain());
    panel.handle_connected(T0, T0.mono);
    report(&mut panel, T0, 1);
    frames(&mut panel);
    let mut octets = Vec::new();
    enclose(CrcForm::Text, b"\"ACK\"0001NoneL0#1234[]", &mut octets).unwrap();
    panel.handle_datagram(T0, &octets);
    assert_eq!(events(&mut panel), [acknowledged(1, 0, true)]);
}
