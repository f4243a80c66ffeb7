//! Payloads of the panel protocol under arbitrary octets.

use model::{Account, ConnectionReport, StatusReport, limits};
use wire::panel::{Document, Evt, Format};

/// The first octet chooses the format, the rest is a payload; it is read as each kind.
///
/// - It is a value, or a flaw whose reason is not empty and fits MQTT's Reason String.
/// - A value that was written again, in either format, is read as the same value.
/// - An event's content does not depend on its format.
///
/// # Panics
///
/// If one of these does not hold.
pub fn panel_payload(data: &[u8]) {
    let Some((choice, octets)) = data.split_first() else {
        return;
    };
    let format = Format::ALL[usize::from(*choice) % Format::ALL.len()];
    check::<StatusReport>(format, octets);
    check::<ConnectionReport>(format, octets);
    let Some(event) = check::<Evt>(format, octets) else {
        return;
    };
    let other = Evt::decode(Format::Cbor, &event.encode(Format::Cbor)).expect("just written");
    assert!(event.content() == other.content());
    let account = Account::parse(b"1234").expect("digits");
    let (seq, code) = (event.seq, event.code);
    let signal = event.into_signal(account, octets.to_vec());
    assert!(signal.panel_sequence == Some(seq) && signal.items.len() == 1);
    assert!(signal.class() == code.meaning().class);
}

fn check<D: Document + PartialEq>(format: Format, octets: &[u8]) -> Option<D> {
    match D::decode(format, octets) {
        Ok(value) => {
            assert!(octets.len() <= D::OCTETS, "longer than allowed");
            for format in Format::ALL {
                // What was skipped may have made room for more than fits once floats are written.
                let again = value.encode(format);
                if again.len() <= D::OCTETS {
                    let read = D::decode(format, &again);
                    assert!(
                        read.is_ok_and(|read| read == value),
                        "writing loses something"
                    );
                }
            }
            Some(value)
        }
        Err(flaw) => {
            let reason = flaw.to_string();
            assert!(!reason.is_empty() && reason.len() <= limits::REASON);
            assert!(flaw.reason().as_str() == reason, "the reason is cut off");
            None
        }
    }
}
