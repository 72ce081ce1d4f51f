//! Each fault as clients see it: curl, reqwest and Node's fetch, over HTTP/1.1 and over HTTP/2.
//!
//! `server/FAULTS.md` is the same table for people to read.

use std::error::Error as _;
use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use counterfoil_server::{Script, StubServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stub::{Stub, client, contract};

const BODY: &str = "0123456789abcdefghij";

/// How long clients wait for what never comes. All else is awaited for as long as it takes.
const PATIENCE: &str = "1.5";

/// A fault, and what is seen of it.
struct Row {
    path: &'static str,
    fault: &'static str,
    /// The exit code of curl: over HTTP/1.1, over HTTP/2.
    curl: (i32, i32),
    /// What reqwest calls it.
    reqwest: &'static str,
    /// What is in the name, the code or the message of Node's error.
    node: &'static str,
}

const ROWS: [Row; 7] = [
    Row { path: "/reset", fault: "reset", curl: (56, 92), reqwest: "connection reset", node: "ECONNRESET" },
    Row {
        path: "/empty",
        fault: "empty",
        curl: (52, 92),
        reqwest: "incomplete message",
        node: "UND_ERR_SOCKET",
    },
    Row {
        path: "/garbage",
        fault: "garbage",
        curl: (1, 92),
        reqwest: "not HTTP",
        node: "HPE_INVALID_CONSTANT",
    },
    Row {
        path: "/chunk",
        fault: "malformed_chunk",
        curl: (56, 92),
        reqwest: "bad chunk",
        node: "HPE_INVALID_CHUNK_SIZE",
    },
    Row {
        path: "/truncate",
        fault: "{ truncate: 12 }",
        curl: (18, 92),
        reqwest: "body cut off",
        node: "UND_ERR_SOCKET",
    },
    Row {
        path: "/stall",
        fault: "{ stall: { after: 12, for: 1h } }",
        curl: (28, 28),
        reqwest: "time-out in the body",
        node: "TimeoutError",
    },
    Row { path: "/hang", fault: "hang", curl: (28, 28), reqwest: "time-out", node: "TimeoutError" },
];

/// The same table for people.
const PAGE: &str = include_str!("../../FAULTS.md");

#[test]
fn the_page_of_faults_has_the_same_table() {
    for row in &ROWS {
        let word = row.fault.trim_matches(['{', ' ']).split(':').next().unwrap();
        let is_row = |line: &&str| line.trim_start_matches("| `").trim_start_matches('{').starts_with(word);
        let line = PAGE.lines().filter(|line| line.starts_with("| `")).find(is_row).expect(word);
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert!(cells[3].starts_with(&row.curl.0.to_string()), "{word}: {}", cells[3]);
        assert!(cells[5].contains(row.node), "{word}: {}", cells[5]);
        assert_eq!(cells[7], row.curl.1.to_string(), "{word}");
    }
}

/// A stub with one path for each fault, and for a few other rules.
async fn stub(others: &[(&str, &str)]) -> Stub {
    let rules: Vec<(&str, String)> = ROWS
        .iter()
        .map(|row| (row.path, format!("{{ fault: {} }}", row.fault)))
        .chain(others.iter().map(|(path, rule)| (*path, (*rule).to_owned())))
        .collect();
    let response = format!(
        "{{get: {{responses: {{'200': {{description: ok, content: {{text/plain: {{example: {BODY}}}}}}}}}}}}}"
    );
    let paths: Vec<String> = rules.iter().map(|(path, _)| format!("{path}: {response}")).collect();
    let document =
        format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{{}}}", paths.join(", "));
    let contract = contract(document.as_bytes());
    let rules: Vec<String> = rules.iter().map(|(path, rule)| format!("  GET {path}: {rule}\n")).collect();
    let script = format!("script: 1\nrules:\n{}", rules.concat());
    let script = Script::load("faults.yaml", script.as_bytes(), std::slice::from_ref(&contract)).unwrap();
    Stub::start(StubServer::builder(contract).script(script)).await
}

/// Runs a program; nothing where there is none of the name.
async fn run(program: &'static str, arguments: Vec<String>) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    match tokio::task::spawn_blocking(move || command.output()).await.unwrap() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{error}"),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What one is sent who asks over HTTP/1.1 and reads to the end, and how it ends.
async fn raw(stub: &Stub, method: &str, path: &str) -> (String, Option<ErrorKind>) {
    let mut connection = stub.connect().await;
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = connection.read_to_end(&mut bytes).await.err().map(|error| error.kind());
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

#[tokio::test]
async fn each_fault_is_sent_as_it_is_described() {
    let stub =
        stub(&[("/none", "{ fault: { truncate: 20 } }"), ("/drip", "{ drip: { chunks: 3, over: 30ms } }")])
            .await;
    let (garbage, end) = raw(&stub, "GET", "/garbage").await;
    assert!(garbage.contains("garbage") && !garbage.contains("HTTP") && end.is_none(), "{garbage:?}");

    let (chunk, end) = raw(&stub, "GET", "/chunk").await;
    let (head, body) = chunk.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("transfer-encoding: chunked") && head.contains("counterfoil-call"), "{head}");
    assert_eq!((body, end), ("a\r\n0123456789\r\nthis is no size\r\n", None));

    let (truncated, end) = raw(&stub, "GET", "/truncate").await;
    let (head, body) = truncated.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 20"), "{head}");
    assert_eq!((body, end), ("0123456789ab", None));

    for path in ["/none", "/drip"] {
        let (whole, _) = raw(&stub, "GET", path).await;
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-length: 20"), "{head}");
        assert_eq!(body, BODY, "{path}");
    }
    let lines: Vec<(Option<u16>, String)> = stub
        .server
        .calls()
        .into_iter()
        .map(|call| (call.status, call.trail.last().unwrap().clone()))
        .collect();
    let ok = Some(200);
    let expected = [
        (None, "fault: what is sent is no HTTP"),
        (ok, "fault: the body ends in a chunk that is none"),
        (ok, "fault: the body is cut off after 12 of 20 bytes"),
        (ok, "fault: no truncate after 20 bytes, for the body has 20 only"),
        (ok, "drip: the body comes in 3 parts over 30ms"),
    ];
    assert_eq!(lines, expected.map(|(status, line)| (status, line.to_owned())));
}

#[tokio::test]
async fn a_head_has_no_body_that_could_be_spoilt() {
    let stub = stub(&[]).await;
    for path in ["/truncate", "/chunk", "/stall"] {
        let (head, end) = raw(&stub, "HEAD", path).await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{path}: {head}");
        assert_eq!(end, None);
    }
}

#[tokio::test]
async fn a_stalled_body_goes_on_after_its_time_or_when_the_stub_stops() {
    let stub = stub(&[("/short", "{ fault: { stall: { after: 12, for: 60ms } } }")]).await;
    let started = std::time::Instant::now();
    assert_eq!(stub.get("/short").await.text(), BODY);
    assert!(started.elapsed() >= Duration::from_millis(60));
    let mut connection = stub.connect().await;
    connection.write_all(b"GET /stall HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"0123456789ab") {
        assert_ne!(connection.read_buf(&mut bytes).await.unwrap(), 0, "the first part comes");
    }
    stub.server.close().await;
    connection.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes.ends_with(BODY.as_bytes()), "{}", String::from_utf8_lossy(&bytes));
}

#[tokio::test]
async fn curl_sees_each_fault_as_the_error_it_is() {
    let stub = stub(&[]).await;
    let features = run("curl", words(&["-V"])).await;
    let Some(features) = features else { return println!("skipped: curl is not installed") };
    let has_http2 = String::from_utf8_lossy(&features.stdout).contains("HTTP2");
    for row in &ROWS {
        let url = format!("{}{}", stub.server.url(), row.path);
        for (flag, expected) in [("--http1.1", row.curl.0), ("--http2-prior-knowledge", row.curl.1)] {
            if flag != "--http1.1" && !has_http2 {
                println!("skipped: this curl speaks no HTTP/2");
                continue;
            }
            let mut arguments = words(&["-sS", "--noproxy", "*", "-o", "/dev/null", flag, &url]);
            if expected == 28 {
                arguments.extend(words(&["--max-time", PATIENCE]));
            }
            let output = run("curl", arguments).await.unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(expected), "{} {flag}: {told}", row.path);
        }
    }
}

/// What an error of reqwest is.
fn described(error: &reqwest::Error) -> String {
    let mut source = error.source();
    let (mut texts, mut kinds) = (vec![error.to_string()], Vec::new());
    while let Some(cause) = source {
        texts.push(cause.to_string());
        kinds.extend(cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
        source = cause.source();
    }
    let text = texts.join(": ");
    let is = |part: &str| text.contains(part);
    match (error.is_timeout(), error.is_body() || error.is_decode()) {
        (true, true) => "time-out in the body",
        (true, false) => "time-out",
        (_, true) if is("chunk size") => "bad chunk",
        (_, true) if is("end of file before message length reached") => "body cut off",
        (_, false) if kinds.contains(&ErrorKind::ConnectionReset) => "connection reset",
        (_, false) if is("connection closed before message completed") => "incomplete message",
        (_, false) if is("invalid HTTP version parsed") => "not HTTP",
        _ => return text,
    }
    .to_owned()
}

#[tokio::test]
async fn reqwest_sees_each_fault_as_the_error_it_is() {
    let stub = stub(&[]).await;
    for row in &ROWS {
        let mut request = client().get(format!("{}{}", stub.server.url(), row.path));
        if row.reqwest.starts_with("time-out") {
            request = request.timeout(Duration::from_secs_f64(PATIENCE.parse().unwrap()));
        }
        let error = match request.send().await {
            Ok(reply) => reply.text().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(described(&error), row.reqwest, "{}", row.path);
    }
}

#[tokio::test]
async fn nodes_fetch_sees_each_fault_as_the_error_it_is() {
    const ASK: &str = "\
        const [base, patience, ...paths] = process.argv.slice(1);
        for (const path of paths) {
          const [name, waits] = path.split(' ');
          const options = waits ? { signal: AbortSignal.timeout(patience * 1000) } : {};
          try {
            const reply = await fetch(base + name, options);
            console.log(name, 'no error', await reply.text());
          } catch (error) {
            console.log(name, error.name, error.cause?.code ?? '', error.message);
          }
        }";
    let stub = stub(&[]).await;
    let paths = ROWS.iter().map(|row| match row.node {
        "TimeoutError" => format!("{} waits", row.path),
        _ => row.path.to_owned(),
    });
    let mut arguments = words(&["--input-type=module", "-e", ASK, "--", stub.server.url(), PATIENCE]);
    arguments.extend(paths);
    let Some(output) = run("node", arguments).await else {
        return println!("skipped: node is not installed");
    };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (row, line) in ROWS.iter().zip(told.lines()) {
        assert!(
            line.starts_with(&format!("{} ", row.path)) && line.contains(row.node),
            "{}: {line}",
            row.node
        );
    }
    assert_eq!(told.lines().count(), ROWS.len(), "{told}");
}
