//! What the token of a frame asks for.

use wire::dc09::Frame;

/// Tokens of formats that are kept as they came, and not decoded.
const KEPT: [&[u8]; 16] = [
    b"SIA-PUL", b"ACR-SF", b"ADM-41E", b"ADM-42E", b"ADM-HS", b"DSC-43", b"FBI-SF", b"ITI-I",
    b"SCN-S8", b"SCN-S16", b"SCN-S24", b"SCT", b"SES-SS", b"SIA-S2K", b"SK-FSK1", b"SK-FSK2",
];

/// In which language a signal's data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// DC-03 blocks.
    SiaDcs,
    /// Contact ID events.
    AdmCid,
    /// One of the formats that are kept and not decoded.
    Kept,
}

/// What a frame asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// An answer to supervision: NULL, XNM.
    Supervision,
    /// To be stored.
    Signal(Format),
    /// Nothing: it is itself an answer.
    Nothing,
    /// We do not know what.
    Unknown,
}

impl Asks {
    /// By the token without its asterisk, which is compared as written: all known ones are upper
    /// case.
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        match frame.token {
            b"ACK" | b"NAK" | b"DUH" => Self::Nothing,
            b"NULL" | b"XNM" => Self::Supervision,
            b"SIA-DCS" => Self::Signal(Format::SiaDcs),
            b"ADM-CID" => Self::Signal(Format::AdmCid),
            token if KEPT.contains(&token) => Self::Signal(Format::Kept),
            _ => Self::Unknown,
        }
    }
}
