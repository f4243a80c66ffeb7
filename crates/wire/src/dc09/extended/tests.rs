//! Bodies, whole and broken, and the secrets in them.

use super::*;
use crate::dc09::{CrcForm, Deframer, Found, enclose};

fn redacted(covered: &str, form: CrcForm) -> String {
    let mut octets = Vec::new();
    enclose(form, covered.as_bytes(), &mut octets).unwrap();
    let mut deframer = Deframer::new();
    let mut input = octets.as_slice();
    let Some(Found::Frame(envelope)) = deframer.next(&mut input) else {
        panic!("no frame");
    };
    let frame = Frame::parse(envelope.covered()).unwrap();
    let out = redact(&envelope, &frame);
    assert_eq!(out[..form.header()], octets[..form.header()]);
    let kept = out[form.header()..].escape_ascii().to_string();
    kept.replace("\\\"", "\"")
}

#[test]
fn a_body_is_data_blocks_and_a_time() {
    let text = b"[#1|NBA1][X093W23.456][Hx][_]_14:12:04,09-25-2019";
    let body = Body::parse(text).unwrap();
    assert_eq!(body.data, b"#1|NBA1");
    let letters: Vec<u8> = body.extended.iter().map(|block| block.letter).collect();
    assert_eq!(letters, b"XH_");
    assert_eq!(body.block(b'X'), Some(&b"093W23.456"[..]));
    assert_eq!(body.block(b'Q'), None);
    assert_eq!(body.sent, timestamp::parse(b"14:12:04,09-25-2019"));
}

#[test]
fn what_is_not_quite_standard_is_read_and_noted() {
    let check = |text: &[u8], timed: bool, standard: bool| {
        let body = Body::parse(text).unwrap();
        assert_eq!(body.sent.is_some(), timed, "{}", text.escape_ascii());
        assert_eq!(body.is_standard, standard, "{}", text.escape_ascii());
    };
    check(b"[]", false, true);
    check(b"[]_14:12:04,09-25-2019", true, true);
    check(b"", false, false);
    check(b"\0\0", false, false);
    check(b"[]\0", false, false);
    check(b"[]_14:12:04,02-30-2019", false, false);
    check(b"[]_14:12:04,09-25-2019\0", true, false);
    check(b"[]_14:12:04,09-25-2019 and more", true, false);
    check(b"[][x1]", false, false);
    check(b"[][]", false, true);
}

#[test]
fn what_is_no_body_is_unreadable() {
    for text in [
        &b"[#1|NBA1"[..],
        b"x",
        b"[]x",
        b"[][X",
        b"[] _14:12:04,09-25-2019",
    ] {
        assert_eq!(
            Body::parse(text),
            Err(Unreadable),
            "{}",
            text.escape_ascii()
        );
    }
}

#[test]
fn secrets_leave_nothing_behind_not_even_their_length() {
    let covered = r#""SIA-DCS"0001L0#1[#1|NBA1][K0123][P][X1][A99]_14:12:04,09-25-2019"#;
    let expected = r#""SIA-DCS"0001L0#1[#1|NBA1][K***][P***][X1][A***]_14:12:04,09-25-2019\r"#;
    assert_eq!(redacted(covered, CrcForm::Text), expected);
    assert_eq!(redacted(covered, CrcForm::Binary), expected);
}

#[test]
fn secrets_of_a_broken_body_are_redacted_too() {
    let check = |body: &str, expected: &str| {
        let covered = format!(r#""SIA-DCS"0001L0#1{body}"#);
        let kept = format!(r#""SIA-DCS"0001L0#1{expected}\r"#);
        assert_eq!(redacted(&covered, CrcForm::Text), kept);
    };
    check("[#1|NBA1[Ksecret]", "[#1|NBA1[K***]");
    check("[#1|NBA1][Ksecret", "[#1|NBA1][K***");
    check("[#1|NBA1]x[ksecret]y", "[#1|NBA1]x[k***]y");
    check("[#1|NBA1][K[secret]", "[#1|NBA1][K***]");
    check("[Atext]", "[Atext]");
}

#[test]
fn a_bracket_before_the_body_opens_nothing() {
    let odd = r#""S[A"0001L0#1[Anna][K1]"#;
    assert_eq!(
        redacted(odd, CrcForm::Text),
        r#""S[A"0001L0#1[Anna][K***]\r"#
    );
    let mut seen = 0;
    for n in 0..5_000 {
        let covered = format!(r#""SIA-DCS"0001L0#1[Anna][K{n}]"#);
        let mut octets = Vec::new();
        enclose(CrcForm::Binary, covered.as_bytes(), &mut octets).unwrap();
        if octets[1..3].contains(&b'[') {
            seen += 1;
            let kept = redacted(&covered, CrcForm::Binary);
            assert_eq!(kept, r#""SIA-DCS"0001L0#1[Anna][K***]\r"#);
        }
    }
    assert!(seen > 0);
}
