//! Simulated panels of the panel protocol: MQTT 5 or 3.1.1 over TLS, with sixteen zones each.
//!
//! ```text
//!   Resident (script) ──Report──► Panel (machine) ──packets──► fleet
//!   House: zones, partitions        CONNECT, PUBLISH, what waits for its PUBACK
//! ```
//!
//! A [`Member`] is one path of a panel: one client id, one connection. A panel with two paths is
//! two members that live the same life, from the same dice: what happens, its number and its time
//! are the same over both, as if one panel had sent it twice. A clone is a second member with the
//! client id of the first, whose life is the same up to a moment and another one from then on.

mod content;
mod fate;
mod house;
mod member;
mod panel;
mod resident;
mod waiting;

pub use content::{Happening, Report};
pub use house::{House, ZONES};
pub use member::{Member, Secret, Timeline};
pub use panel::{Habit, Panel};
pub(crate) use resident::Resident;
