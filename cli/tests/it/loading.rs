//! What `mock` loads, and how: rows of the tables that need the command line. The server's own tests walk the others.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::process::{Mock, run, run_with_input, shell, text, write};

/// A document whose one operation answers with a name.
fn document(name: &str) -> String {
    format!(
        "openapi: 3.0.3\npaths: {{/pets: {{get: {{responses: {{200: {{content: {{application/json: {{example: {name}}}}}}}}}}}}}}}\n"
    )
}

fn get(mock: &Mock, target: &str) -> String {
    shell(&format!("curl -s -w ' %{{http_code}}' '{}{target}'", mock.url))
}

#[test]
fn a_file_in_yaml_or_json_a_url_or_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = write(folder.path(), "a.yaml", &document("yaml"));
    let json = r#"{"openapi":"3.0.3","paths":{"/pets":{"get":{"responses":{"200":{"content":{"application/json":{"example":"json"}}}}}}}}"#;
    let json = write(folder.path(), "a.json", json);
    for (file, expected) in [(&yaml, "\"yaml\" 200"), (&json, "\"json\" 200")] {
        assert_eq!(get(&Mock::start([text(file)]), "/pets"), expected);
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/specs/pets.yaml?v=1", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let body = document("url");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
    });
    let mock = Mock::start([url.as_str(), "--mount", "pets=/v1"]);
    assert_eq!(get(&mock, "/v1/pets"), "\"url\" 200", "a URL, called by its last part");
    served.join().unwrap();
    let mock = Mock::start_with_input(["-", "--mount", "-=/in"], &document("input"));
    assert_eq!(get(&mock, "/in/pets"), "\"input\" 200");
}

#[test]
fn what_is_wrong_is_a_warning_with_file_line_and_pointer() {
    let folder = tempfile::tempdir().unwrap();
    let faulty = "openapi: 3.0.3\npaths:\n  /a:\n    get:\n      responses: {200: {content: {application/json: {example: a}}}}\n  /b:\n    $ref: '#/nowhere'\n";
    let file = write(folder.path(), "faulty.yaml", faulty);
    let mock = Mock::start([text(&file)]);
    assert_eq!(get(&mock, "/a"), "\"a\" 200");
    let warnings = mock.log_with(&format!("{}:6:3: error[reference-unresolved]", text(&file)));
    assert!(warnings.contains("(at /paths/~1b)"), "{warnings}");
    let checked = run(["check", text(&file), "--deny", "warning"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.contains("info-missing") || checked.stdout.contains("info"), "{}", checked.stdout);
}

#[test]
fn a_document_with_much_that_is_wrong_fills_no_screen() {
    let folder = tempfile::tempdir().unwrap();
    let faulty: String = (0..25).map(|number| format!("  /b{number}: {{$ref: '#/nowhere'}}\n")).collect();
    let head = "openapi: 3.0.3\npaths:\n  /a: {get: {responses: {200: {description: ok}}}}\n".to_owned();
    let file = write(folder.path(), "faulty.yaml", &(head + &faulty));
    let log = Mock::start([text(&file)]).log_with("and 15 more like these; `counterfoil check` shows them");
    assert_eq!(log.matches("reference-unresolved").count(), 10, "{log}");
}

#[test]
fn only_a_document_without_any_operation_is_refused() {
    for (input, expected) in [
        ("openapi: 3.0.3\n", "operations-missing"),
        ("openapi: 3.0.3\npaths: {/a: {get: {}}}\n: {", "<stdin>:4"),
        ("just a text", "<stdin>"),
        ("", "<stdin>"),
    ] {
        let refused = run_with_input(["mock", "-", "--port", "0", "--control-port", "0"], input);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{input:?}");
        assert!(refused.stderr.contains(expected), "{input:?}: {}", refused.stderr);
    }
}

#[test]
fn several_documents_each_at_its_own_base_path_or_mount() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.yaml", &(document("a") + "servers: [{url: 'https://x/v1'}]\n"));
    let b = write(folder.path(), "b.yaml", &document("b"));
    let c = write(folder.path(), "c.v2.yaml", &document("c"));
    let documents = [text(&a), text(&b), text(&c), "--mount", "b=/two/", "--mount", "c.v2.yaml=/three"];
    let mut mock = Mock::start(documents);
    for (target, expected) in [
        ("/v1/pets", "\"a\" 200"),
        ("/pets", "\"a\" 200"),
        ("/two/pets", "\"b\" 200"),
        ("/three/pets", "\"c\" 200"),
    ] {
        assert_eq!(get(&mock, target), expected, "{target}");
    }
    let announcement = mock.announcement();
    let lines: Vec<&String> = announcement.iter().filter(|line| line.contains("curl ")).collect();
    assert_eq!(lines.len(), 3, "{announcement:#?}");
    for (line, name) in lines.into_iter().zip(["a", "b", "c"]) {
        assert!(shell(line).ends_with(&format!("\"{name}\"")), "{line}");
    }
}

#[test]
fn clashes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.yaml", &document("a"));
    let b = write(folder.path(), "b.yaml", &document("b"));
    let mock = Mock::start([text(&a), text(&b)]);
    assert_eq!(get(&mock, "/pets"), "\"a\" 200");
    let expected = format!(
        "`GET /pets` of {} is never reached: its requests mean `GET /pets` of {}",
        text(&b),
        text(&a)
    );
    let told = mock.log_with(&expected);
    assert!(told.contains("--mount"), "{told}");
    let apart = Mock::start([text(&a), text(&b), "--mount", "b=/b"]);
    assert_eq!(get(&apart, "/b/pets"), "\"b\" 200");
    assert!(!apart.log().contains("never reached"));
}

#[test]
fn a_mount_that_means_nothing_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for sub in ["one", "two"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
        write(&folder.path().join(sub), "api.yaml", &document(sub));
    }
    let one = folder.path().join("one/api.yaml");
    let two = folder.path().join("two/api.yaml");
    let mut told = Vec::new();
    let exact = format!("{}=/one", text(&one));
    let rows: [&[&str]; 8] = [
        &["--mount", "apj=/v1"],
        &["--mount", "something-else=/v1"],
        &["--mount", "api=/v1"],
        &["--mount", &exact, "--mount", &exact],
        &["--mount", "api"],
        &["--mount", "api=v1"],
        &["--mount", "api=/{x}"],
        &["--mount", "api=/a/../b"],
    ];
    for flags in rows {
        let ports = ["mock", "--port", "0", "--control-port", "0", text(&one), text(&two)];
        let refused = run(ports.into_iter().chain(flags.iter().copied()));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{flags:?}");
        let first: Vec<&str> = refused.stderr.lines().take_while(|line| !line.is_empty()).collect();
        told.push(first.join("\n").replace(text(folder.path()), "."));
    }
    insta::assert_snapshot!(told.join("\n\n"));
    let mock = Mock::start([text(&one), text(&two), "--mount", &exact]);
    assert_eq!(get(&mock, "/one/pets"), "\"one\" 200");
    assert_eq!(get(&mock, "/pets"), "\"two\" 200");
}
