//! What gateway and engine tell each other: whatever comes over the link, nothing panics, and
//! what decodes encodes to the same octets.

use gateway::link::codec::fuzz_link;

/// Octets as they could come over the link, in either direction.
pub fn link(octets: &[u8]) {
    fuzz_link(octets);
}
