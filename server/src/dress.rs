//! What every reply gets, and the log line of every call.

use std::fmt::{Display, Write as _};

use counterfoil_openapi::{Request, Violation};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};

use crate::builder::Marks;
use crate::call::Source;
use crate::edition::Edition;
use crate::journal::Entry;
use crate::pipeline::Notes;
use crate::redact::Found;
use crate::reply::Reply;
use crate::state::State;
use crate::{compose, cors};

const SOURCE: HeaderName = HeaderName::from_static("counterfoil-source");
const RULE: HeaderName = HeaderName::from_static("counterfoil-rule");
pub(crate) const CALL: HeaderName = HeaderName::from_static("counterfoil-call");
pub(crate) const REASON: HeaderName = HeaderName::from_static("counterfoil-reason");
const UPSTREAM_REASON: HeaderName = HeaderName::from_static("counterfoil-upstream-reason");

/// The longest `counterfoil-reason`, in bytes.
pub(crate) const MAX_REASON: usize = 4096;
const CUT: &str = " ...";

/// Where events come from that tell of a request, one each: the `target` of [`tracing`]'s metadata.
///
/// | field | type | what it is |
/// |---|---|---|
/// | `call` | number | as in [`Call`](crate::Call), and so the others |
/// | `session` | text, left out where the request named none | |
/// | `method`, `url`, `source` | text | secrets hidden; not escaped for a terminal |
/// | `operation`, `rule` | text, left out where there is none | |
/// | `status` | number, left out where a fault took the reply's place | |
/// | `violations`, `trail` | text: a JSON array of texts | secrets hidden |
/// | `upstream_violations` | the same, left out where there are none | |
/// | `latency_us` | number | microseconds |
pub const REQUEST_TARGET: &str = "counterfoil::request";

/// The violations of a call without the secrets of its messages.
#[derive(Debug)]
pub(crate) struct Scrubbed {
    /// Those of the request.
    violations: Vec<Violation>,
    /// Those of the upstream's reply.
    upstream: Vec<Violation>,
}

/// Adds where the reply comes from, the number of its call, why the request was refused, and CORS; gives the
/// violations without secrets. Where replies are not to tell of the stub, nothing of that but CORS is left.
pub(crate) fn finish(
    state: &State,
    edition: &Edition,
    id: u64,
    request: &Request,
    notes: &mut Notes,
    reply: &mut Reply,
) -> Scrubbed {
    let is_quiet = state.settings.marks == Marks::LeftOut;
    if is_quiet && let Some(head) = reply.head.take() {
        reply.headers = head.own().clone();
    }
    let scrubbed = marked(state, edition, id, request, notes, reply);
    if is_quiet {
        for name in [SOURCE, RULE, CALL, REASON, UPSTREAM_REASON, compose::INVALID] {
            reply.headers.remove(name);
        }
    }
    scrubbed
}

fn marked(
    state: &State,
    edition: &Edition,
    id: u64,
    request: &Request,
    notes: &mut Notes,
    reply: &mut Reply,
) -> Scrubbed {
    if let Some(head) = &reply.head {
        let is_usual = reply.source == Source::Example
            && reply.rule.is_none()
            && notes.violations.is_empty()
            && notes.upstream_violations.is_empty()
            && state.settings.cors.trusted(&request.headers).is_none();
        if is_usual {
            reply.headers = head.of_call(id);
            return Scrubbed { violations: Vec::new(), upstream: Vec::new() };
        }
        reply.headers = head.own().clone();
        reply.head = None;
    }
    let headers = &mut reply.headers;
    put_source(headers, reply.source);
    headers.insert(CALL, number(id));
    if let Some(rule) = reply.rule.as_deref().and_then(|rule| HeaderValue::from_str(&plain(rule)).ok()) {
        headers.insert(RULE, rule);
    }
    let mut violations = Vec::new();
    if !notes.violations.is_empty() {
        violations = match (notes.told.take(), &notes.operation) {
            (Some(told), _) => told,
            (None, Some(operation)) => edition.scrub(operation, request, &notes.violations),
            (None, None) => notes.violations.clone(),
        };
        // What is wrong with the reply may be told there already.
        let own = headers.get(REASON).and_then(|own| own.to_str().ok()).unwrap_or_default();
        if let Ok(reason) = HeaderValue::from_str(&reason(&violations, own)) {
            headers.insert(REASON, reason);
        }
    }
    let mut upstream = Vec::new();
    if let Some(operation) = notes.operation.as_ref().filter(|_| !notes.upstream_violations.is_empty()) {
        let found = edition.secrets.found_in_both(operation, request, headers, &reply.body);
        upstream =
            notes.upstream_violations.iter().map(|violation| found.scrub_violation(violation)).collect();
        if let Ok(reason) = HeaderValue::from_str(&reason(&upstream, "")) {
            headers.insert(UPSTREAM_REASON, reason);
        }
    }
    cors::apply(&state.settings.cors, &request.headers, headers);
    Scrubbed { violations, upstream }
}

/// A number as the value of a header: as `From` has it, without a buffer that may grow.
pub(crate) fn number(mut number: u64) -> HeaderValue {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    HeaderValue::from_bytes(&digits[at..]).expect("digits can stand in a header")
}

/// Says where a reply comes from.
pub(crate) fn put_source(headers: &mut HeaderMap, source: Source) {
    headers.insert(SOURCE, HeaderValue::from_static(source.as_str()));
}

/// Logs a call, its violations without secrets; see [`REQUEST_TARGET`].
pub(crate) fn tell(entry: &Entry, session: Option<&str>, scrubbed: &Scrubbed) {
    if !tracing::enabled!(target: REQUEST_TARGET, tracing::Level::INFO) {
        return;
    }
    let mut found = Found::default();
    let operation = entry.operation.as_ref();
    let url = entry.edition.secrets.target(operation, &entry.target, &mut found);
    // Lines known before the request came quote nothing of it.
    let trail = match entry.trail.is_shared() {
        true => list(entry.trail.lines()),
        false => list(entry.show_trail()),
    };
    tracing::info!(
        target: REQUEST_TARGET,
        call = entry.id,
        session,
        method = entry.method.as_str(),
        url,
        operation = operation.map(|operation| operation.id().as_str()),
        status = entry.status.map(|status| status.as_u16()),
        source = entry.source.as_str(),
        rule = entry.rule.as_deref(),
        violations = list(&scrubbed.violations),
        upstream_violations = (!scrubbed.upstream.is_empty()).then(|| list(&scrubbed.upstream)),
        trail,
        latency_us = u64::try_from(entry.latency.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// Texts as a JSON array.
fn list(texts: impl IntoIterator<Item = impl Display>) -> String {
    let mut list = Vec::with_capacity(256);
    let written = serde_json::Serializer::new(&mut list).collect_seq(texts.into_iter().map(Text));
    written.expect("text can be written as JSON, and memory takes it");
    String::from_utf8(list).expect("JSON is UTF-8")
}

/// What is written as a text.
struct Text<T>(T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Every violation in one line, after what is told already, cut at [`MAX_REASON`].
pub(crate) fn reason(violations: &[Violation], before: &str) -> String {
    let mut text = before.to_owned();
    for violation in violations {
        if !text.is_empty() {
            text.push_str("; ");
        }
        // Writing to a string cannot fail.
        let start = text.len();
        let _ = write!(text, "{violation}");
        if !text.as_bytes()[start..].iter().all(|byte| is_plain(char::from(*byte))) {
            let plain = plain(&text[start..]);
            text.replace_range(start.., &plain);
        }
        if text.len() > MAX_REASON {
            text.truncate(MAX_REASON - CUT.len());
            text.push_str(CUT);
            break;
        }
    }
    text
}

/// Whether a character stands for itself in a header.
fn is_plain(character: char) -> bool {
    character == ' ' || character.is_ascii_graphic()
}

/// A text as a header can hold it: visible ASCII and spaces, all else escaped.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_plain(character) {
            plain.push(character);
        } else {
            plain.extend(character.escape_default());
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Write as _};
    use std::sync::{Arc, Mutex};

    use counterfoil_openapi::{Contract, Part};
    use dropshot::Body;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;
    use crate::builder::StubBuilder;
    use crate::fault::Connection;
    use crate::pipeline::{self, Arrived};

    #[test]
    fn a_reason_is_plain_and_cut() {
        let violation = |message: &str| Violation::new(Part::Body, "type", message.to_owned());
        assert_eq!(
            reason(&[violation("é\n"), violation("b")], ""),
            "body: \\u{e9}\\n [type]; body: b [type]"
        );
        let long = reason(&vec![violation(&"x".repeat(100)); 100], "");
        assert_eq!(long.len(), MAX_REASON);
        assert!(long.ends_with(CUT), "{long}");
    }

    #[test]
    fn a_number_is_written_as_it_is_everywhere() {
        for value in [0, 1, 9, 10, 4711, u64::MAX] {
            assert_eq!(number(value), HeaderValue::from(value));
        }
    }

    /// Keeps the fields of every event.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    struct Line<'l>(&'l mut String);

    impl Visit for Line<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            if field.name() != "latency_us" {
                let _ = write!(self.0, "{field}={value:?} ");
            }
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target().starts_with("counterfoil")
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut text = self.0.lock().unwrap();
            event.record(&mut Line(&mut text));
            text.push('\n');
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[tokio::test]
    async fn every_call_is_one_line_of_the_log_without_secrets() {
        let text = r#"
openapi: 3.0.3
info: { title: t, version: "1" }
security: [ { key: [] } ]
paths:
  /login:
    post:
      operationId: login
      requestBody:
        content:
          application/json:
            schema:
              properties:
                password: { type: string, format: password, minLength: 9 }
                pin: { type: integer, writeOnly: true, minimum: 0 }
      responses: { '200': { description: ok } }
components: { securitySchemes: { key: { type: apiKey, in: query, name: key } } }
"#;
        let state = StubBuilder::new(Contract::load("login.yaml", text.as_bytes()).unwrap()).into_state();
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.clone());
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        for (target, body) in [
            ("/login?key=s3cret-key&a=b%20c", r#"{"password": "long enough"}"#),
            ("/login?key=s3cret-key", r#"{"password": "hunter2"}"#),
            ("/login?key=s3cret-key", r#"{"password": "long enough", "pin": -987654321}"#),
            ("/nowhere?a=b", ""),
        ] {
            let request =
                hyper::Request::post(target).header("host", "x").header("content-type", "application/json");
            let request = request.body(Body::from(body)).unwrap();
            pipeline::serve(&state, &mut Arrived::new(connection, request)).await;
        }
        drop(guard);
        insta::assert_snapshot!(log.0.lock().unwrap(), @r#"
        message=answered call=1 method="POST" url="/login?key=***&a=b%20c" operation="login" status=200 source="document" violations="[]" trail="[\"request: valid\",\"status 200: the lowest documented 2xx\",\"media type: none, no content is documented\"]" 
        message=answered call=2 method="POST" url="/login?key=***" operation="login" status=400 source="validation" violations="[\"body/password: the value is shorter than 9 characters [minLength]\"]" trail="[\"request: 1 violation\",\"status 400: a problem, for want of a documented one\",\"problem request-invalid: 1 violation of `login`: body/password: the value is shorter than 9 characters [minLength]\"]" 
        message=answered call=3 method="POST" url="/login?key=***" operation="login" status=400 source="validation" violations="[\"body/pin: the value is less than the minimum of 0 [minimum]\"]" trail="[\"request: 1 violation\",\"status 400: a problem, for want of a documented one\",\"problem request-invalid: 1 violation of `login`: body/pin: the value is less than the minimum of 0 [minimum]\"]" 
        message=answered call=4 method="POST" url="/nowhere?a=b" status=404 source="routing" violations="[]" trail="[\"problem path-unknown: no path of the document matches `/nowhere`; the nearest are /login\"]" 
        "#);
    }
}
