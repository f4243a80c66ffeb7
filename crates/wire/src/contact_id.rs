//! Contact ID events (DC-05) as `ADM-CID` carries them: `QEEE GG ZZZ`.

use model::{Code, PointNumber};

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactIdEvent {
    /// Qualifier and event.
    pub code: Code,
    /// `GG`: the partition, 00 being all of them.
    pub group: Option<PointNumber>,
    /// `ZZZ`: the zone or user; `None` for 000, which is none.
    pub number: Option<PointNumber>,
    /// Whether all of it is as the standard wants it (R5).
    pub is_standard: bool,
}

impl ContactIdEvent {
    /// Reads `1130 01 015`. Other spacing, missing numbers and more behind them are let pass and
    /// noted; without a readable code it is no event.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let trimmed = text.trim_ascii();
        let (code, rest) = trimmed.split_at_checked(4)?;
        let code = Code::contact_id(code)?;
        let mut numbers = rest
            .split(|b| *b == b' ')
            .filter(|number| !number.is_empty());
        let (group, number) = match (numbers.next(), numbers.next()) {
            (Some(run), None) if run.len() == 5 => (Some(&run[..2]), Some(&run[2..])),
            (group, number) => (group, number),
        };
        let group = group.and_then(PointNumber::parse);
        let number = number.and_then(PointNumber::parse);
        let spaced = text.len() == 11 && text[4] == b' ' && text[7] == b' ';
        Some(Self {
            code,
            group,
            number: number.filter(|number| !number.is_zero()),
            is_standard: spaced && group.is_some() && number.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let event = ContactIdEvent::parse(text.as_bytes())?;
        Some(format!(
            "{} {:?} {:?} {}",
            event.code, event.group, event.number, event.is_standard
        ))
    }

    #[test]
    fn an_event_has_a_code_a_partition_and_a_zone_or_user() {
        assert_eq!(read("1130 01 015").unwrap(), "1130 Some(1) Some(15) true");
        assert_eq!(read("3401 00 000").unwrap(), "3401 Some(0) None true");
        assert_eq!(read("1BCD 0F 0C1").unwrap(), "1BCD Some(F) Some(C1) true");
    }

    #[test]
    fn careless_spacing_and_missing_numbers_are_let_pass_and_noted() {
        assert_eq!(
            read(" 1130  01  015 ").unwrap(),
            "1130 Some(1) Some(15) false"
        );
        assert_eq!(read("113001015").unwrap(), "1130 Some(1) Some(15) false");
        assert_eq!(read("1130 1 15").unwrap(), "1130 Some(1) Some(15) false");
        assert_eq!(read("1130").unwrap(), "1130 None None false");
        assert_eq!(read("1130 01 0?5").unwrap(), "1130 Some(1) None false");
    }

    #[test]
    fn without_a_readable_code_there_is_no_event() {
        for text in ["", "113", "2130 01 015", "1A30 01 015", "hello", "    "] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
