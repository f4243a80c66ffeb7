//! The TLS of one connection, as rustls' unbuffered client: what is at rest keeps no buffer.
//!
//! Invariant: only octets of a record that is not complete are kept, and they are bounded by the
//! largest record.

use std::fmt;

use model::Account;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus,
};
use rustls::{Error, HandshakeKind};

use super::{Office, Ticket};

/// The octets of the largest record (RFC 8446, 5.2; RFC 5246, 6.2.3).
pub(crate) const LARGEST_RECORD: usize = 5 + 16_384 + 2_048;

/// Whose connection it is, and what the panel keeps for the next one.
#[derive(Debug)]
pub(crate) struct Holder<'a> {
    pub(crate) office: &'a Office,
    pub(crate) account: Account,
    pub(crate) ticket: &'a mut Ticket,
}

/// A connection's TLS.
pub(crate) struct Secured {
    connection: UnbufferedClientConnection,
    /// The beginning of a record.
    partial: Vec<u8>,
}

type Status<'c, 'i> = UnbufferedStatus<'c, 'i, ClientConnectionData>;

impl Holder<'_> {
    fn serve<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.office.serve(self.account, self.ticket, work)
    }
}

impl Secured {
    /// Begins a handshake: its first octets go to `out`.
    pub(crate) fn begin(holder: &mut Holder<'_>, out: &mut Vec<u8>) -> Result<Self, Error> {
        let office = holder.office;
        holder.serve(|| {
            let connection = UnbufferedClientConnection::new(office.config(), office.server())?;
            let mut secured = Self {
                connection,
                partial: Vec::new(),
            };
            secured.work(&mut [], &mut Vec::new(), out)?;
            Ok(secured)
        })
    }

    /// Whether it resumed an earlier session; not known before the handshake is done.
    pub(crate) fn resumed(&self) -> Option<bool> {
        let done = !self.connection.is_handshaking();
        done.then(|| self.connection.handshake_kind() == Some(HandshakeKind::Resumed))
    }

    /// How many octets are kept: what is read from the socket belongs behind them.
    pub(crate) fn kept(&self) -> usize {
        self.partial.len()
    }

    /// Takes octets of the socket, in front of which there is room for those kept. What the panel
    /// is to hear is appended to `plain`, what the server is to hear to `out`, also with an error.
    /// `false` if the server said that nothing more comes.
    pub(crate) fn take(
        &mut self,
        holder: &mut Holder<'_>,
        incoming: &mut [u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let kept = std::mem::take(&mut self.partial);
        incoming[..kept.len()].copy_from_slice(&kept);
        holder.serve(|| {
            let taken = self.work(incoming, plain, out);
            if taken.is_err() {
                self.say_why(out);
            }
            taken
        })
    }

    fn work(
        &mut self,
        incoming: &mut [u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let (mut done, mut goes_on) = (0, true);
        loop {
            let rest = incoming.get_mut(done..).unwrap_or_default();
            let Status { mut discard, state } = self.connection.process_tls_records(rest);
            let more = match state? {
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                    true
                }
                ConnectionState::EncodeTlsData(chunk) => encode(chunk, out),
                ConnectionState::TransmitTlsData(sent) => {
                    sent.done(); // It is in `out`, which goes before all else.
                    true
                }
                ConnectionState::PeerClosed => {
                    goes_on = false;
                    true
                }
                _ => false,
            };
            done += discard;
            if !more {
                break;
            }
        }
        let rest = incoming.get(done..).unwrap_or_default();
        if rest.len() > LARGEST_RECORD {
            return Err(Error::General("a record is too large".to_owned()));
        }
        self.partial = rest.to_vec();
        Ok(goes_on)
    }

    /// After an error the connection is asked for its alert, or that would never be sent; but not
    /// for more, or it would meet the same error again.
    fn say_why(&mut self, out: &mut Vec<u8>) {
        while self.connection.wants_write() {
            let Status { state, .. } = self.connection.process_tls_records(&mut []);
            let Ok(ConnectionState::EncodeTlsData(chunk)) = state else {
                return;
            };
            if !encode(chunk, out) {
                return;
            }
        }
    }

    /// Appends to `out` what the panel says; `false` if it can say nothing any more.
    pub(crate) fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> bool {
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
                    let said = match traffic.encrypt(plain, &mut []) {
                        Err(EncryptError::InsufficientSize(size)) => {
                            out.resize(start + size.required_size, 0);
                            traffic.encrypt(plain, &mut out[start..])
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
fn encode(mut chunk: EncodeTlsData<'_, ClientConnectionData>, out: &mut Vec<u8>) -> bool {
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

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured")
            .field("kept", &self.partial.len())
            .finish_non_exhaustive()
    }
}
