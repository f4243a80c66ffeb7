//! What one event says of its panel's parts. Pure.

use model::{Code, Event, PanelCode, Point, PointNumber, ZoneState, partition_move};

use crate::ports::Observation;

/// The observations of a run of events, in their order.
pub(super) fn observe(events: &[Event]) -> Vec<Observation> {
    events
        .iter()
        .flat_map(|event| parts(event, event.is_effective()))
        .collect()
}

/// What the event moves once nobody doubts it any more (R1).
pub(crate) fn moved_if_effective(event: &Event) -> Vec<Observation> {
    let moves = |observation: &Observation| match observation {
        Observation::Partition { moved, .. } => moved.is_some(),
        Observation::Zone { moved, .. } => moved.is_some(),
        Observation::Output { .. } => true,
    };
    parts(event, true).filter(moves).collect()
}

fn parts(event: &Event, effective: bool) -> impl Iterator<Item = Observation> {
    let found = [
        partition(event, effective),
        zone(event, effective),
        output(event, effective),
    ];
    found.into_iter().flatten()
}

fn partition(event: &Event, effective: bool) -> Option<Observation> {
    let body = &event.body;
    let moved = partition_move(&body.code).filter(|_| effective);
    // A panel that arms without naming a partition arms as a whole: partition 0 (R13).
    let whole = || PointNumber::parse(b"0").filter(|_| moved.is_some());
    let number = body.partition.or_else(whole)?;
    if number.is_zero() && moved.is_none() {
        return None;
    }
    Some(Observation::Partition {
        panel: body.panel,
        number,
        moved,
        seq: event.seq,
        at: body.received,
    })
}

fn zone(event: &Event, effective: bool) -> Option<Observation> {
    let body = &event.body;
    let Some(Point::Zone(number)) = body.point else {
        return None;
    };
    if number.is_zero() {
        return None;
    }
    let moved = match body.code {
        Code::Panel(PanelCode::ZoneOpen) => Some(ZoneState::Open),
        Code::Panel(PanelCode::ZoneClosed) => Some(ZoneState::Closed),
        _ => None,
    };
    Some(Observation::Zone {
        panel: body.panel,
        partition: body.partition.filter(|number| !number.is_zero()),
        number,
        class: body.class,
        moved: moved.filter(|_| effective),
        seq: event.seq,
        at: body.received,
    })
}

fn output(event: &Event, effective: bool) -> Option<Observation> {
    let body = &event.body;
    let on = match body.code {
        Code::Panel(PanelCode::OutputOn) => true,
        Code::Panel(PanelCode::OutputOff) => false,
        _ => return None,
    };
    let Some(Point::Output(number)) = body.point else {
        return None;
    };
    effective.then_some(Observation::Output {
        panel: body.panel,
        number,
        on,
        seq: event.seq,
        at: body.received,
    })
}
