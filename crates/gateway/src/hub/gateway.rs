//! One link, from `Welcome` to its end: seven loops of one task, of which none waits for another.
//!
//! Invariants:
//! 1. The normal and the bulk stream are read only after `Ready`: by then the order of every
//!    connection that the gateway kept is known, and its alarms are on their way.
//! 2. What TLS is ended with comes before any identity: the gateway lets nobody in before.
//! 3. An answer frees its signal's place before it is written, so that whoever reads it may send.

use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use engine::ports::{
    Admission, Answer, AnswerSender, Changed, Origin, Sign, StrayFrame, Submission, TlsMaterial,
};
use model::{IntakeState, Mono, PathIndex, Stream, limits};
use proto::{Admitted, Counted, KEYS, Outgoing, Stray};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, mpsc};
use tokio::time::MissedTickBehavior;
use zeroize::Zeroize;

use super::greeting::{Half, Trio};
use super::order::{Order, Violation};
use super::whereabouts::Whereabouts;
use super::{Shared, figures};
use crate::link::{
    Counters, DecodeError, Downward, FrameBuffer, Heard, IdentityAnswer, Question, TooLarge,
    Upward, codec, question_of,
};

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the gateway closed it")]
    Closed,
    #[error("it broke")]
    Broken(#[from] io::Error),
    #[error("the gateway said nonsense")]
    Nonsense(#[from] DecodeError),
    #[error("the gateway broke the rules")]
    Violation(#[from] Violation),
    #[error("the gateway has too many questions open")]
    TooManyQuestions,
    #[error("the gateway said something out of place")]
    OutOfPlace,
    #[error("a message of ours does not fit")]
    TooLarge(#[from] TooLarge),
    #[error("the engine stops")]
    Stopping,
}

/// Accounts in one message, so that it fits a frame with all their octets.
const FORGET_CHUNK: usize = 1_024;

/// What is written of identities at once: a frame always fits behind another.
const IDENTITY_BUFFER: usize = 2 * (limits::LINK_FRAME + size_of::<u32>());

struct Link {
    shared: Arc<Shared>,
    gateway: u16,
    pid: u32,
    order: Mutex<Order>,
    whereabouts: Arc<Mutex<Whereabouts>>,
    urgent: Notify,
    normal: Notify,
    ready: Notify,
    answers: AnswerSender,
    questions: mpsc::Sender<Box<Question>>,
}

/// Attends to a gateway until its link ends.
pub(super) async fn attend(shared: Arc<Shared>, trio: Trio) {
    let (gateway, pid) = (trio.gateway, trio.pid);
    let _connected = shared.figures.connect(gateway);
    let _here = Here::note(&shared);
    if trio.build == shared.build {
        tracing::debug!(gateway, pid, "a gateway is connected");
    } else {
        tracing::info!(
            gateway,
            pid,
            build = trio.build,
            "a gateway of another build will end"
        );
    }
    let load = Arc::clone(&shared.load);
    let end = run(shared, trio).await;
    load.unlinked(gateway);
    let cause = std::error::Error::source(&end).map(ToString::to_string);
    // Whether it ended in order is for the supervisor to say, who knows what it asked for.
    tracing::info!(gateway, pid, reason = %end, cause, "a gateway's link has ended");
}

/// R11: while this lives, silence of the gateway's panels is their own.
struct Here(Arc<Shared>);

impl Here {
    fn note(shared: &Arc<Shared>) -> Self {
        shared.supervises.gateway(true, shared.clock.now().mono);
        Self(Arc::clone(shared))
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.0.supervises.gateway(false, self.0.clock.now().mono);
    }
}

async fn run(shared: Arc<Shared>, trio: Trio) -> End {
    let (answers, answered) = mpsc::channel(limits::LINK_UNACKNOWLEDGED);
    let (questions, asked) = mpsc::channel(limits::LINK_IDENTIFY);
    // Before `Welcome`, at which the gateway forgets: no change is missed in between.
    let changes = shared.identities.changes();
    let taken_over = shared.takeovers.open(trio.gateway);
    let whereabouts = &shared.whereabouts;
    let whereabouts = whereabouts.linked(trio.gateway, trio.incarnation, &shared.sessions);
    let link = Link {
        shared,
        whereabouts,
        gateway: trio.gateway,
        pid: trio.pid,
        order: Mutex::default(),
        urgent: Notify::new(),
        normal: Notify::new(),
        ready: Notify::new(),
        answers,
        questions,
    };
    let (urgent_in, urgent_out) = split(trio.urgent);
    let (normal_in, normal_out) = split(trio.normal);
    let (bulk_in, _bulk_out) = split(trio.bulk);
    let end = tokio::select! {
        biased;
        end = link.read(urgent_in) => end,
        end = link.write_answers(urgent_out, answered) => end,
        end = link.submit(Stream::Urgent) => end,
        end = link.read_when_ready(normal_in, bulk_in) => end,
        end = link.write_normal(normal_out, asked, changes, taken_over) => end,
        end = link.submit(Stream::Normal) => end,
    };
    end.err().unwrap_or(End::Stopping)
}

type In = (OwnedReadHalf, FrameBuffer);

fn split(half: Half) -> (In, OwnedWriteHalf) {
    let (read, write) = half.stream.into_split();
    ((read, half.frames), write)
}

impl Link {
    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn whereabouts(&self) -> MutexGuard<'_, Whereabouts> {
        self.whereabouts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, (mut stream, mut frames): In) -> Result<(), End> {
        loop {
            while let Some(message) = frames.next_message()? {
                self.take(message)?;
            }
            if stream.read_buf(frames.tail()).await? == 0 {
                return Err(End::Closed);
            }
        }
    }

    async fn read_when_ready(&self, normal: In, bulk: In) -> Result<(), End> {
        self.ready.notified().await;
        tokio::select! {
            end = self.read(normal) => end,
            end = self.read(bulk) => end,
        }
    }

    fn take(&self, message: Upward) -> Result<(), End> {
        match message {
            Upward::Hello(_) => return Err(End::OutOfPlace),
            Upward::Snapshot(rows) => {
                self.whereabouts().has(&rows);
                let mut order = self.order();
                for row in rows {
                    order.resume(row.connection, row.lowest)?;
                }
            }
            Upward::Ready => {
                let now = self.shared.clock.now().mono;
                self.whereabouts().has_no_more(now);
                self.ready.notify_one();
            }
            Upward::Signal {
                connection,
                read_at,
                outgoing,
            } => self.take_signal(connection, read_at, *outgoing)?,
            Upward::Identify(question) => {
                let asked = self.questions.try_send(question);
                asked.map_err(|_| End::TooManyQuestions)?;
            }
            Upward::Reports(told) => {
                for one in told {
                    self.shared.reports.told(one.path, one.report, one.at);
                }
            }
            Upward::Arrived(arrived) => {
                let takeovers = &self.shared.takeovers;
                self.whereabouts().arrived(&arrived, takeovers)?;
            }
            Upward::Departed { connection, at } => self.whereabouts().departed(connection, at),
            Upward::Alive(heard) => self.take_heard(&heard),
            Upward::Left(gone) => {
                for one in gone {
                    self.shared.supervises.left(one.path, one.epoch, one.at);
                }
            }
            Upward::Skewed(paths) => {
                let now = self.shared.clock.now().mono;
                for path in paths {
                    self.shared.clocks.skewed(path, now);
                }
            }
            Upward::Learned { path, learned } => self.shared.learns.learned(path, learned),
            Upward::Stray {
                source,
                path,
                stray,
            } => {
                let frame = frame_of(source, path, *stray);
                self.shared.quarantines.stray(frame);
            }
            Upward::Flood { source, path } => {
                let now = self.shared.clock.now().wall;
                self.shared.quarantines.flood(source, path, now);
            }
            Upward::Closed { connection } => self.order().close(connection),
            Upward::Counters(counters) => self.take_counters(*counters),
        }
        Ok(())
    }

    fn take_counters(&self, counters: Counters) {
        let refused = Counted::HANDSHAKES_REFUSED.iter().map(|reason| {
            let count = counters.counts.get(reason.index());
            (reason.as_str(), count.copied().unwrap_or_default())
        });
        let refused: Vec<_> = refused.collect();
        let longest = Duration::from_micros(counters.gauges.longest_turn.into());
        self.shared.health.counted(self.gateway, &refused, longest);
        let load = figures::load(self.pid, &counters);
        self.shared.load.loaded(self.gateway, load);
        self.shared.figures.count(self.gateway, counters);
    }

    fn take_heard(&self, heard: &[Heard]) {
        let signs: Vec<Sign> = heard
            .iter()
            .map(|one| Sign {
                path: one.path,
                epoch: one.epoch,
                at: one.at,
            })
            .collect();
        self.shared.supervises.heard(&signs);
        for one in heard {
            self.shared.sessions.spoke(one.path, one.epoch, one.at);
        }
        for one in heard.iter().filter(|one| one.agreed) {
            self.shared.clocks.agreed(one.path, one.at);
        }
    }

    fn take_signal(&self, connection: u64, read_at: Mono, outgoing: Outgoing) -> Result<(), End> {
        self.order().offer(Submission {
            origin: Origin {
                connection,
                token: outgoing.token,
            },
            path: outgoing.path,
            class: outgoing.class,
            key: outgoing.key,
            received: outgoing.received,
            read_at,
            skewed: outgoing.skewed,
            numbered: outgoing.numbered,
            signal: outgoing.signal,
            answers: self.answers.clone(),
        })?;
        self.wake();
        Ok(())
    }

    /// Any change of the order may let either queue go on.
    fn wake(&self) {
        self.urgent.notify_one();
        self.normal.notify_one();
    }

    async fn submit(&self, stream: Stream) -> Result<(), End> {
        let wake = match stream {
            Stream::Urgent => &self.urgent,
            Stream::Normal | Stream::Bulk => &self.normal,
        };
        loop {
            let next = self.order().pull(stream);
            let Some(submission) = next else {
                wake.notified().await;
                continue;
            };
            let connection = submission.origin.connection;
            // Waits while the intake's queue is full; the gateway's window fills meanwhile.
            self.shared.intake.submit(submission).await;
            self.order().handed(connection);
            self.wake();
        }
    }

    async fn write_answers(
        &self,
        mut stream: OwnedWriteHalf,
        mut answered: mpsc::Receiver<Answer>,
    ) -> Result<(), End> {
        let build = self.shared.build.clone();
        stream
            .write_all(&codec::encode(&Downward::Welcome { build })?)
            .await?;
        let mut state = self.shared.intake.state();
        let mut period = tokio::time::interval(limits::LINK_PERIOD);
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = IntakeState::default();
        let mut batch = Vec::new();
        let mut out = BytesMut::new();
        loop {
            let promised = told.promises(self.shared.clock.now().mono);
            tokio::select! {
                count = answered.recv_many(&mut batch, limits::COMMIT_SIGNALS) => {
                    if count == 0 {
                        pending::<()>().await; // Never: the link itself holds a sender.
                    }
                    self.free(&batch);
                    for answer in batch.drain(..) {
                        codec::append(&mut out, &Downward::Answer(answer))?;
                    }
                }
                _ = period.tick() => {
                    told = *state.borrow_and_update();
                    codec::append(&mut out, &Downward::Intake(told))?;
                }
                // Good news is told at once; otherwise the period will do (R4).
                changed = state.changed(), if !promised => {
                    changed.map_err(|_| End::Stopping)?;
                    told = *state.borrow_and_update();
                    codec::append(&mut out, &Downward::Intake(told))?;
                }
            }
            stream.write_all(&out).await?;
            out.clear();
        }
    }

    fn free(&self, answers: &[Answer]) {
        let mut order = self.order();
        for answer in answers {
            let (connection, _) = question_of(answer);
            order.answered(connection);
        }
    }

    async fn write_normal(
        &self,
        mut stream: OwnedWriteHalf,
        mut asked: mpsc::Receiver<Box<Question>>,
        mut changes: broadcast::Receiver<Changed>,
        mut taken_over: mpsc::Receiver<u64>,
    ) -> Result<(), End> {
        let mut batch = Vec::new();
        // Never grows, so that no copy of a key stays behind (I10).
        let mut out = BytesMut::with_capacity(IDENTITY_BUFFER);
        let mut material = self.shared.tls.material();
        material.mark_changed();
        loop {
            tokio::select! {
                biased;
                news = material.changed() => {
                    news.map_err(|_| End::Stopping)?;
                    let newest = material.borrow_and_update().clone();
                    self.put_material(newest.as_deref(), &mut out);
                }
                count = asked.recv_many(&mut batch, limits::LINK_IDENTIFY) => {
                    if count == 0 {
                        pending::<()>().await; // Never: the link itself holds a sender.
                    }
                    // Looked up when it is written, so that a change of which the gateway is
                    // told later cannot have come before it.
                    for question in batch.drain(..) {
                        if out.len() > limits::LINK_FRAME {
                            write_and_wipe(&mut stream, &mut out).await?;
                        }
                        codec::append(&mut out, &Downward::Identity(self.identify(&question)))?;
                    }
                }
                forget = changes.recv() => match forget {
                    Ok(Changed::Accounts(accounts)) => {
                        for chunk in accounts.chunks(FORGET_CHUNK) {
                            codec::append(&mut out, &Downward::Forget(chunk.to_vec()))?;
                            write_and_wipe(&mut stream, &mut out).await?;
                        }
                    }
                    Ok(Changed::Anybody) | Err(RecvError::Lagged(_)) => {
                        codec::append(&mut out, &Downward::ForgetAll)?;
                    }
                    Err(RecvError::Closed) => return Err(End::Stopping),
                },
                Some(connection) = taken_over.recv() => {
                    codec::append(&mut out, &Downward::TakenOver { connection })?;
                }
            }
            write_and_wipe(&mut stream, &mut out).await?;
        }
    }

    /// Material that does not fit would not fit the next link, either: what is there stays.
    fn put_material(&self, material: Option<&TlsMaterial>, out: &mut BytesMut) {
        let Some(material) = material else {
            return; // The first is still to come.
        };
        let message = Downward::Tls(Box::new(material.clone()));
        if let Err(error) = codec::append(out, &message) {
            let (gateway, version) = (self.gateway, material.version);
            tracing::error!(gateway, version, %error, "a gateway gets no new material for TLS");
        }
    }

    fn identify(&self, question: &Question) -> IdentityAnswer {
        let certificate = question.certificate.as_ref();
        let admission = self
            .shared
            .identities
            .identify(&question.claim, certificate);
        let admitted = admission.map(|Admission { binding, proven }| {
            Arc::new(Admitted {
                panel: binding.panel_index,
                path: binding.path.index,
                policy: binding.path.policy,
                keys: binding.keys.iter().take(KEYS).cloned().collect(),
                learned: binding.learned.clone(),
                proven,
                keep_alive: self.shared.supervises.keep_alive(binding.path.index),
            })
        });
        IdentityAnswer {
            connection: question.connection,
            key: question.claim.key,
            admitted,
        }
    }
}

fn frame_of(source: IpAddr, path: Option<PathIndex>, stray: Stray) -> StrayFrame {
    StrayFrame {
        key: stray.key,
        reason: stray.reason.as_str(),
        path,
        source,
        format: stray.format.to_string(),
        encrypted: stray.encrypted,
        acknowledged: stray.acknowledged,
        received: stray.received,
        raw: stray.raw,
    }
}

/// I10: identities carry keys, which stay in memory no longer than they are needed.
async fn write_and_wipe(stream: &mut OwnedWriteHalf, out: &mut BytesMut) -> io::Result<()> {
    let written = stream.write_all(out).await;
    out.as_mut().zeroize();
    out.clear();
    written
}
