//! x
mod clock;
mod counts;
mod identities;
mod limits;
mod promise;
mod wheel;
