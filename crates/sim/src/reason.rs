//! Why a receiver refused something or ended a connection, as far as it said so.

use std::fmt;

use rustls::AlertDescription;
use serde::{Deserialize, Serialize};

/// A reason, by the message that told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The receiver refused to be connected to: CONNACK with this reason code (MQTT 5, 3.2.2.2).
    Connack(u8),
    /// The same in MQTT 3.1.1, whose codes are other ones (3.2.2.3).
    Connack3(u8),
    /// It refused a message: PUBACK (MQTT 5, 3.4.2.1).
    Puback(u8),
    /// It ended the connection: DISCONNECT (MQTT 5, 3.14.2.1).
    Disconnect(u8),
    /// We ended it: the server's certificate is not one that we believe.
    NotBelieved,
    /// It ended the connection below that: an alert of TLS (RFC 8446, 6).
    Alert(u8),
}

impl Reason {
    /// What an alert of TLS tells.
    pub(crate) fn alert(description: AlertDescription) -> Self {
        Self::Alert(u8::from(description))
    }

    /// The code in the words of its standard, as far as this protocol uses it.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Connack3(code) => match code {
                1 => Some("unacceptable protocol version"),
                2 => Some("identifier rejected"),
                3 => Some("server unavailable"),
                4 => Some("bad user name or password"),
                5 => Some("not authorised"),
                _ => None,
            },
            Self::Connack(code) | Self::Puback(code) | Self::Disconnect(code) => of_mqtt_5(code),
            Self::NotBelieved | Self::Alert(_) => None,
        }
    }
}

fn of_mqtt_5(code: u8) -> Option<&'static str> {
    let words = match code {
        0x00 => "success",
        0x10 => "no matching subscribers",
        0x80 => "unspecified error",
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x83 => "implementation specific error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorised",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8B => "server shutting down",
        0x8D => "keep alive timeout",
        0x8E => "session taken over",
        0x90 => "topic name invalid",
        0x93 => "receive maximum exceeded",
        0x94 => "topic alias invalid",
        0x95 => "packet too large",
        0x96 => "message rate too high",
        0x97 => "quota exceeded",
        0x98 => "administrative action",
        0x99 => "payload format invalid",
        0x9B => "QoS not supported",
        0x9C => "use another server",
        _ => return None,
    };
    Some(words)
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connack(code) => write!(f, "CONNACK 0x{code:02X}"),
            Self::Connack3(code) => write!(f, "CONNACK {code}"),
            Self::Puback(code) => write!(f, "PUBACK 0x{code:02X}"),
            Self::Disconnect(code) => write!(f, "DISCONNECT 0x{code:02X}"),
            Self::NotBelieved => return f.write_str("the server's certificate is not believed"),
            Self::Alert(code) => {
                let description = AlertDescription::from(*code);
                return write!(f, "TLS alert {code}, {description:?}");
            }
        }?;
        self.words().map_or(Ok(()), |words| write!(f, ", {words}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_who_told_it_and_what_it_means() {
        for (reason, text) in [
            (Reason::Connack(0x89), "CONNACK 0x89, server busy"),
            (Reason::Connack3(5), "CONNACK 5, not authorised"),
            (
                Reason::Disconnect(0x8E),
                "DISCONNECT 0x8E, session taken over",
            ),
            (Reason::Puback(0xF0), "PUBACK 0xF0"),
            (Reason::Alert(44), "TLS alert 44, CertificateRevoked"),
        ] {
            assert_eq!(reason.to_string(), text);
        }
    }
}
