//! A few panels that live, for people to watch: shops open and close, somebody breaks in, the
//! mains fail, a smoke detector trips; one encrypts, one speaks over UDP, one loses its line and
//! comes back, one is known to nobody, and in one's name comes a disarm that is not to be believed.
//!
//! Invariant: each panel's story makes sense by itself. What is armed gets disarmed, what trips
//! is restored, and the story begins again.

mod cast;
mod story;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{Account, CipherKey, Clock};

use crate::fleet::{Absence, Dialling, Fleet, FleetPlan, Leaves, Member, Pace, Sources, Transport};
use crate::panel::Habit;
use crate::report::Report;
use crate::script::Script;
use crate::tally::Tally;
pub use cast::{CAST, Character};
use story::{Story, at_tempo};

/// After a silence of this length a panel says that it is still there.
const SUPERVISION: u32 = 15;

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
    let began = clock.now().mono;
    let mut fleets = Vec::new();
    for transport in [Transport::Tcp, Transport::Udp] {
        let cast = || {
            CAST.iter()
                .filter(|character| character.transport == transport)
        };
        let plan = FleetPlan {
            transport,
            pace: Pace::FullSpeed,
            sources: Sources::System,
            begin_per_second: 2,
            journal_room: None,
            ..FleetPlan::full_speed(target, cast().map(|c| c.member(tempo)).collect())
        };
        let scripts = cast().map(|character| -> Box<dyn Script> {
            Box::new(Story::new(character.beats, tempo, began))
        });
        fleets.push(Fleet::play(
            plan,
            scripts.collect(),
            Arc::clone(&clock),
            None,
        ));
    }
    stop.await;
    fleets.iter().for_each(Fleet::drain);
    let mut tally = Tally::default();
    for fleet in fleets {
        tally.add(&fleet.finish(GRACE).await?.tally);
    }
    Ok(Report::new(
        CAST.len(),
        clock.now().mono.since(began),
        &tally,
    ))
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

    /// Its key.
    fn cipher_key(&self) -> Option<CipherKey> {
        let key = |text| CipherKey::from_ascii(text).expect("the cast's keys are tested");
        self.key.map(key)
    }

    /// It as one of a fleet.
    fn member(&self, tempo: u32) -> Member {
        let member = Member::of(self.account());
        let round = self.beats.iter().map(|beat| beat.after).sum();
        let absence = |(gone, back)| Absence {
            after: at_tempo(gone, tempo),
            lasts: at_tempo(back - gone, tempo),
            again: Some(at_tempo(round, tempo)),
            leaves: Leaves::UntilBack,
        };
        Member {
            habit: match self.transport {
                Transport::Tcp => Habit::plain(),
                Transport::Udp => Habit::over_udp(),
            },
            // A stranger says what it has to say, and hangs up.
            dialling: if self.registered {
                Dialling::Permanent
            } else {
                Dialling::PerMessage
            },
            supervision: self.registered.then(|| at_tempo(SUPERVISION, tempo)),
            key: self.cipher_key(),
            absences: self.gone.map(absence).into_iter().collect(),
            ..member
        }
    }
}

/// Those of the cast that are registered as an import file for `panel import`: a header, and a
/// row for each panel.
pub fn import_csv() -> String {
    let row = |character: &Character| {
        let Character {
            account, name, key, ..
        } = character;
        let key = key.unwrap_or_default();
        format!("dc09,{account},,,\"{name}\",,{key}\n")
    };
    let header = "family,account,receiver,line,name,site,key_ascii\n".to_owned();
    let registered = CAST.iter().filter(|character| character.registered);
    header + &registered.map(row).collect::<String>()
}

#[cfg(test)]
mod tests;
