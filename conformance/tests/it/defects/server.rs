//! A small server, faithful to its document but for one defect.

use std::io;
use std::sync::Arc;

use counterfoil_openapi::validate::{self, Reading, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Part, Request, Route, Router};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Shop, version: '1'}
security: [{key: []}]
paths:
  /orders:
    post:
      operationId: placeOrder
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Wish'}}
      responses:
        '201':
          description: placed
          headers: {Location: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}
        '400': {$ref: '#/components/responses/Problem'}
        '401': {$ref: '#/components/responses/Problem'}
        '415': {$ref: '#/components/responses/Problem'}
  /orders/{id}:
    get:
      operationId: readOrder
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 1000}}
        - {name: lines, in: query, schema: {type: integer, minimum: 1, maximum: 50}}
        - {name: code, in: query, schema: {type: string, pattern: '^(red|green)[0-9]?(-[0-9]{2}){1,9}$'}}
        - {name: X-Shop, in: header, required: true, schema: {type: string, pattern: '^[a-z]{2,8}$'}}
      responses:
        '200': {description: found, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
        '400': {$ref: '#/components/responses/Problem'}
        '401': {$ref: '#/components/responses/Problem'}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  responses:
    Problem:
      description: refused
      content: {application/json: {schema: {type: object, required: [message], properties: {message: {type: string}}}}}
  schemas:
    Wish:
      type: object
      required: [item, count]
      additionalProperties: false
      properties:
        item: {type: string, minLength: 1, maxLength: 20}
        count: {type: integer, minimum: 1, maximum: 100}
        note: {type: string}
        tags: {type: array, items: {type: string}}
    Order:
      type: object
      required: [id, item]
      properties: {id: {type: integer}, item: {type: string}, count: {type: integer}}
"#;

/// The key that the faithful server takes.
pub(crate) const KEY: &str = "right-key-0815";

pub(crate) fn contract() -> Contract {
    Contract::load("shop.yaml", DOCUMENT.as_bytes()).expect("the shop's document is one")
}

/// What a shop does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Nothing.
    None,
    /// 200 where only 201 is documented.
    WrongStatus,
    /// 418 to what is invalid.
    UndocumentedStatus,
    /// `id` as text.
    WrongType,
    /// No `Content-Type`.
    NoContentType,
    /// A body that is no JSON.
    NotJson,
    /// Nobody asks for the key.
    NoAuth,
    /// Any key is as good as the right one.
    AnyKey,
    /// An empty key is as good as the right one.
    EmptyKey,
    /// `count` may be greater than the maximum.
    AcceptsInvalid,
    /// `item` longer than five characters is refused.
    RefusesValid,
    /// Every `code` is refused.
    RefusesCode,
    /// The connection is closed where `count` is 13 or more.
    Closes,
    /// The server is gone where `count` is 13 or more.
    Dies,
    /// No answer where `lines` is given.
    Hangs,
    /// 500 where `note` holds a letter beyond ASCII.
    ServerError,
    /// JSON called HTML.
    WrongContentType,
    /// A header that is documented as required is not there.
    NoLocation,
    /// A header that is required of requests is not asked for.
    HeaderNotAskedFor,
    /// 500 to a query parameter that is not documented.
    UnknownCrashes,
    /// 400 of another media type than is documented to a query parameter that is not documented.
    UnknownRefused,
    /// An undeclared method works.
    DeleteWorks,
    /// 405 without `Allow`.
    NoAllow,
    /// `Allow` that leaves a method out.
    WrongAllow,
}

enum Answer {
    Reply { status: u16, headers: Vec<(&'static str, String)>, body: String },
    Close,
    Die,
    Hang,
}

/// A running shop; it closes when dropped.
pub(crate) struct Shop {
    url: String,
    task: JoinHandle<()>,
}

impl Shop {
    pub(crate) async fn open(defect: Defect) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let router = Arc::new(Router::new(contract().operations(), BasePaths::Optional));
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            let death = Arc::new(Notify::new());
            loop {
                let stream = tokio::select! {
                    accepted = listener.accept() => accepted.expect("connections are accepted").0,
                    () = death.notified() => return,
                };
                let (router, death) = (Arc::clone(&router), Arc::clone(&death));
                connections.spawn(async move { serve(stream, &router, defect, &death).await });
            }
        });
        Self { url, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, router: &Router, defect: Defect, death: &Notify) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        match answer(&request, router, defect) {
            Answer::Close => return Ok(()),
            Answer::Die => {
                death.notify_one();
                std::future::pending().await
            }
            Answer::Hang => std::future::pending().await,
            Answer::Reply { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                let body = if request.method == Method::HEAD { "" } else { &body };
                stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
                stream.flush().await?;
            }
        }
    }
    Ok(())
}

/// The next request of a connection.
pub(crate) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = Method::from_bytes(words.next().unwrap_or_default().as_bytes()).map_err(io::Error::other)?;
    let mut request = Request::new(method, words.next().unwrap_or_default());
    loop {
        let mut bytes = Vec::new();
        stream.read_until(b'\n', &mut bytes).await?;
        let line = bytes.trim_ascii();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let name = HeaderName::from_bytes(&line[..colon]).map_err(io::Error::other)?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(io::Error::other)?;
        request.headers.append(name, value);
    }
    let length = request.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    request.body = body.into();
    Ok(Some(request))
}

fn answer(request: &Request, router: &Router, defect: Defect) -> Answer {
    let found = match router.find_request(request) {
        Route::Found(found) => found,
        Route::WrongMethod { .. } if defect == Defect::DeleteWorks && request.method == Method::DELETE => {
            return reply(204, Vec::new(), "");
        }
        Route::WrongMethod { allowed } => {
            let mut allowed = allowed.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ");
            if defect == Defect::WrongAllow {
                allowed = "PATCH".to_owned();
            }
            let headers = if defect == Defect::NoAllow { Vec::new() } else { vec![("allow", allowed)] };
            return reply(405, headers, "");
        }
        _ => return problem(404, "no such path"),
    };
    let is_known = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        found.operation.parameters().iter().any(|parameter| parameter.name == name)
    };
    if !request.query().unwrap_or_default().split('&').all(|pair| pair.is_empty() || is_known(pair)) {
        match defect {
            Defect::UnknownCrashes => return problem(500, "no such field"),
            Defect::UnknownRefused => {
                return reply(400, vec![("content-type", "text/html".to_owned())], "no such field");
            }
            _ => {}
        }
    }
    let reading = validate::request(&found, request, &RequestRules::default());
    let is_key_right = match defect {
        Defect::NoAuth => true,
        Defect::AnyKey => request.headers.contains_key("x-key"),
        Defect::EmptyKey => request.headers.get("x-key").is_some_and(|key| key == KEY || key.is_empty()),
        _ => request.headers.get("x-key").is_some_and(|key| key == KEY),
    };
    if !is_key_right {
        return problem(401, "the key is wrong");
    }
    if let Some(answer) = misbehave(&reading, defect) {
        return answer;
    }
    let is_excused = |violation: &counterfoil_openapi::Violation| match defect {
        Defect::AcceptsInvalid => violation.rule == "maximum" && violation.pointer == "/count",
        Defect::HeaderNotAskedFor => {
            violation.rule == "missing" && matches!(violation.part, Part::Parameter(..))
        }
        _ => false,
    };
    let refused = reading
        .violations
        .iter()
        .find(|violation| violation.part != Part::Security && !is_excused(violation));
    if let Some(violation) = refused {
        let status = match (defect, &violation.part) {
            (Defect::UndocumentedStatus, _) => 418,
            (_, Part::ContentType) => 415,
            _ => 400,
        };
        return problem(status, &violation.to_string());
    }
    let mut order = match body(&reading) {
        Some(wish) => wish.clone(),
        None => json!({"item": "screw", "count": 3}),
    };
    order["id"] = if defect == Defect::WrongType { json!("7") } else { json!(7) };
    let status = if request.method == Method::POST && defect != Defect::WrongStatus { 201 } else { 200 };
    let mut headers = match defect {
        Defect::NoContentType => Vec::new(),
        Defect::WrongContentType => vec![("content-type", "text/html".to_owned())],
        _ => vec![("content-type", "application/json".to_owned())],
    };
    if defect != Defect::NoLocation {
        headers.push(("location", "/orders/7".to_owned()));
    }
    let text = if defect == Defect::NotJson { "order 7, placed".to_owned() } else { order.to_string() };
    reply(status, headers, &text)
}

/// What the defects do that look at single values.
fn misbehave(reading: &Reading, defect: Defect) -> Option<Answer> {
    let field = |name: &str| body(reading).and_then(|body| body.get(name));
    let is_valid = reading.violations.is_empty();
    match defect {
        Defect::RefusesValid => {
            let item = field("item").and_then(Value::as_str).unwrap_or_default();
            (is_valid && item.chars().count() > 5).then(|| problem(400, "too long for us"))
        }
        Defect::Closes | Defect::Dies => {
            let is_many = field("count").and_then(Value::as_f64).is_some_and(|count| count >= 13.0);
            is_many.then_some(if defect == Defect::Dies { Answer::Die } else { Answer::Close })
        }
        Defect::RefusesCode => {
            (is_valid && reading.values.query.contains_key("code")).then(|| problem(400, "no such code"))
        }
        Defect::Hangs => reading.values.query.contains_key("lines").then_some(Answer::Hang),
        Defect::ServerError => {
            let note = field("note").and_then(Value::as_str).unwrap_or_default();
            (!note.is_ascii()).then(|| problem(500, "cannot encode"))
        }
        _ => None,
    }
}

fn body(reading: &Reading) -> Option<&Value> {
    reading.values.body.as_ref()?.payload.as_value()
}

fn problem(status: u16, message: &str) -> Answer {
    let body = json!({ "message": message }).to_string();
    reply(status, vec![("content-type", "application/json".to_owned())], &body)
}

fn reply(status: u16, headers: Vec<(&'static str, String)>, body: &str) -> Answer {
    Answer::Reply { status, headers, body: body.to_owned() }
}
