//! What a gateway has sent up and not yet seen answered: bounded, in order, ready to be sent
//! again.
//!
//! Invariants:
//! 1. A signal stays here, encoded, until its answer is given to the session: an engine that
//!    dies loses nothing (I4).
//! 2. Answers leave in the order of tokens, however they arrive (I5).
//! 3. When an alarm is sent, what its connection sent before it and is unanswered is sent before
//!    it on the same stream, as urgent as the alarm (I9).
//! 4. Nothing is taken while [`Window::has_room`] says no; the caller stops reading then (I7).
//!
//! A connection that closes leaves its signals here; they are answered to nobody.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use engine::ports::Answer;
use model::{EventClass, Mono, SignalToken, Stream};
use proto::Outgoing;

use super::codec::TooLarge;
use super::upward::{encode_signal, promoted};

/// A frame to be written, and on which stream.
pub type Outbound = (Stream, Bytes);

/// Signals without answer, by connection.
#[derive(Debug)]
pub struct Window {
    lines: BTreeMap<u64, VecDeque<Entry>>,
    count: usize,
    octets: usize,
    max_count: usize,
    max_octets: usize,
}

#[derive(Debug)]
struct Entry {
    token: SignalToken,
    class: EventClass,
    frame: Bytes,
    /// The stream that it was last sent on.
    sent_on: Stream,
    answer: Option<Answer>,
}

impl Window {
    /// An empty window for so many signals and octets.
    pub fn new(max_count: usize, max_octets: usize) -> Self {
        Self {
            lines: BTreeMap::new(),
            count: 0,
            octets: 0,
            max_count,
            max_octets,
        }
    }

    /// Whether another signal is welcome. One signal of a frame's size may go beyond the octets.
    pub fn has_room(&self) -> bool {
        self.count < self.max_count && self.octets < self.max_octets
    }

    /// How many signals are without answer.
    pub fn len(&self) -> usize {
        self.count
    }

    /// How many octets they have.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Whether everything is answered.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether something of this connection is without answer.
    pub fn awaits(&self, connection: u64) -> bool {
        self.lines.contains_key(&connection)
    }

    /// The lowest token of this connection that is without answer.
    pub fn lowest(&self, connection: u64) -> Option<SignalToken> {
        let line = self.lines.get(&connection)?;
        line.front().map(|entry| entry.token)
    }

    /// Every connection with signals without answer, and the lowest of these.
    pub fn lowest_of_all(&self) -> impl Iterator<Item = (u64, SignalToken)> {
        self.lines
            .iter()
            .filter_map(|(connection, line)| Some((*connection, line.front()?.token)))
    }

    /// Takes a signal, and appends to `out` what is to be written: earlier signals of the same
    /// connection that it promotes, then itself.
    pub fn push(
        &mut self,
        connection: u64,
        read_at: Mono,
        outgoing: &Outgoing,
        out: &mut Vec<Outbound>,
    ) -> Result<(), TooLarge> {
        let frame = encode_signal(connection, read_at, outgoing)?;
        let line = self.lines.entry(connection).or_default();
        let class = outgoing.class;
        if class.stream() == Stream::Urgent {
            // I9: a waiting alarm promotes what its panel sent before it.
            for entry in line
                .iter_mut()
                .filter(|entry| entry.sent_on != Stream::Urgent)
            {
                entry.sent_on = Stream::Urgent;
                out.push((Stream::Urgent, promoted(&entry.frame, class)));
            }
        }
        self.count += 1;
        self.octets += frame.len();
        out.push((class.stream(), frame.clone()));
        line.push_back(Entry {
            token: outgoing.token,
            class,
            frame,
            sent_on: class.stream(),
            answer: None,
        });
        Ok(())
    }

    /// Takes an answer, and appends to `out` the answers of its connection whose turn it now is.
    /// An answer to nothing that waits changes nothing.
    pub fn take(&mut self, answer: Answer, out: &mut Vec<Answer>) {
        let (connection, token) = question_of(&answer);
        let Some(line) = self.lines.get_mut(&connection) else {
            return;
        };
        if let Some(entry) = line.iter_mut().find(|entry| entry.token == token) {
            entry.answer.get_or_insert(answer);
        }
        while let Some(answer) = line.front().and_then(|entry| entry.answer) {
            if let Some(entry) = line.pop_front() {
                self.count -= 1;
                self.octets -= entry.frame.len();
            }
            out.push(answer);
        }
        if line.is_empty() {
            self.lines.remove(&connection);
        }
    }

    /// Everything that waits, to be written over a new link: first each alarm with what its
    /// connection sent before it, then the rest. Also what was answered out of turn, since the
    /// engine takes tokens without gaps.
    pub fn resend(&mut self, out: &mut Vec<Outbound>) {
        for line in self.lines.values_mut() {
            let last_alarm = line.iter().rposition(|entry| entry.class.is_alarm());
            let urgent = last_alarm.map_or(0, |at| at + 1);
            let class = last_alarm
                .and_then(|at| line.get(at))
                .map(|entry| entry.class);
            for (at, entry) in line.iter_mut().enumerate() {
                entry.sent_on = if at < urgent {
                    Stream::Urgent
                } else {
                    Stream::Normal
                };
            }
            for entry in line.iter().take(urgent) {
                let frame = match class {
                    Some(class) if !entry.class.is_alarm() => promoted(&entry.frame, class),
                    _ => entry.frame.clone(),
                };
                out.push((Stream::Urgent, frame));
            }
        }
        for line in self.lines.values() {
            let rest = line.iter().filter(|entry| entry.sent_on == Stream::Normal);
            out.extend(rest.map(|entry| (Stream::Normal, entry.frame.clone())));
        }
    }
}

/// Which signal an answer is about.
pub fn question_of(answer: &Answer) -> (u64, SignalToken) {
    match answer {
        Answer::Committed { connection, proof } => (*connection, proof.token()),
        Answer::Refused {
            connection, token, ..
        } => (*connection, *token),
    }
}

#[cfg(test)]
mod tests {
    use model::{AckMode, Committed, EventSeq, RepeatKey};

    use super::super::samples;
    use super::super::{FrameBuffer, Upward};
    use super::*;

    const ALARM: EventClass = EventClass::Burglary;
    const ROUTINE: EventClass = EventClass::Arm;
    const READ_AT: Mono = Mono(86_400_000_000_007);

    fn outgoing(token: u32, class: EventClass) -> Outgoing {
        Outgoing {
            token: SignalToken(token),
            class,
            ..samples::outgoing()
        }
    }

    fn committed(connection: u64, token: u32) -> Answer {
        let proof = Committed::attest(
            SignalToken(token),
            RepeatKey([0; 16]),
            EventSeq(u64::from(token)),
            AckMode::Stored,
        );
        Answer::Committed { connection, proof }
    }

    /// Stream, connection, token and class of each frame.
    fn read(out: &[Outbound]) -> Vec<(Stream, u64, u32, EventClass)> {
        let mut rows = Vec::new();
        for (stream, frame) in out {
            let mut buffer = FrameBuffer::default();
            buffer.feed(frame);
            let Some(Upward::Signal {
                connection,
                read_at: READ_AT,
                outgoing,
            }) = buffer.next_message().unwrap()
            else {
                panic!("a signal");
            };
            rows.push((*stream, connection, outgoing.token.0, outgoing.class));
        }
        rows
    }

    fn window() -> Window {
        Window::new(8, 1 << 20)
    }

    #[test]
    fn an_alarm_takes_along_what_its_own_panel_sent_before_it() {
        let mut window = window();
        let mut out = Vec::new();
        window
            .push(1, READ_AT, &outgoing(1, ROUTINE), &mut out)
            .unwrap();
        window
            .push(2, READ_AT, &outgoing(1, ROUTINE), &mut out)
            .unwrap();
        out.clear();
        window
            .push(1, READ_AT, &outgoing(2, ALARM), &mut out)
            .unwrap();
        assert_eq!(
            read(&out),
            [(Stream::Urgent, 1, 1, ALARM), (Stream::Urgent, 1, 2, ALARM)]
        );
        out.clear();
        window
            .push(1, READ_AT, &outgoing(3, ALARM), &mut out)
            .unwrap();
        assert_eq!(read(&out), [(Stream::Urgent, 1, 3, ALARM)], "promoted once");
    }

    #[test]
    fn answers_leave_in_the_order_of_tokens() {
        let mut window = window();
        let mut out = Vec::new();
        for token in 1..=3 {
            window
                .push(1, READ_AT, &outgoing(token, ROUTINE), &mut out)
                .unwrap();
        }
        let mut answers = Vec::new();
        window.take(committed(1, 2), &mut answers);
        window.take(committed(1, 3), &mut answers);
        assert!(answers.is_empty());
        assert_eq!(window.len(), 3);
        window.take(committed(1, 1), &mut answers);
        let tokens: Vec<u32> = answers.iter().map(|a| question_of(a).1.0).collect();
        assert_eq!(tokens, [1, 2, 3]);
        assert!(window.is_empty() && !window.awaits(1));
    }

    #[test]
    fn an_answer_to_nothing_changes_nothing() {
        let mut window = window();
        window
            .push(1, READ_AT, &outgoing(1, ROUTINE), &mut Vec::new())
            .unwrap();
        let mut answers = Vec::new();
        window.take(committed(9, 1), &mut answers);
        window.take(committed(1, 7), &mut answers);
        assert!(answers.is_empty());
        window.take(committed(1, 1), &mut answers);
        window.take(committed(1, 1), &mut answers);
        assert_eq!(answers.len(), 1);
        assert!(window.is_empty());
    }

    #[test]
    fn a_new_link_gets_alarms_first_and_no_gap() {
        let mut window = window();
        let mut out = Vec::new();
        window
            .push(1, READ_AT, &outgoing(5, ROUTINE), &mut out)
            .unwrap();
        window
            .push(2, READ_AT, &outgoing(1, ROUTINE), &mut out)
            .unwrap();
        window
            .push(2, READ_AT, &outgoing(2, ALARM), &mut out)
            .unwrap();
        window
            .push(2, READ_AT, &outgoing(3, ROUTINE), &mut out)
            .unwrap();
        window.take(committed(2, 2), &mut Vec::new());
        out.clear();
        window.resend(&mut out);
        assert_eq!(
            read(&out),
            [
                (Stream::Urgent, 2, 1, ALARM),
                (Stream::Urgent, 2, 2, ALARM),
                (Stream::Normal, 1, 5, ROUTINE),
                (Stream::Normal, 2, 3, ROUTINE),
            ]
        );
        let lowest: Vec<_> = window.lowest_of_all().map(|(c, t)| (c, t.0)).collect();
        assert_eq!(lowest, [(1, 5), (2, 1)]);
    }

    #[test]
    fn count_and_octets_are_both_bounds() {
        let mut by_count = Window::new(2, 1 << 20);
        let mut by_octets = Window::new(100, 1);
        assert!(by_count.has_room() && by_octets.has_room());
        by_count
            .push(1, READ_AT, &outgoing(1, ROUTINE), &mut Vec::new())
            .unwrap();
        by_octets
            .push(1, READ_AT, &outgoing(1, ROUTINE), &mut Vec::new())
            .unwrap();
        assert!(by_count.has_room());
        assert!(!by_octets.has_room());
        by_count
            .push(1, READ_AT, &outgoing(2, ROUTINE), &mut Vec::new())
            .unwrap();
        assert!(!by_count.has_room());
        by_octets.take(committed(1, 1), &mut Vec::new());
        assert!(by_octets.has_room());
    }

    #[test]
    fn a_signal_that_fits_no_frame_is_refused_and_not_kept() {
        let mut window = window();
        let mut huge = outgoing(1, ROUTINE);
        huge.signal.raw = vec![0; model::limits::LINK_FRAME];
        assert!(window.push(1, READ_AT, &huge, &mut Vec::new()).is_err());
        assert!(window.is_empty());
        assert!(!window.awaits(1));
    }
}
