//! How far a run is, for whoever watches: one line that is renewed where a terminal reads, a line
//! every few seconds elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use model::{Clock, Mono};
use sim::run::Progress;

use crate::clock::MachineClock;

/// Between two lines, where no terminal reads.
const LINES: Duration = Duration::from_secs(5);

/// Between two looks, where one does.
const LOOKS: Duration = Duration::from_millis(500);

/// Tells how far a run is, on standard error.
#[derive(Debug)]
pub(super) struct Show {
    terminal: bool,
    server: String,
    phase: &'static str,
    /// When the phase is over, if that is known.
    ends: Option<Mono>,
    panels: u32,
    told: Mono,
    /// What was seen when it was told last.
    last: (Mono, Progress),
}

impl Show {
    /// Of so many panels.
    pub(super) fn new(panels: u32) -> Self {
        let now = MachineClock.now().mono;
        Self {
            terminal: std::io::stderr().is_terminal(),
            server: String::new(),
            phase: "",
            ends: None,
            panels,
            told: now,
            last: (now, Progress::default()),
        }
    }

    /// A server's turn begins.
    pub(super) fn server(&mut self, name: &str) {
        name.clone_into(&mut self.server);
        self.last = (MachineClock.now().mono, Progress::default());
    }

    /// A phase begins, which ends by then if all goes well.
    pub(super) fn phase(&mut self, phase: &'static str, ends: Option<Mono>) {
        self.phase = phase;
        self.ends = ends;
        self.note(&format!("{}: {phase}", self.server));
    }

    /// A line of its own.
    pub(super) fn note(&self, note: &str) {
        let renew = if self.terminal { "\r\x1b[K" } else { "" };
        tell(format_args!("{renew}{note}\n"));
    }

    /// Tells how far it is, if it is time to.
    pub(super) fn tell(&mut self, progress: &Progress) {
        let now = MachineClock.now().mono;
        let every = if self.terminal { LOOKS } else { LINES };
        if now.since(self.told) < every {
            return;
        }
        self.told = now;
        let line = self.line(now, progress);
        self.last = (now, *progress);
        if self.terminal {
            tell(format_args!("\r\x1b[K{line}"));
        } else {
            tell(format_args!("{line}\n"));
        }
    }

    fn line(&self, now: Mono, progress: &Progress) -> String {
        let (then, before) = &self.last;
        let millis = u64::try_from(now.since(*then).as_millis()).unwrap_or(u64::MAX);
        let a_second = |now: u64, before: u64| now.saturating_sub(before) * 1_000 / millis.max(1);
        let mut line = format!(
            "{}: {}, {} of {} panels online",
            self.server, self.phase, progress.online, self.panels
        );
        let mut add = |more: std::fmt::Arguments<'_>| {
            line.write_fmt(more)
                .expect("a string takes all that is written");
        };
        let coming = a_second(progress.online, before.online);
        if coming > 0 {
            add(format_args!(" ({coming}/s)"));
        }
        let answered = |progress: &Progress| progress.acknowledged + progress.supervised;
        let rate = a_second(answered(progress), answered(before));
        add(format_args!(", {rate} requests/s"));
        if let Some(ends) = self.ends {
            add(format_args!(", {} s left", ends.since(now).as_secs()));
        }
        line
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        if self.terminal {
            tell(format_args!("\r\x1b[K"));
        }
    }
}

/// A reader who has gone away is no error.
fn tell(text: std::fmt::Arguments<'_>) {
    let mut out = std::io::stderr().lock();
    drop(out.write_fmt(text).and_then(|()| out.flush()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_phase_who_is_there_the_rate_and_the_time_left() {
        let second = |n: u64| Mono(n * 1_000_000_000);
        let mut show = Show::new(100);
        show.server("watchfire");
        show.phase = "living";
        show.ends = Some(second(30));
        let seen = |acknowledged, online| Progress {
            acknowledged,
            online,
            ..Progress::default()
        };
        show.last = (second(3), seen(100, 40));
        let line = show.line(second(5), &seen(300, 60));
        assert_eq!(
            line,
            "watchfire: living, 60 of 100 panels online (10/s), 100 requests/s, 25 s left"
        );
    }
}
