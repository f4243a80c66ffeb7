//! Names of models and firmware, each kept once: a fleet has a handful. Pure.
//!
//! Invariant: a name is kept as long as somebody bears it, and no longer: panels that make up ever new names
//! cost what they would if each kept its own (I7).

use std::collections::HashMap;

use model::ShortText;

/// The number of a name; [`NONE`] of none.
pub(super) type Name = u32;

/// No name.
pub(super) const NONE: Name = Name::MAX;

/// The names in use.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// How many bear each; 0 of one that may be replaced.
    all: Vec<(ShortText, u32)>,
    numbers: HashMap<ShortText, Name>,
    free: Vec<Name>,
}

impl Names {
    /// Somebody bears this name.
    pub(super) fn take(&mut self, name: Option<ShortText>) -> Name {
        let Some(name) = name else {
            return NONE;
        };
        if let Some(number) = self.numbers.get(&name) {
            self.all[*number as usize].1 += 1;
            return *number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.all.push((name, 0));
            u32::try_from(self.all.len() - 1).expect("two for each path at most")
        });
        self.all[number as usize] = (name, 1);
        self.numbers.insert(name, number);
        number
    }

    /// Somebody bears it no longer.
    pub(super) fn leave(&mut self, name: Name) {
        let Some((text, count)) = self.all.get_mut(name as usize) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.numbers.remove(text);
            self.free.push(name);
        }
    }

    /// What it is.
    pub(super) fn text(&self, name: Name) -> Option<ShortText> {
        self.all.get(name as usize).map(|(text, _)| *text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> Option<ShortText> {
        ShortText::from(name).ok()
    }

    #[test]
    fn a_name_is_kept_once_and_forgotten_with_its_last_bearer() {
        let mut names = Names::default();
        let (one, again, other) = (
            names.take(text("A")),
            names.take(text("A")),
            names.take(text("B")),
        );
        assert_eq!(one, again);
        names.leave(one);
        assert_eq!(names.text(again), text("A"));
        names.leave(again);
        assert_eq!(names.take(text("C")), one, "its place is taken again");
        assert_eq!((names.text(one), names.text(other)), (text("C"), text("B")));
        assert_eq!((names.take(None), names.text(NONE)), (NONE, None));
        names.leave(NONE);
        assert_eq!(names.all.len(), 2);
    }
}
