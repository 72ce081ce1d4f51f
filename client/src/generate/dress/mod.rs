//! What the generator made, with what it cannot make: real names, every status, every media type, documentation.

mod call;
mod replies;
mod types;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, FnArg, ImplItem, ImplItemFn, Item, Pat};

pub(crate) use self::replies::replies;
use super::attempt::Made;
use super::plan::Method;
use super::prose;
use super::skeleton;
use super::types::Types;

/// Completes the code of a client.
pub(crate) fn dress(
    made: Made,
    title: &str,
    description: &str,
    methods: &[Method<'_>],
    types: &Types<'_>,
) -> syn::File {
    let Made { mut code, methods: kept, .. } = made;
    code.items.retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    for item in &mut code.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                module.attrs = vec![
                    syn::parse_quote!(#[doc = " What operations take and reply."]),
                    syn::parse_quote!(#[allow(clippy::all, clippy::pedantic, missing_docs)]),
                ];
                if let Some((_, items)) = &mut module.content {
                    types::mend(items, types);
                }
            }
            Item::Struct(client) if client.ident == "Client" => {
                client.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
                client.attrs.extend(doc(&format!("A client of {title}.\n\n{description}")));
            }
            Item::Impl(block) if block.trait_.is_none() => {
                block.items = std::mem::take(&mut block.items)
                    .into_iter()
                    .flat_map(|item| method_items(item, methods, &kept))
                    .collect();
            }
            _ => {}
        }
    }
    code
}

/// The types alone, as a module of their own.
pub(crate) fn types_of(made: Made, types: &Types<'_>) -> syn::File {
    let modules = made.code.items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.map(|(_, items)| items),
        _ => None,
    });
    let mut items = modules.unwrap_or_default();
    types::mend(&mut items, types);
    syn::File { shebang: None, attrs: Vec::new(), items }
}

/// What an item of the client's own block becomes.
fn method_items(item: ImplItem, methods: &[Method<'_>], kept: &[usize]) -> Vec<ImplItem> {
    let ImplItem::Fn(function) = item else { return vec![item] };
    let name = function.sig.ident.to_string();
    if name == "new" {
        return Vec::new();
    }
    let found = (0..kept.len()).find(|index| skeleton::method_name(*index) == name);
    let Some(method) = found.and_then(|index| methods.get(kept[index])) else {
        return vec![ImplItem::Fn(function)];
    };
    let mut made = vec![ImplItem::Fn(rewrite(function.clone(), method, call::Content::Documented))];
    if method.body.as_ref().is_some_and(|body| !body.others.is_empty()) {
        made.push(ImplItem::Fn(rewrite(function, method, call::Content::Given)));
    }
    made
}

fn rewrite(mut function: ImplItemFn, method: &Method<'_>, content: call::Content) -> ImplItemFn {
    let types = parameter_types(&function);
    let mut inputs: Vec<TokenStream> = Vec::new();
    for (index, input) in method.inputs.iter().enumerate() {
        let name = format_ident!("{}", input.ident);
        if let Some((_, kind)) = types.iter().find(|(name, _)| *name == skeleton::parameter_name(index)) {
            inputs.push(quote!(#name: #kind));
        }
    }
    let mut generics = quote!(<'a>);
    match (&method.body, content) {
        (Some(_), call::Content::Given) => {
            inputs.push(quote!(content_type: &'a str));
            inputs.push(quote!(body: B));
            generics = quote!(<'a, B: Into<reqwest::Body>>);
        }
        (Some(body), call::Content::Documented) => {
            let kind = types.iter().find(|(name, _)| name == "body").map(|(_, kind)| kind.clone());
            let kind = kind.unwrap_or_else(|| syn::parse_quote!(B));
            if matches!(body.kind, super::plan::BodyKind::Raw) {
                generics = quote!(<'a, B: Into<reqwest::Body>>);
            }
            inputs.push(if body.required {
                quote!(body: #kind)
            } else {
                quote!(body: ::std::option::Option<#kind>)
            });
        }
        (None, _) => {}
    }
    let (success, failure) =
        (replies::kind_of(&method.success, true), replies::kind_of(&method.failure, false));
    let ident = match (content, &method.body) {
        (call::Content::Given, Some(body)) => format_ident!("{}", body.other_ident),
        _ => format_ident!("{}", method.ident),
    };
    let block = call::block(method, content);
    function.attrs = doc(&call::documentation(method, content));
    function.sig = syn::parse_quote!(
        async fn #ident #generics (&'a self, #(#inputs),*) -> Result<ResponseValue<#success>, Error<#failure>>
    );
    function.block = syn::parse_quote!({ #block });
    function
}

/// The types that the generator gave parameters, by their names.
fn parameter_types(function: &ImplItemFn) -> Vec<(String, syn::Type)> {
    let typed = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    typed
        .filter_map(|typed| match typed.pat.as_ref() {
            Pat::Ident(name) => Some((name.ident.to_string(), (*typed.ty).clone())),
            _ => None,
        })
        .collect()
}

/// Documentation, one attribute a line, so that it is printed as line comments.
pub(super) fn doc(text: &str) -> Vec<Attribute> {
    let text = prose::as_doc_comment(text);
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    lines.map(|line| syn::parse_quote!(#[doc = #line])).collect()
}
