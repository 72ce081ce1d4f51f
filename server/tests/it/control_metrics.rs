//! `/metrics` over HTTP, read by a strict reader of Prometheus' text format.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use crate::scripts::{Answer, Stub};

/// Samples by name and labels.
type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

fn is_name(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == ':');
    begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
}

/// The labels between braces.
fn labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").expect("a label has a value in quotes");
        assert!(is_name(name) && !name.contains(':'), "{name}");
        let (mut value, mut characters) = (String::new(), rest.char_indices());
        let end = loop {
            match characters.next().expect("a value ends") {
                (end, '"') => break end,
                (_, '\\') => value.push(match characters.next().expect("an escape goes on").1 {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    other => panic!("no escape: {other}"),
                }),
                (_, character) => value.push(character),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} is there twice");
        text = rest[end + 1..].strip_prefix(',').unwrap_or(&rest[end + 1..]);
    }
    labels
}

/// Reads the whole text; whatever is not as the format wants it panics.
fn read(text: &str) -> Samples {
    assert!(text.ends_with('\n') && !text.contains('\r'));
    let (mut samples, mut seen, mut family) =
        (Samples::new(), BTreeSet::new(), (String::new(), String::new()));
    let mut helped = String::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').expect("a help has words").0.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type has a name");
            assert!(is_name(name) && name == helped && seen.insert(name.to_owned()), "{name}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
            family = (name.to_owned(), kind.to_owned());
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
            let (name, labels) = match series.split_once('{') {
                Some((name, rest)) => (name, labels(rest.strip_suffix('}').expect("braces close"))),
                None => (series, BTreeMap::new()),
            };
            let suffixes: &[&str] =
                if family.1 == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.iter().any(|suffix| name == format!("{}{suffix}", family.0)), "{line}");
            let value: f64 = value.parse().expect("a number");
            assert!(samples.insert((name.to_owned(), labels), value).is_none(), "{line} is there twice");
        }
    }
    samples
}

/// Buckets grow with their bounds, and the last one holds all.
fn check_histogram(samples: &Samples, name: &str) {
    let mut series: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
    for ((_, labels), count) in samples.iter().filter(|((known, _), _)| *known == format!("{name}_bucket")) {
        let mut labels = labels.clone();
        let bound = labels.remove("le").expect("a bucket has a bound").replace("+Inf", "inf");
        series.entry(labels).or_default().push((bound.parse().expect("a number"), *count));
    }
    assert!(!series.is_empty());
    for (labels, mut buckets) in series {
        buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
        assert!(buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{buckets:?}");
        let (bound, all) = *buckets.last().expect("there is one");
        assert!(bound.is_infinite());
        assert_eq!(samples[&(format!("{name}_count"), labels.clone())], all);
        assert!(samples.contains_key(&(format!("{name}_sum"), labels)));
    }
}

#[tokio::test]
async fn requests_are_counted_by_operation_status_and_source() {
    let stub = Stub::scripted("script: 1\nrules: { getPet: [401, 200] }").await;
    stub.statuses("/pets/1", 3).await;
    stub.get("/pets?limit=none").await;
    stub.get("/~a/pets").await;
    stub.get("/nowhere").await;
    Answer::of(stub.control(Method::PUT, "/operations/listPets/reply").body("503")).await;
    let shown = Answer::of(stub.control(Method::GET, "/metrics")).await;
    assert_eq!(
        (shown.status, shown.header("content-type")),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    let samples = read(&shown.text);
    let of = |name: &str, labels: &[(&str, &str)]| {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        samples.get(&(name.to_owned(), labels)).copied()
    };
    let requests = |operation, status, source| {
        of("counterfoil_requests_total", &[("operation", operation), ("status", status), ("source", source)])
    };
    assert_eq!(requests("getPet", "401", "rule"), Some(1.0));
    assert_eq!(requests("getPet", "200", "rule"), Some(2.0));
    assert_eq!(requests("listPets", "400", "validation"), Some(1.0));
    assert_eq!(requests("listPets", "200", "example"), Some(1.0), "whatever the session");
    assert_eq!(requests("", "404", "routing"), Some(1.0));
    assert_eq!(of("counterfoil_requests_invalid_total", &[("operation", "listPets")]), Some(1.0));
    assert_eq!(of("counterfoil_requests_invalid_total", &[("operation", "getPet")]), Some(0.0));
    check_histogram(&samples, "counterfoil_request_duration_seconds");
    for (name, value) in [("sessions", 1.0), ("journal_calls", 6.0), ("set_rules", 1.0)] {
        assert_eq!(of(&format!("counterfoil_{name}"), &[]), Some(value), "{name}");
    }
    assert!(of("counterfoil_journal_bytes", &[]).is_some_and(|bytes| bytes > 0.0));
}
