//! The order of the layers, what is refused, and what people are told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use proto::Strangers;

use super::*;

const DAY: Duration = Duration::from_hours(24);

fn from_environment(variables: &[(&str, &str)]) -> Sources {
    Sources {
        environment: variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        ..Sources::default()
    }
}

/// Keeps the folder of the file alive beside the sources that name it.
fn from_file(text: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watchfire.toml");
    std::fs::write(&file, text).unwrap();
    let sources = Sources {
        file: Some(file),
        ..Sources::default()
    };
    (folder, sources)
}

/// What people are told, without the folder of the test.
fn told(text: &str) -> String {
    let (folder, sources) = from_file(text);
    let problems = Config::load(&sources).unwrap_err().to_string();
    let folder = format!("{}/", folder.path().display());
    problems.replace(&folder, "")
}

fn told_of(name: &str, value: &str) -> String {
    let problems = Config::load(&from_environment(&[(name, value)]));
    problems.unwrap_err().to_string()
}

#[test]
fn without_any_source_the_defaults_are_what_the_documentation_says() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.data.path, PathBuf::from("./watchfire-data"));
    assert_eq!(config.data.ballast, model::limits::BALLAST);
    assert_eq!(config.data.synchronous, Synchronous::Full);
    assert_eq!(config.gateway.count, 0);
    assert_eq!(config.gateway.expected_panels, 50_000);
    assert_eq!(config.api.address, SocketAddr::from(([127, 0, 0, 1], 8080)));
    assert_eq!(config.retention.alarm, 5 * 366 * DAY);
    assert_eq!(config.retention.operation, 366 * DAY);
    assert_eq!(config.retention.routine, 30 * DAY);
    assert_eq!(config.log.format, LogFormat::Text);
    let [plain, encrypted, mqtt] = &config.listeners[..] else {
        panic!("three listeners, not {:?}", config.listeners);
    };
    let listeners = [
        (plain, "dc09", 9009),
        (encrypted, "dc09_tls", 9010),
        (mqtt, "mqtt", 8883),
    ];
    for (listener, name, port) in listeners {
        assert_eq!(listener.name, name);
        assert_eq!(listener.address, SocketAddr::from(([0, 0, 0, 0], port)));
    }
    assert_eq!((plain.tls, plain.udp), (None, true));
    for listener in [encrypted, mqtt] {
        assert_eq!(
            listener.tls,
            Some(ClientCertificates::Optional),
            "{}",
            listener.name
        );
        assert!(!listener.udp, "{}", listener.name);
    }
    assert_eq!(mqtt.family.as_str(), "mqtt");
}

#[test]
fn the_annotated_default_file_means_the_defaults() {
    let (_folder, sources) = from_file(&default_file());
    let report = check(&sources);
    assert_eq!(report.config, Config::load(&Sources::default()).ok());
    let unset = |(key, setting): (&str, &Setting)| {
        (setting.origin == Origin::Default).then(|| key.to_owned())
    };
    let unset: Vec<_> = report.settings.iter().filter_map(unset).collect();
    assert_eq!(
        unset,
        ["data.synchronous"],
        "only hidden keys are not shown"
    );
}

#[test]
fn the_committed_default_file_is_the_generated_one() {
    let committed = include_str!("../../../../docs/watchfire.toml");
    assert_eq!(
        committed,
        default_file(),
        "docs/watchfire.toml is out of date: `cargo xtask gen` writes it anew"
    );
}

#[test]
fn a_file_goes_before_the_defaults_the_environment_before_the_file_and_flags_before_all() {
    let (_folder, mut sources) =
        from_file("[data]\npath = \"of-the-file\"\nballast = \"1MiB\"\n[gateway]\ncount = 2\n");
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.data.path, PathBuf::from("of-the-file"));
    assert_eq!((config.data.ballast, config.gateway.count), (1 << 20, 2));

    sources.environment = from_environment(&[
        ("WATCHFIRE__DATA__PATH", "of-the-environment"),
        ("WATCHFIRE__GATEWAY__COUNT", "3"),
    ])
    .environment;
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.data.path, PathBuf::from("of-the-environment"));
    assert_eq!((config.data.ballast, config.gateway.count), (1 << 20, 3));

    sources.data = Some(PathBuf::from("of-the-flag"));
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.data.path, PathBuf::from("of-the-flag"));
}

#[test]
fn texts_in_the_environment_need_no_quotes_even_if_they_look_like_numbers() {
    let sources = from_environment(&[("WATCHFIRE__DATA__PATH", "1234")]);
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.data.path, PathBuf::from("1234"));
}

#[test]
fn port_zero_is_accepted() {
    let sources = from_environment(&[
        ("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__SECOND__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__SECOND__FAMILY", "dc09"),
        ("WATCHFIRE__API__ADDRESS", "[::1]:0"),
    ]);
    let config = Config::load(&sources).unwrap();
    let names: Vec<_> = config.listeners.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["dc09", "dc09_tls", "mqtt", "second"]);
    assert!(config.listeners.iter().all(|l| l.address.port() == 0));
    assert_eq!(config.api.address.port(), 0);
}

#[test]
fn a_listener_can_be_switched_off() {
    let sources = from_environment(&[
        ("WATCHFIRE__LISTENER__DC09__ENABLED", "false"),
        ("WATCHFIRE__LISTENER__DC09_TLS__ENABLED", "false"),
        ("WATCHFIRE__LISTENER__MQTT__ENABLED", "false"),
    ]);
    assert_eq!(Config::load(&sources).unwrap().listeners, []);
}

#[test]
fn an_unknown_key_is_refused_with_file_line_nearest_and_allowed_keys() {
    insta::assert_snapshot!(told("# comment\n[gateway]\ncount = 1\nexpected_panel = 7\n"), @r"
    the configuration is not valid
      watchfire.toml:4: `gateway.expected_panel`: there is no such key; did you mean `expected_panels`?
        allowed: count, expected_panels
    ");
    insta::assert_snapshot!(told("[gatway]\ncount = 1\n"), @r"
    the configuration is not valid
      watchfire.toml:1: `gatway`: there is no section `gatway`; did you mean `gateway`?
        allowed: data, gateway, listener, tls, api, supervision, retention, log
    ");
    insta::assert_snapshot!(told("log = \"info\"\n[listener]\naddress = \"0.0.0.0:1\"\n"), @r"
    the configuration is not valid
      watchfire.toml:3: `listener.address`: `listener` is a section, not a key
        allowed: a name and a key: [listener.NAME] with enabled, family, address, udp, tls, client_certificates, strangers
      watchfire.toml:1: `log`: `log` is a section, not a key
        allowed: [log] with filter, format
    ");
}

#[test]
fn an_unknown_variable_of_the_environment_is_refused() {
    insta::assert_snapshot!(told_of("WATCHFIRE__LISTENER__DC09__ADRESS", "127.0.0.1:1"), @r"
    the configuration is not valid
      environment WATCHFIRE__LISTENER__DC09__ADRESS: `listener.dc09.adress`: there is no such key; did you mean `address`?
        allowed: enabled, family, address, udp, tls, client_certificates, strangers
    ");
    insta::assert_snapshot!(told_of("WATCHFIRE__API", "127.0.0.1:1"), @r"
    the configuration is not valid
      environment WATCHFIRE__API: `api`: `api` is a section, not a key
        allowed: [api] with address
    ");
    let unrelated = from_environment(&[("WATCHFIRE_CONFIG", "x"), ("PATH", "y")]);
    assert!(Config::load(&unrelated).is_ok());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = "\
[data]
path = 7
[gateway]
count = 1000
[api]
address = \"0.0.0.0:8080\"
[listener.dc09]
address = \"9009\"
family = \"telex\"
[listener.UPPER]
[retention]
routine = \"1h\"
alarm = \"for ever\"
[log]
format = \"xml\"
filter = \"info\"
";
    insta::assert_snapshot!(told(text), @r#"
    the configuration is not valid
      watchfire.toml:10: `listener.UPPER.enabled`: `UPPER` cannot be the name of a listener
        allowed: 1 to 32 lower-case letters, digits and single underscores, a letter first
      watchfire.toml:2: `data.path`: invalid type: integer `7`, expected path string
        allowed: the path of a folder on a local disk
      watchfire.toml:4: `gateway.count`: out of range
        allowed: a whole number from 0 to 256
      watchfire.toml:6: `api.address`: the API binds loopback only until it has TLS
        allowed: a loopback address and a port, such as 127.0.0.1:8080 or [::1]:8080
      watchfire.toml:9: `listener.dc09.family`: there is no family "telex"
        allowed: "dc09" (SIA DC-09) or "mqtt" (the panel protocol over MQTT)
      watchfire.toml:8: `listener.dc09.address`: "9009" is not an address and a port
        allowed: an address and a port, such as 0.0.0.0:9009 or [::1]:9009
      watchfire.toml:13: `retention.alarm`: "for ever" is no time for it
        allowed: a time from 2d to 100y
      watchfire.toml:12: `retention.routine`: "1h" is no time for it
        allowed: a time from 2d to 100y
      watchfire.toml:15: `log.format`: unknown variant `xml`, expected `text` or `json`
        allowed: "text" or "json"
    "#);
}

#[test]
fn a_listener_without_address_and_two_at_one_address_are_refused() {
    let text = "[listener.second]\nfamily = \"dc09\"\n";
    insta::assert_snapshot!(told(text), @r"
    the configuration is not valid
      watchfire.toml:2: `listener.second`: missing field `address`
    ");
    assert!(told("[listener.second]\n").contains("missing field `family`"));
    let (_folder, sources) = from_file("[listener.dc09]\n");
    assert!(
        Config::load(&sources).is_ok(),
        "the default one lacks nothing"
    );
    let text = "[listener.second]\nfamily = \"dc09\"\naddress = \"0.0.0.0:9009\"\n";
    insta::assert_snapshot!(told(text), @r"
    the configuration is not valid
      watchfire.toml:3: `listener.second.address`: listener `dc09` has this address already
        allowed: an address and a port, such as 0.0.0.0:9009 or [::1]:9009
    ");
}

#[test]
fn a_listener_takes_datagrams_and_declines_strangers_unless_it_is_told_otherwise() {
    let listener = |text: &str| {
        let (_folder, sources) = from_file(text);
        Config::load(&sources).unwrap().listeners.remove(0)
    };
    let default = listener("");
    assert!(default.udp);
    assert_eq!(default.strangers, Strangers::Decline);
    let other = listener("[listener.dc09]\nudp = false\nstrangers = \"silence\"\n");
    assert!(!other.udp);
    assert_eq!(other.strangers, Strangers::Silence);
    let acknowledging = listener("[listener.dc09]\nstrangers = \"acknowledge\"\n");
    assert_eq!(acknowledging.strangers, Strangers::Acknowledge);
    let problem = told("[listener.dc09]\nstrangers = \"welcome\"\n");
    assert!(
        problem.contains("\"decline\", \"silence\" or \"acknowledge\""),
        "{problem}"
    );
}

#[test]
fn a_listener_with_tls_takes_certificates_and_no_datagrams_unless_it_is_told_otherwise() {
    let second = |text: &str| {
        let text =
            format!("[listener.second]\nfamily = \"dc09\"\naddress = \"0.0.0.0:9011\"\n{text}");
        let (_folder, sources) = from_file(&text);
        let config = Config::load(&sources).unwrap();
        config
            .listeners
            .into_iter()
            .find(|l| l.name == "second")
            .unwrap()
    };
    let plain = second("");
    assert_eq!((plain.tls, plain.udp), (None, true));
    let encrypted = second("tls = \"on\"");
    assert_eq!(
        (encrypted.tls, encrypted.udp),
        (Some(ClientCertificates::Optional), false)
    );
    let strict = second("tls = \"on\"\nclient_certificates = \"required\"");
    assert_eq!(strict.tls, Some(ClientCertificates::Required));
}

#[test]
fn what_tls_cannot_do_is_refused() {
    let text = "\
[listener.a]
family = \"dc09\"
address = \"0.0.0.0:1\"
tls = \"on\"
udp = true
[listener.b]
family = \"dc09\"
address = \"0.0.0.0:2\"
client_certificates = \"required\"
[listener.c]
family = \"mqtt\"
address = \"0.0.0.0:3\"
[tls]
certificate = \"server.pem\"
crl = [\"\"]
names = [\"alarms.example.org\", \"no name\"]
";
    insta::assert_snapshot!(told(text), @r#"
    the configuration is not valid
      watchfire.toml:5: `listener.a.udp`: TLS is for connections, and datagrams would go in clear: take them at a listener without TLS
        allowed: true or false
      watchfire.toml:9: `listener.b.client_certificates`: without TLS there are no certificates: set `tls = "on"`
        allowed: "required", "optional" or "off"
      watchfire.toml:12: `listener.c.tls`: mqtt without TLS is for a loopback address only: set `tls = "on"`
        allowed: "off" or "on"
      watchfire.toml:15: `tls.crl`: a path is empty
        allowed: paths of files, such as ["/etc/watchfire/panels.crl"]
      watchfire.toml:14: `tls.certificate`: it is given without its `key`
        allowed: the path of a file, together with `key`; or "" for Watchfire's own
      watchfire.toml:16: `tls.names`: "no name" is no host name and no address
        allowed: host names and addresses, such as ["alarms.example.org", "192.0.2.7"]
    "#);
}

#[test]
fn mqtt_without_tls_is_spoken_on_this_machine_and_never_in_datagrams() {
    let plain = [
        ("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:1883"),
        ("WATCHFIRE__LISTENER__MQTT__TLS", "off"),
        ("WATCHFIRE__LISTENER__MQTT__CLIENT_CERTIFICATES", "off"),
    ];
    let config = Config::load(&from_environment(&plain)).unwrap();
    let mqtt = config.listeners.iter().find(|l| l.name == "mqtt").unwrap();
    assert_eq!((mqtt.tls, mqtt.udp), (None, false));
    let datagrams = told_of("WATCHFIRE__LISTENER__MQTT__UDP", "true");
    assert!(
        datagrams.contains("mqtt is not spoken in datagrams"),
        "{datagrams}"
    );
}

#[test]
fn the_operators_files_are_lists_in_the_environment_too() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.tls.certificate, None);
    let sources = from_environment(&[
        ("WATCHFIRE__TLS__CERTIFICATE", "/etc/server.pem"),
        ("WATCHFIRE__TLS__KEY", "/etc/server.key"),
        (
            "WATCHFIRE__TLS__CLIENT_CA",
            "[\"/etc/a.pem\", \"/etc/b.pem\"]",
        ),
        (
            "WATCHFIRE__TLS__NAMES",
            "[\"192.0.2.7\", \"alarms.example.org\"]",
        ),
    ]);
    let tls = Config::load(&sources).unwrap().tls;
    let (certificate, key) = tls.certificate.unwrap();
    assert_eq!(
        (certificate, key),
        ("/etc/server.pem".into(), "/etc/server.key".into())
    );
    assert_eq!(
        tls.client_ca,
        [PathBuf::from("/etc/a.pem"), PathBuf::from("/etc/b.pem")]
    );
    assert_eq!(tls.names, ["192.0.2.7", "alarms.example.org"]);
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    insta::assert_snapshot!(told("[data]\npath = \n"), @r"
    the configuration is not valid
      watchfire.toml:2: this is not TOML: string values must be quoted, expected literal string
    ");
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let sources = Sources {
        file: Some(PathBuf::from("/nowhere/watchfire.toml")),
        ..Sources::default()
    };
    let problems = Config::load(&sources).unwrap_err().to_string();
    assert!(problems.contains("/nowhere/watchfire.toml: the configuration file cannot be read"));
}
