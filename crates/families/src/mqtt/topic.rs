//! The topics of a panel: where it may publish, and what it may subscribe to.

use wire::mqtt::{self, ReasonCode};

use super::client::Client;

/// What all topics begin with: the protocol and its version.
const ROOT: &str = "ap/v1/";

/// Topics that are laid out, and served by later versions of Watchfire.
const LAID_OUT: [&str; 10] = [
    "cmd", "cmd/res", "cfg/des", "cfg/rep", "fw/get", "fw/data", "fw/job", "fw/upd", "log",
    "evt/ack",
];

/// Where something is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Event,
    Status,
    Connection,
    /// Not served yet.
    LaidOut,
    /// Another account's.
    Foreign,
    /// Nobody's.
    Unknown,
}

impl Topic {
    /// What `topic` is to `client`.
    pub(super) fn of(topic: &str, client: &Client) -> Self {
        let Some((account, rest)) = split(topic) else {
            return Self::Unknown;
        };
        match rest {
            _ if !client.is_named(account) => Self::Foreign,
            "evt" => Self::Event,
            "status" => Self::Status,
            "conn" => Self::Connection,
            rest if LAID_OUT.contains(&rest) => Self::LaidOut,
            _ => Self::Unknown,
        }
    }
}

/// Why `client` may not subscribe to `filter`; `None` if it may. Below its own prefix it may ask
/// for anything, wildcards included.
pub(super) fn forbids(filter: &str, client: &Client) -> Option<ReasonCode> {
    if mqtt::share(filter).is_some() {
        return Some(ReasonCode::SharedSubscriptionsNotSupported);
    }
    let own = split(filter).is_some_and(|(account, _)| client.is_named(account));
    (!own).then_some(ReasonCode::NotAuthorized)
}

/// The account of a topic, and what follows it.
fn split(topic: &str) -> Option<(&str, &str)> {
    topic.strip_prefix(ROOT)?.split_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_told_by_account_in_any_case_and_by_name() {
        let client = Client::parse("12ab/lan").unwrap();
        for (topic, expected) in [
            ("ap/v1/12AB/evt", Topic::Event),
            ("ap/v1/12ab/status", Topic::Status),
            ("ap/v1/12aB/conn", Topic::Connection),
            ("ap/v1/12ab/cmd/res", Topic::LaidOut),
            ("ap/v1/12ab/evt/ack", Topic::LaidOut),
            ("ap/v1/12ab/EVT", Topic::Unknown),
            ("ap/v1/12ab/evt/", Topic::Unknown),
            ("ap/v1/12ab", Topic::Unknown),
            ("ap/v2/12ab/evt", Topic::Unknown),
            ("AP/v1/12ab/evt", Topic::Unknown),
            ("ap/v1/12abc/evt", Topic::Foreign),
            ("ap/v1/12ab/lan/evt", Topic::Unknown),
            ("ap/v1//evt", Topic::Foreign),
        ] {
            assert_eq!(Topic::of(topic, &client), expected, "{topic}");
        }
    }

    #[test]
    fn only_what_lies_below_its_own_prefix_may_be_subscribed_to() {
        let client = Client::parse("12ab").unwrap();
        for filter in [
            "ap/v1/12AB/#",
            "ap/v1/12ab/+",
            "ap/v1/12ab/cmd",
            "ap/v1/12ab/fw/#",
        ] {
            assert_eq!(forbids(filter, &client), None, "{filter}");
        }
        for filter in [
            "#",
            "+/v1/12ab/evt",
            "ap/v1/+/evt",
            "ap/#",
            "ap/v1/99/#",
            "$SYS/#",
        ] {
            assert_eq!(
                forbids(filter, &client),
                Some(ReasonCode::NotAuthorized),
                "{filter}"
            );
        }
        assert_eq!(
            forbids("$share/g/ap/v1/12ab/#", &client),
            Some(ReasonCode::SharedSubscriptionsNotSupported)
        );
    }
}
