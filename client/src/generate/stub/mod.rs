//! The module `stub` of a client: scripts for a stub of the document, in the client's own types.
//!
//! | in the document | generated |
//! |---|---|
//! | an operation | a type that names it, and a module with what its requests and replies are |
//! | a parameter, a member of a body | a method that gives a field of its type |
//! | a documented status | a type, and a function of the same name that makes a reply of it from a typed body |
//! | an example | a function that names it |
//! | a header field of a reply | a method that sets it |
//!
//! What the types stand on is the same for every document: the module `scripting`.

mod fields;
mod replies;
mod request;
mod test;
mod values;

use counterfoil_openapi::{Contract, StatusPattern};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use self::fields::Fields;
pub(crate) use self::test::test;
use super::dress::doc;
use super::names::Names;
use super::plan::{BodyKind, Method};
use super::prose;
use super::security;
use super::types::{Types, rust_type};

/// What the module has of `scripting` under the same names.
const EXPORTED: [&str; 13] = [
    "Answer",
    "Call",
    "Condition",
    "Delay",
    "Fault",
    "Field",
    "On",
    "Operation",
    "Reply",
    "Rule",
    "Scripted",
    "StubError",
    "Times",
];

/// What an operation and its statuses are called.
pub(crate) struct Statuses {
    /// The module of the operation.
    pub(crate) module: String,
    /// The type that names it.
    pub(crate) operation: String,
    /// The documented statuses, with their types.
    pub(crate) all: Vec<(StatusPattern, String)>,
}

/// The source of the module, and what it calls statuses.
pub(crate) fn module(
    contract: &Contract,
    methods: &[&Method<'_>],
    types: &Types<'_>,
) -> Result<(syn::File, Vec<Statuses>), syn::Error> {
    let mut fields = Fields::new(types);
    let mut names = Names::without(&EXPORTED);
    // `Stub` is its own.
    names.pascal("Stub", "Stub");
    let mut modules = Names::without(&["types"]);
    let (operations, statuses): (Vec<TokenStream>, Vec<Statuses>) =
        methods.iter().map(|method| operation(method, &mut names, &mut modules, &mut fields)).unzip();
    let members = fields.members();
    let exported = EXPORTED.map(|name| format_ident!("{name}"));
    let security = security::made_up(contract);
    let base_path = base_path(contract);
    let code = syn::parse2(quote! {
        pub use crate::scripting::{#(#exported,)* header, state};
        #[allow(unused_imports)]
        use crate::types;

        /// A handle on a running stub of this document.
        pub type Stub = crate::scripting::Stub<crate::Client>;

        impl crate::scripting::Api for crate::Client {
            fn of_stub(base_url: &str) -> Result<Self, ::reqwest::Error> {
                let security = crate::Security::default() #security;
                let settings = crate::Settings { retries: 0, security, ..crate::Settings::default() };
                Self::with_settings(&format!("{base_url}{}", #base_path), settings)
            }
        }

        #(#operations)*
        #members
    })?;
    Ok((code, statuses))
}

/// The path that the document's first server has before those of its operations, where it can stand in a source as it is.
pub(crate) fn base_path(contract: &Contract) -> &str {
    let base = contract.operations().first().map_or("", |operation| operation.default_base_path());
    let is_plain = base.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    if is_plain { base } else { "" }
}

fn operation(
    method: &Method<'_>,
    names: &mut Names,
    modules: &mut Names,
    fields: &mut Fields<'_, '_>,
) -> (TokenStream, Statuses) {
    let name = format_ident!("{}", names.pascal(&method.ident, "Operation"));
    let module = format_ident!("{}", modules.snake(&method.ident, "operation"));
    let id = method.operation.id().as_str();
    let line = format!("{} {}", method.operation.method(), method.operation.path());
    let summary = method.operation.summary().unwrap_or_default();
    let docs = doc(&format!("The operation {}.\n\n{summary}", prose::as_code(&line)));
    let inner = doc(&format!("Requests and replies of {}.", prose::as_code(&line)));
    let body = match &method.body {
        Some(body) if matches!(body.kind, BodyKind::Json | BodyKind::Xml(_)) => rust_type(&body.schema),
        _ => quote!(::serde_json::Value),
    };
    let request = request::items(method, fields);
    let named = replies::names(method);
    let replies = replies::items(method, &name, &named);
    let statuses = Statuses { module: module.to_string(), operation: name.to_string(), all: named };
    let code = quote! {
        #(#docs)*
        #[derive(Debug)]
        pub enum #name {}

        impl crate::scripting::Operation for #name {
            type Client = crate::Client;
            type Request = #module::Request;
            type Body = #body;
            const ID: &'static str = #id;
        }

        #(#inner)*
        pub mod #module {
            #[allow(unused_imports)]
            use crate::scripting::{Answer, Field};
            #[allow(unused_imports)]
            use crate::types;

            #request
            #replies
        }
    };
    (code, statuses)
}
