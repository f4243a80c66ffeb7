//! A session by itself.
