//! What families promise, seen from outside.

#[cfg(test)]
mod careless;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod dc09;
#[cfg(test)]
mod streams;
