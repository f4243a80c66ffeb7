//! Ids and messages to test with.

use engine::ports::NewMessage;
use model::{
    Account, Code, EventClass, EventFlags, Extended, FamilyName, Message, NewEvent, OrganisationId,
    OwnCode, PanelId, PathId, PathIndex, Point, PointNumber, RepeatKey, SiteId, Wall,
};

use super::NOW;

pub(crate) fn family() -> FamilyName {
    FamilyName::parse("dc09").unwrap()
}

pub(crate) fn panel_id(index: u32) -> PanelId {
    PanelId::from_bytes(octets(1, index))
}

pub(crate) fn path_id(index: u32) -> PathId {
    PathId::from_bytes(octets(2, index))
}

pub(crate) fn organisation_id() -> OrganisationId {
    OrganisationId::from_bytes([7; 16])
}

pub(crate) fn site_id() -> SiteId {
    SiteId::from_bytes([8; 16])
}

pub(crate) fn octets(kind: u8, index: u32) -> [u8; 16] {
    let mut octets = [kind; 16];
    octets[12..].copy_from_slice(&index.to_be_bytes());
    octets
}

pub(crate) fn number(text: &str) -> PointNumber {
    PointNumber::parse(text.as_bytes()).unwrap()
}

/// A zone in alarm, in Contact ID, with everything that an event may have.
pub(crate) fn burglary() -> NewMessage {
    let code = Code::contact_id(b"1130").unwrap();
    NewMessage {
        events: vec![NewEvent {
            path: PathIndex(1),
            path_id: path_id(1),
            panel: panel_id(1),
            site: site_id(),
            organisation: organisation_id(),
            family: family(),
            format: "ADM-CID".parse().unwrap(),
            account: Account::parse(b"1234").unwrap(),
            code,
            class: code.meaning().class,
            partition: Some(number("01")),
            point: Some(Point::Zone(number("007"))),
            panel_sequence: Some(42),
            panel_time: Some(Wall(NOW.0 - 1_500_000)),
            occurred: Some(Wall(NOW.0 - 2_000_000)),
            received: NOW,
            flags: EventFlags::NON_STANDARD | EventFlags::POSSIBLE_REPEAT,
            text: Some("Back door of Ms Huber".to_owned()),
            message: Some(Message {
                key: RepeatKey([3; 16]),
                extended: vec![Extended {
                    letter: b'V',
                    content: b"cam 1".to_vec(),
                }],
                raw: b"\n5AB2002F\"ADM-CID\"0042L0#1234[#1234|1130 01 007]\r".to_vec(),
            }),
        }],
    }
}

/// A user disarms, an hour later, in DC-03, with bytes that are no text.
pub(crate) fn disarm() -> NewMessage {
    let mut message = burglary();
    let event = &mut message.events[0];
    event.format = "SIA-DCS".parse().unwrap();
    event.code = Code::sia(*b"OP").unwrap();
    event.class = event.code.meaning().class;
    event.point = Some(Point::User(number("3")));
    event.received = Wall(NOW.0 + 3_600_000_000);
    event.panel_time = None;
    event.occurred = None;
    event.panel_sequence = None;
    event.flags = EventFlags::empty();
    event.text = None;
    let sent = event.message.as_mut().unwrap();
    sent.raw = b"\n\xC1\xDB0012".to_vec();
    sent.extended.clear();
    message
}

/// One message with two events: a restore and a fire.
pub(crate) fn two_in_one() -> NewMessage {
    let mut message = burglary();
    let mut second = message.events[0].clone();
    second.code = Code::contact_id(b"1110").unwrap();
    second.class = EventClass::Fire;
    second.text = None;
    second.message = None;
    message.events[0].code = Code::contact_id(b"3130").unwrap();
    message.events.push(second);
    message
}

/// An event of our own that is about no panel.
pub(crate) fn flood() -> NewMessage {
    let mut message = disarm();
    let event = &mut message.events[0];
    (event.path, event.path_id) = (PathIndex::HOUSE, PathId::HOUSE);
    event.panel = PanelId::HOUSE;
    event.format = "OWN".parse().unwrap();
    event.code = Code::Own(OwnCode::Flood);
    event.class = event.code.meaning().class;
    event.message = None;
    message
}

/// A test report of the panel with this number.
pub(crate) fn test_report(panel: u32) -> NewMessage {
    let mut message = disarm();
    let event = &mut message.events[0];
    event.panel = panel_id(panel);
    event.code = Code::sia(*b"RP").unwrap();
    event.class = event.code.meaning().class;
    message
}
