//! What a method makes of each status, and the types that tell several apart.

use counterfoil_openapi::StatusPattern;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::plan::{Arm, Group, Held, Method};
use super::super::prose;
use super::super::types::rust_type;

/// The module of the types that tell replies apart.
pub(crate) fn replies(methods: &[&Method<'_>]) -> Option<syn::File> {
    let mut items: Vec<syn::Item> = Vec::new();
    for method in methods {
        let ends =
            [(&method.success, "replies where it succeeds"), (&method.failure, "replies where it refuses")];
        for (group, how) in ends {
            items.extend(enumeration(method, group, how));
        }
    }
    if items.is_empty() {
        return None;
    }
    items.insert(
        0,
        syn::parse_quote!(
            #[allow(unused_imports)]
            use crate::types;
        ),
    );
    Some(syn::File { shebang: None, attrs: Vec::new(), items })
}

fn enumeration(method: &Method<'_>, group: &Group, how: &str) -> Option<syn::Item> {
    let name = format_ident!("{}", group.name.as_ref()?);
    let text = format!("What {} {how}.", prose::as_code(&method.ident));
    let docs = super::doc(&text);
    let variants = group.arms.iter().map(|arm| {
        let variant = variant(arm);
        let held = match &arm.held {
            Held::Nothing => TokenStream::new(),
            // What is streamed where it is the only reply is read to its end here.
            Held::Bytes => quote!((::std::vec::Vec<u8>)),
            other => {
                let kind = held_type(other);
                quote!((#kind))
            }
        };
        let words = arm.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let docs = super::doc(&format!("{}: {words}", arm.status));
        quote!(#(#docs)* #variant #held)
    });
    Some(syn::parse_quote! {
        #(#docs)*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::all)]
        pub enum #name { #(#variants),* }
    })
}

fn variant(arm: &Arm) -> syn::Ident {
    match arm.status {
        StatusPattern::Exact(code) => format_ident!("Status{code}"),
        StatusPattern::Range(digit) => format_ident!("Status{digit}xx"),
        StatusPattern::Default => format_ident!("Default"),
    }
}

/// The type that a method ends with one way.
pub(super) fn kind_of(group: &Group, is_success: bool) -> TokenStream {
    if let Some(name) = &group.name {
        let name = format_ident!("{name}");
        return quote!(crate::replies::#name);
    }
    match group.arms.first() {
        Some(arm) => held_type(&arm.held),
        None if is_success => quote!(ByteStream),
        None => quote!(()),
    }
}

fn held_type(held: &Held) -> TokenStream {
    match held {
        Held::Nothing => quote!(()),
        Held::Json(schema) | Held::Xml(schema, _) => rust_type(schema),
        Held::Text => quote!(::std::string::String),
        Held::Bytes => quote!(ByteStream),
    }
}

/// The arms of the match on a reply's status.
pub(super) fn arms(method: &Method<'_>) -> TokenStream {
    let mut arms: Vec<(StatusPattern, TokenStream)> = Vec::new();
    for arm in &method.success.arms {
        let read = read(arm, &method.success);
        let pattern = match arm.status {
            StatusPattern::Default => quote!(200u16..=299u16),
            status => pattern(status),
        };
        arms.push((arm.status, quote!(#pattern => Ok(#read),)));
    }
    if method.success.arms.is_empty() {
        let pattern = pattern(StatusPattern::Range(2));
        arms.push((StatusPattern::Range(2), quote!(#pattern => Ok(ResponseValue::stream(response)),)));
    }
    let mut is_complete = false;
    for arm in &method.failure.arms {
        is_complete |= arm.status == StatusPattern::Default;
        let read = read(arm, &method.failure);
        let pattern = pattern(arm.status);
        arms.push((arm.status, quote!(#pattern => Err(Error::ErrorResponse(#read)),)));
    }
    arms.sort_by_key(|(status, _)| *status);
    let arms = arms.into_iter().map(|(_, arm)| arm);
    let rest = if is_complete { quote!() } else { quote!(_ => Err(Error::UnexpectedResponse(response)),) };
    quote!(#(#arms)* #rest)
}

fn pattern(status: StatusPattern) -> TokenStream {
    match status {
        StatusPattern::Exact(code) => quote!(#code),
        StatusPattern::Range(digit) => {
            let (first, last) = (u16::from(digit) * 100, u16::from(digit) * 100 + 99);
            quote!(#first..=#last)
        }
        StatusPattern::Default => quote!(_),
    }
}

/// The expression that reads a reply.
fn read(arm: &Arm, group: &Group) -> TokenStream {
    let read = match &arm.held {
        Held::Nothing => quote!(ResponseValue::empty(response)),
        Held::Json(schema) => {
            let kind = rust_type(schema);
            quote!(ResponseValue::<#kind>::from_response(response).await?)
        }
        Held::Xml(schema, root) => {
            let kind = rust_type(schema);
            quote!(crate::xml::reply::<#kind, _>(response, #root).await?)
        }
        Held::Text => quote!(crate::wire::text(response).await?),
        Held::Bytes if group.name.is_some() => quote!(crate::wire::bytes(response).await?),
        Held::Bytes => quote!(ResponseValue::stream(response)),
    };
    let Some(name) = &group.name else { return read };
    let (name, variant) = (format_ident!("{name}"), variant(arm));
    let tell = match arm.held {
        Held::Nothing => quote!(|()| crate::replies::#name::#variant),
        _ => quote!(crate::replies::#name::#variant),
    };
    quote!(#read.map::<_, _, Error<_>>(#tell)?)
}
