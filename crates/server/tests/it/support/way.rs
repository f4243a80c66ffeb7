//! The ways by which DC-09 comes: over TCP or UDP, in clear or encrypted.

use std::fmt;

use model::CipherKey;
use sim::fleet::{FleetPlan, Member, Transport};

/// How a fleet reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    transport: Transport,
    encrypted: bool,
}

impl Way {
    pub(crate) const PLAIN_TCP: Self = Self::new(Transport::Tcp, false);
    pub(crate) const ENCRYPTED_TCP: Self = Self::new(Transport::Tcp, true);
    pub(crate) const PLAIN_UDP: Self = Self::new(Transport::Udp, false);
    pub(crate) const ENCRYPTED_UDP: Self = Self::new(Transport::Udp, true);

    const fn new(transport: Transport, encrypted: bool) -> Self {
        Self {
            transport,
            encrypted,
        }
    }

    /// The members as they are on this way.
    pub(crate) fn take(self, mut members: Vec<Member>) -> Vec<Member> {
        for (nth, member) in members.iter_mut().enumerate() {
            if self.encrypted {
                member.key = Some(key(nth));
                // An encrypted frame tells the time, or is none.
                member.habit.stamped = true;
            }
            if self.transport == Transport::Udp {
                // Datagrams get lost one by one: who sends the next before the answer to the
                // last has given up their order.
                member.habit.window = 1;
            }
        }
        members
    }

    /// The plan on this way.
    pub(crate) fn plan(self, plan: FleetPlan) -> FleetPlan {
        FleetPlan {
            transport: self.transport,
            ..plan
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = if self.encrypted { "encrypted" } else { "plain" };
        let transport = match self.transport {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        };
        write!(f, "{body} over {transport}")
    }
}

/// A key for each panel, of all three lengths in turn.
fn key(nth: usize) -> CipherKey {
    let octets = 16 + 8 * (nth % 3);
    let octet = |at: usize| u8::try_from((31 * nth + 7 * at) % 251).unwrap();
    let octets: Vec<u8> = (0..octets).map(octet).collect();
    CipherKey::from_octets(&octets).unwrap()
}
