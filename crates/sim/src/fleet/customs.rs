//! What many panels of a fleet have alike, kept once.

use std::sync::Arc;

use crate::machine::Line;
use crate::tls::{Office, Trust};

/// What was seen while the lives of a fleet were made.
#[derive(Debug, Default)]
pub(super) struct Customs {
    offices: Vec<Arc<Office>>,
    /// The last one: neighbours are alike, mostly.
    line: Option<Arc<Line>>,
}

impl Customs {
    /// The office that serves the panels of this trust.
    pub(super) fn office(&mut self, trust: &Arc<Trust>) -> Arc<Office> {
        if let Some(known) = self.offices.iter().find(|office| office.is_of(trust)) {
            return Arc::clone(known);
        }
        let opened = Arc::new(trust.open());
        self.offices.push(Arc::clone(&opened));
        opened
    }

    /// This line, shared with the panel before if that keeps its own alike.
    pub(super) fn line(&mut self, line: Line) -> Arc<Line> {
        match &self.line {
            Some(known) if **known == line => Arc::clone(known),
            _ => Arc::clone(self.line.insert(Arc::new(line))),
        }
    }
}
