//! R33: for what part of a period a path was there, from recorded losses. Pure.
//!
//! Invariant: time in which we ourselves were out of service counts for nobody's loss: it is told
//! apart.

use model::Wall;

use crate::ports::Spell;

/// How a path was there in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// What was counted of the period: from the registration on, and until now.
    pub from: Wall,
    /// Its end.
    pub until: Wall,
    /// Lost, in microseconds, but for the time in which we were out of service.
    pub lost: i64,
    /// How many losses touch it.
    pub losses: usize,
    /// Out of service ourselves, in microseconds.
    pub ours: i64,
}

impl Availability {
    /// Of `losses` of a path, and outages of `ours`, in a period that begins with the registration
    /// and ends now at the latest; `None` if that leaves nothing of it.
    pub fn of(
        (from, until): (Wall, Wall),
        registered: Wall,
        now: Wall,
        losses: &[Spell],
        ours: &[Spell],
    ) -> Option<Self> {
        let (from, until) = (from.max(registered), until.min(now));
        if from >= until {
            return None;
        }
        let losses = clipped(losses, from, until);
        let ours = clipped(ours, from, until);
        let count = losses.len();
        let (losses, ours) = (joined(losses), joined(ours));
        Some(Self {
            from,
            until,
            lost: length(&losses) - overlap(&losses, &ours),
            losses: count,
            ours: length(&ours),
        })
    }

    /// In percent, of what was counted.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a month is 3e12 microseconds, exact in a double"
    )]
    pub fn percent(&self) -> f64 {
        let counted = (self.until - self.from) as f64;
        100.0 * (counted - self.lost as f64) / counted
    }
}

/// What of each lies within, by its beginning.
fn clipped(spells: &[Spell], from: Wall, until: Wall) -> Vec<(i64, i64)> {
    let clipped = spells.iter().map(|spell| {
        let end = spell.until.unwrap_or(until);
        (spell.from.max(from).0, end.min(until).0)
    });
    let mut clipped: Vec<_> = clipped.filter(|(from, until)| from < until).collect();
    clipped.sort_unstable();
    clipped
}

/// With overlapping ones made one.
fn joined(spells: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    let mut joined: Vec<(i64, i64)> = Vec::with_capacity(spells.len());
    for (from, until) in spells {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}

fn length(spells: &[(i64, i64)]) -> i64 {
    spells.iter().map(|(from, until)| until - from).sum()
}

/// How long both were.
fn overlap(one: &[(i64, i64)], other: &[(i64, i64)]) -> i64 {
    let (mut at, mut to, mut both) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(at), other.get(to)) {
        both += (a.1.min(b.1) - a.0.max(b.0)).max(0);
        if a.1 < b.1 {
            at += 1;
        } else {
            to += 1;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: (Wall, Wall) = (Wall(1_000), Wall(2_000));

    fn spell(from: i64, until: i64) -> Spell {
        Spell {
            from: Wall(from),
            until: Some(Wall(until)),
        }
    }

    fn of(losses: &[Spell], ours: &[Spell]) -> Availability {
        Availability::of(MONTH, Wall(0), Wall(9_000), losses, ours).unwrap()
    }

    #[test]
    fn losses_count_as_far_as_they_lie_within_the_month() {
        let over_both_ends = [spell(500, 1_100), spell(1_200, 1_210), spell(1_950, 3_000)];
        let month = of(&over_both_ends, &[]);
        assert_eq!((month.lost, month.losses), (160, 3));
        assert!((month.percent() - 84.0).abs() < 1e-9);
        assert_eq!(of(&[spell(0, 1_000), spell(2_000, 2_001)], &[]).losses, 0);
    }

    #[test]
    fn a_loss_that_is_not_over_counts_until_now() {
        let open = Spell {
            from: Wall(1_400),
            until: None,
        };
        assert_eq!(of(&[open], &[]).lost, 600, "the month is over");
        let running = Availability::of(MONTH, Wall(0), Wall(1_500), &[open], &[]).unwrap();
        assert_eq!((running.until, running.lost), (Wall(1_500), 100));
        assert!((running.percent() - 80.0).abs() < 1e-9);
    }

    #[test]
    fn a_panel_that_came_in_mid_month_counts_from_then_on() {
        let late = Availability::of(MONTH, Wall(1_900), Wall(9_000), &[spell(1_910, 1_920)], &[]);
        let late = late.unwrap();
        assert_eq!((late.from, late.lost), (Wall(1_900), 10));
        assert!((late.percent() - 90.0).abs() < 1e-9);
        assert_eq!(
            Availability::of(MONTH, Wall(2_000), Wall(9_000), &[], &[]),
            None
        );
        assert_eq!(
            Availability::of(MONTH, Wall(0), Wall(1_000), &[], &[]),
            None,
            "it lies ahead"
        );
    }

    #[test]
    fn our_own_outages_are_told_apart_and_are_nobodys_loss() {
        let losses = [
            spell(1_100, 1_300),
            spell(1_250, 1_400),
            spell(1_600, 1_700),
        ];
        let ours = [spell(1_350, 1_650), spell(900, 1_010)];
        let month = of(&losses, &ours);
        assert_eq!(month.ours, 310);
        assert_eq!(month.lost, 400 - 50 - 50);
    }
}
