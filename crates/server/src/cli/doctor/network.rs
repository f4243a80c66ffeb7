//! Ports that the server will want or has, and what a running one says of itself.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use serde::Deserialize;

use super::{Endpoints, Finding};
use crate::cli::client::Client;
use crate::config::Config;

pub(super) fn check(config: &Config, server: Option<&Endpoints>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for listener in &config.listeners {
        let has = server.and_then(|server| server.listeners.get(&listener.name));
        findings.push(port(&listener.name, listener.address, has));
    }
    findings.push(port(
        "api",
        config.api.address,
        server.map(|server| &server.api),
    ));
    findings.extend(server.map(|server| ready(&server.api)));
    findings
}

/// Whether an address is free, or the running server has it.
fn port(name: &str, wanted: SocketAddr, has: Option<&String>) -> Finding {
    let name = format!("port {name}");
    if let Some(has) = has {
        let same = has
            .parse()
            .is_ok_and(|has: SocketAddr| has.port() == wanted.port());
        return if same || wanted.port() == 0 {
            Finding::ok(name, format!("{has}, of the running server"))
        } else {
            Finding::warn(
                name,
                format!("the running server is at {has}, the configuration says {wanted}"),
                "restart the server, if it is to have this configuration",
            )
        };
    }
    if wanted.port() == 0 {
        return Finding::ok(name, "any free port");
    }
    match TcpListener::bind(wanted) {
        Ok(_) => Finding::ok(name, format!("{wanted} is free")),
        Err(error) => Finding::fail(
            name,
            format!("{wanted} cannot be had: {error}"),
            match error.kind() {
                ErrorKind::AddrInUse => "another program has it: `ss -ltnp` tells which",
                ErrorKind::PermissionDenied => "ports below 1024 need CAP_NET_BIND_SERVICE",
                ErrorKind::AddrNotAvailable => "this machine has no such address",
                _ => "",
            },
        ),
    }
}

/// What `/readyz` says.
#[derive(Debug, Deserialize)]
struct Health {
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    name: String,
    ok: bool,
    detail: String,
}

fn ready(api: &str) -> Finding {
    let name = "readiness";
    let Some((status, body)) = Client::probe(&format!("http://{api}"), "/readyz") else {
        return Finding::fail(
            name,
            format!("the server does not answer at {api}"),
            "its log says more",
        );
    };
    if status == 200 {
        return Finding::ok(name, "the server is ready");
    }
    let failing = serde_json::from_value::<Health>(body).map(|health| {
        let failing = health.checks.into_iter().filter(|check| !check.ok);
        let told = failing.map(|check| format!("{}: {}", check.name, check.detail));
        told.collect::<Vec<_>>().join("; ")
    });
    let detail = failing.unwrap_or_else(|_| format!("status {status}"));
    Finding::fail(name, detail, "while this lasts, nothing is acknowledged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    #[test]
    fn a_port_that_another_program_has_is_bad_and_our_own_is_well() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = other.local_addr().unwrap();
        assert_eq!(port("dc09", taken, None).verdict, Verdict::Fail);
        let ours = taken.to_string();
        assert_eq!(port("dc09", taken, Some(&ours)).verdict, Verdict::Ok);
        let moved = "127.0.0.1:1".to_owned();
        assert_eq!(port("dc09", taken, Some(&moved)).verdict, Verdict::Warn);
        drop(other);
        assert_eq!(port("dc09", taken, None).verdict, Verdict::Ok);
    }

    #[test]
    fn port_zero_is_any_free_port() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        assert_eq!(port("api", any, None).verdict, Verdict::Ok);
    }

    #[test]
    fn a_server_that_does_not_answer_is_not_ready() {
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert_eq!(ready(&gone.to_string()).verdict, Verdict::Fail);
    }
}
