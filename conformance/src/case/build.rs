//! From values to the request that is sent, and what the document says of it.

use std::sync::Arc;

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{self, RequestValues};
use counterfoil_openapi::validate::{self, Reading, RequestRules};
use counterfoil_openapi::{
    BasePaths, Contract, Location, Operation, Parameter, Part, Request, Route, Router, Violation,
};
use http::header::{ACCEPT, COOKIE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderValue, Method};
use serde_json::Value;

use super::asked::has_success;
use super::condition::{UNKNOWN_TAG, put_condition};
use super::fixed::Lacking;
use super::{Fixed, Intent, Probe, Signer};
use crate::plan::Filter;
use crate::resource::About;

/// A query parameter that no document has.
const UNKNOWN_QUERY: &str = "counterfoil-unknown=1";

/// A request as it goes out, and its reading by the document.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// The request, signed; its target has no base path.
    pub(crate) request: Request,
    /// What the document's own decoder and validator make of the request.
    pub(crate) reading: Reading,
    /// The values that were encoded, where the user fixed some of the operation's.
    pub(crate) fixed: Option<Arc<RequestValues>>,
}

impl Sent {
    /// The violations of the data, credentials aside.
    pub(crate) fn data_violations(&self) -> impl Iterator<Item = &Violation> {
        self.reading.violations.iter().filter(|violation| violation.part != Part::Security)
    }

    /// What the request was made about, with the values that it really has.
    pub(crate) fn about(&self, about: About) -> About {
        let Some(values) = &self.fixed else { return about };
        let subject = about.subject.filter(|subject| subject.is_named_in(values));
        About { values: RequestValues::clone(values), subject }
    }

    /// What tells one request from another.
    pub(crate) fn wire(&self) -> Vec<u8> {
        let request = &self.request;
        let mut wire = format!("{} {}\n", request.method, request.target).into_bytes();
        for (name, value) in &request.headers {
            wire.extend_from_slice(name.as_str().as_bytes());
            wire.push(b':');
            wire.extend_from_slice(value.as_bytes());
            wire.push(b'\n');
        }
        wire.push(b'\n');
        wire.extend_from_slice(&request.body);
        wire
    }
}

/// Makes requests from values, for every phase and for shrinking alike.
#[derive(Debug)]
pub(crate) struct Factory {
    router: Router,
    signer: Signer,
    rules: RequestRules,
    fixed: Fixed,
    filter: Filter,
}

impl Factory {
    pub(crate) fn new(contract: &Contract, signer: Signer) -> Self {
        Self {
            router: Router::new(contract.operations(), BasePaths::Optional),
            signer,
            rules: RequestRules::default(),
            fixed: Fixed::default(),
            filter: Filter::default(),
        }
    }

    /// The same, where nothing is asked for that a user does not want to be sent.
    pub(crate) fn within(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// The same, whose requests have the values that a user fixed.
    pub(crate) fn fixing(self, fixed: Fixed) -> Self {
        Self { fixed, ..self }
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The request that an intent makes of values, where there is one that serves the intent:
    ///
    /// * it can be written down, any server reads the same characters, and its path leads to the operation again;
    /// * a positive one is valid as sent, whoever reads it; a negative one is not, credentials aside.
    pub(crate) fn build(
        &self,
        operation: &Arc<Operation>,
        intent: &Intent,
        values: &RequestValues,
    ) -> Option<Sent> {
        self.prepare(operation, intent.probe(), values).filter(|sent| serves(operation, intent, sent))
    }

    /// The request of values, and whether it is a positive or a negative one, as the document says.
    pub(crate) fn classify(
        &self,
        operation: &Arc<Operation>,
        values: &RequestValues,
    ) -> Option<(Intent, Sent)> {
        let sent = self.prepare(operation, None, values)?;
        let intent =
            if sent.data_violations().next().is_none() { Intent::Positive } else { Intent::Negative };
        serves(operation, &intent, &sent).then_some((intent, sent))
    }

    /// The request of values, the fixed ones among them.
    fn prepare(
        &self,
        operation: &Arc<Operation>,
        probe: Option<&Probe>,
        values: &RequestValues,
    ) -> Option<Sent> {
        if !self.fixed.is_any(operation) {
            return self.prepare_as_is(operation, probe, values);
        }
        if let Some(Probe::MissingHeader { name }) = probe
            && self.fixed.has_header(operation, name)
        {
            return None;
        }
        let prepare = |values: RequestValues| {
            let sent = self.prepare_as_is(operation, probe, &values)?;
            Some(Sent { fixed: Some(Arc::new(values)), ..sent })
        };
        let whole = self.fixed.applied(operation, values, Lacking::Added);
        let least = self.fixed.applied(operation, values, Lacking::Left);
        if whole == least {
            return prepare(whole);
        }
        // A member that the body lacks is not put where the document has none: in another alternative, say.
        let (whole, least) = (prepare(whole)?, prepare(least)?);
        let count = |sent: &Sent| sent.data_violations().count();
        Some(if count(&whole) <= count(&least) { whole } else { least })
    }

    fn prepare_as_is(
        &self,
        operation: &Arc<Operation>,
        probe: Option<&Probe>,
        values: &RequestValues,
    ) -> Option<Sent> {
        if has_unroutable_path(operation, values) {
            return None;
        }
        let mut request = codec::encode_request(operation, values).ok()?;
        if has_foreign_header(operation, &request) {
            return None;
        }
        match probe {
            Some(Probe::NoCredentials) => self.signer.sign_without_credentials(operation, &mut request),
            Some(Probe::InvalidCredential { scheme }) => {
                self.signer.sign_with_invalid(operation, scheme, &mut request);
            }
            Some(Probe::EmptyCredential { scheme }) => {
                self.signer.sign_with_empty(operation, scheme, &mut request);
            }
            Some(Probe::OtherScheme { .. }) => self.signer.sign_with_bearer(operation, &mut request),
            Some(Probe::BasicForBearer { .. }) => self.signer.sign_with_basic(operation, &mut request),
            Some(Probe::OtherIdentity) => self.signer.sign_as_other(operation, &mut request),
            Some(Probe::MissingHeader { name }) => {
                self.signer.sign(operation, &mut request);
                request.headers.remove(name.as_str());
            }
            Some(Probe::UndeclaredMethod { method, .. }) => {
                self.signer.sign(operation, &mut request);
                request.method = method.clone();
                return self.as_undeclared(request);
            }
            Some(Probe::UnknownQuery) => {
                self.signer.sign(operation, &mut request);
                request.target.push(if request.target.contains('?') { '&' } else { '?' });
                request.target.push_str(UNKNOWN_QUERY);
            }
            Some(Probe::Accept { media_type } | Probe::UnknownAccept { media_type }) => {
                self.signer.sign(operation, &mut request);
                // What a user asks for is asked for in every request.
                if request.headers.contains_key(ACCEPT) {
                    return None;
                }
                request.headers.insert(ACCEPT, HeaderValue::from_str(media_type).ok()?);
            }
            Some(Probe::UnknownTag) => {
                self.signer.sign(operation, &mut request);
                put_condition(&mut request, IF_NONE_MATCH, UNKNOWN_TAG)?;
            }
            Some(Probe::KnownTag { tag }) => {
                self.signer.sign(operation, &mut request);
                put_condition(&mut request, IF_NONE_MATCH, tag)?;
            }
            Some(Probe::Stale) => {
                self.signer.sign(operation, &mut request);
                put_condition(&mut request, IF_MATCH, UNKNOWN_TAG)?;
            }
            Some(Probe::BesideGet) => {
                self.signer.sign(operation, &mut request);
                self.get_of(&request).filter(|_| has_success(operation))?;
            }
            // Where it leads is known when it is sent.
            Some(
                Probe::RepeatedQuery { .. }
                | Probe::Again
                | Probe::ReadOnly
                | Probe::Unusual { .. }
                | Probe::Location,
            )
            | None => self.signer.sign(operation, &mut request),
        }
        let reading = self.read(operation, &request)?;
        Some(Sent { request, reading, fixed: None })
    }

    /// The methods that the path of a request has, when the request's method is none of them.
    pub(crate) fn undeclared(&self, method: &Method, request: &Request) -> Option<Vec<Method>> {
        match self.router.find_with(
            method,
            request.path(),
            request.query().unwrap_or_default(),
            &request.headers,
        ) {
            Route::WrongMethod { allowed } => Some(allowed.into_iter().cloned().collect()),
            _ => None,
        }
    }

    fn as_undeclared(&self, request: Request) -> Option<Sent> {
        self.undeclared(&request.method, &request)?;
        Some(Sent { request, reading: Reading::default(), fixed: None })
    }

    /// The operation that a request leads to.
    pub(crate) fn operation_of(&self, request: &Request) -> Option<Arc<Operation>> {
        match self.router.find_request(request) {
            Route::Found(found) => Some(Arc::clone(found.operation)),
            _ => None,
        }
    }

    /// Whether what a request leads to is tested, or is nothing that the document has.
    pub(crate) fn may_read(&self, request: &Request) -> bool {
        self.operation_of(request).is_none_or(|operation| self.filter.admits(&operation))
    }

    /// The GET of what a request is the HEAD of, and its operation, where it may be sent and the document has a success
    /// for it and each query and header parameter of the HEAD.
    pub(crate) fn get_of(&self, head: &Request) -> Option<(Arc<Operation>, Request)> {
        let is_head = head.method == Method::HEAD;
        let get = is_head.then(|| Request { method: Method::GET, ..head.clone() })?;
        let operation = self.operation_of(&get).filter(|operation| self.filter.admits(operation))?;
        let is_valid = self.read(&operation, &get)?.violations.is_empty();
        let has = |asked: &Parameter| {
            operation.parameters_in(asked.location).any(|known| match asked.location {
                Location::Header => known.name.eq_ignore_ascii_case(&asked.name),
                _ => known.name == asked.name,
            })
        };
        let head = self.operation_of(head)?;
        let mut asked = head.parameters_in(Location::Query).chain(head.parameters_in(Location::Header));
        (is_valid && asked.all(has) && *operation.method() == Method::GET && has_success(&operation))
            .then_some((operation, get))
    }

    /// What the document makes of a request, where its path leads to the operation.
    pub(crate) fn read(&self, operation: &Operation, request: &Request) -> Option<Reading> {
        match self.router.find_request(request) {
            Route::Found(found) if found.operation.id() == operation.id() => {
                Some(validate::request(&found, request, &self.rules))
            }
            _ => None,
        }
    }
}

/// Whether what is sent serves what it is meant for.
fn serves(operation: &Operation, intent: &Intent, sent: &Sent) -> bool {
    let mut violations = sent.data_violations();
    match intent {
        Intent::Positive => violations.next().is_none() && !has_written_null(operation, sent),
        Intent::Negative => violations.next().is_some(),
        Intent::Example => true,
        Intent::Probe(Probe::MissingHeader { name }) => violations.any(|violation| {
            matches!(&violation.part, Part::Parameter(Location::Header, header) if header.eq_ignore_ascii_case(name))
        }),
        Intent::Probe(Probe::RepeatedQuery { name }) => {
            violations.any(|violation| violation.part == Part::Parameter(Location::Query, name.clone()))
        }
        Intent::Probe(Probe::ReadOnly) => {
            let mut violations = violations.peekable();
            violations.peek().is_some() && violations.all(|violation| violation.rule == "readOnly")
        }
        // Nobody is to be blamed for what comes of it, as long as that is an answer.
        Intent::Probe(Probe::Unusual { .. }) => true,
        Intent::Probe(_) => violations.next().is_none(),
    }
}

/// Whether a header is one that servers read differently:
///
/// * it holds bytes beyond ASCII, whose meaning HTTP leaves open (RFC 9110, section 5.5): one server reads two characters
///   where another reads one, and a third refuses them;
/// * it is a cookie with an escape in it, since cookies have none of their own (RFC 6265, section 4.1.1): one server
///   reads `%20` as a space, another as it stands. A cookie that is documented to hold a media type cannot do without.
fn has_foreign_header(operation: &Operation, request: &Request) -> bool {
    let is_escaped = |pair: &[u8]| {
        let holds_media = |parameter: &Parameter| {
            parameter.content.is_some() && pair.trim_ascii().starts_with(parameter.name.as_bytes())
        };
        pair.contains(&b'%') && !operation.parameters_in(Location::Cookie).any(holds_media)
    };
    let cookies = request.headers.get_all(COOKIE);
    request.headers.values().any(|value| !value.as_bytes().is_ascii())
        || cookies.iter().any(|value| value.as_bytes().split(|byte| *byte == b';').any(is_escaped))
}

/// Whether a null was written as text: how that is done, the specification does not say (OpenAPI 3.0.3, section
/// 4.7.12.3), so a server that reads it differently breaks nothing. A parameter that holds a media type says it.
fn has_written_null(operation: &Operation, sent: &Sent) -> bool {
    fn holds_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.iter().any(holds_null),
            Value::Object(members) => members.values().any(holds_null),
            _ => false,
        }
    }
    let values = &sent.reading.values;
    let form = values
        .body
        .as_ref()
        .filter(|body| matches!(media::kind(&body.media_type), Kind::Form | Kind::Multipart));
    let is_written = |parameter: &&Parameter| parameter.content.is_none();
    let written = operation.parameters().iter().filter(is_written).filter_map(|parameter| {
        let map = match parameter.location {
            Location::Path => &values.path,
            Location::Query | Location::QueryString => &values.query,
            Location::Header => &values.header,
            Location::Cookie => &values.cookie,
            _ => return None,
        };
        map.get(&parameter.name)
    });
    written.chain(form.and_then(|body| body.payload.as_value())).any(holds_null)
}

/// Whether a path value is one that servers and proxies are known to resolve or split before any routing:
/// an empty one, a dot segment (RFC 3986, section 5.2.4), one with a slash or a backslash in it.
fn has_unroutable_path(operation: &Operation, values: &RequestValues) -> bool {
    operation.path().variables().any(|name| {
        values
            .path
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|text| text.is_empty() || text == "." || text == ".." || text.contains(['/', '\\']))
    })
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::codec::{BodyValue, Payload};
    use serde_json::json;

    use super::*;
    use crate::config::{Credentials, Target};

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets/{id}:
    put:
      operationId: putPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: page, in: query, schema: {type: integer, nullable: true}}
        - {name: filter, in: query, content: {application/json: {schema: {type: integer, nullable: true}}}}
        - {name: X-Tenant, in: header, required: true, schema: {type: string, maxLength: 3}}
      requestBody: {content: {application/json: {schema: {type: object, properties: {age: {type: integer}}}}}}
      responses: {}
  /pets/mine: {put: {operationId: putMine, responses: {}}}
"#;

    fn built(intent: &Intent, headers: &[(&str, &str)], change: impl Fn(&mut RequestValues)) -> Option<Sent> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let target = headers
            .iter()
            .fold(Target::new("http://localhost"), |target, (name, value)| target.header(*name, *value));
        let factory = Factory::new(&contract, Signer::new(&target, Credentials::Given).unwrap());
        let mut values = RequestValues::default();
        values.path.insert("id".to_owned(), json!("rex"));
        values.header.insert("X-Tenant".to_owned(), json!("t"));
        change(&mut values);
        factory.build(contract.operation("putPet").unwrap(), intent, &values)
    }

    fn with_page(page: Value) -> impl Fn(&mut RequestValues) {
        move |values| {
            values.query.insert("page".to_owned(), page.clone());
        }
    }

    #[test]
    fn what_is_sent_decides_whether_it_serves_its_intent() {
        let table = [
            (json!(7), true, false),
            // Text that reads as the type is of the type on the wire.
            (json!("7"), true, false),
            (json!("seven"), false, true),
            // Nobody says how null is written.
            (json!(null), false, false),
        ];
        for (page, is_positive, is_negative) in table {
            let serves = |intent| built(&intent, &[], with_page(page.clone())).is_some();
            assert_eq!(
                (serves(Intent::Positive), serves(Intent::Negative)),
                (is_positive, is_negative),
                "{page}"
            );
            assert!(serves(Intent::Example));
        }
    }

    #[test]
    fn null_is_sent_where_a_media_type_says_how_it_is_written() {
        let sent = built(&Intent::Positive, &[], |values| {
            values.query.insert("filter".to_owned(), json!(null));
        });
        assert!(sent.unwrap().request.target.ends_with("filter=null"));
    }

    #[test]
    fn a_header_of_the_target_that_mends_what_was_broken_leaves_no_case() {
        let break_it = |values: &mut RequestValues| {
            values.header.insert("X-Tenant".to_owned(), json!("too long"));
        };
        assert!(built(&Intent::Negative, &[], break_it).is_some());
        assert!(built(&Intent::Negative, &[("x-tenant", "t")], break_it).is_none());
        let mended = built(&Intent::Positive, &[("x-tenant", "t")], break_it).unwrap();
        assert_eq!(mended.request.headers["x-tenant"], "t");
    }

    #[test]
    fn headers_that_servers_read_differently_make_no_case() {
        for intent in [Intent::Positive, Intent::Negative] {
            let with_tenant = |values: &mut RequestValues| {
                values.header.insert("X-Tenant".to_owned(), json!("é"));
                values.query.insert(
                    "page".to_owned(),
                    if intent == Intent::Positive { json!(1) } else { json!("x") },
                );
            };
            assert!(built(&intent, &[], with_tenant).is_none());
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_make_no_case() {
        for (id, is_built) in [
            ("rex", true),
            ("a b", true),
            ("mine", false),
            ("", false),
            (".", false),
            ("..", false),
            ("a/b", false),
        ] {
            let with_id = |values: &mut RequestValues| {
                values.path.insert("id".to_owned(), json!(id));
            };
            assert_eq!(built(&Intent::Example, &[], with_id).is_some(), is_built, "{id:?}");
        }
    }

    #[test]
    fn probes_change_the_request_and_nothing_else() {
        let missing = Intent::Probe(Probe::MissingHeader { name: "X-Tenant".to_owned() });
        let sent = built(&missing, &[], |_| {}).unwrap();
        assert!(!sent.request.headers.contains_key("x-tenant"));
        let unknown = |change: fn(&mut RequestValues)| {
            let sent = built(&Intent::Probe(Probe::UnknownQuery), &[], change).unwrap();
            sent.request.query().unwrap_or_default().to_owned()
        };
        assert_eq!(unknown(|_| {}), "counterfoil-unknown=1");
        let with_page = |values: &mut RequestValues| drop(values.query.insert("page".to_owned(), json!(7)));
        assert_eq!(unknown(with_page), "page=7&counterfoil-unknown=1");
        let accept = Intent::Probe(Probe::Accept { media_type: "text/csv".to_owned() });
        assert_eq!(built(&accept, &[], |_| {}).unwrap().request.headers["accept"], "text/csv");
        assert!(built(&accept, &[("Accept", "*/*")], |_| {}).is_none(), "what the user asks for stays");
        let method = |method: Method| Intent::Probe(Probe::UndeclaredMethod { method, declared: Vec::new() });
        assert_eq!(built(&method(Method::POST), &[], |_| {}).unwrap().request.method, Method::POST);
        assert!(built(&method(Method::PUT), &[], |_| {}).is_none(), "a method that the path has is no probe");
    }

    #[test]
    fn head_stands_beside_a_get_that_has_what_it_asks_for() {
        let factory_of = |get: &str| {
            let parameters =
                "parameters: [{name: of, in: query, schema: {}}, {name: X-Of, in: header, schema: {}}]";
            let document = format!(
                r#"
openapi: 3.0.3
paths:
  /files:
    get: {{{get} responses: {{'200': {{description: ok}}}}}}
    head: {{{parameters}, responses: {{'200': {{description: ok}}}}}}
"#
            );
            let contract = Contract::load("files.yaml", document.as_bytes()).unwrap();
            let target = Target::new("http://localhost");
            Factory::new(&contract, Signer::new(&target, Credentials::Given).unwrap())
        };
        let table = [
            ("", false),
            ("parameters: [{name: of, in: query, schema: {}}],", false),
            (
                "parameters: [{name: x-of, in: header, schema: {}}, {name: of, in: header, schema: {}}],",
                false,
            ),
            ("parameters: [{name: x-of, in: header, schema: {}}, {name: of, in: query, schema: {}}],", true),
        ];
        for (get, expected) in table {
            let head = Request::new(Method::HEAD, "/files");
            assert_eq!(factory_of(get).get_of(&head).is_some(), expected, "{get}");
            let without = Filter::new(Vec::new(), vec!["GET".to_owned()]);
            let factory = factory_of(get).within(without);
            assert!(factory.get_of(&head).is_none(), "{get}");
            let may = |path: &str| factory.may_read(&Request::new(Method::GET, path));
            assert!(!may("/files?a") && may("/file") && factory.may_read(&head), "{get}");
        }
    }

    #[test]
    fn bytes_are_sent_as_they_are() {
        let sent = built(&Intent::Negative, &[], |values| {
            let payload = Payload::Bytes("{".into());
            values.body = Some(BodyValue { media_type: "application/json".to_owned(), payload });
        });
        assert_eq!(sent.unwrap().request.body, "{");
    }
}
