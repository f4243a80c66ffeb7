//! Durable events: submitted as the hub does it, waited for as gateways do.

use std::path::Path;
use std::time::Duration;

use engine::ingest::Ingest;
use engine::ports::{Answer, AnswerSender, Intake, Origin, Submission};
use engine::sessions::Places;
use model::{PathIndex, SignalToken, limits};
use store::Store;
use tokio::sync::mpsc;

use crate::house::{House, cpu, pause, settings, wall};
use crate::memory::FIRST;
use crate::{Outcome, fleet};

/// A fleet that sends events, and a way back.
pub(crate) struct Load {
    intake: Ingest,
    clock: std::sync::Arc<dyn model::Clock>,
    panels: u32,
    answers: AnswerSender,
    answered: mpsc::Receiver<Answer>,
}

impl Load {
    pub(crate) fn new(house: &House, intake: Ingest, panels: u32) -> Self {
        let (answers, answered) = mpsc::channel(limits::LINK_UNACKNOWLEDGED);
        Self {
            intake,
            clock: std::sync::Arc::clone(&house.clock),
            panels,
            answers,
            answered,
        }
    }

    /// Every panel sends its `nth` event, `batch` of them at a time.
    pub(crate) async fn round(&mut self, nth: u32, batch: u32) -> Outcome<()> {
        for first in (0..self.panels).step_by(batch as usize) {
            let last = (first + batch).min(self.panels);
            // A stride, so that neighbours in time are none in the tables.
            let panels = self.panels;
            let numbers = (first..last).map(|at| stride(at, panels));
            self.send(numbers.map(|number| (number, nth))).await?;
        }
        Ok(())
    }

    /// Sends, and waits until all of it is stored.
    pub(crate) async fn send(&mut self, events: impl Iterator<Item = (u32, u32)>) -> Outcome<()> {
        let mut sent = 0;
        for (number, nth) in events {
            let (signal, key) = fleet::event(number, nth).ok_or("an event that is none")?;
            let submission = Submission {
                origin: Origin {
                    connection: u64::from(number),
                    token: SignalToken(nth),
                },
                path: PathIndex(FIRST + number),
                class: signal.class(),
                key,
                received: wall(&*self.clock),
                read_at: self.clock.now().mono,
                skewed: false,
                numbered: true,
                signal,
                answers: self.answers.clone(),
            };
            self.intake.submit(submission).await;
            sent += 1;
        }
        for _ in 0..sent {
            match self.answered.recv().await {
                Some(Answer::Committed { .. }) => {}
                other => return Err(format!("not stored: {other:?}").into()),
            }
        }
        Ok(())
    }
}

fn stride(at: u32, panels: u32) -> u32 {
    let mixed = u64::from(at) * 7_919 % u64::from(panels);
    u32::try_from(mixed).unwrap_or(0)
}

pub(crate) async fn measure(folder: &Path, panels: u32, events: u32, batch: u32) -> Outcome<()> {
    let mut house = House::open(Store::open(settings(folder))?).await?;
    let places = Places::new(std::sync::Arc::clone(&house.clock));
    let (intake, bell) = house.intake(&places);
    let watcher = house.supervise(&intake).await?;
    house.follow(&intake, &watcher, bell).await?;
    let mut load = Load::new(&house, intake, panels);
    pause(Duration::from_secs(1)).await;
    let began = cpu();
    let mut sent = 0;
    while sent < events {
        let next = sent..(sent + batch).min(events);
        sent = next.end;
        let numbers = next.map(|at| (stride(at % panels, panels), 1 + at / panels));
        load.send(numbers).await?;
    }
    // What follows the journal is part of the price.
    pause(Duration::from_secs(1)).await;
    let each = cpu().saturating_sub(began).as_secs_f64() * 1e6 / f64::from(events);
    println!("{events} events of {panels} panels, {batch} a commit: {each:.1} µs of CPU each");
    Ok(())
}
