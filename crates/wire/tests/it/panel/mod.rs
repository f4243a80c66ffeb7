//! The panel protocol's public documents say what the code does.
//!
//! Their tables and schemas are made from the tables of the code: `WATCHFIRE_GENERATE=1 cargo test
//! -p wire` writes them. Everything else in the documents is written by hand.

mod asyncapi;
mod document;

use std::fs;
use std::path::{Path, PathBuf};

use wire::panel::{Document, Evt, Field, Flaw, Format, Kind};

/// Set, it lets the tests write what they would compare.
const GENERATE: &str = "WATCHFIRE_GENERATE";

fn path(name: &str) -> PathBuf {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    docs.join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

/// Compares a document with what it would be if its generated parts were made anew.
fn must_be(name: &str, made: &str) {
    if std::env::var_os(GENERATE).is_some() {
        fs::write(path(name), made).unwrap();
    }
    assert!(
        read(name) == made,
        "docs/{name} is out of date: run `{GENERATE}=1 cargo test -p wire`, and commit it"
    );
}

/// A kind of payload, by the name of its topic.
struct Payload {
    topic: &'static str,
    fields: &'static [Field],
    decode: fn(Format, &[u8]) -> Result<(), Flaw>,
}

const fn payload<D: Document>() -> Payload {
    Payload {
        topic: D::TOPIC,
        fields: D::FIELDS,
        decode: |format, octets| D::decode(format, octets).map(drop),
    }
}

const PAYLOADS: &[Payload] = &[
    payload::<Evt>(),
    payload::<model::StatusReport>(),
    payload::<model::ConnectionReport>(),
];

fn of_topic(topic: &str) -> &'static Payload {
    let payload = PAYLOADS.iter().find(|payload| payload.topic == topic);
    payload.unwrap_or_else(|| panic!("there is no payload `{topic}`"))
}

/// The lists of a payload and the fields of their items.
fn lists(payload: &Payload) -> impl Iterator<Item = (&'static str, &'static [Field])> {
    payload.fields.iter().filter_map(|field| match field.kind {
        Kind::List { of, .. } => Some((field.name, of)),
        _ => None,
    })
}

/// A fenced block: what stands behind its opening fence, and its text.
struct Block {
    tag: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(tag) = line.strip_prefix("```") else {
            continue;
        };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(Block {
            tag: tag.to_owned(),
            text: inside.join("\n"),
        });
    }
    blocks
}

/// The examples in JSON of a kind of payload.
fn examples(topic: &str) -> Vec<String> {
    let tag = format!("json {topic}");
    let document = blocks(&read(document::NAME));
    let of_topic = document.into_iter().filter(|block| block.tag == tag);
    of_topic.map(|block| block.text).collect()
}
