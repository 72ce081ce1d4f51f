//! The HTML report in a real browser.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::process::{run, text, write};

/// How long a browser may take to start and to draw a page.
const DEADLINE: Duration = Duration::from_secs(120);

/// What a page would do if anything in it ran: its title and its log would tell.
const PAYLOAD: &str = "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>";

/// A document whose texts are markup, and a script whose stub answers with more.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: "Pets PAYLOAD", version: "1"}
paths:
  /pets:
    get:
      operationId: "list PAYLOAD"
      description: "PAYLOAD"
      parameters: [{name: "limit PAYLOAD", in: query, schema: {type: integer}}]
      responses:
        '200': {description: "PAYLOAD", headers: {X-Note: {schema: {type: string}}}, content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
  /status:
    get: {operationId: status, responses: {'200': {description: ok}, '418': {description: never}}}
"#;

const SCRIPT: &str = r#"
script: 1
rules:
  "GET /pets":
    - {status: 200, body: {"PAYLOAD": "</pre></article>PAYLOAD"}, headers: {X-Note: "PAYLOAD"}, allow_invalid: true}
"#;

/// Chromium: the one that `CHROMIUM` names, which must be there, else the system's; nothing where there is none.
fn chromium() -> Option<String> {
    let is_there = |name: &String| {
        let mut version = Command::new(name);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    std::env::var("CHROMIUM").ok().or_else(|| usual.into_iter().find(is_there))
}

/// What the browser wrote: the document as it stands after loading, and the log with the messages of the page.
fn open(browser: &str, page: &Path, flags: &[&str]) -> (String, String) {
    let profile = tempfile::tempdir().expect("a file, a process or a stream of this test");
    let mut child = Command::new(browser)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ])
        .args(["--disable-extensions", "--disable-background-networking", "--disable-component-update"])
        .args(["--disable-sync", "--hide-scrollbars", "--window-size=1200,900", "--enable-logging=stderr"])
        .args(flags)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", text(page)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a file, a process or a stream of this test");
    let (sender, receiver) = channel();
    let read = |mut stream: Box<dyn std::io::Read + Send>, is_log: bool| {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes);
            sender.send((is_log, String::from_utf8_lossy(&bytes).into_owned()))
        });
    };
    read(Box::new(child.stdout.take().expect("a file, a process or a stream of this test")), false);
    read(Box::new(child.stderr.take().expect("a file, a process or a stream of this test")), true);
    let mut written = [String::new(), String::new()];
    for _ in 0..2 {
        let Ok((is_log, text)) = receiver.recv_timeout(DEADLINE) else {
            let _ = child.kill();
            panic!("the browser does not end");
        };
        written[usize::from(is_log)] = text;
    }
    child.wait().expect("a file, a process or a stream of this test");
    let [shown, log] = written;
    (shown, log)
}

/// The width and height of a screenshot, its first pixel, and how many different bytes its lines have.
fn picture(path: &Path) -> (u32, u32, [u8; 3], usize) {
    let bytes = std::fs::read(path).expect("a file, a process or a stream of this test");
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| {
        u32::from_be_bytes(bytes[at..at + 4].try_into().expect("a file, a process or a stream of this test"))
    };
    let (width, height) = (number(16), number(20));
    let (mut packed, mut at) = (Vec::new(), 8);
    while at < bytes.len() {
        let length = number(at) as usize;
        if &bytes[at + 4..at + 8] == b"IDAT" {
            packed.extend_from_slice(&bytes[at + 8..at + 8 + length]);
        }
        at += length + 12;
    }
    let mut lines = Vec::new();
    flate2::read::ZlibDecoder::new(packed.as_slice())
        .read_to_end(&mut lines)
        .expect("a file, a process or a stream of this test");
    // The first pixel of the first line has nothing to be a difference to.
    let first = [lines[1], lines[2], lines[3]];
    let distinct: HashSet<u8> = lines.iter().copied().collect();
    (width, height, first, distinct.len())
}

/// The page of a run against a stub that answers with markup.
fn hostile_page(folder: &Path) -> PathBuf {
    let document = write(folder, "pets.yaml", &DOCUMENT.replace("PAYLOAD", &PAYLOAD.replace('"', "'")));
    let script = write(folder, "liar.yaml", &SCRIPT.replace("PAYLOAD", &PAYLOAD.replace('"', "'")));
    let page = folder.join("report.html");
    let report = format!("html={}", page.display());
    let flags =
        ["--script", text(&script), "--max-cases", "5", "--phases", "examples,fuzzing", "--report", &report];
    let tested = run(["test", text(&document)].into_iter().chain(flags));
    assert_eq!(tested.code, Some(1), "{tested:?}");
    page
}

#[test]
fn a46_the_page_of_a_hostile_run_shows_everything_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let page = hostile_page(folder.path());
    let Some(browser) = chromium() else {
        println!("skipped: there is no Chromium; CHROMIUM names one, and script/test installs one");
        return;
    };
    let picture_at = |name: &str| folder.path().join(name);
    let shot = |name: &str| format!("--screenshot={}", picture_at(name).display());
    let flags = ["--dump-dom", &shot("light.png"), "--blink-settings=preferredColorScheme=1"];
    let (shown, log) = open(&browser, &page, &flags);
    assert!(!log.contains("CONSOLE"), "{log}");
    let (title, _) = shown.split_once("</title>").expect("there is a title");
    assert!(title.contains("<title>Pets &lt;script&gt;"), "{title}");
    assert!(!shown.contains("<script") && !shown.contains("<img"), "{shown}");
    // What broke, where in the document, and how to see it again; then what was covered.
    let first = shown.find("<article").expect("a failure is shown");
    let rows = [
        "FAILED: ",
        "response_schema_conformance</span> in GET /pets",
        "in the document: <code>#/paths/~1pets/get/responses/200",
        "pets.yaml:",
        "<pre class=\"curl\">curl",
        "<th>200</th>",
        "<th>418</th>",
        // The matrix of operation, status and media type.
        "<td><code>GET /pets</code></td>",
        "<span class=\"good\">application/json ",
        "<span class=\"quiet\">no body -</span>",
        "<code>GET /status</code>",
    ];
    for row in rows {
        assert!(shown.contains(row), "{row}: {}", &shown[first..]);
    }
    let (width, height, light, distinct) = picture(&picture_at("light.png"));
    assert_eq!((width, height, light), (1200, 900, [255, 255, 255]));
    assert!(distinct > 40, "only {distinct} values: the page is blank");
    open(&browser, &page, &[&shot("dark.png"), "--blink-settings=preferredColorScheme=0"]);
    let (_, _, dark, distinct) = picture(&picture_at("dark.png"));
    assert_eq!(dark, [0x14, 0x17, 0x1a]);
    assert!(distinct > 40, "only {distinct} values: the page is blank");
    // The browser does tell when something is kept from running.
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
    let blocked =
        write(folder.path(), "blocked.html", &format!("{policy}<script>document.title='owned'</script>"));
    let (_, log) = open(&browser, &blocked, &["--dump-dom"]);
    assert!(log.contains("CONSOLE"), "{log}");
}
