//! What supervision takes from the journal: its own news, and the test signals that panels send.

use arrayvec::ArrayString;
use model::{
    Account, Code, Event, EventFlags, EventSeq, FamilyName, NewEvent, OrganisationId, OwnCode,
    PanelId, PathId, PathIndex, SiteId, Wall,
};

use crate::ports::Told;
use crate::supervision::clock::Served;
use crate::supervision::follower::{expected, told};

fn event(code: Code, flags: EventFlags) -> Event {
    let body = NewEvent {
        path: PathIndex(7),
        path_id: PathId::from_bytes([1; 16]),
        panel: PanelId::from_bytes([2; 16]),
        site: SiteId::from_bytes([3; 16]),
        organisation: OrganisationId::from_bytes([4; 16]),
        family: FamilyName::parse("test").unwrap(),
        format: ArrayString::from("ADM-CID").unwrap(),
        account: Account::parse(b"1234").unwrap(),
        code,
        class: code.meaning().class,
        partition: None,
        point: None,
        panel_sequence: None,
        panel_time: None,
        occurred: Some(Wall(3)),
        received: Wall(5),
        flags,
        text: None,
        message: None,
    };
    Event {
        seq: EventSeq(9),
        message_seq: EventSeq(9),
        body,
    }
}

fn panel_said(code: &str, flags: EventFlags) -> Event {
    event(Code::contact_id(code.as_bytes()).unwrap(), flags)
}

#[test]
fn a_test_report_is_a_test_and_an_alarm_is_only_a_signal() {
    assert_eq!(
        expected(&panel_said("1602", EventFlags::empty())),
        Some(true)
    );
    assert_eq!(
        expected(&panel_said("1130", EventFlags::empty())),
        Some(false)
    );
}

#[test]
fn a_doubtful_test_satisfies_nothing_and_a_doubtful_alarm_is_a_signal_all_the_same() {
    let doubt = EventFlags::PLAIN_AFTER_ENCRYPTED;
    assert_eq!(expected(&panel_said("1602", doubt)), None);
    assert_eq!(expected(&panel_said("1130", doubt)), Some(false));
}

#[test]
fn what_we_say_ourselves_is_no_signal_of_the_panel() {
    for code in OwnCode::ALL {
        let own = event(Code::Own(*code), EventFlags::empty());
        assert_eq!(expected(&own), None, "{code:?}");
    }
}

#[test]
fn faults_are_known_by_the_event_that_told_them_from_when_they_happened() {
    let served = Served::default();
    for (begins, ends) in [
        (OwnCode::PathLost, OwnCode::PathRestored),
        (OwnCode::PanelLost, OwnCode::PanelRestored),
        (OwnCode::TestOverdue, OwnCode::TestRestored),
    ] {
        match told(&event(Code::Own(begins), EventFlags::empty()), served) {
            Some(Told::Began { seq, fault }) => {
                assert_eq!((seq, fault.path), (EventSeq(9), PathIndex(7)));
                assert_eq!((fault.code, fault.since), (begins, Wall(3)));
            }
            other => panic!("{begins:?}: {other:?}"),
        }
        match told(&event(Code::Own(ends), EventFlags::empty()), served) {
            Some(Told::Ended { path, code, at, .. }) => {
                assert_eq!((path, code, at), (PathIndex(7), ends, Wall(3)));
            }
            other => panic!("{ends:?}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_supervisions_own_news_changes_nothing() {
    let served = Served::default();
    for code in [OwnCode::Flood, OwnCode::OddPadding, OwnCode::ClockJumped] {
        assert_eq!(
            told(&event(Code::Own(code), EventFlags::empty()), served),
            None
        );
    }
    assert_eq!(told(&panel_said("1350", EventFlags::empty()), served), None);
}
