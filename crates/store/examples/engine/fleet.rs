//! A fleet of panels on the panel protocol, each with a certificate of ours, and what they say.

use std::path::Path;

use arrayvec::{ArrayString, ArrayVec};
use engine::ports::{CertificateRow, NewPanel, PanelAdmin, TrustStore};
use engine::registry::Registry;
use model::{
    Account, Actor, Code, ConnectionReport, ConnectionState, EventFlags, FamilyName, Item,
    LinkKind, PanelCode, PanelReport, PathPolicy, Point, PointNumber, RepeatKey, ReportedPartition,
    Signal, StatusReport, Wall, ZoneState,
};
use store::{Store, Synchronous};

use crate::Outcome;
use crate::house::{Machine, settings};

/// Panels registered at once.
const CHUNK: u32 = 10_000;

/// Registers so many panels in a folder.
pub(crate) async fn register(folder: &Path, panels: u32) -> Outcome<()> {
    let store = Store::open(store::Settings {
        synchronous: Synchronous::Off,
        ..settings(folder)
    })?;
    let clock = std::sync::Arc::new(Machine);
    let registry = Registry::load(std::sync::Arc::new(store.clone()), clock).await?;
    for first in (0..panels).step_by(CHUNK as usize) {
        let chunk = first..(first + CHUNK).min(panels);
        let new: Option<Vec<_>> = chunk.map(panel).collect();
        let new = new.ok_or("a panel that is none")?;
        for added in PanelAdmin::add_panels(&registry, Actor::system(), new).await {
            for path in added?.paths {
                let row = CertificateRow {
                    serial: serial(path.index.0),
                    path: path.index,
                    path_id: path.id,
                    issued: Wall(1_790_000_000_000_000),
                    not_after: Wall(2_100_000_000_000_000),
                    revoked: None,
                };
                store.add_certificate(Actor::system(), row).await?;
            }
        }
    }
    drop(registry);
    store.close();
    Ok(())
}

fn serial(path: u32) -> ArrayVec<u8, { model::SERIAL }> {
    let mut serial = ArrayVec::from([0x5A; model::SERIAL]);
    serial[..4].copy_from_slice(&path.to_be_bytes());
    serial.truncate(16);
    serial
}

fn account(number: u32) -> Option<Account> {
    Account::parse(format!("{number:06}").as_bytes()).ok()
}

fn panel(number: u32) -> Option<NewPanel> {
    Some(NewPanel {
        name: None,
        site: None,
        family: FamilyName::parse("mqtt")?,
        account: account(number)?,
        receiver: None,
        line: None,
        listener: None,
        path_name: None,
        policy: PathPolicy::default(),
        key: None,
        watch: None,
    })
}

/// What it says when it has connected.
pub(crate) fn connected() -> PanelReport {
    PanelReport::Connection(ConnectionReport {
        state: ConnectionState::Online,
        boot: 7,
        firmware: ArrayString::from("4.12.0").ok(),
        model: ArrayString::from("WF-16").ok(),
        reason: None,
        at: None,
    })
}

/// A report of everything, with sixteen zones.
pub(crate) fn everything() -> PanelReport {
    PanelReport::Status(StatusReport {
        rssi: Some(-71),
        link: Some(LinkKind::FourG),
        battery: Some(96),
        millivolts: Some(13_600),
        mains: Some(true),
        round_trip: Some(84),
        retries: Some(0),
        uptime: Some(86_400),
        partitions: vec![(1, ReportedPartition::ArmedAway)],
        zones: (1..=16).map(|zone| (zone, ZoneState::Closed)).collect(),
        outputs: vec![(1, false), (2, true)],
        ..StatusReport::default()
    })
}

/// One of 16 zones opens or closes, one in five times something is an alarm: the panel's `nth` event.
pub(crate) fn event(number: u32, nth: u32) -> Option<(Signal, RepeatKey)> {
    let zone = PointNumber::parse(format!("{}", 1 + nth % 16).as_bytes())?;
    let code = match nth % 5 {
        0 => Code::contact_id(b"1130")?,
        odd if odd % 2 == 1 => Code::Panel(PanelCode::ZoneOpen),
        _ => Code::Panel(PanelCode::ZoneClosed),
    };
    let raw = format!(
        "{{\"seq\":{nth},\"boot\":7,\"code\":\"zone_open\",\"zone\":{zone},\"part\":1,\"t\":1795000000000}}",
        zone = 1 + nth % 16
    );
    let mut key = [0; 16];
    key[..4].copy_from_slice(&7_u32.to_be_bytes());
    key[4..8].copy_from_slice(&nth.to_be_bytes());
    key[8..12].copy_from_slice(&number.wrapping_mul(0x9E37_79B9).to_be_bytes());
    let signal = Signal {
        account: account(number)?,
        format: ArrayString::from("AP1-JSON").ok()?,
        panel_sequence: Some(u64::from(nth)),
        panel_time: None,
        occurred: None,
        flags: EventFlags::empty(),
        items: vec![Item {
            account: None,
            code,
            partition: PointNumber::parse(b"1"),
            point: Some(Point::Zone(zone)),
            text: None,
            flags: EventFlags::empty(),
        }],
        extended: Vec::new(),
        raw: raw.into_bytes(),
    };
    Some((signal, RepeatKey(key)))
}
