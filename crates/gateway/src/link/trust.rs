//! How claims, certificates and what TLS is ended with are spelled on the link.
//!
//! The link is a socket between processes of one user on one machine, which is why private keys and
//! secrets may cross it in clear (I10).

use arrayvec::ArrayVec;
use bytes::{BufMut, BytesMut};
use engine::ports::{TICKET_KEY, TicketKey, TlsMaterial};
use model::{
    HolderName, IdentityClaim, IdentityRefusal, Issuer, NAMES, PanelSecret, PeerCertificate,
    Proven, Serial,
};
use zeroize::Zeroizing;

use super::codec::{DecodeError, Field, members, put_octets, take_exactly, take_octets};
use super::domain::{put_place, take_place};

impl Field for IdentityRefusal {
    const WHAT: &'static str = "why somebody is not let in";

    fn put(&self, out: &mut BytesMut) {
        put_place(out, Self::ALL, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, Self::ALL, Self::WHAT)
    }
}

impl Field for Proven {
    const WHAT: &'static str = "a proof of identity";

    fn put(&self, out: &mut BytesMut) {
        put_place(out, &Self::ALL, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        take_place(input, &Self::ALL, Self::WHAT)
    }
}

impl Field for Issuer {
    const WHAT: &'static str = "an issuer";

    fn put(&self, out: &mut BytesMut) {
        out.put_slice(&self.0);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let octets = take_exactly(input, 32, Self::WHAT)?;
        let octets = octets.try_into().expect("32 octets were asked for");
        Ok(Self(octets))
    }
}

impl Field for Serial {
    const WHAT: &'static str = "a serial number";

    fn put(&self, out: &mut BytesMut) {
        put_octets(out, self);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let octets = take_octets(input, Self::WHAT)?;
        Self::try_from(octets).map_err(|_| DecodeError::Invalid { field: Self::WHAT })
    }
}

impl Field for ArrayVec<HolderName, NAMES> {
    const WHAT: &'static str = "names of a certificate";

    fn put(&self, out: &mut BytesMut) {
        let count = u8::try_from(self.len()).expect("there are few names");
        count.put(out);
        for name in self {
            name.put(out);
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let mut names = Self::new();
        for _ in 0..u8::take(input)? {
            let pushed = names.try_push(Field::take(input)?);
            pushed.map_err(|_| DecodeError::Invalid { field: Self::WHAT })?;
        }
        Ok(names)
    }
}

impl Field for PanelSecret {
    const WHAT: &'static str = "a secret";

    fn put(&self, out: &mut BytesMut) {
        put_octets(out, self.octets());
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::new(take_octets(input, Self::WHAT)?.to_vec()))
    }
}

/// DER, behind its length.
struct Der(Vec<u8>);

impl Field for Der {
    const WHAT: &'static str = "a certificate";

    fn put(&self, out: &mut BytesMut) {
        put_octets(out, &self.0);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(take_octets(input, Self::WHAT)?.to_vec()))
    }
}

fn put_all(out: &mut BytesMut, all: &[Vec<u8>]) {
    let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
    count.put(out);
    for one in all {
        put_octets(out, one);
    }
}

fn take_all(input: &mut &[u8]) -> Result<Vec<Vec<u8>>, DecodeError> {
    let all = Vec::<Der>::take(input)?;
    Ok(all.into_iter().map(|der| der.0).collect())
}

impl Field for TicketKey {
    const WHAT: &'static str = "a ticket key";

    fn put(&self, out: &mut BytesMut) {
        out.put_slice(&self.name);
        out.put_slice(&*self.key);
        self.made.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let name = take_exactly(input, 16, Self::WHAT)?;
        let key = take_exactly(input, TICKET_KEY, Self::WHAT)?;
        Ok(Self {
            name: name.try_into().expect("16 octets were asked for"),
            key: Zeroizing::new(key.try_into().expect("as many octets as were asked for")),
            made: Field::take(input)?,
        })
    }
}

impl Field for TlsMaterial {
    const WHAT: &'static str = "what TLS is ended with";

    fn put(&self, out: &mut BytesMut) {
        self.version.put(out);
        put_all(out, &self.chain);
        put_octets(out, &self.key);
        put_all(out, &self.roots);
        self.tickets.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            version: Field::take(input)?,
            chain: take_all(input)?,
            key: Zeroizing::new(take_octets(input, Self::WHAT)?.to_vec()),
            roots: take_all(input)?,
            tickets: Field::take(input)?,
        })
    }
}

members! {
    PeerCertificate, "a certificate" { issuer, signer, serial, not_after, names }
    IdentityClaim, "a claim" { key, secret, must_prove }
}
