//! What became of a server in its day: what each stage cost it.

use anyhow::{Context, bail};
use sim::kind::Kind;
use sim::tally::Latency;

use super::PANELS;
use super::day::Stage;
use super::fleet::Outcome;

/// What the kernel says of a server's processes: of those that panels are connected to, and of
/// those behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Seconds, user and system.
    pub(super) cpu: [f64; 2],
    /// Octets, PSS.
    pub(super) memory: [f64; 2],
}

/// A stage, as it was lived through.
#[derive(Debug)]
struct Past {
    stage: Stage,
    looks: [Look; 2],
    /// What each part's time is divided by.
    count: u64,
    /// Of the answers to what the panels said in it.
    latency: Latency,
}

/// What became of a server in its day.
#[derive(Debug, Default)]
pub(super) struct Lived {
    past: Vec<Past>,
    /// How many came back with their tickets.
    pub(super) resumed: u64,
    /// Octets by which the part behind is larger where the panels are registered.
    pub(super) registered: f64,
}

impl Lived {
    /// Adds a stage. An error, if the panels could not do what they were to do in it: nothing
    /// could be compared then.
    pub(super) fn add(
        &mut self,
        stage: Stage,
        looks: [Look; 2],
        outcome: &Outcome,
    ) -> anyhow::Result<()> {
        let (counters, tally) = (outcome.tally.counters, &outcome.tally);
        let all = u64::from(PANELS);
        if stage != Stage::Empty && outcome.online as u64 != all {
            bail!("{} of {all} are there after {stage:?}", outcome.online);
        }
        let (kind, count) = match stage {
            Stage::Come => (Kind::Connect, counters.shaken_full),
            Stage::Return => (Kind::Connect, counters.reconnected),
            Stage::Slow | Stage::Fast => (Kind::Status, tally.kind(Kind::Status).acknowledged),
            Stage::Events => (Kind::Alarm, counters.acknowledged),
            Stage::Empty | Stage::Idle => (Kind::Poll, all),
        };
        if matches!(stage, Stage::Come | Stage::Return) && count != all {
            bail!("{count} of {all} connected in {stage:?}: {counters:?}");
        }
        let latency = match stage {
            Stage::Events => tally.latency(),
            _ => tally.kind(kind).latency(),
        };
        if count == 0 || counters.refused > 0 || !tally.reasons().is_empty() {
            bail!(
                "{stage:?} went wrong: {count} answered, {:?}",
                tally.reasons()
            );
        }
        self.resumed += counters.shaken_resumed;
        self.past.push(Past {
            stage,
            looks,
            count,
            latency,
        });
        Ok(())
    }

    fn past(&self, stage: Stage) -> Option<&Past> {
        self.past.iter().find(|past| past.stage == stage)
    }

    /// Microseconds of CPU for what was done in a stage, of each part; none, where the server did
    /// not live through it.
    pub(super) fn cpu(&self, stage: Stage) -> Option<[f64; 2]> {
        let past = self.past(stage)?;
        let [before, after] = past.looks.map(|look| look.cpu);
        #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
        let count = past.count as f64;
        Some([0, 1].map(|part| (after[part] - before[part]) * 1e6 / count))
    }

    /// Octets of each part at the end of a stage.
    pub(super) fn memory(&self, stage: Stage) -> anyhow::Result<[f64; 2]> {
        let past = self.past(stage);
        Ok(past.context("a stage that was left out")?.looks[1].memory)
    }

    /// Octets of each part for a panel at the end of a stage: with panels, without them.
    pub(super) fn memory_a_panel(&self, stage: Stage) -> Option<[f64; 2]> {
        let [without, with] = [self.memory(Stage::Empty), self.memory(stage)];
        let (without, with) = (without.ok()?, with.ok()?);
        Some([0, 1].map(|part| (with[part] - without[part]) / f64::from(PANELS)))
    }

    /// Milliseconds until half, and until ninety-nine of a hundred, had their answer.
    pub(super) fn latency(&self, stage: Stage) -> Option<[f64; 2]> {
        let latency = self.past(stage)?.latency;
        #[expect(
            clippy::cast_precision_loss,
            reason = "microseconds of an hour at most"
        )]
        Some([latency.p50_us, latency.p99_us].map(|micros| micros as f64 / 1_000.0))
    }
}
