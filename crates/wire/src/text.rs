//! Free text of panels: UTF-8 where it is that, otherwise Windows-1252.
//!
//! Control characters become U+FFFD: a text ends up on terminals and consoles, where it must not
//! act.

/// What Windows-1252 has at 0x80 to 0x9F; the rest of it is Latin-1. Five places are empty.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž',
    '\u{FFFD}', '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}',
    'ž', 'Ÿ',
];

/// The text that `octets` are, without blanks at its ends; `None` if nothing is left.
pub fn decode(octets: &[u8]) -> Option<String> {
    let text: String = match std::str::from_utf8(octets) {
        Ok(text) => text.chars().map(harmless).collect(),
        Err(_) => octets.iter().map(|b| harmless(windows_1252(*b))).collect(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn windows_1252(octet: u8) -> char {
    match octet {
        0x80..=0x9F => WINDOWS_1252[usize::from(octet - 0x80)],
        _ => char::from(octet),
    }
}

/// Neither control characters nor those that turn the direction of what follows.
fn harmless(character: char) -> char {
    match character {
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        other if other.is_control() => '\u{FFFD}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_is_tried_first_and_windows_1252_otherwise() {
        assert_eq!(decode("Küche".as_bytes()).as_deref(), Some("Küche"));
        assert_eq!(decode(b"K\xFCche").as_deref(), Some("Küche"));
        assert_eq!(decode(b"5 \x80").as_deref(), Some("5 €"));
        assert_eq!(decode(b"  "), None);
    }

    #[test]
    fn what_would_act_on_a_terminal_is_replaced() {
        let escape = decode(b"\x1B[2JHall\x07").unwrap();
        assert_eq!(escape, "\u{FFFD}[2JHall\u{FFFD}");
        assert_eq!(decode(b"a\x9Bb\xFF").as_deref(), Some("a›bÿ"));
        assert!(
            decode("a\u{9B}b\u{202E}c".as_bytes())
                .unwrap()
                .chars()
                .all(|c| !c.is_control())
        );
    }
}
