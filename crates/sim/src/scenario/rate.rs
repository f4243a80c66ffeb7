//! How often a whole fleet reports.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How often a whole fleet reports: a number of signals a second, or `max`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Rate {
    /// So many a second by the whole fleet, whatever becomes of them (open loop).
    PerSecond(f64),
    /// By each panel as soon as it has its answer (closed loop): what the receiver can take.
    Most,
}

/// As it is written in a scenario.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
}

/// What is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRate {
    /// Nothing would be sent.
    #[error("at a rate of 0 nothing is sent; for polls alone choose the scenario `quiet`")]
    Nothing,
    /// It is no number that a fleet could send at.
    #[error("a rate is a number of signals a second above 0, or `max`")]
    Unknown,
}

const MAX: &str = "max";

impl Rate {
    fn per_second(rate: f64) -> Result<Self, BadRate> {
        if rate == 0.0 {
            return Err(BadRate::Nothing);
        }
        let possible = rate.is_finite() && (1e-6..=1e7).contains(&rate);
        possible
            .then_some(Self::PerSecond(rate))
            .ok_or(BadRate::Unknown)
    }
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        match text {
            MAX => Ok(Self::Most),
            _ => Self::per_second(text.parse().map_err(|_| BadRate::Unknown)?),
        }
    }
}

impl TryFrom<Written> for Rate {
    type Error = BadRate;

    fn try_from(written: Written) -> Result<Self, BadRate> {
        match written {
            Written::Number(rate) => Self::per_second(rate),
            Written::Word(word) if word == MAX => Ok(Self::Most),
            Written::Word(_) => Err(BadRate::Unknown),
        }
    }
}

impl From<Rate> for Written {
    fn from(rate: Rate) -> Self {
        match rate {
            Rate::PerSecond(rate) => Self::Number(rate),
            Rate::Most => Self::Word(MAX.to_owned()),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerSecond(rate) => write!(f, "{rate} signals a second"),
            Self::Most => f.write_str("as fast as they are answered"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_above_nothing_or_the_most() {
        assert_eq!("max".parse(), Ok(Rate::Most));
        assert_eq!("0.5".parse(), Ok(Rate::PerSecond(0.5)));
        let refused = |text: &str| text.parse::<Rate>().unwrap_err().to_string();
        assert!(refused("0").contains("quiet"));
        for text in ["-1", "nan", "inf", "many", "1e99"] {
            assert!(refused(text).contains("max"), "{text}");
        }
    }

    #[test]
    fn a_rate_goes_to_another_process_as_it_is_written() {
        for (rate, json) in [(Rate::Most, "\"max\""), (Rate::PerSecond(2.5), "2.5")] {
            assert_eq!(serde_json::to_string(&rate).unwrap(), json);
            assert_eq!(serde_json::from_str::<Rate>(json).unwrap(), rate);
        }
    }
}
