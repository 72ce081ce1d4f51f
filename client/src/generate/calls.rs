//! Calls of a client's methods with values at hand, as Rust: what tests are made of.

use counterfoil_openapi::{Contract, Location};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::plan::{self, Body, BodyKind, Input, Method};
use super::types::{Types, referenced, rust_type};
use super::{attempt, crate_name};

/// A call that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The operation's id.
    pub operation: String,
    /// The parameters that are sent.
    pub parameters: Vec<(Location, String, Value)>,
    /// The body and its media type, where one is sent.
    pub body: Option<(String, Value)>,
}

/// The calls of a client, as Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// The name of the client's crate.
    pub package: String,
    /// What was wanted, in that order; nothing where the client's types have no way to say it.
    pub calls: Vec<Option<WrittenCall>>,
}

/// A call as Rust, in which `client` is the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrittenCall {
    /// The statements before it.
    pub before: String,
    /// The expression; it is a future.
    pub call: String,
}

/// Writes calls of the client that [`generate`](super::generate) makes of a contract; `name` is its crate's.
///
/// A value that is put into a type of the client is read from JSON when the call is made, so that its types judge it.
/// Bodies that the caller has to write, and files, are no values: there is no call for those.
///
/// # Errors
///
/// When nothing at all can be made of the contract, in the generator's words.
pub fn calls(contract: &Contract, name: Option<&str>, wanted: &[Call]) -> Result<Calls, String> {
    super::on_a_large_stack(|| {
        let mut types = Types::new(contract, super::Losses::new(contract.document()));
        let methods = plan::methods(contract.operations().iter(), &mut types);
        let made = attempt::make("client", &methods, &mut types)?;
        let method = |call: &Call| {
            let mut kept = made.methods.iter().map(|index| &methods[*index]);
            kept.find(|method| method.operation.id().as_str() == call.operation)
        };
        Ok(Calls {
            package: name.map_or_else(|| crate_name(contract), str::to_owned),
            calls: wanted.iter().map(|call| written(method(call)?, call, &types)).collect(),
        })
    })
}

fn written(method: &Method<'_>, call: &Call, types: &Types<'_>) -> Option<WrittenCall> {
    let mut given = TokenStream::new();
    let mut arguments = Vec::new();
    let mut used = 0;
    for (index, input) in method.inputs.iter().enumerate() {
        let value = call.parameters.iter().find(|(location, name, _)| is_of(input, *location, name));
        used += usize::from(value.is_some());
        arguments.push(match value {
            None if input.required => return None,
            None => quote!(None),
            Some((.., value)) => {
                let name = format_ident!("parameter{index}");
                let argument = argument(&name, &input.schema, value, types, &mut given)?;
                if input.required { argument } else { quote!(Some(#argument)) }
            }
        });
    }
    match (&method.body, &call.body) {
        (None, None) => {}
        (Some(Body { required: false, kind: BodyKind::Json | BodyKind::Form(_), .. }), None) => {
            arguments.push(quote!(None));
        }
        (Some(body), Some((media, value)))
            if matches!(body.kind, BodyKind::Json | BodyKind::Form(_)) && body.media == *media =>
        {
            let argument = argument(&format_ident!("body"), &body.schema, value, types, &mut given)?;
            arguments.push(if body.required { argument } else { quote!(Some(#argument)) });
        }
        _ => return None,
    }
    let ident = format_ident!("{}", method.ident);
    // What the method has no parameter for would be left out.
    (used == call.parameters.len()).then(|| WrittenCall {
        before: given.to_string(),
        call: quote!(client.#ident(#(#arguments),*)).to_string(),
    })
}

fn is_of(input: &Input, location: Location, name: &str) -> bool {
    let is_same = match location {
        Location::Header => input.name.eq_ignore_ascii_case(name),
        _ => input.name == name,
    };
    input.location == location && is_same
}

/// A value as methods take it: a literal, or what is read from JSON before.
fn argument(
    name: &syn::Ident,
    lowered: &Value,
    value: &Value,
    types: &Types<'_>,
    given: &mut TokenStream,
) -> Option<TokenStream> {
    if let Some(literal) = literal(lowered, value) {
        return Some(literal);
    }
    let (statement, argument) = read(name, lowered, &value.to_string(), types)?;
    given.extend(statement);
    Some(argument)
}

/// A literal, for a type that has some.
fn literal(lowered: &Value, value: &Value) -> Option<TokenStream> {
    if lowered.get("nullable").is_some() {
        return None;
    }
    match (lowered["type"].as_str()?, lowered.get("format")) {
        ("integer", None) => {
            let literal = Literal::i64_unsuffixed(value.as_i64()?);
            Some(quote!(#literal))
        }
        ("boolean", _) => {
            let value = value.as_bool()?;
            Some(quote!(#value))
        }
        ("string", None) => {
            let text = value.as_str()?;
            Some(quote!(#text))
        }
        _ => None,
    }
}

/// A value read from JSON, and how methods take it: a choice of texts, a number and a truth as it is, all else by
/// reference. Nothing where its type is any value.
pub(crate) fn read(
    name: &syn::Ident,
    lowered: &Value,
    json: &str,
    types: &Types<'_>,
) -> Option<(TokenStream, TokenStream)> {
    let is_whole = lowered.as_object().is_some_and(|members| !members.is_empty());
    if lowered.get("nullable").is_some() || !is_whole {
        return None;
    }
    let component = referenced(lowered).and_then(|name| types.components().get(name));
    let is_choice = component.is_some_and(|component| component.get("enum").is_some());
    let is_plain = matches!(lowered["type"].as_str(), Some("integer" | "number" | "boolean"));
    let kind = rust_type(lowered);
    let value = quote! {
        let #name: #kind = serde_json::from_str(#json).expect("a value");
    };
    Some((value, if is_choice || is_plain { quote!(#name) } else { quote!(&#name) }))
}
