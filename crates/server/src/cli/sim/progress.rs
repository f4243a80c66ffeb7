//! How far the fleet is: a bar where a terminal reads, a line every five seconds elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use model::Mono;
use sim::run::Progress;

use crate::cli::Out;

/// Between two lines, where no terminal reads.
const LINES: Duration = Duration::from_secs(5);

/// Tells how far the fleet is, on standard error.
#[derive(Debug)]
pub(super) struct Teller {
    bar: Option<ProgressBar>,
    began: Mono,
    lasts: Duration,
    /// When the last line was told.
    told: Mono,
    /// What the last look saw, and when.
    last: (Mono, Progress),
}

impl Teller {
    /// Of a fleet that begins `now` and works for so long.
    pub(super) fn new(lasts: Duration, now: Mono) -> Self {
        Self {
            bar: std::io::stderr().is_terminal().then(|| bar(lasts)),
            began: now,
            lasts,
            told: now,
            last: (now, Progress::default()),
        }
    }

    /// Tells how far it is now.
    pub(super) fn tell(&mut self, now: Mono, progress: Progress, out: &Out) {
        let text = self.text(now, &progress);
        if let Some(bar) = &self.bar {
            let millis = now.since(self.began).as_millis();
            bar.set_position(u64::try_from(millis).unwrap_or(u64::MAX));
            bar.set_message(text);
            self.last = (now, progress);
        } else if now.since(self.told) >= LINES {
            let (seconds, of) = (now.since(self.began).as_secs(), self.lasts.as_secs());
            out.note(format_args!("{seconds} of {of} s: {text}"));
            self.told = now;
            self.last = (now, progress);
        }
    }

    /// A note of its own, above the bar.
    pub(super) fn note(&self, note: &str, out: &Out) {
        match &self.bar {
            Some(bar) => bar.suspend(|| out.note(note)),
            None => out.note(note),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn text(&self, now: Mono, progress: &Progress) -> String {
        let (then, before) = &self.last;
        let millis = u64::try_from(now.since(*then).as_millis()).unwrap_or(u64::MAX);
        let acknowledged = progress.acknowledged.saturating_sub(before.acknowledged);
        let rate = acknowledged.saturating_mul(1_000) / millis.max(1);
        let mut text = format!(
            "{} online, {} sent, {} acknowledged ({rate}/s), {} polls",
            progress.online, progress.sent, progress.acknowledged, progress.supervised,
        );
        if progress.refused > 0 {
            text.push_str(", refused: ");
            text.push_str(&progress.refused.to_string());
        }
        text
    }
}

fn bar(lasts: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed} {bar:24} {eta} left  {wide_msg}");
    let millis = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    ProgressBar::new(millis).with_style(style.expect("the template is a constant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_since_the_last_look() {
        let second = |n: u64| Mono(n * 1_000_000_000);
        let mut teller = Teller::new(Duration::from_mins(1), second(1));
        let seen = |acknowledged| Progress {
            acknowledged,
            ..Progress::default()
        };
        teller.last = (second(3), seen(100));
        let text = teller.text(second(5), &seen(300));
        assert!(text.contains("300 acknowledged (100/s)"), "{text}");
        assert!(!text.contains("refused"), "{text}");
    }
}
