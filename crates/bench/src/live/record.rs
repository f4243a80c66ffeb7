//! The server's record held against what the panels saw: what was acknowledged must be there, and
//! nothing twice.
//!
//! The panels of a fleet number their events from 1, without gaps. So a number that is missing
//! below a panel's highest is a loss, whatever the counts say; one that is there twice is a
//! duplicate; and a loss at a panel's end shows in the count of all.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use model::EventClass;
use serde::Serialize;
use serde_json::Value;
use sim::kind::Kind;
use sim::tally::Tally;

use super::interrupt::Interrupt;
use crate::api::Api;

/// Events of one page of the API.
const PAGE: usize = 1_000;

/// A report of supervision, as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) account: String,
    /// When it was stored, in microseconds since 1970.
    pub(super) at: i64,
}

/// What the record says.
#[derive(Debug, Default)]
pub(super) struct Record {
    panels: HashMap<String, Numbers>,
    /// Events of panels, by the name of their kind.
    kinds: BTreeMap<&'static str, u64>,
    /// Events of the server's own, by their code.
    own: BTreeMap<String, u64>,
    pub(super) losses: Vec<Loss>,
    twice: u64,
    unread: u64,
}

/// What the record says, beside what the panels saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Compared {
    /// Events that panels sent.
    pub(super) sent: u64,
    /// Of these, acknowledged.
    pub(super) acknowledged: u64,
    /// Of these, refused.
    pub(super) refused: u64,
    /// Neither one nor the other to the end.
    pub(super) never_acknowledged: u64,
    /// Different events in the record.
    pub(super) stored: u64,
    /// Acknowledged and not in the record: at least so many.
    pub(super) lost: u64,
    /// In the record twice.
    pub(super) duplicates: u64,
    /// In the record and not one that a panel numbered.
    pub(super) not_understood: u64,
    /// Events of the server's own, by their code.
    pub(super) own: BTreeMap<String, u64>,
    /// By kind: sent, acknowledged, stored.
    pub(super) kinds: BTreeMap<&'static str, [u64; 3]>,
}

/// The numbers of a panel's events.
#[derive(Debug, Default)]
struct Numbers {
    highest: u64,
    stored: u64,
    seen: Vec<u64>,
}

impl Numbers {
    /// Adds one; whether it is new.
    fn add(&mut self, number: u64) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        let word = usize::try_from(word).unwrap_or(usize::MAX);
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        let new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        self.stored += u64::from(new);
        self.highest = self.highest.max(number);
        new
    }

    fn gaps(&self) -> u64 {
        self.highest - self.stored
    }
}

impl Record {
    /// All of it, page by page.
    pub(super) fn read(api: &Api, interrupt: &Interrupt) -> anyhow::Result<Self> {
        let mut record = Self::default();
        let mut after = 0;
        loop {
            interrupt.check()?;
            let page = api.get(&format!("/events?after={after}&limit={PAGE}"))?;
            let events = page["events"].as_array().context("no events in a page")?;
            for event in events {
                after = event["seq"].as_u64().context("an event without a number")?;
                record.add(event)?;
            }
            if page["next_cursor"].is_null() {
                return Ok(record);
            }
        }
    }

    fn add(&mut self, event: &Value) -> anyhow::Result<()> {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        if text("format") == "OWN" {
            let code = event["code"]["code"].as_str().unwrap_or("?").to_owned();
            if code == "path_lost" {
                let at: jiff::Timestamp = text("received").parse().context("a time of an event")?;
                self.losses.push(Loss {
                    account: text("account"),
                    at: at.as_microsecond(),
                });
            }
            *self.own.entry(code).or_default() += 1;
            return Ok(());
        }
        // Numbers far beyond what a panel of ours sends would ask for much memory.
        let number = event["panel_sequence"].as_u64();
        let Some(number) = number.filter(|number| (1..=u64::from(u32::MAX) / 64).contains(number))
        else {
            self.unread += 1;
            return Ok(());
        };
        if self.panels.entry(text("account")).or_default().add(number) {
            *self.kinds.entry(kind_of(event).name()).or_default() += 1;
        } else {
            self.twice += 1;
        }
        Ok(())
    }

    /// Beside what the panels saw from the beginning to the end.
    pub(super) fn compare(&self, seen: &Tally) -> Compared {
        let events = seen.all_of(is_event);
        let stored = self.panels.values().map(|panel| panel.stored).sum::<u64>();
        let gaps = self.panels.values().map(Numbers::gaps).sum::<u64>();
        let of_kind = |kind: &Kind| {
            let tally = seen.kind(*kind);
            let stored = self.kinds.get(kind.name()).copied().unwrap_or(0);
            (kind.name(), [tally.sent, tally.acknowledged, stored])
        };
        let answered = events.acknowledged + events.refused;
        Compared {
            sent: events.sent,
            acknowledged: events.acknowledged,
            refused: events.refused,
            never_acknowledged: events.sent.saturating_sub(answered),
            stored,
            lost: gaps.max(events.acknowledged.saturating_sub(stored)),
            duplicates: self.twice,
            not_understood: self.unread,
            own: self.own.clone(),
            kinds: Kind::ALL
                .iter()
                .filter(|kind| is_event(**kind))
                .map(of_kind)
                .collect(),
        }
    }
}

impl Compared {
    /// Adds what another run came to.
    pub(super) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.never_acknowledged += other.never_acknowledged;
        self.stored += other.stored;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.not_understood += other.not_understood;
        for (code, count) in &other.own {
            *self.own.entry(code.clone()).or_default() += count;
        }
        for (kind, theirs) in &other.kinds {
            let ours = self.kinds.entry(kind).or_default();
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                *ours += theirs;
            }
        }
    }
}

/// Whether a kind is stored.
pub(super) fn is_event(kind: Kind) -> bool {
    kind.is_signal() && kind != Kind::Status
}

/// The kind of an event as the record has it, told as the panels tell theirs.
fn kind_of(event: &Value) -> Kind {
    let restores = event["restores"].as_array();
    let restores = restores.is_some_and(|codes| !codes.is_empty());
    let name = event["class"].as_str().unwrap_or_default();
    let class = EventClass::ALL.iter().find(|class| class.as_str() == name);
    match class {
        Some(EventClass::Status) => Kind::Zone,
        _ if restores => Kind::Restore,
        Some(EventClass::Arm | EventClass::Disarm) => Kind::Arming,
        Some(EventClass::Test) => Kind::Test,
        Some(class) if class.is_alarm() => Kind::Alarm,
        _ => Kind::Trouble,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn event(account: &str, number: u64) -> Value {
        json!({
            "account": account, "panel_sequence": number, "format": "MQTT",
            "class": "burglary", "restores": [],
        })
    }

    fn seen(acknowledged: u64) -> Tally {
        let mut tally = Tally::default();
        for _ in 0..acknowledged {
            tally.sent(Kind::Alarm);
            tally.acknowledged(Kind::Alarm, Duration::from_millis(1));
        }
        tally.sent(Kind::Status);
        tally
    }

    fn record(events: &[Value]) -> Record {
        let mut record = Record::default();
        for event in events {
            record.add(event).unwrap();
        }
        record
    }

    #[test]
    fn what_was_acknowledged_and_stored_once_is_no_loss() {
        let compared = record(&[event("1", 1), event("1", 2), event("2", 1)]).compare(&seen(3));
        assert_eq!((compared.lost, compared.duplicates), (0, 0));
        assert_eq!(compared.kinds["alarm"], [3, 3, 3]);
    }

    #[test]
    fn a_gap_is_a_loss_even_where_the_counts_agree() {
        let compared = record(&[event("1", 1), event("1", 3), event("2", 1)]).compare(&seen(3));
        assert_eq!((compared.lost, compared.duplicates), (1, 0));
    }

    #[test]
    fn a_loss_at_the_end_shows_in_the_count_and_a_duplicate_does_not_hide_it() {
        let compared = record(&[event("1", 1), event("1", 1)]).compare(&seen(2));
        assert_eq!((compared.lost, compared.duplicates), (1, 1));
    }

    #[test]
    fn events_of_the_servers_own_are_told_apart() {
        let own = json!({
            "account": "100000", "format": "OWN", "code": { "code": "path_lost" },
            "received": "2026-11-23T08:00:00Z",
        });
        let record = record(&[own]);
        assert_eq!(record.own["path_lost"], 1);
        assert_eq!(record.losses[0].at, 1_795_420_800_000_000);
        assert_eq!(record.compare(&Tally::default()).stored, 0);
    }
}
