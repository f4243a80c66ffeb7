//! DC-03 blocks as `SIA-DCS` carries them: `Nri1/BA001^Hall^|APIR`.
//!
//! ```text
//! content  = block *( "|" block )
//! block    = ("N" | "O") *( modifier | event )      new, or old: kept by the panel before
//!          | "A" text                               about the event before it
//! modifier = ["/"] 2 lower-case letters, value      ti20:50:26 da04-22-26 id12 ri1 pi ph va pt …
//! event    = ["/"] 2 upper-case letters, [address] [ "^" name "^" ] [ "*" quote text quote "NM" ]
//! ```
//!
//! Modifiers hold for the events behind them in their block; behind the last event, for those
//! that lack them. The `/` before a code may be missing: `ri1BA3` is area 1 and code BA, unless a
//! code follows in the same block, since then `1BA3` can only be the area.
//!
//! What cannot be read, and blocks of other kinds, are [`Part::Unreadable`] in their place, so
//! that a caller can keep them.

use jiff::civil::{Date, Time};
use model::{Code, PointNumber};

use crate::dc09::timestamp;
use crate::text;

/// One part of the content, in the panel's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// An event.
    Event(SiaEvent),
    /// A block, or a part of one, that is no event.
    Unreadable,
}

/// One event.
#[derive(Clone, PartialEq, Eq)]
pub struct SiaEvent {
    /// The two letters.
    pub code: Code,
    /// The digits behind the letters: a zone, a user, an area, as the code has it.
    pub address: Option<PointNumber>,
    /// What the modifiers before it say.
    pub modifiers: Modifiers,
    /// Names and texts that came with it. Personal data.
    pub text: Option<String>,
    /// Whether the block is old: kept by the panel before it was sent.
    pub is_old: bool,
    /// Whether all of it is as the standard wants it (R5).
    pub is_standard: bool,
}

/// Texts are personal data: they stay out of logs.
impl std::fmt::Debug for SiaEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiaEvent")
            .field("code", &self.code)
            .field("address", &self.address)
            .field("modifiers", &self.modifiers)
            .finish_non_exhaustive()
    }
}

/// The modifiers that we use. Others are let pass; the raw bytes keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modifiers {
    /// `ti`: the time of day, by the panel's clock.
    pub time: Option<Time>,
    /// `da`: the date, by the panel's clock.
    pub date: Option<Date>,
    /// `ri`: the area.
    pub area: Option<PointNumber>,
    /// `id`: the user.
    pub user: Option<PointNumber>,
}

impl Modifiers {
    /// These, and where they say nothing, `others`.
    fn or(self, others: Self) -> Self {
        Self {
            time: self.time.or(others.time),
            date: self.date.or(others.date),
            area: self.area.or(others.area),
            user: self.user.or(others.user),
        }
    }
}

/// Reads the content of the data, behind account and bar.
pub fn parse(content: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for block in content.split(|b| *b == b'|') {
        match block {
            [] => {}
            [b'A', text @ ..] if !(parts.is_empty() && is_bare_event(block)) => {
                add_text(&mut parts, text);
            }
            [letter @ (b'N' | b'O'), rest @ ..] if begins_block(rest) => {
                Reader::new(rest, *letter == b'O', true).read(&mut parts);
            }
            // Behind another block, C and P are the letters of control and programming.
            [first, ..] if begins_code(block) && (parts.is_empty() || !b"CP".contains(first)) => {
                Reader::new(block, false, false).read(&mut parts);
            }
            _ => parts.push(Part::Unreadable),
        }
    }
    parts
}

/// A text block: about the event before it, or about nothing that we know of.
fn add_text(parts: &mut Vec<Part>, octets: &[u8]) {
    match parts.last_mut() {
        Some(Part::Event(event)) => event.add_text(octets),
        _ => parts.push(Part::Unreadable),
    }
}

/// Whether modifiers or events can begin here.
fn begins_block(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    begins_code(rest) || begins_modifier(rest)
}

fn begins_code(rest: &[u8]) -> bool {
    matches!(rest, [a, b, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase())
}

fn begins_modifier(rest: &[u8]) -> bool {
    matches!(rest, [a, b, ..] if a.is_ascii_lowercase() && b.is_ascii_lowercase())
}

/// Whether a first block is an event whose block letter is missing, such as `AT00`, and no text:
/// a code of the table, then digits only.
fn is_bare_event(block: &[u8]) -> bool {
    let known = begins_code(block)
        && Code::sia([block[0], block[1]]).is_some_and(|code| code.meaning().known);
    known && block[2..].iter().all(u8::is_ascii_digit)
}

impl SiaEvent {
    fn add_text(&mut self, octets: &[u8]) {
        let Some(more) = text::decode(octets) else {
            return;
        };
        match &mut self.text {
            Some(text) => {
                text.push(' ');
                text.push_str(&more);
            }
            None => self.text = Some(more),
        }
    }
}

/// Reads one block of events.
struct Reader<'a> {
    rest: &'a [u8],
    /// How long the rest is where the last code behind a `/` begins; 0 if there is none.
    last_code: usize,
    is_old: bool,
    is_standard: bool,
    modifiers: Modifiers,
    events: Vec<SiaEvent>,
    unreadable: bool,
}

impl<'a> Reader<'a> {
    fn new(rest: &'a [u8], is_old: bool, is_standard: bool) -> Self {
        let is_code = |w: &[u8]| w[0] == b'/' && begins_code(&w[1..]);
        let last_code = rest.windows(3).rposition(is_code);
        Self {
            rest,
            last_code: last_code.map_or(0, |at| rest.len() - at),
            is_old,
            is_standard,
            modifiers: Modifiers::default(),
            events: Vec::new(),
            unreadable: false,
        }
    }

    fn read(mut self, parts: &mut Vec<Part>) {
        while let Some(first) = self.rest.first() {
            match first {
                b'/' => self.rest = &self.rest[1..],
                b'^' => self.read_name(),
                b'*' => self.read_quoted(),
                _ if begins_code(self.rest) => self.read_event(),
                _ if begins_modifier(self.rest) => self.read_modifier(),
                _ => {
                    self.unreadable = true;
                    self.take_while(|b| b != b'/');
                }
            }
        }
        self.unreadable |= self.events.is_empty();
        for mut event in self.events {
            event.is_standard &= self.is_standard;
            parts.push(Part::Event(event));
        }
        if self.unreadable {
            parts.push(Part::Unreadable);
        }
    }

    fn read_event(&mut self) {
        let code = Code::sia([self.rest[0], self.rest[1]]);
        self.rest = &self.rest[2..];
        let digits = self.take_while(|b| b.is_ascii_hexdigit());
        let address = PointNumber::parse(digits);
        if let Some(code) = code {
            self.events.push(SiaEvent {
                code,
                address,
                modifiers: self.modifiers,
                text: None,
                is_old: self.is_old,
                is_standard: digits.is_empty() || address.is_some(),
            });
        }
    }

    fn read_modifier(&mut self) {
        let (key, behind) = self.rest.split_at(2);
        self.rest = behind;
        let is_value = |b: u8| !b.is_ascii_lowercase() && !b"/^*".contains(&b);
        let mut value = self.take_while(is_value);
        if !self.has_code()
            && let Some(glued) = glued_code(value)
        {
            value = &value[..glued];
            self.rest = &behind[glued..];
        }
        let before = self.modifiers;
        let understood = match key {
            b"ti" => put(&mut self.modifiers.time, timestamp::parse_time(value)),
            b"da" => put(&mut self.modifiers.date, timestamp::parse_date(value)),
            b"ri" => put(&mut self.modifiers.area, PointNumber::parse(value)),
            b"id" => put(&mut self.modifiers.user, PointNumber::parse(value)),
            _ => true,
        };
        self.is_standard &= understood;
        // Behind the last event: for the events that lack it.
        if self.modifiers != before && !begins_code(self.rest) && !self.has_code() {
            for event in &mut self.events {
                event.modifiers = event.modifiers.or(self.modifiers);
            }
        }
    }

    /// `^name^`.
    fn read_name(&mut self) {
        self.rest = &self.rest[1..];
        let name = self.take_while(|b| b != b'^');
        self.is_standard &= !self.rest.is_empty();
        self.rest = self.rest.strip_prefix(b"^").unwrap_or(self.rest);
        self.text_for_last(name);
    }

    /// `*"text"NM`, with single or double quotes; without quotes, up to the next `*` or `/`.
    fn read_quoted(&mut self) {
        self.rest = &self.rest[1..];
        let text = if let Some(quote @ (b'"' | b'\'')) = self.rest.first() {
            self.rest = &self.rest[1..];
            let text = self.take_while(|b| b != *quote);
            self.is_standard &= !self.rest.is_empty();
            self.rest = self.rest.get(1..).unwrap_or_default();
            self.take_while(|b| b.is_ascii_uppercase());
            text
        } else {
            self.is_standard = false;
            self.take_while(|b| !matches!(b, b'*' | b'/'))
        };
        self.text_for_last(text);
    }

    fn text_for_last(&mut self, octets: &[u8]) {
        match self.events.last_mut() {
            Some(event) => event.add_text(octets),
            None => self.is_standard = false,
        }
    }

    /// Whether an event follows, behind a `/`.
    fn has_code(&self) -> bool {
        (1..=self.rest.len()).contains(&self.last_code)
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|b| !wanted(*b));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }
}

/// Sets `place` if the value could be read.
fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let readable = value.is_some();
    *place = value;
    readable
}

/// Where a code begins that was written right behind the decimal value of a modifier.
fn glued_code(value: &[u8]) -> Option<usize> {
    let is_decimal = |b: &u8| b.is_ascii_digit() || matches!(b, b':' | b'-');
    let at = value.iter().position(|b| !is_decimal(b))?;
    (at > 0 && begins_code(&value[at..])).then_some(at)
}

#[cfg(test)]
mod tests;
