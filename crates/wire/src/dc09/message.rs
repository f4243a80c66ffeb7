//! A plain message to be sent, as panels, the simulator and sinks write it.

use model::Wall;

use super::envelope::{CrcForm, TooLong, enclose};
use super::timestamp;

/// A plain message. [`Message::sia_dcs`], [`Message::adm_cid`] and [`Message::null`] give one
/// with `L0`, no receiver, no extended data and no timestamp; change what should differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The token without quotes: `SIA-DCS`.
    pub token: &'a str,
    /// 1 to 9999; 0 in NULL.
    pub sequence: u16,
    /// The receiver number, left out where there is none.
    pub receiver: Option<u32>,
    /// The line number; 0 where it is unused.
    pub line: u32,
    /// The account of the header.
    pub account: &'a str,
    /// What stands in the first brackets.
    pub data: Vec<u8>,
    /// Letters and contents of the extended data.
    pub extended: Vec<(u8, Vec<u8>)>,
    /// The timestamp, left out where there is none.
    pub sent: Option<Wall>,
}

/// Contents are personal data: they stay out of logs.
impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("token", &self.token)
            .field("sequence", &self.sequence)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl<'a> Message<'a> {
    /// DC-03 blocks, such as `Nri1/BA001`, behind the account and a bar.
    pub fn sia_dcs(account: &'a str, sequence: u16, blocks: &str) -> Self {
        Self::signal("SIA-DCS", account, sequence, blocks)
    }

    /// A Contact ID event, such as `1130 01 015`, behind the account and a bar.
    pub fn adm_cid(account: &'a str, sequence: u16, event: &str) -> Self {
        Self::signal("ADM-CID", account, sequence, event)
    }

    /// The supervision message: sequence 0000, no data.
    pub fn null(account: &'a str) -> Self {
        Self {
            token: "NULL",
            sequence: 0,
            receiver: None,
            line: 0,
            account,
            data: Vec::new(),
            extended: Vec::new(),
            sent: None,
        }
    }

    fn signal(token: &'a str, account: &'a str, sequence: u16, content: &str) -> Self {
        Self {
            token,
            sequence,
            data: format!("#{account}|{content}").into_bytes(),
            ..Self::null(account)
        }
    }

    /// Appends the frame.
    pub fn encode(&self, form: CrcForm, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let mut covered = format!("\"{}\"{:04}", self.token, self.sequence).into_bytes();
        if let Some(receiver) = self.receiver {
            covered.extend(format!("R{receiver:X}").into_bytes());
        }
        covered.extend(format!("L{:X}#{}[", self.line, self.account).into_bytes());
        covered.extend_from_slice(&self.data);
        covered.push(b']');
        for (letter, content) in &self.extended {
            covered.extend([b'[', *letter]);
            covered.extend_from_slice(content);
            covered.push(b']');
        }
        if let Some(sent) = self.sent {
            covered.push(b'_');
            timestamp::write(sent, &mut covered);
        }
        enclose(form, &covered, out)
    }
}
