//! A reply, written when it leaves: it may tell the time.

use std::sync::Arc;

use model::Wall;
use proto::Admitted;
use sha2::{Digest, Sha256};
use wire::dc09::reply::{self, ACKNOWLEDGEMENT_PAD};
use wire::dc09::{CrcForm, Frame};

use super::open::Opened;

/// What is to be said.
pub(super) enum Answer {
    /// A frame that is the same at any time.
    Frame(Vec<u8>),
    /// An acknowledgement that is encrypted with a key of the path, and tells the time.
    Encrypted(Box<EncryptedAck>),
    /// That the request's timestamp is outside the window, and what our time is.
    OurTime(CrcForm),
}

/// All that an encrypted acknowledgement needs but the time.
pub(super) struct EncryptedAck {
    /// The request without its body.
    request: Vec<u8>,
    form: CrcForm,
    admitted: Arc<Admitted>,
    key: usize,
}

impl Answer {
    /// The acknowledgement of a request, encrypted as that was.
    pub(super) fn acknowledge(
        request: &Frame<'_>,
        form: CrcForm,
        opened: &Opened<'_>,
        admitted: &Arc<Admitted>,
    ) -> Self {
        match opened {
            Opened::Clear(_) => Self::Frame(reply::acknowledge(request, form)),
            Opened::Decrypted { key, .. } => {
                let mut header = Vec::new();
                Frame {
                    body: b"[",
                    ..*request
                }
                .write(&mut header);
                Self::Encrypted(Box::new(EncryptedAck {
                    request: header,
                    form,
                    admitted: Arc::clone(admitted),
                    key: *key,
                }))
            }
        }
    }

    /// Appends the frame as it leaves at `now`.
    pub(super) fn write(self, now: Wall, pads: &mut Pads, out: &mut Vec<u8>) {
        match self {
            Self::Frame(frame) => out.extend_from_slice(&frame),
            Self::OurTime(form) => out.extend(reply::try_again_at(now, form)),
            Self::Encrypted(ack) => {
                // The header was written by a frame, and the key was found at its place.
                if let (Ok(request), Some(key)) =
                    (Frame::parse(&ack.request), ack.admitted.keys.get(ack.key))
                {
                    let pad = pads.draw();
                    let ack = reply::acknowledge_encrypted(&request, ack.form, key, pad, now);
                    out.extend(ack);
                }
            }
        }
    }
}

/// Pads that nobody can foresee, drawn from the session's seed.
#[derive(Default)]
pub(super) struct Pads {
    seed: [u8; 16],
    drawn: u32,
}

impl Pads {
    pub(super) const fn new(seed: [u8; 16]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Octets that were not drawn before: a hash of the seed and of how many were drawn.
    fn draw(&mut self) -> [u8; ACKNOWLEDGEMENT_PAD] {
        self.drawn = self.drawn.wrapping_add(1);
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(self.drawn.to_be_bytes())
            .finalize();
        let mut pad = [0; ACKNOWLEDGEMENT_PAD];
        pad.copy_from_slice(&digest[..ACKNOWLEDGEMENT_PAD]);
        pad
    }
}
