//! Turns what waits into the events that the journal keeps.
//!
//! Invariant: every item of a signal becomes an event; nothing is left out, whatever its code
//! (I4). The message as a whole goes with the first.
//! Invariant: an event of our own has no message: it has no bytes and cannot be repeated.

use arrayvec::ArrayString;
use model::{Account, Code, EventFlags, Item, Message, NewEvent};

use super::entry::{Entry, Report, Waiting};
use crate::ports::{NewMessage, PathBinding, Submission};

/// The protocol's name for the format of our own events.
const OWN: &str = "OWN";

/// The events of what waits; `seen` are flags that ingest found itself.
pub(super) fn message(waiting: &Waiting, seen: EventFlags) -> NewMessage {
    let events = match &waiting.entry {
        Entry::Signal(submission) => signal(submission, &waiting.binding, seen),
        Entry::Own(report) => vec![own(report, &waiting.binding)],
    };
    NewMessage { events }
}

fn own(report: &Report, binding: &PathBinding) -> NewEvent {
    let event = &report.event;
    NewEvent {
        path: event.path,
        path_id: binding.path.id,
        panel: binding.panel,
        site: binding.site,
        organisation: binding.organisation,
        family: binding.path.family,
        format: ArrayString::from(OWN).expect("three letters"),
        account: binding.path.account,
        code: Code::Own(event.code),
        class: event.code.class(),
        partition: None,
        point: None,
        panel_sequence: None,
        panel_time: None,
        occurred: event.occurred,
        received: report.seen,
        flags: event.flags,
        text: event.text.clone(),
        message: None,
    }
}

fn signal(submission: &Submission, binding: &PathBinding, seen: EventFlags) -> Vec<NewEvent> {
    let signal = &submission.signal;
    let flags = signal.flags | seen;
    let mut message = Some(Message {
        key: submission.key,
        extended: signal.extended.clone(),
        raw: signal.raw.clone(),
    });
    let events = signal.items.iter().map(|item| NewEvent {
        path: submission.path,
        path_id: binding.path.id,
        panel: binding.panel,
        site: binding.site,
        organisation: binding.organisation,
        family: binding.path.family,
        format: signal.format,
        account: account(item, signal.account),
        code: item.code,
        class: item.code.meaning().class,
        partition: item.partition,
        point: item.point,
        panel_sequence: signal.panel_sequence,
        panel_time: signal.panel_time,
        occurred: signal.occurred,
        received: submission.received,
        flags: flags | item.flags,
        text: item.text.clone(),
        message: message.take(),
    });
    events.collect()
}

fn account(item: &Item, header: Account) -> Account {
    item.account.unwrap_or(header)
}
