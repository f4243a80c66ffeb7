//! Deframer and codecs of DC-09 under arbitrary octets.

use wire::contact_id::ContactIdEvent;
use wire::dc09::reply::{Reply, acknowledge, cannot_process};
use wire::dc09::{
    Body, CrcForm, Data, Deframer, Envelope, Found, Frame, REDACTED, Refused, enclose, redact,
};
use wire::{sia_dcs, text};

/// The first octet says how the stream is cut, the rest is the stream.
///
/// - What is found does not depend on the cutting.
/// - A frame that was read and written again is the same frame.
/// - Replies are frames, and are understood as what they are.
/// - The raw octets that would be stored hold no secret block.
///
/// # Panics
///
/// If one of these does not hold.
pub fn dc09_frame(data: &[u8]) {
    let Some((cut, stream)) = data.split_first() else {
        return;
    };
    let whole = things(stream, stream.len().max(1));
    let pieces = things(stream, usize::from(*cut).max(1));
    assert!(whole == pieces, "what is found depends on the cutting");
    // The same octets as covered ones, since no fuzzer guesses a CRC.
    for form in [CrcForm::Text, CrcForm::Binary] {
        let covered: Vec<u8> = stream
            .iter()
            .copied()
            .filter(|octet| !matches!(octet, b'\n' | b'\r'))
            .take(4095)
            .collect();
        let mut frame = Vec::new();
        enclose(form, &covered, &mut frame).expect("at most 4095 octets");
        let is_frame = covered.first() == Some(&b'"');
        let found = things(&frame, frame.len());
        if is_frame {
            assert!(found == [Thing::Frame(frame)], "a good frame is not found");
        }
    }
}

#[derive(PartialEq, Eq)]
enum Thing {
    Frame(Vec<u8>),
    Refused(Refused),
}

fn things(stream: &[u8], cut: usize) -> Vec<Thing> {
    let mut deframer = Deframer::new();
    let mut things = Vec::new();
    for mut input in stream.chunks(cut) {
        while let Some(found) = deframer.next(&mut input) {
            things.push(match found {
                Found::Frame(envelope) => {
                    check_frame(&envelope);
                    Thing::Frame(envelope.octets().to_vec())
                }
                Found::Refused(reason) => Thing::Refused(reason),
            });
        }
        assert!(input.is_empty(), "octets are left over");
    }
    things
}

fn check_frame(envelope: &Envelope<'_>) {
    let Ok(frame) = Frame::parse(envelope.covered()) else {
        return;
    };
    let mut covered = Vec::new();
    frame.write(&mut covered);
    assert!(
        covered == envelope.covered(),
        "writing does not undo reading"
    );
    for reply in [
        acknowledge(&frame, envelope.form()),
        cannot_process(&frame, envelope.form()),
    ] {
        check_reply(&reply, &frame);
    }
    if frame.address().is_ok()
        && let Ok(body) = Body::parse(frame.body)
    {
        check_body(envelope, &frame, &body);
    }
    let _any = Reply::parse(envelope.covered());
}

fn check_reply(reply: &[u8], request: &Frame<'_>) {
    let mut deframer = Deframer::new();
    let mut input = reply;
    match deframer.next(&mut input) {
        Some(Found::Frame(envelope)) => {
            let reply = Reply::parse(envelope.covered()).expect("a reply");
            assert!(reply.sequence == request.sequence);
        }
        Some(Found::Refused(_)) => panic!("a reply is no frame"),
        None => assert!(reply.is_empty(), "a reply is not complete"),
    }
}

fn check_body(envelope: &Envelope<'_>, frame: &Frame<'_>, body: &Body<'_>) {
    let kept = redact(envelope, frame);
    let header = match envelope.form() {
        CrcForm::Text => 9,
        CrcForm::Binary => 7,
    };
    let covered = kept[header..].strip_suffix(b"\r").expect("CR is kept");
    if let Ok(frame) = Frame::parse(covered)
        && let Ok(kept) = Body::parse(frame.body)
    {
        // A bracket in the data could open a secret block of a broken body: redacted as well.
        let is_plain = !body.data.contains(&b'[');
        assert!(!is_plain || kept.data == body.data, "data is changed");
        assert!(kept.extended.len() == body.extended.len());
        let secret = kept.extended.iter().filter(|block| block.is_secret());
        for block in secret {
            assert!(block.content == REDACTED, "a secret would be stored");
        }
    }
    let data = Data::parse(body.data);
    let _blocks = sia_dcs::parse(data.content);
    let _event = ContactIdEvent::parse(data.content);
    if let Some(text) = text::decode(data.content) {
        assert!(!text.chars().any(char::is_control), "a text would act");
    }
}
