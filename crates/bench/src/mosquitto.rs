//! Mosquitto as Debian has it, told to do what our listener does, as far as it can.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::event::{Timespec, poll};

use crate::papers::Papers;
use crate::processes;

/// A broker at work; it is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Mosquitto {
    broker: Child,
    address: SocketAddr,
}

/// What is said where there is none.
const ABSENT: &str = "mosquitto cannot be started; `cargo xtask bench` fetches it";

impl Mosquitto {
    /// Whether there is one to start.
    pub(crate) fn look_for() -> anyhow::Result<()> {
        let asked = Command::new("mosquitto")
            .arg("-h")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        // It tells of itself with an exit status of its own.
        asked.map(drop).context(ABSENT)
    }

    pub(crate) fn start(folder: &Path, papers: &Papers) -> anyhow::Result<Self> {
        // Nobody else takes the port in the meantime: the system hands out others first.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let file = folder.join("mosquitto.conf");
        std::fs::write(&file, configuration(address, papers))?;
        let broker = Command::new("mosquitto")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .context(ABSENT)?;
        let mut mosquitto = Self { broker, address };
        mosquitto.wait()?;
        Ok(mosquitto)
    }

    /// Waits until somebody answers.
    fn wait(&mut self) -> anyhow::Result<()> {
        for _ in 0..100 {
            if let Some(status) = self.broker.try_wait()? {
                bail!("mosquitto ended: {status}");
            }
            match TcpStream::connect(self.address) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error.into()),
            }
            let pause = Timespec::try_from(Duration::from_millis(50))?;
            poll(&mut [], Some(&pause))?;
        }
        bail!("mosquitto does not listen")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.broker.id()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        processes::end(&mut self.broker);
    }
}

/// Certificates are demanded and name the panel; nothing is kept on disk, nothing logged.
fn configuration(address: SocketAddr, papers: &Papers) -> String {
    format!(
        "listener {port} {ip}\n\
         cafile {client_ca}\n\
         certfile {certificate}\n\
         keyfile {key}\n\
         tls_version tlsv1.3\n\
         require_certificate true\n\
         use_identity_as_username true\n\
         allow_anonymous true\n\
         persistence false\n\
         max_inflight_messages 16\n\
         set_tcp_nodelay true\n\
         log_dest none\n\
         user root\n",
        port = address.port(),
        ip = address.ip(),
        client_ca = papers.client_ca.display(),
        certificate = papers.certificate.display(),
        key = papers.key.display(),
    )
}
