//! Which events a list or a stream shows.

use engine::ports::EventFilter;
use model::{Account, EventClass, PanelId, Wall};
use utoipa::ToSchema;

use crate::dto::time;
use crate::params::{Pairs, ReadParams, documented};
use crate::problem::FieldError;

/// Parameters that lists and streams of events have in common.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Of this panel only.
    #[param(value_type = Option<String>)]
    panel: Option<PanelId>,
    /// Of this account only.
    #[param(value_type = Option<String>)]
    account: Option<Account>,
    /// Of these classes only; repeated, or separated by commas.
    #[param(value_type = Option<Vec<crate::dto::event::EventClass>>)]
    class: Vec<EventClass>,
    /// `any`: only doubtful ones. `awaiting`: only those of which nobody said yet whether they
    /// are what they say.
    #[param(inline)]
    doubt: Option<Doubt>,
    /// Received at or after this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Wall>,
    /// Received before this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Wall>,
    /// `personal`: with texts, extended data and raw bytes. Such reads are audited.
    #[param(inline)]
    include: Option<Include>,
}

/// What is left out unless it is asked for by name.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Include {
    Personal,
}

/// Which doubtful events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Doubt {
    Any,
    Awaiting,
}

impl Filter {
    /// Whether events of which somebody said what they are, or nobody doubts, are left out.
    pub(crate) fn awaiting(&self) -> bool {
        self.doubt == Some(Doubt::Awaiting)
    }

    /// Whether personal data was asked for.
    pub(crate) fn personal(&self) -> bool {
        self.include.is_some()
    }

    /// The filter in the journal's terms.
    pub(crate) fn into_filter(self) -> EventFilter {
        EventFilter {
            panel: self.panel,
            account: self.account,
            classes: self.class,
            doubtful: self.doubt.is_some(),
            from: self.from,
            until: self.until,
        }
    }
}

impl ReadParams for Filter {
    fn read(pairs: &mut Pairs) -> Self {
        let filter = Self {
            panel: pairs.parse("panel"),
            account: pairs.read("account", |text| Account::parse(text.as_bytes())),
            class: classes(pairs),
            doubt: pairs.word(
                "doubt",
                &[("any", Doubt::Any), ("awaiting", Doubt::Awaiting)],
            ),
            from: pairs.read("from", time::from_rfc3339),
            until: pairs.read("until", time::from_rfc3339),
            include: pairs.word("include", &[("personal", Include::Personal)]),
        };
        if filter.until.is_some() && filter.until <= filter.from {
            pairs.refuse(FieldError::new("until", "must be later than `from`"));
        }
        filter
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

fn classes(pairs: &mut Pairs) -> Vec<EventClass> {
    let mut classes = Vec::new();
    for name in pairs.all("class").iter().flat_map(|list| list.split(',')) {
        match name.trim().parse() {
            Ok(class) => classes.push(class),
            Err(error) => {
                let error: model::UnknownClass = error;
                let refusal = FieldError::new("class", error.to_string());
                pairs.refuse(refusal.allowed(EventClass::ALL));
            }
        }
    }
    classes
}
