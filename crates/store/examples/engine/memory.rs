//! Memory by part: each service is filled with what a whole fleet tells it, one after the other.

use std::path::Path;
use std::time::Duration;

use engine::ports::{Arrival, SessionPlace, Sessions, Sign, Supervises, TakesReports};
use engine::sessions::Places;
use model::{Epoch, PathIndex};
use store::Store;

use crate::house::{House, pause, settings};
use crate::{Outcome, fleet, load};

/// Paths are numbered from here on.
pub(crate) const FIRST: u32 = 1;

/// Octets of memory that this process accounts for.
fn memory() -> Outcome<i64> {
    let told = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = told.lines().find(|line| line.starts_with("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.ok_or("no PSS is told")?.parse::<i64>()? * 1_024)
}

struct Account {
    panels: i64,
    last: i64,
    all: i64,
}

impl Account {
    fn note(&mut self, what: &str) -> Outcome<()> {
        let now = memory()?;
        let each = (now - self.last) / self.panels;
        self.all += each;
        println!("{what:<44} {each:>7} {:>7}", self.all);
        self.last = now;
        Ok(())
    }
}

pub(crate) async fn measure(folder: &Path, panels: u32) -> Outcome<()> {
    let store = Store::open(settings(folder))?;
    let mut account = Account {
        panels: i64::from(panels),
        last: memory()?,
        all: 0,
    };
    println!("{:<44} {:>7} {:>7}", "octets a panel", "part", "so far");
    let mut house = House::open(store).await?;
    account.note("registry")?;
    let places = Places::new(std::sync::Arc::clone(&house.clock));
    let (intake, bell) = house.intake(&places);
    let _trust = house.trust(&intake).await?;
    account.note("certificates of ours")?;
    let watcher = house.supervise(&intake).await?;
    account.note("supervision")?;
    let condition = house.conditions(&places, &intake).await?;
    house.follow(&intake, &watcher, bell).await?;
    account.note("registered: the rest")?;
    connect(&house, &places, &watcher, panels);
    account.note("connected: sessions, signs of life")?;
    let now = house.clock.now().mono;
    for path in FIRST..=panels {
        condition.told(PathIndex(path), fleet::connected(), now);
    }
    // Written down within seconds.
    pause(Duration::from_secs(8)).await;
    account.note("connected: who they are, kept in the store")?;
    for path in FIRST..=panels {
        condition.told(PathIndex(path), fleet::everything(), now);
    }
    account.note("16 zones, 2 outputs, a partition, link told")?;
    let mut load = load::Load::new(&house, intake.clone(), panels);
    for nth in 1..=8 {
        load.round(nth, 1_000).await?;
        if nth == 1 || nth == 8 {
            pause(Duration::from_secs(2)).await;
            account.note(if nth == 1 {
                "an event each"
            } else {
                "seven more events each"
            })?;
        }
    }
    Ok(())
}

fn connect(house: &House, places: &Places, watcher: &engine::supervision::Watcher, panels: u32) {
    for path in FIRST..=panels {
        let at = house.clock.now().mono;
        places.arrived(Arrival {
            path: PathIndex(path),
            place: SessionPlace {
                gateway: 0,
                connection: u64::from(path),
            },
            source: [10, 0, 0, 1].into(),
            at,
        });
        watcher.heard(&[Sign {
            path: PathIndex(path),
            epoch: Epoch(at.0),
            at,
        }]);
    }
}
