//! How an admission is spelled on the link: who it is, what opens its frames, what was learned.
//!
//! The link is a socket between processes of one user on one machine, which is why keys may cross
//! it in clear (I10).

use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use bytes::BytesMut;
use model::{Account, CipherKey, FamilyName, Forgery, Learned, PathPolicy};
use proto::{Admitted, KEYS};

use super::codec::{DecodeError, Field, members, put_octets, take_octets};
use super::domain::{put_place, take_place};

impl Field for Arc<Admitted> {
    const WHAT: &'static str = "an admission";

    fn put(&self, out: &mut BytesMut) {
        self.panel.put(out);
        self.path.put(out);
        self.policy.put(out);
        self.keys.put(out);
        self.learned.put(out);
        self.proven.put(out);
        let keep_alive = self.keep_alive.map(|time| time.as_secs());
        keep_alive.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::new(Admitted {
            panel: Field::take(input)?,
            path: Field::take(input)?,
            policy: Field::take(input)?,
            keys: Field::take(input)?,
            learned: Field::take(input)?,
            proven: Field::take(input)?,
            keep_alive: <Option<u64> as Field>::take(input)?.map(Duration::from_secs),
        }))
    }
}

impl Field for ArrayVec<CipherKey, KEYS> {
    const WHAT: &'static str = "keys";

    fn put(&self, out: &mut BytesMut) {
        let count = u8::try_from(self.len()).expect("there are at most two keys");
        count.put(out);
        for key in self {
            put_octets(out, key.octets());
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let invalid = DecodeError::Invalid { field: Self::WHAT };
        let mut keys = Self::new();
        for _ in 0..u8::take(input)? {
            let key = CipherKey::from_octets(take_octets(input, Self::WHAT)?);
            let pushed = key.ok().and_then(|key| keys.try_push(key).ok());
            pushed.ok_or(invalid)?;
        }
        Ok(keys)
    }
}

impl Field for Learned {
    const WHAT: &'static str = "what was learned";

    fn put(&self, out: &mut BytesMut) {
        self.once_encrypted.put(out);
        put_place(out, &Forgery::ALL, &self.forgery);
        put_octets(out, &self.memo);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            once_encrypted: Field::take(input)?,
            forgery: take_place(input, &Forgery::ALL, Self::WHAT)?,
            memo: ArrayVec::try_from(take_octets(input, Self::WHAT)?)
                .map_err(|_| DecodeError::Invalid { field: Self::WHAT })?,
        })
    }
}

impl Field for (FamilyName, Account) {
    const WHAT: &'static str = "an account";

    fn put(&self, out: &mut BytesMut) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok((Field::take(input)?, Field::take(input)?))
    }
}

members! {
    PathPolicy, "a policy" { hub, accept_skewed }
}
