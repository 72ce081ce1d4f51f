//! How strictly `mock` judges: flags that decide about requests and replies, and accepted credentials.

use crate::process::{Mock, run, shell, text, write};

const PETS: &str = "\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets:
    get:
      operationId: listPets
      security: [{key: []}]
      responses: {'200': {description: ok, content: {application/json: {schema: {type: integer}, example: 1}}}, '401': {description: who}}
    post:
      operationId: addPet
      security: [{login: []}]
      requestBody: {content: {text/plain: {schema: {type: string}}}}
      responses: {'200': {description: ok}, '401': {description: who}, '413': {description: too much}}
    delete:
      operationId: deletePets
      security: [{oauth: [admin]}]
      responses: {'204': {description: gone}, '401': {description: who}, '403': {description: no}}
  /query: {get: {operationId: byQuery, security: [{query: []}], responses: {'200': {description: ok}, '401': {description: who}}}}
  /cookie: {get: {operationId: byCookie, security: [{cookie: []}], responses: {'200': {description: ok}, '401': {description: who}}}}
  /digest: {get: {operationId: byDigest, security: [{digest: []}], responses: {'200': {description: ok}, '401': {description: who}}}}
  /broken: {get: {security: [], responses: {'200': {description: ok, content: {application/json: {schema: {type: integer}, example: none}}}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: the key}
    cookie: {type: apiKey, in: cookie, name: session}
    login: {type: http, scheme: basic}
    digest: {type: http, scheme: digest}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://x/', scopes: {admin: all}}}}
";

const ACCEPTED: &str = "\
key: s3cret-key
query: s3cret & query
cookie: s3cret-cookie
login: ada:s3cret
digest: ada:s3cret
oauth: [{value: s3cret-root, scopes: [admin]}, {value: s3cret-nobody, scopes: []}]
";

fn status(mock: &Mock, options: &str) -> String {
    shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' {}", options.replace("URL", &mock.url)))
}

#[test]
fn each_flag_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let keyed = "-H 'X-Key: k' 'URL/pets?a=b'";
    let long = "-u a:b -H 'content-type: text/plain' -d 1234567890 URL/pets";
    let rows: [(&[&str], [&str; 4]); 6] = [
        (&[], ["200", "200", "200", "401"]),
        (&["--strict-query"], ["400", "200", "200", "401"]),
        (&["--examples", "as-is"], ["200", "200", "200", "401"]),
        (&["--examples", "as-is", "--strict"], ["200", "500", "200", "401"]),
        (&["--body-limit", "9"], ["200", "200", "413", "401"]),
        (&["--no-auth"], ["200", "200", "200", "200"]),
    ];
    for (flags, expected) in rows {
        let mock = Mock::start([text(&pets)].into_iter().chain(flags.iter().copied()));
        let found = [keyed, "URL/broken", long, "URL/pets"].map(|options| status(&mock, options));
        assert_eq!(found, expected, "{flags:?}");
    }
    let body = |mock: &Mock| shell(&format!("curl -s -H 'X-Key: k' {}/pets", mock.url));
    assert_eq!(body(&Mock::start([text(&pets)])), "1");
    assert_ne!(body(&Mock::start([text(&pets), "--dynamic"])), "1");
}

#[test]
fn only_the_credentials_of_the_file_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let accepted = write(folder.path(), "accepted.yaml", ACCEPTED);
    let mut mock = Mock::start([text(&pets), "--credentials", text(&accepted)]);
    for (options, expected) in [
        ("-H 'X-Key: s3cret-key' URL/pets", "200"),
        ("-H 'X-Key: wrong' URL/pets", "401"),
        ("-u ada:s3cret -X POST URL/pets", "200"),
        ("-u ada:wrong -X POST URL/pets", "401"),
        ("-H 'Authorization: Bearer s3cret-root' -X DELETE URL/pets", "204"),
        ("-H 'Authorization: Bearer s3cret-nobody' -X DELETE URL/pets", "403"),
        ("-H 'Authorization: Bearer wrong' -X DELETE URL/pets", "401"),
    ] {
        assert_eq!(status(&mock, options), expected, "{options}");
    }
    // The lines to paste take the values from variables, since no value is ever shown.
    let announcement = mock.announcement();
    let lines: Vec<&String> = announcement.iter().filter(|line| line.contains("curl -")).collect();
    assert_eq!(lines.len(), 7, "{announcement:#?}");
    let variables = "KEY='s3cret-key' QUERY='s3cret & query' COOKIE=s3cret-cookie LOGIN=ada:s3cret DIGEST=ada:s3cret OAUTH=s3cret-root";
    for line in lines {
        let answer = shell(&format!("{variables}; {line}"));
        let statuses: Vec<&str> = answer
            .lines()
            .filter(|line| line.starts_with("HTTP/"))
            .filter_map(|line| line.split(' ').nth(1))
            .collect();
        assert!(statuses.last().is_some_and(|status| status.starts_with('2')), "{line}\n{answer}");
    }
    let shown = announcement.join("\n") + &mock.log();
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(shown.contains("$LOGIN"), "{shown}");
}

#[test]
fn a_file_of_credentials_with_faults_is_refused_with_all_of_them_and_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let accepted =
        write(folder.path(), "accepted.yaml", "kee: s3cret\nlogin: s3cret\noauth: [{token: s3cret}]\n");
    let ports = ["mock", "--port", "0", "--control-port", "0", text(&pets), "--credentials"];
    let refused = run(ports.into_iter().chain([text(&accepted)]));
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    assert!(!refused.stderr.contains("s3cret"), "{}", refused.stderr);
    insta::assert_snapshot!(refused.stderr.replace(text(folder.path()), "."));
    let missing = run(ports.into_iter().chain(["nowhere.yaml"]));
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.stderr.contains("read the credentials `nowhere.yaml`"), "{}", missing.stderr);
}

/// The check that a stub which takes any credentials fails, with every check that is on by default beside it.
#[test]
fn a_stub_with_accepted_credentials_passes_the_suite_ignored_auth_included() {
    let folder = tempfile::tempdir().unwrap();
    let answers = "responses: {'200': {description: ok, content: {application/json: {schema: {type: integer}}}}, '401': {description: who}, '403': {description: no}}";
    let document = format!(
        "\
openapi: 3.1.0
info: {{title: Pets, version: '1'}}
paths:
  /key: {{get: {{operationId: byKey, security: [{{key: []}}], {answers}}}}}
  /token: {{get: {{operationId: byToken, security: [{{oauth: [admin]}}], {answers}}}}}
  /login: {{get: {{operationId: byLogin, security: [{{login: []}}], {answers}}}}}
  /session: {{get: {{operationId: bySession, security: [{{session: []}}], {answers}}}}}
components:
  securitySchemes:
    key: {{type: apiKey, in: header, name: X-Key}}
    session: {{type: apiKey, in: cookie, name: session}}
    login: {{type: http, scheme: basic}}
    oauth: {{type: oauth2, flows: {{clientCredentials: {{tokenUrl: 'https://x/', scopes: {{admin: all}}}}}}}}
"
    );
    let accepted = "key: s3cret-key\noauth: s3cret-token\nlogin: ada:s3cret\nsession: s3cret-session\n";
    let document = write(folder.path(), "pets.yaml", &document);
    let accepted = write(folder.path(), "accepted.yaml", accepted);
    let open = Mock::start([text(&document)]);
    let closed = Mock::start([text(&document), "--credentials", text(&accepted)]);
    for (operation, path, header) in [
        ("byKey", "/key", "X-Key: s3cret-key"),
        ("byToken", "/token", "Authorization: Bearer s3cret-token"),
        ("byLogin", "/login", "Authorization: Basic YWRhOnMzY3JldA=="),
        ("bySession", "/session", "Cookie: session=s3cret-session"),
    ] {
        let test = |mock: &Mock| {
            let checks = ["--max-cases", "20", "--checks", "+ignored_auth", "--include", operation];
            let target = ["test", text(&document), "--url", &mock.url, "--header", header];
            run(target.into_iter().chain(checks))
        };
        let tested = test(&open);
        assert_eq!(tested.code, Some(1), "{tested:?}");
        assert!(tested.stdout.contains(&format!("ignored_auth in GET {path}")), "{}", tested.stdout);
        let tested = test(&closed);
        assert_eq!(tested.code, Some(0), "{}\n{}", tested.stdout, tested.stderr);
    }
}
