//! Reads the journal behind a cursor: what it tells of faults, and the test signals in it.
//!
//! Invariant: what an event changes is kept with the cursor behind it, in one transaction. The same
//! event read again changes nothing: a fault is known by the event that told it.

use std::sync::Arc;

use model::{Code, Event, EventClass, EventSeq, OwnCode, PathIndex, limits};

use super::clock::Served;
use crate::ports::{EventFilter, EventLog, OpenFault, ReadError, Told};

/// What an event of our own tells.
pub(super) fn told(event: &Event, served: Served) -> Option<Told> {
    let Code::Own(code) = event.body.code else {
        return None;
    };
    let (seq, path) = (event.seq, event.body.path);
    let at = event.body.occurred.unwrap_or(event.body.received);
    match code {
        OwnCode::PathLost | OwnCode::NeverReported | OwnCode::PanelLost | OwnCode::TestOverdue => {
            Some(Told::Began {
                seq,
                fault: OpenFault {
                    path,
                    code,
                    since: at,
                    told: served,
                },
            })
        }
        OwnCode::PathRestored | OwnCode::PanelRestored | OwnCode::TestRestored => {
            Some(Told::Ended {
                seq,
                path,
                code,
                at,
            })
        }
        OwnCode::StillLost => Some(Told::Reminded { path, at: served }),
        OwnCode::Outage => Some(Told::Outage {
            seq,
            from: at,
            until: event.body.received,
        }),
        _ => None,
    }
}

/// Whether that is the loss of a path: which, and when it was told.
pub(super) fn loss(told: &Told) -> Option<(PathIndex, Served)> {
    let Told::Began { fault, .. } = told else {
        return None;
    };
    let lost = matches!(fault.code, OwnCode::PathLost | OwnCode::NeverReported);
    lost.then_some((fault.path, fault.told))
}

/// Whether an event may be an expected signal, and whether it is a test (R1: what is doubtful is
/// neither, until a person confirms it).
pub(super) fn expected(event: &Event) -> Option<bool> {
    let own = matches!(event.body.code, Code::Own(_));
    (!own && event.is_effective()).then(|| event.body.class == EventClass::Test)
}

/// A page of the journal behind `cursor`, and the new cursor; `None` at the end. Only events that
/// may matter are read: all classes if any signal is expected somewhere.
pub(super) async fn page(
    log: &Arc<dyn EventLog>,
    cursor: EventSeq,
    all: bool,
) -> Result<Option<(Vec<Event>, EventSeq)>, ReadError> {
    let head = log.head();
    if cursor >= head {
        return Ok(None);
    }
    let filter = EventFilter {
        classes: if all {
            Vec::new()
        } else {
            vec![EventClass::Communication, EventClass::Test]
        },
        ..EventFilter::default()
    };
    let page = log
        .events(filter, Some(cursor), false, limits::PAGE)
        .await?;
    // At the end everything up to the head that was seen before the page has been looked at.
    let last = page.events.last().map_or(head, |event| event.seq.max(head));
    let next = page.next.unwrap_or(last);
    Ok(Some((page.events, next)))
}
