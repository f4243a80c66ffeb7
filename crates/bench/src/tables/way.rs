//! The ways by which a fleet offers its load, and who is in it.

use std::fmt;
use std::str::FromStr;

use anyhow::bail;
use model::CipherKey;
use sim::fleet::{Member, Transport};

/// Panels of a fleet; each waits for its acknowledgement before its next signal.
pub(crate) const PANELS: u32 = 2_000;

const PLAIN: u32 = 0x0B_0000;
const ENCRYPTING: u32 = 0x0E_0000;

/// AES-128, as most panels have it.
const KEY: &[u8; 16] = b"benchmarks' key.";

/// A way by which a fleet offers its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) transport: Transport,
    encrypted: bool,
}

impl Way {
    /// What the others are held against.
    pub(crate) const PLAIN_TCP: Self = Self::new(Transport::Tcp, false);

    /// All of them, the one that others are held against first.
    pub(crate) const ALL: [Self; 4] = [
        Self::PLAIN_TCP,
        Self::new(Transport::Tcp, true),
        Self::new(Transport::Udp, false),
        Self::new(Transport::Udp, true),
    ];

    const fn new(transport: Transport, encrypted: bool) -> Self {
        Self {
            transport,
            encrypted,
        }
    }

    /// The panels that come by this way. Those that encrypt are others: a panel that once did
    /// and no longer does is doubted (R1).
    pub(crate) fn members(self) -> Vec<Member> {
        let first = if self.encrypted { ENCRYPTING } else { PLAIN };
        let mut members = Member::many(first, PANELS);
        if self.encrypted {
            let key = CipherKey::from_octets(KEY).expect("16 octets are a key");
            for member in &mut members {
                member.key = Some(key.clone());
            }
        }
        members
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.transport, self.encrypted) {
            (Transport::Tcp, false) => "plain-tcp",
            (Transport::Tcp, true) => "aes-tcp",
            (Transport::Udp, false) => "plain-udp",
            (Transport::Udp, true) => "aes-udp",
        })
    }
}

impl FromStr for Way {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.into_iter().find(|way| way.to_string() == text);
        match found {
            Some(way) => Ok(way),
            None => bail!("no way is called `{text}`"),
        }
    }
}
