//! A fleet in which every habit of panels occurs.

use std::net::SocketAddr;
use std::time::Duration;

use sim::fleet::{Dialling, FleetPlan, Member};
use sim::journal::PanelRecord;

/// Out of ten panels, two connect for each message, two send four signals ahead of their
/// answers, one never tells the time, one shows a receiver and a line, and four are plain.
pub(crate) fn crowd(first: u32, count: u32) -> Vec<Member> {
    let mut members = Member::many(first, count);
    for (nth, member) in members.iter_mut().enumerate() {
        member.habit.patience = Duration::from_millis(1_500);
        match nth % 10 {
            0 | 1 => member.dialling = Dialling::PerMessage,
            2 | 3 => member.habit.window = 4,
            4 => member.habit.stamped = false,
            5 => {
                member.identity.receiver = Some(0x57_9BDF);
                member.identity.line = 0x78_9ABC;
            }
            _ => {}
        }
    }
    members
}

/// The crowd at full speed; panels come back soon after a connection broke.
pub(crate) fn at_full_speed(target: SocketAddr, members: Vec<Member>) -> FleetPlan {
    FleetPlan {
        back_off_most: Duration::from_millis(500),
        ..FleetPlan::full_speed(target, members)
    }
}

/// A panel of the fleet with what it sent, and whether its frames tell the time.
pub(crate) struct Sender<'a> {
    pub(crate) record: &'a PanelRecord,
    pub(crate) stamped: bool,
    /// Whether each of its signals is a single event: the first of what a number stands for.
    pub(crate) single: bool,
}

/// What each panel of the fleet sent.
pub(crate) fn senders<'a>(members: &[Member], journal: &'a [PanelRecord]) -> Vec<Sender<'a>> {
    let pairs = members.iter().zip(journal);
    pairs
        .map(|(member, record)| {
            assert_eq!(
                member.identity.account, record.account,
                "in the order of the plan"
            );
            Sender {
                record,
                stamped: member.habit.stamped,
                single: false,
            }
        })
        .collect()
}
