//! A message to be sent, plain or encrypted, as panels, the simulator and sinks write it.

use model::{CipherKey, Wall};
use zeroize::Zeroizing;

use super::crypt::{is_legal, pad_length, write_encrypted};
use super::envelope::{CrcForm, TooLong, enclose};
use super::timestamp;

/// Why a message cannot be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotEncrypt {
    /// It has no timestamp, which an encrypted message must have (DC-09 5.5.1.9).
    #[error("an encrypted message must have a timestamp")]
    NoTimestamp,
    /// The pad does not fill the last block, or has an octet that may not stand in a pad.
    #[error("a pad must fill the last block of 16 octets, without brackets and bars")]
    Pad,
    /// It is longer than a frame.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

/// A message. [`Message::sia_dcs`], [`Message::adm_cid`] and [`Message::null`] give one
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

    /// Appends the frame, plain.
    pub fn encode(&self, form: CrcForm, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let mut covered = self.header("");
        self.write_body(&mut covered);
        enclose(form, &covered, out)
    }

    /// How many octets of pad it gets when it is encrypted: 16 to 31. A panel of before 2026 may
    /// have used 16 fewer.
    pub fn pad_length(&self, bar: bool) -> usize {
        let mut plain = Zeroizing::new(Vec::new());
        self.write_body(&mut plain);
        pad_length(plain.len() + usize::from(self.has_bar(bar)))
    }

    /// Appends the frame, encrypted. Behind the pad stands a bar if there is data, or if `bar`
    /// wants one even where there is none: panels differ in that.
    pub fn encode_encrypted(
        &self,
        key: &CipherKey,
        pad: &[u8],
        bar: bool,
        form: CrcForm,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotEncrypt> {
        if self.sent.is_none() {
            return Err(CannotEncrypt::NoTimestamp);
        }
        let mut plain = Zeroizing::new(Vec::with_capacity(self.longest_body() + pad.len()));
        plain.extend_from_slice(pad);
        if self.has_bar(bar) {
            plain.push(b'|');
        }
        self.write_body(&mut plain);
        if !pad.iter().all(|octet| is_legal(*octet)) {
            return Err(CannotEncrypt::Pad);
        }
        let mut covered = self.header("*");
        write_encrypted(key, &mut plain, &mut covered).map_err(|_| CannotEncrypt::Pad)?;
        enclose(form, &covered, out)?;
        Ok(())
    }

    const fn has_bar(&self, wanted: bool) -> bool {
        wanted || !self.data.is_empty()
    }

    /// Room for the body, so that plaintext is not left behind in memory that was too small.
    fn longest_body(&self) -> usize {
        let extended = self.extended.iter().map(|(_, content)| content.len() + 3);
        self.data.len() + extended.sum::<usize>() + timestamp::LENGTH + 3
    }

    /// From the token to the opening bracket.
    fn header(&self, asterisk: &str) -> Vec<u8> {
        let mut covered = format!("\"{asterisk}{}\"{:04}", self.token, self.sequence).into_bytes();
        if let Some(receiver) = self.receiver {
            covered.extend(format!("R{receiver:X}").into_bytes());
        }
        covered.extend(format!("L{:X}#{}[", self.line, self.account).into_bytes());
        covered
    }

    /// All that stands behind the opening bracket.
    fn write_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.data);
        out.push(b']');
        for (letter, content) in &self.extended {
            out.extend([b'[', *letter]);
            out.extend_from_slice(content);
            out.push(b']');
        }
        if let Some(sent) = self.sent {
            out.push(b'_');
            timestamp::write(sent, out);
        }
    }
}
