//! The registry: who somebody with a certificate is, and whether they are let in.

use anyhow::Context;
use engine::ports::Identities;
use model::{AccountKey, IdentityClaim, PeerCertificate};

use crate::count::counted;
use crate::house::{self, House, PANELS};
use crate::link;
use crate::messages;
use crate::mqtt;

/// Who a panel says that it is.
pub(crate) fn claim(place: u32) -> anyhow::Result<IdentityClaim> {
    Ok(IdentityClaim {
        key: AccountKey {
            family: house::family()?,
            account: messages::account(place)?,
            listener: mqtt::listener()?,
            receiver: None,
            line: None,
            path_name: None,
        },
        secret: None,
        must_prove: true,
    })
}

/// Questions of all panels in turns.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn admissions(requests: u32) -> anyhow::Result<()> {
    let house = House::open().await?;
    house.trust().await?;
    let mut questions = Vec::new();
    for place in 0..PANELS {
        let claim = claim(place)?;
        questions.push((link::certificate(&claim)?, claim));
    }
    let ask = |(certificate, claim): &(PeerCertificate, IdentityClaim)| {
        let admission = house.registry.identify(claim, Some(certificate));
        admission.map(drop).ok().context("a panel was not let in")
    };
    questions.iter().try_for_each(ask)?;
    let mut questions = questions.iter().cycle();
    counted(|| (0..requests).try_for_each(|_| questions.next().map_or(Ok(()), ask)))
}
