use proptest::prelude::*;

use model::{
    Account, Code, ConnectionReport as Conn, ConnectionState, EventClass, EventFlags, LinkKind,
    PanelCode, Point, PointNumber, RebootReason, ReportedPartition, ShortText,
    StatusReport as Status, Wall, ZoneState,
};

use super::*;

fn json<D: Document>(text: &str) -> Result<D, String> {
    D::decode(Format::Json, text.as_bytes()).map_err(|flaw| flaw.to_string())
}

fn cbor<D: Document>(hex: &str) -> Result<D, String> {
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let octets: Vec<u8> = digits.chunks(2).map(octet).collect();
    D::decode(Format::Cbor, &octets).map_err(|flaw| flaw.to_string())
}

fn refused<D: Document + std::fmt::Debug>(text: &str) -> String {
    json::<D>(text).unwrap_err()
}

const ALARM: &str = r#"{"seq":7,"boot":3,"cid":"1130","part":1,"zone":15,"t":1700000000000,
    "sent":1700000000900,"text":" Küche ","stored":true,"delay":30}"#;

#[test]
fn an_event_is_read_member_by_member() {
    let event: Evt = json(ALARM).unwrap();
    assert_eq!((event.seq, event.boot), (7, 3));
    assert_eq!(event.code.to_string(), "1130");
    assert_eq!(event.partition, Some(1));
    assert_eq!(event.point, Some(EvtPoint::Zone(15)));
    assert_eq!(event.occurred, Some(Wall(1_700_000_000_000_000)));
    assert_eq!(event.sent, Some(Wall(1_700_000_000_900_000)));
    assert_eq!(event.delay, Some(30));
    assert_eq!(event.text.as_deref(), Some("Küche"));
    assert!(event.stored);
}

#[test]
fn an_event_is_a_signal_of_one_item() {
    let event: Evt = json(ALARM).unwrap();
    let account = Account::parse(b"1234").unwrap();
    let signal = event.into_signal(account, ALARM.as_bytes().to_vec());
    assert_eq!(
        (signal.format.as_str(), signal.panel_sequence),
        ("AP1", Some(7))
    );
    assert_eq!(signal.flags, EventFlags::STORED_BY_PANEL);
    assert_eq!(signal.class(), EventClass::Burglary);
    let [item] = &signal.items[..] else {
        panic!("one event");
    };
    assert_eq!(item.point, PointNumber::parse(b"15").map(Point::Zone));
    assert_eq!(item.text.as_deref(), Some("Küche"));
    let output: Evt = json(r#"{"seq":1,"boot":1,"code":"output_on","output":2}"#).unwrap();
    let signal = output.into_signal(account, Vec::new());
    assert_eq!(
        signal.items[0].point,
        PointNumber::parse(b"2").map(Point::Output)
    );
}

#[test]
fn what_cannot_be_read_is_a_signal_of_an_alarm_class() {
    let signal = Evt::undecoded(Account::parse(b"1234").unwrap(), b"{".to_vec());
    assert!(signal.class().is_alarm());
    assert_eq!(signal.items[0].flags, EventFlags::UNDECODED);
    assert_eq!(signal.raw, b"{");
}

#[test]
fn a_resend_has_the_same_content_however_it_is_written() {
    let first: Evt = json(ALARM).unwrap();
    let resent = Evt {
        sent: None,
        stored: false,
        ..first.clone()
    };
    assert_eq!(first.content(), resent.content());
    let again = Evt::decode(Format::Cbor, &first.encode(Format::Cbor)).unwrap();
    assert_eq!(first.content(), again.content());
    let other = Evt {
        point: Some(EvtPoint::Zone(16)),
        ..first.clone()
    };
    assert_ne!(first.content(), other.content());
}

#[test]
fn a_report_with_states_is_read_in_order() {
    let report: Status = json(
        r#"{"rssi":-71,"link":"4g","battery":98,"voltage":13.6,"mains":true,"temperature":-4.5,
            "retries":2,"rtt":85,"uptime":86400,"parts":[{"n":1,"state":"armed_away"}],
            "zones":[{"state":"open","n":3},{"n":4,"state":"closed"}],"outputs":[{"n":1,"on":true}]}"#,
    )
    .unwrap();
    assert_eq!(
        (report.rssi, report.link),
        (Some(-71), Some(LinkKind::FourG))
    );
    assert_eq!(
        (report.millivolts, report.decidegrees),
        (Some(13_600), Some(-45))
    );
    assert_eq!(report.partitions, [(1, ReportedPartition::ArmedAway)]);
    assert_eq!(report.zones, [(3, ZoneState::Open), (4, ZoneState::Closed)]);
    assert_eq!(report.outputs, [(1, true)]);
    assert_eq!(json::<Status>("{}").unwrap(), Status::default());
}

#[test]
fn a_word_about_a_connection_is_read() {
    let conn: Conn =
        json(r#"{"state":"online","boot":3,"fw":"2.1.0","model":"S16","reason":"power"}"#).unwrap();
    assert_eq!((conn.state, conn.boot), (ConnectionState::Online, 3));
    assert_eq!(conn.reason, Some(RebootReason::Power));
}

#[test]
fn a_code_belongs_to_one_of_three_sets() {
    let code = |text: &str| json::<Evt>(&format!(r#"{{"seq":1,"boot":0,{text}}}"#));
    assert_eq!(code(r#""cid":"1e30""#).unwrap().code.to_string(), "1E30");
    assert_eq!(code(r#""sia":"ba""#).unwrap().code.to_string(), "BA");
    let needed = "payload: exactly one is needed of cid, sia, code";
    assert_eq!(code(r#""part":1"#).unwrap_err(), needed);
    assert_eq!(code(r#""cid":"1130","sia":"BA""#).unwrap_err(), needed);
    assert_eq!(
        code(r#""cid":null,"sia":"BA""#).unwrap().code.to_string(),
        "BA"
    );
    assert_eq!(
        code(r#""cid":"1130","zone":1,"user":2"#).unwrap_err(),
        "payload: at most one may be there of zone, user, output"
    );
}

#[test]
fn number_0_is_no_zone_and_no_user_but_every_partition() {
    let event: Evt = json(r#"{"seq":1,"boot":0,"cid":"3401","part":0,"user":0}"#).unwrap();
    assert_eq!((event.partition, event.point), (Some(0), None));
}

#[test]
fn a_flaw_names_the_member_what_was_found_and_what_is_allowed() {
    let event = |text: &str| refused::<Evt>(&format!(r#"{{"boot":0,"cid":"1130",{text}}}"#));
    assert_eq!(
        event(r#""part":1"#),
        "seq: is missing; allowed: 1 to 18446744073709551615"
    );
    assert_eq!(
        event(r#""seq":0"#),
        "seq: found a number too small; allowed: 1 to 18446744073709551615"
    );
    assert_eq!(
        event(r#""seq":1,"part":10000"#),
        "part: found a number too large; allowed: 0 to 9999"
    );
    assert_eq!(
        event(r#""seq":1,"part":"1""#),
        "part: found a text; allowed: 0 to 9999"
    );
    assert_eq!(
        event(r#""seq":1,"part":1.5"#),
        "part: found a number that is not whole; allowed: 0 to 9999"
    );
    assert_eq!(
        event(r#""seq":1,"part":{}"#),
        "part: found an object; allowed: 0 to 9999"
    );
    assert_eq!(
        event(r#""seq":1,"part":[1]"#),
        "part: found a list; allowed: 0 to 9999"
    );
    assert_eq!(
        event(r#""seq":1,"stored":1"#),
        "stored: found a number; allowed: true, false"
    );
    assert_eq!(event(r#""seq":1,"seq":1"#), "seq: is there twice");
    assert_eq!(event(r#""seq":1,"s\u0065q":2"#), "seq: is there twice");
    let long = format!(r#""seq":1,"text":"{}""#, "x".repeat(129));
    assert_eq!(
        event(&long),
        "text: found a text of 129 octets; allowed: a text of 128 octets"
    );
    assert_eq!(
        refused::<Conn>(r#"{"boot":1,"state":"here"}"#),
        "state: found another word; allowed: online, offline, sleeping, lost"
    );
}

#[test]
fn a_flaw_in_a_list_names_the_item() {
    assert_eq!(
        refused::<Status>(r#"{"zones":[{"n":1,"state":"open"},{"n":2,"state":"ajar"}]}"#),
        "zones[1].state: found another word; allowed: closed, open, alarm, tamper, trouble, bypassed"
    );
    assert_eq!(
        refused::<Status>(r#"{"zones":[{"n":1}]}"#),
        "zones[0].state: is missing; allowed: closed, open, alarm, tamper, trouble, bypassed"
    );
    assert_eq!(
        refused::<Status>(r#"{"zones":[7]}"#),
        "zones[0]: found a number; an object belongs there"
    );
    assert_eq!(
        refused::<Status>(r#"{"zones":7}"#),
        "zones: found a number; allowed: a list of 256 objects"
    );
    assert_eq!(
        refused::<Status>(r#"{"outputs":[{"n":0,"on":true}]}"#),
        "outputs[0].n: found a number too small; allowed: 1 to 9999"
    );
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    assert_eq!(
        refused::<Evt>("{\"seq\":1,\n  oops}"),
        "payload: not JSON from line 2, column 3 on"
    );
    assert_eq!(
        refused::<Evt>(""),
        "payload: not JSON from line 1, column 0 on"
    );
    assert_eq!(
        refused::<Status>("{} {}"),
        "payload: something stands behind it"
    );
    assert_eq!(
        refused::<Status>("[]"),
        "payload: found a list; an object belongs there"
    );
    assert_eq!(
        refused::<Status>("\"rssi\""),
        "payload: found a text; an object belongs there"
    );
    assert!(Status::decode(Format::Json, b"{\"x\":\"\xFF\"}").is_err());
}

#[test]
fn unknown_members_are_skipped_to_a_bounded_depth() {
    assert!(json::<Status>(r#"{"later":[{"a":[1,2.5,"x",null,true]}],"rssi":-1}"#).is_ok());
    let deep = |levels: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(json::<Status>(&deep(limits::PANEL_DEPTH - 1)).is_ok());
    assert_eq!(
        refused::<Status>(&deep(limits::PANEL_DEPTH)),
        "payload: lists and objects lie deeper than 8"
    );
}

#[test]
fn a_payload_is_not_looked_at_beyond_its_length() {
    let long = format!("{{}}{}", " ".repeat(limits::PANEL_STATUS));
    assert_eq!(refused::<Status>(&long), "payload: over 8192 octets");
    let long = format!("{{}}{}", " ".repeat(limits::PANEL_EVENT));
    assert_eq!(refused::<Evt>(&long), "payload: over 4096 octets");
}

#[test]
fn a_list_longer_than_its_bound_is_refused() {
    let outputs = |n: usize| {
        format!(
            r#"{{"outputs":[{}]}}"#,
            vec![r#"{"n":1,"on":true}"#; n].join(",")
        )
    };
    assert_eq!(json::<Status>(&outputs(64)).unwrap().outputs.len(), 64);
    assert_eq!(
        refused::<Status>(&outputs(65)),
        "outputs: too many items; allowed: a list of 64 objects"
    );
}

#[test]
fn whole_numbers_may_be_written_with_an_exponent_or_a_fraction_of_zero() {
    assert_eq!(
        json::<Status>(r#"{"battery":1e2,"rssi":-71.0}"#)
            .unwrap()
            .battery,
        Some(100)
    );
    assert!(json::<Status>(r#"{"battery":1e300}"#).is_err());
    let most = json::<Evt>(r#"{"seq":18446744073709551615,"boot":4294967295,"cid":"1130"}"#);
    assert_eq!(most.unwrap().seq, u64::MAX);
    assert!(json::<Evt>(r#"{"seq":18446744073709551616,"boot":0,"cid":"1130"}"#).is_err());
}

#[test]
fn cbor_of_definite_and_indefinite_length_is_read() {
    // {"seq": 1, "boot": 2, "sia": "BA"}
    let definite: Evt = cbor("A3 63736571 01 64626F6F74 02 63736961 624241").unwrap();
    // The same with an indefinite map, a key and a value in pieces.
    let indefinite: Evt =
        cbor("BF 7F6273656171FF 01 64626F6F74 02 63736961 7F61426141FF FF").unwrap();
    assert_eq!(definite, indefinite);
    assert_eq!(definite.code.to_string(), "BA");
}

#[test]
fn cbor_numbers_count_for_what_they_are() {
    // battery as float 16, 32 and 64; rssi negative.
    for battery in ["F95640", "FA42C80000", "FB4059000000000000", "1864"] {
        let report: Status =
            cbor(&format!("A2 6762617474657279 {battery} 6472737369 3846")).unwrap();
        assert_eq!(
            (report.battery, report.rssi),
            (Some(100), Some(-71)),
            "{battery}"
        );
    }
    // -1, and the least that CBOR can write: -2^64.
    for battery in ["20", "3BFFFFFFFFFFFFFFFF"] {
        let flaw = cbor::<Status>(&format!("A1 6762617474657279 {battery}")).unwrap_err();
        assert_eq!(flaw, "battery: found a number too small; allowed: 0 to 100");
    }
    for not_a_number in ["F97E00", "FB7FF0000000000000"] {
        assert!(cbor::<Status>(&format!("A1 6762617474657279 {not_a_number}")).is_err());
        assert!(cbor::<Status>(&format!("A1 67766F6C74616765 {not_a_number}")).is_err());
    }
}

#[test]
fn cbor_of_other_kinds_is_refused_in_known_members_and_skipped_elsewhere() {
    // "rtt" as tagged, octets, simple 16, and as nothing.
    for (value, found) in [
        ("C11A00000001", "a tagged value"),
        ("4101", "octets"),
        ("F0", "a simple value"),
    ] {
        let flaw = cbor::<Status>(&format!("A1 63727474 {value}")).unwrap_err();
        assert_eq!(
            flaw,
            format!("rtt: found {found}; allowed: 0 to 4294967295")
        );
        assert_eq!(
            cbor::<Status>(&format!("A1 6178 {value}")).unwrap(),
            Status::default()
        );
    }
    for nothing in ["F6", "F7"] {
        assert_eq!(
            cbor::<Status>(&format!("A1 63727474 {nothing}")).unwrap(),
            Status::default()
        );
    }
    assert_eq!(
        cbor::<Status>("A1 01 02").unwrap_err(),
        "payload: a key of a map is no text"
    );
    assert_eq!(
        cbor::<Status>("80").unwrap_err(),
        "payload: found a list; an object belongs there"
    );
    assert_eq!(
        cbor::<Status>("A0 00").unwrap_err(),
        "payload: something stands behind it"
    );
    assert_eq!(
        cbor::<Status>("A1 6178").unwrap_err(),
        "payload: not CBOR from octet 3 on"
    );
    // A map, a list, a text that claim to be longer than any payload.
    for liar in [
        "BBFFFFFFFFFFFFFFFF",
        "A1 6178 9BFFFFFFFFFFFFFFFF",
        "A1 6178 7BFFFFFFFFFFFFFFFF",
    ] {
        assert!(
            cbor::<Status>(liar)
                .unwrap_err()
                .starts_with("payload: not CBOR"),
            "{liar}"
        );
    }
}

#[test]
fn cbor_nested_too_deep_is_refused() {
    let deep = format!("A1 6178 {} 00", "81".repeat(limits::PANEL_DEPTH));
    assert_eq!(
        cbor::<Status>(&deep).unwrap_err(),
        "payload: lists and objects lie deeper than 8"
    );
    let tags = format!("A1 6178 {} 00", "C1".repeat(4000));
    assert_eq!(
        cbor::<Status>(&tags).unwrap_err(),
        "payload: lists and objects lie deeper than 8"
    );
}

#[test]
fn a_format_is_found_by_content_type() {
    assert_eq!(Format::of_content_type(None), Some(Format::Json));
    assert_eq!(
        Format::of_content_type(Some("application/json; charset=utf-8")),
        Some(Format::Json)
    );
    assert_eq!(
        Format::of_content_type(Some("Application/CBOR")),
        Some(Format::Cbor)
    );
    assert_eq!(Format::of_content_type(Some("text/plain")), None);
}

/// Every field of every table.
fn fields() -> impl Iterator<Item = (Option<&'static Field>, &'static Field)> {
    [Evt::FIELDS, Status::FIELDS, Conn::FIELDS]
        .into_iter()
        .flatten()
        .flat_map(|field| {
            let items = match field.kind {
                Kind::List { of, .. } => of,
                _ => &[],
            };
            let inner = items.iter().map(move |item| (Some(field), item));
            std::iter::once((None, field)).chain(inner)
        })
}

#[test]
fn every_reason_fits_the_reason_string() {
    let founds = [
        Problem::Found(Found::Fraction),
        Problem::Found(Found::Octets(limits::PANEL_STATUS)),
        Problem::Found(Found::Tagged),
        Problem::Missing,
        Problem::TooMany,
        Problem::Twice,
    ];
    for (list, field) in fields() {
        let place = match list {
            None => Place::Member(field),
            Some(list) => Place::ItemMember(list, limits::STATUS_ZONES, field),
        };
        for problem in founds {
            let flaw = Flaw { place, problem };
            assert_eq!(flaw.reason().as_str(), flaw.to_string(), "is cut off");
        }
    }
    for group in Evt::GROUPS {
        for problem in [Problem::OneOf(group.names), Problem::OnlyOneOf(group.names)] {
            let flaw = Flaw {
                place: Place::Whole,
                problem,
            };
            assert_eq!(flaw.reason().as_str(), flaw.to_string(), "is cut off");
        }
    }
}

#[test]
fn tables_have_at_most_32_fields_of_different_names() {
    for table in [Evt::FIELDS, Status::FIELDS, Conn::FIELDS] {
        assert!(table.len() <= 32);
        for (at, field) in table.iter().enumerate() {
            assert!(table[..at].iter().all(|other| other.name != field.name));
        }
    }
}

#[test]
fn the_least_and_the_most_of_every_whole_number_are_kept() {
    fn check<D: Document>(base: &str) {
        for field in D::FIELDS {
            let Kind::Whole { least, most } = field.kind else {
                continue;
            };
            for number in [least, most] {
                let base = base
                    .split(',')
                    .filter(|member| !member.contains(&format!("\"{}\"", field.name)));
                let members: Vec<&str> = base.collect();
                let text = format!("{{{},\"{}\":{number}}}", members.join(","), field.name);
                let document: D = json(&text).unwrap();
                let kept = document.members();
                let kept = kept.iter().find(|(name, _)| *name == field.name);
                let is_none = ["zone", "user", "output"].contains(&field.name) && number == 0;
                match kept.map(|(_, set)| set) {
                    Some(Set::Count(kept)) => assert_eq!(i128::from(*kept), number, "{text}"),
                    Some(Set::Whole(kept)) => assert_eq!(i128::from(*kept), number, "{text}"),
                    _ => assert!(is_none, "{text}"),
                }
            }
        }
    }
    check::<Evt>(r#""seq":1,"boot":0,"cid":"1130""#);
    check::<Status>(r#""mains":true"#);
    check::<Conn>(r#""state":"online","boot":0"#);
}

fn any_time() -> impl Strategy<Value = Option<Wall>> {
    let millis = 0..=253_402_300_799_999i64;
    proptest::option::of(millis.prop_map(|millis| Wall(millis * 1_000)))
}

fn any_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a-zäß€\"\\\\][a-z äß€\"\\\\]{0,20}[a-z]")
}

fn any_code() -> impl Strategy<Value = Code> {
    prop_oneof![
        "[136][0-9B-F]{3}".prop_map(|text| Code::contact_id(text.as_bytes()).unwrap()),
        "[A-Z]{2}".prop_map(|text| Code::parse("SIA", &text).unwrap()),
        one_of(PanelCode::ALL).prop_map(Code::Panel),
    ]
}

fn any_point() -> impl Strategy<Value = Option<EvtPoint>> {
    let kind = prop_oneof![
        Just(EvtPoint::Zone as fn(u16) -> EvtPoint),
        Just(EvtPoint::User as fn(u16) -> EvtPoint),
        Just(EvtPoint::Output as fn(u16) -> EvtPoint),
    ];
    proptest::option::of((kind, 1..=9_999u16).prop_map(|(kind, number)| kind(number)))
}

prop_compose! {
    fn any_evt()(
        seq in 1..=u64::MAX, boot: u32, code in any_code(), point in any_point(),
        partition in proptest::option::of(0..=9_999u16), occurred in any_time(),
        sent in any_time(), delay in proptest::option::of(0..=3_600u16), text in any_text(),
        stored: bool,
    ) -> Evt {
        Evt { seq, boot, code, partition, point, occurred, sent, delay, text, stored }
    }
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn any_list<S: std::fmt::Debug>(
    state: impl Strategy<Value = S>,
) -> impl Strategy<Value = Vec<(u16, S)>> {
    proptest::collection::vec((1..=9_999u16, state), 0..20)
}

prop_compose! {
    fn any_figures()(
        at in any_time(), rssi in proptest::option::of(-150..=0i16),
        link in proptest::option::of(one_of(LinkKind::ALL)),
        battery in proptest::option::of(0..=100u8),
        millivolts in proptest::option::of(0..=1_000_000u32),
        mains: Option<bool>, decidegrees in proptest::option::of(-1_000..=2_000i16),
        retries: Option<u32>, round_trip: Option<u32>, uptime: Option<u32>,
    ) -> Status {
        let uptime = uptime.map(u64::from);
        Status {
            at, rssi, link, battery, millivolts, mains, decidegrees, retries, round_trip, uptime,
            ..Status::default()
        }
    }
}

prop_compose! {
    fn any_status()(
        figures in any_figures(), partitions in any_list(one_of(ReportedPartition::ALL)),
        zones in any_list(one_of(ZoneState::ALL)), outputs in any_list(any::<bool>()),
    ) -> Status {
        Status { partitions, zones, outputs, ..figures }
    }
}

prop_compose! {
    fn any_conn()(
        state in one_of(ConnectionState::ALL), boot: u32, firmware in any_text(), model in any_text(),
        reason in proptest::option::of(one_of(RebootReason::ALL)), at in any_time(),
    ) -> Conn {
        let short = |text: Option<String>| ShortText::from(&text?).ok();
        Conn { state, boot, firmware: short(firmware), model: short(model), reason, at }
    }
}

fn goes_round<D: Document + PartialEq + std::fmt::Debug>(document: &D) {
    for format in Format::ALL {
        let octets = document.encode(format);
        let again = D::decode(format, &octets);
        assert_eq!(again.as_ref(), Ok(document), "{format:?}");
    }
}

/// Reads changed octets as every kind of payload in both formats: a value or a flaw, and what is
/// read can be written and read again.
fn survives<D: Document + PartialEq + std::fmt::Debug>(octets: &[u8]) {
    for format in Format::ALL {
        match D::decode(format, octets) {
            Ok(document) => goes_round(&document),
            Err(flaw) => assert!(!flaw.reason().is_empty()),
        }
    }
}

proptest! {
    #[test]
    fn events_go_round_in_both_formats(event in any_evt()) {
        goes_round(&event);
    }

    #[test]
    fn reports_go_round_in_both_formats(report in any_status()) {
        goes_round(&report);
    }

    #[test]
    fn words_about_connections_go_round_in_both_formats(conn in any_conn()) {
        goes_round(&conn);
    }

    #[test]
    fn changed_octets_are_a_value_or_a_flaw(
        event in any_evt(), report in any_status(), cbor: bool,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let format = if cbor { Format::Cbor } else { Format::Json };
        for mut octets in [event.encode(format), report.encode(format)] {
            for (at, octet) in &changes {
                let at = at.index(octets.len());
                octets[at] = *octet;
            }
            survives::<Evt>(&octets);
            survives::<Status>(&octets);
            survives::<Conn>(&octets);
        }
    }

    #[test]
    fn any_octets_are_a_value_or_a_flaw(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives::<Evt>(&octets);
        survives::<Status>(&octets);
        survives::<Conn>(&octets);
    }
}
