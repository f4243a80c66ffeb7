//! Altered frames (R1). AES-CBC without authentication lets whoever sits on the line change a block
//! of the plaintext at will, at the price of 16 octets of noise before it. The attacker here knows
//! every octet that a panel sends, and turns its burglary alarm into a disarming.

use model::{CipherKey, EventFlags, Forgery};
use proptest::prelude::*;
use proto::conformance::BENCH_TIME;
use wire::dc09::{Body, CrcForm, Message, PadKind, decrypt, enclose};

use crate::driver::{Heard, Line, at, dice, encrypt, frames, key, with_keys};

/// Where the block of noise falls.
const IN_THE_PAD: &str = "BA1";
const IN_PAD_AND_ACCOUNT: &str = "Nri1/BA001";
const IN_THE_DATA: &str = "Nti14:12:04/id123/pi12/ri3/BA1";
const IN_A_NAME: &str = "BA1^the long name of a zone^|Nri1/BA2";

/// Changes `from` into `to` in the plaintext of a frame that is known to be `plain`, as whoever
/// lacks the key can: in the ciphertext, one block earlier. The last place of `from` counts.
fn forge(frame: &[u8], plain: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let place = plain.windows(from.len()).rposition(|w| w == from)?;
    let (first, last) = (place / 16, (place + from.len() - 1) / 16);
    if first != last || first == 0 {
        return None;
    }
    let mut covered = frames(frame).remove(0);
    let digits = 1 + covered.iter().position(|octet| *octet == b'[')?;
    for (offset, (old, new)) in from.iter().zip(to).enumerate() {
        let at = digits + 2 * (place - 16 + offset);
        let text = std::str::from_utf8(&covered[at..at + 2]).ok()?;
        let octet = u8::from_str_radix(text, 16).ok()? ^ old ^ new;
        covered[at..at + 2].copy_from_slice(format!("{octet:02X}").as_bytes());
    }
    let mut out = Vec::new();
    enclose(CrcForm::Text, &covered, &mut out).ok()?;
    Some(out)
}

/// What the panel encrypted: the attacker is told.
fn plaintext(frame: &[u8], key: &CipherKey) -> Vec<u8> {
    let covered = frames(frame).remove(0);
    let digits = 1 + covered.iter().position(|octet| *octet == b'[').unwrap();
    let plain = decrypt(key, &covered[digits..]).unwrap();
    let bar: &[u8] = if plain.has_bar() { b"|" } else { b"" };
    [plain.pad(), bar, &plain.body()[1..]].concat()
}

/// A panel whose pads are of one kind, and its connection.
struct Panel {
    line: Line,
    kind: PadKind,
    sequence: u16,
    random: Box<dyn FnMut() -> u8>,
}

impl Panel {
    /// A panel that was heard often enough for its habit to be known.
    fn known_by(kind: PadKind) -> Self {
        let mut panel = Self {
            line: Line::new(Some(with_keys([key()]))),
            kind,
            sequence: 0,
            random: Box::new(dice(0x5EED_F00D)),
        };
        for _ in 0..10 {
            let frame = panel.signal("Nri1/RP");
            assert_eq!(panel.line.say(&frame).signals.len(), 1);
        }
        panel
    }

    fn forgery(&self) -> Forgery {
        self.line.registered.as_ref().unwrap().learned.forgery
    }

    fn signal(&mut self, blocks: &str) -> Vec<u8> {
        self.sequence = self.sequence % 9999 + 1;
        let message = at(Message::sia_dcs("1234", self.sequence, blocks), BENCH_TIME);
        encrypt(&message, &key(), self.kind, &mut self.random)
    }

    /// A burglary alarm of this panel, made a disarming.
    fn forged(&mut self, blocks: &str) -> Vec<u8> {
        for _ in 0..16 {
            let genuine = self.signal(blocks);
            let plain = plaintext(&genuine, &key());
            if let Some(forged) = forge(&genuine, &plain, b"BA", b"OP") {
                return forged;
            }
        }
        panic!("{blocks}: the code is never within a block");
    }
}

/// Whether something calms that is not doubted.
fn calms(heard: &Heard) -> bool {
    let signals = heard.signals.iter().map(|outgoing| &outgoing.signal);
    let items = signals.flat_map(|s| s.items.iter().map(|item| (item.code, item.flags | s.flags)));
    let mut calming = items.filter(|(code, _)| code.is_calming());
    calming.any(|(_, flags)| !flags.is_doubtful())
}

/// Whether a receiver that looks at brackets and bars only would see a disarming: a pad of legal
/// octets, then the data as the attacker wants it.
fn is_accepted_by_the_lax(frame: &[u8], wanted: &[u8]) -> bool {
    let covered = frames(frame).remove(0);
    let digits = 1 + covered.iter().position(|octet| *octet == b'[').unwrap();
    decrypt(&key(), &covered[digits..]).is_ok_and(|plain| {
        let is_legal = !plain.pad().iter().any(|octet| b"[]|".contains(octet));
        is_legal && Body::parse(plain.body()).is_ok_and(|body| body.data == wanted)
    })
}

#[test]
fn of_20_000_altered_frames_of_a_panel_with_printable_padding_none_calms() {
    let mut panel = Panel::known_by(PadKind::Printable);
    assert_eq!(panel.forgery(), Forgery::Visible);
    let (mut lax, mut tried, mut doubted, mut refused) = (0_u32, 0_u32, 0_u32, 0_u32);
    for number in 0..20_000 {
        let blocks = match number % 8 {
            0 => IN_PAD_AND_ACCOUNT,
            1 => IN_THE_DATA,
            2 => IN_A_NAME,
            _ => IN_THE_PAD,
        };
        let forged = panel.forged(blocks);
        if blocks == IN_THE_PAD {
            tried += 1;
            lax += u32::from(is_accepted_by_the_lax(&forged, b"#1234|OP1"));
        }
        let heard = panel.line.say(&forged);
        assert!(!calms(&heard), "frame {number}, {blocks}");
        assert_eq!(heard.alive, 0);
        match &heard.signals[..] {
            [] => {
                refused += 1;
                assert_eq!(heard.strays.len(), 1);
            }
            [outgoing] => {
                doubted += 1;
                let flags = outgoing.signal.flags;
                assert!(flags.contains(EventFlags::ODD_PADDING), "frame {number}");
            }
            _ => panic!("one frame, one signal"),
        }
    }
    assert_eq!(doubted + refused, 20_000);
    let share = f64::from(lax) / f64::from(tried);
    println!("lax: {share:.3}; doubted {doubted}, not decipherable {refused}");
    assert!((0.75..0.90).contains(&share), "{share}");
    // What the panel says itself is believed as before.
    let disarmed = panel.signal("Nri1/OP1");
    let heard = panel.line.say(&disarmed);
    assert!(calms(&heard));
    assert_eq!(panel.forgery(), Forgery::Visible);
}

#[test]
fn noise_shows_in_padding_of_every_kind_but_binary() {
    for kind in [
        PadKind::Constant(b'0'),
        PadKind::Constant(0),
        PadKind::Digits,
        PadKind::Alphanumeric,
    ] {
        let mut panel = Panel::known_by(kind);
        assert_eq!(panel.forgery(), Forgery::Visible, "{kind:?}");
        for _ in 0..1_000 {
            let forged = panel.forged(IN_THE_PAD);
            assert!(!calms(&panel.line.say(&forged)), "{kind:?}");
        }
    }
}

#[test]
fn a_forgery_in_binary_padding_is_not_seen_and_the_panel_is_known_for_it() {
    let mut panel = Panel::known_by(PadKind::Binary);
    assert_eq!(panel.forgery(), Forgery::Invisible);
    let mut believed = 0_u32;
    for _ in 0..1_000 {
        let forged = panel.forged(IN_THE_PAD);
        believed += u32::from(calms(&panel.line.say(&forged)));
    }
    assert!(believed > 750, "{believed}");
}

#[test]
fn a_poll_that_is_played_again_with_another_hour_is_no_sign_of_life() {
    let mut panel = Panel::known_by(PadKind::Alphanumeric);
    let null = at(Message::null("1234"), BENCH_TIME);
    let mut answered = 0;
    for _ in 0..500 {
        let poll = encrypt(&null, &key(), panel.kind, &mut panel.random);
        let plain = plaintext(&poll, &key());
        panel.line.now.wall = BENCH_TIME;
        assert_eq!(panel.line.say(&poll).alive, 1);
        // An hour later it is outside the window.
        panel.line.now.wall.0 += 3_600_000_000;
        let again = panel.line.say(&poll);
        assert_eq!((again.alive, again.skewed), (0, 1));
        let hour = plain.windows(2).rposition(|w| w == b"]_").unwrap() + 2;
        let old = plain[hour..hour + 2].to_vec();
        let number: u8 = std::str::from_utf8(&old).unwrap().parse().unwrap();
        let new = format!("{:02}", number + 1);
        let from = [b"]_", old.as_slice()].concat();
        let to = [b"]_", new.as_bytes()].concat();
        if let Some(forged) = forge(&poll, &plain, &from, &to) {
            let heard = panel.line.say(&forged);
            assert_eq!(heard.alive, 0);
            let is_answered = heard.words(&key()) == ["\"*ACK\"0000L0#1234"];
            answered += u32::from(is_answered);
        }
    }
    assert!(answered > 300, "the time was right in {answered} of 500");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Bits anywhere, blocks left out, doubled and put elsewhere.
    #[test]
    fn whatever_is_done_to_the_blocks_of_an_alarm_nothing_calms(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..4),
        moves in proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..3),
    ) {
        let mut panel = Panel::known_by(PadKind::Printable);
        let alarm = frames(&panel.signal(IN_A_NAME)).remove(0);
        let digits = 1 + alarm.iter().position(|octet| *octet == b'[').unwrap();
        let (header, body) = alarm.split_at(digits);
        let mut blocks: Vec<_> = body.chunks(32).map(<[u8]>::to_vec).collect();
        for (from, to) in moves {
            let block = blocks.remove(from.index(blocks.len()));
            if !blocks.is_empty() && to.index(3) > 0 {
                blocks.insert(to.index(blocks.len()), block);
            } else if to.index(5) == 0 {
                blocks.push(block.clone());
                blocks.push(block);
            }
            prop_assume!(!blocks.is_empty());
        }
        let mut body = blocks.concat();
        for (at, bit) in flips {
            let at = at.index(body.len());
            let value = char::from(body[at]).to_digit(16).unwrap() ^ (1 << (bit % 4));
            body[at] = b"0123456789ABCDEF"[usize::try_from(value).unwrap()];
        }
        let mut frame = Vec::new();
        enclose(CrcForm::Text, &[header, &body].concat(), &mut frame).unwrap();
        prop_assert!(!calms(&panel.line.say(&frame)));
    }
}
