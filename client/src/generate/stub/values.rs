//! Values for the test of a client: what each operation is called with.

use counterfoil_openapi::generate::{Seed, Variety, positive_in, sample};
use counterfoil_openapi::{Direction, Location, Schema};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Value, json};

use super::super::argument::{Argument, argument, is_nullable};
use super::super::plan::{self, BodyKind, Input, Method};
use super::super::types::{FILE, Types, referenced};

/// The longest value that is written into the test, in bytes of JSON; what is longer is made with as little as is valid.
const MAX_TEXT: usize = 16 << 10;

/// How deep a value is looked into for files.
const MAX_DEPTH: usize = 32;

/// What makes values, and the arguments of a call that they are; nothing where a value that is required cannot be made.
pub(super) fn arguments(method: &Method<'_>, types: &Types<'_>) -> Option<(TokenStream, Vec<TokenStream>)> {
    let mut given = TokenStream::new();
    let mut arguments = Vec::new();
    for (index, input) in method.inputs.iter().enumerate() {
        let name = format_ident!("parameter{index}");
        let made = parameter(&name, method, input, types);
        let argument = match (made, input.required) {
            (Some(Argument { before, value }), is_required) => {
                given.extend(before);
                let is_optional = !is_required || is_nullable(&input.schema);
                if is_optional { quote!(Some(#value)) } else { value }
            }
            (None, false) => quote!(None),
            (None, true) => return None,
        };
        arguments.push(argument);
    }
    if let Some(body) = &method.body {
        let made = match body.kind {
            BodyKind::Raw => Some(Argument { before: TokenStream::new(), value: quote!("a") }),
            _ => body_of(method, body, types),
        };
        let is_raw = matches!(body.kind, BodyKind::Raw);
        arguments.push(match (made, body.required) {
            (Some(Argument { before, value }), is_required) => {
                given.extend(before);
                let value = if is_nullable(&body.schema) && !is_raw { quote!(Some(#value)) } else { value };
                if is_required { value } else { quote!(Some(#value)) }
            }
            (None, false) => quote!(None),
            (None, true) => return None,
        });
    }
    Some((given, arguments))
}

fn parameter(name: &syn::Ident, method: &Method<'_>, input: &Input, types: &Types<'_>) -> Option<Argument> {
    // What stands in a path may not be empty, nor a header hold what no field can: a literal is neither.
    if let Some(literal) = plain(&input.schema) {
        return Some(Argument { before: TokenStream::new(), value: literal });
    }
    let mut parameters = method.operation.parameters().iter();
    let schema = parameters
        .find(|parameter| parameter.location == input.location && parameter.name == input.name)?
        .value_schema()?;
    let value = value_of(schema, method, &input.name)?;
    // An empty list in a path is no part of one.
    let is_void = value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
    if input.location == Location::Path && is_void {
        return None;
    }
    argument(name, &input.schema, &value, types)
}

fn body_of(method: &Method<'_>, body: &plan::Body, types: &Types<'_>) -> Option<Argument> {
    let content = &method.operation.request_body()?.content;
    let schema = plan::preferred(content)?.schema.as_ref()?;
    let value = value_of(schema, method, "body")?;
    let value = with_files(value, &body.schema, types, MAX_DEPTH);
    argument(&format_ident!("body"), &body.schema, &value, types)
}

/// A valid value, the same each time: readable words and most optional members, fewer where that would be long.
fn value_of(schema: &Schema, method: &Method<'_>, name: &str) -> Option<Value> {
    let seed = Seed::derive(0, &["client", method.operation.id().as_str(), name], 0);
    [Variety::Plain, Variety::Minimal].into_iter().find_map(|variety| {
        let strategy = positive_in(schema, Direction::Request, variety).ok()?;
        sample(&strategy, &seed).filter(|value| value.to_string().len() <= MAX_TEXT)
    })
}

/// The value with files where the type has some: those are no JSON.
fn with_files(value: Value, lowered: &Value, types: &Types<'_>, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return value };
    if let Some([inner]) = lowered.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return with_files(value, inner, types, depth);
    }
    if let Some(name) = referenced(lowered) {
        let Some(component) = types.components().get(name) else { return value };
        let aliases = types.aliases.get(name).map(Vec::as_slice).unwrap_or_default();
        let Value::Object(members) = value else { return with_files(value, component, types, depth) };
        let of = |name: &str| {
            let alias = aliases.iter().find(|(_, real)| real == name);
            &component["properties"][alias.map_or(name, |(alias, _)| alias)]
        };
        let members = members.into_iter().map(|(name, value)| {
            let value = with_files(value, of(&name), types, depth);
            (name, value)
        });
        return Value::Object(members.collect());
    }
    if lowered["format"] == FILE && !value.is_null() {
        return json!({ "name": "a", "content_type": "application/octet-stream", "\u{0}file": "a" });
    }
    match value {
        Value::Array(items) => {
            let items = items.into_iter().map(|item| with_files(item, &lowered["items"], types, depth));
            Value::Array(items.collect())
        }
        // Objects with members have a name.
        other => other,
    }
}

/// A literal, for a type that has some.
fn plain(schema: &Value) -> Option<TokenStream> {
    match (schema["type"].as_str()?, schema.get("format")) {
        ("integer", _) => Some(quote!(1)),
        ("number", _) => Some(quote!(1.0)),
        ("boolean", _) => Some(quote!(true)),
        ("string", None) => Some(quote!("a")),
        _ => None,
    }
}
