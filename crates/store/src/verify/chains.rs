//! Follows the three chains from event to event and says where they break.
//!
//! Invariant: after a break the walk goes on from what is stored, so that one changed event is
//! one finding and not one for everything behind it.

use std::path::Path;

use model::{EventSeq, RetentionClass};

use super::report::{Finding, VerifyReport};
use crate::journal::chain::{Heads, Link};
use crate::journal::personal::Personal;
use crate::journal::rows::StoredRow;

/// Where the walk stands in each chain.
#[derive(Debug)]
pub(super) struct Chains {
    pub(super) at: Heads,
    /// Where the chains stood when states were last projected.
    anchored: Heads,
    /// Classes of which events may be missing that a gap in the numbers has been reported for.
    explained: [bool; RetentionClass::ALL.len()],
    buffer: Vec<u8>,
}

impl Chains {
    pub(super) fn new(at: Heads, anchored: Heads) -> Self {
        Self {
            at,
            anchored,
            explained: [false; RetentionClass::ALL.len()],
            buffer: Vec::new(),
        }
    }

    /// Numbers are missing, which has been reported: gaps in the chains follow from it.
    pub(super) fn explain(&mut self) {
        self.explained = [true; RetentionClass::ALL.len()];
    }

    /// Goes on to the next event.
    pub(super) fn step(
        &mut self,
        file: &Path,
        row: &StoredRow,
        personal: Option<&Personal<'_>>,
        report: &mut VerifyReport,
    ) {
        let before = *self.at.of(row.retention);
        if row.chain_no == before.no + 1 {
            let due = row.covered(personal).link(&before.hash, &mut self.buffer);
            if due != row.chain {
                report.find(Finding::Changed {
                    file: file.to_owned(),
                    seq: EventSeq(row.seq),
                    what: mismatch(&before),
                });
            }
        } else if row.chain_no <= before.no {
            report.find(Finding::Changed {
                file: file.to_owned(),
                seq: EventSeq(row.seq),
                what: format!(
                    "its number {} in the chain of class {} is that of an earlier event",
                    row.chain_no, row.retention
                ),
            });
        } else if !self.explained[row.retention.index()] {
            report.find(Finding::MissingOfClass {
                file: file.to_owned(),
                class: row.retention,
                count: row.chain_no - before.no - 1,
                after: EventSeq(before.seq),
                before: EventSeq(row.seq),
            });
        }
        let link = Link {
            no: row.chain_no,
            hash: row.chain,
            seq: row.seq,
        };
        self.go_on_from(row.retention, link, report);
    }

    /// Takes a link as it is.
    pub(super) fn go_on_from(
        &mut self,
        class: RetentionClass,
        link: Link,
        report: &mut VerifyReport,
    ) {
        let anchored = self.anchored.of(class);
        if anchored.no == link.no && anchored.hash != link.hash {
            report.find(Finding::Rewritten {
                class,
                seq: EventSeq(link.seq),
            });
        }
        self.explained[class.index()] = false;
        *self.at.of_mut(class) = link;
    }

    /// A file says where the chains stood before it.
    pub(super) fn meet(&mut self, file: &Path, opening: &Heads, report: &mut VerifyReport) {
        for class in RetentionClass::ALL {
            let (here, there) = (*self.at.of(class), *opening.of(class));
            if here == there {
                continue;
            }
            if there.no > here.no {
                if !self.explained[class.index()] {
                    report.find(missing_between(file, class, here, there));
                }
            } else {
                let what = format!(
                    "it was begun behind event {} of class {class}, which is not the one that \
                     the chain has there",
                    there.seq
                );
                report.find(Finding::Disconnected {
                    file: file.to_owned(),
                    what,
                });
            }
            *self.at.of_mut(class) = there;
        }
        self.explained = [false; RetentionClass::ALL.len()];
    }

    /// A file says where the chains stand at its end.
    pub(super) fn end(&mut self, file: &Path, heads: &Heads, report: &mut VerifyReport) {
        for class in RetentionClass::ALL {
            let (here, there) = (*self.at.of(class), *heads.of(class));
            if here == there {
                continue;
            }
            if there.no > here.no {
                // That numbers are missing at the end has been reported.
                if !self.explained[class.index()] {
                    report.find(missing_between(file, class, here, there));
                }
            } else {
                report.find(Finding::Changed {
                    file: file.to_owned(),
                    seq: EventSeq(here.seq),
                    what: format!("the file's own record of class {class} ends in another way"),
                });
            }
            *self.at.of_mut(class) = there;
        }
        self.explained = [false; RetentionClass::ALL.len()];
    }

    /// Nothing more comes: what the state file has seen must have been met.
    pub(super) fn finish(&self, report: &mut VerifyReport) {
        for class in RetentionClass::ALL {
            let (here, seen) = (self.at.of(class), self.anchored.of(class));
            if seen.no > here.no {
                report.find(Finding::TailCut {
                    class,
                    count: seen.no - here.no,
                    last: EventSeq(seen.seq),
                });
            }
        }
    }
}

/// What a file lacks of a class: all between where the chain is and where the file says it is.
fn missing_between(file: &Path, class: RetentionClass, here: Link, there: Link) -> Finding {
    Finding::MissingOfClass {
        file: file.to_owned(),
        class,
        count: there.no - here.no,
        after: EventSeq(here.seq),
        before: EventSeq(there.seq + 1),
    }
}

fn mismatch(before: &Link) -> String {
    if before.no == 0 {
        "it does not match its chain value".to_owned()
    } else {
        format!(
            "it does not match its chain value, or that of event {} before it was changed",
            before.seq
        )
    }
}
