//! SIA DC-09: what most communicators speak over IP, plain or encrypted, over a stream or in
//! datagrams.
//!
//! A frame becomes a reply in this way:
//!
//! | frame | reply |
//! | --- | --- |
//! | wrong CRC or length, no frame, no token | none |
//! | unknown token | DUH |
//! | known token, but who sent it cannot be read | DUH |
//! | account not registered | DUH; or as [`proto::Strangers`] says (R6) |
//! | encrypted (`*`), and no key of the account opens it | the same, after the same work |
//! | encrypted, timestamp outside the window | NAK with our time (R2) |
//! | the same, of an alarm class | NAK; from the third time on stored, and ACK where set so (R3) |
//! | NULL, XNM of a registered account | ACK, in its turn |
//! | signal of a registered account, readable or not | ACK once it is stored, in its turn |
//! | signal that could not be stored | none |
//! | ACK, NAK, DUH: an answer is not answered | none |
//!
//! The acknowledgement of an encrypted frame is encrypted with the key that opened it.
//!
//! A signal whose content cannot be read is stored as it came: DUH would make the panel give it
//! up, and it may be a fire (I4, I12). One that is doubtful is stored and acknowledged, with the
//! doubt named: what it calms stays as it is until a person confirms it (R1). A doubtful NULL is
//! acknowledged and is no sign of life.
//!
//! DC-09 encrypts without authentication. Whoever sits on the line can alter a frame at the price
//! of 16 octets of noise before the place; the module `habit` is how that is seen, and how we know
//! of which panels it is not. Only TLS prevents it.

mod answer;
mod decode;
mod habit;
mod open;
mod repeat;
mod replies;
mod session;
mod speaker;
mod token;

use model::FamilyName;
use proto::{Family, Session, SessionSetting};

use session::{Dc09Session, Transport};

/// The row of the family table.
#[derive(Debug, Clone, Copy)]
pub struct Dc09;

impl Family for Dc09 {
    fn name(&self) -> FamilyName {
        FamilyName::parse("dc09").expect("four lower-case letters and digits")
    }

    fn title(&self) -> &'static str {
        "SIA DC-09"
    }

    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session> {
        let session = Dc09Session::new(self.name(), setting, Transport::Stream);
        Box::new(session)
    }

    fn open_datagram(&self, setting: SessionSetting) -> Option<Box<dyn Session>> {
        let session = Dc09Session::new(self.name(), setting, Transport::Datagram);
        Some(Box::new(session))
    }
}
