//! How a stranger's frame is spelled on the link, and where it came from.

use std::net::IpAddr;

use bytes::{BufMut, BytesMut};
use proto::{Stray, StrayReason};

use super::codec::{DecodeError, Field, put_octets, take_exactly, take_octets};
use super::domain::{put_place, take_place};

impl Field for IpAddr {
    const WHAT: &'static str = "an address";

    fn put(&self, out: &mut BytesMut) {
        self.is_ipv6().put(out);
        match self {
            Self::V4(address) => out.put_slice(&address.octets()),
            Self::V6(address) => out.put_slice(&address.octets()),
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        if bool::take(input)? {
            let octets = take_exactly(input, 16, Self::WHAT)?;
            let octets: [u8; 16] = octets.try_into().expect("sixteen octets were asked for");
            Ok(octets.into())
        } else {
            let octets = take_exactly(input, 4, Self::WHAT)?;
            let octets: [u8; 4] = octets.try_into().expect("four octets were asked for");
            Ok(octets.into())
        }
    }
}

impl Field for StrayReason {
    const WHAT: &'static str = "why it is a stray";

    fn put(&self, out: &mut BytesMut) {
        put_place(out, &Self::ALL, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, &Self::ALL, Self::WHAT)
    }
}

impl Field for Stray {
    const WHAT: &'static str = "a stray";

    fn put(&self, out: &mut BytesMut) {
        self.key.put(out);
        self.reason.put(out);
        self.format.put(out);
        self.encrypted.put(out);
        self.acknowledged.put(out);
        self.received.put(out);
        put_octets(out, &self.raw);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            key: Field::take(input)?,
            reason: Field::take(input)?,
            format: Field::take(input)?,
            encrypted: Field::take(input)?,
            acknowledged: Field::take(input)?,
            received: Field::take(input)?,
            raw: take_octets(input, "raw octets")?.to_vec(),
        })
    }
}
