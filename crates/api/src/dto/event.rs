//! Events as JSON.
//!
//! Invariant: text, extended data and raw bytes are personal data (R31): they are part of an
//! event only by [`Event::with_personal`], which is for reads that were audited.

use data_encoding::BASE64;
use engine::ports::Verdict;
use model::{Code, EventFlags, PanelId, PathId, Point, Qualifier};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::time;
use super::verdict::EventVerdict;

/// A registered signal.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its number: ours, dense from 1. Also its cursor.
    seq: u64,
    /// The number of the first event of the same message; its own, if it is that.
    message_seq: u64,
    /// The panel that sent it, or that it is about; `null` where it is about none.
    panel: Option<String>,
    /// The path that it came by, or that it is about; `null` where it is about none.
    path: Option<String>,
    /// Where the panel stood at the time.
    site: String,
    /// Whose the panel was at the time.
    organisation: String,
    /// The protocol that it came by; `watchfire` of what is about no panel.
    #[schema(example = "dc09")]
    family: String,
    /// The protocol's name for the format; `OWN` of events that Watchfire made itself.
    #[schema(example = "SIA-DCS")]
    format: String,
    /// The account that the event is about.
    account: String,
    /// What happened.
    code: EventCode,
    /// What it is about.
    #[schema(value_type = EventClass)]
    class: &'static str,
    /// 1 (fire) to 9 (tests): the lower, the sooner a person looks.
    #[schema(minimum = 1, maximum = 9)]
    priority: u8,
    /// What Contact ID's qualifier says; `null` in other code sets.
    qualifier: Option<QualifierMeaning>,
    /// In which partition; 0 is all of them.
    partition: Option<String>,
    /// At which zone.
    zone: Option<String>,
    /// By which user.
    user: Option<String>,
    /// At which output.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// The codes of the same set that it restores; empty if it is no restore.
    restores: Vec<&'static str>,
    /// The panel's own sequence number.
    panel_sequence: Option<u64>,
    /// When the panel says that it sent this.
    #[schema(format = DateTime)]
    panel_time: Option<String>,
    /// When the panel says that it happened, where it says so apart from the above.
    #[schema(format = DateTime)]
    occurred: Option<String>,
    /// When it was received.
    #[schema(format = DateTime)]
    received: String,
    /// How far the panel's clock was from ours, in milliseconds; positive if it is behind.
    skew_ms: Option<i64>,
    /// What is remarkable about it.
    flags: Vec<String>,
    /// Those of the flags that are reasons to doubt it.
    doubt: Vec<String>,
    /// Whether it may change states. A calming event that is doubtful does so only once a person
    /// has confirmed it.
    effective: bool,
    /// What a person said of it; `null` as long as nobody did, and where nobody doubts it.
    verdict: Option<EventVerdict>,
    /// Text that came with it. Only where personal data was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Extended data of the message. Only where personal data was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    extended: Option<Vec<ExtendedData>>,
    /// The message as received, secrets redacted, in base64. Only where personal data was asked
    /// for; in lists only on the first event of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    /// The same as text, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_text: Option<String>,
}

/// An event code.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EventCode {
    /// The code set: `CID` (Contact ID), `SIA` (DC-03), `OWN` (Watchfire's), `RAW` (kept, not
    /// decoded).
    #[schema(example = "CID")]
    set: &'static str,
    /// The code as its set writes it; of `RAW`, the format's token.
    #[schema(example = "1130")]
    code: String,
    /// A name for people.
    #[schema(example = "burglary alarm")]
    name: &'static str,
}

/// What Contact ID's qualifier says.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum QualifierMeaning {
    /// A new event, or an opening.
    New,
    /// A restore, or a closing.
    Restore,
    /// The condition persists.
    Persists,
}

/// One block of extended data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ExtendedData {
    /// Its letter.
    #[schema(example = "V")]
    letter: char,
    /// What followed the letter, in base64.
    content: String,
    /// The same as text, where it is one.
    content_text: Option<String>,
}

/// One page of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The events, in the order asked for.
    pub(crate) events: Vec<Event>,
    /// Where to go on, in the same direction; `null` at the end. Filters may leave a page short
    /// or empty before the end.
    pub(crate) next_cursor: Option<String>,
}

impl From<&model::Event> for Event {
    fn from(event: &model::Event) -> Self {
        let body = &event.body;
        let (mut zone, mut user, mut output) = (None, None, None);
        match &body.point {
            Some(Point::Zone(number)) => zone = Some(number.to_string()),
            Some(Point::User(number)) => user = Some(number.to_string()),
            Some(Point::Output(number)) => output = Some(number.to_string()),
            None => {}
        }
        Self {
            seq: event.seq.0,
            message_seq: event.message_seq.0,
            panel: (body.panel != PanelId::HOUSE).then(|| body.panel.to_string()),
            path: (body.path_id != PathId::HOUSE).then(|| body.path_id.to_string()),
            site: body.site.to_string(),
            organisation: body.organisation.to_string(),
            family: body.family.to_string(),
            format: body.format.to_string(),
            account: body.account.to_string(),
            code: EventCode::from(&body.code),
            class: body.class.as_str(),
            priority: body.class.priority().0,
            qualifier: qualifier(&body.code),
            partition: body.partition.map(|number| number.to_string()),
            zone,
            user,
            output,
            restores: body.code.meaning().restores.to_vec(),
            panel_sequence: body.panel_sequence,
            panel_time: body.panel_time.map(time::to_rfc3339),
            occurred: body.occurred.map(time::to_rfc3339),
            received: time::to_rfc3339(body.received),
            skew_ms: event.skew().map(|micros| micros / 1_000),
            flags: body.flags.names().collect(),
            doubt: (body.flags & EventFlags::DOUBT).names().collect(),
            effective: event.is_effective(),
            verdict: None,
            text: None,
            extended: None,
            raw: None,
            raw_text: None,
        }
    }
}

impl Event {
    /// The same with what a person said of it.
    pub(crate) fn judged(self, verdict: Option<&Verdict>) -> Self {
        Self {
            effective: self.effective || verdict.is_some_and(|verdict| verdict.confirmed),
            verdict: verdict.map(EventVerdict::from),
            ..self
        }
    }

    /// The event as it stands in lists and streams; with personal data if that was asked for
    /// and the read has been audited (R30).
    pub(crate) fn shown(event: &model::Event, personal: bool) -> Self {
        if personal {
            Self::with_personal(event, event.body.message.as_ref())
        } else {
            Self::from(event)
        }
    }

    /// The event with its personal data, and that of its message where `message` is at hand.
    /// The read has been audited (R30).
    pub(crate) fn with_personal(event: &model::Event, message: Option<&model::Message>) -> Self {
        Self {
            text: event.body.text.clone(),
            extended: message.map(|m| m.extended.iter().map(ExtendedData::from).collect()),
            raw: message.map(|m| BASE64.encode(&m.raw)),
            raw_text: message.and_then(|m| printable(frame_content(&m.raw))),
            ..Self::from(event)
        }
    }
}

impl From<&Code> for EventCode {
    fn from(code: &Code) -> Self {
        Self {
            set: code.format(),
            code: code.text().to_string(),
            name: code.meaning().name,
        }
    }
}

impl From<&model::Extended> for ExtendedData {
    fn from(extended: &model::Extended) -> Self {
        Self {
            letter: char::from(extended.letter),
            content: BASE64.encode(&extended.content),
            content_text: printable(&extended.content),
        }
    }
}

fn qualifier(code: &Code) -> Option<QualifierMeaning> {
    let Code::ContactId(qualifier, _) = code else {
        return None;
    };
    Some(match qualifier {
        Qualifier::New => QualifierMeaning::New,
        Qualifier::Restore => QualifierMeaning::Restore,
        Qualifier::Persists => QualifierMeaning::Persists,
    })
}

/// The frame without the line feed before it and the carriage return after it (DC-09 5.5.1).
pub(super) fn frame_content(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix(b"\n").unwrap_or(raw);
    raw.strip_suffix(b"\r").unwrap_or(raw)
}

/// As text, if a person could read it: UTF-8 without control characters.
pub(super) fn printable(octets: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(octets).ok()?;
    let readable = !text.chars().any(char::is_control);
    readable.then(|| text.to_owned())
}

/// The names of all classes, for the description.
#[derive(Debug)]
pub(crate) struct EventClass;

impl PartialSchema for EventClass {
    fn schema() -> RefOr<Schema> {
        let names = model::EventClass::ALL.iter().map(|class| class.as_str());
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(names))
            .description(Some("What an event is about, most urgent first."));
        schema.into()
    }
}

impl ToSchema for EventClass {}
