//! What goes wrong with the panels of a fleet and their lines, and how often.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::fleet::{Absence, Leaves, Member, Transport};
use crate::terms::{BadTerm, Share, Span, as_text};

/// How many frames a panel that joins them writes at once.
const JOINED: usize = 4;

/// What goes wrong, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Clocks that are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skew: Option<Skew>,
    /// The share of answers that are not heard.
    pub lost_answers: Share,
    /// The share of messages that are sent twice at once.
    pub repeats: Share,
    /// The share of panels that send the sequence 0001 for ever.
    pub constant_sequence: Share,
    /// The share of writes that go out in pieces; over TCP only.
    pub split: Share,
    /// The share of panels that write several frames at once; over TCP only.
    pub joined: Share,
    /// Panels whose carrier fails: they fall silent without a farewell, and return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<Silences>,
    /// Panels that lose their connections all at once, and return all at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storm: Option<Moment>,
    /// Panels that make a new connection and leave the old one open for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_open: Option<Moment>,
    /// Panels of which there are two from a moment on: MQTT only, as all that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clones: Option<Moment>,
    /// The share of panels that send everything over two paths.
    pub two_paths: Share,
    /// The share of panels that never read what they are answered.
    pub slow_readers: Share,
}

/// Clocks that are wrong: of which share of the panels, and how far they are ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Skew {
    pub(crate) share: Share,
    behind: bool,
    by: Span,
}

/// Panels that fall silent: which share, when, and for how long. All at once, as when a mast fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Silences {
    pub(crate) share: Share,
    after: Span,
    lasts: Span,
}

/// Something that befalls a share of the panels, all at once: which share, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    pub(crate) share: Share,
    pub(crate) after: Span,
}

as_text!(Skew, Silences, Moment);

impl FromStr for Moment {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        let read = || {
            let (share, after) = text.split_once(':')?;
            Some(Self {
                share: share.parse().ok()?,
                after: after.parse().ok()?,
            })
        };
        read().ok_or_else(|| {
            BadTerm::new(
                text,
                "a share of the panels and when it befalls them, such as `5%:10s`",
            )
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.share, self.after)
    }
}

impl Moment {
    /// Who is befallen loses its connection, and makes another one at once.
    pub(crate) fn storm(self, begins: Duration) -> Absence {
        self.absence(begins, Leaves::Closed)
    }

    /// Who is befallen makes another connection and leaves the old one open.
    pub(crate) fn half_open(self, begins: Duration) -> Absence {
        self.absence(begins, Leaves::HalfOpen)
    }

    fn absence(self, begins: Duration, leaves: Leaves) -> Absence {
        Absence {
            after: begins + self.after.0,
            lasts: Duration::ZERO,
            again: None,
            leaves,
        }
    }
}

impl Skew {
    /// How far a clock is ahead, in microseconds.
    pub(crate) fn micros(self) -> i64 {
        let micros = model::micros(self.by.0);
        if self.behind { -micros } else { micros }
    }
}

impl FromStr for Skew {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        let bad = |()| {
            BadTerm::new(
                text,
                "a share of the panels and how far their clocks are wrong, such as `10%:+90s` or `10%:-1h`",
            )
        };
        let (share, by) = text.split_once(':').ok_or(()).map_err(bad)?;
        let behind = by.trim().starts_with('-');
        let by = by.trim().trim_start_matches(['+', '-']);
        Ok(Self {
            share: share.parse().map_err(|_| bad(()))?,
            behind,
            by: by.parse().map_err(|_| bad(()))?,
        })
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.behind { '-' } else { '+' };
        write!(f, "{}:{sign}{}", self.share, self.by)
    }
}

impl FromStr for Silences {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        let read = || {
            let mut parts = text.split(':');
            let silences = Self {
                share: parts.next()?.parse().ok()?,
                after: parts.next()?.parse().ok()?,
                lasts: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(silences)
        };
        read().ok_or_else(|| {
            BadTerm::new(
                text,
                "a share of the panels, when they fall silent, and for how long, such as `5%:10s:30s`",
            )
        })
    }
}

impl fmt::Display for Silences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.share, self.after, self.lasts)
    }
}

impl Silences {
    /// That of one of these panels, where signals begin so long after their fleet.
    pub(crate) fn absence(self, begins: Duration) -> Absence {
        Absence::silence(begins + self.after.0, self.lasts.0)
    }
}

impl Faults {
    /// How many connections one panel may have open at a time: who falls silent keeps the old
    /// one until it has another, and what is half open is kept for good.
    pub fn connections_at_most(&self) -> u64 {
        let more = [
            self.silence.is_some(),
            self.half_open.is_some(),
            self.clones.is_some(),
            !self.two_paths.is_none(),
        ];
        1 + more.into_iter().map(u64::from).sum::<u64>()
    }

    /// Makes of a panel what chance makes of it. `begins` is when signals begin, after its fleet.
    pub(crate) fn befall(
        &self,
        member: &mut Member,
        dice: &mut Dice,
        transport: Transport,
        begins: Duration,
    ) {
        // Each is thrown whether or not it counts, so that one fault does not move another.
        let skewed = self.skew.filter(|skew| dice.happens(skew.share));
        let constant = dice.happens(self.constant_sequence);
        let joins = dice.happens(self.joined) && transport == Transport::Tcp;
        let silent = self.silence.filter(|silence| dice.happens(silence.share));
        let storm = self.storm.filter(|storm| dice.happens(storm.share));
        let half_open = self.half_open.filter(|moment| dice.happens(moment.share));
        if let Some(skew) = skewed {
            member.clock_error = skew.micros();
        }
        member.habit.deaf = self.lost_answers;
        member.habit.doubles = self.repeats;
        member.habit.constant_sequence = constant;
        // Signals of one number cannot wait side by side.
        if joins && !constant {
            member.habit.window = JOINED;
        }
        if transport == Transport::Tcp {
            member.split = self.split;
        }
        let absences = [
            silent.map(|silence| silence.absence(begins)),
            storm.map(|moment| moment.storm(begins)),
            half_open.map(|moment| moment.half_open(begins)),
        ];
        member.absences = absences.into_iter().flatten().collect();
    }
}

#[cfg(test)]
mod tests {
    use model::Account;

    use super::*;

    fn all() -> Faults {
        Faults {
            skew: Some("50%:-90s".parse().unwrap()),
            lost_answers: Share::percent(1),
            repeats: Share::percent(2),
            constant_sequence: Share::percent(50),
            split: Share::percent(3),
            joined: Share::percent(50),
            silence: Some("50%:10s:20s".parse().unwrap()),
            storm: Some("50%:30s".parse().unwrap()),
            half_open: Some("50%:40s".parse().unwrap()),
            ..Faults::default()
        }
    }

    fn befallen(transport: Transport) -> Vec<Member> {
        let member = Member::of(Account::parse(b"1000").unwrap());
        let befall = |place| {
            let mut member = member.clone();
            let mut dice = Dice::new(1, place, 0);
            all().befall(&mut member, &mut dice, transport, Duration::from_secs(5));
            member
        };
        (0..200).map(befall).collect()
    }

    #[test]
    fn faults_befall_their_share_of_the_panels() {
        let members = befallen(Transport::Tcp);
        let count = |which: fn(&Member) -> bool| members.iter().filter(|m| which(m)).count();
        for hit in [
            count(|m| m.clock_error == -90_000_000),
            count(|m| m.habit.constant_sequence),
            count(|m| {
                m.absences
                    .iter()
                    .any(|absence| absence.after == Duration::from_secs(15))
            }),
        ] {
            assert!((70..130).contains(&hit), "{hit}");
        }
        assert!(count(|m| m.habit.window > 1) > 20);
        let both = |m: &Member| m.habit.constant_sequence && m.habit.window > 1;
        assert_eq!(count(both), 0);
        assert_eq!(count(|m| m.split == Share::percent(3)), 200);
    }

    #[test]
    fn a_datagram_is_neither_split_nor_joined() {
        let members = befallen(Transport::Udp);
        let whole = |m: &Member| m.split.is_none() && m.habit.window == 1;
        assert!(members.iter().all(whole));
    }

    #[test]
    fn faults_read_back_as_written() {
        let json = serde_json::to_string(&all()).unwrap();
        assert!(
            json.contains("\"50%:-90s\"") && json.contains("\"50%:10s:20s\""),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Faults>(&json).unwrap(), all());
    }

    #[test]
    fn what_is_no_fault_is_refused_with_an_example() {
        for text in ["10%", "10%:", "10:+90s", "10%:90", "x"] {
            let told = text.parse::<Skew>().unwrap_err().to_string();
            assert!(told.contains("10%:+90s"), "{told}");
        }
        for text in ["5%", "5%:10", "10s:5%", "5:10s"] {
            let told = text.parse::<Moment>().unwrap_err().to_string();
            assert!(told.contains("5%:10s"), "{told}");
        }
        for text in ["5%", "5%:10s", "5%:10s:20s:30s", "5:10s:20s"] {
            let told = text.parse::<Silences>().unwrap_err().to_string();
            assert!(told.contains("5%:10s:30s"), "{told}");
        }
    }
}
