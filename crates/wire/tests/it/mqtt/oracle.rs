//! Our reading against that of an independent codec, `mqttbytes`.
//!
//! It is laxer than the standards in many places, so it is asked in one direction: what we read,
//! it reads as well, and in the same way. Where it is wrong instead, that is named below.

use bytes::BytesMut;
use mqttbytes::{QoS, v4, v5};
use proptest::prelude::*;
use wire::mqtt::{Level, Packet};

use super::any::packet_and_level;
use super::streams::changed;
use super::{LARGE, decoder, octets};

/// What two codecs must agree on.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    kind: &'static str,
    id: u16,
    flags: Vec<u8>,
    texts: Vec<String>,
    payload: Vec<u8>,
}

impl Said {
    fn of(kind: &'static str) -> Self {
        Self {
            kind,
            id: 0,
            flags: Vec::new(),
            texts: Vec::new(),
            payload: Vec::new(),
        }
    }

    fn with(self, id: u16, flags: Vec<u8>, texts: Vec<String>) -> Self {
        Self {
            id,
            flags,
            texts,
            ..self
        }
    }
}

fn ours(packet: &Packet) -> Option<Said> {
    Some(match packet {
        Packet::Connect(connect) => {
            let will = connect.will.as_ref();
            let mut texts = vec![connect.client_id.clone()];
            texts.extend(will.map(|will| will.topic.clone()));
            texts.push(connect.user_name.clone().unwrap_or_default());
            let password = connect.password.as_ref().map_or(&[][..], |p| p.expose());
            texts.push(String::from_utf8(password.to_vec()).ok()?);
            let [high, low] = connect.keep_alive.to_be_bytes();
            let mut flags = vec![u8::from(connect.clean_start), high, low];
            flags.extend(will.map(|will| will.qos.number() * 2 + u8::from(will.retain)));
            Said {
                payload: will.map_or_else(Vec::new, |will| will.payload.to_vec()),
                ..Said::of("connect").with(0, flags, texts)
            }
        }
        Packet::Publish(publish) => {
            let flags = vec![
                u8::from(publish.dup),
                publish.qos.number(),
                u8::from(publish.retain),
            ];
            let id = publish.packet_id.map_or(0, std::num::NonZero::get);
            Said {
                payload: publish.payload.to_vec(),
                ..Said::of("publish").with(id, flags, vec![publish.topic.clone()])
            }
        }
        Packet::PubAck(ack) => Said::of("puback").with(ack.packet_id.get(), vec![], vec![]),
        Packet::Subscribe(subscribe) => {
            let filters = &subscribe.filters;
            let flags = filters.iter().map(|one| one.qos.number()).collect();
            let texts = filters.iter().map(|one| one.filter.clone()).collect();
            Said::of("subscribe").with(subscribe.packet_id.get(), flags, texts)
        }
        Packet::SubAck(ack) => {
            Said::of("suback").with(ack.packet_id.get(), vec![count(&ack.reasons)], vec![])
        }
        Packet::Unsubscribe(unsubscribe) => {
            let id = unsubscribe.packet_id.get();
            Said::of("unsubscribe").with(id, vec![], unsubscribe.filters.clone())
        }
        Packet::UnsubAck(ack) => Said::of("unsuback").with(ack.packet_id.get(), vec![], vec![]),
        Packet::ConnAck(ack) => {
            Said::of("connack").with(0, vec![u8::from(ack.session_present)], vec![])
        }
        Packet::PingReq => Said::of("pingreq"),
        Packet::PingResp => Said::of("pingresp"),
        Packet::Disconnect(_) => Said::of("disconnect"),
        Packet::NotOffered(_) => return None,
    })
}

fn count<T>(list: &[T]) -> u8 {
    u8::try_from(list.len().min(255)).unwrap()
}

fn number(qos: QoS) -> u8 {
    qos as u8
}

/// Both levels of the oracle have types of the same form.
macro_rules! theirs {
    ($name:ident, $version:ident, $filters:ident, $disconnect:pat) => {
        fn $name(octets: &[u8]) -> Result<Said, mqttbytes::Error> {
            use $version::Packet as P;
            let mut stream = BytesMut::from(octets);
            let max = usize::try_from(LARGE).unwrap();
            Ok(match $version::read(&mut stream, max)? {
                P::Connect(connect) => {
                    let will = connect.last_will.as_ref();
                    let mut texts = vec![connect.client_id.clone()];
                    texts.extend(will.map(|will| will.topic.clone()));
                    let login = connect.login.as_ref();
                    texts.push(
                        login
                            .map(|login| login.username.clone())
                            .unwrap_or_default(),
                    );
                    texts.push(
                        login
                            .map(|login| login.password.clone())
                            .unwrap_or_default(),
                    );
                    let [high, low] = connect.keep_alive.to_be_bytes();
                    let mut flags = vec![u8::from(connect.clean_session), high, low];
                    flags.extend(will.map(|will| number(will.qos) * 2 + u8::from(will.retain)));
                    Said {
                        payload: will.map_or_else(Vec::new, |will| will.message.to_vec()),
                        ..Said::of("connect").with(0, flags, texts)
                    }
                }
                P::Publish(publish) => {
                    let flags = vec![
                        u8::from(publish.dup),
                        number(publish.qos),
                        u8::from(publish.retain),
                    ];
                    Said {
                        payload: publish.payload.to_vec(),
                        ..Said::of("publish").with(publish.pkid, flags, vec![publish.topic])
                    }
                }
                P::PubAck(ack) => Said::of("puback").with(ack.pkid, vec![], vec![]),
                P::Subscribe(subscribe) => {
                    let filters = subscribe.filters;
                    let flags = filters.iter().map(|one| number(one.qos)).collect();
                    let texts = filters.into_iter().map(|one| one.path).collect();
                    Said::of("subscribe").with(subscribe.pkid, flags, texts)
                }
                P::SubAck(ack) => {
                    Said::of("suback").with(ack.pkid, vec![count(&ack.return_codes)], vec![])
                }
                P::Unsubscribe(unsubscribe) => {
                    let texts = unsubscribe.$filters;
                    Said::of("unsubscribe").with(unsubscribe.pkid, vec![], texts)
                }
                P::UnsubAck(ack) => Said::of("unsuback").with(ack.pkid, vec![], vec![]),
                P::ConnAck(ack) => {
                    Said::of("connack").with(0, vec![u8::from(ack.session_present)], vec![])
                }
                P::PingReq => Said::of("pingreq"),
                P::PingResp => Said::of("pingresp"),
                $disconnect => Said::of("disconnect"),
                P::PubRec(_) | P::PubRel(_) | P::PubComp(_) => Said::of("not offered"),
            })
        }
    };
}

theirs!(theirs_311, v4, topics, P::Disconnect);
theirs!(theirs_5, v5, filters, P::Disconnect(_));

/// Octets that we read and the oracle is wrong about: it wants properties in a DISCONNECT of
/// 5 (3.14.2.1 lets them be left out) and a reason in every SUBACK and UNSUBACK.
fn is_beyond_it(packet: &Packet, octets: &[u8]) -> bool {
    match packet {
        Packet::Disconnect(_) => octets.len() <= 3,
        Packet::SubAck(ack) | Packet::UnsubAck(ack) => ack.reasons.is_empty(),
        _ => false,
    }
}

/// That the oracle reads in `octets`, which are one packet, what we read in them, if anything.
fn compare(octets: &[u8], level: Level) -> Result<(), TestCaseError> {
    let mut decoder = decoder(octets, level);
    let mut rest = octets;
    let Ok(Some(packet)) = decoder.next(&mut rest) else {
        return Ok(());
    };
    let octets = &octets[..octets.len() - rest.len()];
    if is_beyond_it(&packet, octets) {
        return Ok(());
    }
    let Some(ours) = ours(&packet) else {
        return Ok(());
    };
    let theirs = match decoder.level() {
        Some(Level::V311) => theirs_311(octets),
        _ => theirs_5(octets),
    };
    prop_assert_eq!(Ok(ours), theirs, "{:02x?}", octets);
    Ok(())
}

proptest! {
    #[test]
    fn an_independent_codec_reads_what_we_write((packet, level) in packet_and_level()) {
        compare(&octets(&packet, level), level)?;
    }

    #[test]
    fn an_independent_codec_reads_what_we_read((octets, level) in changed()) {
        compare(&octets, level)?;
    }
}
