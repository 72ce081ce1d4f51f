//! The types of fields, and a method for each member of those that have some.

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::super::dress::doc;
use super::super::names::Names;
use super::super::prose;
use super::super::types::{FILE, Types, referenced, rust_type};

/// What every field has, whatever it holds.
const METHODS: [&str; 12] = [
    "absent",
    "eq",
    "exists",
    "field_again",
    "field_asks",
    "field_item",
    "field_name",
    "field_within",
    "ne",
    "of_body",
    "of_parameter",
    "one_of",
];

/// How many references to references are followed.
const MAX_STEPS: usize = 16;

/// The types that fields hold.
pub(super) struct Fields<'t, 'd> {
    types: &'t Types<'d>,
    found: BTreeSet<String>,
    queue: VecDeque<String>,
}

impl<'t, 'd> Fields<'t, 'd> {
    pub(super) fn new(types: &'t Types<'d>) -> Self {
        Self { types, found: BTreeSet::new(), queue: VecDeque::new() }
    }

    /// The type of a field that is a parameter or a body, or in one.
    pub(super) fn of(&mut self, schema: &Value) -> TokenStream {
        self.held(schema, 0)
    }

    /// The methods of all types found, and of those that they lead to.
    pub(super) fn members(mut self) -> TokenStream {
        let mut items = Vec::new();
        while let Some(name) = self.queue.pop_front() {
            items.push(self.members_of(&name));
        }
        quote!(#(#items)*)
    }

    /// What a field holds; a component that is no more than a text, a number or a list is that.
    fn held(&mut self, schema: &Value, steps: usize) -> TokenStream {
        let any = quote!(::serde_json::Value);
        if steps > MAX_STEPS {
            return any;
        }
        if let Some([inner]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.held(inner, steps + 1);
        }
        if let Some(name) = referenced(schema) {
            let types = self.types;
            let Some(component) = types.components().get(name) else { return any };
            let has_members = component.get("properties").is_some() || component.get("oneOf").is_some();
            if component.get("enum").is_none() && !has_members {
                return self.held(component, steps + 1);
            }
            if has_members && self.found.insert(name.to_owned()) {
                self.queue.push_back(name.to_owned());
            }
            let ident = format_ident!("{name}");
            return quote!(types::#ident);
        }
        let is_object = schema["type"] == "object" || schema.get("oneOf").is_some();
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("array"), _) => {
                let items = self.held(&schema["items"], steps + 1);
                quote!(::std::vec::Vec<#items>)
            }
            (Some("object"), _) if schema.get("additionalProperties").is_some() => {
                let values = self.held(&schema["additionalProperties"], steps + 1);
                quote!(::std::collections::HashMap<::std::string::String, #values>)
            }
            (_, Some(FILE)) => any,
            _ if is_object => any,
            _ => {
                let mut schema = schema.clone();
                if let Some(members) = schema.as_object_mut() {
                    members.shift_remove("nullable");
                }
                rust_type(&schema)
            }
        }
    }

    fn members_of(&mut self, name: &str) -> TokenStream {
        let types = self.types;
        let Some(component) = types.components().get(name) else { return TokenStream::new() };
        let mut names = Names::without(&METHODS);
        let mut methods = Vec::new();
        for (member, schemas) in self.properties(name, component) {
            let ident = format_ident!("{}", names.snake(&member, "member"));
            let held: Vec<TokenStream> = schemas.iter().map(|schema| self.of(schema)).collect();
            let held = match held.as_slice() {
                [first, rest @ ..] if rest.iter().all(|other| other.to_string() == first.to_string()) => {
                    first
                }
                _ => &quote!(::serde_json::Value),
            };
            let docs = doc(&format!("The member {}.", prose::as_code(&member)));
            methods.push(quote! {
                #(#docs)*
                pub fn #ident(&self) -> crate::scripting::Field<#held> {
                    self.field_within(#member)
                }
            });
        }
        for alternative in component.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            let Some(target) = referenced(alternative) else { continue };
            let ident = format_ident!("{}", names.snake(&format!("as_{target}"), "alternative"));
            let held = self.of(alternative);
            let docs = doc(&format!("The same value as {}.", prose::as_code(target)));
            methods.push(quote! {
                #(#docs)*
                pub fn #ident(&self) -> crate::scripting::Field<#held> {
                    self.field_again()
                }
            });
        }
        let ident = format_ident!("{name}");
        quote! {
            impl crate::scripting::Field<types::#ident> {
                #(#methods)*
            }
        }
    }

    /// The members of a component under their real names, each with its schemas in all alternatives.
    fn properties(&self, name: &str, component: &'t Value) -> IndexMap<String, Vec<&'t Value>> {
        let aliases = self.types.aliases.get(name);
        let real = |member: &str| {
            let alias = aliases.and_then(|aliases| aliases.iter().find(|(alias, _)| alias == member));
            alias.map_or(member, |(_, name)| name.as_str()).to_owned()
        };
        let alternatives = component.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let mut members: IndexMap<String, Vec<&'t Value>> = IndexMap::new();
        for object in std::iter::once(component).chain(alternatives) {
            for (member, schema) in object.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                members.entry(real(member)).or_default().push(schema);
            }
        }
        members
    }
}
