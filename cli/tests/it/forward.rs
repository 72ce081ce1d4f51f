//! `counterfoil mock --upstream`.

use std::fs;

use crate::process::{Mock, counterfoil, run, shell, text};

#[test]
fn what_another_server_answers_is_recorded_and_played_back() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("recorded.yaml");
    let call = |url: &str, section: &str| {
        shell(&format!(
            "curl -s -X POST {url}/admin/sso -w ' %{{http_code}} %header{{counterfoil-source}}' -H 'Admin-Auth: s3cret-key' \
             -H 'Content-Type: application/json' -d '{{\"ForSection\": {section}}}'"
        ))
    };
    let upstream = Mock::start(["tyk"]);
    shell(&format!(
        "curl -s -X PUT -d '[403, 200]' {}/operations/generateAuthToken/reply",
        upstream.control_url
    ));
    let stub = Mock::start(["tyk", "--upstream", &upstream.url, "--record", text(&recording)]);
    let sections = ["\"dashboard\"", "\"dashboard\"", "5"];
    let recorded = sections.map(|section| call(&stub.url, section));
    assert!(recorded[0].ends_with(" 403 proxy") && recorded[1].ends_with(" 200 proxy"), "{recorded:?}");
    assert!(recorded[2].ends_with(" 400 proxy"), "{recorded:?}");
    assert_eq!(stub.end("TERM"), Some(0));
    let script = fs::read_to_string(&recording).unwrap();
    assert!(!script.contains("s3cret"), "{script}");
    let checked = run(["check", "tyk", "--script", text(&recording)]);
    assert_eq!(checked.code, Some(0), "{checked:?}\n{script}");
    let again = Mock::start(["tyk", "--script", text(&recording)]);
    let played = sections.map(|section| call(&again.url, section));
    assert_eq!(played.map(|reply| reply.replace(" rule", " proxy")), recorded, "{script}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["recorded.yaml"], "nothing else is left");
}

#[test]
fn an_upstream_over_https_is_asked_where_its_certificate_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = counterfoil(["mock", "tyk", "--port", "0", "--control-port", "0", "--tls"]);
    command.env("XDG_DATA_HOME", folder.path()).env("HOME", folder.path());
    let upstream = Mock::run(command);
    let url = upstream.url.replace("127.0.0.1", "localhost");
    let authority = folder.path().join("counterfoil/tls/ca.pem");
    for (trusted, expected) in [(true, "200 proxy"), (false, "502 stub")] {
        let mut command =
            counterfoil(["mock", "tyk", "--port", "0", "--control-port", "0", "--upstream", &url]);
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        if trusted {
            command.env("SSL_CERT_FILE", &authority);
        }
        let stub = Mock::run(command);
        let answer = shell(&format!(
            "curl -s -o /dev/null -w '%{{http_code}} %header{{counterfoil-source}}' -X POST -H 'Admin-Auth: x' {}/admin/sso",
            stub.url
        ));
        assert_eq!(answer, expected);
    }
}
