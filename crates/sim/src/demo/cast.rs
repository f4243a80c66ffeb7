//! Who plays in the demonstration.

use model::{Code, Qualifier};

use super::story::Beat;

/// One panel of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Character {
    /// The account that it shows.
    pub account: &'static str,
    /// What people call it: site and town.
    pub name: &'static str,
    /// What happens there.
    pub beats: &'static [Beat],
    /// Whether it happens again and again; otherwise the panel falls silent at the end.
    pub again: bool,
}

/// All of them.
pub const CAST: &[Character] = &[
    Character {
        account: "0A01",
        name: "Ahorn Bakery, Linz",
        beats: BAKERY,
        again: true,
    },
    Character {
        account: "0A02",
        name: "Lindqvist Jewellers, Uppsala",
        beats: JEWELLER,
        again: true,
    },
    Character {
        account: "0A03",
        name: "Harbour School, Bergen",
        beats: SCHOOL,
        again: true,
    },
    Character {
        account: "0A04",
        name: "Old Mill Pharmacy, Ghent",
        beats: PHARMACY,
        again: true,
    },
    Character {
        account: "0A05",
        name: "Silver Birch Cabin, Inari",
        beats: CABIN,
        again: false,
    },
    Character {
        account: "0A06",
        name: "Cold Store 4, Gdansk",
        beats: COLD_STORE,
        again: true,
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

/// The line goes with the storm: nothing follows.
const CABIN: &[Beat] = &[
    sia(5, *b"RP", 0, 0, ""),
    sia(30, *b"RP", 0, 0, ""),
    sia(30, *b"AT", 0, 0, ""),
    sia(12, *b"YT", 0, 0, ""),
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
    }
}

const fn cid(after: u32, qualifier: Qualifier, event: [u8; 3], partition: u8, point: u16) -> Beat {
    Beat {
        after,
        code: Code::ContactId(qualifier, event),
        partition,
        point,
        name: "",
    }
}
