//! Cross-origin requests of real pages: two origins in Chromium, one on this machine and one that is not, against
//! stubs with each setting of [`Cors`].

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use counterfoil_server::{Cors, Examples, Forwarding, OwnReplies};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};

use crate::stub::{Stub, tables};

/// How long a browser may take to start and to run both pages.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// The name of the origin that is not of this machine; the browser is told where it is.
pub(crate) const HOSTILE: &str = "hostile.example";

/// What a page does: each request in turn, and what it could read of the reply.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><script type="module">
const results = {};
async function attempt(name, url, options) {
  try {
    const reply = await fetch(url, options);
    const text = await reply.text();
    results[name] = [reply.status, reply.headers.get('counterfoil-source'), text.length > 0].join(' ');
  } catch {
    results[name] = 'refused';
  }
}
const { open, listed, off, forwarding } = STUBS;
const json = { 'Content-Type': 'application/json' };
for (const credentials of ['omit', 'include']) {
  const ask = (name, url, options) => attempt(name + ', ' + credentials, url, { credentials, ...options });
  await ask('an example', open + '/pets');
  await ask('a custom header', open + '/pets', { headers: { 'X-Custom': 'yes', 'Prefer': 'dynamic=false' } });
  await ask('another method', open + '/pets', { method: 'POST', headers: json, body: '{"name": "Rex"}' });
  await ask('an unknown path', open + '/nowhere');
  await ask('a wrong method', open + '/pets', { method: 'PATCH' });
  await ask('an invalid request', open + '/pets', { method: 'POST', headers: json, body: '{}' });
  await ask('a body that is too large', open + '/pets',
    { method: 'POST', headers: json, body: JSON.stringify('x'.repeat(3000)) });
  await ask('no credentials', open + '/secure/x');
  await ask('no response documented', open + '/valid/none');
  await ask('a reply of ours that breaks the contract', open + '/bodies/broken');
  await ask('a URL that is too long', open + '/pets?' + 'x'.repeat(70000));
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, number) => ['X-' + number, 'x']));
  await ask('too many header fields', open + '/pets', { headers: many });
  await ask('what the server under the stub refuses', open + '/%FF');
  await ask('a stub for the other origin', listed + '/pets');
  await ask('a custom header for the other origin', listed + '/pets', { headers: { 'X-Custom': 'yes' } });
  await ask('a stub without CORS', off + '/pets');
  await ask('a stub that forwards', forwarding + '/pets');
  await ask('a custom header for a stub that forwards', forwarding + '/pets', { headers: { 'X-Custom': 'yes' } });
}
await fetch('/report?' + location.hostname, { method: 'POST', body: JSON.stringify(results) });
// A headless browser opens one page, so it leads to the other.
if (location.hostname === 'localhost') location.href = HOSTILE;
</script>"#;

/// A running browser; it ends when this is dropped.
pub(crate) struct Browser {
    child: Child,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Opens a page in Chromium: the one that `CHROMIUM` names, which must be there, else the system's; nothing where
    /// there is none.
    pub(crate) fn open(page: &str) -> Option<Self> {
        let is_there = |name: &String| {
            let mut version = Command::new(name);
            version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
            version.status().is_ok_and(|status| status.success())
        };
        let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
        let found = std::env::var("CHROMIUM").ok().or_else(|| usual.into_iter().find(is_there))?;
        let profile = tempfile::tempdir().unwrap();
        let child = Command::new(found)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--remote-debugging-port=0"])
            .arg("--disable-features=HttpsUpgrades,HttpsFirstBalancedMode")
            .arg(format!("--host-resolver-rules=MAP {HOSTILE} 127.0.0.1"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { child, _profile: profile })
    }
}

/// Serves the page under every name, and gives what is reported by each.
pub(crate) async fn reports(listener: &TcpListener, page: &str, count: usize) -> BTreeMap<String, Value> {
    let mut reports = BTreeMap::new();
    while reports.len() < count {
        let (connection, _) = listener.accept().await.unwrap();
        if let Some((name, report)) = answer(connection, page).await {
            reports.insert(name, report);
        }
    }
    reports
}

/// Answers one request: with the page, or by taking a report.
async fn answer(connection: TcpStream, page: &str) -> Option<(String, Value)> {
    let mut stream = BufStream::new(connection);
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
    let reply = format!("{head} {}\r\n\r\n{page}", page.len());
    stream.write_all(reply.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    let name = first.strip_prefix("POST /report?")?.split(' ').next()?.to_owned();
    Some((name, serde_json::from_slice(&body).ok()?))
}

#[tokio::test]
async fn cors_as_two_pages_in_a_browser_see_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hostile = format!("http://{HOSTILE}:{port}");
    let broken = tables().examples(Examples::AsIs).own_replies(OwnReplies::Refused);
    let open = Stub::start(broken.body_limit(1000)).await;
    let listed = Stub::start(tables().cors(Cors::Only(vec![hostile.parse().unwrap()]))).await;
    let off = Stub::start(tables().cors(Cors::Off)).await;
    let forwarding = Forwarding::to(off.server.url().parse().unwrap());
    let forwarding = Stub::start(tables().forwarding(forwarding)).await;
    let stubs = serde_json::json!({
        "open": open.server.url(), "listed": listed.server.url(), "off": off.server.url(),
        "forwarding": forwarding.server.url(),
    });
    let Some(browser) = Browser::open(&format!("http://localhost:{port}/")) else {
        println!("skipped: there is no Chromium; CHROMIUM names one, and script/test installs one");
        return;
    };
    let page = PAGE.replace("STUBS", &stubs.to_string()).replace("HOSTILE", &format!("'{hostile}'"));
    let reports = tokio::time::timeout(DEADLINE, reports(&listener, &page, 2));
    let reports = reports.await.expect("both pages report in time");
    drop(browser);
    let mut shown = String::new();
    for (host, results) in &reports {
        shown.push_str(&format!("{host}\n"));
        for (name, result) in results.as_object().unwrap() {
            shown.push_str(&format!("  {name}: {}\n", result.as_str().unwrap()));
        }
    }
    insta::assert_snapshot!(shown);
}
