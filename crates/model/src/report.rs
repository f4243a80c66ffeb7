//! What a panel tells of itself that is no event: kept in memory and in trends, never in the journal.

use arrayvec::ArrayString;

use crate::Wall;

/// A name of a firmware or of a model, as the panel gives it.
pub type ShortText = ArrayString<32>;

macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($(#[$item:meta])* $variant:ident, $name:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind { $($(#[$item])* $variant,)* }

        impl $kind {
            /// All values, in the order of link messages.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name on the wire and in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// From its name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }
    };
}

named! {
    /// By what a panel is connected.
    LinkKind {
        /// A cable.
        Ethernet, "ethernet";
        /// Wireless LAN.
        Wifi, "wifi";
        /// GPRS or EDGE.
        TwoG, "2g";
        /// UMTS.
        ThreeG, "3g";
        /// LTE.
        FourG, "4g";
        /// 5G.
        FiveG, "5g";
        /// Anything else.
        Other, "other";
    }
}

named! {
    /// What a panel says that a partition is doing. It moves no partition of the record: only events do (R13).
    ReportedPartition {
        /// Disarmed.
        Disarmed, "disarmed";
        /// The exit delay runs.
        Arming, "arming";
        /// All of it is armed.
        ArmedAway, "armed_away";
        /// Its perimeter is armed.
        ArmedStay, "armed_stay";
        /// Armed for the night.
        ArmedNight, "armed_night";
        /// The entry delay runs.
        Entry, "entry";
        /// In alarm.
        Alarm, "alarm";
    }
}

named! {
    /// What a panel says of a sensor's input.
    ZoneState {
        /// At rest.
        Closed, "closed";
        /// Open.
        Open, "open";
        /// In alarm.
        Alarm, "alarm";
        /// Tampered with.
        Tamper, "tamper";
        /// Faulty.
        Trouble, "trouble";
        /// Out of service.
        Bypassed, "bypassed";
    }
}

named! {
    /// What a panel says of its own connection.
    ConnectionState {
        /// It is there.
        Online, "online";
        /// It goes away on purpose.
        Offline, "offline";
        /// It saves power and comes back.
        Sleeping, "sleeping";
        /// It vanished: said by its will.
        Lost, "lost";
    }
}

named! {
    /// Why a panel last started.
    RebootReason {
        /// Power came back.
        Power, "power";
        /// Its watchdog bit.
        Watchdog, "watchdog";
        /// New firmware.
        Update, "update";
        /// It was told to.
        Command, "command";
        /// It crashed.
        Crash, "crash";
        /// It does not know.
        Unknown, "unknown";
    }
}

/// How a panel is: all of it optional.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusReport {
    /// When the panel says that this was so.
    pub at: Option<Wall>,
    /// Received signal strength, dBm.
    pub rssi: Option<i16>,
    /// By what it is connected.
    pub link: Option<LinkKind>,
    /// Charge of its battery, percent.
    pub battery: Option<u8>,
    /// Supply voltage, millivolts.
    pub millivolts: Option<u32>,
    /// Whether it has mains.
    pub mains: Option<bool>,
    /// Temperature, tenths of a degree Celsius.
    pub decidegrees: Option<i16>,
    /// Messages that it had to send again since its last report.
    pub retries: Option<u32>,
    /// Round trip to us as it measured it, milliseconds.
    pub round_trip: Option<u32>,
    /// Seconds since its start.
    pub uptime: Option<u64>,
    /// Its partitions, by number.
    pub partitions: Vec<(u16, ReportedPartition)>,
    /// Its zones, by number.
    pub zones: Vec<(u16, ZoneState)>,
    /// Its outputs, by number, and whether they are on.
    pub outputs: Vec<(u16, bool)>,
}

impl StatusReport {
    /// Takes in a newer report: what that one leaves out stays as it was.
    pub fn update(&mut self, newer: Self) {
        fn put<T: Copy>(known: &mut Vec<(u16, T)>, newer: Vec<(u16, T)>) {
            for (number, value) in newer {
                match known.iter_mut().find(|(known, _)| *known == number) {
                    Some((_, known)) => *known = value,
                    None => known.push((number, value)),
                }
            }
        }
        self.at = newer.at.or(self.at);
        self.rssi = newer.rssi.or(self.rssi);
        self.link = newer.link.or(self.link);
        self.battery = newer.battery.or(self.battery);
        self.millivolts = newer.millivolts.or(self.millivolts);
        self.mains = newer.mains.or(self.mains);
        self.decidegrees = newer.decidegrees.or(self.decidegrees);
        self.retries = newer.retries.or(self.retries);
        self.round_trip = newer.round_trip.or(self.round_trip);
        self.uptime = newer.uptime.or(self.uptime);
        put(&mut self.partitions, newer.partitions);
        put(&mut self.zones, newer.zones);
        put(&mut self.outputs, newer.outputs);
    }
}

/// Who a panel is, said at the beginning of a connection, or by its will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionReport {
    /// What it says of its connection.
    pub state: ConnectionState,
    /// How often it has started: an old will is told by it.
    pub boot: u32,
    /// Its firmware.
    pub firmware: Option<ShortText>,
    /// Its model.
    pub model: Option<ShortText>,
    /// Why it last started.
    pub reason: Option<RebootReason>,
    /// Its clock.
    pub at: Option<Wall>,
}

/// What a panel tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PanelReport {
    /// How it is.
    Status(StatusReport),
    /// Who it is.
    Connection(ConnectionReport),
}
