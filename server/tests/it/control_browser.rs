//! Pages in a real browser that try to steer the stub: whatever a page of another origin sends has no effect.

use reqwest::Method;
use tokio::net::TcpListener;

use crate::browser::{Browser, DEADLINE, HOSTILE, reports};
use crate::scripts::{Answer, Stub};

/// What a page tries: `CONTROL` by its address, and by a name that was rebound to it.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><script type="module">
const results = {};
async function attempt(name, act) {
  try { results[name] = String(await act()); } catch { results[name] = 'refused'; }
}
const reply = '/operations/getPet/reply';
for (const [at, control] of Object.entries({ address: CONTROL, rebound: REBOUND })) {
  const put = { method: 'PUT', body: '503' };
  await attempt(at + ': fetch', async () => (await fetch(control + reply, put)).status);
  await attempt(at + ': read', async () => (await (await fetch(control + '/calls')).text()).length > 0);
  await attempt(at + ': simple post', async () => (await fetch(control + '/reset', { method: 'POST', body: '{}' })).status);
  await attempt(at + ': no-cors post', async () => (await fetch(control + '/reset', { method: 'POST', mode: 'no-cors', body: '{}' })).type);
  await attempt(at + ': no-cors get', async () => (await fetch(control + '/state?session=made', { mode: 'no-cors' })).type);
  await attempt(at + ': form', () => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.name = 'frame-' + at;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { action: control + '/reset', method: 'post', target: frame.name });
    form.innerHTML = '<input name="scopes" value="rules">';
    document.body.append(form);
    frame.onload = () => {
      let seen = 'hidden';
      try { seen = frame.contentDocument ? frame.contentDocument.body.innerText.slice(0, 20) : 'hidden'; } catch {}
      if (frame.contentWindow.length === 0 && seen !== '') done(seen);
    };
    form.submit();
  }));
  await attempt(at + ': image', () => new Promise((done, failed) => {
    const image = new Image();
    Object.assign(image, { onload: () => done('shown'), onerror: failed, src: control + '/state?session=made' });
  }));
  await attempt(at + ': websocket', () => new Promise((done, failed) => {
    const socket = new WebSocket(control.replace('http:', 'ws:') + '/calls/stream');
    Object.assign(socket, { onopen: () => done('open'), onerror: failed });
  }));
}
await fetch('/report?' + location.hostname, { method: 'POST', body: JSON.stringify(results) });
</script><body></body>"#;

#[tokio::test]
async fn a42_a_page_of_another_origin_steers_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let port = listener.local_addr().expect("it listens").port();
    let stub = Stub::scripted("script: 1\nrules: { getPet: [401, 404] }").await;
    assert_eq!(stub.get("/pets/1").await.status, 401);
    let set = stub.control(Method::PUT, "/operations/listPets/reply").body("503");
    assert_eq!(Answer::of(set).await.status, 200);
    let control = stub.server.control_url().expect("there is one");
    let rebound = control.replace("127.0.0.1", HOSTILE);
    let page = PAGE.replace("CONTROL", &format!("'{control}'")).replace("REBOUND", &format!("'{rebound}'"));
    let Some(browser) = Browser::open(&format!("http://{HOSTILE}:{port}/")) else {
        println!("skipped: there is no Chromium; CHROMIUM names one, and script/test installs one");
        return;
    };
    let reports = tokio::time::timeout(DEADLINE, reports(&listener, &page, 1));
    let reports = reports.await.expect("the page reports in time");
    drop(browser);
    let results = reports[HOSTILE].as_object().expect("a map").clone();
    assert_eq!(results.len(), 16, "{results:?}");
    for (name, result) in &results {
        let result = result.as_str().expect("a text");
        // An opaque answer is one that the page learns nothing of.
        let expected: &[&str] =
            if name.contains("no-cors") { &["opaque", "refused"] } else { &["refused", "hidden"] };
        assert!(expected.contains(&result), "{name}: {result}");
    }
    // Nothing was set, put back or made.
    assert_eq!([stub.get("/pets/1").await.status, stub.get("/pets").await.status], [404, 503]);
    let sessions = Answer::of(stub.control(Method::GET, "/sessions")).await;
    assert_eq!(sessions.text, "[]");
}
