//! Keeps one child alive until the server stops: starts it, watches it, replaces it.

use std::os::fd::AsFd;
use std::time::Duration;

use model::Clock;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use super::plan::{Plan, Role};
use super::process::{Patience, Process, Turn};
use crate::child::control::Word;
use crate::clock::SystemClock;

/// How far the server is with stopping. It only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Everything runs.
    Run,
    /// Gateways stop: no more reading, what is committed is acknowledged, goodbye.
    StopGateways,
    /// The engine stops.
    StopEngine,
}

/// What a keeper tells the supervisor.
#[derive(Debug)]
pub(super) enum Report {
    /// A child was started.
    Started { role: Role, pid: u32 },
    /// A child does its work.
    Ready { role: Role, note: String },
    /// A child cannot start, and trying again will not mend it.
    Failed { role: Role, why: String },
}

impl Role {
    fn stops_in(self) -> Phase {
        match self {
            Self::Gateway(_) => Phase::StopGateways,
            Self::Engine => Phase::StopEngine,
        }
    }

    /// Shares of the five seconds that a stop may take: gateways wait for the commits under way.
    fn patience(self) -> Duration {
        match self {
            Self::Gateway(_) => Duration::from_millis(2_800),
            Self::Engine => Duration::from_millis(1_800),
        }
    }
}

/// Keeps the child of `role` until its phase of stopping comes. Each change of `reloads` has the engine
/// read the files of TLS again.
pub(super) async fn keep(
    role: Role,
    plan: std::sync::Arc<Plan>,
    mut phase: watch::Receiver<Phase>,
    mut reloads: watch::Receiver<u64>,
    reports: mpsc::Sender<Report>,
) {
    let mut patience = Patience::new();
    loop {
        let begun = SystemClock.now().mono;
        match start(role, &plan) {
            Ok(process) => {
                tell(
                    &reports,
                    Report::Started {
                        role,
                        pid: process.id(),
                    },
                )
                .await;
                if watch_over(role, process, &phase, &mut reloads, &reports).await {
                    return;
                }
            }
            Err(error) => tracing::error!(%role, %error, "could not be started"),
        }
        let wait = patience.after(SystemClock.now().mono.since(begun));
        tracing::warn!(%role, wait_ms = wait.as_millis(), "ended unasked and is replaced");
        if timeout_at(Instant::now() + wait, stopping(role, &mut phase))
            .await
            .is_ok()
        {
            return;
        }
    }
}

fn start(role: Role, plan: &Plan) -> std::io::Result<Process> {
    let (subcommand, descriptors) = match role {
        Role::Engine => ("engine", plan.engine_descriptors()),
        Role::Gateway(index) => ("gateway", plan.gateway_descriptors(index)),
    };
    let borrowed: Vec<_> = descriptors
        .iter()
        .map(|descriptor| descriptor.as_fd())
        .collect();
    match role {
        Role::Engine => Process::start(subcommand, &plan.engine_setup(), &borrowed),
        Role::Gateway(index) => Process::start(subcommand, &plan.gateway_setup(index), &borrowed),
    }
}

/// Until the child ends by itself (`false`) or was stopped because its phase came (`true`).
async fn watch_over(
    role: Role,
    mut process: Process,
    phase: &watch::Receiver<Phase>,
    reloads: &mut watch::Receiver<u64>,
    reports: &mpsc::Sender<Report>,
) -> bool {
    let mut its_phase = phase.clone();
    loop {
        tokio::select! {
            turn = process.next() => match turn {
                Turn::Said(Word::Ready { note }) => {
                    tell(reports, Report::Ready { role, note }).await;
                }
                Turn::Said(Word::Failed { why }) => {
                    tell(reports, Report::Failed { role, why }).await;
                }
                Turn::Ended(ended) => {
                    match ended {
                        Ok(status) => tracing::warn!(%role, %status, "ended"),
                        Err(error) => tracing::warn!(%role, %error, "cannot be waited for"),
                    }
                    return *phase.borrow() >= role.stops_in();
                }
            },
            Ok(()) = reloads.changed(), if role == Role::Engine => process.reload().await,
            () = stopping(role, &mut its_phase) => {
                process.stop(role.patience()).await;
                return true;
            }
        }
    }
}

/// Waits until children of this role are to stop.
async fn stopping(role: Role, phase: &mut watch::Receiver<Phase>) {
    // An error means that the supervisor is gone, and then everything stops.
    phase.wait_for(|phase| *phase >= role.stops_in()).await.ok();
}

async fn tell(reports: &mpsc::Sender<Report>, report: Report) {
    // The supervisor listens until every keeper has returned.
    reports.send(report).await.ok();
}
