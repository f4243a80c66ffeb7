//! Where both readers put what they find: it knows the place, and what belongs there.
//!
//! ```text
//!  top ── member(name) ── scalar
//!    │                 └─ begin_list ── begin_item ── member(name) ── scalar ── end_item ─┐
//!    │                                       └──────────────────────────────────<─────────┘
//!    └─ finish                          end_list
//! ```

use super::flaw::{Flaw, Found, Place, Problem};
use super::schema::{Field, Group, Kind, Scalar, Value};

/// What takes the values of a payload.
pub trait Target {
    /// Takes the value of a member, which is within its field's bounds.
    fn put(&mut self, field: &'static Field, value: Value<'_>);

    /// A list has one item more.
    fn open_item(&mut self, _list: &'static Field) {}

    /// Takes the value of a member of the last item of a list.
    fn put_in_item(&mut self, _list: &'static Field, _field: &'static Field, _value: Value<'_>) {}
}

/// A payload being read.
pub(super) struct Builder<'t> {
    target: &'t mut dyn Target,
    top: Table,
    list: Option<OpenList>,
}

/// A list being read.
struct OpenList {
    field: &'static Field,
    most: usize,
    /// How many items were begun.
    items: usize,
    item: Table,
}

/// An object's fields, and which of them were there; bits by their place in the table.
struct Table {
    fields: &'static [Field],
    named: u32,
    given: u32,
}

impl Table {
    const fn new(fields: &'static [Field]) -> Self {
        Self {
            fields,
            named: 0,
            given: 0,
        }
    }
}

impl<'t> Builder<'t> {
    pub(super) fn new(target: &'t mut dyn Target, fields: &'static [Field]) -> Self {
        Self {
            target,
            top: Table::new(fields),
            list: None,
        }
    }

    /// A member of that name begins; `None` if there is no such field, and its value is to be
    /// skipped.
    pub(super) fn member(&mut self, name: &str) -> Result<Option<&'static Field>, Flaw> {
        let table = self.table();
        let Some(at) = table.fields.iter().position(|field| field.name == name) else {
            return Ok(None);
        };
        let field = &table.fields[at];
        let bit = 1 << at;
        if table.named & bit != 0 {
            return Err(self.flaw(field, Problem::Twice));
        }
        table.named |= bit;
        Ok(Some(field))
    }

    /// A single value of a member.
    pub(super) fn scalar(&mut self, field: &'static Field, scalar: Scalar<'_>) -> Result<(), Flaw> {
        let judged = field.kind.judge(scalar);
        let Some(value) = judged.map_err(|problem| self.flaw(field, problem))? else {
            return Ok(());
        };
        let table = self.table();
        let at = table
            .fields
            .iter()
            .position(|known| known.name == field.name);
        table.given |= at.map_or(0, |at| 1 << at);
        match &self.list {
            Some(list) => self.target.put_in_item(list.field, field, value),
            None => self.target.put(field, value),
        }
        Ok(())
    }

    /// A value of a member that is nothing that any field takes.
    pub(super) fn other(&self, field: &'static Field, found: Found) -> Flaw {
        self.flaw(field, Problem::Found(found))
    }

    /// A list begins as the value of a member.
    pub(super) fn begin_list(&mut self, field: &'static Field) -> Result<(), Flaw> {
        let Kind::List { most, of } = field.kind else {
            return Err(self.other(field, Found::List));
        };
        self.list = Some(OpenList {
            field,
            most,
            items: 0,
            item: Table::new(of),
        });
        Ok(())
    }

    /// An item of the list begins, an object if `found` is `None`.
    pub(super) fn begin_item(&mut self, found: Option<Found>) -> Result<(), Flaw> {
        let Some(list) = &mut self.list else {
            return Ok(());
        };
        if list.items == list.most {
            return Err(Flaw {
                place: Place::Member(list.field),
                problem: Problem::TooMany,
            });
        }
        if let Some(found) = found {
            return Err(Flaw {
                place: Place::Item(list.field, list.items),
                problem: Problem::Found(found),
            });
        }
        list.items += 1;
        list.item.named = 0;
        list.item.given = 0;
        self.target.open_item(list.field);
        Ok(())
    }

    /// The item is complete.
    pub(super) fn end_item(&mut self) -> Result<(), Flaw> {
        self.all_there()
    }

    /// The list is complete.
    pub(super) fn end_list(&mut self) {
        self.list = None;
    }

    /// The payload is complete.
    pub(super) fn finish(&mut self, groups: &'static [Group]) -> Result<(), Flaw> {
        self.all_there()?;
        for group in groups {
            let is_given = |name: &&str| {
                let at = self.top.fields.iter().position(|field| field.name == *name);
                at.is_some_and(|at| self.top.given & (1 << at) != 0)
            };
            match group.names.iter().filter(|name| is_given(name)).count() {
                1 => {}
                0 if !group.required => {}
                _ if group.required => return Err(Flaw::whole(Problem::OneOf(group.names))),
                _ => return Err(Flaw::whole(Problem::OnlyOneOf(group.names))),
            }
        }
        Ok(())
    }

    fn all_there(&mut self) -> Result<(), Flaw> {
        let table = self.table();
        let is_missing =
            |(at, field): &(usize, &'static Field)| field.required && table.given & (1 << at) == 0;
        let missing = table.fields.iter().enumerate().find(is_missing);
        match missing {
            Some((_, field)) => Err(self.flaw(field, Problem::Missing)),
            None => Ok(()),
        }
    }

    const fn table(&mut self) -> &mut Table {
        match &mut self.list {
            Some(list) => &mut list.item,
            None => &mut self.top,
        }
    }

    fn flaw(&self, field: &'static Field, problem: Problem) -> Flaw {
        let place = match &self.list {
            Some(list) => Place::ItemMember(list.field, list.items.saturating_sub(1), field),
            None => Place::Member(field),
        };
        Flaw { place, problem }
    }
}
