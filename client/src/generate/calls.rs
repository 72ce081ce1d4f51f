//! Calls of a client's methods with values at hand, as Rust: what tests are made of.

use counterfoil_openapi::{Contract, Location};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::argument::{argument, is_nullable};
use super::plan::{self, Body, BodyKind, Input, Method};
use super::types::Types;
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
                let made = argument(&name, &input.schema, value, types)?;
                given.extend(made.before);
                let value = made.value;
                if input.required && !is_nullable(&input.schema) { value } else { quote!(Some(#value)) }
            }
        });
    }
    match (&method.body, &call.body) {
        (None, None) => {}
        (Some(body), None) if !body.required && is_value(body) => arguments.push(quote!(None)),
        (Some(body), Some((media, value))) if is_value(body) && body.media == *media => {
            let made = argument(&format_ident!("body"), &body.schema, value, types)?;
            given.extend(made.before);
            let value = made.value;
            let value = if is_nullable(&body.schema) { quote!(Some(#value)) } else { value };
            arguments.push(if body.required { value } else { quote!(Some(#value)) });
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

/// Whether a body is a value; a file in one is none.
fn is_value(body: &Body) -> bool {
    matches!(body.kind, BodyKind::Json | BodyKind::Form(_) | BodyKind::Xml(_))
}

fn is_of(input: &Input, location: Location, name: &str) -> bool {
    let is_same = match location {
        Location::Header => input.name.eq_ignore_ascii_case(name),
        _ => input.name == name,
    };
    input.location == location && is_same
}
