//! Codecs of alarm protocols: octets in, values out, and back.
//!
//! [`dc09`] is the frame of ANSI/SIA DC-09 with its replies; [`sia_dcs`] and [`contact_id`] are
//! what such frames carry. [`mqtt`] is the packets of MQTT 5 and 3.1.1, [`panel`] what the panel
//! protocol carries in them. Used by families, by sinks and by the simulator.
//!
//! What never happens here: sockets, clocks, a decision about what is stored or answered. Octets
//! from outside never panic; what cannot be read is a typed answer.

pub mod contact_id;
pub mod crc;
pub mod dc09;
pub mod mqtt;
pub mod panel;
pub mod sia_dcs;
pub mod text;
