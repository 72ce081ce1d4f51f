//! `counterfoil mock`.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;

use crate::process::{Mock, counterfoil, run, shell, text, write};

const PETS: &str = "\
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: 'https://pets.example/v1'}]
security: [{key: []}]
components: {securitySchemes: {key: {type: apiKey, in: query, name: api key}, basic: {type: http, scheme: basic}}}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: string, pattern: '^[a-z]{3}$'}, example: abc}]
      responses: {'200': {description: a pet, content: {application/json: {example: {id: abc}}}}}
    delete:
      operationId: deletePet
      security: [{basic: []}]
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: a b}]
      responses: {'204': {description: gone}}
";

#[test]
fn startup_prints_every_operation_with_a_curl_command_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let mut mock = Mock::start(["tyk", "arcgis", text(&pets), "--base-path", "strict"]);
    let announcement = mock.announcement();
    let lines: Vec<&String> = announcement.iter().filter(|line| line.contains("curl ")).collect();
    assert_eq!(lines.len(), 4, "{announcement:#?}");
    for line in lines {
        let answer = shell(line);
        let status = answer.split_whitespace().nth(1).unwrap_or_default();
        assert!(status.starts_with('2'), "{line}\n{answer}");
    }
    let shown = announcement.join("\n").replace(&mock.url, "http://127.0.0.1:4010");
    insta::assert_snapshot!(shown.replace(text(folder.path()), "."));
}

#[test]
fn without_a_document_both_bundled_systems_are_served_with_their_scripts() {
    let mut mock = Mock::start([]);
    let announcement = mock.announcement().join("\n");
    assert!(announcement.contains("POST  /admin/sso"), "{announcement}");
    let form = "username=u&password=p&client=requestip";
    let html = shell(&format!("curl -is -d '{form}' {}/server/admin/generateToken", mock.url));
    assert!(html.to_lowercase().contains("content-type: text/html"), "{html}");
    let json = shell(&format!("curl -is -d '{form}&f=json' {}/server/admin/generateToken", mock.url));
    assert!(json.to_lowercase().contains("content-type: application/json"), "{json}");
}

#[test]
fn one_curl_line_switches_an_operation_to_an_error() {
    let mock = Mock::start(["tyk"]);
    let call =
        format!("curl -s -o /dev/null -w '%{{http_code}}' -X POST -H 'Admin-Auth: x' {}/admin/sso", mock.url);
    assert_eq!(shell(&call), "200");
    shell(&format!("curl -s -X PUT -d 403 {}/operations/generateAuthToken/reply", mock.control_url));
    assert_eq!(shell(&call), "403");
}

#[test]
fn a_script_decides_what_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "s.yaml", "script: 1\nrules: {generateAuthToken: [401, 200]}\n");
    let mock = Mock::start(["tyk", "--script", text(&script)]);
    let call =
        format!("curl -s -o /dev/null -w '%{{http_code}}' -X POST -H 'Admin-Auth: x' {}/admin/sso", mock.url);
    assert_eq!([shell(&call), shell(&call), shell(&call)], ["401", "200", "200"]);
}

#[test]
fn switches_for_credentials_and_validation() {
    let body = "-H 'Content-Type: application/json' -d '{\"OrgID\": 5}'";
    let rows: [(&[&str], &str, &str); 4] = [
        (&[], "401", "400"),
        (&["--no-auth"], "200", "400"),
        (&["--no-validate"], "401", "200"),
        (&["--no-auth", "--no-validate"], "200", "200"),
    ];
    for (flags, without_secret, with_bad_body) in rows {
        let mock = Mock::start(["tyk"].into_iter().chain(flags.iter().copied()));
        let status = |options: &str| {
            shell(&format!(
                "curl -s -o /dev/null -w '%{{http_code}}' -X POST {options} {}/admin/sso",
                mock.url
            ))
        };
        assert_eq!(status(""), without_secret, "{flags:?} without the secret");
        assert_eq!(status(&format!("-H 'Admin-Auth: x' {body}")), with_bad_body, "{flags:?} with a bad body");
    }
}

#[test]
fn the_port_file_holds_both_ports_once_the_stub_listens() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ports");
    let mock = Mock::start(["tyk", "--port-file", text(&file)]);
    let ports = std::fs::read_to_string(&file).unwrap();
    let ports: Vec<&str> = ports.lines().collect();
    assert_eq!(ports.len(), 2, "{ports:?}");
    assert!(mock.url.ends_with(&format!(":{}", ports[0])), "{} {ports:?}", mock.url);
    assert!(mock.control_url.ends_with(&format!(":{}", ports[1])), "{} {ports:?}", mock.control_url);
}

#[test]
fn each_request_is_a_plain_line_in_the_log() {
    let mut child = counterfoil(["mock", "tyk", "--port", "0", "--control-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let url = first.strip_prefix("stub").unwrap().trim();
    shell(&format!("curl -s -X POST '{url}/admin/sso?a=1'"));
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for part in ["POST", "/admin/sso?a=1", "generateAuthToken", "401", "Admin-Auth"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains('\u{1b}'), "{line:?}");
}

#[test]
fn signals_end_it_gracefully() {
    for signal in ["INT", "TERM"] {
        let mut mock = Mock::start(["tyk"]);
        mock.announcement();
        assert_eq!(mock.end(signal), Some(0), "{signal}");
    }
}

#[test]
fn a62_a_port_in_use_is_an_error_that_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for flags in [["--port", &port, "--control-port", "0"], ["--port", "0", "--control-port", &port]] {
        let refused = run(["mock", "tyk"].into_iter().chain(flags));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        assert!(refused.stderr.contains(&port), "{}", refused.stderr);
        assert!(refused.stderr.contains("in use"), "{}", refused.stderr);
        assert!(refused.stderr.contains("--port 0"), "{}", refused.stderr);
    }
}

#[test]
fn a_script_with_faults_is_refused_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(
        folder.path(),
        "bad.yaml",
        "script: 1\nrules: {generateAuthTokn: 403, generateAuthToken: 418}\n",
    );
    let refused = run(["mock", "tyk", "--port", "0", "--control-port", "0", "--script", text(&script)]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    insta::assert_snapshot!(refused.stderr.replace(text(folder.path()), "."));
}

#[test]
fn a66_a_reader_that_goes_away_ends_it_quietly() {
    let mut child = counterfoil(["mock", "tyk", "--port", "0", "--control-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{stderr}");
}

/// A document of so many operations, in the order of their numbers.
fn many(count: usize) -> String {
    let mut text = "openapi: 3.0.3\ninfo: {title: Many, version: '1'}\npaths:\n".to_owned();
    for number in 0..count {
        let method = ["get", "delete", "patch"][number % 3];
        text.push_str(&format!(
            "  /things/{number:04}/{{id}}: {{{method}: {{operationId: op{number:04}, parameters: [{{name: id, in: path, \
             required: true, schema: {{type: string}}, example: a}}], responses: {{'200': {{description: ok, content: \
             {{application/json: {{examples: {{first: {{value: 1}}, second: {{value: 2}}}}}}}}}}, '404': {{description: \
             none}}}}}}}}\n"
        ));
    }
    text
}

#[test]
fn startup_prints_a_table_that_is_cut_where_it_is_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "many.yaml", &many(1_000));
    let lines_of = |flags: &[&str]| {
        let mut mock = Mock::start([text(&path)].into_iter().chain(flags.iter().copied()));
        let shown = mock.announcement().join("\n").replace(text(folder.path()), ".");
        shown.replace(&mock.url, "http://127.0.0.1:4010").replace(&mock.control_url, "http://127.0.0.1:4011")
    };
    let some = lines_of(&[]);
    assert_eq!(some.matches("curl ").count(), 40);
    let lines: Vec<&str> = some.lines().collect();
    let (head, tail) = (&lines[..9], &lines[lines.len() - 6..]);
    insta::assert_snapshot!(format!("{}\n[...]\n{}", head.join("\n"), tail.join("\n")));
    let all = lines_of(&["--list", "all"]);
    assert_eq!((all.matches("curl ").count(), all.contains("--list")), (1_000, false));
    let none = lines_of(&["--list", "none"]);
    assert_eq!(none.trim(), "Many (./many.yaml), 1000 operations");
}

#[test]
fn cors_can_be_switched_off_or_given_to_some_origins() {
    let origin = "https://app.example";
    let table = [
        (&[][..], "*"),
        (&["--cors", "off"], ""),
        (&["--cors", "https://b.example, https://APP.example"], origin),
    ];
    for (flags, allowed) in table {
        let mock = Mock::start(["tyk"].into_iter().chain(flags.iter().copied()));
        let header = "%header{access-control-allow-origin}";
        let call = format!("curl -s -o /dev/null -w '{header}' -H 'Origin: {origin}' {}/admin/sso", mock.url);
        assert_eq!(shell(&call), allowed, "{flags:?}");
    }
    let refused = run(["mock", "tyk", "--cors", "app.example"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("as in `https://app.example:8443`"), "{}", refused.stderr);
}
