//! What families promise, seen from outside.

#[cfg(test)]
mod careless;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod datagrams;
#[cfg(test)]
mod dc09;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod encrypted;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod mqtt;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod streams;
