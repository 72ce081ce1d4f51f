//! Hand-made exchanges for the tests of checks.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Operation, Request, Response, Route, Router};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::{Expectation, Judgement, Limits, Observation, Outcome, checks};
use crate::case::{Intent, Probe};

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: limit, in: query, schema: {type: integer, maximum: 9}}
        - {name: X-Tenant, in: header, required: true, schema: {type: string}}
      responses:
        '200':
          description: a pet
          headers:
            X-Left: {required: true, schema: {type: integer}}
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties: {id: {type: integer}, tag: {type: string, default: untagged}, state: {type: string, default: draft}, coat: {type: string, enum: [short, long]}, age: {type: integer}, in: {type: object, properties: {colour: {type: string}, room: {type: string}}}, pin: {type: string, writeOnly: true}, made: {type: string, format: date-time, readOnly: true}, rank: {type: integer, readOnly: true}}
            text/*: {schema: {type: string, maxLength: 3}}
        '404': {description: none}
    put:
      operationId: putPet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody:
        required: true
        content:
          application/json: {schema: &pet {type: object, properties: {age: {type: integer, minimum: 0}, id: {type: integer, readOnly: true}, small: {type: integer, format: int32, minimum: 0}, tag: {type: string}, names: {type: array, items: {type: string, minLength: 1}}}}}
          application/x-www-form-urlencoded: {schema: *pet}
          multipart/form-data: {schema: *pet}
      responses: {'200': {description: ok}}
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: kind, in: query, schema: {type: string, enum: [dog, cat]}}
        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object, properties: {age: {type: integer}}}}
        - {name: kinds, in: query, schema: {type: array, items: {type: string, enum: [dog, cat]}}}
        - {name: tame, in: query, schema: {type: boolean}}
        - {name: offset, in: query, schema: {type: integer}}
        - {name: page, in: query, schema: {type: integer}}
        - {name: page_token, in: query, schema: {type: string}}
        - {name: min_age, in: query, schema: {type: integer}}
        - {name: born_before, in: query, schema: {type: string, format: date}}
        - {name: sort, in: query, schema: {type: string, enum: [name, age, -age]}}
        - {name: order, in: query, schema: {type: string, enum: [asc, desc]}}
      responses: {'200': {description: pets, content: {application/json: {}}}}
  /twice:
    get:
      operationId: listTwice
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: page_size, in: query, schema: {type: integer}}
      responses: {'200': {description: things, content: {application/json: {}}}}
  /sized:
    get:
      operationId: listSized
      parameters:
        - {name: size, in: query, schema: {type: integer, minimum: 1}}
        - {name: page, in: query, schema: {type: integer}}
      responses: {'200': {description: things, content: {application/json: {}}}}
  /defaults:
    get:
      operationId: listDefaults
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 20}}
        - {name: offset, in: query, schema: {type: integer}}
        - {name: tame, in: query, schema: {type: boolean}}
        - {name: state, in: query, schema: {type: string, enum: [open, done], default: open}}
        - {name: sort, in: query, schema: {type: string, enum: [age, -age], default: -age}}
        - {name: kinds, in: query, schema: {type: array, items: {type: string, enum: [cat, dog, cow]}}}
        - {name: team, in: query, schema: {type: string}}
        - {name: tag, in: query, schema: {type: string}}
        - {name: tags, in: query, schema: {type: string}}
        - {name: mark, in: query, schema: {type: string, enum: [a, b, c]}}
        - {name: ownerId, in: query, schema: {type: integer}}
        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object, properties: {ownerId: {type: integer}, tag: {type: string}, mark: {type: string, enum: [a, b, c]}}}}
      responses: {'200': {description: things, content: {application/json: {}}}}
  /pages/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getPage
      parameters:
        - {name: If-None-Match, in: header, schema: {type: string}}
        - {name: sinceVersion, in: query, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer}}
      responses: {'200': {description: a page}, '304': {description: as it was}, '404': {description: none}}
    put:
      operationId: putPage
      responses: {'200': {description: ok}, '412': {description: another one}}
  /others/{id}:
    get:
      operationId: getOther
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: a page}, '304': {description: as it was}}
  /shelves/{shelfId}/books: {get: {operationId: listBooks, responses: {}}, post: {operationId: addBook, responses: {}}}
  /shelves/{shelfId}/books/{bookId}: {get: {operationId: getBook, responses: {}}}
  /shelves/{shelfId}/books/{bookId}/lend: {post: {operationId: lendBook, responses: {}}}
  /racks/{id}/books: {get: {operationId: listRack, responses: {}}, post: {responses: {}}}
  /users/{userId}/books: {get: {operationId: listUsed, responses: {}}, post: {responses: {}}}
  /folders/{folderId}/books: {get: {operationId: listFolder, responses: {}}, post: {responses: {}}}
  /issues/{number}/remarks: {get: {operationId: listRemarks, responses: {}}, post: {operationId: addRemark, responses: {}}}
  /lines/{line}/remarks: {post: {responses: {}}}
  /drafts: {post: {security: [{token: []}], responses: {}}}
  /books: {post: {responses: {}}}
  /books/{bookId}: {get: {operationId: readBook, responses: {}}}
  /report:
    get:
      operationId: getReport
      parameters: [{name: _format, in: query, schema: {type: string}}]
      responses: &json {'200': {description: ok, content: {application/json: {}}}}
  /report.{outputFormat}:
    get:
      operationId: getReportAs
      parameters: [{name: outputFormat, in: path, required: true, schema: {type: string}}]
      responses: *json
  /plain:
    get:
      operationId: getPlain
      parameters: [{name: typeface, in: query, schema: {type: string}}, {name: X-Format, in: header, schema: {type: string}}]
      responses: *json
  /any:
    get: {operationId: any, responses: {default: {description: whatever}}}
    post: {operationId: upgrade, responses: {'101': {description: switched}, 4XX: {description: refused}}}
    put: {operationId: silent, responses: {}}
    head: {operationId: anyHead, responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}}
  /things/{id}: {get: {responses: {'200': {description: ok}}}, head: {operationId: headThing, responses: {'200': {description: ok}}}}
  /things/{id}/state: {get: {responses: {'410': {description: none}}}, head: {operationId: headState, responses: {'200': {description: ok}}}}
  /things/{id}/name: {get: {responses: {4XX: {description: none}}}, head: {operationId: headName, responses: {'200': {description: ok}}}}
  /failing:
    get: {operationId: failing, responses: {'200': {description: ok}, '404': {description: none, content: {application/json: {schema: {type: object}}}}}}
  /impossible:
    get:
      operationId: impossible
      responses: {'200': {description: ok, content: {application/json: {schema: {type: string, enum: [null]}}}}}
  /wrong:
    get:
      operationId: wrongExample
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {type: object, properties: {a: {type: integer}}}, example: {a: x}}
  /secret:
    get: {operationId: secret, security: [{token: []}], responses: {'200': {description: ok}}}
    put: {operationId: locked, security: [{token: []}], responses: {'200': {description: ok}, '401': {description: no}}}
  /optional:
    get: {operationId: optional, security: [{token: []}, {}], responses: {'200': {description: ok}}}
  /login:
    post:
      operationId: login
      requestBody: {content: {application/json: {schema: {type: object, properties: {password: {type: string, format: password}}}}}}
      responses: {'200': {description: ok}, '400': {description: refused}}
  /accounts:
    post:
      operationId: addAccount
      requestBody: {content: {application/json: {schema: {type: object, properties: {password: {type: string, format: password}}}}}}
      responses: {'201': {description: made}, '400': {description: refused}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
"#;

/// One exchange, by default a valid request answered 200 without a body.
pub(super) struct Scene {
    operation: Arc<Operation>,
    router: Router,
    intent: Intent,
    request: Request,
    outcome: Outcome,
    elapsed: Duration,
    expectation: Option<Expectation>,
    before: Option<Response>,
    earlier: Vec<(Request, Response)>,
    again: Option<Outcome>,
    since: Option<Outcome>,
    stubbed: Option<Response>,
}

impl Scene {
    /// A request of `METHOD target`, as a valid one of the operation it leads to.
    pub(super) fn new(operation: &str, target: &str) -> Self {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let operation = Arc::clone(contract.operation(operation).unwrap());
        Self {
            router: Router::new(contract.operations(), BasePaths::Optional),
            intent: Intent::Positive,
            request: Request::new(operation.method().clone(), target),
            outcome: Outcome::Answered(Response::new(StatusCode::OK)),
            elapsed: Duration::from_millis(5),
            expectation: None,
            before: None,
            earlier: Vec::new(),
            again: None,
            since: None,
            stubbed: None,
            operation,
        }
    }

    pub(super) fn intent(mut self, intent: Intent) -> Self {
        self.intent = intent;
        self
    }

    /// Turns it into a probe with a method that the path does not have.
    pub(super) fn undeclared(self, method: Method) -> Self {
        let declared = vec![Method::GET, Method::PUT];
        let mut scene =
            self.intent(Intent::Probe(Probe::UndeclaredMethod { method: method.clone(), declared }));
        scene.request.method = method;
        scene
    }

    pub(super) fn method(mut self, method: Method) -> Self {
        self.request.method = method;
        self
    }

    pub(super) fn sent_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    pub(super) fn sent_body(mut self, content_type: &'static str, body: &'static str) -> Self {
        self.request.body = body.into();
        self.sent_header("content-type", content_type)
    }

    pub(super) fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    pub(super) fn status(self, status: u16) -> Self {
        self.answer(|response| response.status = StatusCode::from_u16(status).unwrap())
    }

    pub(super) fn header(self, name: &'static str, value: &'static str) -> Self {
        self.answer(|response| {
            response.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        })
    }

    pub(super) fn body(self, content_type: &'static str, body: &'static str) -> Self {
        self.answer(|response| {
            response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            response.body = body.into();
        })
    }

    pub(super) fn elapsed(mut self, elapsed: Duration) -> Self {
        self.elapsed = elapsed;
        self
    }

    pub(super) fn expecting(mut self, expectation: Expectation) -> Self {
        self.expectation = Some(expectation);
        self
    }

    /// Adds the answer to an earlier reading.
    pub(super) fn read_before(mut self, body: &'static str) -> Self {
        let mut response = Response::new(StatusCode::OK);
        response.body = body.into();
        self.before = Some(response);
        self
    }

    /// Adds an earlier reading with a status.
    pub(super) fn read_before_as(mut self, status: u16) -> Self {
        self.before = Some(Response::new(StatusCode::from_u16(status).unwrap()));
        self
    }

    /// Adds an earlier reading with an `ETag`.
    pub(super) fn read_before_tagged(mut self, etag: &'static str) -> Self {
        let mut response = Response::new(StatusCode::OK);
        response.headers.insert(ETAG, HeaderValue::from_static(etag));
        self.before = Some(response);
        self
    }

    /// Adds a reading that led to it, with an `ETag`.
    pub(super) fn earlier_tagged(mut self, target: &str, etag: &'static str) -> Self {
        let mut response = Response::new(StatusCode::OK);
        response.headers.insert(ETAG, HeaderValue::from_static(etag));
        self.earlier.push((Request::new(Method::GET, target), response));
        self
    }

    /// Adds what made the resource, of a media type.
    pub(super) fn made_of(mut self, media_type: &'static str, sent: &'static str) -> Self {
        let mut request = Request::new(Method::POST, "/pets");
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        request.body = sent.into();
        self.earlier.push((request, Response::new(StatusCode::CREATED)));
        self
    }

    /// Adds what made the resource, with a `Location`.
    pub(super) fn made_at(mut self, status: u16, location: &'static str) -> Self {
        let mut response = Response::new(StatusCode::from_u16(status).unwrap());
        response.headers.insert(LOCATION, HeaderValue::from_static(location));
        self.earlier.push((Request::new(Method::POST, "/pets"), response));
        self
    }

    /// Adds a request that led to it, with JSON in it and in the answer; nothing where the text is empty.
    pub(super) fn earlier(self, method: Method, sent: &str, status: u16, body: &str) -> Self {
        let target = self.request.target.clone();
        self.earlier_at(&target, method, sent, status, body)
    }

    /// Adds a request of a media type that led to it.
    pub(super) fn earlier_as(
        mut self,
        method: Method,
        media_type: &'static str,
        sent: &str,
        status: u16,
    ) -> Self {
        self = self.earlier(method, sent, status, "{}");
        if let Some((request, _)) = self.earlier.last_mut() {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        self
    }

    /// Adds a request to another target that led to it.
    pub(super) fn earlier_at(
        mut self,
        target: &str,
        method: Method,
        sent: &str,
        status: u16,
        body: &str,
    ) -> Self {
        let mut request = Request::new(method, target);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = sent.to_owned().into();
        let mut response = Response::new(StatusCode::from_u16(status).unwrap());
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.body = body.to_owned().into();
        self.earlier.push((request, response));
        self
    }

    /// Adds a header to the last request that led to it.
    pub(super) fn earlier_header(mut self, name: &'static str, value: &'static str) -> Self {
        if let Some((request, _)) = self.earlier.last_mut() {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self
    }

    /// Adds what came of sending it once more.
    pub(super) fn answered_again(mut self, status: u16, body: &'static str) -> Self {
        let mut response = Response::new(StatusCode::from_u16(status).unwrap());
        response.body = body.into();
        self.again = Some(Outcome::Answered(response));
        self
    }

    /// Adds what came of reading the resource after it.
    pub(super) fn read_since(mut self, status: u16, body: &'static str) -> Self {
        let mut response = Response::new(StatusCode::from_u16(status).unwrap());
        response.body = body.into();
        self.since = Some(Outcome::Answered(response));
        self
    }

    /// Adds what came of reading the resource after it, with an `ETag`.
    pub(super) fn read_since_tagged(mut self, status: u16, etag: &'static str) -> Self {
        let mut response = Response::new(StatusCode::from_u16(status).unwrap());
        response.headers.insert(ETAG, HeaderValue::from_static(etag));
        self.since = Some(Outcome::Answered(response));
        self
    }

    /// Adds what the stub answered to it.
    pub(super) fn stubbed(mut self, status: u16, content_type: &'static str, body: &'static str) -> Self {
        let mut response = Response::new(StatusCode::from_u16(status).unwrap());
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.body = body.into();
        self.stubbed = Some(response);
        self
    }

    fn answer(mut self, change: impl FnOnce(&mut Response)) -> Self {
        if let Outcome::Answered(response) = &mut self.outcome {
            change(response);
        }
        self
    }

    /// What a check says, in a word: `passed`, `n/a`, or `failed: ` and the kinds.
    pub(super) fn says(&self, check: &str) -> String {
        let reading = match self.router.find_request(&self.request) {
            Route::Found(found) => validate::request(&found, &self.request, &RequestRules::default()),
            _ => validate::Reading::default(),
        };
        let limits = Limits {
            timeout: Duration::from_secs(10),
            body_cap: 100,
            max_response_time: Duration::from_millis(500),
        };
        let observation = Observation::new(
            &self.operation,
            &self.intent,
            &self.request,
            &reading,
            &self.outcome,
            self.elapsed,
            limits,
        )
        .expecting(self.expectation)
        .after(self.before.as_ref())
        .following(self.earlier.iter().map(|(request, response)| (request, response)).collect())
        .sent_again(self.again.as_ref())
        .read_since(self.since.as_ref())
        .stubbed(self.stubbed.as_ref());
        let check = checks().iter().find(|known| known.name() == check).unwrap();
        match check.judge(&observation) {
            Judgement::Passed => "passed".to_owned(),
            Judgement::NotApplicable => "n/a".to_owned(),
            Judgement::Failed(breaches) => {
                let kinds: Vec<String> = breaches.into_iter().map(|breach| breach.kind).collect();
                format!("failed: {}", kinds.join("; "))
            }
        }
    }
}
