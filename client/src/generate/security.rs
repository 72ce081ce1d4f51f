//! The credentials of a client: one method for each security scheme of the document.

use counterfoil_openapi::{ApiKeyLocation, Contract, SecuritySchemeKind};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::dress::doc;
use super::losses::Losses;
use super::names::Names;
use super::prose;

/// What every such module has, whatever its schemes.
const REST: &str = include_str!("package/security.txt");

/// What the module has of its own.
const TAKEN: [&str; 8] = ["apply", "basic_text", "clone", "default", "eq", "fmt", "new", "with"];

/// Calls that give made-up credentials for each scheme.
pub(crate) fn made_up(contract: &Contract) -> TokenStream {
    let mut names = Names::without(&TAKEN);
    let calls = contract.security_schemes().iter().filter_map(|scheme| {
        let name = format_ident!("{}", names.snake(&scheme.name, "scheme"));
        match &scheme.kind {
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                Some(quote!(.#name("user", "password")))
            }
            SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_) => None,
            _ => Some(quote!(.#name("secret"))),
        }
    });
    calls.collect()
}

/// The source of the module, but for its first lines.
pub(crate) fn module(contract: &Contract, losses: &mut Losses<'_>) -> Result<syn::File, syn::Error> {
    let mut names = Names::without(&TAKEN);
    let mut methods: Vec<TokenStream> = Vec::new();
    for scheme in contract.security_schemes() {
        let name = format_ident!("{}", names.snake(&scheme.name, "scheme"));
        let shown = prose::as_code(&scheme.name);
        let method = |docs: String, arguments: TokenStream, place: &str, key: &str, value: TokenStream| {
            let (docs, place) = (doc(&docs), format_ident!("{place}"));
            quote! {
                #(#docs)*
                #[must_use]
                pub fn #name(self, #arguments) -> Self {
                    self.with(Place::#place, #key, #value)
                }
            }
        };
        let bearer = || {
            let docs = format!("A bearer token, for the scheme {shown}.");
            method(docs, quote!(token: &str), "Header", "authorization", quote!(format!("Bearer {token}")))
        };
        methods.push(match &scheme.kind {
            SecuritySchemeKind::ApiKey { location, name: key } => {
                let (place, called) = match location {
                    ApiKeyLocation::Query => ("Query", "query parameter"),
                    ApiKeyLocation::Header => ("Header", "header"),
                    ApiKeyLocation::Cookie => ("Cookie", "cookie"),
                };
                let docs = format!("A key, for the scheme {shown}: the {called} {}.", prose::as_code(key));
                method(docs, quote!(key: &str), place, key, quote!(key.to_owned()))
            }
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                let docs = format!("A user and a password, for the scheme {shown}.");
                let value = quote!(Self::basic_text(user, password));
                method(docs, quote!(user: &str, password: &str), "Header", "authorization", value)
            }
            SecuritySchemeKind::Http { scheme } if scheme == "bearer" => bearer(),
            SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => bearer(),
            SecuritySchemeKind::Http { scheme } => {
                let docs = format!(
                    "What follows the word {} in `Authorization`, for the scheme {shown}.",
                    prose::as_code(scheme)
                );
                let word = format!("{scheme} ");
                let value = quote!(format!("{}{credentials}", #word));
                method(docs, quote!(credentials: &str), "Header", "authorization", value)
            }
            _ => {
                let pointer = contract
                    .document()
                    .root()
                    .get("components")
                    .map_or("/securityDefinitions", |_| "/components/securitySchemes");
                let pointer = counterfoil_openapi::Pointer::from_escaped(pointer).join(&scheme.name);
                losses.noted(
                    "security-scheme-unsupported",
                    &pointer,
                    "the client sends no credentials for this scheme",
                );
                continue;
            }
        });
    }
    let mut code: syn::File = syn::parse_quote! {
        /// The credentials that are sent with every request, one method for each scheme of the document.
        #[derive(Clone, Default, PartialEq)]
        pub struct Security {
            credentials: Vec<Credential>,
        }

        impl Security {
            #(#methods)*
        }
    };
    code.items.extend(syn::parse_file(REST)?.items);
    Ok(code)
}
