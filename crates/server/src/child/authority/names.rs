//! The names that the server's own certificate must have, so that panels find who they meant to reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::SanType;
use rcgen::string::Ia5String;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

/// A name of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// In the domain name system, in small letters.
    Dns(String),
    /// An address.
    Address(IpAddr),
}

/// Names of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names(Vec<Name>);

impl Names {
    /// This machine's own, and those that the operator gave.
    pub(super) fn of_this_machine(given: &[String]) -> Self {
        let mut names = Self(vec![
            Name::Dns("localhost".to_owned()),
            Name::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Name::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ]);
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        for text in std::iter::once(host.trim()).chain(given.iter().map(String::as_str)) {
            // The configuration has refused what is no name; a host may be called anything.
            if let Some(name) = Name::parse(text)
                && !names.0.contains(&name)
            {
                names.0.push(name);
            }
        }
        names
    }

    /// Those of a certificate.
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Self {
        let known = certificate.subject_alternative_name().ok().flatten();
        let known = known
            .into_iter()
            .flat_map(|names| &names.value.general_names);
        Self(known.filter_map(Name::of).collect())
    }

    /// Whether each of `wanted` is among them.
    pub(super) fn cover(&self, wanted: &Self) -> bool {
        wanted.0.iter().all(|name| self.0.contains(name))
    }

    /// Whether a panel that was given this name or address would be content. A certificate of an operator's may
    /// have a `*` for one label (RFC 6125 6.4.3).
    pub(crate) fn covers(&self, wanted: &str) -> bool {
        let Some(wanted) = Name::parse(wanted) else {
            return false;
        };
        self.0.iter().any(|known| match (known, &wanted) {
            (Name::Dns(known), Name::Dns(wanted)) => {
                let parent = wanted.split_once('.').map(|(_, parent)| parent);
                known == wanted
                    || known
                        .strip_prefix("*.")
                        .is_some_and(|rest| Some(rest) == parent)
            }
            _ => *known == wanted,
        })
    }

    /// As they are told.
    pub(crate) fn told(&self) -> String {
        let told = self.0.iter().map(|name| match name {
            Name::Dns(name) => name.clone(),
            Name::Address(address) => address.to_string(),
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// For a certificate that is to be made.
    pub(super) fn alternatives(&self) -> Vec<SanType> {
        let each = self.0.iter().map(|name| match name {
            Name::Dns(name) => SanType::DnsName(ascii(name)),
            Name::Address(address) => SanType::IpAddress(*address),
        });
        each.collect()
    }
}

/// Text of a certificate.
pub(super) fn ascii(text: &str) -> Ia5String {
    let text = Ia5String::try_from(text);
    text.expect("names, accounts and what is made of them are ASCII")
}

impl Name {
    /// From an address, or from a name: labels of 1 to 63 letters, digits and hyphens (RFC 1123 2.1), 253
    /// characters at most. Underscores are taken, since hosts have them.
    fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self::Address(address));
        }
        is_dns(text).then(|| Self::Dns(text.to_ascii_lowercase()))
    }

    fn of(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::DNSName(name) => Some(Self::Dns(name.to_ascii_lowercase())),
            GeneralName::IPAddress(octets) => {
                let address = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
                let address = address.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from));
                address.ok().map(Self::Address)
            }
            _ => None,
        }
    }
}

/// Whether a text can be a name in the domain name system.
fn is_dns(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether a text can be a name or an address of the server, as `tls.names` has them.
pub(crate) fn is_name(text: &str) -> bool {
    Name::parse(text).is_some()
}
