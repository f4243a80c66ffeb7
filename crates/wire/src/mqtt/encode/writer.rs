//! What packets are written of: numbers, strings, properties, lengths put in afterwards.

use super::CannotEncode;
use crate::mqtt::fixed::LARGEST;
use crate::mqtt::{Level, UserProperty};

/// Whether it could be written.
pub(super) type Written = Result<(), CannotEncode>;

/// The numbers of properties (2.2.2.2).
pub(super) mod property {
    pub(in crate::mqtt::encode) const PAYLOAD_FORMAT: u8 = 0x01;
    pub(in crate::mqtt::encode) const MESSAGE_EXPIRY: u8 = 0x02;
    pub(in crate::mqtt::encode) const CONTENT_TYPE: u8 = 0x03;
    pub(in crate::mqtt::encode) const RESPONSE_TOPIC: u8 = 0x08;
    pub(in crate::mqtt::encode) const CORRELATION_DATA: u8 = 0x09;
    pub(in crate::mqtt::encode) const SUBSCRIPTION_ID: u8 = 0x0B;
    pub(in crate::mqtt::encode) const SESSION_EXPIRY: u8 = 0x11;
    pub(in crate::mqtt::encode) const SERVER_KEEP_ALIVE: u8 = 0x13;
    pub(in crate::mqtt::encode) const AUTHENTICATION_METHOD: u8 = 0x15;
    pub(in crate::mqtt::encode) const PROBLEM_INFORMATION: u8 = 0x17;
    pub(in crate::mqtt::encode) const WILL_DELAY: u8 = 0x18;
    pub(in crate::mqtt::encode) const REASON_STRING: u8 = 0x1F;
    pub(in crate::mqtt::encode) const RECEIVE_MAXIMUM: u8 = 0x21;
    pub(in crate::mqtt::encode) const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
    pub(in crate::mqtt::encode) const TOPIC_ALIAS: u8 = 0x23;
    pub(in crate::mqtt::encode) const MAXIMUM_QOS: u8 = 0x24;
    pub(in crate::mqtt::encode) const RETAIN_AVAILABLE: u8 = 0x25;
    pub(in crate::mqtt::encode) const USER: u8 = 0x26;
    pub(in crate::mqtt::encode) const MAXIMUM_PACKET_SIZE: u8 = 0x27;
    pub(in crate::mqtt::encode) const WILDCARDS: u8 = 0x28;
    pub(in crate::mqtt::encode) const SUBSCRIPTION_IDS: u8 = 0x29;
    pub(in crate::mqtt::encode) const SHARED: u8 = 0x2A;
}

/// Appends to `out` in the terms of `level`.
pub(super) struct Writer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) level: Level,
}

impl Writer<'_> {
    /// Properties with their length before them; nothing in 3.1.1.
    pub(super) fn properties(&mut self, write: impl FnOnce(&mut Self) -> Written) -> Written {
        if self.level == Level::V311 {
            return Ok(());
        }
        let at = self.out.len();
        write(self)?;
        self.put_length(at)
    }

    /// Puts the length of what follows `at` in there.
    pub(super) fn put_length(&mut self, at: usize) -> Written {
        self.put_variable(at, self.out.len() - at)
    }

    /// Puts a variable byte integer in at `at` (1.5.5).
    pub(super) fn put_variable(&mut self, at: usize, mut value: usize) -> Written {
        if value > LARGEST {
            return Err(CannotEncode::TooLong);
        }
        let mut digits = [0; 4];
        let mut length = 0;
        loop {
            let digit = u8::try_from(value & 0x7F).expect("seven bits");
            value >>= 7;
            digits[length] = if value > 0 { digit | 0x80 } else { digit };
            length += 1;
            if value == 0 {
                break;
            }
        }
        self.out.splice(at..at, digits[..length].iter().copied());
        Ok(())
    }

    pub(super) fn user_properties(&mut self, properties: &[UserProperty]) -> Written {
        for (name, value) in properties {
            self.octet(property::USER);
            self.text(name)?;
            self.text(value)?;
        }
        Ok(())
    }

    pub(super) fn optional_text(&mut self, number: u8, text: Option<&str>) -> Written {
        let Some(text) = text else {
            return Ok(());
        };
        self.octet(number);
        self.text(text)
    }

    pub(super) fn optional_two(&mut self, number: u8, value: Option<u16>) {
        if let Some(value) = value {
            self.octet(number);
            self.two(value);
        }
    }

    pub(super) fn optional_four(&mut self, number: u8, value: Option<u32>) {
        if let Some(value) = value {
            self.octet(number);
            self.out.extend_from_slice(&value.to_be_bytes());
        }
    }

    /// A property whose absence means 1, written as 0 where it is not so.
    pub(super) fn unless(&mut self, number: u8, holds: bool) {
        if !holds {
            self.out.extend_from_slice(&[number, 0]);
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Written {
        self.binary(text.as_bytes())
    }

    pub(super) fn binary(&mut self, octets: &[u8]) -> Written {
        let length = u16::try_from(octets.len()).map_err(|_| CannotEncode::TooLong)?;
        self.two(length);
        self.out.extend_from_slice(octets);
        Ok(())
    }

    pub(super) fn two(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn octet(&mut self, octet: u8) {
        self.out.push(octet);
    }
}
