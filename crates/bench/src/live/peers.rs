//! What stands beside Watchfire in the same run, under the same fleet: the floor and Mosquitto.

use std::path::Path;

use sim::order::Order;

use super::day::{self, Lived, Target};
use super::figures::Figures;
use super::floor::{self, Floor};
use super::interrupt::Interrupt;
use super::look::{Process, Role};
use super::plan::Plan;
use super::show::Show;
use crate::mosquitto::Mosquitto;
use crate::papers::Papers;

/// Connections of one broker, within the 20,000 files of a small machine.
const ROOM: u32 = floor::ROOM;

/// Panels that begin to connect to it in a second, at most: more it does not keep up with on the
/// two cores that it shares with them, and those that give up and try again would be part of its
/// figures.
const BEGIN_PER_SECOND: u32 = 500;

/// What one of them came to.
pub(super) struct Peer {
    pub(super) figures: Figures,
    pub(super) remarks: Vec<String>,
}

impl Peer {
    fn of(name: String, plan: &Plan, lived: &Lived) -> Self {
        // Where not all came, those that did.
        let there = lived.stopped.as_ref().map(|_| lived.online);
        let there = there.and_then(|there| u32::try_from(there).ok());
        Self {
            remarks: lived.remarks(&name),
            figures: Figures::of(name, there.unwrap_or(plan.panels), lived, None),
        }
    }
}

/// Both, one after the other.
pub(super) fn measure(
    plan: &Plan,
    papers: &Papers,
    folder: &Path,
    show: &mut Show,
    interrupt: &Interrupt,
) -> anyhow::Result<[Peer; 2]> {
    show.server("floor");
    let floor = Floor::start(plan.panels, interrupt)?;
    let target = Target {
        name: "floor".to_owned(),
        addresses: floor.addresses(),
        processes: floor.processes(),
    };
    let order = plan.order(None);
    let told = (&mut *show, interrupt);
    let lived = day::live(&order, &target, plan.times, told, day::plainly)?;
    drop(floor);
    let floor = Peer::of(target.name, plan, &lived);
    show.server("mosquitto");
    let brokers = brokers(plan.panels, papers, folder)?;
    let process = |broker: &Mosquitto| Process {
        role: Role::Gateway,
        pid: broker.pid(),
    };
    let target = Target {
        name: "mosquitto".to_owned(),
        addresses: brokers.iter().map(Mosquitto::address).collect(),
        processes: brokers.iter().map(process).collect(),
    };
    let order = Order {
        begin_per_second: plan.begin_per_second.min(BEGIN_PER_SECOND),
        ..plan.order(Some(papers.trust()))
    };
    let told = (&mut *show, interrupt);
    let lived = day::live(&order, &target, plan.times, told, day::plainly)?;
    let mosquitto = Peer::of(target.name, plan, &lived);
    Ok([floor, mosquitto])
}

/// As many brokers as these panels need, each on a port of its own.
fn brokers(panels: u32, papers: &Papers, folder: &Path) -> anyhow::Result<Vec<Mosquitto>> {
    let start = |nth: u32| {
        let folder = folder.join(format!("mosquitto-{nth}"));
        std::fs::create_dir(&folder)?;
        Mosquitto::start(&folder, papers)
    };
    (0..panels.div_ceil(ROOM).max(1)).map(start).collect()
}
