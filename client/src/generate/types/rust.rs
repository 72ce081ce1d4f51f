//! The Rust type of a lowered schema, as the generator spells it.

use quote::{format_ident, quote};
use serde_json::Value;

use super::{referenced, without_null};

/// The type that holds the values of a lowered schema.
pub(crate) fn rust_type(schema: &Value) -> proc_macro2::TokenStream {
    if schema.get("nullable").is_some() {
        let inner = rust_type(&without_null(schema.clone()));
        return quote!(::std::option::Option<#inner>);
    }
    if let Some(name) = referenced(schema) {
        let name = format_ident!("{name}");
        return quote!(types::#name);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => {
            let items = rust_type(&schema["items"]);
            quote!(::std::vec::Vec<#items>)
        }
        (Some("object"), _) => match schema.get("additionalProperties") {
            Some(values) => {
                let values = rust_type(values);
                quote!(::std::collections::HashMap<::std::string::String, #values>)
            }
            None => quote!(::serde_json::Map<::std::string::String, ::serde_json::Value>),
        },
        (Some("string"), Some("date-time")) => quote!(::chrono::DateTime<::chrono::offset::Utc>),
        (Some("string"), Some("date")) => quote!(::chrono::naive::NaiveDate),
        (Some("string"), Some("uuid")) => quote!(::uuid::Uuid),
        (Some("string"), Some(super::FILE)) => quote!(crate::wire::File),
        (Some("string"), _) => quote!(::std::string::String),
        (Some("integer"), Some("int32")) => quote!(i32),
        (Some("integer"), Some("uint32")) => quote!(u32),
        (Some("integer"), Some("uint64")) => quote!(u64),
        (Some("integer"), _) => quote!(i64),
        (Some("number"), Some("float")) => quote!(f32),
        (Some("number"), _) => quote!(f64),
        (Some("boolean"), _) => quote!(bool),
        _ => quote!(::serde_json::Value),
    }
}
