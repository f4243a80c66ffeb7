use bytes::Bytes;
use model::{Account, Code, ConnectionReport, ConnectionState, Wall};
use wire::mqtt::{ConnAck, Connect, Level, PubAck, Publish, Qos, encode};
use wire::panel::{Evt, Format};

use super::super::{Member, Secret, Timeline};
use super::*;
use crate::machine::{Blueprint, Saying};
use crate::reason::Reason;

const T0: Now = Now {
    mono: Mono(1_000_000_000),
    wall: Wall(1_750_000_000_000_000),
    suspect: false,
};

fn later(seconds: u64) -> Now {
    Now {
        mono: T0.mono.after(Duration::from_secs(seconds)),
        wall: Wall(T0.wall.0 + i64::try_from(seconds).unwrap() * 1_000_000),
        suspect: false,
    }
}

fn member() -> Member {
    let account = Account::parse(b"12AB").unwrap();
    Member::of(account, Timeline::of(T0), 7)
}

fn build(member: &Member) -> Panel {
    member.build(Dice::new(1, 2, 3))
}

/// What the panel transmits now, as a server reads it.
struct Server(Decoder);

impl Server {
    fn new() -> Self {
        Self(Decoder::server(LARGEST))
    }

    fn hear(&mut self, panel: &mut Panel) -> Vec<Packet> {
        let mut octets = Vec::new();
        while panel.transmit(&mut octets) {}
        let mut input = &octets[..];
        let mut packets = Vec::new();
        while let Some(packet) = self.0.next(&mut input).unwrap() {
            packets.push(packet);
        }
        packets
    }

    fn say(&self, panel: &mut Panel, now: Now, packet: &Packet) {
        let mut octets = Vec::new();
        encode(packet, self.0.level().unwrap(), &mut octets).unwrap();
        panel.handle_bytes(now, &octets);
    }

    fn acknowledge(&self, panel: &mut Panel, now: Now, publish: &Publish) {
        let ack = PubAck::because(publish.packet_id.unwrap(), ReasonCode::Success);
        self.say(panel, now, &Packet::PubAck(ack));
    }

    /// Lets the panel in, as it is asked to at its connection; what it sends then.
    fn let_in(&mut self, panel: &mut Panel, now: Now) -> (Connect, Vec<Publish>) {
        panel.handle_connected(now, now.mono);
        let Packet::Connect(connect) = self.hear(panel).remove(0) else {
            panic!("CONNECT comes first");
        };
        self.say(panel, now, &accepted());
        (*connect, publishes(self.hear(panel)))
    }
}

fn accepted() -> Packet {
    Packet::ConnAck(Box::new(ConnAck::because(ReasonCode::Success)))
}

fn publishes(packets: Vec<Packet>) -> Vec<Publish> {
    let publish = |packet| match packet {
        Packet::Publish(publish) => publish,
        other => panic!("{other:?}"),
    };
    packets.into_iter().map(publish).collect()
}

fn events(panel: &mut Panel) -> Vec<PanelEvent> {
    std::iter::from_fn(|| panel.poll_event()).collect()
}

/// A panel that is online, with its `conn` acknowledged.
fn online(member: &Member) -> (Panel, Server) {
    let (mut panel, mut server) = (build(member), Server::new());
    let (_, said) = server.let_in(&mut panel, T0);
    server.acknowledge(&mut panel, T0, &said[0]);
    events(&mut panel);
    (panel, server)
}

fn report(panel: &mut Panel, now: Now, number: u64) {
    panel.report(now, now.mono, Report::numbered(number));
}

fn evt(publish: &Publish) -> Evt {
    assert_eq!(publish.topic, "ap/v1/12AB/evt");
    Evt::decode(Format::Json, &publish.payload).unwrap()
}

#[test]
fn a_panel_asks_to_be_let_in_with_a_will_and_says_who_it_is() {
    let mut member = member();
    member.secret = Some(Secret("wfp_abc".to_owned()));
    let (mut panel, mut server) = (build(&member), Server::new());
    let (connect, said) = server.let_in(&mut panel, T0);
    assert_eq!(
        (
            connect.client_id.as_str(),
            connect.clean_start,
            connect.keep_alive
        ),
        ("12AB", true, 60)
    );
    assert_eq!(connect.user_name.as_deref(), Some("12AB"));
    assert_eq!(connect.password.unwrap().expose(), b"wfp_abc");
    let will = connect.will.unwrap();
    let lost = ConnectionReport::decode(Format::Json, &will.payload).unwrap();
    assert_eq!((will.topic.as_str(), lost.boot), ("ap/v1/12AB/conn", 7));
    assert_eq!(lost.state, ConnectionState::Lost);
    assert_eq!(said[0].topic, "ap/v1/12AB/conn");
    let said = ConnectionReport::decode(Format::Json, &said[0].payload).unwrap();
    assert_eq!((said.state, said.boot), (ConnectionState::Online, 7));
}

#[test]
fn a_path_has_its_name_behind_the_account_and_its_panels_topics() {
    let [lan, cell] = member().into_paths(100);
    for (path, id) in [(lan, "12AB/lan"), (cell, "12AB/cell")] {
        let (mut panel, mut server) = (build(&path), Server::new());
        let (connect, said) = server.let_in(&mut panel, T0);
        assert_eq!(connect.client_id, id);
        assert_eq!(said[0].topic, "ap/v1/12AB/conn");
    }
}

#[test]
fn an_event_is_acknowledged_by_its_puback_and_counts_from_its_intended_time() {
    let (mut panel, mut server) = online(&member());
    panel.report(later(3), later(1).mono, Report::numbered(1));
    let sent = publishes(server.hear(&mut panel));
    let said = evt(&sent[0]);
    assert_eq!((said.seq, said.boot), (1, 7));
    assert_eq!(said.occurred, Some(Wall(1_750_000_001_000_000)));
    assert_eq!(said.sent, Some(Wall(1_750_000_003_000_000)));
    assert!(matches!(said.code, Code::ContactId(..)));
    server.acknowledge(&mut panel, later(4), &sent[0]);
    let Report::Event { happening, .. } = Report::numbered(1) else {
        panic!("numbers are events'");
    };
    let acknowledged = PanelEvent::Acknowledged {
        number: 1,
        kind: Kind::of(&happening.code),
        took: Duration::from_secs(3),
        served: Duration::from_secs(3),
        in_order: true,
    };
    assert_eq!(events(&mut panel), [acknowledged]);
    assert!(panel.is_at_rest());
}

#[test]
fn what_waited_for_the_admission_was_served_from_then_on() {
    let (mut panel, _) = online(&member());
    report(&mut panel, later(1), 1);
    panel.handle_disconnected();
    let mut server = Server::new();
    let (_, again) = server.let_in(&mut panel, later(30));
    events(&mut panel);
    server.acknowledge(&mut panel, later(31), &again[1]);
    let [PanelEvent::Acknowledged { took, served, .. }] = events(&mut panel)[..] else {
        panic!("one event was acknowledged");
    };
    assert_eq!([took, served].map(|time| time.as_secs()), [30, 1]);
}

#[test]
fn what_has_no_puback_goes_out_on_the_next_connection_the_same_to_the_octet() {
    let (mut panel, mut server) = online(&member());
    for number in 1..=3 {
        report(&mut panel, T0, number);
    }
    let first = publishes(server.hear(&mut panel));
    server.acknowledge(&mut panel, T0, &first[0]);
    panel.handle_disconnected();
    let mut server = Server::new();
    let (_, again) = server.let_in(&mut panel, later(30));
    assert!(again[0].topic.ends_with("/conn"));
    let payloads = |sent: &[Publish]| -> Vec<Bytes> {
        sent.iter().map(|publish| publish.payload.clone()).collect()
    };
    assert_eq!(payloads(&again[1..]), payloads(&first[1..]));
    assert!(
        again.iter().all(|publish| !publish.dup),
        "a new session knows of no first time"
    );
    assert!(events(&mut panel).contains(&PanelEvent::Repeating));
}

#[test]
fn a_panel_that_gets_no_answer_hangs_up_and_repeats_nothing_before() {
    let (mut panel, mut server) = online(&member());
    report(&mut panel, T0, 1);
    server.hear(&mut panel);
    let deadline = panel.poll_timeout().unwrap();
    assert_eq!(deadline, later(15).mono);
    // What comes behind does not put it off.
    report(&mut panel, later(10), 2);
    assert_eq!(panel.poll_timeout(), Some(deadline));
    assert_eq!(publishes(server.hear(&mut panel)).len(), 1);
    panel.handle_timeout(later(15));
    assert_eq!(events(&mut panel), [PanelEvent::HangUp]);
}

#[test]
fn a_refusal_tells_its_reason_and_when_to_come_back() {
    for (reason, told) in [
        (ReasonCode::ServerBusy, Reason::Connack(0x89)),
        (ReasonCode::NotAuthorized, Reason::Connack(0x87)),
    ] {
        let (mut panel, mut server) = (build(&member()), Server::new());
        panel.handle_connected(T0, T0.mono);
        server.hear(&mut panel);
        let ack = ConnAck {
            user_properties: vec![("retry-after".to_owned(), "30".to_owned())],
            ..ConnAck::because(reason)
        };
        server.say(&mut panel, T0, &Packet::ConnAck(Box::new(ack)));
        assert_eq!(
            events(&mut panel),
            [
                PanelEvent::Said(Kind::Connect),
                PanelEvent::Declined(Kind::Connect),
                PanelEvent::Told(told),
                PanelEvent::Later(Duration::from_secs(30)),
                PanelEvent::HangUp,
            ]
        );
        assert!(!panel.has_room());
    }
}

#[test]
fn a_refusal_of_3_1_1_has_its_own_number() {
    let mut member = member();
    member.level = Level::V311;
    let (mut panel, mut server) = (build(&member), Server::new());
    panel.handle_connected(T0, T0.mono);
    server.hear(&mut panel);
    let ack = ConnAck::because(ReasonCode::NotAuthorized);
    server.say(&mut panel, T0, &Packet::ConnAck(Box::new(ack)));
    assert!(events(&mut panel).contains(&PanelEvent::Told(Reason::Connack3(5))));
}

#[test]
fn a_farewell_of_the_server_is_told_and_its_hint_kept() {
    let (mut panel, server) = online(&member());
    let farewell = Disconnect {
        user_properties: vec![("retry-after".to_owned(), "9999999".to_owned())],
        ..Disconnect::because(ReasonCode::ServerShuttingDown)
    };
    server.say(&mut panel, T0, &Packet::Disconnect(farewell));
    assert_eq!(
        events(&mut panel),
        [
            PanelEvent::Told(Reason::Disconnect(0x8B)),
            PanelEvent::Later(Duration::from_hours(1)),
            PanelEvent::HangUp,
        ]
    );
}

#[test]
fn a_refused_event_is_told_as_refused_and_not_sent_again() {
    let (mut panel, mut server) = online(&member());
    report(&mut panel, T0, 1);
    let sent = publishes(server.hear(&mut panel));
    let refusal = PubAck::because(sent[0].packet_id.unwrap(), ReasonCode::NotAuthorized);
    server.say(&mut panel, T0, &Packet::PubAck(refusal));
    let told = events(&mut panel);
    assert_eq!(told[0], PanelEvent::Told(Reason::Puback(0x87)));
    assert!(matches!(told[1], PanelEvent::Refused { number: 1, .. }));
    assert!(panel.is_at_rest());
}

#[test]
fn a_silent_panel_asks_whether_the_server_is_there_as_often_as_the_server_wants() {
    let (mut panel, mut server) = (build(&member()), Server::new());
    panel.handle_connected(T0, T0.mono);
    server.hear(&mut panel);
    let ack = ConnAck {
        server_keep_alive: Some(39),
        ..ConnAck::because(ReasonCode::Success)
    };
    server.say(&mut panel, T0, &Packet::ConnAck(Box::new(ack)));
    let said = publishes(server.hear(&mut panel));
    server.acknowledge(&mut panel, T0, &said[0]);
    assert_eq!(panel.poll_timeout(), Some(later(39).mono));
    panel.handle_timeout(later(39));
    assert_eq!(server.hear(&mut panel), [Packet::PingReq]);
    events(&mut panel);
    server.say(&mut panel, later(40), &Packet::PingResp);
    let answered = PanelEvent::Answered {
        kind: Kind::Poll,
        took: Duration::from_secs(1),
    };
    assert_eq!(events(&mut panel), [answered]);
    panel.handle_timeout(later(79));
    server.hear(&mut panel);
    panel.handle_timeout(later(79 + 15));
    assert!(
        events(&mut panel).contains(&PanelEvent::HangUp),
        "nobody is there"
    );
}

#[test]
fn a_deaf_panel_sends_again_what_was_stored() {
    let mut member = member();
    member.habit.deaf = Share::percent(100);
    let (mut panel, mut server) = (build(&member), Server::new());
    server.let_in(&mut panel, T0);
    report(&mut panel, T0, 1);
    let sent = publishes(server.hear(&mut panel));
    server.acknowledge(&mut panel, later(2), &sent[0]);
    assert!(events(&mut panel).contains(&PanelEvent::Ignored));
    panel.handle_disconnected();
    panel.hear_all();
    let mut server = Server::new();
    let (_, again) = server.let_in(&mut panel, later(20));
    assert_eq!(again[1].payload, sent[0].payload);
    server.acknowledge(&mut panel, later(20), &again[1]);
    let took = Duration::from_secs(2);
    let first = |event: &PanelEvent| matches!(event, PanelEvent::Acknowledged { took: t, .. } if *t == took);
    assert!(
        events(&mut panel).iter().any(first),
        "the first answer counts"
    );
}

#[test]
fn what_is_sent_twice_at_once_is_one_message_under_two_packet_ids() {
    let mut member = member();
    member.habit.doubles = Share::percent(100);
    let (mut panel, mut server) = online(&member);
    report(&mut panel, T0, 1);
    let sent = publishes(server.hear(&mut panel));
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].payload, sent[1].payload);
    assert_ne!(sent[0].packet_id, sent[1].packet_id);
    server.acknowledge(&mut panel, T0, &sent[0]);
    server.acknowledge(&mut panel, T0, &sent[1]);
    let told = events(&mut panel);
    assert_eq!(told[..2], [PanelEvent::Doubled, PanelEvent::Stray]);
    assert!(matches!(
        told[2],
        PanelEvent::Acknowledged { number: 1, .. }
    ));
}

#[test]
fn a_panel_that_never_reads_goes_on_and_waits_for_nothing() {
    let mut member = member();
    member.habit.reads = false;
    let (mut panel, mut server) = (build(&member), Server::new());
    panel.handle_connected(T0, T0.mono);
    for number in 1..=40 {
        assert!(panel.has_room());
        report(&mut panel, T0, number);
    }
    let packets = server.hear(&mut panel);
    let pings = packets.iter().filter(|packet| **packet == Packet::PingReq);
    assert_eq!(pings.count(), 40 * UNREAD_PINGS);
    let unheard = events(&mut panel);
    let unheard = unheard
        .iter()
        .filter(|event| matches!(event, PanelEvent::Unheard(_)));
    assert_eq!(unheard.count(), 40);
    assert!(panel.is_at_rest());
}

#[test]
fn a_panel_that_leaves_says_goodbye_and_its_will_dies_with_it() {
    let (mut panel, mut server) = online(&member());
    panel.handle_end(T0);
    let packets = server.hear(&mut panel);
    let [Packet::Publish(said), Packet::Disconnect(farewell)] = &packets[..] else {
        panic!("{packets:?}");
    };
    let conn = ConnectionReport::decode(Format::Json, &said.payload).unwrap();
    assert_eq!(
        (conn.state, said.qos),
        (ConnectionState::Offline, Qos::AtMostOnce)
    );
    assert_eq!(farewell.reason, ReasonCode::Success);
}

#[test]
fn octets_that_are_no_packet_end_the_connection() {
    let (mut panel, _) = online(&member());
    panel.handle_bytes(T0, &[0x00, 0x00]);
    assert_eq!(
        events(&mut panel),
        [PanelEvent::Unreadable, PanelEvent::HangUp]
    );
}

#[test]
fn cbor_is_named_by_its_content_type() {
    let mut member = member();
    member.habit.format = Format::Cbor;
    let (mut panel, mut server) = online(&member);
    report(&mut panel, T0, 1);
    let sent = publishes(server.hear(&mut panel));
    let content_type = sent[0].properties.content_type.as_deref();
    assert_eq!(content_type, Some("application/cbor"));
    assert_eq!(Evt::decode(Format::Cbor, &sent[0].payload).unwrap().seq, 1);
}
