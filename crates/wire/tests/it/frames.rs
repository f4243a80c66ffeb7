//! The parts of a frame, kept verbatim, and what is made of them.

use model::Account;
use proptest::collection::vec;
use proptest::prelude::*;
use wire::dc09::{BadAddress, Body, CrcForm, Deframer, Found, Frame, NoToken, enclose, redact};

fn address(covered: &str) -> Result<(String, Option<u32>, Option<u32>, bool), BadAddress> {
    let address = Frame::parse(covered.as_bytes()).unwrap().address()?;
    let account = address.account.to_string();
    Ok((account, address.receiver, address.line, address.is_standard))
}

#[test]
fn an_address_has_an_account_and_perhaps_receiver_and_line() {
    let ok = |account: &str, receiver, line| Ok((account.to_owned(), receiver, line, true));
    assert_eq!(address("\"NULL\"0000L0#1234[]"), ok("1234", None, None));
    assert_eq!(
        address("\"NULL\"0000R579BDFL789abc#12345a[]"),
        ok("12345A", Some(0x57_9BDF), Some(0x78_9ABC))
    );
}

#[test]
fn what_is_not_quite_standard_is_read_and_noted() {
    for covered in [
        "\"SIA-DCS\"0001L#1234[]",
        "\"SIA-DCS\"0001#1234[]",
        "\"SIA-DCS\"00A1L0#1234[]",
        "\"SIA-DCS\"1L0#1234[]",
        "\"SIA-DCS\"0001RL0#1234[]",
        "\"SIA-DCS\"0001L1234567#1234[]",
        "\"SIA-DCS\"0001L0#XYZ1[]",
        "\"SIA-DCS\"0001L0#12[]",
        "\"NULL\"0000L0#1234",
    ] {
        assert_eq!(address(covered).map(|a| a.3), Ok(false), "{covered}");
    }
}

#[test]
fn an_address_that_cannot_be_understood_says_why() {
    assert_eq!(address("\"X\"L0#1234[]"), Err(BadAddress::Sequence));
    assert_eq!(address("\"X\"0123456789L0#1[]"), Err(BadAddress::Sequence));
    assert_eq!(address("\"X\"0001L123456789#1[]"), Err(BadAddress::Number));
    assert_eq!(address("\"X\"0001L0[]"), Err(BadAddress::Account));
    assert_eq!(address("\"X\"0001L0#[]"), Err(BadAddress::Account));
    assert_eq!(
        address("\"X\"0001L0#12345678901234567[]"),
        Err(BadAddress::Account)
    );
    assert_eq!(address("\"X\"0001L0#12-34[]"), Err(BadAddress::Data));
    assert_eq!(address("\"X\"0001NoneL0#1234[]"), Err(BadAddress::Account));
}

#[test]
fn without_a_token_there_is_no_frame() {
    for covered in [
        &b""[..],
        b"SIA",
        b"\"",
        b"\"SIA",
        b"\"\"0001",
        b"\"*\"0001",
        b"\"A B\"0001",
    ] {
        assert_eq!(
            Frame::parse(covered),
            Err(NoToken),
            "{}",
            covered.escape_ascii()
        );
    }
}

#[test]
fn an_asterisk_says_that_the_body_is_encrypted() {
    let frame = Frame::parse(b"\"*SIA-DCS\"0005L0#AAA[1F7E").unwrap();
    assert!(frame.encrypted);
    assert_eq!(frame.token, b"SIA-DCS");
    assert_eq!(
        Account::parse(frame.account.unwrap()),
        Account::parse(b"aaa")
    );
}

/// Octets rich in what frames are made of.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let special = proptest::sample::select(&b"\"*RL#[]_|:-,0123456789ABCDEFKPA\0"[..]);
    vec(prop_oneof![4 => special, 1 => any::<u8>()], 0..80)
}

proptest! {
    #[test]
    fn writing_a_frame_undoes_reading_it(token in "[*]?[A-Z-]{1,10}", rest in octets()) {
        let mut covered = format!("\"{token}\"").into_bytes();
        covered.extend(rest);
        if let Ok(frame) = Frame::parse(&covered) {
            let mut again = Vec::new();
            frame.write(&mut again);
            prop_assert_eq!(again, covered);
        }
    }

    #[test]
    fn nothing_that_a_panel_sends_panics(covered in octets()) {
        if let Ok(frame) = Frame::parse(&covered) {
            let _address = frame.address();
            let _body = Body::parse(frame.body);
        }
        let _reply = wire::dc09::reply::Reply::parse(&covered);
        let _blocks = wire::sia_dcs::parse(&covered);
        let _event = wire::contact_id::ContactIdEvent::parse(&covered);
        let _text = wire::text::decode(&covered);
    }

    #[test]
    fn blocks_that_are_read_are_redacted_in_the_raw_octets(
        secret in "[0-9]{6,20}",
        letter in proptest::sample::select(&b"KPA"[..]),
        before in "[ -Z^-~]{0,20}",
    ) {
        let letter = char::from(letter);
        let covered = format!("\"SIA-DCS\"0001L0#1[#1|NBA1][X{before}][{letter}{secret}]");
        let mut frame = Vec::new();
        enclose(CrcForm::Text, covered.as_bytes(), &mut frame).unwrap();
        let mut input = frame.as_slice();
        let mut deframer = Deframer::new();
        let Some(Found::Frame(envelope)) = deframer.next(&mut input) else {
            panic!("no frame");
        };
        let read = Frame::parse(envelope.covered()).unwrap();
        let kept = String::from_utf8(redact(&envelope, &read)).unwrap();
        let suffix = format!("{letter}***]\r");
        prop_assert!(kept.ends_with(&suffix), "{}", kept);
    }
}
