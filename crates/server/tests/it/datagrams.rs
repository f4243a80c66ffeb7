//! Frames over UDP, beside TCP: one port, several gateways, nobody else's.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use sim::fleet::Member;
use wire::dc09::{CrcForm, Message};

use crate::doors::{refused, text, watchfire};
use crate::support::processes::send;
use crate::support::server::Server;
use crate::support::turn::turn;

const PANELS: u32 = 64;

/// How often a panel says its frame before it gives up, a second apart.
const TRIES: u32 = 30;

/// A panel that sends datagrams from a port of its own.
pub(crate) struct Panel {
    account: String,
    socket: UdpSocket,
}

impl Panel {
    /// Talks to this address alone: an answer from another one would not reach it.
    pub(crate) fn new(member: &Member, server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect(server).unwrap();
        Self {
            account: member.identity.account.to_string(),
            socket,
        }
    }

    /// Says a frame until it is answered; tells the answer.
    pub(crate) fn report(&self, sequence: u16) -> String {
        let mut frame = Vec::new();
        let event = "1130 01 007";
        let message = Message::adm_cid(&self.account, sequence, event);
        message.encode(CrcForm::Text, &mut frame).unwrap();
        let mut answer = [0; 1_024];
        for _ in 0..TRIES {
            // While nobody serves the port, the kernel says so.
            let _refused = self.socket.send(&frame);
            let wait = Timespec::try_from(Duration::from_secs(1)).unwrap();
            poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&wait)).unwrap();
            self.socket.set_nonblocking(true).unwrap();
            if let Ok(count) = self.socket.recv(&mut answer) {
                return String::from_utf8_lossy(&answer[..count]).into_owned();
            }
        }
        panic!("{} is never answered", self.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn panels_send_datagrams_to_the_port_of_the_connections_and_every_gateway_answers() {
    let _turn = turn("panels send datagrams, and gateways die").await;
    let folder = tempfile::tempdir().unwrap();
    let everywhere = [("WATCHFIRE__LISTENER__DC09__ADDRESS", "0.0.0.0:0")];
    let server = Server::start(&folder.path().join("data"), &everywhere).await;
    let members = Member::many(0xD000, PANELS);
    server.register(&members).await;
    let address = |nth: u8| SocketAddr::from(([127, 0, 0, nth], server.panels().port()));
    let panels: Vec<_> = members
        .iter()
        .zip((1..=8).cycle())
        .map(|(member, nth)| Panel::new(member, address(nth)))
        .collect();
    let all_report = |sequence| {
        for panel in &panels {
            let answer = panel.report(sequence);
            let acknowledged = format!("\"ACK\"{sequence:04}L0#{}[]", panel.account);
            assert!(answer.contains(&acknowledged), "{answer}");
        }
    };
    // Ports are spread over the gateways by the kernel: with 64 both have some.
    all_report(1);
    let mut children = server.children();
    children.retain(|child| child.role == "gateway");
    for (child, sequence) in children.iter().zip(2..) {
        send(child.pid, Signal::KILL);
        all_report(sequence);
    }
    assert_eq!(children.len(), 2);
    let events = server.events().await;
    let stored = events.iter().filter(|event| event.code.code == "1130");
    assert_eq!(stored.count(), 3 * panels.len(), "each once (I2)");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_whose_datagrams_somebody_takes_is_refused_and_one_without_datagrams_is_not() {
    let _turn = turn("somebody else has the port for datagrams").await;
    let folder = tempfile::tempdir().unwrap();
    let somebody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = somebody.local_addr().unwrap().to_string();
    let settings = [
        ("WATCHFIRE__LISTENER__DC09__ADDRESS", taken.as_str()),
        ("WATCHFIRE__API__ADDRESS", "127.0.0.1:0"),
    ];
    let data = folder.path().join("data");
    let told = refused(&watchfire(&["serve", "--data", text(&data)], &settings));
    assert!(told.contains(&taken), "{told}");
    assert!(told.contains("datagrams of listener.dc09"), "{told}");

    let without = [settings[0], ("WATCHFIRE__LISTENER__DC09__UDP", "false")];
    let server = Server::start(&data, &without).await;
    assert_eq!(server.panels().to_string(), taken);
    server.stop().await;
}
