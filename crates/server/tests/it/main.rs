//! The `watchfire` binary as people and scripts use it.

// Said for clippy, which knows helpers of tests by it.
#[cfg(test)]
mod cli;
