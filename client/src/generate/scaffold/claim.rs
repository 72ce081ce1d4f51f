//! What dropshot can serve of a document.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use counterfoil_openapi::{Contract, Location, Operation, Pointer, Style};
use serde_json::Value;

use super::super::losses::Losses;
use super::super::media::{self, Kind};
use super::super::names;
use super::super::plan::{BodyKind, Input, Method};
use super::super::types::{Types, referenced};
use super::prepared;

/// An operation that dropshot routes.
#[derive(Debug)]
pub(super) struct Claim<'d> {
    pub(super) operation: &'d Arc<Operation>,
    pub(super) segments: Vec<Segment>,
}

/// What stands between two slashes of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(String),
    Variable {
        name: String,
        /// What dropshot calls it, which takes one name for all that stand in one place.
        route: String,
    },
}

impl Claim<'_> {
    /// The path as dropshot takes it.
    pub(super) fn route(&self) -> String {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Variable { route, .. } => format!("/{{{route}}}"),
        });
        let route: String = segments.collect();
        if route.is_empty() { "/".to_owned() } else { route }
    }

    /// What dropshot calls a variable of the path.
    pub(super) fn route_name(&self, variable: &str) -> Option<&str> {
        self.segments.iter().find_map(|segment| match segment {
            Segment::Variable { name, route } if name == variable => Some(route.as_str()),
            _ => None,
        })
    }
}

/// The operations that dropshot can route and whose bodies it can take; the others are told.
pub(super) fn claims<'d>(contract: &'d Contract, losses: &mut Losses<'_>) -> Vec<Claim<'d>> {
    let mut claims: Vec<Claim<'d>> = Vec::new();
    for operation in contract.operations() {
        let claim = segments(operation).and_then(|segments| {
            method(operation)?;
            bodies(operation)?;
            Ok(segments)
        });
        match claim {
            Ok(segments) => claims.push(Claim { operation, segments }),
            Err((pointer, why)) => losses.left_out("operation-unserved", &pointer, why),
        }
    }
    let mut routes = Routes::default();
    for claim in &claims {
        routes.count(&claim.segments);
    }
    let mut known: HashSet<(String, String)> = HashSet::new();
    claims.retain_mut(|claim| {
        let pointer = claim.operation.pointer();
        if !routes.has(&claim.segments) {
            let why = "dropshot takes no literal segment where another path has a variable";
            losses.left_out("path-unserved", pointer, why);
            return false;
        }
        routes.name(&mut claim.segments);
        if !known.insert((claim.operation.method().to_string(), claim.route())) {
            let why = "dropshot takes this path for another one with the same method";
            losses.left_out("path-unserved", pointer, why);
            return false;
        }
        true
    });
    claims
}

type Refusal = (Pointer, String);

fn method(operation: &Operation) -> Result<(), Refusal> {
    match operation.method().as_str() {
        "GET" | "PUT" | "POST" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS" => Ok(()),
        other => Err((operation.pointer().clone(), format!("dropshot has no method {other}"))),
    }
}

fn segments(operation: &Operation) -> Result<Vec<Segment>, Refusal> {
    let refuse = |why: &str| Err((operation.pointer().clone(), why.to_owned()));
    let path = operation.path().as_str();
    let Some(rest) = path.strip_prefix('/').filter(|_| !path.contains(['?', '#'])) else {
        return refuse("dropshot takes no path with a query, and none that does not begin with a slash");
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let mut segments = Vec::new();
    let mut variables = HashSet::new();
    for segment in rest.split('/').filter(|_| !rest.is_empty()) {
        let variable = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match variable.filter(|name| !name.is_empty() && !name.contains(['{', '}'])) {
            Some(name) if !variables.insert(name) => {
                return refuse("dropshot takes no variable twice in a path");
            }
            Some(name) => {
                segments.push(Segment::Variable { name: name.to_owned(), route: String::new() });
            }
            None if segment.contains(['{', '}']) => {
                return refuse("dropshot takes no variable beside other text of a segment");
            }
            None if segment.is_empty() || segment.contains('%') || [".", ".."].contains(&segment) => {
                return refuse("dropshot takes no such segment of a path");
            }
            None => segments.push(Segment::Literal(segment.to_owned())),
        }
    }
    Ok(segments)
}

fn bodies(operation: &Operation) -> Result<(), Refusal> {
    let Some(body) = operation.request_body() else { return Ok(()) };
    let mut is_raw = HashSet::new();
    for media in body.content.iter() {
        is_raw.insert(match media::kind(&media.name) {
            Kind::Json | Kind::Form => false,
            Kind::Text | Kind::Other => true,
            Kind::Multipart | Kind::Xml | Kind::Stream => {
                let why = format!("the scaffold reads no body of the media type `{}`", media.name);
                return Err((media.pointer.clone(), why));
            }
        });
    }
    if is_raw.len() > 1 {
        let why = "the scaffold reads no body that is JSON or other text, as the request says";
        return Err((body.pointer.clone(), why.to_owned()));
    }
    Ok(())
}

/// What operations put in each place of their paths.
#[derive(Debug, Default)]
struct Routes {
    /// By the path before it: how many operations have a literal there, and how many a variable.
    counts: HashMap<String, (usize, usize)>,
    /// The name of the variable in a place.
    names: HashMap<String, String>,
}

impl Routes {
    fn count(&mut self, segments: &[Segment]) {
        for (place, segment) in places(segments) {
            let count = self.counts.entry(place).or_default();
            match segment {
                Segment::Literal(_) => count.0 += 1,
                Segment::Variable { .. } => count.1 += 1,
            }
        }
    }

    /// Whether each segment is of the kind that most operations have in its place.
    fn has(&self, segments: &[Segment]) -> bool {
        places(segments).all(|(place, segment)| {
            let (literals, variables) = self.counts.get(&place).copied().unwrap_or_default();
            match segment {
                Segment::Literal(_) => literals >= variables,
                Segment::Variable { .. } => variables > literals,
            }
        })
    }

    /// Names the variables as dropshot has to call them.
    fn name(&mut self, segments: &mut [Segment]) {
        let places: Vec<String> = places(segments).map(|(place, _)| place).collect();
        let mut used: HashSet<String> = HashSet::new();
        for (place, segment) in places.into_iter().zip(segments) {
            if let Segment::Variable { name, route } = segment {
                let is_plain =
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
                let wanted = if is_plain { name.clone() } else { names::snake(name, "variable") };
                let mut unique = wanted.clone();
                let known = self.names.get(&place).cloned();
                let mut count = 1_u32;
                while known.is_none() && used.contains(&unique) {
                    count += 1;
                    unique = format!("{wanted}_{count}");
                }
                *route = known.unwrap_or(unique);
                used.insert(route.clone());
                self.names.insert(place, route.clone());
            }
        }
    }
}

/// Each segment with the path before it, in which all variables are alike.
fn places(segments: &[Segment]) -> impl Iterator<Item = (String, &Segment)> {
    segments.iter().scan(String::new(), |before, segment| {
        let place = before.clone();
        before.push('/');
        match segment {
            Segment::Literal(text) => before.push_str(text),
            Segment::Variable { .. } => before.push_str("{}"),
        }
        Some((place, segment))
    })
}

/// How the text of a parameter is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    Array,
    Json,
}

/// The shape of a parameter; the error says why it has none that the scaffold reads.
pub(super) fn shape(input: &Input, types: &Types<'_>) -> Result<Shape, String> {
    if input.is_json {
        return Ok(Shape::Json);
    }
    let is_plain = match input.location {
        Location::Path | Location::Header => input.style == Style::Simple,
        Location::Query => !matches!(input.style, Style::DeepObject),
        Location::Cookie => matches!(input.style, Style::Form | Style::Cookie),
        _ => false,
    };
    if !is_plain {
        return Err(format!("the scaffold reads no parameter of the style {:?}", input.style));
    }
    match kind(&input.schema, types) {
        Some("array") if input.location == Location::Cookie => {
            Err("the scaffold reads no list from a cookie".to_owned())
        }
        Some("array") => Ok(Shape::Array),
        Some("object") => Err("the scaffold reads no object from a parameter".to_owned()),
        Some(_) => Ok(Shape::Scalar),
        None if input.schema.as_object().is_none_or(serde_json::Map::is_empty) => Ok(Shape::Scalar),
        None => Err("the scaffold reads no parameter that is of one type or another".to_owned()),
    }
}

/// Whether dropshot can document a parameter.
pub(super) fn is_documented(input: &Input, types: &Types<'_>) -> bool {
    let is_scalar = || {
        input.schema.get("nullable").is_none()
            && matches!(kind(&input.schema, types), Some("string" | "integer" | "number" | "boolean"))
    };
    input.location != Location::Cookie && is_scalar()
}

/// The one type of a lowered schema.
pub(super) fn kind<'s>(schema: &'s Value, types: &'s Types<'_>) -> Option<&'s str> {
    let mut schema = schema;
    for _ in 0..16 {
        if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
            schema = only;
        }
        match referenced(schema).and_then(|name| types.components().get(name)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema["type"].as_str()
}

/// Whether the scaffold reads every part of a method's request; what it does not is told.
pub(super) fn holds(method: &Method<'_>, types: &mut Types<'_>) -> bool {
    let operation = method.operation;
    let pointer_of = |input: &Input| {
        let mut parameters = operation.parameters().iter();
        let found =
            parameters.find(|parameter| parameter.name == input.name && parameter.location == input.location);
        found.map_or_else(|| operation.pointer().clone(), |parameter| parameter.pointer.clone())
    };
    for input in &method.inputs {
        let pointer = pointer_of(input);
        if let Err(why) = shape(input, types) {
            types.losses.left_out("parameter-unserved", &pointer, why);
            return false;
        }
    }
    if let Some(BodyKind::Form(styles)) = method.body.as_ref().map(|body| &body.kind)
        && !styles.is_empty()
    {
        let why = "the scaffold reads no form whose members have styles of their own";
        types.losses.left_out("body-unserved", operation.pointer(), why);
        return false;
    }
    for input in &method.inputs {
        if !is_documented(input, types) {
            let why = "the parameter is read, but dropshot cannot document it";
            types.losses.noted("parameter-undocumented", &pointer_of(input), why);
        }
    }
    true
}

/// Whether a method has something to reply; where it has not, that is told.
pub(super) fn is_answered(method: &Method<'_>, types: &mut Types<'_>) -> bool {
    let is_answered = prepared::is_answered(method.operation);
    if !is_answered {
        let why = "the document admits no reply that the scaffold could answer with";
        types.losses.left_out("operation-unanswered", method.operation.pointer(), why);
    }
    is_answered
}
