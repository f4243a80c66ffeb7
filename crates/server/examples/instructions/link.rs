//! The link's messages: written by one end, and read by the other.

use anyhow::ensure;
use engine::ports::Answer;
use gateway::link::{
    Downward, FrameBuffer, IdentityAnswer, Message, Question, Told, Upward, codec,
};
use model::{
    AckMode, Committed, EventSeq, HolderName, IdentityClaim, Mono, PanelReport, PathIndex,
    PeerCertificate, Serial, Wall,
};

use crate::calm::NOW;
use crate::count::counted;
use crate::house::OPERATOR;
use crate::identity;
use crate::messages;
use crate::mqtt;

/// Reports in a message, as a busy gateway sends them.
const REPORTS: u32 = 32;

/// Carries a message over, as octets.
fn carried<M: Message>(frames: &mut FrameBuffer, message: &M) -> anyhow::Result<Option<M>> {
    frames.feed(&codec::encode(message)?);
    Ok(frames.next_message()?)
}

/// A question who somebody with a certificate is, and its answer.
pub(crate) fn identities(requests: u32) -> anyhow::Result<()> {
    let claim = identity::claim(7)?;
    let question = Upward::Identify(Box::new(Question {
        connection: 1 << 24,
        source: [192, 0, 2, 7].into(),
        certificate: Some(certificate(&claim)?),
        claim: claim.clone(),
    }));
    let answer = Downward::Identity(IdentityAnswer {
        connection: 1 << 24,
        key: claim.key,
        admitted: Ok(mqtt::admitted()),
    });
    let mut frames = FrameBuffer::default();
    let mut carry = || {
        ensure!(carried(&mut frames, &question)?.is_some());
        ensure!(carried(&mut frames, &answer)?.is_some());
        Ok(())
    };
    carry()?;
    counted(|| (0..requests).try_for_each(|_| carry()))
}

/// What the certificate of an operator's authority says of who makes this claim.
pub(crate) fn certificate(claim: &IdentityClaim) -> anyhow::Result<PeerCertificate> {
    let name = HolderName::from(claim.key.account.as_str());
    let name = name.map_err(|_| anyhow::anyhow!("an account is short"))?;
    Ok(PeerCertificate {
        issuer: OPERATOR,
        signer: OPERATOR,
        serial: Serial::from_iter([1, 2, 3, 4, 5, 6, 7, 8]),
        not_after: Wall(i64::MAX),
        names: [name].into_iter().collect(),
    })
}

/// Status reports, as many in a message as a busy gateway sends.
pub(crate) fn status(requests: u32) -> anyhow::Result<()> {
    let told = |path| Told {
        path: PathIndex(path),
        at: NOW.mono,
        report: PanelReport::Status(messages::status_report()),
    };
    let reports = Upward::Reports((0..REPORTS).map(told).collect());
    let mut frames = FrameBuffer::default();
    let mut carry = || {
        ensure!(carried(&mut frames, &reports)?.is_some());
        Ok(())
    };
    carry()?;
    counted(|| (0..requests / REPORTS).try_for_each(|_| carry()))
}

/// An event, and the proof that it is stored.
pub(crate) fn events(requests: u32) -> anyhow::Result<()> {
    let events = mqtt::outgoing(&messages::account(7)?, requests + 1)?;
    let events = events.into_iter().map(|outgoing| Upward::Signal {
        connection: 1 << 24,
        read_at: Mono(1),
        outgoing: Box::new(outgoing),
    });
    let events: Vec<Upward> = events.collect();
    let mut frames = FrameBuffer::default();
    let mut carry = |event: &Upward| {
        let Some(Upward::Signal {
            connection,
            outgoing,
            ..
        }) = carried(&mut frames, event)?
        else {
            anyhow::bail!("another message came out");
        };
        let (token, key) = (outgoing.token, outgoing.key);
        let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
        let answer = Downward::Answer(Answer::Committed { connection, proof });
        ensure!(carried(&mut frames, &answer)?.is_some());
        Ok(())
    };
    carry(&events[0])?;
    counted(|| events.iter().skip(1).try_for_each(carry))
}
