//! What ends, and when people are told of it. Pure.
//!
//! Invariant: of one end only the newest step that is due is told: after a month out of service nobody
//! is told four times.
//!
//! | whose end | told, in days before (−) and after (+) |
//! | --- | --- |
//! | our server's certificate, an authority | −30, −14, −7, −3, −1, 0 |
//! | a path's last certificate of ours (R27) | −30, −14, −7, −1, 0, each week after, +90 |

use std::collections::HashMap;
use std::time::Duration;

use model::{OwnCode, PathIndex, Wall, limits, micros};

use crate::ports::{ExpirySubject, ExpiryTold, Loaded};
use crate::registry::PathExpiry;

const DAY: Duration = Duration::from_hours(24);

/// Days before the end at which we are told of our own.
const OWN: [i64; 6] = [30, 14, 7, 3, 1, 0];

/// Days before the end at which we are told of a panel's.
const PANEL: [i64; 5] = [30, 14, 7, 1, 0];

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) subject: ExpirySubject,
    /// What it is called in a text.
    name: String,
    /// Steps before this are not told: whoever makes a certificate for five days knows it.
    since: Wall,
    pub(super) not_after: Wall,
}

impl End {
    /// What ends of our own.
    pub(super) fn own(loaded: &Loaded) -> Vec<Self> {
        let server = Self {
            subject: ExpirySubject::Server,
            name: "the server's certificate".to_owned(),
            since: Wall(i64::MIN),
            not_after: loaded.not_after,
        };
        let authorities = loaded.roots.iter().map(|root| Self {
            subject: ExpirySubject::Authority(root.issuer),
            name: format!("the authority {}", root.subject),
            since: Wall(i64::MIN),
            not_after: root.not_after,
        });
        [server].into_iter().chain(authorities).collect()
    }

    /// Of a path.
    pub(super) fn of_path(expiry: PathExpiry) -> Self {
        Self {
            subject: ExpirySubject::Path(expiry.path),
            name: "the panel's certificate".to_owned(),
            since: expiry.issued,
            not_after: expiry.not_after,
        }
    }

    /// Of what ends later nothing is told yet.
    pub(super) fn horizon(now: Wall) -> Wall {
        Wall(now.0.saturating_add((PANEL[0] + 1) * micros(DAY)))
    }

    /// When people are told, the newest of those that are not after `now`.
    fn step(&self, now: Wall) -> Option<Wall> {
        let at = |days: i64| Wall(self.not_after.0.saturating_sub(days * micros(DAY)));
        let last = i64::try_from(limits::EXPIRED_ADMITTED.as_secs() / DAY.as_secs());
        let last = last.expect("90 days");
        let steps: &mut dyn Iterator<Item = i64> = match self.subject {
            ExpirySubject::Server | ExpirySubject::Authority(_) => &mut OWN.into_iter(),
            ExpirySubject::Path(_) => {
                let after = (1..).map(|week| -7 * week).take_while(|days| *days > -last);
                &mut PANEL.into_iter().chain(after).chain([-last])
            }
        };
        let due = steps.map(at).filter(|step| *step <= now);
        due.max().filter(|step| *step >= self.since)
    }
}

/// Something that people are to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) told: ExpiryTold,
    pub(super) path: PathIndex,
    pub(super) code: OwnCode,
    pub(super) text: String,
}

/// What people were told.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    told: HashMap<ExpirySubject, ExpiryTold>,
}

impl Calendar {
    /// What an earlier life told.
    pub(super) fn new(told: Vec<ExpiryTold>) -> Self {
        let told = told.into_iter().map(|told| (told.subject, told));
        Self {
            told: told.collect(),
        }
    }

    /// What is to be told of this end now, if something is.
    pub(super) fn due(&self, end: &End, now: Wall) -> Option<Due> {
        let step = end.step(now)?;
        let before = self.told.get(&end.subject);
        let known = |told: &ExpiryTold| told.not_after == end.not_after && told.step >= step;
        if before.is_some_and(known) {
            return None;
        }
        let (path, code) = match end.subject {
            ExpirySubject::Path(path) => (path, OwnCode::CertificateExpiring),
            ExpirySubject::Server | ExpirySubject::Authority(_) => {
                (PathIndex::HOUSE, OwnCode::OwnCertificateExpiring)
            }
        };
        Some(Due {
            told: ExpiryTold {
                subject: end.subject,
                not_after: end.not_after,
                step,
            },
            path,
            code,
            text: format!("{} {}", end.name, said(end, now)),
        })
    }

    /// People know it now.
    pub(super) fn tell(&mut self, told: ExpiryTold) {
        self.told.insert(told.subject, told);
    }
}

/// `expires in 7 days`, `expired 14 days ago; …`.
fn said(end: &End, now: Wall) -> String {
    let day = micros(DAY);
    let left = end.not_after - now;
    if left > 0 {
        return format!("expires in {}", days((left + day - 1) / day));
    }
    let ago = -left / day;
    let since = match ago {
        0 => "has expired".to_owned(),
        ago => format!("expired {} ago", days(ago)),
    };
    let ExpirySubject::Path(_) = end.subject else {
        return since;
    };
    let admitted = micros(limits::EXPIRED_ADMITTED) / day - ago;
    match admitted {
        1.. => format!(
            "{since}; its alarms are taken for {} more, with that doubt",
            days(admitted)
        ),
        _ => format!("{since}; it lets nothing in any more"),
    }
}

fn days(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
