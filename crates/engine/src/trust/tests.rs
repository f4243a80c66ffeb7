//! Trust over an authority, a store and a journal in memory, under virtual time.

#![expect(
    clippy::cast_possible_truncation,
    reason = "small numbers, chosen here"
)]

mod admin;
mod ends;
mod fakes;
mod files;
mod keys;
