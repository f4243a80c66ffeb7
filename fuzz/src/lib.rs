//! The bodies of the fuzz targets, as plain functions: libFuzzer drives them with coverage
//! (`targets/`), and the tests replay the corpus and random inputs on the stable toolchain.
//!
//! Each function panics where a promise is broken, and says which.

mod dc09_crypt;
mod dc09_frame;
mod dc09_session;
mod link;
mod mqtt_packet;
mod mqtt_session;
mod panel_payload;

pub use dc09_crypt::dc09_crypt;
pub use dc09_frame::dc09_frame;
pub use dc09_session::dc09_session;
pub use link::link;
pub use mqtt_packet::mqtt_packet;
pub use mqtt_session::mqtt_session;
pub use panel_payload::panel_payload;

/// A target, by its name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets; `corpus/` has a folder for each.
pub const TARGETS: &[Target] = &[
    ("dc09_crypt", dc09_crypt),
    ("dc09_frame", dc09_frame),
    ("dc09_session", dc09_session),
    ("link", link),
    ("mqtt_packet", mqtt_packet),
    ("mqtt_session", mqtt_session),
    ("panel_payload", panel_payload),
];
