//! Where the references of a document lead, and where they do not.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::process::{Finished, Mock, run, shell, text, write};

const SECRET: &str = "root-of-all-secrets";

fn document(reference: &str) -> String {
    format!(
        "openapi: 3.0.3\npaths: {{/a: {{get: {{responses: {{'200': {{description: '', content: {{application/json: {{schema: {{$ref: '{reference}'}}}}}}}}}}}}}}}}\n"
    )
}

/// A server on loopback that answers with these bytes, and how many connections it saw.
fn server(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&answer);
        }
    });
    (port, count)
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A server on loopback with a file at each of these paths; the paths asked for, in order.
fn site(files: Vec<(&'static str, String)>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let answer = match files.iter().find(|(at, _)| *at == path) {
                Some((_, body)) => ok(body),
                None => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
            };
            noted.lock().expect("no test panics with it").push(path);
            let _ = stream.write_all(&answer);
        }
    });
    (port, asked)
}

fn assert_refused(checked: &Finished) {
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.contains("reference-unread"), "{checked:?}");
    assert!(!format!("{checked:?}").contains(SECRET), "{checked:?}");
}

/// A05: references stay in the document's folder, and what is outside never reaches the output.
#[test]
fn references_do_not_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let outside = write(folder.path(), "secret.yaml", &format!("{SECRET}: [unclosed"));
    std::os::unix::fs::symlink(&outside, inside.join("link.yaml")).unwrap();
    let references = [
        "file:///etc/passwd".to_owned(),
        "/etc/passwd".to_owned(),
        "../secret.yaml".to_owned(),
        "x/../../secret.yaml".to_owned(),
        "%2e%2e/secret.yaml".to_owned(),
        "..\\secret.yaml".to_owned(),
        "link.yaml".to_owned(),
        text(&outside).to_owned(),
        "/dev/zero".to_owned(),
    ];
    for reference in references {
        let path = write(&inside, "api.yaml", &document(&reference));
        assert_refused(&run(["check", text(&path)]));
    }
    write(folder.path(), "fine.yaml", "{type: integer}");
    let path = write(&inside, "api.yaml", &document("../fine.yaml"));
    assert_refused(&run(["check", text(&path)]));
    let checked = run(["check", text(&path), "--allow-ref-root", text(folder.path())]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

/// A06: nothing is fetched unless its host is allowed.
#[test]
fn no_url_is_fetched_unless_its_host_is_allowed() {
    let (port, count) = server(ok("{type: integer}"));
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "http://169.254.169.254/latest/meta-data",
        &format!("http://127.0.0.1:{port}/a.yaml"),
        &format!("HTTP://localhost:{port}/"),
    ] {
        let path = write(folder.path(), "api.yaml", &document(url));
        assert_refused(&run(["check", text(&path)]));
        assert_refused(&run(["check", text(&path), "--allow-remote-refs", "example.com,127.0.0.1:1"]));
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let path = write(folder.path(), "api.yaml", &document(&format!("http://127.0.0.1:{port}/a.yaml")));
    let checked = run(["check", text(&path), "--allow-remote-refs", "127.0.0.1"]);
    assert_eq!((checked.code, count.load(Ordering::SeqCst)), (Some(0), 1), "{checked:?}");
}

/// A07: a host that is allowed cannot send us on to one that is not.
#[test]
fn a_redirect_to_a_host_that_is_not_allowed_is_refused() {
    let (inner, reached) = server(ok(SECRET));
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: http://localhost:{inner}/\r\ncontent-length: 0\r\n\r\n");
    let (port, _) = server(redirect.into_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "api.yaml", &document(&format!("http://127.0.0.1:{port}/a.yaml")));
    let checked = run(["check", text(&path), "--allow-remote-refs", "127.0.0.1"]);
    assert_refused(&checked);
    assert!(checked.stdout.contains("its host is not allowed"), "{checked:?}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

/// A14: what is packed is not unpacked, so that a small answer stays small.
#[test]
fn a_packed_document_is_refused() {
    let mut bomb =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\nconnection: close\r\n\r\n"
            .to_vec();
    bomb.extend(b"\x1f\x8b\x08\x00");
    let (port, _) = server(bomb);
    let checked = run(["check", &format!("http://127.0.0.1:{port}/api.yaml")]);
    assert_eq!(checked.code, Some(2), "{checked:?}");
    assert!(checked.stderr.contains("which was not asked for"), "{checked:?}");
}

#[test]
fn a_document_at_a_url_is_read_with_what_it_refers_to_there() {
    let (port, count) = server(ok(&document("schemas.yaml#/paths")));
    let checked = run(["check", &format!("http://127.0.0.1:{port}/v1/api.yaml")]);
    // The same text is at every address of this server: the document and the file it refers to.
    assert_eq!((checked.code, count.load(Ordering::SeqCst)), (Some(0), 2), "{checked:?}");
}

/// What is fetched may refer to other files of its host, by relative references too, and to none of this machine.
#[test]
fn a_fetched_file_refers_to_its_own_host() {
    let folder = tempfile::tempdir().unwrap();
    let secret = write(folder.path(), "secret.yaml", &format!("{SECRET}: 1"));
    let local = text(&secret).to_owned();
    let properties = format!(
        "a: {{$ref: ../other.yaml#/A}}, b: {{$ref: 'file://{local}'}}, c: {{$ref: '{local}'}}, d: {{$ref: secret.yaml}}"
    );
    let (port, asked) = site(vec![
        ("/v1/schemas/all.yaml", format!("{{type: object, properties: {{{properties}}}}}")),
        ("/v1/other.yaml", "A: {type: integer}".to_owned()),
    ]);
    let reference = format!("http://127.0.0.1:{port}/v1/schemas/all.yaml");
    let path = write(folder.path(), "api.yaml", &document(&reference));
    let checked = run(["check", text(&path), "--allow-remote-refs", &format!("127.0.0.1:{port}")]);
    assert_refused(&checked);
    assert_eq!(checked.stdout.matches("error[reference-unread]").count(), 3, "{checked:?}");
    assert!(checked.stdout.contains("is neither a file in a folder nor an http URL"), "{checked:?}");
    assert!(checked.stdout.contains("404 Not Found"), "{checked:?}");
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    let expected = [&local, "/v1/other.yaml", "/v1/schemas/all.yaml", "/v1/schemas/secret.yaml"];
    assert_eq!(asked, expected);
}

#[test]
fn a_refusal_says_where_the_reference_is_and_how_to_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "api.yaml", &document("https://schemas.example.com/a.yaml#/A"));
    let checked = run(["check", text(&path)]);
    let finding = checked.stdout.split("\n\n").find(|finding| finding.contains("reference-unread"));
    insta::assert_snapshot!(finding.unwrap_or_default().replace(text(folder.path()), "."));
}

#[test]
fn a_stub_serves_what_is_fetched() {
    let (port, _) = site(vec![("/a.yaml", "{type: integer, enum: [4711]}".to_owned())]);
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "api.yaml", &document(&format!("http://127.0.0.1:{port}/a.yaml")));
    let mock = Mock::start([text(&path), "--allow-remote-refs", "127.0.0.1"]);
    assert_eq!(shell(&format!("curl -s {}/a", mock.url)), "4711");
}

#[test]
fn a_host_that_is_none_is_a_wrong_flag() {
    let checked = run(["check", "tyk", "--allow-remote-refs", "2130706433"]);
    assert_eq!(checked.code, Some(2), "{checked:?}");
    assert!(checked.stderr.contains("is no host"), "{checked:?}");
}
