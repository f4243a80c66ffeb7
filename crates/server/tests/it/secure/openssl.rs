//! `openssl s_client`: versions, certificates, resumption, and who says nothing.

use std::process::{Command, Output, Stdio};

use super::{House, Operator};
use crate::support::tools;

/// A handshake and its end; what is said of it.
fn handshake(house: &House, arguments: &[&str]) -> Output {
    let address = house.mqtt().to_string();
    let authority = house.authority();
    let mut command = Command::new(tools::find("openssl", "WATCHFIRE_OPENSSL"));
    command
        .args(["s_client", "-connect", &address, "-verify_return_error"])
        .args(["-servername", "localhost", "-CAfile"])
        .arg(authority)
        .args(arguments)
        .stdin(Stdio::null());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

const REQUIRED: &[(&str, &str)] = &[("WATCHFIRE__LISTENER__MQTT__CLIENT_CERTIFICATES", "required")];

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_3_and_1_2_are_spoken_and_nothing_older() {
    let house = House::open(&[]).await;
    for version in ["-tls1_3", "-tls1_2"] {
        let output = handshake(&house, &[version]);
        assert!(
            said(&output).contains("Verify return code: 0"),
            "{}",
            said(&output)
        );
    }
    for version in ["-tls1_1", "-tls1"] {
        let output = handshake(&house, &[version, "-cipher", "DEFAULT@SECLEVEL=0"]);
        let said = said(&output);
        let refused = ["alert protocol version", "alert handshake failure"];
        assert!(refused.iter().any(|alert| said.contains(alert)), "{said}");
    }
    house.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_certificate_or_one_of_a_strangers_authority_gets_an_alert() {
    let house = House::open(REQUIRED).await;
    house.register("4711");
    let own = house.enrol("4711");
    let stranger = Operator::new(house.folder.path(), "stranger").panel("4711");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let with = |identity: &super::Identity| {
        let (certificate, key) = (path(&identity.certificate), path(&identity.key));
        handshake(&house, &["-tls1_2", "-cert", &certificate, "-key", &key])
    };
    let own = said(&with(&own));
    assert!(own.contains("Verify return code: 0"), "{own}");
    let stranger = said(&with(&stranger));
    assert!(stranger.contains("alert unknown ca"), "{stranger}");
    let none = said(&handshake(&house, &["-tls1_2"]));
    assert!(none.contains("alert"), "{none}");
    house.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_resumed_on_whichever_gateway_it_comes_to() {
    let house = House::open(&[]).await;
    let session = house.folder.path().join("session.pem");
    let session = session.to_str().unwrap();
    for version in ["-tls1_3", "-tls1_2"] {
        // TLS 1.3 sends its ticket behind the handshake, along with the first answer, here that nobody knows the account.
        let shell = format!(
            "(printf '{CONNECT}'; sleep 1) | {} s_client -connect {} -servername localhost -CAfile {} {version} -sess_out {session}",
            tools::find("openssl", "WATCHFIRE_OPENSSL").display(),
            house.mqtt(),
            house.authority().display(),
        );
        tools::run(Command::new("sh").args(["-c", &shell]));
        // Two gateways share the port: sixteen tries reach both.
        for _ in 0..16 {
            let again = said(&handshake(&house, &[version, "-sess_in", session]));
            assert!(again.contains("Reused, TLSv1"), "{again}");
        }
    }
    house.server.stop().await;
}

/// One burglary of account 1234 over the DC-09 listener with TLS; what came back.
fn dc09(house: &House, identity: Option<&super::Identity>) -> String {
    let shown = identity.map_or_else(String::new, |identity| {
        let (certificate, key) = (identity.certificate.display(), identity.key.display());
        format!("-cert {certificate} -key {key}")
    });
    let shell = format!(
        r#"(printf '\nB9640026"SIA-DCS"0001L0#1234[#1234|Nri1/BA001]\r'; sleep 1) | {} s_client -quiet -no_ign_eof -connect {} -servername localhost -CAfile {} {shown}"#,
        tools::find("openssl", "WATCHFIRE_OPENSSL").display(),
        house.server.listener("dc09_tls"),
        house.authority().display(),
    );
    tools::run(Command::new("sh").args(["-c", &shell]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dc09_panel_with_a_certificate_speaks_only_for_its_own_accounts() {
    let house = House::open(&[]).await;
    for account in ["1234", "5678"] {
        house
            .server
            .command(&["panel", "add", "--account", account]);
    }
    let (own, other) = (house.enrol("1234"), house.enrol("5678"));
    let foreign = dc09(&house, Some(&other));
    assert!(foreign.contains("\"DUH\"0001L0#1234"), "{foreign}");
    let own = dc09(&house, Some(&own));
    assert!(own.contains("\"ACK\"0001L0#1234"), "{own}");
    assert_eq!(house.close().await.len(), 1);
}

/// A CONNECT of account 4711 in MQTT 5, as `printf` writes it.
const CONNECT: &str = r"\020\021\000\004MQTT\005\002\000\074\000\000\0044711";

/// The CONNECT over a session that was kept, or that is to be; the octets that came back.
fn connect(house: &House, identity: &super::Identity, session: &str) -> String {
    let shell = format!(
        "(printf '{CONNECT}'; sleep 1) | {} s_client -quiet -no_ign_eof -connect {} -servername localhost -CAfile {} -cert {} \
         -key {} {session} | od -An -v -tx1",
        tools::find("openssl", "WATCHFIRE_OPENSSL").display(),
        house.mqtt(),
        house.authority().display(),
        identity.certificate.display(),
        identity.key.display(),
    );
    tools::run(Command::new("sh").args(["-c", &shell]))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_ticket_lets_nobody_in_whose_certificate_was_revoked_whichever_gateway_it_comes_to()
{
    let house = House::open(&[]).await;
    house.register("4711");
    let identity = house.enrol("4711");
    let session = house.folder.path().join("session.pem");
    let kept = format!("-sess_out {}", session.display());
    let reason = |octets: &str| octets.split_whitespace().nth(3).map(str::to_owned);
    let first = connect(&house, &identity, &kept);
    assert_eq!(reason(&first).as_deref(), Some("00"), "{first}");
    let resumed = format!("-sess_in {}", session.display());
    let again = connect(&house, &identity, &resumed);
    assert_eq!(reason(&again).as_deref(), Some("00"), "{again}");
    let listed = house
        .server
        .output(&["panel", "certificate", "list", "4711", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let serial = listed["certificates"][0]["serial"].as_str().unwrap();
    house
        .server
        .command(&["panel", "certificate", "revoke", serial]);
    // Two gateways share the port: six tries reach both.
    for _ in 0..6 {
        let refused = connect(&house, &identity, &resumed);
        assert_eq!(reason(&refused).as_deref(), Some("87"), "{refused}");
    }
    house.server.stop().await;
}
