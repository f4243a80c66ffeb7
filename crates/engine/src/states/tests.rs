//! Observations of single events; the projection over a store is tested with the store.

use arrayvec::ArrayString;
use model::{
    Account, Code, Event, EventFlags, EventSeq, FamilyName, NewEvent, OrganisationId, PanelCode,
    PanelId, PartitionState, PathId, PathIndex, Point, PointNumber, SiteId, Wall, ZoneState,
};

use super::machine::observe;
use crate::ports::Observation;

fn number(digits: &str) -> PointNumber {
    PointNumber::parse(digits.as_bytes()).unwrap()
}

pub(crate) fn event(
    code: &str,
    partition: Option<&str>,
    point: Option<&str>,
    flags: EventFlags,
) -> Event {
    let code = Code::contact_id(code.as_bytes()).unwrap();
    let class = code.meaning().class;
    let body = NewEvent {
        path: PathIndex(1),
        path_id: PathId::from_bytes([1; 16]),
        panel: PanelId::from_bytes([2; 16]),
        site: SiteId::from_bytes([3; 16]),
        organisation: OrganisationId::from_bytes([4; 16]),
        family: FamilyName::parse("test").unwrap(),
        format: ArrayString::from("ADM-CID").unwrap(),
        account: Account::parse(b"1234").unwrap(),
        code,
        class,
        partition: partition.map(number),
        point: point.map(|digits| Point::of(class, number(digits))),
        panel_sequence: None,
        panel_time: None,
        occurred: None,
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

fn moves(event: Event) -> Vec<(String, Option<PartitionState>)> {
    let observed = observe(&[event]);
    let partitions = observed.iter().filter_map(|observation| match observation {
        Observation::Partition { number, moved, .. } => Some((number.to_string(), *moved)),
        Observation::Zone { .. } | Observation::Output { .. } => None,
    });
    partitions.collect()
}

#[test]
fn a_disarm_moves_the_partition_that_it_names() {
    let disarm = event("1401", Some("01"), Some("004"), EventFlags::empty());
    assert_eq!(
        moves(disarm),
        [("1".to_owned(), Some(PartitionState::Disarmed))]
    );
}

#[test]
fn an_arming_without_a_partition_moves_the_panel_as_a_whole() {
    let armed = moves(event("3401", None, None, EventFlags::empty()));
    assert_eq!(armed.len(), 1);
    assert_eq!(armed[0].0, "0");
}

#[test]
fn a_doubtful_disarm_moves_nothing_while_a_doubtful_arming_does() {
    let doubt = EventFlags::CLOCK_OUTSIDE_WINDOW;
    assert_eq!(
        moves(event("1401", Some("1"), None, doubt)),
        [("1".to_owned(), None)],
        "R1"
    );
    assert!(moves(event("3401", Some("1"), None, doubt))[0].1.is_some());
}

#[test]
fn zones_are_observed_but_users_and_zone_zero_are_not() {
    let zones = |code: &str, point: &str| {
        observe(&[event(code, Some("1"), Some(point), EventFlags::empty())])
            .into_iter()
            .filter(|observation| matches!(observation, Observation::Zone { .. }))
            .count()
    };
    assert_eq!(zones("1130", "015"), 1);
    assert_eq!(zones("1130", "000"), 0);
    assert_eq!(zones("1401", "004"), 0);
}

fn of_panel(code: PanelCode, point: Point, flags: EventFlags) -> Event {
    let mut event = event("1130", Some("1"), None, flags);
    event.body.code = Code::Panel(code);
    event.body.class = code.class();
    event.body.point = Some(point);
    event
}

fn zone_state(event: &Event) -> Option<ZoneState> {
    let observed = observe(std::slice::from_ref(event));
    observed
        .into_iter()
        .find_map(|observation| match observation {
            Observation::Zone { moved, .. } => moved,
            Observation::Partition { .. } | Observation::Output { .. } => None,
        })
}

fn switched(event: &Event) -> Vec<bool> {
    let observed = observe(std::slice::from_ref(event));
    let switched = observed
        .into_iter()
        .filter_map(|observation| match observation {
            Observation::Output { on, .. } => Some(on),
            Observation::Partition { .. } | Observation::Zone { .. } => None,
        });
    switched.collect()
}

#[test]
fn zones_open_and_close_and_outputs_switch_by_the_panel_protocols_own_codes_only() {
    let none = EventFlags::empty();
    let zone = Point::Zone(number("3"));
    let output = Point::Output(number("3"));
    let open = of_panel(PanelCode::ZoneOpen, zone, none);
    assert_eq!(zone_state(&open), Some(ZoneState::Open));
    let closed = of_panel(PanelCode::ZoneClosed, zone, none);
    assert_eq!(zone_state(&closed), Some(ZoneState::Closed));
    assert_eq!(zone_state(&event("1130", Some("1"), Some("3"), none)), None);
    assert_eq!(
        switched(&of_panel(PanelCode::OutputOn, output, none)),
        [true]
    );
    assert_eq!(
        switched(&of_panel(PanelCode::OutputOff, output, none)),
        [false]
    );
    assert_eq!(
        switched(&of_panel(PanelCode::OutputOn, zone, none)),
        [true; 0]
    );
}

#[test]
fn a_doubtful_closing_moves_no_zone_until_it_is_confirmed() {
    let doubt = EventFlags::POSSIBLE_CLONE;
    let closed = of_panel(PanelCode::ZoneClosed, Point::Zone(number("3")), doubt);
    assert_eq!(zone_state(&closed), None, "R1");
    assert_eq!(
        observe(std::slice::from_ref(&closed)).len(),
        2,
        "it is noticed all the same"
    );
    let confirmed = super::machine::moved_if_effective(&closed);
    assert!(matches!(
        confirmed[..],
        [Observation::Zone {
            moved: Some(ZoneState::Closed),
            ..
        }]
    ));
    let open = of_panel(PanelCode::ZoneOpen, Point::Zone(number("3")), doubt);
    assert_eq!(zone_state(&open), Some(ZoneState::Open), "it calms nobody");
}
