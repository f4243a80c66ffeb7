//! Turns a signal into the events that the journal keeps.
//!
//! Invariant: every item of a signal becomes an event; nothing is left out, whatever its code
//! (I4). The message as a whole goes with the first.

use model::{Account, EventFlags, Item, Message, NewEvent};

use crate::ports::{NewMessage, PathBinding, Submission};

pub(super) fn message(
    submission: &Submission,
    binding: &PathBinding,
    possible_repeat: bool,
) -> NewMessage {
    let signal = &submission.signal;
    let mut flags = signal.flags;
    flags.set(EventFlags::POSSIBLE_REPEAT, possible_repeat);
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
    NewMessage {
        events: events.collect(),
    }
}

fn account(item: &Item, header: Account) -> Account {
    item.account.unwrap_or(header)
}
