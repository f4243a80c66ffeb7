//! `docs/panel-protocol.md`, for firmware teams.

use model::{PanelCode, SupervisionClass, limits, spoken};
use wire::mqtt::ReasonCode;
use wire::panel::{Document, Evt, Field, Format, Kind};

use super::{PAYLOADS, blocks, examples, lists, must_be, of_topic, read};

pub(super) const NAME: &str = "panel-protocol.md";

/// Octets of a block in hexadecimal digits; what follows a `#` is for people.
fn octets(block: &str) -> Vec<u8> {
    let digits = block
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(str::split_whitespace)
        .collect::<String>();
    let pairs = digits.as_bytes().chunks(2);
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(octet).collect()
}

#[test]
fn every_example_is_read_or_refused_as_it_says() {
    let blocks = blocks(&read(NAME));
    let mut replayed = 0;
    let mut rest = blocks.iter();
    while let Some(block) = rest.next() {
        let words: Vec<&str> = block.tag.split(' ').collect();
        match words[..] {
            ["json", topic] => {
                let read = (of_topic(topic).decode)(Format::Json, block.text.as_bytes());
                assert_eq!(read, Ok(()), "{}", block.text);
            }
            ["cbor", topic] => {
                let read = (of_topic(topic).decode)(Format::Cbor, &octets(&block.text));
                assert_eq!(read, Ok(()), "{}", block.text);
            }
            ["json", "refused", topic] => {
                let reason = rest.next().unwrap();
                assert_eq!(reason.tag, "text reason", "follows what is refused");
                let read = (of_topic(topic).decode)(Format::Json, block.text.as_bytes());
                let flaw = read.unwrap_err();
                assert_eq!(flaw.reason().as_str(), reason.text, "{}", block.text);
            }
            // Pictures.
            ["text"] => continue,
            _ => panic!("```{} is replayed by nobody", block.tag),
        }
        replayed += 1;
    }
    assert!(replayed >= 13, "only {replayed} examples");
}

#[test]
fn the_example_in_cbor_is_the_first_one_in_json() {
    let json = Evt::decode(Format::Json, examples("evt")[0].as_bytes()).unwrap();
    let blocks = blocks(&read(NAME));
    let cbor = blocks.iter().find(|block| block.tag == "cbor evt").unwrap();
    assert_eq!(octets(&cbor.text), json.encode(Format::Cbor));
}

#[test]
fn every_reason_code_it_names_is_one_of_mqtt() {
    let document = read(NAME);
    let digits = document
        .split("0x")
        .skip(1)
        .filter_map(|rest| rest.get(..2));
    let numbers: Vec<u8> = digits
        .map(|digits| u8::from_str_radix(digits, 16).unwrap())
        .collect();
    assert!(numbers.len() > 20);
    for number in numbers {
        let code = ReasonCode::from_number(number);
        assert!(code.is_some(), "0x{number:02X}");
    }
}

#[test]
fn its_tables_are_those_of_the_code() {
    let mut document = read(NAME);
    for payload in PAYLOADS {
        document = with_members(&document, payload.topic, payload.fields);
        for (list, fields) in lists(payload) {
            document = with_members(&document, list, fields);
        }
    }
    document = with_rows(&document, "| code | meaning | ends |", &codes());
    document = with_rows(&document, "| what | limit |", &bounds());
    let head = "| class | noticed within (s, m, h) | keep-alive at most |";
    document = with_rows(&document, head, &keep_alives());
    must_be(NAME, &document);
}

fn with_members(document: &str, of: &str, fields: &[Field]) -> String {
    let row = |field: &Field| {
        let must = if field.required { "must" } else { "" };
        let (name, values, about) = (field.name, values(&field.kind), field.about);
        format!("| `{name}` | {must} | {values} | {about} |")
    };
    let rows: Vec<String> = fields.iter().map(row).collect();
    with_rows(
        document,
        &format!("| member of `{of}` | | values | meaning |"),
        &rows,
    )
}

/// The document with these rows in the table that has this head.
fn with_rows(document: &str, head: &str, rows: &[String]) -> String {
    let mut made = Vec::new();
    let mut lines = document.lines();
    let mut found = false;
    while let Some(line) = lines.next() {
        made.push(line);
        if line == head {
            assert!(!found, "`{head}` is there twice");
            found = true;
            made.extend(lines.next());
            made.extend(rows.iter().map(String::as_str));
            made.extend(lines.by_ref().find(|line| !line.starts_with('|')));
        }
    }
    assert!(found, "there is no table `{head}`");
    made.join("\n") + "\n"
}

fn values(kind: &Kind) -> String {
    match kind {
        Kind::Whole { least, most } => format!("{least} to {most}"),
        Kind::Decimal { least, most } => format!("{least} to {most}, also a fraction"),
        Kind::Flag => String::from("`true`, `false`"),
        Kind::Choice([first, .., last]) if *first == "zone_open" && *last == "started" => {
            String::from("a name from the table below")
        }
        Kind::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
            words.join(", ")
        }
        Kind::Word(_) => String::from("a code as a text"),
        Kind::Text { most } => format!("a text of at most {most} octets in UTF-8"),
        Kind::List { most, .. } => format!("a list of at most {most} objects"),
    }
}

fn codes() -> Vec<String> {
    let ends = |code: &PanelCode| {
        let names: Vec<String> = code
            .restores()
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        names.join(", ")
    };
    let row = |code: &PanelCode| {
        format!(
            "| `{}` | {} | {} |",
            code.as_str(),
            code.title(),
            ends(code)
        )
    };
    PanelCode::ALL.iter().map(row).collect()
}

/// Of the classes whose keep-alive an MQTT client can name, the quickest first.
fn keep_alives() -> Vec<String> {
    let row = |class: &SupervisionClass| {
        let seconds = u16::try_from(class.keep_alive().as_secs()).ok()?;
        let within = spoken(class.reporting_time());
        Some(format!("| {} | {within} | {seconds} s |", class.as_str()))
    };
    SupervisionClass::ALL.iter().rev().filter_map(row).collect()
}

fn bounds() -> Vec<String> {
    let rows: &[(&str, usize, &str)] = &[
        ("account", 16, "letters or digits"),
        ("name of a path", 8, "lower-case letters or digits"),
        (
            "messages without PUBACK at a time",
            limits::SESSION_PIPELINE,
            "",
        ),
        ("payload of `evt`", limits::PANEL_EVENT, "octets"),
        (
            "payload of `status` or `conn`",
            limits::PANEL_STATUS,
            "octets",
        ),
        ("`text` of an event", limits::PANEL_TEXT, "octets of UTF-8"),
        ("`fw`, `model`", limits::PANEL_NAME, "octets of UTF-8"),
        ("`zones` in a report", limits::STATUS_ZONES, ""),
        (
            "`parts` in a report, and as many `outputs`",
            limits::STATUS_PARTS,
            "",
        ),
        ("depth of lists and objects", limits::PANEL_DEPTH, ""),
        ("Reason String", limits::REASON, "octets"),
        (
            "time from the TCP connection to CONNECT",
            usize::try_from(limits::FIRST_FRAME.as_secs()).unwrap(),
            "s",
        ),
        (
            "events a second, in the long run",
            usize::try_from(limits::ACCOUNT_RATE).unwrap(),
            "",
        ),
        (
            "events at once",
            usize::try_from(limits::ACCOUNT_BURST).unwrap(),
            "",
        ),
    ];
    let row = |(what, limit, unit): &(&str, usize, &str)| {
        format!("| {what} | {} |", format!("{limit} {unit}").trim_end())
    };
    rows.iter().map(row).collect()
}
