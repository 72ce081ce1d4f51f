//! Where `mock` listens: TLS, HTTP/2, Unix sockets, IPv6.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{Mock, counterfoil, run, shell, text, write};

/// A `mock` of the Tyk document, with a folder for the user's data.
fn start(folder: &Path, arguments: &[&str]) -> Mock {
    let mut command = counterfoil(["mock", "tyk", "--control-port", "0"].iter().chain(arguments).copied());
    command.env("XDG_DATA_HOME", folder).env("HOME", folder);
    Mock::run(command)
}

/// What curl prints of a reply, by a format of its own.
fn curl(options: &str, url: &str, format: &str) -> String {
    shell(&format!("curl -sS --max-time 10 -o /dev/null -w '{format}' {options} '{url}'"))
}

/// The one announced line of the curl command that calls the operation.
fn call(announcement: &[String]) -> &str {
    announcement.iter().find(|line| line.contains("-X POST")).expect("there is one operation")
}

#[test]
fn tls_with_a_local_authority_is_trusted_by_the_line_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    for again in [false, true] {
        let mut mock = start(folder.path(), &["--port", "0", "--tls"]);
        assert!(mock.url.starts_with("https://127.0.0.1:"), "{}", mock.url);
        assert!(mock.control_url.starts_with("http://127.0.0.1:"), "{}", mock.control_url);
        let announcement = mock.announcement();
        let trust = announcement[0].strip_prefix("trust it").unwrap().trim();
        assert_eq!(shell(&format!("{trust} -sS -o /dev/null -w '%{{http_code}}'")), "404", "{trust}");
        assert!(shell(call(&announcement)).starts_with("HTTP/1.1 200 "), "{announcement:#?}");
        let file = trust.split_whitespace().nth(2).unwrap();
        let options = format!("--cacert {file}");
        for (option, version) in [("", "2"), ("--http1.1", "1.1"), ("--tlsv1.3", "2"), ("--tls-max 1.2", "2")]
        {
            let seen =
                curl(&format!("{options} {option}"), &format!("{}/admin/sso", mock.url), "%{http_version}");
            assert_eq!(seen, version, "{option}, the second time: {again}");
        }
        assert_eq!(curl("", &mock.url, "%{http_code}"), "000", "who does not trust it is not served");
    }
    let files = fs::read_dir(folder.path().join("counterfoil/tls")).unwrap().count();
    assert_eq!(files, 2, "a certificate and a key");
}

#[test]
fn http_2_is_spoken_without_tls_by_those_who_know_it() {
    let mock = Mock::start(["tyk"]);
    let url = format!("{}/admin/sso", mock.url);
    let seen = |option| curl(option, &url, "%{http_version} %{http_code}");
    assert_eq!(seen("--http2-prior-knowledge"), "2 405");
    assert_eq!(seen("--http2"), "1.1 405", "an upgrade is not taken");
}

#[test]
fn a_unix_socket_serves_the_announced_lines_and_is_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("stub.sock");
    let ports = folder.path().join("ports");
    let mut mock = start(folder.path(), &["--unix", text(&socket), "--port-file", text(&ports)]);
    assert_eq!(mock.url, "http://localhost");
    let announcement = mock.announcement();
    assert_eq!(announcement[0].strip_prefix("socket").unwrap().trim(), text(&socket));
    assert!(shell(call(&announcement)).starts_with("HTTP/1.1 200 "), "{announcement:#?}");
    assert_eq!(fs::read_to_string(&ports).unwrap().lines().next(), Some(text(&socket)));
    let seen = curl(
        &format!("--http2-prior-knowledge --unix-socket {}", text(&socket)),
        "http://x/",
        "%{http_version}",
    );
    assert_eq!(seen, "2");

    let refused = run(["mock", "tyk", "--control-port", "0", "--unix", text(&socket)]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    for part in [text(&socket), "a server listens there already", "`--unix` takes any free path"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    assert_eq!(mock.end("TERM"), Some(0));
    assert!(!socket.exists());
}

#[test]
fn ipv6_is_listened_on_and_the_control_api_stays_on_loopback() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("skipped: this machine has no IPv6");
        return;
    }
    for (host, url) in [("::1", "http://[::1]:"), ("::", "http://[::1]:"), ("0.0.0.0", "http://127.0.0.1:")] {
        let mut mock = Mock::start(["tyk", "--host", host]);
        assert!(mock.url.starts_with(url), "{host}: {}", mock.url);
        assert!(mock.control_url.starts_with("http://127.0.0.1:"), "{host}: {}", mock.control_url);
        let announcement = mock.announcement();
        assert!(shell(call(&announcement)).starts_with("HTTP/1.1 200 "), "{announcement:#?}");
    }
}

#[test]
fn a62_a_machine_without_ipv4_is_served_too() {
    let folder = tempfile::tempdir().unwrap();
    let ports = folder.path().join("ports");
    // A network of its own, seen by nobody else.
    let alone = "ip link set lo up && ip addr del 127.0.0.1/8 dev lo && ip addr show lo | grep -q ::1";
    let probe = Command::new("unshare").args(["-n", "sh", "-c", alone]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!("skipped: no network of its own can be had here");
        return;
    }
    let line = format!(
        "{alone} && {{ \"$0\" mock tyk --host ::1 --port 0 --control-port 0 --port-file {ports} >/dev/null & \
         while ! [ -e {ports} ]; do kill -0 $!; done; \
         while read port; do curl -gs -o /dev/null -w '%{{http_code}} ' \"http://[::1]:$port/health\"; done <{ports}; \
         kill $!; wait $!; }}",
        ports = text(&ports)
    );
    let output = Command::new("unshare")
        .args(["-n", "bash", "-ec", &line, env!("CARGO_BIN_EXE_counterfoil")])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "404 200 ", "{told}");
}

#[test]
fn a62_who_reads_the_port_file_finds_a_stub_that_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let ports = folder.path().join("ports");
    let mut command =
        counterfoil(["mock", "tyk", "--port", "0", "--control-port", "0", "--port-file", text(&ports)]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let found = loop {
        match fs::read_to_string(&ports) {
            Ok(found) => break found,
            Err(_) => std::thread::yield_now(),
        }
    };
    let (port, control) = found.trim_end().split_once('\n').unwrap();
    assert_eq!(curl("", &format!("http://127.0.0.1:{control}/health"), "%{http_code}"), "200");
    assert_eq!(curl("", &format!("http://127.0.0.1:{port}/admin/sso"), "%{http_code}"), "405");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn flags_that_do_not_fit_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "none.pem", "");
    let rows: [(&[&str], &str); 6] = [
        (&["--unix", "s", "--port", "1"], "cannot be used with"),
        (&["--tls", "--cert", "c", "--key", "k"], "cannot be used with"),
        (&["--cert", "c"], "--key <FILE>"),
        (&["--client-ca", text(&file)], "give `--tls`, or `--cert` and `--key`, too"),
        (&["--cert", text(&file), "--key", text(&file)], "there is no certificate in PEM in it"),
        (&["--tls", "--host", "8.8.8.8"], "`--cert` and `--key` name a certificate of your own"),
    ];
    for (arguments, expected) in rows {
        let mut command = counterfoil(["mock", "tyk"].iter().chain(arguments).copied());
        let refused = command.env("XDG_DATA_HOME", folder.path()).output().unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}

#[test]
fn client_certificates_that_nobody_looks_at_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let document = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents: {securitySchemes: {mine: {type: mutualTLS}}}\n\
        paths: {/a: {get: {security: [{mine: []}], responses: {'200': {description: ok}}}}}\n";
    let document = write(folder.path(), "mutual.yaml", document);
    let mut child = counterfoil(["mock", text(&document), "--port", "0", "--control-port", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("`mine`") && line.contains("--client-ca"), "{line}");
}

#[test]
fn a_certificate_made_by_another_tool_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ])
        .current_dir(folder.path())
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: there is no openssl to make a certificate with");
        return;
    }
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let mock = start(folder.path(), &["--port", "0", "--cert", text(&cert), "--key", text(&key)]);
    let url = format!("{}/admin/sso", mock.url);
    assert_eq!(curl(&format!("--cacert {}", text(&cert)), &url, "%{http_version} %{http_code}"), "2 405");
}
