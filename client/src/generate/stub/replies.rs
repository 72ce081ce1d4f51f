//! What an operation can be answered with: a type and a function for each documented status.

use counterfoil_openapi::{ResponseObject, StatusPattern};
use heck::ToPascalCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::dress::doc;
use super::super::names::Names;
use super::super::place::Place;
use super::super::plan::{self, Held, Method};
use super::super::prose;
use super::super::types::rust_type;

/// What the documented statuses of an operation are called, in the order of the document.
pub(super) fn names(method: &Method<'_>) -> Vec<(StatusPattern, String)> {
    let mut names = Names::without(&["Answer", "Cookie", "Field", "Header", "Path", "Query", "Request"]);
    let statuses = method.operation.responses().iter().map(|response| response.status);
    statuses.map(|status| (status, names.pascal(&name_of(status), "Status"))).collect()
}

/// The statuses of an operation.
pub(super) fn items(
    method: &Method<'_>,
    operation: &syn::Ident,
    names: &[(StatusPattern, String)],
) -> TokenStream {
    let root = method.operation.document().root();
    let items = method.operation.responses().iter().zip(names).map(|(response, (_, name))| {
        let name = format_ident!("{name}");
        let held = method.held(response.status);
        let words: Vec<&str> = response.description.split_whitespace().collect();
        let docs = doc(&format!("{}: {}", response.status, words.join(" ")));
        let code = match response.status {
            StatusPattern::Exact(code) => quote!(#code),
            _ => quote!(code),
        };
        let (first, only) = match response.status {
            StatusPattern::Exact(_) => (quote!(), quote!()),
            _ => (quote!(code: u16,), quote!(code: u16)),
        };
        let function = function(&name, &docs, held, response, &code, &first, &only);
        let examples = examples(response, &code, &only);
        let headers = headers(response, root);
        let headers = (!headers.is_empty()).then(|| quote!(impl Answer<#name> { #headers }));
        quote! {
            #(#docs)*
            #[derive(Debug)]
            pub enum #name {}

            impl crate::scripting::Status for #name {
                type Operation = super::#operation;
            }

            #function

            impl #name {
                #[doc = " The document's own example, or what is made up from the schema where it has none."]
                pub fn example(#only) -> Answer<Self> {
                    Answer::status(#code)
                }

                #examples
            }

            #headers
        }
    });
    quote!(#(#items)*)
}

/// What a status is called: its reason phrase. `Ok` would be taken for what the prelude has.
fn name_of(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(200) => "Success".to_owned(),
        StatusPattern::Exact(code) => {
            let status = http::StatusCode::from_u16(code).ok();
            let reason = status.and_then(|status| status.canonical_reason());
            let reason = reason.map(|reason| reason.replace('\'', "").to_lowercase().to_pascal_case());
            reason.unwrap_or_else(|| format!("Status{code}"))
        }
        StatusPattern::Range(digit) => format!("Status{digit}xx"),
        StatusPattern::Default => "DefaultStatus".to_owned(),
    }
}

/// The function that makes a reply from a body; there is none for bodies that scripts cannot write.
fn function(
    name: &syn::Ident,
    docs: &[syn::Attribute],
    held: &Held,
    response: &ResponseObject,
    code: &TokenStream,
    first: &TokenStream,
    only: &TokenStream,
) -> TokenStream {
    let media = plan::preferred(&response.content)
        .filter(|media| response.content.iter().count() > 1 && !media.name.contains('*'));
    let media = match media.map(|media| &media.name) {
        Some(name) => quote!(Some(#name)),
        None => quote!(None),
    };
    match held {
        Held::Bytes => TokenStream::new(),
        Held::Nothing => quote! {
            #(#docs)*
            pub fn #name(#only) -> Answer<#name> {
                Answer::status(#code)
            }
        },
        Held::Text => quote! {
            #(#docs)*
            pub fn #name(#first body: impl Into<::std::string::String>) -> Answer<#name> {
                let body: ::std::string::String = body.into();
                Answer::with_body(#code, #media, body)
            }
        },
        Held::Json(schema) | Held::Xml(schema, _) => {
            let kind = rust_type(schema);
            quote! {
                #(#docs)*
                pub fn #name(#first body: #kind) -> Answer<#name> {
                    Answer::with_body(#code, #media, body)
                }
            }
        }
    }
}

/// A function for each example with a name.
fn examples(response: &ResponseObject, code: &TokenStream, only: &TokenStream) -> TokenStream {
    let mut names = Names::default();
    let mut known: Vec<&str> = Vec::new();
    let mut functions = Vec::new();
    let all = response.content.iter().flat_map(|media| &media.examples);
    for example in all.filter_map(|example| example.name.as_deref()) {
        if known.contains(&example) {
            continue;
        }
        known.push(example);
        let ident = format_ident!("{}", names.snake(&format!("example_{example}"), "example"));
        let docs = doc(&format!("The example {}.", prose::as_code(example)));
        functions.push(quote! {
            #(#docs)*
            pub fn #ident(#only) -> Answer<Self> {
                Answer::named_example(#code, #example)
            }
        });
    }
    quote!(#(#functions)*)
}

/// A method for each header field.
fn headers(response: &ResponseObject, root: &serde_json::Value) -> TokenStream {
    let mut names = Names::default();
    let methods = response.headers.iter().map(|header| {
        let ident = format_ident!("{}", names.snake(&format!("header_{}", header.name), "header"));
        let place = header.schema.as_ref().map(Place::of);
        let place = place.map(|place| place.target(root).unwrap_or(place));
        let kind = match place.as_ref().and_then(|place| place.text("type")) {
            Some("integer") => quote!(i64),
            Some("number") => quote!(f64),
            Some("boolean") => quote!(bool),
            _ => quote!(impl Into<::std::string::String>),
        };
        let is_text = kind.to_string().starts_with("impl");
        let value = if is_text { quote!(Into::<::std::string::String>::into(value)) } else { quote!(value) };
        let name = &header.name;
        let docs = doc(&format!("Sets the header field {}.", prose::as_code(name)));
        quote! {
            #(#docs)*
            pub fn #ident(self, value: #kind) -> Self {
                self.documented_header(#name, #value)
            }
        }
    });
    quote!(#(#methods)*)
}
