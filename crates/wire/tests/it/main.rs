//! What the codecs promise, seen from outside.

#[cfg(test)]
mod deframing;
#[cfg(test)]
mod encrypted;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod mqtt;
#[cfg(test)]
mod panel;
#[cfg(test)]
mod vectors;
