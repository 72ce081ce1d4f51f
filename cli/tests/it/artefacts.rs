//! What a run leaves behind holds no secret, whatever report it is.

use std::path::Path;

use crate::process::{Mock, counterfoil, run, text, write};

/// Secrets in every location: each begins alike, so that one search finds any of them.
const CANARY: &str = "c4n4ry";

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: "https://user:c4n4ry-server@api.test/v1"}]
security: [{header: []}, {query: []}, {cookie: []}]
paths:
  /login:
    post:
      operationId: login
      parameters: [{name: pin, in: query, required: true, schema: {type: string, format: password}, example: c4n4ry-parameter}]
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [user, password], properties: {user: {type: string}, password: {type: string, format: password}}}
            example: {user: tom, password: c4n4ry-body}
          application/x-www-form-urlencoded:
            schema: {type: object, required: [password], properties: {password: {type: string, writeOnly: true}}}
            example: {password: c4n4ry-form}
      responses:
        '200':
          description: ok
          headers: {X-Echo: {schema: {type: string}}}
          content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}, password: {type: string, format: password}}}}}
        '400': {description: wrong}
components:
  securitySchemes:
    header: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: api_key}
    cookie: {type: apiKey, in: cookie, name: session}
"#;

/// Gives back what it got, and is wrong about it.
const ECHO: &str = r#"
script: 1
rules:
  login:
    - status: 200
      headers: {X-Echo: "${header.X-Key}", Set-Cookie: "session=c4n4ry-set"}
      body: {password: "${header.X-Key}", echo: "${header.Authorization}"}
      allow_invalid: true
"#;

/// Every file of a folder that has a text, by name.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a file, a process or a stream of this test") {
        let path = entry.expect("a file, a process or a stream of this test").path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(
            &std::fs::read(&path).expect("a file, a process or a stream of this test"),
        )
        .contains(text)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a52_no_artefact_holds_a_secret() {
    let given = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (document, script) =
        (write(given.path(), "pets.yaml", DOCUMENT), write(given.path(), "echo.yaml", ECHO));
    let mock = Mock::start([text(&document), "--script", text(&script)]);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let kinds = ["junit", "json", "ndjson", "markdown", "html", "sarif", "har", "ctrf", "snapshot"];
    let reports: Vec<String> = kinds.iter().map(|kind| format!("{kind}={}", at(kind))).collect();
    let reports = format!("{},github", reports.join(","));
    let record = at("run.ndjson.zst");
    let headers =
        ["X-Key: c4n4ry-header", "Cookie: session=c4n4ry-cookie", "Authorization: Bearer c4n4ry-bearer"];
    let mut command = counterfoil(["test", text(&document), "--url", &mock.url, "--max-cases", "10"]);
    command.args(headers.iter().flat_map(|header| ["--header", header]));
    command.args(["--other-header", "X-Key: c4n4ry-other"]);
    command.args(["--phases", "examples,fuzzing,probing", "--report", &reports, "--record", &record]);
    command.env("COUNTERFOIL_X_KEY", "c4n4ry-environment").env("RUST_BACKTRACE", "1");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    std::fs::write(at("stdout"), &output.stdout).unwrap();
    std::fs::write(at("stderr"), &output.stderr).unwrap();
    // Compressed, a record hides what it holds from this search.
    let events = run(["report", &record, "--format", "ndjson", "--output", &at("events")]);
    assert_eq!(events.code, Some(0), "{events:?}");
    for kind in ["terminal", "html", "github"] {
        let made = run(["report", &record, "--format", kind, "--output", &at(&format!("made-{kind}"))]);
        assert_eq!(made.code, Some(0), "{made:?}");
    }
    assert_eq!(holding(folder.path(), CANARY), Vec::<String>::new());
    // The search does find what is there: what was sent is in the archive, with its secrets hidden.
    assert!(!holding(folder.path(), "/login").is_empty() && !holding(folder.path(), "***").is_empty());
    let curl = "\"X-Key: $COUNTERFOIL_X_KEY\"";
    let stdout = String::from_utf8_lossy(&output.stdout).to_lowercase();
    assert!(stdout.contains(&curl.to_lowercase()), "{stdout}");
    let annotations = stdout.lines().filter(|line| line.starts_with("::error file=")).count();
    assert!((1..=10).contains(&annotations), "{stdout}");
}
