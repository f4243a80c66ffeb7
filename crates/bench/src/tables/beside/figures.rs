//! Figures of several rounds, and the middle ones of them.

use super::lived::Lived;
use super::table::Round;
use crate::say::say;

/// A figure of one round.
#[derive(Debug, Clone, Copy)]
pub(super) enum Figure {
    /// Of the processes that panels are connected to, and of those behind.
    Parts([f64; 2]),
    /// Of the server as a whole.
    Whole(f64),
}

impl Figure {
    fn part(self, nth: usize) -> Option<f64> {
        match self {
            Self::Parts(parts) => parts.get(nth).copied(),
            Self::Whole(_) => None,
        }
    }

    fn whole(self) -> f64 {
        match self {
            Self::Parts(parts) => parts.iter().sum(),
            Self::Whole(whole) => whole,
        }
    }
}

/// A row of the table.
pub(super) struct Row<'a> {
    what: &'a str,
    ours: Vec<Figure>,
    theirs: Vec<Figure>,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        what: &'a str,
        rounds: &[Round],
        figure: impl Fn(&Lived) -> Option<Figure>,
    ) -> Self {
        let ours = rounds.iter().filter_map(|(ours, _)| figure(ours));
        let theirs = rounds.iter().filter_map(|(_, theirs)| figure(theirs));
        Self {
            what,
            ours: ours.collect(),
            theirs: theirs.collect(),
        }
    }

    pub(super) fn print(&self, digits: usize) {
        let part = |nth| self.ours.iter().filter_map(move |figure| figure.part(nth));
        let wholes = |figures: &[Figure]| -> Vec<f64> {
            figures.iter().map(|figure| figure.whole()).collect()
        };
        let (ours, theirs) = (wholes(&self.ours), wholes(&self.theirs));
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs);
        let cells = [
            middle(part(0)),
            middle(part(1)),
            middle(ours.iter().copied()),
            middle(theirs.iter().copied()),
        ];
        let [gateways, behind, together, mosquitto] = cells.map(|cell| text(cell, digits));
        let ratio = text(middle(ratios), 2);
        say(format_args!(
            "| {} | {gateways} | {behind} | {together} | {mosquitto} | {ratio} |",
            self.what
        ));
    }
}

fn middle(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

fn text(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$}"))
}
