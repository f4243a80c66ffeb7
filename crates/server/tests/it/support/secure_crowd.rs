//! A fleet of the panel protocol over mutual TLS, under an operator's authority.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::Account;
use sim::authority::Papers;
use sim::fleet::FleetPlan;
use sim::journal::PanelRecord;
use sim::mqtt::{Member, Timeline};
use sim::tls::{Trust, TrustTerms, Versions};
use wire::mqtt::Level;

use super::clock::clock;
use super::crowd::Sender;

/// An operator's authority, known to the server by a file.
pub(crate) struct Operator {
    papers: Papers,
    root: PathBuf,
}

impl Operator {
    /// Makes one, in a folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let papers = Papers::new().unwrap();
        let root = folder.join("operator.pem");
        std::fs::write(&root, &papers.certificate).unwrap();
        Self { papers, root }
    }

    /// The server's setting that lets its panels in.
    pub(crate) fn setting(&self) -> String {
        format!("[\"{}\"]", self.root.display())
    }

    /// What the TLS of its panels is made from, for a server on this data folder.
    pub(crate) fn trust(&self, data: &Path) -> Arc<Trust> {
        let terms = TrustTerms {
            server_ca: std::fs::read_to_string(data.join("tls/ca.pem")).unwrap(),
            server_name: "127.0.0.1".to_owned(),
            authority: Some(self.papers.clone()),
            versions: Versions::Both,
            resumption: true,
        };
        Arc::new(Trust::new(&terms).unwrap())
    }
}

/// Of three panels one speaks MQTT 3.1.1.
pub(crate) fn secure_crowd(first: u32, count: u32, trust: &Arc<Trust>) -> Vec<Member> {
    let time = Timeline::of(clock().now());
    let member = |nth: u32| {
        let account = Account::parse(format!("{:06X}", first + nth).as_bytes()).unwrap();
        let mut member = Member::of(account, time, time.boot());
        member.trust = Some(Arc::clone(trust));
        member.habit.patience = Duration::from_millis(1_500);
        if nth % 3 == 0 {
            member.level = Level::V311;
        }
        member
    };
    (0..count).map(member).collect()
}

/// Their accounts.
pub(crate) fn accounts(members: &[Member]) -> Vec<Account> {
    members.iter().map(|member| member.account).collect()
}

/// The crowd at full speed; panels come back soon after a connection broke.
pub(crate) fn at_full_speed(target: SocketAddr, members: Vec<Member>) -> FleetPlan<Member> {
    FleetPlan {
        back_off_most: Duration::from_millis(500),
        ..FleetPlan::full_speed(target, members)
    }
}

/// What each panel of the fleet sent: of each signal the first event only, under a number of its
/// own.
pub(crate) fn senders<'a>(accounts: &[Account], journal: &'a [PanelRecord]) -> Vec<Sender<'a>> {
    let pairs = accounts.iter().zip(journal);
    pairs
        .map(|(account, record)| {
            assert_eq!(*account, record.account, "in the order of the plan");
            Sender {
                record,
                stamped: true,
                single: true,
            }
        })
        .collect()
}
