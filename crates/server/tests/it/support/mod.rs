//! What the scenarios have in common.

pub(crate) mod api;
pub(crate) mod clock;
pub(crate) mod crowd;
pub(crate) mod dice;
pub(crate) mod disk;
pub(crate) mod other_half;
pub(crate) mod processes;
pub(crate) mod record;
pub(crate) mod secure_crowd;
pub(crate) mod server;
pub(crate) mod tools;
pub(crate) mod turn;
pub(crate) mod wait;
pub(crate) mod way;
