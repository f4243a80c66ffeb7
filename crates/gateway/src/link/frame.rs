//! Cuts a stream into frames.
//!
//! Invariant: after an error the stream is of no use, and the error is given again.

use bytes::{Buf, BytesMut};
use model::limits;
use zeroize::Zeroize;

use super::codec::{self, DecodeError, LENGTH, Message};

/// What came in of a stream and is not yet a whole message.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    octets: BytesMut,
}

impl FrameBuffer {
    /// Appends what was read.
    pub fn feed(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Where a reader may append by itself.
    pub fn tail(&mut self) -> &mut BytesMut {
        &mut self.octets
    }

    /// The next whole message; `None` until more octets are there.
    pub fn next_message<M: Message>(&mut self) -> Result<Option<M>, DecodeError> {
        let Some(length) = self.octets.first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length);
        let octets = usize::try_from(length).unwrap_or(usize::MAX);
        if octets == 0 || octets > limits::LINK_FRAME {
            return Err(DecodeError::Length { octets });
        }
        let Some(frame) = self.octets.get(LENGTH..LENGTH + octets) else {
            return Ok(None);
        };
        let message = codec::decode(frame)?;
        // I10: it may have held keys.
        self.octets[..LENGTH + octets].zeroize();
        self.octets.advance(LENGTH + octets);
        Ok(Some(message))
    }
}
