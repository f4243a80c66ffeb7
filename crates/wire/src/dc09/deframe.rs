//! Cuts a stream of octets into frames, however it was split.
//!
//! A frame starts at LF. What follows is judged as soon as it can be:
//!
//! 1. The header: CRC as four hexadecimal digits and a quote at offset 9, or as two raw octets
//!    and a quote at offset 7. Before it is complete, the deframer waits: the raw octets of a CRC
//!    may equal LF or CR.
//! 2. The covered octets, which hold neither LF nor CR (DC-09 allows one of each, at the ends):
//!    the first of them ends the frame. LF, or CR at another place than the length says, is
//!    [`Refused::BadLength`], at once; so a length that claims too much costs nothing but its own
//!    frame, and each octet is checked once. A few NUL octets before CR are let pass (R5).
//! 3. The CRC.
//!
//! A refused LF is one refusal, whatever follows it; the search goes on at the octet behind that
//! LF, so that a frame hiding behind a bogus header is found. Octets between frames are skipped
//! up to the next LF: one [`Refused::NotAFrame`] for each such run, none if it is filler only
//! (CR, NUL, doubled LF).
//!
//! Invariant: never more than one frame that is not complete is held, at most [`LONGEST_FRAME`]
//! octets, and nothing at all between frames. A frame that lies whole in the input is not copied.
//! Invariant: frames and refusals do not depend on how the input was split.
//!
//! A frame that stops short is not seen here: [`Deframer::is_begun`] says that one is waited
//! for, and the session has the time-out.

use super::Envelope;
use super::envelope::{CR, CrcForm, LF, LONGEST_FRAME, LONGEST_PADDING, unhex};
use crate::crc::crc16_arc;

/// Why octets are no frame. None of these is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// All in its place, but the CRC is another one.
    BadCrc,
    /// The length is wrong, or does not begin with 0.
    BadLength,
    /// Nothing like a frame.
    NotAFrame,
}

/// What [`Deframer::next`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// A frame whose length and CRC are right.
    Frame(Envelope<'a>),
    /// Octets that are none.
    Refused(Refused),
}

/// Finds frames in a stream. See the module.
#[derive(Default)]
pub struct Deframer {
    /// A frame that is not complete, from its LF on; or one that was just handed out.
    held: Vec<u8>,
    /// How far `held` was searched for its end.
    searched: usize,
    /// Whether `held` was handed out and can go.
    handed_out: bool,
    /// Whether the present run of octets outside frames was reported.
    in_noise: bool,
}

/// What [`Deframer::advance`] did, free of borrows.
enum Step {
    Held {
        form: CrcForm,
        covered: usize,
    },
    Direct {
        octets: usize,
        form: CrcForm,
        covered: usize,
    },
    Refused(Refused),
    Exhausted,
}

impl Deframer {
    /// A deframer at the start of a stream.
    pub const fn new() -> Self {
        Self {
            held: Vec::new(),
            searched: 0,
            handed_out: false,
            in_noise: false,
        }
    }

    /// Takes octets from the front of `input` up to the end of the next thing found; `None` when
    /// all of them are taken.
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Option<Found<'s>> {
        match self.advance(input) {
            Step::Held { form, covered } => {
                self.handed_out = true;
                let envelope = Envelope::judged(&self.held, form, covered);
                Some(Found::Frame(envelope))
            }
            Step::Direct {
                octets,
                form,
                covered,
            } => {
                let (frame, rest) = input.split_at(octets);
                *input = rest;
                Some(Found::Frame(Envelope::judged(frame, form, covered)))
            }
            Step::Refused(reason) => Some(Found::Refused(reason)),
            Step::Exhausted => None,
        }
    }

    /// Whether a frame was begun and is waited for. Filler alone begins none: some panels end a
    /// frame with CR LF, and then have nothing to say for hours.
    pub fn is_begun(&self) -> bool {
        !self.handed_out && is_noise(&self.held)
    }

    /// Forgets everything that was held.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    fn advance(&mut self, input: &mut &[u8]) -> Step {
        if self.handed_out {
            self.release();
        }
        loop {
            let step = if self.held.is_empty() {
                self.advance_input(input)
            } else {
                self.advance_held(input)
            };
            if let Some(step) = step {
                if matches!(step, Step::Held { .. } | Step::Direct { .. }) {
                    self.in_noise = false;
                }
                return step;
            }
        }
    }

    /// Nothing is held: looks for a frame in the input itself.
    fn advance_input(&mut self, input: &mut &[u8]) -> Option<Step> {
        let start = input.iter().position(|octet| *octet == LF);
        let (skipped, rest) = input.split_at(start.unwrap_or(input.len()));
        *input = rest;
        if let Some(step) = self.skip(is_noise(skipped)) {
            return Some(step);
        }
        if rest.is_empty() {
            return Some(Step::Exhausted);
        }
        let mut searched = 0;
        match judge(rest, &mut searched) {
            Verdict::Frame {
                form,
                covered,
                octets,
            } => Some(Step::Direct {
                octets,
                form,
                covered,
            }),
            Verdict::Refused(reason) => {
                *input = &rest[1..];
                self.refuse(reason, rest.get(1).copied())
            }
            Verdict::Wait => {
                self.held.extend_from_slice(rest);
                self.searched = searched;
                *input = &[];
                Some(Step::Exhausted)
            }
        }
    }

    /// Judges what is held, or tops it up: octet by octet in the header, then up to what ends the
    /// frame, so that nothing behind the frame is ever taken.
    fn advance_held(&mut self, input: &mut &[u8]) -> Option<Step> {
        match judge(&self.held, &mut self.searched) {
            Verdict::Frame { form, covered, .. } => Some(Step::Held { form, covered }),
            Verdict::Refused(reason) => {
                let next = self.held[1..].iter().position(|octet| *octet == LF);
                let skipped = &self.held[1..=next.unwrap_or(self.held.len() - 1)];
                let (second, noisy) = (self.held.get(1).copied(), is_noise(skipped));
                match next {
                    Some(at) => drop(self.held.drain(..=at)),
                    None => self.held = Vec::new(),
                }
                self.searched = 0;
                self.refuse(reason, second).or_else(|| self.skip(noisy))
            }
            Verdict::Wait if input.is_empty() => Some(Step::Exhausted),
            Verdict::Wait => {
                let room = LONGEST_FRAME - self.held.len();
                let wanted = if self.held.len() < CrcForm::Text.header() + 1 {
                    1
                } else {
                    let end = input.iter().position(|octet| is_end(*octet));
                    end.map_or(input.len(), |at| at + 1).min(room)
                };
                let (taken, rest) = input.split_at(wanted);
                self.held.extend_from_slice(taken);
                *input = rest;
                None
            }
        }
    }

    /// One refusal for this LF; none for a line feed that is followed by filler.
    fn refuse(&mut self, reason: Refused, second: Option<u8>) -> Option<Step> {
        if reason == Refused::NotAFrame && second.is_some_and(is_filler) {
            return None;
        }
        self.in_noise = true;
        Some(Step::Refused(reason))
    }

    /// One refusal for a run of octets outside frames, if it was not reported yet.
    fn skip(&mut self, noisy: bool) -> Option<Step> {
        let first = noisy && !self.in_noise;
        self.in_noise |= noisy;
        first.then_some(Step::Refused(Refused::NotAFrame))
    }

    fn release(&mut self) {
        self.held = Vec::new();
        self.searched = 0;
        self.handed_out = false;
    }
}

/// What is held is personal data: it stays out of logs.
impl std::fmt::Debug for Deframer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deframer")
            .field("held_octets", &self.held.len())
            .finish_non_exhaustive()
    }
}

enum Verdict {
    /// More octets are needed.
    Wait,
    Frame {
        form: CrcForm,
        covered: usize,
        octets: usize,
    },
    Refused(Refused),
}

/// Judges what begins at the LF that `window` starts with; `searched` remembers how far its end
/// was looked for, so that a frame that trickles in is not searched anew with each octet.
fn judge(window: &[u8], searched: &mut usize) -> Verdict {
    let (form, covered) = match judge_header(window) {
        Ok(Some(header)) => header,
        Ok(None) => return Verdict::Wait,
        Err(reason) => return Verdict::Refused(reason),
    };
    let start = form.header();
    let longest = start + covered + LONGEST_PADDING;
    let reach = window.len().min(longest + 1);
    let from = (*searched).max(start);
    let end = window[from..reach].iter().position(|octet| is_end(*octet));
    *searched = reach;
    let upto = end.map_or(reach, |at| from + at);
    let padding = window.get(start + covered..upto).unwrap_or(&[]);
    if padding.iter().any(|octet| *octet != 0) {
        return Verdict::Refused(Refused::BadLength);
    }
    match end {
        None if window.len() > longest => Verdict::Refused(Refused::BadLength),
        None => Verdict::Wait,
        Some(_) if window[upto] == LF || upto < start + covered => {
            Verdict::Refused(Refused::BadLength)
        }
        Some(_) if !crc_matches(window, form, covered) => Verdict::Refused(Refused::BadCrc),
        Some(_) => Verdict::Frame {
            form,
            covered,
            octets: upto + 1,
        },
    }
}

/// The form and the length of the frame; `None` while the header is not complete. The two forms
/// exclude each other: where one has its quote, the other has a digit of the length.
fn judge_header(window: &[u8]) -> Result<Option<(CrcForm, usize)>, Refused> {
    for form in [CrcForm::Binary, CrcForm::Text] {
        let start = form.header();
        let Some(quote) = window.get(start) else {
            return Ok(None);
        };
        let length = unhex(&window[start - 4..start]).filter(|_| *quote == b'"');
        let Some(length) = length else { continue };
        if window[start - 4] != b'0' {
            return Err(Refused::BadLength);
        }
        if form == CrcForm::Text && unhex(&window[1..5]).is_none() {
            return Err(Refused::BadCrc);
        }
        return Ok(Some((form, usize::from(length))));
    }
    Err(Refused::NotAFrame)
}

fn crc_matches(window: &[u8], form: CrcForm, covered: usize) -> bool {
    let expected = match form {
        CrcForm::Text => unhex(&window[1..5]),
        CrcForm::Binary => Some(u16::from_be_bytes([window[1], window[2]])),
    };
    expected == Some(crc16_arc(&window[form.header()..][..covered]))
}

const fn is_end(octet: u8) -> bool {
    matches!(octet, LF | CR)
}

fn is_noise(octets: &[u8]) -> bool {
    octets.iter().any(|octet| !is_filler(*octet))
}

/// What panels put between frames without meaning anything by it.
const fn is_filler(octet: u8) -> bool {
    matches!(octet, LF | CR | 0)
}
