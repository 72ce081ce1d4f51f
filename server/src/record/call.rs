//! One exchange, as far as a script can say it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::validate::{self, Reading};
use counterfoil_openapi::{Content, Location, Operation, Part, Pointer, Request, Response, Violation, codec};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::negotiate::prefer;
use crate::redact::{Found, HIDDEN, Secrets, Side};

/// The most fields of one request that calls are told apart by.
const MAX_FIELDS: usize = 256;

/// Headers of a reply that belong to one exchange only, or that the stub sets itself.
const PASSING: [&str; 8] = [
    "age",
    "alt-svc",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "x-request-id",
];

/// Names, in lower case and without `_` and `-`, of what is secret whatever the document says.
const SECRET_NAMES: [&str; 19] = [
    "accesstoken",
    "apikey",
    "authorization",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "credentials",
    "csrftoken",
    "idtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "refreshtoken",
    "secret",
    "secretkey",
    "sessionid",
    "sessiontoken",
    "token",
];

/// A request and the upstream's reply to it.
#[derive(Debug)]
pub(crate) struct Exchange<'e> {
    pub(crate) operation: &'e Arc<Operation>,
    pub(crate) request: &'e Request,
    pub(crate) reading: &'e Reading,
    pub(crate) status: StatusCode,
    pub(crate) headers: &'e HeaderMap,
    pub(crate) body: &'e Bytes,
}

/// What a script says of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) question: Question,
    /// The keys of a reply.
    pub(super) reply: Map<String, Value>,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    /// Values by field, as the grammar of scripts writes it: `path.id`, `query.limit`, `body.name`.
    pub(super) fields: BTreeMap<String, Value>,
    /// The parts that broke the contract, as `invalid` names them; nothing where the request was valid.
    pub(super) invalid: Option<BTreeSet<String>>,
}

/// Why an exchange cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsayable {
    /// The body is no text.
    Binary,
    /// The reply depends on what the client had already.
    Conditional,
}

impl Exchange<'_> {
    /// What a script says of it.
    pub(super) fn call(&self, secrets: &Secrets) -> Result<Call, Unsayable> {
        let is_partial = matches!(self.status, StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT);
        if self.request.method == Method::HEAD || is_partial || self.status.is_informational() {
            return Err(Unsayable::Conditional);
        }
        let mut found = secrets.found_in_both(self.operation, self.request, self.headers, self.body);
        if let Some(body) = self.reading.values.body.as_ref().and_then(|body| body.payload.as_value()) {
            collect(body, &mut found);
        }
        for (name, value) in pairs(self.request.query().unwrap_or_default()) {
            if is_secret_name(&name) {
                found.add(&value);
            }
        }
        let reply = self.reply(secrets, &mut found)?;
        Ok(Call { question: self.question(secrets), reply })
    }

    fn question(&self, secrets: &Secrets) -> Question {
        let values = &self.reading.values;
        let mut fields = BTreeMap::new();
        fields.extend(values.path.iter().map(|(name, value)| (format!("path.{name}"), value.clone())));
        let is_hidden_query = |name: &str| {
            let probe = format!(
                "/?{}=probe",
                percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
            );
            secrets.target(Some(self.operation), &probe, &mut Found::default()).ends_with(HIDDEN)
        };
        let query = prefer::without_keys(&self.request.target);
        for (name, text) in pairs(query.split_once('?').map_or("", |(_, query)| query)) {
            fields.entry(format!("query.{name}")).or_insert(Value::String(text));
        }
        let documented = values.query.iter().map(|(name, value)| (format!("query.{name}"), value.clone()));
        fields.extend(documented);
        let is_hidden_path = |name: &str| {
            let mut known = self.operation.parameters_in(Location::Path);
            let schema = known.find(|known| known.name == name).and_then(|known| known.value_schema());
            schema.is_some_and(|schema| schema.is_secret())
        };
        fields.retain(|field, _| match field.split_once('.') {
            Some((_, name)) if is_secret_name(name) => false,
            Some(("query", name)) => !is_hidden_query(name),
            Some(("path", name)) => !is_hidden_path(name),
            _ => true,
        });
        for (name, value) in &values.header {
            let shown = secrets.header(Some(self.operation), name, "probe", &mut Found::default());
            if shown != HIDDEN && !is_secret_name(name) {
                fields.insert(format!("header.{name}"), value.clone());
            }
        }
        if let Some(body) = values.body.as_ref().and_then(|body| body.payload.as_value()) {
            let content = self.operation.request_body().map(|body| &body.content);
            let secret = content.map(secret_members).unwrap_or_default();
            leaves(body, &mut Vec::new(), &secret, &mut fields);
        }
        Question { fields, invalid: self.invalid() }
    }

    fn invalid(&self) -> Option<BTreeSet<String>> {
        let violations = &self.reading.violations;
        let part = |violation: &Violation| match &violation.part {
            Part::Security => Some("security".to_owned()),
            Part::ContentType | Part::ContentEncoding => Some("media_type".to_owned()),
            Part::Body => Some("body".to_owned()),
            Part::Parameter(location, name) => {
                let is_documented = self.operation.parameters_in(*location).any(|known| known.name == *name);
                let is_sayable = !matches!(location, Location::QueryString);
                is_sayable
                    .then(|| if is_documented { format!("{location}.{name}") } else { location.to_string() })
            }
            _ => None,
        };
        (!violations.is_empty()).then(|| violations.iter().filter_map(part).collect())
    }

    fn reply(&self, secrets: &Secrets, found: &mut Found) -> Result<Map<String, Value>, Unsayable> {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let decoded = codec::undo_codings(self.headers, self.body, codec::MAX_DECODED_BYTES)
            .map_err(|_| Unsayable::Binary)?;
        let hidden = secrets.body(Some(self.operation), Side::Response, content_type, &decoded, found);
        let body = self.body(content_type, &hidden, found)?;
        let mut headers = Map::new();
        for name in self.headers.keys().filter(|name| !PASSING.contains(&name.as_str())) {
            let lines: Vec<Value> = self
                .headers
                .get_all(name)
                .iter()
                .filter_map(|line| self.header_line(secrets, name.as_str(), line, found))
                .map(|line| Value::String(escaped(&line)))
                .collect();
            match <[Value; 1]>::try_from(lines) {
                Ok([line]) => drop(headers.insert(name.as_str().to_owned(), line)),
                Err(lines) if lines.is_empty() => {}
                Err(lines) => drop(headers.insert(name.as_str().to_owned(), Value::Array(lines))),
            }
        }
        let mut reply = Map::new();
        reply.insert("status".into(), self.status.as_u16().into());
        let documented = self.operation.responses().documenting(self.status);
        let has_content = documented.is_some_and(|documented| !documented.content.is_empty());
        let is_json = content_type.is_some_and(|content_type| media::kind(content_type) == Kind::Json);
        let is_broken = is_json && serde_json::from_slice::<IgnoredAny>(&hidden).is_err();
        match (&body, content_type) {
            // A text under JSON would be sent in quotes.
            (Some(_), Some(content_type)) if is_broken => {
                reply.insert("media_type".into(), "text/plain".into());
                headers.insert("content-type".into(), content_type.into());
            }
            (Some(_), Some(content_type)) => drop(reply.insert("media_type".into(), content_type.into())),
            // What the document would fill in is to stay away.
            (None, _) if has_content => {
                reply.insert("media_type".into(), "text/plain".into());
                headers.insert("content-type".into(), content_type.into());
            }
            (Some(_), None) => drop(headers.insert("content-type".into(), Value::Null)),
            (None, _) => {}
        }
        let is_faked = headers.contains_key("content-type");
        if let Some(body) = body.clone().or_else(|| (is_faked).then(|| Value::from(""))) {
            reply.insert("body".into(), escape(body));
        }
        if !headers.is_empty() {
            reply.insert("headers".into(), Value::Object(headers));
        }
        let mut wrong = self.wrong(&hidden, found);
        if is_faked {
            wrong.extend(["body", "media_type"]);
        }
        if !wrong.is_empty() {
            reply.insert("allow_invalid".into(), wrong.into_iter().collect());
        }
        Ok(reply)
    }

    /// The body as a script writes it, nothing where there is none.
    fn body(
        &self,
        content_type: Option<&str>,
        body: &Bytes,
        found: &Found,
    ) -> Result<Option<Value>, Unsayable> {
        if body.is_empty() {
            return Ok(None);
        }
        if media::kind(content_type.unwrap_or("application/octet-stream")) == Kind::Json
            && let Ok(mut value) = serde_json::from_slice::<Value>(body)
        {
            hide(&mut value, found);
            return Ok(Some(value));
        }
        let text = std::str::from_utf8(body).map_err(|_| Unsayable::Binary)?;
        Ok(Some(Value::String(found.scrub(text))))
    }

    /// A line of a header as it is written down: a secret's value is hidden, of a cookie only the value.
    fn header_line(
        &self,
        secrets: &Secrets,
        name: &str,
        line: &HeaderValue,
        found: &mut Found,
    ) -> Option<String> {
        let line = line.to_str().ok()?;
        if name == "set-cookie" {
            let (pair, attributes) =
                line.split_once(';').map_or((line, None), |(pair, rest)| (pair, Some(rest)));
            let cookie = pair.split_once('=').map_or(pair, |(cookie, _)| cookie);
            let attributes = attributes.map(|attributes| format!(";{attributes}")).unwrap_or_default();
            return Some(format!("{cookie}={HIDDEN}{attributes}"));
        }
        if name == "vary" {
            // Ours comes on top of it again.
            let kept: Vec<&str> =
                line.split(',').map(str::trim).filter(|name| !name.eq_ignore_ascii_case("origin")).collect();
            return (!kept.is_empty()).then(|| kept.join(", "));
        }
        if is_secret_name(name.trim_start_matches("x-")) {
            return Some(HIDDEN.to_owned());
        }
        Some(found.scrub(&secrets.header(Some(self.operation), name, line, &mut Found::default())))
    }

    /// The parts of the reply that break the contract, once its secrets are hidden.
    fn wrong(&self, body: &Bytes, found: &Found) -> BTreeSet<&'static str> {
        let mut headers = self.headers.clone();
        headers.remove(header::CONTENT_ENCODING);
        let judged = |body: Bytes| {
            let response = Response { status: self.status, headers: headers.clone(), body };
            validate::response(self.operation, &response).violations
        };
        let mut violations = judged(body.clone());
        if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
            hide(&mut value, found);
            violations.extend(judged(Bytes::from(value.to_string())));
        }
        violations
            .iter()
            .filter_map(|violation| match violation.part {
                Part::Status => Some("status"),
                Part::Body => Some("body"),
                Part::Header(_) => Some("headers"),
                Part::ContentType => Some("media_type"),
                _ => None,
            })
            .collect()
    }
}

/// Whether a name says that what it names is secret.
fn is_secret_name(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|character| !['_', '-'].contains(character))
        .flat_map(char::to_lowercase)
        .collect();
    SECRET_NAMES.contains(&plain.as_str())
}

/// Takes what a body calls a secret for one, wherever else it stands.
fn collect(value: &Value, found: &mut Found) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret_name(name) => found.add(text),
                    member => collect(member, found),
                }
            }
        }
        _ => {}
    }
}

/// Hides what is secret by its name, and wherever else a secret of the exchange stands.
fn hide(value: &mut Value, found: &Found) {
    match value {
        Value::String(text) => *text = found.scrub(text),
        Value::Number(number) if found.contains(&number.to_string()) => *value = HIDDEN.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret_name(name) => HIDDEN.clone_into(text),
                    member => hide(member, found),
                }
            }
        }
        _ => {}
    }
}

/// A value in which no text is taken for a template.
fn escape(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(escape).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, escape(member))).collect())
        }
        other => other,
    }
}

fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// The decoded pairs of a query.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(move |pair| {
        pair.split_once('=')
            .map_or_else(|| (decode(pair), String::new()), |(name, value)| (decode(name), decode(value)))
    })
}

fn secret_members(content: &Content) -> BTreeSet<String> {
    let schemas = content.iter().filter_map(|media| media.schema.as_ref());
    schemas.flat_map(|schema| schema.secret_members()).collect()
}

/// What stands in a body, by the field that a script asks for it with; nothing that is secret.
fn leaves(
    value: &Value,
    steps: &mut Vec<String>,
    secret: &BTreeSet<String>,
    fields: &mut BTreeMap<String, Value>,
) {
    if fields.len() >= MAX_FIELDS {
        return;
    }
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    if members.is_empty() {
        let expected = if value.is_object() { json!({ "eq": value }) } else { value.clone() };
        fields.insert(field(steps), expected);
        return;
    }
    for (name, member) in members {
        if secret.contains(&name) || is_secret_name(&name) {
            continue;
        }
        steps.push(name);
        leaves(member, steps, secret, fields);
        steps.pop();
    }
}

fn field(steps: &[String]) -> String {
    let is_plain = |step: &String| !step.is_empty() && !step.contains(['.', '#']);
    if steps.is_empty() {
        // `body` with a map beside it asks for members, `body#` for conditions.
        "body#".to_owned()
    } else if steps.iter().all(is_plain) {
        format!("body.{}", steps.join("."))
    } else {
        format!("body#{}", steps.iter().fold(Pointer::root(), |pointer, step| pointer.join(step)))
    }
}
