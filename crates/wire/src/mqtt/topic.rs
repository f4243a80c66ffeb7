//! Topic names and filters (4.7).

/// Whether a message can be published there: at least one character, no wildcard, no NUL.
pub fn is_name(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#', '\0'])
}

/// Whether it can be subscribed to: `+` stands for a whole level, `#` for the last levels, and a
/// shared subscription has a name and a filter of its own (5: 4.8.2).
pub fn is_filter(filter: &str) -> bool {
    let filter = match share(filter) {
        None if is_shared(filter) => return false,
        None => filter,
        Some((name, _)) if name.is_empty() || name.contains(['+', '#']) => return false,
        Some((_, filter)) => filter,
    };
    let mut levels = filter.split('/').peekable();
    let mut fits = !filter.is_empty() && !filter.contains('\0');
    while let Some(level) = levels.next() {
        fits &= match level {
            "+" => true,
            "#" => levels.peek().is_none(),
            _ => !level.contains(['+', '#']),
        };
    }
    fits
}

/// The name and the filter of a shared subscription, `$share/{name}/{filter}`.
pub fn share(filter: &str) -> Option<(&str, &str)> {
    filter.strip_prefix("$share/")?.split_once('/')
}

/// Whether it is, or tries to be, a shared subscription.
pub(super) fn is_shared(filter: &str) -> bool {
    filter == "$share" || filter.starts_with("$share/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_wildcard_and_no_nul() {
        for topic in ["a", "/", "ap/v1/1234/evt", "Füße/ü", "$SYS/x", " "] {
            assert!(is_name(topic), "{topic}");
        }
        for topic in ["", "a/#", "+/a", "a+b", "a\0b"] {
            assert!(!is_name(topic), "{topic:?}");
        }
    }

    #[test]
    fn wildcards_stand_alone_in_their_level_and_the_last_is_last() {
        for filter in [
            "#",
            "+",
            "+/+",
            "a/#",
            "+/b/#",
            "/",
            "a//b",
            "$share/n/a/#",
            "$shared/x",
        ] {
            assert!(is_filter(filter), "{filter}");
        }
        let bad = [
            "",
            "a#",
            "a/b#",
            "#/a",
            "a/#/b",
            "a+",
            "+a/b",
            "a\0",
            "$share",
            "$share/",
            "$share/n",
            "$share//a",
            "$share/n/",
            "$share/n+/a",
            "$share/n/a#",
        ];
        for filter in bad {
            assert!(!is_filter(filter), "{filter:?}");
        }
    }
}
