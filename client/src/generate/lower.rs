//! The document that progenitor's own macro takes: OpenAPI 3.0.3 with what it has no words for left out.
//!
//! | what a client of ours has | what the macro has |
//! |---|---|
//! | an enum where replies differ by status | bytes |
//! | XML, multipart, several media types | bytes |
//! | parameters in any style | those that are `form` or `simple`; the others are texts that the caller writes |
//! | cookies | none |
//! | names that are no identifiers | as they are, where the generator takes them |

use counterfoil_openapi::{Contract, Finding, Location, StatusPattern, Style};
use progenitor_impl::GenerationSettings;
use serde_json::{Map, Value, json};

use super::attempt::{self, Target};
use super::losses::Losses;
use super::plan::{self, Arm, BodyKind, Held, Input, Method};
use super::types::{Types, referenced};
use super::{Expressed, prose};

/// A document that `progenitor::generate_api!` takes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoweredDocument {
    /// The document, as JSON.
    pub text: String,
    /// What of the source it does not say: errors are operations that it leaves out.
    pub findings: Vec<Finding>,
    /// What it does say.
    pub expressed: Expressed,
}

/// Lowers a contract to what the macro takes.
///
/// # Errors
///
/// When the generator takes nothing of it, in its words.
pub(super) fn lower(contract: &Contract) -> Result<LoweredDocument, String> {
    let mut types = Types::new(contract, Losses::new(contract.document()));
    let methods = plan::methods(contract.operations().iter(), &mut types);
    let title = prose::as_plain_line(contract.title());
    let possible: Vec<&Method<'_>> =
        methods.iter().filter(|method| is_possible(method, &mut types.losses)).collect();
    let components = types.components().iter().map(|(name, schema)| {
        let aliases = types.aliases.get(name).map(Vec::as_slice).unwrap_or_default();
        (name.clone(), unaliased(schema, aliases))
    });
    let components: Map<String, Value> = components.collect();
    let target = Target { document, settings: GenerationSettings::new };
    let made = attempt::make_for(&target, &title, &possible, components, &mut types)?;
    let expressed = Expressed {
        operations: methods.len(),
        methods: made.methods.len(),
        parts: methods.iter().map(Method::parts).sum(),
    };
    let kept: Vec<&Method<'_>> = made.methods.iter().map(|index| possible[*index]).collect();
    let mut lowered = document(&title, &kept, &made.components);
    let named = attempt::reached(&lowered["paths"], &made.components);
    if let Some(schemas) = lowered.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.retain(|name, _| named.contains(name));
    }
    let mut text = serde_json::to_string_pretty(&lowered).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(LoweredDocument { text, findings: types.losses.into_findings(), expressed })
}

/// Tells what of a method the macro cannot have, and whether it can have the rest.
fn is_possible(method: &Method<'_>, losses: &mut Losses<'_>) -> bool {
    let pointer = method.operation.pointer();
    let path = method.operation.path().as_str();
    if path.contains(['?', '#']) || !path.starts_with('/') {
        losses.left_out("operation-left-out", pointer, "its path template is no path");
        return false;
    }
    for input in &method.inputs {
        let is_left_out = matches!(input.location, Location::Cookie | Location::QueryString);
        let words = match input.location {
            _ if is_left_out => "is left out: there are query, path and header parameters only",
            _ if !has_plain_style(input) => "is a text, which the caller writes in its style",
            _ => continue,
        };
        let message = format!("the parameter {} {words}", prose::as_code(&input.name));
        losses.degraded("parameter-untyped", pointer, message);
    }
    let is_plain = |kind: &BodyKind| matches!(kind, BodyKind::Json | BodyKind::Form(_));
    if let Some(body) = method.body.as_ref().filter(|body| !is_plain(&body.kind)) {
        let message = format!("a body of the media type `{}` is sent as bytes without it", body.media);
        losses.degraded("body-untyped", pointer, message);
    }
    for (is_success, word) in [(true, "succeeds"), (false, "fails")] {
        let arms = arms(method, is_success);
        if common(&arms).is_none() && !arms.is_empty() {
            let message = format!("replies where it {word} differ by status: all are read as bytes");
            losses.degraded("response-untyped", pointer, message);
        }
    }
    true
}

/// The document for some methods and types.
fn document(title: &str, methods: &[&Method<'_>], components: &Map<String, Value>) -> Value {
    let mut paths = Map::new();
    for method in methods {
        let path = paths.entry(method.operation.path().as_str()).or_insert_with(|| json!({}));
        let verb = method.operation.method().as_str().to_ascii_lowercase();
        path[verb] = operation(method, components);
    }
    json!({
        "openapi": "3.0.3",
        "info": { "title": title, "version": "1" },
        "paths": paths,
        "components": { "schemas": components },
    })
}

fn operation(method: &Method<'_>, components: &Map<String, Value>) -> Value {
    let inputs = method
        .inputs
        .iter()
        .filter(|input| !matches!(input.location, Location::Cookie | Location::QueryString));
    let parameters: Vec<Value> = inputs
        .map(|input| {
            let is_list = input.location == Location::Query && input.explode;
            let schema = match has_plain_style(input) && is_simple(&input.schema, components, is_list, 0) {
                true => input.schema.clone(),
                false => json!({ "type": "string" }),
            };
            json!({
                "name": input.name,
                "in": match input.location {
                    Location::Path => "path",
                    Location::Header => "header",
                    _ => "query",
                },
                "required": input.required,
                "schema": schema,
            })
        })
        .collect();
    let mut responses = Map::new();
    for is_success in [true, false] {
        let arms = arms(method, is_success);
        let held = common(&arms).unwrap_or(&Held::Bytes);
        for status in statuses(&arms, is_success) {
            responses.insert(status, response(held));
        }
    }
    if responses.is_empty() {
        responses.insert("default".to_owned(), response(&Held::Bytes));
    }
    let mut operation = json!({
        "operationId": method.ident,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(summary) = method.operation.summary() {
        operation["summary"] = Value::String(prose::as_doc_comment(summary));
    }
    if let Some(body) = &method.body {
        let content = match body.kind {
            BodyKind::Json => json!({ "application/json": { "schema": body.schema } }),
            BodyKind::Form(_) => json!({ "application/x-www-form-urlencoded": { "schema": body.schema } }),
            _ => json!({
                "application/octet-stream": { "schema": { "type": "string", "format": "binary" } }
            }),
        };
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

/// Whether a parameter is written as the macro writes all.
fn has_plain_style(input: &Input) -> bool {
    !input.is_json
        && match input.location {
            Location::Query => input.style == Style::Form,
            Location::Path | Location::Header => input.style == Style::Simple,
            _ => false,
        }
}

/// Whether a type is a scalar or, where those can be sent, a list of some.
fn is_simple(schema: &Value, components: &Map<String, Value>, is_list: bool, steps: u8) -> bool {
    if steps > 8 {
        return false;
    }
    let inner = schema.get("allOf").map(|all| &all[0]);
    let inner = inner.or_else(|| components.get(referenced(schema)?));
    if let Some(inner) = inner {
        return is_simple(inner, components, is_list, steps + 1);
    }
    match schema["type"].as_str() {
        Some("array") => is_list && is_simple(&schema["items"], components, false, steps + 1),
        Some("object") | None => false,
        Some(_) => true,
    }
}

/// The replies that end a call one way, as the generator has it: all but those of 200 to 299 are errors.
fn arms<'m>(method: &'m Method<'_>, is_success: bool) -> Vec<&'m Arm> {
    let succeeds = |status| matches!(status, StatusPattern::Exact(200..=299) | StatusPattern::Range(2));
    let all = method.success.arms.iter().chain(&method.failure.arms);
    let has_success = all.clone().any(|arm| succeeds(arm.status));
    let mut arms: Vec<&Arm> = all
        .filter(|arm| match arm.status {
            // It is about success too where nothing else is.
            StatusPattern::Default => !is_success || !has_success,
            status => succeeds(status) == is_success,
        })
        .collect();
    arms.dedup_by_key(|arm| arm.status);
    arms
}

/// What all of them hold, where that is the same.
fn common<'m>(arms: &[&'m Arm]) -> Option<&'m Held> {
    let first = &arms.first()?.held;
    arms.iter().all(|arm| arm.held == *first).then_some(first)
}

/// The keys that stand for them: `default` would be success and error at once.
fn statuses(arms: &[&Arm], is_success: bool) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut add = |key: String| {
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    for arm in arms {
        match arm.status {
            StatusPattern::Exact(code) => add(code.to_string()),
            StatusPattern::Range(digit) => add(format!("{digit}XX")),
            StatusPattern::Default if is_success => add("2XX".to_owned()),
            StatusPattern::Default => ["4XX", "5XX"].iter().for_each(|key| add((*key).to_owned())),
        }
    }
    keys
}

fn response(held: &Held) -> Value {
    let content = match held {
        Held::Nothing => return json!({ "description": "" }),
        Held::Json(schema) => json!({ "application/json": { "schema": schema } }),
        _ => json!({ "application/octet-stream": {} }),
    };
    json!({ "description": "", "content": content })
}

/// A component with the names that its aliases stand for.
fn unaliased(schema: &Value, aliases: &[(String, String)]) -> Value {
    let real = |name: &str| {
        let alias = aliases.iter().find(|(alias, _)| alias == name);
        alias.map_or(name, |(_, name)| name.as_str()).to_owned()
    };
    let mut schema = schema.clone();
    for keyword in ["required", "enum"] {
        for name in schema.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(text) = name.as_str() {
                *name = Value::String(real(text));
            }
        }
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        *properties =
            std::mem::take(properties).into_iter().map(|(name, schema)| (real(&name), schema)).collect();
    }
    schema
}
