//! Figures to look at: a line of little bars, a share of a bar, digits in groups.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Each figure as a bar between none and the largest.
pub(super) fn spark(figures: &[u64]) -> String {
    let most = figures.iter().copied().max().unwrap_or(0).max(1);
    let bar = |figure: &u64| {
        let steps = u64::try_from(BARS.len() - 1).unwrap_or(7);
        let step = figure.saturating_mul(steps).div_ceil(most);
        usize::try_from(step).ok().and_then(|step| BARS.get(step))
    };
    figures.iter().filter_map(bar).collect()
}

/// Shares of a whole, each with its own letter, over so many places; the rest stays light.
pub(super) fn shares(parts: &[(f64, char)], places: u32) -> String {
    let mut bar = String::new();
    let mut part_before = 0.0;
    let mut filled = 0;
    for (part, letter) in parts {
        // What cannot be told takes no place.
        if part.is_finite() {
            part_before += part.clamp(0.0, 1.0);
        }
        let end = whole(part_before.min(1.0) * f64::from(places)).min(places);
        bar.extend(std::iter::repeat_n(
            *letter,
            end.saturating_sub(filled) as usize,
        ));
        filled = filled.max(end);
    }
    bar.extend(std::iter::repeat_n('░', (places - filled) as usize));
    bar
}

/// Milliseconds from a tenth to ten thousand, each place a quarter of a decade: time is felt by its size.
pub(super) fn latency(millis: Option<f64>) -> String {
    let Some(millis) = millis.filter(|millis| *millis > 0.0) else {
        return String::new();
    };
    let places = ((millis * 10.0).log10() * 4.0).clamp(1.0, 20.0);
    "▪".repeat(whole(places) as usize)
}

/// Rounded; nothing here is large.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and callers clamp"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// 12,345,678.
pub(in crate::cli) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 1.2 KB, 34 MB, 5.6 GB: in thousands, as memory by panel is told.
pub(in crate::cli) fn octets(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = count as f64;
    for unit in ["B", "KB", "MB", "GB"] {
        if value < 999.5 {
            let digits = usize::from(value < 9.95 && unit != "B");
            return format!("{value:.digits$} {unit}");
        }
        value /= 1_000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_between_none_and_the_largest() {
        assert_eq!(spark(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(spark(&[0, 0]), "▁▁");
        assert_eq!(spark(&[]), "");
    }

    #[test]
    fn shares_fill_their_part_and_never_more_than_there_is() {
        assert_eq!(shares(&[(0.25, '█'), (0.25, '▒')], 8), "██▒▒░░░░");
        assert_eq!(shares(&[(0.9, '█'), (0.9, '▒')], 10), "█████████▒");
        assert_eq!(shares(&[(-1.0, '█')], 3), "░░░");
        assert_eq!(shares(&[(f64::NAN, '█')], 3), "░░░");
    }

    #[test]
    fn a_tenfold_time_is_four_places_longer() {
        assert_eq!(latency(None), "");
        assert_eq!(latency(Some(1.0)).chars().count(), 4);
        assert_eq!(latency(Some(10.0)).chars().count(), 8);
        assert_eq!(latency(Some(1e9)).chars().count(), 20);
    }

    #[test]
    fn numbers_are_grouped_and_octets_told_in_three_digits_at_most() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(octets(0), "0 B");
        assert_eq!(octets(5_530), "5.5 KB");
        assert_eq!(octets(34_400_000), "34 MB");
        assert_eq!(octets(2_500_000_000_000), "2.5 TB");
    }
}
