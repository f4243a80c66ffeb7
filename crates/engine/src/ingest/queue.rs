//! What waits for the next commit: alarms first between panels, order kept within a panel.
//!
//! Invariant: an alarm promotes what its panel sent before it (I9), so that signals of one panel
//! leave in the order they came in (I5).
//! Invariant: the queue has no bound of its own; it holds at most what all gateways may have
//! unacknowledged ([`model::limits::LINK_UNACKNOWLEDGED`] each) and the events of our own that are
//! waited for ([`model::limits::OWN_EVENTS`]), since all in it is one of those.

use std::collections::{HashMap, VecDeque};

/// Signals that wait, of any shape `T`, each of one panel `P`.
#[derive(Debug)]
pub(super) struct Queue<P, T> {
    urgent: VecDeque<T>,
    normal: VecDeque<(P, T)>,
    normal_by_panel: HashMap<P, usize>,
}

impl<P: Copy + Eq + std::hash::Hash, T> Queue<P, T> {
    pub(super) fn new() -> Self {
        Self {
            urgent: VecDeque::new(),
            normal: VecDeque::new(),
            normal_by_panel: HashMap::new(),
        }
    }

    pub(super) fn push(&mut self, panel: P, urgent: bool, signal: T) {
        if !urgent {
            *self.normal_by_panel.entry(panel).or_default() += 1;
            self.normal.push_back((panel, signal));
            return;
        }
        // Rare: most panels have nothing else under way when they raise an alarm.
        if self.normal_by_panel.remove(&panel).is_some() {
            let (before, others): (Vec<_>, Vec<_>) =
                self.normal.drain(..).partition(|(of, _)| *of == panel);
            self.normal = others.into();
            self.urgent
                .extend(before.into_iter().map(|(_, signal)| signal));
        }
        self.urgent.push_back(signal);
    }

    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.normal.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next `most` signals, alarms first.
    pub(super) fn take(&mut self, most: usize) -> Vec<T> {
        let urgent = self.urgent.len().min(most);
        let mut batch: Vec<T> = self.urgent.drain(..urgent).collect();
        let normal = self.normal.len().min(most - urgent);
        for (panel, signal) in self.normal.drain(..normal) {
            if let Some(count) = self.normal_by_panel.get_mut(&panel) {
                *count -= 1;
                if *count == 0 {
                    self.normal_by_panel.remove(&panel);
                }
            }
            batch.push(signal);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn alarms_go_first_between_panels() {
        let mut queue = Queue::new();
        queue.push(1, false, "test of 1");
        queue.push(2, true, "fire of 2");
        assert_eq!(queue.take(9), ["fire of 2", "test of 1"]);
    }

    #[test]
    fn an_alarm_promotes_what_its_panel_sent_before() {
        let mut queue = Queue::new();
        queue.push(1, false, "test of 1");
        queue.push(2, false, "disarm of 2");
        queue.push(2, true, "fire of 2");
        queue.push(2, false, "test of 2");
        assert_eq!(queue.take(2), ["disarm of 2", "fire of 2"]);
        assert_eq!(queue.take(9), ["test of 1", "test of 2"]);
        assert!(queue.is_empty());
    }

    proptest! {
        #[test]
        fn every_panel_keeps_its_order_and_nothing_is_lost(
            steps in prop::collection::vec((0u8..4, any::<bool>(), 0usize..3), 0..200)
        ) {
            let mut queue = Queue::new();
            let mut out = Vec::new();
            for (number, (panel, urgent, taken)) in steps.iter().enumerate() {
                queue.push(*panel, *urgent, (*panel, number));
                out.extend(queue.take(*taken));
            }
            out.extend(queue.take(usize::MAX));
            prop_assert_eq!(out.len(), steps.len());
            for panel in 0..4 {
                let of_panel: Vec<usize> =
                    out.iter().filter(|(of, _)| *of == panel).map(|(_, n)| *n).collect();
                prop_assert!(of_panel.is_sorted());
            }
        }
    }
}
