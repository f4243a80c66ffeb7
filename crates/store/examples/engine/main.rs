//! What a panel costs the engine: octets of memory by part, and CPU for each durable event.
//!
//! ```text
//! cargo run --release -p store --example engine -- memory [PANELS]
//! cargo run --release -p store --example engine -- events [PANELS] [EVENTS] [BATCH] [FOLDER]
//! ```
//!
//! Both use the real store and the engine's real services, put together as the server does it, on a
//! folder of panels that a process before has registered: what is measured is a process that has just
//! started. `memory` fills one service after the other with what a fleet on the panel protocol tells,
//! and prints how much memory of the process each took (PSS, the allocator's own losses included).
//! `events` submits numbered signals, BATCH at a time, and waits for the proofs; a run under
//! `valgrind --tool=callgrind` counts instructions that do not depend on what else the machine does.

#![expect(
    clippy::print_stdout,
    reason = "an example that measures, and says what it measured"
)]

mod fleet;
mod house;
mod load;
mod memory;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What goes wrong ends the run.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn number(argument: Option<String>, otherwise: u32) -> Outcome<u32> {
    Ok(argument.map_or(Ok(otherwise), |text| text.parse())?)
}

/// Has another process register the fleet, so that this one's memory is that of a fresh start.
fn registered(folder: &Path, panels: u32) -> Outcome<()> {
    let mut again = Command::new(std::env::current_exe()?);
    let filled = again
        .arg("fill")
        .arg(folder)
        .arg(panels.to_string())
        .status()?;
    filled
        .success()
        .then_some(())
        .ok_or_else(|| "the fleet could not be registered".into())
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next();
    if what.as_deref() == Some("fill") {
        let folder = PathBuf::from(arguments.next().ok_or("fill wants a folder")?);
        return house::run(fleet::register(&folder, number(arguments.next(), 0)?));
    }
    let panels = number(arguments.next(), 50_000)?;
    match what.as_deref() {
        Some("memory") => {
            let folder = tempfile::tempdir()?;
            registered(folder.path(), panels)?;
            house::run(memory::measure(folder.path(), panels))
        }
        Some("events") => {
            let events = number(arguments.next(), 20_000)?;
            let batch = number(arguments.next(), 48)?.max(1);
            let place = arguments
                .next()
                .map_or_else(std::env::temp_dir, PathBuf::from);
            let folder = tempfile::tempdir_in(place)?;
            registered(folder.path(), panels)?;
            house::run(load::measure(folder.path(), panels, events, batch))
        }
        _ => Err("say `memory` or `events`".into()),
    }
}
