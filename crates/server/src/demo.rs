//! `watchfire demo`: a server on a temporary folder, and a few simulated panels that live.
//!
//! Everything goes the way a user's would: the supervisor serves, the panels are imported by the
//! command line over the API, the fleet connects over TCP, and the events are tailed from the
//! API's stream. Nothing is left behind.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::watch;

use crate::clock::SystemClock;
use crate::config::{Config, Sources};
use crate::supervisor::Hangup;
use crate::{log, supervisor};

/// What can be chosen about a demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// How many times faster than people the panels live; 1 is for watching.
    pub(crate) tempo: u32,
    /// When to stop unasked.
    pub(crate) stop_after: Option<Duration>,
}

/// Plays until Ctrl-C, or until it is time.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("watchfire-demo-")
        .tempdir()?;
    let config = config(folder.path())?;
    log::start("demo", "warn", false)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(play(config, folder.path(), options))
}

/// Ports that the system chooses, so that a demonstration never meets a real server.
fn config(folder: &Path) -> anyhow::Result<Config> {
    let set = |key: &str, value: &str| (OsString::from(key), OsString::from(value));
    let sources = Sources {
        file: None,
        environment: vec![
            set("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0"),
            set("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0"),
            set("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0"),
            set("WATCHFIRE__API__ADDRESS", "127.0.0.1:0"),
            set("WATCHFIRE__GATEWAY__COUNT", "2"),
            // Panels here speak every 15 s: a loss is seen while somebody still looks.
            set("WATCHFIRE__SUPERVISION__DEFAULT", "45s"),
            set("WATCHFIRE__LOG__FILTER", "warn"),
        ],
        data: Some(folder.to_owned()),
    };
    Config::load(&sources).map_err(|problems| anyhow::anyhow!("{problems}"))
}

async fn play(config: Config, folder: &Path, options: Options) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let (told, mut ready) = watch::channel(None);
    let serving = supervisor::run(config, Hangup::Stop, stopped.clone(), |greeting| {
        told.send_replace(greeting.listeners.first().map(|(_, address)| *address));
    });
    let show = async {
        let panels: SocketAddr = match ready.wait_for(Option::is_some).await {
            Ok(address) => address.context("the demonstration has a listener")?,
            Err(_) => bail!("the server ended before it was ready"),
        };
        let folder = folder.to_owned();
        let mut tail = tokio::task::spawn_blocking(move || begin(&folder, panels)).await??;
        let mut over = stopped.clone();
        let until = async move {
            let asked = over.wait_for(|stop| *stop);
            match options.stop_after {
                // Either way it is over; an error means that the supervisor has returned.
                Some(time) => drop(tokio::time::timeout(time, asked).await),
                None => drop(asked.await),
            }
        };
        let played = sim::demo::demo(panels, options.tempo, Arc::new(SystemClock), until).await;
        tail.kill().ok();
        tail.wait().ok();
        played.context("the simulated panels")?;
        Ok(())
    };
    // Whichever ends first ends the other, in order.
    let served = async {
        let served = serving.await;
        stop.send_replace(true);
        served
    };
    let shown = async {
        let shown = show.await;
        stop.send_replace(true);
        shown
    };
    let (served, shown) = tokio::join!(served, shown);
    served.and(shown)
}

/// Imports the panels and begins to tail the events; says what to look at.
fn begin(folder: &Path, panels: SocketAddr) -> anyhow::Result<std::process::Child> {
    let file = folder.join("panels.csv");
    std::fs::write(&file, sim::demo::import_csv())?;
    let watchfire = |arguments: &[&str]| {
        let mut command = Command::new("/proc/self/exe");
        command
            .args(arguments)
            .arg("--data")
            .arg(folder)
            .stdin(Stdio::null());
        command
    };
    let imported = watchfire(&["panel", "import"])
        .arg(&file)
        .stdout(Stdio::null())
        .status()?;
    if !imported.success() {
        bail!("the panels of the demonstration could not be registered");
    }
    write!(
        std::io::stdout(),
        "A server and {} panels, simulated, are alive. Panels connect to {panels}.\n\
         \n\
         What to look at:\n\
         - shops open and close: `arm` and `disarm`, and the partition's state follows\n\
         - somebody breaks in, a smoke detector trips: red, first in the queue\n\
         - the mains fail somewhere, and come back: a trouble and its restore\n\
         - 0A05, a cabin in the woods, loses its line after 80 s, for two minutes: 45 s after its\n\
         \x20 last word it is `path_lost`, and then `path_back`\n\
         - 0A07, a bank, encrypts. After 30 s somebody disarms it in clear: that is doubtful, the\n\
         \x20 bank stays armed until a person says otherwise, and the alarm that follows counts\n\
         - 0A08, a kiosk, speaks over UDP; nothing of it is lost\n\
         - 0AFF is known to nobody: it is refused, and kept in quarantine\n\
         \n\
         In another terminal:\n\
         \x20 watchfire panel list --data {folder}\n\
         \x20 watchfire panel show 0A07 --data {folder}\n\
         \x20 watchfire event confirm SEQ --data {folder}   (of the doubtful disarm; or `reject`)\n\
         \x20 watchfire quarantine list --data {folder}\n\
         \x20 watchfire supervision status --data {folder}\n\
         Ctrl-C ends the demonstration and leaves nothing behind.\n\n",
        sim::demo::CAST.len(),
        folder = folder.display(),
    )?;
    Ok(watchfire(&["event", "tail"]).spawn()?)
}
