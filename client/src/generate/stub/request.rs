//! What can be asked of a request: its parameters by their places, and its body.

use counterfoil_openapi::Location;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::dress::doc;
use super::super::media::{self, Kind};
use super::super::names::Names;
use super::super::plan::{BodyKind, Method};
use super::super::prose;
use super::fields::Fields;

/// The places of parameters, with the types that have a method for each of them.
const PLACES: [(Location, &str, &str); 4] = [
    (Location::Path, "path", "Path"),
    (Location::Query, "query", "Query"),
    (Location::Header, "header", "Header"),
    (Location::Cookie, "cookie", "Cookie"),
];

/// The type `Request`, and those of its parts.
pub(super) fn items(method: &Method<'_>, fields: &mut Fields<'_, '_>) -> TokenStream {
    let mut parts = Vec::new();
    let mut items = Vec::new();
    for (location, place, name) in PLACES {
        let inputs: Vec<_> = method.inputs.iter().filter(|input| input.location == location).collect();
        if inputs.is_empty() {
            continue;
        }
        let (ident, kind) = (format_ident!("{place}"), format_ident!("{name}"));
        let part = doc(&format!("The {place} parameters."));
        parts.push(quote! {
            #(#part)*
            pub fn #ident(&self) -> #kind {
                #kind(())
            }
        });
        let mut names = Names::default();
        let methods = inputs.iter().map(|input| {
            let ident = format_ident!("{}", names.snake(&input.name, "parameter"));
            let (held, real) = (fields.of(&input.schema), &input.name);
            let words: Vec<&str> = input.description.split_whitespace().collect();
            let docs = doc(&format!("{} {}", prose::as_code(&input.name), words.join(" ")));
            quote! {
                #(#docs)*
                pub fn #ident(&self) -> Field<#held> {
                    Field::of_parameter(#place, #real)
                }
            }
        });
        items.push(quote! {
            #(#part)*
            #[derive(Debug)]
            pub struct #kind(());

            impl #kind {
                #(#methods)*
            }
        });
    }
    if let Some(body) = &method.body {
        let held = match &body.kind {
            BodyKind::Raw if media::kind(&body.media) == Kind::Text => quote!(::std::string::String),
            BodyKind::Raw => quote!(::serde_json::Value),
            _ => fields.of(&body.schema),
        };
        parts.push(quote! {
            #[doc = " The body."]
            pub fn body(&self) -> Field<#held> {
                Field::of_body()
            }
        });
    }
    quote! {
        #[doc = " What a request holds."]
        #[derive(Debug, Default)]
        pub struct Request(());

        impl Request {
            #(#parts)*
        }

        #(#items)*
    }
}
