//! What panels say: the packets of the seed day (DESIGN 8: status reports of about 100 octets).

use std::num::NonZeroU16;

use anyhow::Context;
use model::{Account, Code, LinkKind, ReportedPartition, StatusReport, ZoneState};
use wire::mqtt::{Connect, Level, MessageProperties, Packet, Publish, Qos, encode};
use wire::panel::{Document, Evt, EvtPoint, Format};

use crate::calm::{NOW, mixed};

/// Who panels are.
pub(crate) fn account(place: u32) -> anyhow::Result<Account> {
    Ok(Account::parse((100_000 + place).to_string().as_bytes())?)
}

/// A packet of MQTT 5.
pub(crate) fn packet(packet: &Packet) -> anyhow::Result<Vec<u8>> {
    let mut octets = Vec::new();
    encode(packet, Level::V5, &mut octets)?;
    Ok(octets)
}

/// How a panel connects.
pub(crate) fn connect(account: &Account) -> anyhow::Result<Vec<u8>> {
    packet(&Packet::Connect(Box::new(Connect {
        keep_alive: 60,
        ..Connect::new(format!("{account}/lan"))
    })))
}

/// How a panel is in ordinary times.
pub(crate) fn status_report() -> StatusReport {
    StatusReport {
        at: Some(NOW.wall),
        rssi: Some(-71),
        battery: Some(96),
        link: Some(LinkKind::FourG),
        partitions: vec![(1, ReportedPartition::ArmedAway)],
        ..StatusReport::default()
    }
}

/// How all of a panel is, as it says after it has connected.
pub(crate) fn whole_report() -> StatusReport {
    StatusReport {
        zones: (1..=16).map(|zone| (zone, ZoneState::Closed)).collect(),
        outputs: vec![(1, false), (2, true)],
        ..status_report()
    }
}

/// A status report of a panel.
pub(crate) fn status(account: &Account) -> anyhow::Result<Vec<u8>> {
    let payload = status_report().encode(Format::Json);
    publish(account, StatusReport::TOPIC, payload)
}

/// An event of a panel, its `number`th: a zone opened or closed.
pub(crate) fn event(account: &Account, number: u32) -> anyhow::Result<Vec<u8>> {
    let code = if number.is_multiple_of(2) {
        b"1130"
    } else {
        b"3130"
    };
    let zone = u16::try_from(mixed(number.into()) % 16)? + 1;
    let event = Evt {
        seq: u64::from(number) + 1,
        boot: 7,
        code: Code::contact_id(code).context("a code of Contact ID")?,
        partition: Some(1),
        point: Some(EvtPoint::Zone(zone)),
        occurred: Some(NOW.wall),
        sent: Some(NOW.wall),
        delay: None,
        text: None,
        stored: false,
    };
    publish(account, Evt::TOPIC, event.encode(Format::Json))
}

fn publish(account: &Account, topic: &str, payload: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    packet(&Packet::Publish(Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        topic: format!("ap/v1/{account}/{topic}"),
        packet_id: Some(NonZeroU16::MIN),
        properties: MessageProperties::default(),
        payload: payload.into(),
    }))
}
