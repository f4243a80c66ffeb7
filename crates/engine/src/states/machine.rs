//! What one event says of its panel's parts. Pure.

use model::{Event, Point, PointNumber, partition_move};

use crate::ports::Observation;

/// The observations of a run of events, in their order.
pub(super) fn observe(events: &[Event]) -> Vec<Observation> {
    events
        .iter()
        .flat_map(|event| [partition(event, event.is_effective()), zone(event)])
        .flatten()
        .collect()
}

/// How the event moves its partition once nobody doubts it any more (R1).
pub(crate) fn moved_if_effective(event: &Event) -> Option<Observation> {
    partition(event, true)
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

fn zone(event: &Event) -> Option<Observation> {
    let body = &event.body;
    let Some(Point::Zone(number)) = body.point else {
        return None;
    };
    if number.is_zero() {
        return None;
    }
    Some(Observation::Zone {
        panel: body.panel,
        partition: body.partition.filter(|number| !number.is_zero()),
        number,
        class: body.class,
        seq: event.seq,
        at: body.received,
    })
}
