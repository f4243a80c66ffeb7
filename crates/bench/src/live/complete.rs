//! Whether a report says all that it should: so that the bench itself cannot rot.

use anyhow::bail;

use super::figures::Figures;
use super::look::Role;
use super::report::Report;

/// An error that names what is missing, or what went wrong; budgets are not looked at.
pub(super) fn check(report: &Report) -> anyhow::Result<()> {
    let missing = missing(report);
    if missing.is_empty() {
        return Ok(());
    }
    bail!("the report is not as it should be: {}", missing.join("; "))
}

fn missing(report: &Report) -> Vec<String> {
    let mut missing = report.faults.clone();
    let names: Vec<_> = report
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect();
    if names != ["watchfire", "floor", "mosquitto"] {
        missing.push(format!("the servers are {names:?}"));
    }
    for server in &report.servers {
        let what = of_server(report, server);
        missing.extend(
            what.into_iter()
                .map(|what| format!("{}: {what}", server.name)),
        );
    }
    let stored = report.record.as_ref().map_or(0, |record| record.stored);
    for (there, what) in [
        (stored > 0, "nothing was stored"),
        (report.supervision.is_some(), "nothing of supervision"),
        (!report.ratios.is_empty(), "no ratios"),
        (!report.budgets.is_empty(), "no budgets"),
        (report.context.machine.cores > 0, "no machine"),
        (!report.context.build.is_empty(), "no build"),
    ] {
        if !there {
            missing.push(what.to_owned());
        }
    }
    missing
}

/// What is missing of one server.
fn of_server(report: &Report, server: &Figures) -> Vec<String> {
    let panels = u64::from(report.fleet.panels);
    let ours = server.name == "watchfire";
    let has = |role| server.processes.iter().any(|process| process.role == role);
    let roles = [Role::Supervisor, Role::Engine].into_iter().all(has);
    let said = !report.remarks.is_empty();
    [
        (
            server.connections == panels,
            "not all panels stayed connected",
        ),
        (
            server.handshake.full == panels,
            "not as many handshakes as panels",
        ),
        (server.handshake.full_us > 0.0, "no cost of a handshake"),
        (server.requests.answered > 0, "no requests"),
        (server.requests.cpu_us > 0.0, "no CPU"),
        (
            server.latency.status.count > 0,
            "no latency of status reports",
        ),
        (server.latency.durable.count > 0, "no latency of events"),
        (has(Role::Gateway), "no process that panels connect to"),
        (!ours || roles, "no supervisor or no engine"),
        // On a machine that is too slow the remarks say so, and why.
        (
            server.memory.gateway_idle.is_some() || said,
            "no memory of idle panels",
        ),
        (
            !ours || server.memory.engine_registered.is_some(),
            "no memory of registered panels",
        ),
        (
            !ours || server.memory.engine_end.is_some(),
            "no memory of the engine",
        ),
        (server.kernel.sockets > 0, "no sockets of the kernel"),
    ]
    .into_iter()
    .filter(|(there, _)| !there)
    .map(|(_, what)| what.to_owned())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::fixture;
    use super::*;

    #[test]
    fn a_report_that_says_all_passes_whatever_the_budgets_say() {
        let mut report = fixture("seed-day");
        report.servers[0].handshake.full_us = 9_000.0;
        report.record.as_mut().unwrap().stored = 5;
        report.judge();
        assert!(!report.holds);
        check(&report).unwrap();
    }

    #[test]
    fn what_is_missing_and_what_was_lost_is_named() {
        let mut report = fixture("seed-day");
        report.servers.pop();
        report.servers[0].memory.gateway_idle = None;
        report.servers[1].connections = 49_999;
        report.record.as_mut().unwrap().lost = 1;
        report.judge();
        let told = check(&report).unwrap_err().to_string();
        for what in [
            "the servers are",
            "watchfire: no memory of idle panels",
            "floor: not all panels stayed connected",
            "nothing was stored",
            "1 events were acknowledged and are not in the record",
        ] {
            assert!(told.contains(what), "{what} in {told}");
        }
    }
}
