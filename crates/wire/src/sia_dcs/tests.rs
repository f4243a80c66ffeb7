//! Blocks as they are written in the standard, in samples and by panels in the field.

use std::fmt::Write as _;

use super::*;

/// The parts in a short form: `N BA area=1 user=- address=1 "text"`.
fn read(content: &str) -> Vec<String> {
    let parts = parse(content.as_bytes()).into_iter();
    let short = parts.map(|part| match part {
        Part::Unreadable => "?".to_owned(),
        Part::Event(event) => {
            let mut text = format!("{}{}", if event.is_old { "O " } else { "" }, event.code);
            let numbers = [
                (" ", event.address),
                (" ri", event.modifiers.area),
                (" id", event.modifiers.user),
            ];
            for (label, number) in numbers {
                if let Some(number) = number {
                    write!(text, "{label}{number}").unwrap();
                }
            }
            if let Some(time) = event.modifiers.time {
                write!(text, " at {time}").unwrap();
            }
            if let Some(date) = event.modifiers.date {
                write!(text, " on {date}").unwrap();
            }
            if let Some(name) = event.text {
                write!(text, " {name:?}").unwrap();
            }
            if !event.is_standard {
                text += " !";
            }
            text
        }
    });
    short.collect()
}

#[test]
fn a_block_has_modifiers_and_a_code_with_its_address() {
    assert_eq!(read("Nri1/BA001"), ["BA 1 ri1"]);
    assert_eq!(read("NFA129"), ["FA 129"]);
    assert_eq!(read("NRP"), ["RP"]);
    assert_eq!(read("Nti20:50:26/id12/ri1/OP"), ["OP ri1 id12 at 20:50:26"]);
    assert_eq!(read("Ori1/BA001"), ["O BA 1 ri1"]);
    assert_eq!(read("Nri1/pi010/PA501"), ["PA 501 ri1"]);
}

#[test]
fn modifiers_may_touch_and_hold_for_every_code_behind_them() {
    assert_eq!(
        read("Nda04-22-94ti16:02:15/id22/CL/PA31"),
        [
            "CL id22 at 16:02:15 on 2094-04-22",
            "PA 31 id22 at 16:02:15 on 2094-04-22"
        ]
    );
    assert_eq!(read("Nri1/BA1/ri2/BA2"), ["BA 1 ri1", "BA 2 ri2"]);
    assert_eq!(read("NBA1/ri2"), ["BA 1 ri2"]);
}

#[test]
fn the_slash_before_a_code_may_be_missing() {
    assert_eq!(read("Nri1BA3^Hall^|APIR"), ["BA 3 ri1 \"Hall PIR\""]);
    assert_eq!(read("Nti12:34:56ri1BA3"), ["BA 3 ri1 at 12:34:56"]);
    // With a code behind it, the value can only be the area's.
    assert_eq!(read("Nri1BA/FA3"), ["FA 3 ri1BA"]);
}

#[test]
fn names_and_texts_belong_to_the_event_before_them() {
    assert_eq!(read("Nri1/BA3^Front/door^"), ["BA 3 ri1 \"Front/door\""]);
    assert_eq!(read("Nri1/BA3*\"Hall\"NM"), ["BA 3 ri1 \"Hall\""]);
    assert_eq!(read("Nri1/BA3*'Hall'NM"), ["BA 3 ri1 \"Hall\""]);
    assert_eq!(
        read("NBA1^One^/FA2^Two^|Athree"),
        ["BA 1 \"One\"", "FA 2 \"Two three\""]
    );
}

#[test]
fn several_blocks_keep_their_order() {
    assert_eq!(
        read("Nri1/BA001|Nri2/FA002|Ori3/RP"),
        ["BA 1 ri1", "FA 2 ri2", "O RP ri3"]
    );
}

#[test]
fn what_is_not_quite_standard_is_read_and_noted() {
    assert_eq!(read("BA001"), ["BA 1 !"]);
    assert_eq!(read("AT00"), ["AT 0 !"]);
    assert_eq!(read("NL01"), ["NL 1 !"]);
    assert_eq!(read("Nti25:00:00/BA1"), ["BA 1 !"]);
    assert_eq!(read("NBA1^open"), ["BA 1 \"open\" !"]);
    assert_eq!(read("NBA123456789"), ["BA !"]);
    assert_eq!(read("NBA1*text"), ["BA 1 \"text\" !"]);
}

#[test]
fn what_cannot_be_read_is_there_in_its_place() {
    assert_eq!(read("Nri1/BA1|C?|NFA2"), ["BA 1 ri1", "?", "FA 2"]);
    assert_eq!(read("Nri1/BA1|CSA1|PUC1"), ["BA 1 ri1", "?", "?"]);
    assert_eq!(read("Nri1"), ["?"]);
    assert_eq!(read("Just text"), ["?"]);
    assert_eq!(read("A"), ["?"]);
    assert_eq!(read("N"), ["?"]);
    assert_eq!(read("NBA1/!!/FA2"), ["BA 1", "FA 2", "?"]);
    assert!(read("").is_empty());
    assert!(read("|||").is_empty());
}
