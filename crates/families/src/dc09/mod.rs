//! SIA DC-09: what most communicators speak over IP, here plain and over a stream.
//!
//! A frame becomes a reply in this way:
//!
//! | frame | reply |
//! | --- | --- |
//! | wrong CRC or length, no frame, no token | none |
//! | encrypted (`*`), as long as no account has a key | DUH |
//! | unknown token | DUH |
//! | known token, but who sent it cannot be read | DUH |
//! | known token, account not registered | DUH |
//! | NULL, XNM of a registered account | ACK, in its turn |
//! | signal of a registered account, readable or not | ACK once it is stored, in its turn |
//! | signal that could not be stored | none |
//! | ACK, NAK, DUH: an answer is not answered | none |
//!
//! A signal whose content cannot be read is stored as it came: DUH would make the panel give it
//! up, and it may be a fire (I4, I12).

mod backlog;
mod decode;
mod repeat;
mod replies;
mod session;
mod tally;
mod token;

use model::FamilyName;
use proto::{Family, Session, SessionSetting};

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
        Box::new(session::Dc09Session::new(self.name(), setting))
    }

    fn open_datagram(&self, setting: SessionSetting) -> Option<Box<dyn Session>> {
        Some(self.open_stream(setting))
    }
}
