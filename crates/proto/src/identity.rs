//! Who speaks: asked by the session, answered by the engine, remembered by the gateway.

use model::{Account, Epoch, PanelIndex, PathIndex};

/// A path that the engine lets speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// The panel, by its dense number.
    pub panel: PanelIndex,
    /// The path, by its dense number.
    pub path: PathIndex,
    /// The epoch of its presence.
    pub epoch: Epoch,
    /// Whether it may report for accounts other than its own (R5).
    pub hub: bool,
}

/// The engine's answer to [`crate::SessionEvent::Identify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Registered.
    Admitted(Admitted),
    /// Not registered, or not allowed.
    Refused {
        /// The account that was asked for.
        account: Account,
    },
}
