//! A value as an argument of a client's method, as Rust.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::types::{FILE, Types, referenced, rust_type, without_null};

/// A value and what has to stand before it.
pub(crate) struct Argument {
    /// The statements that make it; none for a literal.
    pub(crate) before: TokenStream,
    /// How methods take it.
    pub(crate) value: TokenStream,
}

/// Whether methods take a value of the lowered schema, or nothing in the place of `null`.
pub(crate) fn is_nullable(lowered: &Value) -> bool {
    lowered.get("nullable").is_some()
}

/// A value of the lowered schema: a literal where its type has some, else what is read from JSON when the call is made,
/// so that its type judges it. A choice of texts, a number and a truth are taken as they are, all else by reference.
///
/// Nothing where it is `null`, which methods have `None` for, where it is not of its type, and where that is made of
/// files without a name of its own, which JSON does not hold.
pub(crate) fn argument(
    name: &syn::Ident,
    lowered: &Value,
    value: &Value,
    types: &Types<'_>,
) -> Option<Argument> {
    if is_nullable(lowered) {
        let inner = without_null(lowered.clone());
        return if value.is_null() { None } else { argument(name, &inner, value, types) };
    }
    if let Some(literal) = literal(lowered, value)? {
        return Some(Argument { before: TokenStream::new(), value: literal });
    }
    let component = referenced(lowered).and_then(|name| types.components().get(name));
    let is_choice = component.is_some_and(|component| component.get("enum").is_some());
    let is_plain = matches!(lowered["type"].as_str(), Some("integer" | "number" | "boolean"));
    if has_file(lowered) {
        return None;
    }
    let (kind, json) = (rust_type(lowered), value.to_string());
    Some(Argument {
        before: quote! {
            let #name: #kind = serde_json::from_str(#json).expect("a value");
        },
        value: if is_choice || is_plain { quote!(#name) } else { quote!(&#name) },
    })
}

/// Whether a type is made of files by itself.
fn has_file(lowered: &Value) -> bool {
    let inner = ["items", "additionalProperties"].into_iter().filter_map(|key| lowered.get(key));
    lowered["format"] == FILE || inner.into_iter().any(has_file)
}

/// A literal, for a type that has some; nothing at all where the value is not of that type.
fn literal(lowered: &Value, value: &Value) -> Option<Option<TokenStream>> {
    Some(match (lowered["type"].as_str(), lowered.get("format")) {
        (Some("integer"), None) => {
            let literal = Literal::i64_unsuffixed(value.as_i64()?);
            Some(quote!(#literal))
        }
        (Some("boolean"), _) => {
            let value = value.as_bool()?;
            Some(quote!(#value))
        }
        (Some("string"), None) => {
            let text = value.as_str()?;
            Some(quote!(#text))
        }
        _ => None,
    })
}
