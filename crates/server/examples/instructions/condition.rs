//! What a status report does in the engine: the newest state of a panel with 16 zones, and its trends.

use std::sync::Arc;

use anyhow::{Context, ensure};
use engine::condition::Condition;
use engine::ports::{ShowsCondition, TakesReports};
use model::{PanelReport, PathIndex};

use crate::calm::NOW;
use crate::count::counted;
use crate::house::{House, PANELS};
use crate::messages;

/// Status reports of all panels in turns.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn status(requests: u32) -> anyhow::Result<()> {
    let house = House::open().await?;
    let store = Arc::new(house.store.clone());
    let condition = Condition::load(store, house.places, house.clock).await?;
    for path in 0..PANELS {
        let whole = PanelReport::Status(messages::whole_report());
        condition.told(PathIndex(path), whole, NOW.mono);
    }
    let reports = (0..requests).map(|_| PanelReport::Status(messages::status_report()));
    let reports: Vec<_> = reports.collect();
    counted(|| {
        for (path, report) in (0..PANELS).cycle().zip(reports) {
            condition.told(PathIndex(path), report, NOW.mono);
        }
    });
    let shown = condition
        .condition(PathIndex(7))
        .context("nothing is shown")?;
    ensure!(shown.zones.len() == 16, "{} zones", shown.zones.len());
    Ok(())
}
