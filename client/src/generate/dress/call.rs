//! The body of a method: from its parameters to a typed reply.

use counterfoil_openapi::{Location, Style};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::plan::{Body, BodyKind, Input, Method};
use super::super::prose;
use super::replies;

/// Whose media type a body is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// The document's.
    Documented,
    /// The caller's, who writes the body.
    Given,
}

/// The documentation of a method.
pub(super) fn documentation(method: &Method<'_>, content: Content) -> String {
    let operation = method.operation;
    let object = operation.pointer().find(operation.document().root());
    let description = object.and_then(|object| object.get("description")?.as_str()).unwrap_or_default();
    let mut parts: Vec<String> =
        vec![operation.summary().unwrap_or_default().to_owned(), description.to_owned()];
    parts.retain(|part| !part.trim().is_empty());
    parts.dedup();
    let line = format!("{} {}", operation.method(), operation.path());
    parts.push(format!("Sends {}.", prose::as_code(&line)));
    if let (Content::Given, Some(body)) = (content, &method.body) {
        let others: Vec<String> = body.others.iter().map(|name| prose::as_code(name)).collect();
        parts.push(format!("The body is of any media type that the operation takes: {}.", others.join(", ")));
    }
    if operation.is_deprecated() {
        parts.push("It is deprecated.".to_owned());
    }
    let described = method.inputs.iter().filter(|input| !input.description.trim().is_empty());
    let listed: Vec<String> = described
        .map(|input| {
            let words: Vec<&str> = input.description.split_whitespace().collect();
            format!("- {}: {}", prose::as_code(&input.ident), words.join(" "))
        })
        .collect();
    if !listed.is_empty() {
        parts.push(listed.join("\n"));
    }
    parts.join("\n\n")
}

/// The statements of a method.
pub(super) fn block(method: &Method<'_>, content: Content) -> TokenStream {
    let url = url(method);
    let headers = headers(method);
    let verb = verb(method.operation.method().as_str());
    let send = match &method.body {
        Some(_) if content == Content::Given => quote! {
            .header(::reqwest::header::CONTENT_TYPE, content_type)
            .body(body)
            .build()?
        },
        _ => quote!(.build()?),
    };
    let body = match &method.body {
        Some(body) if content == Content::Documented => written(body),
        _ => TokenStream::new(),
    };
    let arms = replies::arms(method);
    let name = &method.ident;
    quote! {
        #url
        #headers
        let request = self.client.request(#verb, url).headers(headers);
        #body
        let mut request = request #send;
        let info = OperationInfo { operation_id: #name };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            #arms
        }
    }
}

fn url(method: &Method<'_>) -> TokenStream {
    let template = method.operation.path().as_str();
    let template = template.split('#').next().unwrap_or_default();
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let mut statements = Vec::new();
    let mut rest = path;
    if !path.starts_with('/') {
        statements.push(quote!(url.literal("/");));
    }
    while !rest.is_empty() {
        let variable = next_variable(rest, method);
        let literal = variable.map_or(rest, |(start, ..)| &rest[..start]);
        if !literal.is_empty() {
            statements.push(quote!(url.literal(#literal);));
        }
        let Some((_, end, input)) = variable else { break };
        let (name, ident) = (&input.name, format_ident!("{}", input.ident));
        let (style, explode) = (style(input), input.explode);
        statements.push(quote!(url.variable(#name, #style, #explode, &#ident);));
        rest = &rest[end..];
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty() && !pair.contains('{')) {
        statements.push(quote!(url.fixed(#pair);));
    }
    for input in &method.inputs {
        let (name, ident) = (&input.name, format_ident!("{}", input.ident));
        let (style, explode, reserved) = (style(input), input.explode, input.reserved);
        match input.location {
            Location::Query => {
                statements.push(quote!(url.query(#name, #style, #explode, #reserved, &#ident);));
            }
            Location::QueryString => statements.push(quote!(url.whole_query(&#ident);)),
            _ => {}
        }
    }
    quote! {
        let mut url = crate::wire::Url::new(&self.baseurl);
        #(#statements)*
        let url = url.finish().map_err(Error::InvalidRequest)?;
    }
}

/// The first variable of a path template that a parameter declares: where it starts and ends, and the parameter.
fn next_variable<'m>(path: &str, method: &'m Method<'_>) -> Option<(usize, usize, &'m Input)> {
    let mut from = 0;
    while let Some(start) = path[from..].find('{').map(|found| from + found) {
        let end = path[start..].find('}').map(|found| start + found)?;
        let name = &path[start + 1..end];
        let input = method.inputs.iter().find(|input| input.location == Location::Path && input.name == name);
        if let Some(input) = input {
            return Some((start, end + 1, input));
        }
        from = start + 1;
    }
    None
}

fn headers(method: &Method<'_>) -> TokenStream {
    let mut statements = Vec::new();
    if let Some(accept) = &method.accept {
        statements.push(quote! {
            headers.insert(::reqwest::header::ACCEPT, ::reqwest::header::HeaderValue::from_static(#accept));
        });
    }
    for input in &method.inputs {
        let (name, ident) = (&input.name, format_ident!("{}", input.ident));
        let (style, explode) = (style(input), input.explode);
        let function = match input.location {
            Location::Header => format_ident!("header"),
            Location::Cookie => format_ident!("cookie"),
            _ => continue,
        };
        statements.push(quote! {
            crate::wire::#function(&mut headers, #name, #style, #explode, &#ident).map_err(Error::InvalidRequest)?;
        });
    }
    let binding = if statements.is_empty() { quote!(let headers) } else { quote!(let mut headers) };
    quote! {
        #binding = ::reqwest::header::HeaderMap::new();
        #(#statements)*
    }
}

/// The statement that adds a body.
fn written(body: &Body) -> TokenStream {
    let media = &body.media;
    let content_type = quote!(.header(::reqwest::header::CONTENT_TYPE, #media));
    let add = match &body.kind {
        BodyKind::Json => quote!(request #content_type .json(body)),
        BodyKind::Form(styles) => {
            let styles = styles.iter().map(|(name, style, explode)| {
                let style = style_tokens(*style);
                quote!((#name, #style, #explode))
            });
            quote! {{
                let text = crate::wire::form(body, &[#(#styles),*]).map_err(Error::InvalidRequest)?;
                request #content_type .body(text)
            }}
        }
        BodyKind::Parts(types) => {
            let types = types.iter().map(|(name, media)| quote!((#name, #media)));
            quote! {{
                let (media, parts) = crate::wire::multipart(body, &[#(#types),*]).map_err(Error::InvalidRequest)?;
                request.header(::reqwest::header::CONTENT_TYPE, media).body(parts)
            }}
        }
        BodyKind::Xml(root) => quote! {{
            let text = crate::xml::body(body, #root).map_err(Error::InvalidRequest)?;
            request #content_type .body(text)
        }},
        BodyKind::Raw => quote!(request #content_type .body(body)),
    };
    let is_raw = matches!(body.kind, BodyKind::Raw);
    match body.required {
        true if is_raw => quote!(let request = #add;),
        true => quote!(let body = &body; let request = #add;),
        false if is_raw => quote! {
            let request = match body {
                Some(body) => #add,
                None => request,
            };
        },
        false => quote! {
            let request = match &body {
                Some(body) => #add,
                None => request,
            };
        },
    }
}

fn verb(name: &str) -> TokenStream {
    match name {
        "GET" | "PUT" | "POST" | "DELETE" | "OPTIONS" | "HEAD" | "PATCH" | "TRACE" => {
            let name = format_ident!("{name}");
            quote!(::reqwest::Method::#name)
        }
        other => quote! {
            ::reqwest::Method::from_bytes(#other.as_bytes())
                .map_err(|error| Error::InvalidRequest(error.to_string()))?
        },
    }
}

fn style(input: &Input) -> TokenStream {
    if input.is_json { quote!(crate::wire::Style::Json) } else { style_tokens(input.style) }
}

fn style_tokens(style: Style) -> TokenStream {
    let name = match style {
        Style::Matrix => "Matrix",
        Style::Label => "Label",
        Style::Simple => "Simple",
        Style::SpaceDelimited => "Space",
        Style::PipeDelimited => "Pipe",
        Style::TabDelimited => "Tab",
        Style::DeepObject => "Deep",
        _ => "Form",
    };
    let name = format_ident!("{name}");
    quote!(crate::wire::Style::#name)
}
