//! A few panels that live, for people to watch: shops open and close, somebody breaks in, the
//! mains fail, a smoke detector trips, one panel falls silent.
//!
//! Invariant: each panel's story makes sense by itself. What is armed gets disarmed, what trips
//! is restored, and the story begins again; only the panel that falls silent does not.

mod cast;
mod story;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{Account, Clock};

use crate::fleet::{Fleet, FleetPlan, Member, Pace, Sources};
use crate::report::Report;
use crate::script::Script;
pub use cast::{CAST, Character};
use story::Story;

/// After a silence of this length a panel says that it is still there.
const SUPERVISION: Duration = Duration::from_secs(30);

/// How long the panels may take to get their last answers.
const GRACE: Duration = Duration::from_secs(2);

/// Plays the cast against a receiver where its accounts are registered, until `stop` completes.
///
/// `tempo` is how many times faster than people the panels live; 1 is for watching.
pub async fn demo(
    target: SocketAddr,
    tempo: u32,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()>,
) -> io::Result<Report> {
    let members = CAST.iter().map(|character| Member {
        supervision: Some(SUPERVISION),
        ..Member::of(character.account())
    });
    let plan = FleetPlan {
        pace: Pace::FullSpeed,
        sources: Sources::System,
        begin_per_second: 2,
        ..FleetPlan::full_speed(target, members.collect())
    };
    let began = clock.now().mono;
    let scripts = CAST.iter().map(|character| -> Box<dyn Script> {
        Box::new(Story::new(character.beats, character.again, tempo, began))
    });
    let fleet = Fleet::play(plan, scripts.collect(), clock, None);
    stop.await;
    Ok(fleet.finish(GRACE).await?.report)
}

impl Character {
    /// Its account.
    ///
    /// # Panics
    ///
    /// Never: a test reads every account of the cast.
    pub fn account(&self) -> Account {
        Account::parse(self.account.as_bytes()).expect("the cast's accounts are tested")
    }
}

/// The cast as an import file for `panel import`: a header, and a row for each panel.
pub fn import_csv() -> String {
    let row = |character: &Character| {
        let Character { account, name, .. } = character;
        format!("dc09,{account},,,\"{name}\",\n")
    };
    let header = "family,account,receiver,line,name,site\n".to_owned();
    header + &CAST.iter().map(row).collect::<String>()
}

#[cfg(test)]
mod tests;
