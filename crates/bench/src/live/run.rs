//! One run: what the plan asks for, from the empty folder to the report.

use std::collections::HashMap;
use std::path::Path;

use model::{Clock, Mono};

use super::day::{self, Day, Span};
use super::figures::Figures;
use super::interrupt::Interrupt;
use super::machine::Context;
use super::ours::Ours;
use super::peers::{self, Peer};
use super::plan::Plan;
use super::record::{Compared, Record};
use super::report::{Fleet, Report, Restart, VERSION};
use super::restart;
use super::show::Show;
use super::supervision::{Supervision, Vanished};
use crate::clock::MachineClock;
use crate::house;
use crate::mosquitto::Mosquitto;
use crate::papers::Papers;

/// What one server of ours came to.
struct Outcome {
    figures: Figures,
    fleet: usize,
    record: Compared,
    supervision: Supervision,
    restart: Option<Restart>,
    remarks: Vec<String>,
}

/// Carries out a plan in a folder.
pub(super) fn run(
    plan: &Plan,
    folder: &Path,
    show: &mut Show,
    interrupt: &Interrupt,
) -> anyhow::Result<Report> {
    let context = Context::look(&house::watchfire()?)?;
    if plan.beside {
        Mosquitto::look_for()?; // Before minutes are spent.
    }
    let papers = Papers::make(folder)?;
    let mut outcomes = Vec::new();
    for gateways in plan.gateways() {
        let name = match gateways {
            None => "watchfire".to_owned(),
            Some(1) => "watchfire, 1 gateway".to_owned(),
            Some(several) => format!("watchfire, {several} gateways"),
        };
        let data = folder.join(&name);
        let mut ours = Ours::new(&data, &papers, plan.panels, gateways)?;
        outcomes.push(one(plan, &mut ours, &papers, name, (show, interrupt))?);
    }
    let peers = if plan.beside {
        peers::measure(plan, &papers, folder, show, interrupt)?.into()
    } else {
        Vec::new()
    };
    Ok(report(plan, context, outcomes, peers))
}

/// One server of ours: registered, lived with, its record read.
fn one(
    plan: &Plan,
    ours: &mut Ours,
    papers: &Papers,
    name: String,
    (show, interrupt): (&mut Show, &Interrupt),
) -> anyhow::Result<Outcome> {
    show.server(&name);
    show.phase("starts", None);
    ours.start()?;
    let unregistered = ours.settled(interrupt)?;
    show.phase("the fleet is registered", None);
    ours.register(&plan.accounts, plan.supervision)?;
    // Another process, so that what the import left behind is not counted.
    ours.start()?;
    ours.settled(interrupt)?;
    let order = plan.order(Some(papers.trust()));
    let target = ours.target()?;
    let mut restarted = None;
    let living = |day: &mut Day<'_>| -> anyhow::Result<Span> {
        let Some(when) = plan.restart else {
            return day::plainly(day);
        };
        let (span, restart) = restart::live(day, ours, when)?;
        restarted = Some(restart);
        Ok(span)
    };
    let lived = day::live(&order, &target, plan.times, (show, interrupt), living)?;
    let vanished = vanished(plan, &order, lived.signals);
    show.phase("the record is read", None);
    let record = Record::read(&ours.house()?.api()?, interrupt)?;
    ours.stop();
    let panels = u32::try_from(lived.online).unwrap_or(plan.panels);
    let panels = if lived.stopped.is_some() {
        panels
    } else {
        plan.panels
    };
    Ok(Outcome {
        remarks: lived.remarks(&name),
        figures: Figures::of(name, panels, &lived, Some((&unregistered, plan.panels))),
        fleet: lived.fleet,
        record: record.compare(&lived.all),
        supervision: Supervision::judge(&vanished, &record.losses),
        restart: restarted,
    })
}

/// Who vanished for longer than their class lets them, by the scenario.
fn vanished(plan: &Plan, order: &sim::order::Order, signals: Mono) -> Vanished {
    let now = MachineClock.now();
    // The wall clock's reading at the first signal.
    let began = now.wall.before(now.mono.since(signals)).0;
    let long = order
        .silences()
        .filter(|(_, _, lasts)| *lasts > plan.reported_within());
    let when = long.map(|(place, after, _)| {
        let account = plan.accounts.at(place).to_string();
        (account, began + model::micros(after))
    });
    let scenario = &plan.scenario;
    let between = [scenario.signal_every, scenario.poll].into_iter().flatten();
    Vanished {
        when: when.collect::<HashMap<_, _>>(),
        between: between.map(|span| span.0).min().unwrap_or_default(),
        keep_alive: scenario.poll.map(|span| span.0),
        within: plan.reported_within(),
        ended: now.wall.0,
    }
}

fn report(plan: &Plan, context: Context, outcomes: Vec<Outcome>, peers: Vec<Peer>) -> Report {
    let fleet = Fleet {
        panels: plan.panels,
        processes: outcomes.iter().map(|one| one.fleet).max().unwrap_or(0),
        begin_per_second: plan.begin_per_second,
        seed: plan.seed,
    };
    let mut report = Report {
        version: VERSION,
        scenario: plan.name.clone(),
        about: plan.scenario.about.clone(),
        context,
        fleet,
        servers: Vec::new(),
        ratios: Vec::new(),
        record: None,
        supervision: None,
        restart: None,
        budgets: Vec::new(),
        faults: Vec::new(),
        holds: false,
        remarks: plan.remarks.clone(),
    };
    for outcome in outcomes {
        report.servers.push(outcome.figures);
        report.remarks.extend(outcome.remarks);
        report.restart = report.restart.or(outcome.restart);
        match &mut report.record {
            Some(record) => record.add(&outcome.record),
            None => report.record = Some(outcome.record),
        }
        match &mut report.supervision {
            Some(supervision) => supervision.add(&outcome.supervision),
            None => report.supervision = Some(outcome.supervision),
        }
    }
    for peer in peers {
        report.servers.push(peer.figures);
        report.remarks.extend(peer.remarks);
    }
    report.judge();
    report
}
