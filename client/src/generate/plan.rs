//! What the methods of a client are: one an operation, with all that its signature and its body are made of.

use std::sync::Arc;

use counterfoil_openapi::{Content, Location, MediaType, Operation, Parameter, Schema, StatusPattern, Style};
use serde_json::{Value, json};

use super::media::{self, Kind};
use super::names::{Names, pascal};
use super::place::Place;
use super::types::{Types, Usage};

/// Methods that the generated client has already, by itself or by a trait.
const METHODS: [&str; 16] = [
    "new",
    "new_with_client",
    "with_security",
    "with_settings",
    "api_version",
    "baseurl",
    "client",
    "inner",
    "exec",
    "pre",
    "post",
    "clone",
    "fmt",
    "into",
    "borrow",
    "to_owned",
];

/// Names that the bodies of methods use.
const LOCALS: [&str; 10] =
    ["body", "content_type", "headers", "info", "request", "response", "result", "self", "url", "wire"];

/// The most references that are followed one after the other.
const MAX_REFERENCES: usize = 16;

/// One method.
#[derive(Debug)]
pub(crate) struct Method<'d> {
    pub(crate) operation: &'d Arc<Operation>,
    pub(crate) ident: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) body: Option<Body>,
    pub(crate) success: Group,
    pub(crate) failure: Group,
    /// The media types to ask for.
    pub(crate) accept: Option<String>,
}

impl Method<'_> {
    /// How many parts of the operation could be of a wider type than the document says.
    pub(crate) fn parts(&self) -> usize {
        self.inputs.len() + usize::from(self.body.is_some()) + self.operation.responses().iter().count()
    }

    /// What its replies of a documented status hold.
    pub(crate) fn held(&self, status: StatusPattern) -> &Held {
        let mut arms = self.success.arms.iter().chain(&self.failure.arms);
        arms.find(|arm| arm.status == status).map_or(&Held::Nothing, |arm| &arm.held)
    }
}

/// A parameter.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) ident: String,
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) style: Style,
    pub(crate) explode: bool,
    pub(crate) reserved: bool,
    /// Whether it is sent as JSON.
    pub(crate) is_json: bool,
    pub(crate) required: bool,
    pub(crate) schema: Value,
    pub(crate) description: String,
}

/// A request body.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) kind: BodyKind,
    pub(crate) media: String,
    pub(crate) required: bool,
    pub(crate) schema: Value,
    /// The other media types that the operation takes.
    pub(crate) others: Vec<String>,
    /// The name of the method that takes those.
    pub(crate) other_ident: String,
}

/// How a body is written.
#[derive(Debug)]
pub(crate) enum BodyKind {
    Json,
    /// Members with a style of their own.
    Form(Vec<(String, Style, bool)>),
    /// Members with a media type of their own.
    Parts(Vec<(String, String)>),
    /// XML, by the table's root of this number.
    Xml(usize),
    /// The caller writes it.
    Raw,
}

/// The replies that end a call one way.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) arms: Vec<Arm>,
    /// The type that tells them apart, where they differ.
    pub(crate) name: Option<String>,
}

/// One documented reply.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) status: StatusPattern,
    pub(crate) held: Held,
    pub(crate) description: String,
}

/// What a reply holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    Nothing,
    Json(Value),
    /// XML, and the number of its root in the table.
    Xml(Value, usize),
    Text,
    Bytes,
}

/// The methods of operations, which come before their types: those are found on the way.
pub(crate) fn methods<'d>(
    operations: impl Iterator<Item = &'d Arc<Operation>>,
    types: &mut Types<'d>,
) -> Vec<Method<'d>> {
    let mut names = Names::without(&METHODS);
    operations.map(|operation| method(operation, types, &mut names)).collect()
}

fn method<'d>(operation: &'d Arc<Operation>, types: &mut Types<'d>, names: &mut Names) -> Method<'d> {
    let ident = names.snake(operation.id().as_str(), "operation");
    let hint = pascal(&ident, "Operation");
    let mut inputs = inputs(operation, types, &hint);
    // What cannot be left out comes first, in the order of the path.
    inputs.sort_by_key(|input| (input.location != Location::Path, !input.required));
    let body = operation.request_body().and_then(|body| {
        let mut written = body_of(&body.content, types, &hint)?;
        written.required = body.required;
        if !written.others.is_empty() {
            written.other_ident = names.snake(&format!("{ident}_as"), "operation");
        }
        Some(written)
    });
    let (success, failure) = groups(operation, types, &hint);
    let accept = accept(operation);
    Method { operation, ident, inputs, body, success, failure, accept }
}

fn inputs<'d>(operation: &'d Operation, types: &mut Types<'d>, hint: &str) -> Vec<Input> {
    let mut names = Names::without(&LOCALS);
    operation
        .parameters()
        .iter()
        .map(|parameter| Input {
            ident: names.snake(&parameter.name, "parameter"),
            name: parameter.name.clone(),
            location: parameter.location,
            style: parameter.style,
            explode: parameter.explode,
            reserved: parameter.allow_reserved,
            is_json: is_json(parameter, types),
            required: parameter.required,
            schema: parameter.value_schema().map_or_else(
                || json!({ "type": "string" }),
                |schema| {
                    let hint = format!("{hint}{}", pascal(&parameter.name, "Parameter"));
                    types.of(Place::of(schema), &hint, Usage::Text)
                },
            ),
            description: description(parameter, operation),
        })
        .collect()
}

/// Whether a parameter has a media type, which is written as JSON whatever it is.
fn is_json<'d>(parameter: &'d Parameter, types: &mut Types<'d>) -> bool {
    let Some(media) = parameter.content.as_ref().and_then(|content| content.iter().next()) else {
        return false;
    };
    if media::kind(&media.name) != Kind::Json {
        let message =
            format!("a parameter of the media type `{}` is sent as JSON or as its text", media.name);
        types.losses.degraded("parameter-untyped", &parameter.pointer, message);
    }
    true
}

fn description(parameter: &Parameter, operation: &Operation) -> String {
    let object = parameter.pointer.find(operation.document().root());
    object.and_then(|object| object.get("description")?.as_str()).unwrap_or_default().to_owned()
}

fn body_of<'d>(content: &'d Content, types: &mut Types<'d>, hint: &str) -> Option<Body> {
    let chosen = preferred(content)?;
    let hint = format!("{hint}Body");
    let others = content.iter().filter(|media| !std::ptr::eq(*media, chosen)).map(|media| media.name.clone());
    let mut others: Vec<String> = others.collect();
    let lowered = |types: &mut Types<'d>, usage| match &chosen.schema {
        Some(schema) => types.of(Place::of(schema), &hint, usage),
        None => json!({}),
    };
    let (kind, schema) = match media::kind(&chosen.name) {
        Kind::Json => (BodyKind::Json, lowered(types, Usage::Text)),
        Kind::Form => {
            let style = |encoding: &counterfoil_openapi::Encoding| {
                let style = encoding.style?;
                Some((encoding.property.clone(), style, encoding.explode.unwrap_or(style == Style::Form)))
            };
            let styles = chosen.encoding.by_name.iter().filter_map(style).collect();
            (BodyKind::Form(styles), lowered(types, Usage::Text))
        }
        Kind::Multipart if chosen.name.starts_with("multipart/form-data") => {
            let named = |encoding: &counterfoil_openapi::Encoding| {
                let media = encoding.content_type.as_deref()?.split(',').next()?.trim();
                (!media.is_empty() && !media.contains('*'))
                    .then(|| (encoding.property.clone(), media.to_owned()))
            };
            let schema = lowered(types, Usage::Parts);
            // What is said to be a text or bytes has no parts: the caller writes it, and says what is between them.
            if schema["type"] == "string" {
                others.push(chosen.name.clone());
                (BodyKind::Raw, Value::Null)
            } else {
                (BodyKind::Parts(chosen.encoding.by_name.iter().filter_map(named).collect()), schema)
            }
        }
        Kind::Xml if chosen.schema.is_some() => {
            let root = chosen.schema.as_ref().map_or(0, |schema| types.xml.root(schema));
            (BodyKind::Xml(root), lowered(types, Usage::Text))
        }
        other => {
            if is_lost(other, chosen, types.root) {
                let message = format!("a body of the media type `{}` is sent as bytes", chosen.name);
                types.losses.degraded("body-untyped", &chosen.pointer, message);
            }
            (BodyKind::Raw, Value::Null)
        }
    };
    Some(Body {
        kind,
        media: media::concrete(&chosen.name),
        required: true,
        schema,
        others,
        other_ident: String::new(),
    })
}

/// The media type that a client reads or writes: JSON, then forms, then XML, then the first that is listed.
pub(crate) fn preferred(content: &Content) -> Option<&MediaType> {
    let rank = |media: &&MediaType| match media::kind(&media.name) {
        Kind::Json if media.name == "application/json" => 0,
        Kind::Json => 1,
        Kind::Form => 2,
        Kind::Multipart => 3,
        Kind::Xml => 4,
        _ => 5,
    };
    content.iter().min_by_key(rank)
}

fn groups<'d>(operation: &'d Operation, types: &mut Types<'d>, hint: &str) -> (Group, Group) {
    let (mut success, mut failure) = (Group::default(), Group::default());
    let responses = operation.responses();
    let is_success = |status| match status {
        StatusPattern::Exact(code) => (100..400).contains(&code),
        StatusPattern::Range(digit) => digit < 4,
        StatusPattern::Default => false,
    };
    let is_documented = responses
        .iter()
        .any(|response| matches!(response.status, StatusPattern::Exact(200..=299) | StatusPattern::Range(2)));
    for response in responses.iter() {
        let name = match is_success(response.status) {
            true => format!("{hint}Response"),
            false => format!("{hint}Error"),
        };
        // A reply to HEAD has no body, whatever the document says of it (RFC 9110, section 9.3.2).
        let held = match *operation.method() == http::Method::HEAD {
            true => Held::Nothing,
            false => held(&response.content, types, &name),
        };
        let arm = |held| Arm { status: response.status, held, description: response.description.clone() };
        if is_success(response.status) {
            success.arms.push(arm(held));
        } else {
            // `default` is about success too where nothing else is.
            if response.status == StatusPattern::Default && !is_documented {
                success.arms.push(arm(held.clone()));
            }
            failure.arms.push(arm(held));
        }
    }
    for (group, word) in [(&mut success, "Reply"), (&mut failure, "Refusal")] {
        group.arms.sort_by_key(|arm| arm.status);
        group.arms.dedup_by_key(|arm| arm.status);
        if group.arms.windows(2).any(|pair| pair[0].held != pair[1].held) {
            group.name = Some(types.name(&format!("{hint}{word}")));
        }
    }
    (success, failure)
}

fn held<'d>(content: &'d Content, types: &mut Types<'d>, hint: &str) -> Held {
    let Some(media) = preferred(content) else { return Held::Nothing };
    match media::kind(&media.name) {
        Kind::Json => match &media.schema {
            Some(schema) => Held::Json(types.of(Place::of(schema), hint, Usage::Text)),
            None => Held::Json(json!({})),
        },
        Kind::Text => Held::Text,
        Kind::Xml if media.schema.is_some() => {
            let schema = media.schema.as_ref();
            let root = schema.map_or(0, |schema| types.xml.root(schema));
            let lowered = schema.map_or(json!({}), |schema| types.of(Place::of(schema), hint, Usage::Text));
            Held::Xml(lowered, root)
        }
        other => {
            if is_lost(other, media, types.root) {
                let message = format!("a reply of the media type `{}` is read as bytes", media.name);
                types.losses.degraded("response-untyped", &media.pointer, message);
            }
            Held::Bytes
        }
    }
}

/// Whether bytes are less than the document says of a body; of texts, and of a sequence of them, they are not.
fn is_lost(kind: Kind, media: &MediaType, root: &Value) -> bool {
    let says_more = |schema: &Schema| {
        let place = Place::of(schema);
        let mut place = place.get("items").filter(|_| kind == Kind::Stream).unwrap_or(place);
        for _ in 0..MAX_REFERENCES {
            let Some(target) = place.target(root) else { break };
            place = target;
        }
        place.text("type") != Some("string")
    };
    kind.is_structured() && media.schema.as_ref().is_some_and(says_more)
}

/// The media types to ask for: those that replies are read from, each once.
fn accept(operation: &Operation) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for response in operation.responses().iter() {
        let Some(media) = preferred(&response.content) else { continue };
        let name = media.name.clone();
        if media::is_name(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}
