use model::SupervisionClass;

use super::*;

#[test]
fn every_built_in_scenario_reads_and_goes_to_another_process_unchanged() {
    for (name, _) in BUILT_IN {
        let scenario = Scenario::built_in(name).unwrap();
        let json = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), scenario);
    }
    assert!(Scenario::built_in("nothing").is_none());
    assert!(!Scenario::built_in("quiet").unwrap().has_signals());
}

const BENCH: &str = "
about = 'x'
family = 'mqtt'
panels = 50000
duration = '90s'
begin_per_second = 2500
resumption = false
supervision = 'SP5'
rate = 5787
[mix]
status = 1
[burst]
after = '20s'
lasts = '1s'
share = '20%'
[server]
gateways = [1, 2]
restart_after = '20s'
restart_for = '2s'
";

#[test]
fn what_a_bench_does_is_read_and_goes_to_another_process_unchanged() {
    let scenario = Scenario::parse(BENCH).unwrap();
    assert_eq!(
        (scenario.family, scenario.panels, scenario.resumption),
        (Some(Family::Mqtt), Some(50_000), Some(false))
    );
    assert_eq!(scenario.rate, Some(Rate::PerSecond(5_787.0)));
    let class = scenario.supervision.and_then(|watched| watched.0.class());
    assert_eq!(class.map(SupervisionClass::as_str), Some("SP5"));
    assert_eq!(scenario.server.gateways, [1, 2]);
    let json = serde_json::to_string(&scenario).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), scenario);
    let hurried = BENCH.replace("5787", "'max'");
    let refused = Scenario::parse(&hurried).unwrap_err().to_string();
    assert!(refused.contains("a [burst]"), "{refused}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let mix = "about = 'x'\n[mix]\nalarm = 1\n";
    let server = "about = 'x'\npoll = '1s'\n[server]\n";
    let burst = "about = 'x'\nduration = '9s'\n[burst]\n";
    for (text, told) in [
        ("about = 'x'".to_owned(), "give `poll`"),
        ("about = 'x'\npoll = '0s'".to_owned(), "more than 0"),
        ("about = 'x'\nsignal_every = '1s'".to_owned(), "[mix]"),
        ("about = 'x'\npoll = '1s'\nrate = 5".to_owned(), "[mix]"),
        ("about = 'x'\npol = '1s'".to_owned(), "poll"),
        ("about = 'x'\npoll = '1'".to_owned(), "60s"),
        ("about = 'x'\npoll = '1s'\npanels = 0".to_owned(), "1000000"),
        ("about = 'x'\nrate = 0".to_owned(), "quiet"),
        ("about = 'x'\nrate = 'fast'".to_owned(), "max"),
        ("about = 'x'\nfamily = 'x25'".to_owned(), "mqtt"),
        ("about = 'x'\nsupervision = 'SP7'".to_owned(), "SP5"),
        (
            "about = 'x'\nbegin_per_second = 0\npoll = '1s'".to_owned(),
            "100000",
        ),
        (
            "about = 'x'\nduration = '0s'\npoll = '1s'".to_owned(),
            "more than 0",
        ),
        ("about = 'x'\n[mix]\nalarms = 1".to_owned(), "alarm"),
        (
            ["signal_every = '1s'\nrate = 'max'\n", mix].concat(),
            "one of",
        ),
        (
            [mix, "[[phase]]\nlasts = '1s'\nfactor = 0"].concat(),
            "above 0",
        ),
        (
            [mix, "[[phase]]\nlasts = '1s'\nfactor = nan"].concat(),
            "factor",
        ),
        ([mix, "[faults]\nskew = '1%'"].concat(), "10%:+90s"),
        (
            [burst, "after = '1s'\nlasts = '1s'\nshare = '0%'"].concat(),
            "above 0%",
        ),
        (
            [burst, "after = '8s'\nlasts = '2s'\nshare = '1%'"].concat(),
            "`duration`",
        ),
        (
            [burst, "after = '8s'\nlast = '2s'\nshare = '1%'"].concat(),
            "lasts",
        ),
        ([server, "gateways = [0]"].concat(), "1 to 256"),
        ([server, "restart_for = '1s'"].concat(), "`restart_after`"),
        (
            [
                "duration = '20s'\n",
                server,
                "restart_after = '18s'\nrestart_for = '2s'",
            ]
            .concat(),
            "`duration`",
        ),
    ] {
        let refused = Scenario::parse(&text).unwrap_err().to_string();
        assert!(refused.contains(told), "{told} in {refused}");
    }
}

#[test]
fn every_load_of_the_bench_says_for_whom_and_for_how_long_it_is() {
    let first = BUILT_IN.iter().position(|(name, _)| *name == "seed-day");
    for (name, _) in &BUILT_IN[first.unwrap()..] {
        let scenario = Scenario::built_in(name).unwrap();
        assert_eq!(scenario.family, Some(Family::Mqtt), "{name}");
        assert!(scenario.panels.is_some() && scenario.duration.is_some());
        assert!(scenario.begin_per_second.is_some(), "{name}");
        let class = scenario.supervision.and_then(|watched| watched.0.class());
        let asked = class.map(SupervisionClass::keep_alive).unwrap();
        let poll = scenario.poll.unwrap().0;
        assert!(poll <= asked, "{name}: {poll:?} where {asked:?} is asked");
    }
}

#[test]
fn the_bench_loads_ask_for_what_they_say() {
    let scenario = |name| Scenario::built_in(name).unwrap();
    let burst = scenario("alarm-burst").burst.unwrap();
    let alarms = (0..50_000).filter_map(|place| burst.moment(place, 50_000));
    assert_eq!(
        (alarms.count(), burst.lasts.to_string()),
        (10_000, "1s".to_owned())
    );
    let durable = scenario("all-durable").mix;
    assert_eq!((durable.status, durable.test), (0, 0));
    assert!(!scenario("idle").has_signals());
    assert_eq!(scenario("scaling").server.gateways, [1, 2]);
    assert!(scenario("storm").server.restart_after.is_some());
    for name in ["saturation", "scaling"] {
        assert_eq!(scenario(name).rate, Some(Rate::Most));
    }
}
