//! siadc09, a codec: strict in what it reads, so that our answers must be what the standard says;
//! extended data of the edition of 2026; a pad of 16 to 31 octets of any value; hexadecimal digits
//! in lower case; a restore in Contact ID that it calls `2`; a NAK that it cannot read.

mod encrypted;
mod plain;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{House, lines, play};

const SCRIPT: &str = "siadc09_panel.py";

/// What became of a message.
#[derive(Debug, Deserialize)]
struct Report {
    answer: Option<Answer>,
    unread: Vec<Unread>,
    tries: u32,
    pad: Option<usize>,
}

/// An answer, as the codec read it.
#[derive(Debug, PartialEq, Deserialize)]
struct Answer {
    token: String,
    sequence: u16,
    account: String,
    prefix: Option<u32>,
    receiver: Option<u32>,
    encrypted: bool,
    stamped: bool,
}

/// An answer that the codec could not read, and why.
#[derive(Debug, Deserialize)]
struct Unread {
    text: String,
    why: String,
}

fn scenario(house: &House, kind: &str, account: &str, messages: &[Value]) -> Value {
    let target = house.server.panels();
    json!({
        "host": target.ip(), "port": target.port(), "type": kind, "account": account,
        "receiver": null, "prefix": null, "key": null, "stamped": true,
        "keeps_connection": true, "messages": messages,
    })
}

fn plain_ack(account: &str, sequence: u16) -> Answer {
    Answer {
        token: "ACK".to_owned(),
        sequence,
        account: account.to_owned(),
        prefix: None,
        receiver: None,
        encrypted: false,
        stamped: false,
    }
}
