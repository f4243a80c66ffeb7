//! What a fleet of panels of the panel protocol is, beyond what all fleets are.
//!
//! Invariant: a place in the whole fleet is one path's. Second paths come behind all panels, and
//! clones behind those, so that none has the dice of another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::Mono;
use serde::{Deserialize, Serialize};
use wire::mqtt::Level;
use wire::panel::Format;

use super::Order;
use crate::dice::Dice;
use crate::fleet::{Absence, Leaves};
use crate::mixed::Hurried;
use crate::mqtt::{Habit, Member, Report, Resident, Secret, Timeline};
use crate::scenario::Rate;
use crate::script::Script;
use crate::tls::{Trust, TrustTerms};

/// For what chance is thrown when a clone goes its own way.
const OF_CLONE: u64 = 13;

/// What a fleet of panels of the panel protocol is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MqttTerms {
    /// What they speak.
    pub version: Version,
    /// What their TLS is made from. Without it they speak in clear, which Watchfire never takes:
    /// for measurements beside a server that does nothing but answer.
    pub trust: Option<TrustTerms>,
    /// The secrets of those without certificates, by account.
    pub secrets: BTreeMap<String, Secret>,
    /// Whether their payloads are CBOR; otherwise JSON.
    pub cbor: bool,
    /// By what they tell the time.
    pub time: Timeline,
}

/// What panels speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// MQTT 5.
    #[serde(rename = "5")]
    V5,
    /// MQTT 3.1.1.
    #[serde(rename = "3.1.1")]
    V311,
}

/// A path of a panel, and its life.
pub(super) type Path = (Member, Box<dyn Script<Report>>);

impl MqttTerms {
    /// All paths of the panels at these places, whose signals begin at a time, so long after
    /// their part: their first ones in the order of the places, then the others.
    pub(super) fn paths(
        &self,
        order: &Order,
        places: std::ops::Range<u32>,
        (begins, after): (Mono, Duration),
        trust: Option<&Arc<Trust>>,
    ) -> Vec<Path> {
        let all = u64::from(order.accounts.count());
        let (mut firsts, mut others) = (Vec::new(), Vec::new());
        for place in places {
            let mut member = self.member(order, place);
            member.trust = trust.map(Arc::clone);
            let mut dice = Dice::new(order.seed, place.into(), super::OF_FAULTS);
            let faults = &order.scenario.faults;
            let fate = faults.befall_path(&mut member, &mut dice, after);
            let life = || resident(order, place, begins);
            let at = u64::from(place);
            if let Some(moment) = fate.cloned {
                let cut = begins.after(moment.saturating_sub(after));
                let dice = Dice::new(order.seed, place.into(), OF_CLONE);
                let (life, events) = life().forked(cut, dice);
                let clone = member.clone().into_clone(at + 2 * all, events, moment);
                others.push((clone, hurried(order, life, begins)));
            }
            if fate.two_paths {
                let [lan, cell] = member.into_paths(at + all);
                firsts.push((lan, hurried(order, life(), begins)));
                others.push((cell, hurried(order, life(), begins)));
            } else {
                firsts.push((member, hurried(order, life(), begins)));
            }
        }
        firsts.append(&mut others);
        firsts
    }

    /// When the panel at a place falls silent, after its first signal, if it does.
    pub(super) fn silence(&self, order: &Order, place: u32) -> Option<Absence> {
        let mut member = self.member(order, place);
        let mut dice = Dice::new(order.seed, place.into(), super::OF_FAULTS);
        let faults = &order.scenario.faults;
        faults.befall_path(&mut member, &mut dice, Duration::ZERO);
        let mut absences = member.absences.into_iter();
        absences.find(|absence| absence.leaves == Leaves::UntilBack)
    }

    /// The panel at a place.
    fn member(&self, order: &Order, place: u32) -> Member {
        let account = order.accounts.at(place);
        let seconds = |poll: Duration| u16::try_from(poll.as_secs().max(1)).unwrap_or(u16::MAX);
        Member {
            level: match self.version {
                Version::V5 => Level::V5,
                Version::V311 => Level::V311,
            },
            keep_alive: order.scenario.poll.map_or(0, |poll| seconds(poll.0)),
            secret: self.secrets.get(account.as_str()).cloned(),
            habit: Habit {
                format: if self.cbor {
                    Format::Cbor
                } else {
                    Format::Json
                },
                ..Habit::plain()
            },
            place: Some(place.into()),
            ..Member::of(account, self.time, self.time.boot())
        }
    }
}

fn resident(order: &Order, place: u32, begins: Mono) -> Resident {
    let dice = Dice::new(order.seed, place.into(), super::OF_LIFE);
    let schedule = order.schedule(place, 1, begins);
    Resident::new(schedule, order.scenario.mix, dice)
}

fn hurried(order: &Order, life: Resident, begins: Mono) -> Box<dyn Script<Report>> {
    match order.scenario.rate {
        Some(Rate::Most) if order.scenario.has_signals() => Box::new(Hurried { life, begins }),
        _ => Box::new(life),
    }
}
