//! From a frame whose body could be opened to a [`Signal`].
//!
//! Invariant: every frame becomes a signal with at least one event. What cannot be read is there
//! as an event that is not decoded (I4, I12), beside what can.

use std::time::Duration;

use arrayvec::ArrayString;
use model::{
    Account, Code, EventClass, EventFlags, Extended, Item, Now, Point, PointNumber, Signal, Wall,
    limits, micros,
};
use wire::contact_id::ContactIdEvent;
use wire::dc09::{Address, Body, Data, Envelope, Frame, Unreadable, timestamp};
use wire::sia_dcs::{self, Modifiers, Part, SiaEvent};
use wire::text;

use super::token::Format;

/// How old an event must be to count as kept by the panel: the least delay after which a station
/// wants to be told the time of occurrence (R19).
const KEPT_AFTER: Duration = Duration::from_mins(5);

/// How near to a whole quarter of an hour a difference looks like another time zone (R21).
const ZONE_TOLERANCE: Duration = Duration::from_mins(2);

const QUARTER: Duration = Duration::from_mins(15);

/// A frame that is addressed to us as it should be, and when its last octet was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) envelope: &'a Envelope<'a>,
    pub(super) frame: &'a Frame<'a>,
    pub(super) address: &'a Address,
    pub(super) read: Now,
}

/// What is made a signal of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received<'a> {
    pub(super) arrived: &'a Arrived<'a>,
    pub(super) format: Format,
    /// Its body, decrypted if it was encrypted.
    pub(super) body: &'a Result<Body<'a>, Unreadable>,
    /// Whether it may be about accounts other than its own (R5).
    pub(super) hub: bool,
    /// The reasons to doubt it (R1).
    pub(super) doubt: EventFlags,
}

/// The signal that the frame is; `raw` are the octets that may be kept of it.
pub(super) fn signal(received: &Received<'_>, raw: Vec<u8>) -> Signal {
    let Arrived {
        envelope,
        frame,
        address,
        ..
    } = received.arrived;
    let format = format_name(frame);
    let mut signal = Signal {
        account: address.account,
        format,
        panel_sequence: address.sequence.map(u64::from),
        panel_time: None,
        occurred: None,
        flags: received.doubt,
        items: Vec::new(),
        extended: Vec::new(),
        raw,
    };
    let reserved = address.sequence == Some(0);
    let as_wanted = address.is_standard && !reserved && !envelope.is_padded();
    signal.flags.set(EventFlags::NON_STANDARD, !as_wanted);
    if let Ok(body) = received.body {
        fill(&mut signal, received, body);
    } else {
        signal.flags |= EventFlags::NON_STANDARD;
        signal.items.push(undecoded(format));
    }
    signal
}

/// The token, which names the format; known ones have at most seven letters.
pub(super) fn format_name(frame: &Frame<'_>) -> ArrayString<12> {
    let mut name = ArrayString::new();
    let letters = frame.token.iter().copied().map(char::from);
    letters.take(12).for_each(|letter| name.push(letter));
    name
}

/// What a readable body tells.
fn fill(signal: &mut Signal, received: &Received<'_>, body: &Body<'_>) {
    let read = received.arrived.read.wall;
    signal.panel_time = body.sent;
    if !body.is_standard {
        signal.flags |= EventFlags::NON_STANDARD;
    }
    signal.extended = body.extended.iter().map(kept).collect();
    let data = Data::parse(body.data);
    signal.items = match received.format {
        Format::SiaDcs => sia_items(signal, data.content, read),
        Format::AdmCid => contact_id_items(signal.format, data.content),
        Format::Kept => vec![undecoded(signal.format)],
    };
    if received.format != Format::Kept {
        name_account(signal, received, data.account);
    }
    tell_occurrence(signal, read, body.block(b'H'));
    if let (Some(first), Some(octets)) = (signal.items.first_mut(), body.block(b'I'))
        && first.text.is_none()
    {
        first.text = text::decode(octets);
    }
}

fn kept(block: &wire::dc09::Block<'_>) -> Extended {
    Extended {
        letter: block.letter,
        content: block.redacted().to_vec(),
    }
}

/// R5: events are about the account of the data. Where it is another one than the header's, the
/// path should be a hub's; where it cannot be read, we do not know whom they are about.
fn name_account(signal: &mut Signal, received: &Received<'_>, named: Option<&[u8]>) {
    let Some(named) = named else {
        signal.flags |= EventFlags::NON_STANDARD;
        return;
    };
    let account = Account::parse(named).ok();
    if account == Some(received.arrived.address.account) {
        return;
    }
    let doubtful = account.is_none() || !received.hub;
    for item in &mut signal.items {
        item.account = account;
        item.flags.set(EventFlags::ACCOUNT_MISMATCH, doubtful);
    }
}

/// `H` is UTC as all times of DC-09, and goes before the times of blocks.
fn tell_occurrence(signal: &mut Signal, received: Wall, block: Option<&[u8]>) {
    let Some(text) = block else { return };
    let occurred = timestamp::parse(text.strip_prefix(b"_").unwrap_or(text));
    match occurred {
        Some(at) => {
            signal.occurred = Some(at);
            if received - at > micros(KEPT_AFTER) {
                signal.flags |= EventFlags::STORED_BY_PANEL;
            }
        }
        None => signal.flags |= EventFlags::NON_STANDARD,
    }
}

fn contact_id_items(format: ArrayString<12>, content: &[u8]) -> Vec<Item> {
    let blocks = content.split(|b| *b == b'|').filter(|b| !b.is_empty());
    let items = blocks.map(|block| match ContactIdEvent::parse(block) {
        Some(event) => contact_id_item(event),
        None => undecodable(format),
    });
    bounded(format, items)
}

fn contact_id_item(event: ContactIdEvent) -> Item {
    let mut flags = EventFlags::of_code(&event.code);
    flags.set(EventFlags::NON_STANDARD, !event.is_standard);
    let class = event.code.meaning().class;
    Item {
        account: None,
        code: event.code,
        partition: event.group,
        point: event.number.map(|number| Point::of(class, number)),
        text: None,
        flags,
    }
}

/// The events of the blocks; the first time among them becomes the signal's, unless it is to be
/// doubted.
fn sia_items(signal: &mut Signal, content: &[u8], received: Wall) -> Vec<Item> {
    let format = signal.format;
    let items = sia_dcs::parse(content).into_iter().map(|part| match part {
        Part::Unreadable => undecodable(format),
        Part::Event(event) => {
            let occurred = block_time(event.modifiers, received);
            signal.occurred = signal.occurred.or(occurred);
            let late = occurred.is_some_and(|at| received - at > micros(KEPT_AFTER));
            sia_item(event, late)
        }
    });
    bounded(format, items)
}

fn sia_item(event: SiaEvent, late: bool) -> Item {
    let mut flags = EventFlags::of_code(&event.code);
    flags.set(EventFlags::NON_STANDARD, !event.is_standard);
    flags.set(EventFlags::STORED_BY_PANEL, event.is_old || late);
    let Modifiers { area, user, .. } = event.modifiers;
    // The address of CG and OG is an area (DC-03), of all others a zone or a user.
    let is_area = matches!(event.code, Code::Sia([b'C' | b'O', b'G']));
    let (partition, number) = if is_area {
        (area.or(event.address), None)
    } else {
        (area, event.address)
    };
    Item {
        account: None,
        partition,
        point: sia_point(event.code.meaning().class, number, user),
        code: event.code,
        text: event.text,
        flags,
    }
}

/// An `id` names the user where people act, before the address; elsewhere the address is a zone,
/// and the `id` is told only where there is none.
fn sia_point(
    class: EventClass,
    number: Option<PointNumber>,
    user: Option<PointNumber>,
) -> Option<Point> {
    let present = |number: &PointNumber| !number.is_zero();
    let user = user.filter(present).map(Point::User);
    let number = number.filter(present).map(|n| Point::of(class, n));
    match number {
        Some(Point::Zone(_) | Point::Output(_)) => number,
        Some(Point::User(_)) | None => user.or(number),
    }
}

/// When a block says that it happened. Its times are the panel's own, often local: one that is
/// off by nearly a whole number of quarters of an hour shows a time zone (R21) and no delay, and
/// says nothing that could be relied on.
fn block_time(modifiers: Modifiers, received: Wall) -> Option<Wall> {
    let time = modifiers.time?;
    let at = match modifiers.date {
        Some(date) => timestamp::instant(date, time)?,
        None => timestamp::nearest(time, received)?,
    };
    let (off, quarter) = ((received - at).saturating_abs(), micros(QUARTER));
    let from_quarter = (off % quarter).min(quarter - off % quarter);
    let is_near = off <= micros(KEPT_AFTER);
    (is_near || from_quarter > micros(ZONE_TOLERANCE)).then_some(at)
}

/// At most [`limits::MESSAGE_EVENTS`], the last of them standing for the rest; at least one.
fn bounded(format: ArrayString<12>, items: impl Iterator<Item = Item>) -> Vec<Item> {
    let mut items: Vec<Item> = items.take(limits::MESSAGE_EVENTS + 1).collect();
    if items.len() > limits::MESSAGE_EVENTS {
        items.truncate(limits::MESSAGE_EVENTS - 1);
        items.push(undecodable(format));
    }
    if items.is_empty() {
        items.push(undecodable(format));
    }
    items
}

/// An event in a format that is kept and not decoded.
fn undecoded(format: ArrayString<12>) -> Item {
    Item {
        account: None,
        code: Code::Undecoded(format),
        partition: None,
        point: None,
        text: None,
        flags: EventFlags::UNDECODED,
    }
}

/// An event in a format that we decode, and that cannot be read.
fn undecodable(format: ArrayString<12>) -> Item {
    let mut item = undecoded(format);
    item.flags |= EventFlags::NON_STANDARD;
    item
}

#[cfg(test)]
mod tests;
