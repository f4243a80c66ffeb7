//! What becomes of an event in the engine: judged by ingest, looked for among what is stored, stored.

use std::sync::Arc;

use anyhow::{Context, ensure};
use engine::ingest::Ingest;
use engine::ports::{
    Answer, AnswerSender, EventLog, Intake, NewMessage, Origin, RepeatQuery, Submission,
};
use model::{Mono, PathIndex};
use proto::Outgoing;
use tokio::sync::mpsc::{Receiver, channel};

use crate::count::counted_until;
use crate::house::House;
use crate::ledger::Ledger;
use crate::mqtt;

/// Events that are stored together: what comes in 8 ms when all of the seed day's requests are events,
/// and some more.
const GATHERED: u32 = 64;

/// Events of all panels in turns, each panel's in its order.
fn events(house: &House, count: u32) -> anyhow::Result<Vec<Outgoing>> {
    let panels = house.paths();
    let each = count.div_ceil(u32::try_from(panels.len())?);
    let mut events = Vec::new();
    for panel in &panels {
        let own = mqtt::outgoing(&panel.path.account, each)?;
        let placed = |(turn, event)| (turn, panel.path.index, event);
        events.extend(own.into_iter().enumerate().map(placed));
    }
    events.sort_by_key(|(turn, path, _)| (*turn, *path));
    let as_sent = |(_, path, event)| Outgoing { path, ..event };
    Ok(events
        .into_iter()
        .map(as_sent)
        .take(usize::try_from(count)?)
        .collect())
}

/// As the hub hands it in.
fn submission(event: &Outgoing, answers: &AnswerSender) -> Submission {
    let PathIndex(connection) = event.path;
    Submission {
        origin: Origin {
            connection: connection.into(),
            token: event.token,
        },
        path: event.path,
        class: event.class,
        key: event.key,
        received: event.received,
        read_at: Mono(1),
        skewed: event.skewed,
        numbered: event.numbered,
        signal: event.signal.clone(),
        answers: answers.clone(),
    }
}

/// Hands in all of these at once, and waits for the proofs.
async fn submit(
    ingest: &Ingest,
    together: Vec<Submission>,
    answered: &mut Receiver<Answer>,
) -> anyhow::Result<()> {
    let count = together.len();
    for submission in together {
        ingest.submit(submission).await;
    }
    for _ in 0..count {
        let answer = answered.recv().await.context("ingest has ended")?;
        let stored = matches!(answer, Answer::Committed { .. });
        ensure!(stored, "an event was refused: {answer:?}");
    }
    Ok(())
}

/// Has ingest take in as many events, before a journal that costs nothing; all but the first [`GATHERED`] are
/// counted. Answers what the journal was given.
async fn take_in(house: &House, count: u32) -> anyhow::Result<Vec<NewMessage>> {
    let events = events(house, GATHERED + count)?;
    let ledger = Arc::new(Ledger::default());
    let (ingest, task) = house.ingest(ledger.clone());
    let task = tokio::spawn(task.run());
    let (answers, mut answered) = channel(events.len());
    let together = events.chunks(GATHERED as usize).map(|events| {
        let submissions = events.iter().map(|event| submission(event, &answers));
        submissions.collect::<Vec<_>>()
    });
    let mut together = together.collect::<Vec<_>>().into_iter();
    let first = together.next().context("one more than is counted")?;
    submit(&ingest, first, &mut answered).await?;
    counted_until(async {
        for submissions in together {
            submit(&ingest, submissions, &mut answered).await?;
        }
        anyhow::Ok(())
    })
    .await?;
    drop(ingest);
    task.await??;
    Ok(ledger.take())
}

/// Events through ingest, and a journal that costs nothing.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn judged(requests: u32) -> anyhow::Result<()> {
    let house = House::open().await?;
    let stored = take_in(&house, requests).await?.len();
    ensure!(
        stored == usize::try_from(GATHERED + requests)?,
        "{stored} were stored"
    );
    Ok(())
}

/// Commits of as many events each; the first commit is not counted. The store's own thread writes, and
/// is counted as well.
async fn commits(requests: u32, together: u32) -> anyhow::Result<()> {
    let house = House::open().await?;
    let events = stored_by_ingest(&house, requests + together).await?;
    let commits = events.chunks(usize::try_from(together)?).map(<[_]>::to_vec);
    let mut commits = commits.collect::<Vec<_>>().into_iter();
    let first = commits.next().context("one more than is counted")?;
    house.store.append(first).await?;
    counted_until(async {
        for commit in commits {
            house.store.append(commit).await?;
        }
        anyhow::Ok(())
    })
    .await?;
    let head = u64::from(requests + together);
    ensure!(house.store.head().0 == head, "not all were stored");
    house.store.close();
    Ok(())
}

/// Events as ingest hands them to the store.
async fn stored_by_ingest(house: &House, count: u32) -> anyhow::Result<Vec<NewMessage>> {
    let ledger = Arc::new(Ledger::default());
    let (ingest, task) = house.ingest(ledger.clone());
    let task = tokio::spawn(task.run());
    let events = events(house, count)?;
    let (answers, mut answered) = channel(events.len());
    let submissions = events.iter().map(|event| submission(event, &answers));
    submit(&ingest, submissions.collect(), &mut answered).await?;
    drop(ingest);
    task.await??;
    Ok(ledger.take())
}

/// An event in a commit of its own.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn alone(requests: u32) -> anyhow::Result<()> {
    commits(requests, 1).await
}

/// An event in a commit of [`GATHERED`].
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn gathered(requests: u32) -> anyhow::Result<()> {
    commits(requests, GATHERED).await
}

/// The question to the journal whether events are repeats, which they are not; [`GATHERED`] at once,
/// with as many stored before as are asked about.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn repeats(requests: u32) -> anyhow::Result<()> {
    let house = House::open().await?;
    let events = stored_by_ingest(&house, 2 * requests).await?;
    let (before, asked) = events.split_at(usize::try_from(requests)?);
    house.store.append(before.to_vec()).await?;
    let query = |message: &NewMessage| {
        let first = message.events.first()?;
        Some(RepeatQuery {
            path: first.path,
            key: first.message.as_ref()?.key,
            panel_time: first.panel_time,
            numbered: true,
        })
    };
    let queries = asked.iter().map(query).collect::<Option<Vec<_>>>();
    let queries = queries.context("an event without a message")?;
    let together: Vec<_> = queries
        .chunks(GATHERED as usize)
        .map(<[_]>::to_vec)
        .collect();
    house.store.find_repeats(together[0].clone()).await?;
    let found = counted_until(async {
        let mut found = 0;
        for queries in together {
            let answers = house.store.find_repeats(queries).await?;
            found += answers.iter().flatten().count();
        }
        anyhow::Ok(found)
    })
    .await?;
    ensure!(found == 0, "{found} were repeats");
    house.store.close();
    Ok(())
}
