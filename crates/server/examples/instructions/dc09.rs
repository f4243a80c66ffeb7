//! The session of DC-09: a frame, the proof that it is stored, ACK.

use std::sync::Arc;

use anyhow::{Context, ensure};
use families::dc09::Dc09;
use model::{CipherKey, PanelIndex, PathIndex};
use proto::Admitted;
use wire::dc09::{CrcForm, Message, PadKind};

use crate::calm::NOW;
use crate::count::counted;
use crate::mqtt::Line;

const ACCOUNT: &str = "100001";

/// In plain.
pub(crate) fn plain(requests: u32) -> anyhow::Result<()> {
    frames(requests, None)
}

/// Under AES-128, the answers as well.
pub(crate) fn encrypted(requests: u32) -> anyhow::Result<()> {
    let key = CipherKey::from_ascii("sixteen letters.")?;
    frames(requests, Some(&key))
}

fn frames(requests: u32, key: Option<&CipherKey>) -> anyhow::Result<()> {
    let mut admitted = Admitted::plain(PanelIndex(3), PathIndex(5));
    admitted.keys.extend(key.cloned());
    let mut line = Line::new(&Dc09, &Arc::new(admitted))?;
    let frames = (0..=requests).map(|number| frame(number, key));
    let frames = frames.collect::<anyhow::Result<Vec<_>>>()?;
    let (first, others) = frames.split_first().context("one more than is counted")?;
    line.say(first);
    ensure!(line.is_answered(), "the first frame was not answered");
    line.signals.reserve(frames.len());
    let answered = counted(|| {
        let mut answered = 0;
        for frame in others {
            line.say(frame);
            answered += u32::from(line.is_answered());
        }
        answered
    });
    let stored = line.signals.len();
    ensure!(
        answered == requests,
        "{answered} of {requests} were answered"
    );
    ensure!(stored == frames.len(), "{stored} were signals");
    Ok(())
}

fn frame(number: u32, key: Option<&CipherKey>) -> anyhow::Result<Vec<u8>> {
    let sequence = u16::try_from(number % 9_999)? + 1;
    let zone = format!("1130 01 {:03}", number % 16);
    let message = Message {
        sent: Some(NOW.wall),
        ..Message::adm_cid(ACCOUNT, sequence, &zone)
    };
    let mut out = Vec::new();
    match key {
        None => message.encode(CrcForm::Text, &mut out)?,
        Some(key) => {
            let mut pad = vec![0; message.pad_length(true)];
            PadKind::Constant(b'p').shape(&mut pad);
            message.encode_encrypted(key, &pad, true, CrcForm::Text, &mut out)?;
        }
    }
    Ok(out)
}
