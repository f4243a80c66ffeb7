//! The fourth table: the secure channel beside Mosquitto.
//!
//! Both servers live through the same day, one after the other, round after round: the same
//! panels with the same client certificates, from the same client in a process of its own; both
//! show the same server certificate and speak TLS 1.3. What is told of a figure is the middle one
//! of its rounds, and the middle one of what ours is to Mosquitto's of the same round.

mod day;
mod figures;
mod fleet;
mod lived;
mod table;

use std::path::Path;

use anyhow::Context;

use crate::house::House;
use crate::mosquitto::Mosquitto;
use crate::papers::Papers;
use day::Stage;
pub(crate) use fleet::play;
use lived::Lived;

/// Panels that connect. Each is a descriptor of the server's and one of the client's process.
const PANELS: u32 = 4_000;

/// Panels that come, and come back, in a second: both servers keep up with it on two cores that
/// they share with the client. At 800 Mosquitto does not always.
const BEGIN: u32 = 500;

/// An odd number, so that there is a middle one. A round takes about a minute and a half.
pub(crate) const ROUNDS: usize = 3;

/// The gateways, and what stands behind them.
struct Ours {
    house: House,
    behind: Vec<u32>,
    gateways: Vec<u32>,
}

pub(crate) fn table(rounds: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let papers = Papers::make(folder.path())?;
    let mut lived = Vec::new();
    for round in 0..rounds {
        let folder = folder.path().join(round.to_string());
        std::fs::create_dir(&folder)?;
        lived.push((ours(&folder, &papers)?, theirs(&folder, &papers)?));
    }
    table::print(&lived);
    Ok(())
}

/// A day with our server.
fn ours(folder: &Path, papers: &Papers) -> anyhow::Result<Lived> {
    let data = folder.join("data");
    let empty = Ours::start(&data, papers)?;
    let [.., before] = empty.live(papers, &[Stage::Empty])?.memory(Stage::Empty)?;
    empty.house.import(&day::registered())?;
    // Another process, so that what the import left behind is not counted.
    drop(empty);
    let ours = Ours::start(&data, papers)?;
    let mut lived = ours.live(papers, &Stage::ALL)?;
    let [.., after] = lived.memory(Stage::Empty)?;
    lived.registered = after - before;
    Ok(lived)
}

/// The same with Mosquitto, which stores nothing: without its last stage.
fn theirs(folder: &Path, papers: &Papers) -> anyhow::Result<Lived> {
    let broker = Mosquitto::start(folder, papers)?;
    let stages = &Stage::ALL[..Stage::ALL.len() - 1];
    fleet::live(broker.address(), papers, stages, [&[broker.pid()], &[]])
}

impl Ours {
    fn start(data: &Path, papers: &Papers) -> anyhow::Result<Self> {
        let authorities = serde_json::to_string(&[&papers.client_ca])?;
        let path = |path: &Path| path.to_str().map(str::to_owned).context("a path");
        let house = House::start(
            data,
            &[
                ("WATCHFIRE__TLS__CERTIFICATE", &path(&papers.certificate)?),
                ("WATCHFIRE__TLS__KEY", &path(&papers.key)?),
                ("WATCHFIRE__TLS__CLIENT_CA", &authorities),
                ("WATCHFIRE__LISTENER__MQTT__CLIENT_CERTIFICATES", "required"),
            ],
        )?;
        let mut behind = house.of_role("engine");
        behind.push(house.supervisor());
        Ok(Self {
            behind,
            gateways: house.of_role("gateway"),
            house,
        })
    }

    fn live(&self, papers: &Papers, stages: &[Stage]) -> anyhow::Result<Lived> {
        let target = self.house.listener("mqtt")?.parse()?;
        fleet::live(target, papers, stages, [&self.gateways, &self.behind])
    }
}
