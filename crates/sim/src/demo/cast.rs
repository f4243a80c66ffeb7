//! Who plays in the demonstration.

use model::{Code, Qualifier};

use super::story::Beat;
use crate::fleet::Transport;

/// One panel of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Character {
    /// The account that it shows.
    pub account: &'static str,
    /// What people call it: site and town.
    pub name: &'static str,
    /// What happens there, again and again.
    pub beats: &'static [Beat],
    /// The key under which it encrypts, in characters.
    pub key: Option<&'static str>,
    /// Over what it reports.
    pub transport: Transport,
    /// Whether anybody has registered it.
    pub registered: bool,
    /// After how many seconds of its story its line goes, and after how many it is back.
    pub gone: Option<(u32, u32)>,
}

impl Character {
    /// A registered panel that reports in clear over TCP, and whose line holds.
    const fn plain(account: &'static str, name: &'static str, beats: &'static [Beat]) -> Self {
        Self {
            account,
            name,
            beats,
            key: None,
            transport: Transport::Tcp,
            registered: true,
            gone: None,
        }
    }
}

/// All of them.
pub const CAST: &[Character] = &[
    Character::plain("0A01", "Ahorn Bakery, Linz", BAKERY),
    Character::plain("0A02", "Lindqvist Jewellers, Uppsala", JEWELLER),
    Character::plain("0A03", "Harbour School, Bergen", SCHOOL),
    Character::plain("0A04", "Old Mill Pharmacy, Ghent", PHARMACY),
    Character {
        gone: Some((80, 200)),
        ..Character::plain("0A05", "Silver Birch Cabin, Inari", CABIN)
    },
    Character::plain("0A06", "Cold Store 4, Gdansk", COLD_STORE),
    Character {
        key: Some("sixteen letters!"),
        ..Character::plain("0A07", "Saffron Bank, Genoa", BANK)
    },
    Character {
        transport: Transport::Udp,
        ..Character::plain("0A08", "Kiosk 12, Porto", KIOSK)
    },
    Character {
        registered: false,
        ..Character::plain("0AFF", "Nobody knows", STRANGER)
    },
];

const BAKERY: &[Beat] = &[
    sia(4, *b"OP", 1, 3, "Anna"),
    sia(35, *b"RP", 0, 0, ""),
    sia(30, *b"CL", 1, 3, "Anna"),
    sia(40, *b"BA", 1, 2, "Back door"),
    sia(6, *b"OP", 1, 4, "Jonas"),
    sia(2, *b"BC", 1, 4, "Jonas"),
    sia(3, *b"BR", 1, 2, "Back door"),
    sia(20, *b"CL", 1, 4, "Jonas"),
];

const JEWELLER: &[Beat] = &[
    cid(7, Qualifier::Restore, *b"401", 1, 1),
    cid(25, Qualifier::New, *b"602", 0, 0),
    cid(20, Qualifier::New, *b"131", 1, 5),
    cid(3, Qualifier::New, *b"130", 1, 7),
    cid(2, Qualifier::New, *b"137", 1, 9),
    cid(14, Qualifier::Restore, *b"130", 1, 7),
    cid(2, Qualifier::Restore, *b"131", 1, 5),
    cid(5, Qualifier::Restore, *b"137", 1, 9),
    cid(22, Qualifier::New, *b"401", 1, 1),
    cid(30, Qualifier::New, *b"122", 1, 12),
    cid(40, Qualifier::Restore, *b"122", 1, 12),
];

const SCHOOL: &[Beat] = &[
    sia(10, *b"OP", 2, 1, "Caretaker"),
    sia(28, *b"FA", 3, 14, "Chemistry room smoke"),
    sia(4, *b"FA", 3, 15, "Corridor call point"),
    sia(35, *b"FR", 3, 14, "Chemistry room smoke"),
    sia(2, *b"FR", 3, 15, "Corridor call point"),
    sia(30, *b"BB", 2, 22, "Gym window"),
    sia(3, *b"CL", 2, 1, "Caretaker"),
    sia(45, *b"BU", 2, 22, "Gym window"),
];

const PHARMACY: &[Beat] = &[
    cid(13, Qualifier::New, *b"301", 0, 0),
    cid(38, Qualifier::New, *b"302", 0, 0),
    cid(26, Qualifier::Restore, *b"301", 0, 0),
    cid(15, Qualifier::Restore, *b"302", 0, 0),
    cid(30, Qualifier::New, *b"602", 0, 0),
];

/// The line goes with the storm. When it is back, so are mains and battery.
const CABIN: &[Beat] = &[
    sia(5, *b"RP", 0, 0, ""),
    sia(30, *b"RP", 0, 0, ""),
    sia(30, *b"AT", 0, 0, ""),
    sia(12, *b"YT", 0, 0, ""),
    sia(126, *b"AR", 0, 0, ""),
    sia(9, *b"YR", 0, 0, ""),
    sia(28, *b"RP", 0, 0, ""),
];

/// Encrypted, except that somebody without the key would like the bank to be disarmed.
const BANK: &[Beat] = &[
    sia(8, *b"CL", 1, 2, "Bianca"),
    Beat {
        in_clear: true,
        ..sia(22, *b"OP", 1, 2, "Bianca")
    },
    sia(15, *b"BA", 1, 21, "Vault corridor"),
    sia(40, *b"BR", 1, 21, "Vault corridor"),
    sia(25, *b"OP", 1, 5, "Dario"),
    sia(30, *b"RP", 0, 0, ""),
];

const KIOSK: &[Beat] = &[
    cid(12, Qualifier::Restore, *b"401", 1, 4),
    cid(33, Qualifier::New, *b"131", 1, 2),
    cid(24, Qualifier::Restore, *b"131", 1, 2),
    cid(20, Qualifier::New, *b"401", 1, 4),
    cid(31, Qualifier::New, *b"602", 0, 0),
];

/// Whose panel this is, the quarantine helps to find out.
const STRANGER: &[Beat] = &[
    sia(10, *b"RP", 0, 0, ""),
    sia(35, *b"BA", 1, 1, "Front door"),
    sia(45, *b"BR", 1, 1, "Front door"),
];

const COLD_STORE: &[Beat] = &[
    sia(18, *b"KA", 1, 31, "Freezer 2 too warm"),
    sia(24, *b"KR", 1, 31, "Freezer 2 too warm"),
    sia(26, *b"WA", 1, 40, "Drain"),
    sia(16, *b"WR", 1, 40, "Drain"),
    sia(35, *b"RP", 0, 0, ""),
];

const fn sia(after: u32, code: [u8; 2], partition: u8, point: u16, name: &'static str) -> Beat {
    Beat {
        after,
        code: Code::Sia(code),
        partition,
        point,
        name,
        in_clear: false,
    }
}

const fn cid(after: u32, qualifier: Qualifier, event: [u8; 3], partition: u8, point: u16) -> Beat {
    Beat {
        after,
        code: Code::ContactId(qualifier, event),
        partition,
        point,
        name: "",
        in_clear: false,
    }
}
