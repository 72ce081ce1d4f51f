//! The API trait, the parts of its requests and its replies.

use counterfoil_openapi::{Location, StatusPattern};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::dress::doc;
use super::super::media;
use super::super::names::{Names, pascal};
use super::super::plan::{Arm, BodyKind, Held, Input, Method, preferred};
use super::super::prose;
use super::super::types::{Types, rust_type};
use super::claim::{self, Claim};
use super::prepared;

/// Names that the module of the API uses itself.
const TAKEN: [&str; 22] = [
    "Api",
    "ApiEndpointBodyContentType",
    "ApiEndpointParameter",
    "ApiEndpointResponse",
    "Body",
    "ExclusiveExtractor",
    "Header",
    "HttpError",
    "HttpResponse",
    "HttpResponseOk",
    "HttpResponseUpdatedNoContent",
    "Parts",
    "Path",
    "Query",
    "Refused",
    "Request",
    "RequestContext",
    "Response",
    "Sent",
    "SharedExtractor",
    "StatusCode",
    "TypedBody",
];

/// Where parameters stand, in the order of a request's fields.
const PLACES: [(Location, &str); 4] = [
    (Location::Path, "path"),
    (Location::Query, "query"),
    (Location::Header, "header"),
    (Location::Cookie, "cookie"),
];

/// A method and where dropshot routes it.
pub(super) type Served<'m, 'd> = (&'m Method<'d>, &'m Claim<'d>);

/// An operation with the names of its types.
pub(super) struct Named<'m, 'd> {
    pub(super) method: &'m Method<'d>,
    pub(super) claim: &'m Claim<'d>,
    pub(super) request: syn::Ident,
    pub(super) reply: syn::Ident,
    /// The types of its parameters, by the place that they stand in.
    places: Vec<(Location, syn::Ident)>,
}

impl Named<'_, '_> {
    /// What its rules are listed under.
    pub(super) fn key(&self) -> String {
        self.method.ident.clone()
    }

    fn inputs(&self, location: Location) -> impl Iterator<Item = &Input> {
        self.method.inputs.iter().filter(move |input| input.location == location)
    }

    /// The documented replies, each once.
    pub(super) fn arms(&self) -> Vec<&Arm> {
        let mut arms: Vec<&Arm> = self.method.success.arms.iter().chain(&self.method.failure.arms).collect();
        arms.sort_by_key(|arm| arm.status);
        arms.dedup_by_key(|arm| arm.status);
        arms
    }
}

/// Names the types of operations.
pub(super) fn named<'m, 'd>(served: Vec<Served<'m, 'd>>) -> Vec<Named<'m, 'd>> {
    let mut names = Names::without(&TAKEN);
    let mut name = |text: &str| format_ident!("{}", names.pascal(text, "Operation"));
    served
        .into_iter()
        .map(|(method, claim)| {
            let hint = pascal(&method.ident, "Operation");
            let (request, reply) = (name(&hint), name(&format!("{hint}Reply")));
            let has = |location| method.inputs.iter().any(|input| input.location == location);
            let places = PLACES.iter().filter(|(location, _)| has(*location));
            let places =
                places.map(|(location, word)| (*location, name(&format!("{hint}{}", pascal(word, "Part")))));
            let places = places.collect();
            Named { method, claim, request, reply, places }
        })
        .collect()
}

/// The module of the API.
pub(super) fn api(
    served: &[Named<'_, '_>],
    title: &str,
    description: &str,
    types: &mut Types<'_>,
) -> syn::File {
    let methods = served.iter().map(endpoint);
    let items: TokenStream = served
        .iter()
        .map(|one| {
            let (request, reply) = (request(one, types), reply(one));
            quote!(#request #reply)
        })
        .collect();
    let docs = doc(&format!("{title}\n\n{description}"));
    let title = if title.is_empty() { "API" } else { title };
    syn::parse_quote! {
        #[allow(unused_imports)]
        use dropshot::{
            ApiEndpointBodyContentType, ApiEndpointParameter, ApiEndpointResponse, Body, HttpError, HttpResponse,
            RequestContext,
        };
        use http::{Response, StatusCode};
        use serde::Deserialize;

        #[allow(unused_imports)]
        use crate::reply::{Refused, Sent, json, respond, status};
        use crate::request::{Parts, Request};
        #[allow(unused_imports)]
        use crate::types;

        #[doc = " The title of the document."]
        pub const TITLE: &str = #title;

        #[doc = " The version that dropshot's document is given."]
        pub const VERSION: &str = "1.0.0";

        #(#docs)*
        #[dropshot::api_description]
        pub trait Api {
            #[doc = " What all handlers share."]
            type Context;

            #(#methods)*
        }

        #items
    }
}

/// The method of an operation.
fn endpoint(served: &Named<'_, '_>) -> TokenStream {
    let operation = served.method.operation;
    let object = operation.pointer().find(operation.document().root());
    let description = object.and_then(|object| object.get("description")?.as_str()).unwrap_or_default();
    let id = operation.id().as_str();
    let summary = operation.summary().unwrap_or_default();
    let text = if summary.is_empty() && description.is_empty() {
        format!("The operation {}.", prose::as_code(id))
    } else {
        format!("{summary}\n\n{description}")
    };
    let docs = doc(text.trim());
    let ident = format_ident!("{}", served.method.ident);
    let method = format_ident!("{}", operation.method().as_str());
    let path = served.claim.route();
    let tags = operation.tags();
    let tags = (!tags.is_empty()).then(|| quote!(tags = [#(#tags),*],));
    let deprecated = operation.is_deprecated().then(|| quote!(deprecated = true,));
    let content = match served.method.body.as_ref().map(|body| &body.kind) {
        Some(BodyKind::Form(_)) => Some(quote!(content_type = "application/x-www-form-urlencoded",)),
        _ => None,
    };
    let (request, reply) = (&served.request, &served.reply);
    quote! {
        #(#docs)*
        #[endpoint { method = #method, path = #path, operation_id = #id, #tags #deprecated #content }]
        async fn #ident(
            context: RequestContext<Self::Context>,
            request: Request<#request>,
        ) -> Result<#reply, HttpError>;
    }
}

/// The parts of an operation's request.
fn request(served: &Named<'_, '_>, types: &Types<'_>) -> TokenStream {
    let mut fields = Vec::new();
    let mut structs = Vec::new();
    let mut metadata = Vec::new();
    for (location, name) in &served.places {
        let word = PLACES.iter().find(|(other, _)| other == location).map_or("path", |(_, word)| word);
        let field = format_ident!("{word}");
        let docs = doc(&format!("The parameters in the {word}."));
        fields.push(quote!(#(#docs)* pub #field: #name));
        let is_documented = served
            .inputs(*location)
            .any(|input| *location == Location::Path || claim::is_documented(input, types));
        structs.push(place(served, *location, name, is_documented, types));
        if is_documented {
            let extractor = format_ident!("{}", pascal(word, "Path"));
            metadata.push(quote! {
                parameters.extend(
                    <dropshot::#extractor<#name> as dropshot::SharedExtractor>::metadata(content.clone()).parameters,
                );
            });
        }
    }
    if let Some(body) = &served.method.body {
        let kind = rust_type(&body.schema);
        let extractor = match body.kind {
            BodyKind::Raw => quote!(dropshot::UntypedBody),
            _ => quote!(dropshot::TypedBody<#kind>),
        };
        metadata.push(quote! {
            parameters.extend(<#extractor as dropshot::ExclusiveExtractor>::metadata(content.clone()).parameters);
        });
        match (&body.kind, body.required) {
            (BodyKind::Raw, _) => {}
            (_, true) => fields.push(quote!(#[doc = " The body."] pub body: #kind)),
            (_, false) => fields.push(quote!(#[doc = " The body."] pub body: Option<#kind>)),
        }
    }
    let (name, key) = (&served.request, served.key());
    let docs = doc(&format!("A request of {}.", prose::as_code(served.method.operation.id().as_str())));
    let (argument, block) = match metadata.is_empty() {
        true => (quote!(_content), quote!(Vec::new())),
        false => (quote!(content), quote!(let mut parameters = Vec::new(); #(#metadata)* parameters)),
    };
    quote! {
        #(#docs)*
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        pub struct #name { #(#fields),* }

        impl Parts for #name {
            const OPERATION: &'static str = #key;

            fn parameters(#argument: ApiEndpointBodyContentType) -> Vec<ApiEndpointParameter> {
                #block
            }
        }

        #(#structs)*
    }
}

/// The parameters in one place.
fn place(
    served: &Named<'_, '_>,
    location: Location,
    name: &syn::Ident,
    is_documented: bool,
    types: &Types<'_>,
) -> TokenStream {
    let fields = served.inputs(location).map(|input| {
        let (ident, wire) = (format_ident!("{}", input.ident), &input.name);
        let kind = rust_type(&input.schema);
        let kind = if input.required { kind } else { quote!(::std::option::Option<#kind>) };
        let words = if input.description.trim().is_empty() {
            format!("The parameter {}.", prose::as_code(wire))
        } else {
            input.description.clone()
        };
        let docs = doc(&words);
        let route = served.claim.route_name(wire).filter(|route| location == Location::Path && route != wire);
        let schema = match (is_documented, claim::is_documented(input, types), location) {
            (false, ..) => None,
            (true, true, _) => route.map(|route| quote!(#[schemars(rename = #route)])),
            (true, false, Location::Path) => {
                let rename = route.map(|route| quote!(, rename = #route));
                Some(quote!(#[schemars(with = "String" #rename)]))
            }
            (true, false, _) => Some(quote!(#[schemars(skip)])),
        };
        quote!(#(#docs)* #[serde(rename = #wire)] #schema pub #ident: #kind)
    });
    let method = prose::as_code(served.method.operation.id().as_str());
    let docs = doc(&format!("The parameters of {method} in the {}.", location.as_str()));
    let documented = is_documented.then(|| quote!(#[derive(schemars::JsonSchema)]));
    quote! {
        #(#docs)*
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #documented
        pub struct #name { #(#fields),* }
    }
}

/// What a reply's variant is called.
pub(super) fn variant(status: StatusPattern) -> syn::Ident {
    match status {
        StatusPattern::Exact(code) => format_ident!("Status{code}"),
        StatusPattern::Range(digit) => format_ident!("Status{digit}xx"),
        StatusPattern::Default => format_ident!("Default"),
    }
}

fn held_type(held: &Held) -> TokenStream {
    match held {
        Held::Nothing => quote!(()),
        Held::Json(schema) => rust_type(schema),
        Held::Text => quote!(String),
        Held::Xml(..) | Held::Bytes => quote!(Vec<u8>),
    }
}

/// The replies of an operation.
fn reply(served: &Named<'_, '_>) -> TokenStream {
    let operation = served.method.operation;
    let name = &served.reply;
    let arms = served.arms();
    let variants = arms.iter().map(|arm| {
        let (variant, held) = (variant(arm.status), held_type(&arm.held));
        let words: Vec<&str> = arm.description.split_whitespace().collect();
        let docs = doc(&format!("{}: {}", arm.status, words.join(" ")));
        match arm.status {
            StatusPattern::Exact(_) => quote!(#(#docs)* #variant(Sent<#held>)),
            _ => quote!(#(#docs)* #variant(StatusCode, Sent<#held>)),
        }
    });
    let written = arms.iter().map(|arm| {
        let variant = variant(arm.status);
        let (pattern, code) = match arm.status {
            StatusPattern::Exact(code) => (quote!(Self::#variant(sent)), quote!(status(#code))),
            _ => (quote!(Self::#variant(code, sent)), quote!(code)),
        };
        let media = operation.responses().get(arm.status).and_then(|response| preferred(&response.content));
        let media =
            media.map_or_else(|| "application/octet-stream".to_owned(), |media| media::concrete(&media.name));
        match arm.held {
            Held::Nothing => quote!(#pattern => respond(#code, None, Vec::new(), sent.headers)),
            Held::Json(_) => {
                quote!(#pattern => respond(#code, Some(#media), json(&sent.body)?, sent.headers))
            }
            Held::Text => {
                quote!(#pattern => respond(#code, Some(#media), sent.body.into_bytes(), sent.headers))
            }
            Held::Xml(..) | Held::Bytes => {
                quote!(#pattern => respond(#code, Some(#media), sent.body, sent.headers))
            }
        }
    });
    let codes = arms.iter().map(|arm| {
        let variant = variant(arm.status);
        match arm.status {
            StatusPattern::Exact(code) => quote!(Self::#variant(_) => status(#code)),
            _ => quote!(Self::#variant(code, _) => *code),
        }
    });
    let metadata = metadata(served);
    let docs = doc(&format!("What {} replies.", prose::as_code(operation.id().as_str())));
    quote! {
        #(#docs)*
        #[derive(Debug)]
        pub enum #name {
            #(#variants,)*
            #[doc = " What refuses a request that is not as documented."]
            Refused(Refused),
        }

        impl HttpResponse for #name {
            fn to_result(self) -> Result<Response<Body>, HttpError> {
                match self {
                    #(#written,)*
                    Self::Refused(refused) => refused.to_response(),
                }
            }

            fn response_metadata() -> ApiEndpointResponse {
                #metadata
            }

            fn status_code(&self) -> StatusCode {
                match self {
                    #(#codes,)*
                    Self::Refused(refused) => refused.status(),
                }
            }
        }
    }
}

/// What dropshot documents of the replies: the usual one, since it has words for one that is no error.
fn metadata(served: &Named<'_, '_>) -> TokenStream {
    let Some((code, response)) = prepared::usual(served.method.operation) else {
        return quote!(ApiEndpointResponse::default());
    };
    let base = match served.method.held(response.status) {
        Held::Json(schema) => {
            let kind = rust_type(schema);
            quote!(<dropshot::HttpResponseOk<#kind> as HttpResponse>::response_metadata())
        }
        Held::Nothing => {
            quote!(<dropshot::HttpResponseUpdatedNoContent as HttpResponse>::response_metadata())
        }
        Held::Text | Held::Xml(..) | Held::Bytes => quote!(ApiEndpointResponse::default()),
    };
    let words: Vec<&str> = response.description.split_whitespace().collect();
    let words = words.join(" ");
    quote! {
        ApiEndpointResponse { success: Some(status(#code)), description: Some(#words.to_owned()), ..#base }
    }
}
