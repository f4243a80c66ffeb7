//! Checks the journal: whether any event was changed, removed or added.
