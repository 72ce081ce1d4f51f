//! The types that the generator made, with their documentation and their real names.

use std::collections::HashMap;

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Item, ItemEnum};

use super::super::prose;
use super::super::types::{Tag, Types};

/// Completes the items of the module `types`.
pub(super) fn mend(items: &mut Vec<Item>, types: &Types<'_>) {
    let mut readers = Vec::new();
    for item in items.iter_mut() {
        undocument(item);
        let Some(name) = subject(item) else { continue };
        if let Some(aliases) = types.aliases.get(&name) {
            let literals: HashMap<String, &str> = aliases
                .iter()
                .map(|(alias, name)| (Literal::string(alias).to_string(), name.as_str()))
                .collect();
            let tokens = replaced(item.to_token_stream(), &literals);
            if let Ok(mended) = syn::parse2(tokens) {
                *item = mended;
            }
        }
        document(item, &name, types);
        if let (Item::Enum(choice), Some(tag)) = (item, types.tags.get(&name))
            && is_choice(choice)
        {
            readers.push(reader(choice, tag));
        }
    }
    items.extend(readers);
}

/// Whether each variant holds a type, and no name is written for it.
fn is_choice(item: &ItemEnum) -> bool {
    let is_untagged = |attribute: &Attribute| {
        attribute.path().is_ident("serde")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("untagged"))
    };
    let holds_one = |variant: &syn::Variant| matches!(&variant.fields, syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1);
    item.attrs.iter().any(is_untagged) && item.variants.iter().all(holds_one)
}

/// How a choice is read by the property that names the alternative, in the place of what it derives: that would try
/// one after the other, and take an object for the first that has no more than its members.
fn reader(choice: &mut ItemEnum, tag: &Tag) -> Item {
    for attribute in choice.attrs.iter_mut().filter(|attribute| attribute.path().is_ident("derive")) {
        let derived = attribute.parse_args_with(Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
        let kept = derived
            .into_iter()
            .flatten()
            .filter(|path| path.segments.last().is_none_or(|segment| segment.ident != "Deserialize"));
        *attribute = syn::parse_quote!(#[derive(#(#kept),*)]);
    }
    let name = &choice.ident;
    let property = &tag.property;
    let holds = |component: &str| {
        choice.variants.iter().find(|variant| mentions(variant.fields.to_token_stream(), component))
    };
    let arms = tag.values.iter().filter_map(|(value, component)| {
        let variant = &holds(component)?.ident;
        Some(quote! {
            Some(#value) => {
                return ::serde_json::from_value(value).map(Self::#variant).map_err(::serde::de::Error::custom);
            }
        })
    });
    let variants = choice.variants.iter().map(|variant| &variant.ident);
    syn::parse_quote! {
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
            where
                D: ::serde::Deserializer<'de>,
            {
                let value = <::serde_json::Value as ::serde::Deserialize>::deserialize(deserializer)?;
                match value.get(#property).and_then(::serde_json::Value::as_str) {
                    #(#arms)*
                    _ => {}
                }
                #(
                    if let Ok(held) = ::serde_json::from_value(::std::clone::Clone::clone(&value)) {
                        return Ok(Self::#variants(held));
                    }
                )*
                Err(::serde::de::Error::custom("no alternative has such a value"))
            }
        }
    }
}

/// Whether tokens name a type.
fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// The type that an item defines, or defines something for.
fn subject(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Impl(item) => match item.self_ty.as_ref() {
            syn::Type::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        },
        _ => None,
    }
}

fn undocument(item: &mut Item) {
    let strip =
        |attributes: &mut Vec<Attribute>| attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    match item {
        Item::Struct(item) => {
            strip(&mut item.attrs);
            item.fields.iter_mut().for_each(|field| strip(&mut field.attrs));
        }
        Item::Enum(item) => {
            strip(&mut item.attrs);
            for variant in &mut item.variants {
                strip(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| strip(&mut field.attrs));
            }
        }
        Item::Impl(item) => strip(&mut item.attrs),
        Item::Mod(item) => strip(&mut item.attrs),
        _ => {}
    }
}

/// Says of a type and its fields what the document says of the schema and its properties.
fn document(item: &mut Item, name: &str, types: &Types<'_>) {
    let origin = types.origins.get(name);
    let words = origin.and_then(|place| place.text("description")).filter(|words| !words.trim().is_empty());
    let text = match (words, origin) {
        (Some(words), _) => words.to_owned(),
        (None, Some(place)) => format!("The schema at {}.", prose::as_code(place.pointer.as_str())),
        (None, None) => format!("The type {}.", prose::as_code(name)),
    };
    match item {
        Item::Struct(item) => {
            item.attrs.splice(0..0, super::doc(&text));
            for field in &mut item.fields {
                let Some(wire) = wire_name(field) else { continue };
                let property = origin.and_then(|place| place.value.get("properties")?.get(&wire));
                let words = property.and_then(|property| property.get("description")?.as_str());
                if let Some(words) = words {
                    field.attrs.splice(0..0, super::doc(words));
                }
            }
        }
        Item::Enum(item) => {
            item.attrs.splice(0..0, super::doc(&text));
        }
        _ => {}
    }
}

/// The name that a field is sent under.
fn wire_name(field: &syn::Field) -> Option<String> {
    let mut renamed = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // What is no name and value ends the reading; the name comes first.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                renamed = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    renamed.or_else(|| field.ident.as_ref().map(ToString::to_string))
}

/// The tokens with some string literals replaced.
fn replaced(tokens: TokenStream, literals: &HashMap<String, &str>) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Literal(literal) => match literals.get(&literal.to_string()) {
                Some(name) => TokenTree::Literal(Literal::string(name)),
                None => TokenTree::Literal(literal),
            },
            TokenTree::Group(group) => {
                let mut mended = Group::new(group.delimiter(), replaced(group.stream(), literals));
                mended.set_span(group.span());
                TokenTree::Group(mended)
            }
            other => other,
        })
        .collect()
}
