//! The stub on a Unix socket.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use counterfoil_server::{Script, StubServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use crate::stub::{TABLES, contract, tables};

const PETS: &[u8] = b"GET /pets HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async fn ask(path: &Path) -> String {
    let mut connection = UnixStream::connect(path).await.unwrap();
    connection.write_all(PETS).await.unwrap();
    let mut reply = Vec::new();
    // What is broken off on purpose reads as the end or as a reset.
    let _ = connection.read_to_end(&mut reply).await;
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn a_unix_socket_is_this_users_only_and_goes_with_the_stub() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stub.sock");
    let stub = tables().unix_socket(&path).start().await.unwrap();
    assert_eq!(stub.url(), "http://localhost");
    assert_eq!(stub.unix_socket(), Some(path.as_path()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let reply = ask(&path).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("\"pets\""), "{reply}");
    stub.close().await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_or_a_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stub.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "nobody listens there any more");
    let stub = tables().unix_socket(&path).start().await.unwrap();
    assert!(ask(&path).await.starts_with("HTTP/1.1 200 "));

    let refused = tables().unix_socket(&path).start().await.unwrap_err();
    assert_eq!(refused.to_string(), format!("listen on `{}`", path.display()));
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(why, "a server listens there already");
    assert!(ask(&path).await.starts_with("HTTP/1.1 200 "), "the first is none the worse");
    stub.close().await;

    fs::write(&path, "precious").unwrap();
    let refused = tables().unix_socket(&path).start().await.unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(why, "there is a file that is no socket");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

/// The ports of loopback on which this process listens, of which one is the stub's behind its Unix socket.
fn listening() -> Vec<u16> {
    let table = fs::read_to_string("/proc/self/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|fields| fields[3] == "0A" && fields[1].starts_with("0100007F:"))
        .map(|fields| u16::from_str_radix(&fields[1][9..], 16).unwrap())
        .collect()
}

#[tokio::test]
async fn the_port_behind_a_unix_socket_answers_nobody_else() {
    if !cfg!(target_os = "linux") {
        println!("skipped: the port is looked for on Linux only");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stub.sock");
    let stub = tables().unix_socket(&path).start().await.unwrap();
    let mut refused = 0;
    for port in listening() {
        let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        // Other tests listen too, and some of them never answer.
        let asking = async {
            connection.write_all(PETS).await.ok()?;
            let mut reply = String::new();
            connection.read_to_string(&mut reply).await.ok().map(|_| reply)
        };
        let asked = tokio::time::timeout(std::time::Duration::from_millis(500), asking).await;
        let reply = asked.ok().flatten().unwrap_or_default();
        refused +=
            usize::from(reply.starts_with("HTTP/1.1 403 ") && reply.contains("counterfoil:door-closed"));
    }
    assert!(refused >= 1, "the port was found");
    assert!(stub.calls().is_empty());
}

#[tokio::test]
async fn a_reset_over_a_unix_socket_is_a_close_without_a_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stub.sock");
    let reset = b"{script: 1, rules: {listPets: {fault: reset}}}";
    let script = Script::load("reset.yaml", reset, &[contract(TABLES)]).unwrap();
    let stub = tables().unix_socket(&path).script(script).start().await.unwrap();
    assert_eq!(ask(&path).await, "");
    assert_eq!(stub.calls()[0].trail.last().unwrap(), "fault: the connection is reset");
}

#[tokio::test]
async fn a_unix_socket_in_a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none/stub.sock");
    let refused = StubServer::builder(contract(TABLES)).unix_socket(&path).start().await.unwrap_err();
    assert_eq!(refused.to_string(), format!("listen on `{}`", path.display()));
}
