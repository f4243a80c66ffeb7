//! Encrypted bodies of DC-09 under arbitrary octets, as ciphertext and as plaintext.

use model::CipherKey;
use wire::dc09::crypt::{LONGEST_TAIL, write_encrypted};
use wire::dc09::{
    Body, CrcForm, Deframer, Found, Frame, PadKind, Plain, decrypt, enclose, redact_decrypted,
};

/// The first octet chooses the key, the rest is a body.
///
/// - As it came, it is decrypted or it is not.
/// - Encrypted, it is decrypted to what it was, if that is a body; and a body has a time.
/// - What would be kept of it holds no secret.
///
/// # Panics
///
/// If one of these does not hold.
pub fn dc09_crypt(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let length = [16, 24, 32][usize::from(*choice) % 3];
    let key = CipherKey::from_octets(&vec![*choice; length]).expect("a length of AES");
    if let Ok(plain) = decrypt(&key, body) {
        check(&plain);
    }
    // As plaintext, since no fuzzer guesses a ciphertext.
    let mut octets: Vec<u8> = body.iter().copied().take(1_900).collect();
    octets.resize(octets.len().next_multiple_of(16), b' ');
    let mut digits = Vec::new();
    write_encrypted(&key, &mut octets.clone(), &mut digits).expect("whole blocks");
    if choice & 0x80 != 0 {
        digits.make_ascii_lowercase();
    }
    if let Ok(plain) = decrypt(&key, &digits) {
        check(&plain);
        let bar: &[u8] = if plain.has_bar() { b"|" } else { b"" };
        let again = [plain.pad(), bar, &plain.body()[1..]].concat();
        assert!(again == octets, "decrypting does not undo encrypting");
        check_kept(&digits, &plain);
    }
}

fn check(plain: &Plain) {
    assert!(!plain.pad().iter().any(|octet| b"]|".contains(octet)));
    assert!(plain.tail().len() <= LONGEST_TAIL);
    let kind = PadKind::of(plain.pad());
    assert!(kind.fits_within(kind) && kind.fits_within(PadKind::Binary));
    let body = Body::parse(plain.body()).expect("a decrypted body is readable");
    assert!(body.sent.is_some(), "a decrypted body has a time");
}

fn check_kept(digits: &[u8], plain: &Plain) {
    let covered = [b"\"*SIA-DCS\"0001L0#1234[", digits].concat();
    let mut octets = Vec::new();
    enclose(CrcForm::Text, &covered, &mut octets).expect("at most 4095 octets");
    let mut deframer = Deframer::new();
    let mut input = octets.as_slice();
    let Some(Found::Frame(envelope)) = deframer.next(&mut input) else {
        panic!("a good frame is not found");
    };
    let frame = Frame::parse(envelope.covered()).expect("a token");
    let kept = redact_decrypted(&envelope, &frame, plain);
    let header = octets.len() - 1 - frame.body.len();
    assert!(kept[..header] == octets[..header], "the header is changed");
    let kept = kept[header..].strip_suffix(b"\r").expect("CR is kept");
    if let Ok(body) = Body::parse(kept) {
        for block in body.extended.iter().filter(|block| block.is_secret()) {
            assert!(
                block.content == block.redacted(),
                "a secret would be stored"
            );
        }
    }
}
