//! Where the references of a document lead, and where they do not.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::process::{Finished, run, text, write};

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
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).into_bytes()
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
    for url in ["http://169.254.169.254/latest/meta-data", &format!("http://127.0.0.1:{port}/a.yaml"), &format!("HTTP://localhost:{port}/")] {
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
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: http://localhost:{inner}/\r\ncontent-length: 0\r\n\r\n");
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
    let mut bomb = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\nconnection: close\r\n\r\n".to_vec();
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

#[test]
fn a_host_that_is_none_is_a_wrong_flag() {
    let checked = run(["check", "tyk", "--allow-remote-refs", "2130706433"]);
    assert_eq!(checked.code, Some(2), "{checked:?}");
    assert!(checked.stderr.contains("is no host"), "{checked:?}");
}
