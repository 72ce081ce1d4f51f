//! The test of a client: each operation that a value can be made up for is called for each of its documented replies.

use counterfoil_openapi::generate::minimal;
use counterfoil_openapi::{Direction, Schema};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::super::names::Names;
use super::super::plan::{self, BodyKind, Method};
use super::super::types::{Types, referenced, rust_type};
use super::Statuses;

/// The most operations that are tested, so that the test of a large document is soon compiled.
const MAX_TESTED: usize = 100;

/// The source of the test but for what it uses; nothing where no operation can be called.
pub(crate) fn test(methods: &[&Method<'_>], statuses: &[Statuses], types: &Types<'_>) -> Option<syn::File> {
    let mut names = Names::without(&["connected"]);
    let all =
        methods.iter().zip(statuses).filter_map(|(method, of)| operation(method, of, types, &mut names));
    let tests: Vec<TokenStream> = all.take(MAX_TESTED).collect();
    if tests.is_empty() {
        return None;
    }
    syn::parse2(quote! {
        async fn connected() -> Stub {
            let url = std::env::var("COUNTERFOIL_CONTROL_URL");
            let url = url.unwrap_or_else(|_| "http://127.0.0.1:4011".to_owned());
            Stub::connect(&url).await.expect("a stub")
        }

        #(#tests)*
    })
    .ok()
}

fn operation(
    method: &Method<'_>,
    of: &Statuses,
    types: &Types<'_>,
    names: &mut Names,
) -> Option<TokenStream> {
    let (marker, module) = (format_ident!("{}", of.operation), format_ident!("{}", of.module));
    let codes: Vec<u16> = of.exact.iter().map(|(code, _)| *code).collect();
    let mut replies = of.exact.iter().map(|(_, name)| format_ident!("{name}"));
    let (first, rest) = (replies.next()?, replies);
    let count = u64::try_from(codes.len()).ok()?;
    let (given, arguments) = arguments(method, types)?;
    let ident = format_ident!("{}", method.ident);
    let name = format_ident!("{}", names.snake(&method.ident, "operation"));
    Some(quote! {
        #[tokio::test]
        async fn #name() {
            let stub = connected().await;
            let client = stub.client().expect("a client");
            stub.on::<stub::#marker>()
                .valid_or_not()
                .reply(stub::#module::#first::example())
                #(.then(stub::#module::#rest::example()))*
                .expect(#count)
                .await
                .expect("documented replies");
            #given
            for status in [#(#codes),*] {
                let replied = match client.#ident(#(#arguments),*).await {
                    Ok(reply) => reply.status(),
                    Err(Error::ErrorResponse(reply)) => reply.status(),
                    Err(other) => panic!("{status}: {other:?}"),
                };
                assert_eq!(replied.as_u16(), status);
            }
            stub.verify().await.expect("each was called for");
        }
    })
}

/// What makes values, and the arguments of a call that they are.
fn arguments(method: &Method<'_>, types: &Types<'_>) -> Option<(TokenStream, Vec<TokenStream>)> {
    let mut given = TokenStream::new();
    let mut arguments = Vec::new();
    for (index, input) in method.inputs.iter().enumerate() {
        arguments.push(match (input.required, plain(&input.schema)) {
            (false, _) => quote!(None),
            (true, Some(literal)) => literal,
            (true, None) => {
                let parameters = method.operation.parameters().iter();
                let mut same = parameters
                    .filter(|parameter| parameter.location == input.location && parameter.name == input.name);
                let name = format_ident!("parameter{index}");
                let (value, argument) = made_up(&name, &input.schema, same.next()?.value_schema()?, types)?;
                given.extend(value);
                argument
            }
        });
    }
    if let Some(body) = &method.body {
        arguments.push(match (body.required, &body.kind) {
            (false, BodyKind::Raw) => quote!(None::<&'static str>),
            (false, _) => quote!(None),
            (true, BodyKind::Raw) => quote!("a"),
            // Files are no JSON.
            (true, BodyKind::Parts(_)) => return None,
            (true, _) => {
                let content = &method.operation.request_body()?.content;
                let schema = plan::preferred(content)?.schema.as_ref()?;
                let (value, argument) = made_up(&format_ident!("body"), &body.schema, schema, types)?;
                given.extend(value);
                argument
            }
        });
    }
    Some((given, arguments))
}

/// A literal, for a type that has some.
fn plain(schema: &Value) -> Option<TokenStream> {
    if schema.get("nullable").is_some() {
        return None;
    }
    match (schema["type"].as_str()?, schema.get("format")) {
        ("integer", _) => Some(quote!(1)),
        ("number", _) => Some(quote!(1.0)),
        ("boolean", _) => Some(quote!(true)),
        ("string", None) => Some(quote!("a")),
        _ => None,
    }
}

/// A value of little, read from JSON, and how methods take it: a choice of texts as it is, all else by reference.
fn made_up(
    name: &syn::Ident,
    lowered: &Value,
    schema: &Schema,
    types: &Types<'_>,
) -> Option<(TokenStream, TokenStream)> {
    let is_whole = lowered.as_object().is_some_and(|members| !members.is_empty());
    if lowered.get("nullable").is_some() || !is_whole {
        return None;
    }
    let component = referenced(lowered).and_then(|name| types.components().get(name));
    let is_choice = component.is_some_and(|component| component.get("enum").is_some());
    let text = minimal(schema, Direction::Request).ok()?.to_string();
    let kind = rust_type(lowered);
    let value = quote! {
        let #name: #kind = serde_json::from_str(#text).expect("a value");
    };
    Some((value, if is_choice { quote!(#name) } else { quote!(&#name) }))
}
