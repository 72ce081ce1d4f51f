//! What a target, or a document, could do to those who read a report: nothing.

use pulldown_cmark::{Event as Markup, Parser};

use super::formats::to_har;
use super::tests::{case, exchange, failure, feed, hostile_run, sample_run, started, terminal};
use super::*;
use crate::event::{Event, EventSink, Summary, Verdict};
use crate::failure::Failure;

/// Every report that is text, of a run.
fn reports(events: &[Event]) -> Vec<(&'static str, String)> {
    let tally = feed(Tally::default(), events);
    let ndjson = feed(Ndjson::new(Vec::new()), events).finish().expect("memory takes all");
    vec![
        ("terminal", terminal(events, Colour::Off)),
        ("junit", to_junit(&tally)),
        ("json", to_json(&tally)),
        ("ndjson", String::from_utf8(ndjson).expect("reports are UTF-8")),
        ("markdown", to_markdown(&tally)),
        ("html", to_html(&tally)),
        ("sarif", to_sarif(&tally)),
        ("har", to_har(events)),
        ("ctrf", to_ctrf(&tally)),
        ("github", to_github(&tally)),
    ]
}

/// A run in which every text that a target or a document decides is a payload.
fn attacked(payload: &str) -> Vec<Event> {
    let mut events = hostile_run();
    for event in &mut events {
        match event {
            Event::RunStarted { title, document, operations, .. } => {
                payload.clone_into(title);
                payload.clone_into(document);
                for operation in operations {
                    operation.path = format!("/{payload}");
                    operation.responses[0].media_types = vec![payload.to_owned()];
                }
            }
            Event::CaseFinished { case } => {
                case.broken = Some(payload.to_owned());
                case.exchange.response_headers[0].1 = payload.to_owned();
                case.exchange.response_body = Some(payload.to_owned());
                case.exchange.url = format!("http://127.0.0.1/{payload}");
            }
            Event::FailureFound { failure } => {
                failure.message = format!("found\n{payload}");
                payload.clone_into(&mut failure.kind);
                payload.clone_into(&mut failure.label);
                failure.document_pointer = Some(payload.to_owned());
                failure.exchange.response_body = Some(format!("a\n{payload}\nb"));
                failure.reproduction.curl = format!("curl \\\n{payload}");
                if let Some(position) = &mut failure.document_position {
                    payload.clone_into(&mut position.file);
                }
            }
            Event::WarningRaised { warning } => payload.clone_into(&mut warning.message),
            _ => {}
        }
    }
    events
}

#[test]
fn a53_no_report_gives_a_ci_server_orders() {
    for payload in
        ["::error::x", "##[group]x", "::stop-commands::x", "##vso[task.setvariable]x", "a\r\n::error::x"]
    {
        for (name, report) in reports(&attacked(payload)) {
            for line in report.lines() {
                let start = line.trim_start();
                let is_order = start.starts_with("::") || line.contains("##[") || line.contains("##vso[");
                // GitHub's own are meant to be orders, one a line; NDJSON and HAR are data that no log shows.
                let is_ours = name == "github" && start.matches("::").count() >= 2;
                let is_data = ["ndjson", "har", "json"].contains(&name) && !start.starts_with("::");
                assert!(!is_order || is_ours || is_data, "{name} of {payload:?}: {line}");
            }
            if name == "github" {
                assert_eq!(report.lines().count(), 1, "{report}");
                assert!(report.starts_with("::error file="), "{report}");
            }
        }
    }
}

#[test]
fn a54_no_report_drives_a_terminal() {
    let payload =
        "\u{1b}[31m\u{1b}]52;c;aGk=\u{7}\u{1b}]8;;http://evil.test\u{7}x\u{9b}m\u{202e}evil\u{200b}\r\u{8}";
    for (name, report) in reports(&attacked(payload)) {
        // What is data holds it as JSON does; programs read it.
        let is_data = ["json", "ndjson", "har"].contains(&name);
        let is_bad = |character: char| {
            (character.is_control() && character != '\n' && !(is_data && character >= '\u{7f}'))
                || (!is_data && matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'))
        };
        let found = report.char_indices().find(|(_, character)| is_bad(*character));
        assert!(found.is_none(), "{name}: {found:?}");
    }
}

#[test]
fn a55_reports_stay_valid_and_inert() {
    let payload =
        "]]>\u{0}\u{ffff}</pre></failure></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'`";
    for (name, report) in reports(&attacked(payload)) {
        match name {
            "html" => {
                let markup: Vec<&str> = report.split('<').skip(1).collect();
                let known =
                    ["!doctype", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3"];
                let more = [
                    "p", "code", "pre", "span", "section", "article", "details", "summary", "dl", "dt", "dd",
                ];
                let tables = ["div", "table", "tr", "th", "td", "ul", "li", "nav", "a"];
                for tag in markup {
                    let tag = tag.trim_start_matches('/');
                    let end = tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '!').unwrap_or(tag.len());
                    let tag = &tag[..end];
                    let is_ours = known.contains(&tag) || more.contains(&tag) || tables.contains(&tag);
                    assert!(is_ours, "<{tag}>");
                }
                assert!(!report.contains("<script") && !report.contains("<img"), "{report}");
            }
            "junit" => {
                quick_junit::Report::deserialize_from_str(&report).expect("what was written can be read");
                assert!(!report.contains("<script"));
            }
            "markdown" => {
                for markup in Parser::new_ext(&report, pulldown_cmark::Options::ENABLE_TABLES) {
                    if let Markup::Html(text) | Markup::InlineHtml(text) = markup {
                        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
                    }
                }
            }
            "json" | "sarif" | "har" | "ctrf" => {
                let _: serde_json::Value = serde_json::from_str(&report).expect("it is JSON");
            }
            _ => {}
        }
        let forbidden =
            |c: char| c == '\u{0}' || c == '\u{ffff}' && !["json", "ndjson", "har"].contains(&name);
        assert!(!report.contains(forbidden), "{name}");
    }
}

/// Tells of a run with so many failures of one operation, each of a kind of its own.
fn broken_run<S: EventSink>(mut sink: S, count: u64, message: &str) -> S {
    sink.take(&started());
    let verdict = Verdict::Failed { kind: "k".to_owned(), message: message.to_owned(), is_known: false };
    sink.take(&case(1, exchange(Some(201), "{}"), verdict));
    let example = failure(r#"{"id":1}"#);
    for number in 0..count {
        let (kind, message) = (format!("k{number}"), format!("{number}: {message}"));
        sink.take(&Event::FailureFound { failure: Failure { kind, message, ..example.clone() } });
    }
    let summary = Summary { operations: 2, cases: 1, failures: count, ..Summary::default() };
    sink.take(&Event::RunFinished { summary });
    sink
}

#[test]
fn a56_a_hundred_thousand_failures_make_reports_that_can_be_read() {
    let message = "the body lacks `name`, which <the> \"document\" requires";
    let tally = broken_run(Tally::default(), 100_000, message);
    type Render = fn(&Tally) -> String;
    let bounds: [(&str, Render, usize); 5] = [
        ("markdown", to_markdown, 900 << 10),
        ("html", to_html, 20_000_000),
        ("junit", to_junit, 30_000_000),
        ("sarif", to_sarif, 30_000_000),
        ("ctrf", to_ctrf, 30_000_000),
    ];
    for (name, render, most) in bounds {
        let report = render(&tally);
        assert!(report.len() <= most, "{name} has {} bytes", report.len());
        assert!(
            report.contains("more failure") || report.contains("left out"),
            "{name} says that it is not all"
        );
    }
    assert_eq!(to_github(&tally).lines().count(), 10);
}

#[test]
fn a56_long_texts_of_a_target_are_cut() {
    // Every character is one that formats write as several.
    let payload = "<\"'&>".repeat(20_000);
    let mut tally = broken_run(Tally::default(), 100, &payload);
    for event in attacked(&payload) {
        tally.take(&event);
    }
    assert!(to_markdown(&tally).len() <= 900 << 10);
    assert!(to_html(&tally).len() <= 20_000_000);
    let junit = to_junit(&tally);
    assert!(junit.len() <= 30_000_000, "{}", junit.len());
    assert!(to_github(&tally).lines().all(|line| line.len() <= 8_000));
    let mut told = broken_run(Terminal::new(Vec::new(), Colour::Off), 200, &payload);
    attacked(&payload).iter().for_each(|event| told.take(event));
    let text = told.finish().expect("memory takes all");
    assert!(text.len() <= 3_000_000, "{}", text.len());
}

/// A page of many failures begins with what fails where, and each line of that leads to the first failure it is about.
#[test]
fn a_page_of_many_failures_begins_with_an_overview() {
    let page = to_html(&broken_run(Tally::default(), 300, "no"));
    let (overview, rest) = page.split_once("<article").expect("failures follow");
    assert!(overview.contains("<td class=\"number\">300</td>"), "{overview}");
    assert!(overview.contains("<a href=\"#failure-1-1\">POST /pets</a> 300"), "{overview}");
    assert!(rest.contains("id=\"failure-1-1\"") && rest.contains("id=\"failure-1-300\""));
    // The first ones are open, the others are a line each.
    assert_eq!((rest.matches("<h3>").count(), rest.matches("<details><summary>6. ").count()), (5, 1));
    // Every link leads somewhere.
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[test]
fn a46_a_page_runs_nothing_and_asks_for_nothing() {
    let page = to_html(&feed(Tally::default(), &sample_run()));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{page}");
    for forbidden in
        ["<script", "<img", "<link", "<iframe", "src=", "href=", "url(", "@import", " on", "style="]
    {
        let tags = page.split('<').skip(1).filter_map(|tag| tag.split('>').next());
        // It leads to places of its own, and nowhere else.
        let mut tags = tags.filter(|tag| !tag.starts_with("a href=\"#"));
        assert!(!tags.any(|tag| tag.contains(forbidden)), "{forbidden}");
    }
    assert!(!page.contains("http-equiv=\"refresh\""));
}
