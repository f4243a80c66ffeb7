//! The verdict: what panels know, held against what the server stored.
//!
//! Invariant: it is clean only if
//! 1. events are numbered densely from 1;
//! 2. every stored message is a signal that some panel sent, unharmed in code, partition and point;
//! 3. each is stored once (I2). R2 allows one exception, which is counted and must be flagged: a
//!    panel that never tells the time, repeating itself after something else of it was stored;
//! 4. the signals of each panel are stored in the order in which it sent them (I5);
//! 5. every signal that was acknowledged is stored (I1).

use std::collections::HashMap;
use std::fmt;

use sim::content::{Content, Happening};
use sim::journal::Outcome;

use super::api::Stored;
use super::crowd::Sender;

/// Faults that are told one by one; the others are counted.
const TOLD: usize = 20;

/// The verdict on a record.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    sent: usize,
    acknowledged: usize,
    events: usize,
    messages: usize,
    /// Events of the server's own: what it saw, and no panel said.
    own: usize,
    /// Repeats that R2 allows.
    flagged: usize,
    /// Acknowledged signals that are not stored.
    pub(crate) lost: usize,
    /// Everything that is wrong, losses included.
    faults: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sent {}, acknowledged {}, stored {} messages ({} events), {} events of our own, \
             flagged repeats {}, acknowledged and lost {}, faults {}",
            self.sent,
            self.acknowledged,
            self.messages,
            self.events,
            self.own,
            self.flagged,
            self.lost,
            self.faults.len(),
        )
    }
}

impl Verdict {
    /// Holds `stored` against what the panels know.
    pub(crate) fn on(senders: &[Sender<'_>], stored: &[Stored]) -> Self {
        let mut verdict = Self {
            events: stored.len(),
            ..Self::default()
        };
        verdict.check_numbers(stored);
        let (own, messages): (Vec<_>, Vec<_>) = stored
            .chunk_by(|a, b| a.message_seq == b.message_seq)
            .partition(|message| message[0].is_own());
        verdict.own = own.len();
        verdict.messages = messages.len();
        let mut of_account: HashMap<&str, Vec<&[Stored]>> = HashMap::new();
        for message in messages {
            of_account
                .entry(&message[0].account)
                .or_default()
                .push(message);
        }
        for sender in senders {
            let account = sender.record.account.as_str();
            let messages = of_account.remove(account).unwrap_or_default();
            verdict.check_panel(sender, &messages);
        }
        for account in of_account.keys() {
            verdict.fault(format!(
                "{account}: stored, and nobody of that account sent anything"
            ));
        }
        verdict
    }

    /// Prints the verdict, and panics unless it is clean.
    pub(crate) fn must_be_clean(&self) {
        println!("{self}");
        let told = &self.faults[..self.faults.len().min(TOLD)];
        assert!(self.faults.is_empty(), "{self}\n{}", told.join("\n"));
    }

    fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    fn check_numbers(&mut self, stored: &[Stored]) {
        for (event, expected) in stored.iter().zip(1_u64..) {
            if event.seq != expected {
                self.fault(format!(
                    "event {} stands where {expected} should",
                    event.seq
                ));
                return;
            }
        }
    }

    fn check_panel(&mut self, sender: &Sender<'_>, messages: &[&[Stored]]) {
        let account = sender.record.account;
        let outcomes = &sender.record.outcomes;
        let mut times = vec![0_u32; outcomes.len()];
        let mut last = 0;
        for message in messages {
            let first = &message[0];
            let place = first.number().and_then(|number| {
                let at = usize::try_from(number).ok()?.checked_sub(1)?;
                (at < outcomes.len()).then_some((number, at))
            });
            let Some((number, at)) = place else {
                self.fault(format!("{account}: event {} was never sent", first.seq));
                continue;
            };
            let mut content = Content::numbered(number);
            if sender.single {
                content.happenings.truncate(1);
            }
            if !is_unharmed(message, &content) {
                self.fault(format!(
                    "{account}: signal {number} is not what was sent: {message:?}"
                ));
            }
            times[at] += 1;
            if times[at] > 1 {
                let is_flagged = first.flags.iter().any(|flag| flag == "possible_repeat");
                if !sender.stamped && is_flagged {
                    self.flagged += 1;
                } else {
                    self.fault(format!(
                        "{account}: signal {number} is stored {} times",
                        times[at]
                    ));
                }
            } else if number < last {
                self.fault(format!(
                    "{account}: signal {number} is stored after signal {last}"
                ));
            } else {
                last = number;
            }
        }
        self.sent += outcomes.len();
        for number in sender.record.numbers(Outcome::Acknowledged) {
            self.acknowledged += 1;
            let at = usize::try_from(number).unwrap() - 1;
            if times[at] == 0 {
                self.lost += 1;
                self.fault(format!(
                    "{account}: signal {number} was acknowledged and is lost"
                ));
            }
        }
    }
}

/// Whether the events of a message say what the signal said.
fn is_unharmed(message: &[Stored], content: &Content) -> bool {
    let pairs = || message.iter().zip(&content.happenings);
    message.len() == content.happenings.len() && pairs().all(|(event, sent)| says(event, sent))
}

fn says(event: &Stored, sent: &Happening) -> bool {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    let point: Option<u16> = number(&event.zone).or_else(|| number(&event.user));
    event.code.set == sent.code.format()
        && event.code.code == sent.code.text().as_str()
        && number(&event.partition) == Some(sent.partition.into())
        && point == Some(sent.point)
}

#[cfg(test)]
mod tests {
    use model::Account;
    use sim::journal::PanelRecord;

    use super::*;

    fn record(outcomes: &[Outcome]) -> PanelRecord {
        PanelRecord {
            account: Account::parse(b"001001").unwrap(),
            outcomes: outcomes.to_vec(),
        }
    }

    /// The events of a message as the API would tell them.
    fn message(seq: u64, number: u64, flags: &[&str]) -> Vec<Stored> {
        let content = Content::numbered(number);
        let events = content
            .happenings
            .iter()
            .zip(0_u64..)
            .map(|(happening, nth)| {
                let mut event = serde_json::json!({
                    "seq": seq + nth,
                    "message_seq": seq,
                    "account": "001001",
                    "code": {
                        "set": happening.code.format(),
                        "code": happening.code.text().as_str(),
                    },
                    "partition": happening.partition.to_string(),
                    "zone": happening.point.to_string(),
                    "user": null,
                    "flags": flags,
                });
                if nth == 0 {
                    let block = serde_json::json!({"letter": "I", "content_text": content.mark()});
                    event["extended"] = serde_json::json!([block]);
                }
                serde_json::from_value(event).unwrap()
            });
        events.collect()
    }

    fn verdict(record: &PanelRecord, stamped: bool, stored: &[Stored]) -> Verdict {
        Verdict::on(
            &[Sender {
                record,
                stamped,
                single: false,
            }],
            stored,
        )
    }

    #[test]
    fn a_record_that_holds_what_was_acknowledged_is_clean() {
        let record = record(&[Outcome::Acknowledged, Outcome::Acknowledged, Outcome::Sent]);
        let stored = [message(1, 1, &[]), message(2, 2, &[])].concat();
        verdict(&record, true, &stored).must_be_clean();
    }

    #[test]
    fn a_message_of_two_events_counts_as_one() {
        let record = record(&[Outcome::Acknowledged; 12]);
        let mut stored = Vec::new();
        for number in 1..=12 {
            stored.extend(message(number, number, &[]));
        }
        let verdict = verdict(&record, true, &stored);
        assert_eq!((verdict.events, verdict.messages), (13, 12));
        verdict.must_be_clean();
    }

    #[test]
    fn what_the_server_saw_itself_is_numbered_and_no_signal_of_a_panel() {
        let record = record(&[Outcome::Acknowledged, Outcome::Acknowledged]);
        let mut own = message(2, 1, &[]);
        own[0].code.set = "OWN".to_owned();
        let stored = [message(1, 1, &[]), own, message(3, 2, &[])].concat();
        let verdict = verdict(&record, true, &stored);
        assert_eq!((verdict.own, verdict.messages), (1, 2));
        verdict.must_be_clean();
    }

    #[test]
    fn each_fault_is_found() {
        let record = record(&[Outcome::Acknowledged, Outcome::Acknowledged]);
        let harmed = |mut message: Vec<Stored>| {
            message[0].partition = Some("98".to_owned());
            message
        };
        let faulty: [(&str, Vec<Vec<Stored>>); 6] = [
            ("acknowledged and is lost", vec![message(1, 1, &[])]),
            ("stands where", vec![message(1, 1, &[]), message(3, 2, &[])]),
            (
                "stored 2 times",
                vec![message(1, 1, &[]), message(2, 1, &[]), message(3, 2, &[])],
            ),
            ("stored after", vec![message(1, 2, &[]), message(2, 1, &[])]),
            (
                "never sent",
                vec![message(1, 1, &[]), message(2, 2, &[]), message(3, 3, &[])],
            ),
            (
                "not what was sent",
                vec![message(1, 1, &[]), harmed(message(2, 2, &[]))],
            ),
        ];
        for (expected, stored) in faulty {
            let verdict = verdict(&record, true, &stored.concat());
            assert_eq!(verdict.faults.len(), 1, "{expected}: {:?}", verdict.faults);
            assert!(verdict.faults[0].contains(expected), "{:?}", verdict.faults);
        }
    }

    #[test]
    fn a_flagged_repeat_is_allowed_to_those_who_never_tell_the_time() {
        let record = record(&[Outcome::Acknowledged, Outcome::Acknowledged]);
        let again = message(3, 1, &["possible_repeat"]);
        let stored = [message(1, 1, &[]), message(2, 2, &[]), again].concat();
        let allowed = verdict(&record, false, &stored);
        assert_eq!((allowed.flagged, allowed.faults.len()), (1, 0));
        assert_eq!(verdict(&record, true, &stored).faults.len(), 1);
    }
}
