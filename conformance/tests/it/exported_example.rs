// Failures that `counterfoil test` found in tyk.yaml, as tests: each passes once it is mended.
//
// They belong into `tests/` of a crate with these dependencies:
//
//     tyk-client = { path = "..." }    # counterfoil client tyk.yaml --output ...
//     reqwest = { version = "0.13", default-features = false }
//     serde_json = "1"
//     tokio = { version = "1", features = ["macros", "rt"] }
//     jsonschema = { version = "0.60", default-features = false }
//
// `TARGET_URL` says what they run against, where it is not http://127.0.0.1:1.
//
// What these promise takes the document to judge; `counterfoil replay` does it:
// - allow_header_conformance in POST /admin/sso: status 405

#[allow(unused_imports)]
use tyk_client::{types, Client, ClientInfo, Error, ResponseValue, Settings};

/// Where the failures were found.
const TARGET: &str = "http://127.0.0.1:1";

/// `not_a_server_error` in `POST /admin/sso`: status 500
///
/// what was found
/// and what was expected * / {x}
#[tokio::test]
async fn not_a_server_error_generate_auth_token_b20f4996492d() {
    let client = client(&[("admin-auth", secret("COUNTERFOIL_ADMIN_AUTH").as_str())]);
    let body: types::SsoAccessData = serde_json::from_str(
            "{\"ForSection\":\"dashboard\",\"OrgID\":\"it's {1}\"}",
        )
        .expect("a value");
    let status = status(client.generate_auth_token(Some(&body)).await);
    assert!(matches!(status, 100..=499), "it is answered {status}");
}

/// `status_code_conformance` in `POST /admin/sso`: status 418
///
/// what was found
/// and what was expected * / {x}
#[tokio::test]
async fn status_code_conformance_generate_auth_token_23edd2c1c89b() {
    let client = client(&[("admin-auth", secret("COUNTERFOIL_ADMIN_AUTH").as_str())]);
    let body: types::SsoAccessData = serde_json::from_str(
            "{\"ForSection\":\"dashboard\",\"OrgID\":\"it's {1}\"}",
        )
        .expect("a value");
    let status = status(client.generate_auth_token(Some(&body)).await);
    assert!(
        matches!(status, 200 | 400 | 401 | 403 | 413 | 414 | 429 | 431 | 500),
        "it is answered {status}"
    );
}

/// `response_schema_conformance` in `POST /admin/sso`: status 200
///
/// what was found
/// and what was expected * / {x}
///
/// It is sent raw: the client's types hide what is wrong with the answer.
#[tokio::test]
async fn response_schema_conformance_generate_auth_token_212f88bfb834() {
    let reply = send(
            &client(&[("admin-auth", secret("COUNTERFOIL_ADMIN_AUTH").as_str())]),
            "POST",
            "/admin/sso",
            &[("content-type", "application/json")],
            "{\"ForSection\": \"dashboard\", \"OrgID\": \"it's {1}\"}",
        )
        .await;
    if reply.status == 200 {
        let schema: serde_json::Value = serde_json::from_str(
                "{\"$ref\":\"#/$defs/ApiError\",\"$defs\":{\"ApiError\":{\"type\":\"object\",\"properties\":{\"ID\":{\"type\":\"string\"},\"Message\":{\"type\":\"string\"},\"Meta\":{},\"Status\":{\"type\":\"string\"}}}}}",
            )
            .expect("a schema");
        let body: serde_json::Value = serde_json::from_slice(&reply.body)
            .expect("a body of JSON");
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema);
        let found = validator
            .expect("a schema")
            .validate(&body)
            .map_err(|error| error.to_string());
        assert_eq!(found, Ok(()), "in {body}");
    } else {
        assert!(reply.status < 500, "it is answered {}", reply.status);
    }
}

/// `negative_data_rejection` in `POST /admin/sso`: status 200
///
/// what was found
/// and what was expected * / {x}
///
/// It is sent raw: the document does not admit the request (body/ForSection: 5 is not of type "string" [type]).
#[tokio::test]
async fn negative_data_rejection_generate_auth_token_a55204d7b98b() {
    let reply = send(
            &client(&[("admin-auth", secret("COUNTERFOIL_ADMIN_AUTH").as_str())]),
            "POST",
            "/admin/sso",
            &[("content-type", "application/json")],
            "{\"ForSection\": 5}",
        )
        .await;
    let status = reply.status;
    assert!(matches!(status, 100..=199 | 300..=599), "it is answered {status}");
}

/// `ignored_auth` in `POST /admin/sso`: status 200
///
/// what was found
/// and what was expected * / {x}
#[tokio::test]
async fn ignored_auth_generate_auth_token_bf4e8cc2c1ec() {
    let client = client(&[]);
    let body: types::SsoAccessData = serde_json::from_str(
            "{\"ForSection\":\"dashboard\",\"OrgID\":\"it's {1}\"}",
        )
        .expect("a value");
    let status = status(client.generate_auth_token(Some(&body)).await);
    assert!(matches!(status, 100..=199 | 300..=599), "it is answered {status}");
}

/// What came back.
#[allow(dead_code)]
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

/// The client with some header fields, credentials for example.
fn client(headers: &[(&'static str, &str)]) -> Client {
    let mut all = reqwest::header::HeaderMap::new();
    for (name, value) in headers {
        all.append(*name, value.parse().expect("a header field"));
    }
    let inner = reqwest::Client::builder()
        .default_headers(all)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(10))
        .build()
        .expect("a transport");
    let base = std::env::var("TARGET_URL").unwrap_or_else(|_| TARGET.to_owned());
    let settings = Settings { retries: 0, ..Settings::default() };
    Client::new_with_client(base.trim_end_matches('/'), inner, settings)
}

/// Sends what the client's types cannot say, to its base URL and with its credentials.
#[allow(dead_code)]
async fn send<B: Into<reqwest::Body>>(
    client: &Client,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: B,
) -> Reply {
    let url = format!("{}{target}", client.baseurl());
    let mut request = client.client().request(method.parse().expect("a method"), url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.expect("a whole answer").to_vec();
    Reply { status, headers, body }
}

/// The status of what a call came to, documented or not.
#[allow(dead_code)]
fn status<T, E>(result: Result<ResponseValue<T>, Error<E>>) -> u16 {
    match result {
        Ok(reply) => reply.status().as_u16(),
        Err(Error::ErrorResponse(reply)) => reply.status().as_u16(),
        Err(Error::UnexpectedResponse(reply)) => reply.status().as_u16(),
        Err(Error::CommunicationError(error)) => panic!("it is not answered: {error}"),
        Err(Error::InvalidResponsePayload(_, error)) => panic!("its body is not what is documented: {error}"),
        Err(_) => panic!("it cannot be sent, or its answer not be read"),
    }
}

/// A value that a reply told, by its JSON Pointer.
#[allow(dead_code)]
fn told(reply: &Reply, pointer: &str) -> String {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    match body.pointer(pointer) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => panic!("nothing at {pointer} of a reply with {}", reply.status),
    }
}

/// The last segment of the path in `Location`, as it stands there.
#[allow(dead_code)]
fn location(reply: &Reply) -> String {
    let value = reply.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = value.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

/// The `ETag`.
#[allow(dead_code)]
fn tag(reply: &Reply) -> String {
    reply.headers.get("etag").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// A text as a segment of a path.
#[allow(dead_code)]
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let written = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(written).collect()
}

/// A secret, from the environment.
#[allow(dead_code)]
fn secret(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("set {variable}"))
}

/// What follows the scheme in a secret: `abc` of `Bearer abc`.
#[allow(dead_code)]
fn credential(variable: &str) -> String {
    let secret = secret(variable);
    secret.split_once(' ').map_or(secret.clone(), |(_, credential)| credential.trim().to_owned())
}

/// That, of the Basic scheme, with a wrong password.
#[allow(dead_code)]
fn wrong_password(variable: &str) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let credential = credential(variable);
    let sextets = credential.chars().filter_map(|letter| letters.find(letter));
    let bits: String = sextets.map(|sextet| format!("{sextet:06b}")).collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    let bytes: Vec<u8> = bytes.map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == b'1'))).collect();
    let given = String::from_utf8_lossy(&bytes);
    let user = given.split(':').next().unwrap_or_default();
    let mut wrong = base64(&format!("{user}:counterfoil-invalid"), b"+/");
    while !wrong.len().is_multiple_of(4) {
        wrong.push('=');
    }
    wrong
}

/// A text as a string of JSON holds it.
#[allow(dead_code)]
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

/// A text in base64 without padding, with these letters for the last two.
#[allow(dead_code)]
fn base64(text: &str, last: &[u8; 2]) -> String {
    let letters = [&b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[..], last].concat();
    let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    let sextets = bits.as_bytes().chunks(6).map(|chunk| {
        let sextet = chunk.iter().fold(0, |sextet, bit| sextet << 1 | usize::from(*bit == b'1'));
        char::from(letters[sextet << (6 - chunk.len())])
    });
    sextets.collect()
}
