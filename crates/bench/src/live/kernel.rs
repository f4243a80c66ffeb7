//! What the kernel says of itself: the memory of its sockets, and the whole machine's.
//!
//! A connection over loopback is two sockets, the server's and the panel's; the kernel does not
//! tell them apart, so that figures of connections are of both ends.

use anyhow::Context;
use serde::Serialize;

/// What the kernel holds. Octets where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Kernel {
    /// Sockets of TCP in use: `inuse` of /proc/net/sockstat.
    pub(super) sockets: u64,
    /// Buffers of TCP that hold something: `mem` of /proc/net/sockstat.
    pub(super) buffers: u64,
    /// All that the kernel has taken for objects such as sockets: `Slab` of /proc/meminfo.
    pub(super) slab: u64,
    /// What could still be taken without swapping: `MemAvailable` of /proc/meminfo.
    pub(super) available: u64,
}

impl Kernel {
    /// What it says now.
    pub(super) fn look() -> anyhow::Result<Self> {
        let sockets = std::fs::read_to_string("/proc/net/sockstat")?;
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let page = rustix::param::page_size() as u64;
        Self::read(&sockets, &memory, page).context("/proc/net/sockstat and /proc/meminfo")
    }

    /// From the text of both files (proc(5)); `page` is the size of a page.
    fn read(sockets: &str, memory: &str, page: u64) -> Option<Self> {
        let tcp = sockets.lines().find_map(|line| line.strip_prefix("TCP:"))?;
        let of_tcp = |name: &str| -> Option<u64> {
            let mut words = tcp.split_whitespace();
            words.by_ref().find(|word| *word == name)?;
            words.next()?.parse().ok()
        };
        Some(Self {
            sockets: of_tcp("inuse")?,
            buffers: of_tcp("mem")? * page,
            slab: of_meminfo(memory, "Slab:")?,
            available: of_meminfo(memory, "MemAvailable:")?,
        })
    }
}

/// A row of /proc/meminfo, in octets.
pub(super) fn of_meminfo(text: &str, name: &str) -> Option<u64> {
    let row = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = row.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOCKSTAT: &str = "sockets: used 69847\n\
        TCP: inuse 69737 orphan 0 tw 3 alloc 69737 mem 81\n\
        UDP: inuse 6 mem 67\n";
    const MEMINFO: &str = "MemTotal:       24689000 kB\n\
        MemAvailable:   20978588 kB\n\
        Slab:             941740 kB\n";

    #[test]
    fn sockets_and_memory_are_read_as_the_kernel_writes_them() {
        let read = Kernel::read(SOCKSTAT, MEMINFO, 4_096).unwrap();
        assert_eq!(read.sockets, 69_737);
        assert_eq!(read.buffers, 81 * 4_096);
        assert_eq!(read.slab, 941_740 * 1_024);
        assert_eq!(read.available, 20_978_588 * 1_024);
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        assert_eq!(Kernel::read("UDP: inuse 6 mem 67\n", MEMINFO, 4_096), None);
        assert_eq!(Kernel::read(SOCKSTAT, "MemTotal: 1 kB\n", 4_096), None);
    }

    #[test]
    fn this_machine_can_be_read() {
        assert!(Kernel::look().unwrap().available > 0);
    }
}
