//! One connection's TLS, between the octets of a socket and those of a session.
//!
//! Invariants:
//! 1. Of octets nothing is kept but a record, or a handshake message, that is not complete: bounded,
//!    and no memory while there is none.
//! 2. After an error nothing is read or written any more but the alert that tells of it.

use std::fmt;
use std::sync::Arc;

use proto::Counted;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use rustls::{Error, HandshakeKind, ProtocolVersion, ServerConfig};
use rustls_pki_types::CertificateDer;

use super::refusal;

/// How far it has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Who speaks, and under which keys, is not settled.
    Handshake,
    /// The session may speak.
    Open,
    /// We have said that nothing more comes, or why.
    Over,
}

/// What octets of a socket brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// The handshake is done, in this way.
    pub shaken: Option<Counted>,
    /// It is done, and the other side needs nothing of what is to be sent yet: a ticket, which may go
    /// along with the session's first word. In TLS 1.2 it waits for our end of the handshake.
    pub may_wait: bool,
    /// The other side said that nothing more comes.
    pub ended: bool,
}

/// A connection's TLS.
pub struct Secured {
    connection: UnbufferedServerConnection,
    partial: Vec<u8>,
    stage: Stage,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured")
            .field("stage", &self.stage)
            .field("partial", &self.partial.len())
            .finish_non_exhaustive()
    }
}

type Status<'c, 'i> = UnbufferedStatus<'c, 'i, ServerConnectionData>;

impl Secured {
    /// Before the first octet.
    pub fn new(config: &Arc<ServerConfig>) -> Result<Self, Error> {
        Ok(Self {
            connection: UnbufferedServerConnection::new(Arc::clone(config))?,
            partial: Vec::new(),
            stage: Stage::Handshake,
        })
    }

    /// Whether it is still being settled who speaks, which is dear.
    pub fn is_handshaking(&self) -> bool {
        self.stage == Stage::Handshake
    }

    /// Whether we have answered it: its half of a handshake is done, and ours.
    pub fn has_answered(&self) -> bool {
        self.connection.protocol_version().is_some()
    }

    /// What the panel showed, in this handshake or in the one that it resumes; its own first.
    pub fn certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.connection.peer_certificates()
    }

    /// Whether it keeps octets of something that is not complete.
    #[cfg(test)]
    pub(super) fn holds_octets(&self) -> bool {
        self.partial.capacity() > 0
    }

    /// Moves what is kept to the front of `buffer`; what is read from the socket follows it.
    pub fn put_back(&mut self, buffer: &mut [u8]) -> usize {
        let kept = std::mem::take(&mut self.partial);
        buffer[..kept.len()].copy_from_slice(&kept);
        kept.len()
    }

    /// Takes what is at hand, keeping at most `most` octets of what is not complete. What the session is to
    /// hear is appended to `plain`, what the other side is to hear to `out`, also with an error.
    pub fn take(
        &mut self,
        incoming: &mut [u8],
        most: usize,
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Counted> {
        let mut done = 0;
        let mut ended = false;
        loop {
            let rest = incoming.get_mut(done..).unwrap_or_default();
            let Status { mut discard, state } = self.connection.process_tls_records(rest);
            let goes_on = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                    true
                }
                Ok(ConnectionState::EncodeTlsData(chunk)) => encode(chunk, out),
                Ok(ConnectionState::TransmitTlsData(sent)) => {
                    sent.done(); // It is in `out`, which goes before all else.
                    true
                }
                Ok(ConnectionState::PeerClosed) => {
                    ended = true;
                    true
                }
                Ok(_) => false,
                Err(error) => {
                    let rest = incoming.get_mut(done + discard..).unwrap_or_default();
                    return Err(self.fail(&error, rest, out));
                }
            };
            done += discard;
            if !goes_on {
                break;
            }
        }
        let rest = incoming.get(done..).unwrap_or_default();
        if rest.len() > most {
            self.stage = Stage::Over;
            return Err(Counted::TlsBadRecord);
        }
        self.partial = rest.to_vec();
        let shaken = self.note_handshake();
        let is_1_3 = self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        Ok(Progress {
            shaken,
            may_wait: shaken.is_some() && is_1_3,
            ended,
        })
    }

    /// Notes once that the handshake is done.
    fn note_handshake(&mut self) -> Option<Counted> {
        if self.stage != Stage::Handshake || self.connection.is_handshaking() {
            return None;
        }
        self.stage = Stage::Open;
        Some(match self.connection.handshake_kind() {
            Some(HandshakeKind::Resumed) => Counted::HandshakeResumed,
            _ => Counted::HandshakeFull,
        })
    }

    /// After an error the connection is asked for its alert, or that would never be sent; but not for more,
    /// or it would meet the same error again.
    fn fail(&mut self, error: &Error, rest: &mut [u8], out: &mut Vec<u8>) -> Counted {
        let reason = match self.stage {
            Stage::Handshake => refusal::of_handshake(error),
            Stage::Open | Stage::Over => refusal::of_record(error),
        };
        self.stage = Stage::Over;
        while self.connection.wants_write() {
            let Status { state, .. } = self.connection.process_tls_records(rest);
            let Ok(ConnectionState::EncodeTlsData(chunk)) = state else {
                break;
            };
            if !encode(chunk, out) {
                break;
            }
        }
        reason
    }

    /// Appends to `out` what the session says. Before the handshake is done, and after the end,
    /// nobody could hear it.
    pub fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        if plain.is_empty() || self.stage != Stage::Open {
            return;
        }
        let sealed = self.speak(out, |traffic, buffer| traffic.encrypt(plain, buffer));
        if !sealed {
            self.stage = Stage::Over;
        }
    }

    /// Appends to `out`, once, that nothing more comes (RFC 8446 6.1).
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.stage == Stage::Open {
            let _said = self.speak(out, |traffic, buffer| {
                // As a function it would be of one lifetime only.
                WriteTraffic::queue_close_notify(traffic, buffer)
            });
        }
        self.stage = Stage::Over;
    }

    /// Has `say` write into `out`, behind what rustls itself has to say.
    fn speak(
        &mut self,
        out: &mut Vec<u8>,
        mut say: impl FnMut(
            &mut WriteTraffic<'_, ServerConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> bool {
        loop {
            // What was complete is taken: nothing is discarded here.
            let Status { state, .. } = self.connection.process_tls_records(&mut self.partial);
            match state {
                Ok(ConnectionState::EncodeTlsData(chunk)) => {
                    if !encode(chunk, out) {
                        return false;
                    }
                }
                Ok(ConnectionState::TransmitTlsData(sent)) => sent.done(),
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    let start = out.len();
                    let said = match say(&mut traffic, &mut []) {
                        Err(EncryptError::InsufficientSize(size)) => {
                            out.resize(start + size.required_size, 0);
                            say(&mut traffic, &mut out[start..])
                        }
                        said => said,
                    };
                    out.truncate(start + said.as_ref().map_or(0, |count| *count));
                    return said.is_ok();
                }
                _ => return false,
            }
        }
    }
}

/// Appends a chunk of rustls' own to `out`; `false` only if rustls breaks its word.
fn encode(mut chunk: EncodeTlsData<'_, ServerConnectionData>, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let encoded = match chunk.encode(&mut []) {
        Err(EncodeError::InsufficientSize(size)) => {
            out.resize(start + size.required_size, 0);
            chunk.encode(&mut out[start..])
        }
        encoded => encoded,
    };
    out.truncate(start + encoded.as_ref().map_or(0, |count| *count));
    encoded.is_ok()
}
