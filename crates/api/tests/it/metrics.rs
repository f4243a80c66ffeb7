//! `/metrics` as OpenMetrics 1.0.

use std::collections::HashSet;

use engine::ports::{Measurement, Reading};

use crate::fakes::House;

fn figure(name: &'static str, label: Option<&str>, reading: Reading) -> Measurement {
    Measurement {
        name,
        help: "What it tells.",
        labels: label
            .map(|value| ("reason", value.to_owned()))
            .into_iter()
            .collect(),
        reading,
    }
}

/// Checks what a scraper needs: families in one piece, samples of their family, suffixes, an
/// end. Returns the samples.
fn parse(text: &str) -> Vec<(String, f64)> {
    let mut families: HashSet<String> = HashSet::new();
    let mut family = (String::new(), String::new());
    let mut samples = Vec::new();
    assert!(text.ends_with("# EOF\n"), "{text}");
    for line in text.lines().take_while(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(families.insert(name.to_owned()), "{name} comes twice");
            family = (name.to_owned(), kind.to_owned());
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            let suffix = name.strip_prefix(&family.0).unwrap();
            let allowed: &[&str] = match family.1.as_str() {
                "counter" => &["_total"],
                "gauge" => &[""],
                "histogram" => &["_bucket", "_sum", "_count"],
                other => panic!("{other}"),
            };
            assert!(allowed.contains(&suffix), "{line}");
            samples.push((sample.to_owned(), value.parse().unwrap()));
        }
    }
    samples
}

#[tokio::test]
async fn figures_of_all_kinds_parse_as_openmetrics() {
    let house = House::new();
    let buckets = vec![(0.001, 3), (0.01, 5), (0.1, 5)];
    *house.part.figures.lock().unwrap() = vec![
        figure("watchfire_frames_refused", Some("crc"), Reading::Counter(7)),
        figure("watchfire_links", None, Reading::Gauge(2.0)),
        figure(
            "watchfire_frames_refused",
            Some("a \"b\"\\\n"),
            Reading::Counter(1),
        ),
        figure(
            "watchfire_commit_seconds",
            None,
            Reading::Histogram {
                buckets,
                sum: 0.25,
                count: 6,
            },
        ),
        figure("watchfire_cpu_seconds", None, Reading::Sum(12.5)),
        // Of another kind than the first of its name: left out.
        figure("watchfire_links", None, Reading::Counter(9)),
    ];
    house.get("/api/v1/nothing").await;
    let answer = house.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    insta::assert_snapshot!(answer.body);
    let samples = parse(&answer.body);
    let value = |name: &str| samples.iter().find(|(n, _)| n == name).unwrap().1;
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(close(value("watchfire_links"), 2.0));
    assert!(close(value("watchfire_cpu_seconds_total"), 12.5));
    assert!(close(
        value("watchfire_frames_refused_total{reason=\"crc\"}"),
        7.0
    ));
    assert!(close(
        value("watchfire_commit_seconds_bucket{le=\"0.01\"}"),
        5.0
    ));
    assert!(close(
        value("watchfire_commit_seconds_bucket{le=\"+Inf\"}"),
        6.0
    ));
    assert!(close(
        value("watchfire_api_answers_total{status=\"4xx\"}"),
        1.0
    ));
}
