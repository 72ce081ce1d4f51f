//! The log of `counterfoil mock`: a line a request.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::Value;

use crate::process::{Log, Mock, shell, text, write};

const PETS: &str = "\
openapi: 3.0.3
info: {title: Pets, version: '1'}
components: {securitySchemes: {key: {type: apiKey, in: query, name: key}}}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      security: [{key: []}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: limit, in: query, required: true, schema: {type: integer}}
        - {name: token, in: header, schema: {type: string, format: password, maxLength: 3}}
      responses: {'200': {description: a pet, content: {application/json: {example: {id: 1}}}}}
";

/// A stub of the document above, under a script, with flags.
fn logged(flags: &[&str]) -> (Mock, Log, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pets = write(folder.path(), "pets.yaml", PETS);
    let script = "script: 1\nrules: {getPet: [{id: slow, when: {query.limit: 7}, fault: empty}]}\n";
    let script = write(folder.path(), "s.yaml", script);
    let arguments = [text(&pets), "--script", text(&script)];
    let (mut mock, log) = Mock::start_logged(arguments.into_iter().chain(flags.iter().copied()));
    mock.announcement();
    (mock, log, folder)
}

fn call(mock: &Mock, target: &str) {
    shell(&format!("curl -s -H 'token: s3cret-s3cret' '{}{target}'", mock.url));
}

/// A line of text with what differs from run to run taken out.
fn settled(line: &str) -> String {
    let (time, rest) = line.split_once(' ').expect("a time, then a space");
    assert!(time.ends_with('Z') && time.contains('T'), "{line}");
    let (before, after) = rest.split_once(" ms, call ").expect("a latency, then a call");
    let (before, _) = before.rsplit_once(' ').expect("a latency");
    format!("{before} 0.00 ms, call {after}")
}

#[test]
fn one_log_line_a_request_with_the_whole_url_operation_status_and_why() {
    let (mock, log, folder) = logged(&[]);
    let targets = [
        "/pets/1?limit=5&key=k3y-value&more=a%20b",
        "/pets/x?key=k3y-value",
        "/nowhere?a=b",
        "/pets/1?limit=7&key=k3y-value",
    ];
    for target in targets {
        let url = format!("{}{target}", mock.url);
        // Only the first has a header that is too long, and is none.
        shell(&format!("curl -s '{url}'"));
    }
    call(&mock, "/pets/1?limit=5&key=k3y-value");
    let lines: Vec<String> = (0..5).map(|_| settled(&log.line())).collect();
    insta::assert_snapshot!(lines.join("\n").replace(text(folder.path()), "."));
}

#[test]
fn one_log_line_a_request_as_json() {
    let (mock, log, folder) = logged(&["--log", "json"]);
    call(&mock, "/pets/x?limit=5&key=k3y-value");
    call(&mock, "/pets/1?limit=7&key=k3y-value");
    let mut lines = Vec::new();
    for _ in 0..2 {
        let mut line: Value = serde_json::from_str(&log.line()).unwrap();
        let members = line.as_object_mut().unwrap();
        assert!(members["time"].as_str().unwrap().ends_with('Z'));
        assert!(members["latency_us"].as_u64().unwrap() > 0);
        for name in ["time", "latency_us"] {
            members[name] = Value::from("settled");
        }
        lines.push(line.to_string());
    }
    insta::assert_snapshot!(lines.join("\n").replace(text(folder.path()), "."));
}

#[test]
fn without_a_log_a_reload_and_an_error_are_told_all_the_same() {
    let (mock, log, folder) = logged(&["--log", "off", "--watch"]);
    call(&mock, "/pets/1?limit=5");
    write(folder.path(), "pets.yaml", &PETS.replace("a pet", "one pet"));
    assert!(log.line().ends_with("info reloaded: operations: 1 changed (getPet)"));
    call(&mock, "/pets/1?limit=5");
    write(folder.path(), "pets.yaml", "paths: [");
    assert!(log.line().contains("error cannot reload"));
}

/// What is in a URL, a method or a header must not act upon the terminal that shows the log.
#[test]
fn nothing_in_a_request_acts_upon_a_terminal() {
    for flags in [&["--log", "text"], &["--log", "json"]] {
        let (mock, log, _folder) = logged(flags);
        let address = mock.url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        let target = "/pets/1?limit=\u{9b}2J&b=\u{202e}evil\u{2066}&key=k";
        write!(connection, "GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let line = log.line();
        let is_active = |character: char| character.is_control() || "\u{202e}\u{2066}".contains(character);
        assert!(!line.contains(is_active), "{line:?}");
        assert!(line.contains("202e") && line.contains("9b"), "{line}");
    }
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let rows: [(&[&str], &[&str], bool); 5] = [
        (&[], &[], false),
        (&["--color", "always"], &[], true),
        (&["--color", "never"], &["CLICOLOR_FORCE"], false),
        (&[], &["CLICOLOR_FORCE"], true),
        (&["--color", "auto"], &["NO_COLOR"], false),
    ];
    for (flags, variables, is_coloured) in rows {
        let (mock, log) =
            Mock::start_logged_under(["tyk"].into_iter().chain(flags.iter().copied()), variables);
        call(&mock, "/admin/sso");
        assert_eq!(log.line().contains('\u{1b}'), is_coloured, "{flags:?} {variables:?}");
    }
}

/// Whoever starts a stub and never reads its log must not stop it.
#[test]
fn a_log_that_nobody_reads_holds_no_request_up() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let mock = Mock::start_unread([text(&pets)]);
    // Each line is longer than its URL, and a pipe holds 64 KiB.
    let target = format!("/pets/1?limit=1&key=k&long={}", "x".repeat(8_000));
    for _ in 0..20 {
        let status = shell(&format!("curl -s -m 10 -o /dev/null -w '%{{http_code}}' '{}{target}'", mock.url));
        assert_eq!(status, "200");
    }
}
