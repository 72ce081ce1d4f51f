//! Pieces of Rust: texts with holes, requests that are sent raw, and claims.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::claim::Claim;
use crate::replay::{Piece, Place, RecipeBody, RecipeStep, SecretForm, SecretPart, Template};

/// How what a reply told stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Plain,
    /// As in a segment of a path.
    Escaped,
}

/// The client with those header fields of a step that hold secrets.
pub(super) fn client(step: &RecipeStep) -> TokenStream {
    let fields = step.request.headers.iter().filter(|(_, value)| holds_secret(value)).map(|(name, value)| {
        let value = text(value, Hole::Plain);
        quote!((#name, #value))
    });
    quote!(client(&[#(#fields),*]))
}

/// A step as it goes over the wire; what comes back is `reply`, or `reply_N` where a later step asks it for something.
pub(super) fn raw(steps: &[RecipeStep], at: usize) -> TokenStream {
    let request = &steps[at].request;
    let is_named = |piece: &Piece| matches!(piece, Piece::Reply { step, .. } if *step == at);
    let is_used = steps.iter().any(|step| step.request.pieces().any(is_named));
    let name = match (at + 1 == steps.len(), is_used) {
        (true, _) => format_ident!("reply"),
        (false, true) => format_ident!("reply_{at}"),
        (false, false) => format_ident!("_reply_{at}"),
    };
    let headers = request.headers.iter().filter(|(_, value)| !holds_secret(value)).map(|(name, value)| {
        let value = text(value, Hole::Plain);
        quote!((#name, #value))
    });
    let body = match &request.body {
        None => quote!(""),
        Some(RecipeBody::Text(body)) => match body.pieces.as_slice() {
            [] => quote!(""),
            [Piece::Text(plain)] => quote!(#plain),
            _ => {
                let body = text(body, Hole::Plain);
                quote!(#body.to_owned())
            }
        },
        Some(RecipeBody::Hex(digits)) => {
            let literal = Literal::byte_string(&crate::replay::unhex(digits).unwrap_or_default());
            quote!(&#literal[..])
        }
    };
    let (client, method, target) =
        (client(&steps[at]), &request.method, text(&request.target, Hole::Escaped));
    quote!(let #name = send(&#client, #method, #target, &[#(#headers),*], #body).await;)
}

/// Whether a text has a secret in it.
pub(super) fn holds_secret(text: &Template) -> bool {
    text.pieces.iter().any(|piece| matches!(piece, Piece::Secret { .. }))
}

/// A text as a `&str`, its holes filled when it is sent.
fn text(template: &Template, hole: Hole) -> TokenStream {
    let pieces: Vec<TokenStream> = template.pieces.iter().map(|piece| self::piece(piece, hole)).collect();
    match pieces.as_slice() {
        [] => quote!(""),
        [piece] => piece.clone(),
        pieces => quote!([#(#pieces),*].concat().as_str()),
    }
}

fn piece(piece: &Piece, hole: Hole) -> TokenStream {
    match piece {
        Piece::Text(text) => quote!(#text),
        Piece::Secret { variable, part, form } => {
            let value = match part {
                SecretPart::Whole => quote!(secret(#variable)),
                SecretPart::Credential => quote!(credential(#variable)),
                SecretPart::WrongPassword => quote!(wrong_password(#variable)),
            };
            match form {
                SecretForm::Percent => quote!(escaped(&#value).as_str()),
                SecretForm::Json => quote!(quoted(&#value).as_str()),
                SecretForm::Base64 => quote!(base64(&#value, b"+/").as_str()),
                SecretForm::Base64Url => quote!(base64(&#value, b"-_").as_str()),
                _ => quote!(#value.as_str()),
            }
        }
        Piece::Reply { step, place } => {
            let reply = format_ident!("reply_{step}");
            match (place, hole) {
                (Place::Body(pointer), Hole::Plain) => quote!(told(&#reply, #pointer).as_str()),
                (Place::Body(pointer), Hole::Escaped) => quote!(escaped(&told(&#reply, #pointer)).as_str()),
                // There it is escaped already.
                (Place::Location, _) => quote!(location(&#reply).as_str()),
                (Place::ETag, _) => quote!(tag(&#reply).as_str()),
            }
        }
    }
}

/// A claim about `status`.
pub(super) fn of_status(ranges: &[(u16, u16)]) -> TokenStream {
    let patterns = ranges.iter().map(|(from, to)| {
        let literal = Literal::u16_unsuffixed;
        let (first, last) = (literal(*from), literal(*to));
        match to - from {
            0 => quote!(#first),
            1 => quote!(#first | #last),
            _ => quote!(#first..=#last),
        }
    });
    quote! {
        assert!(matches!(status, #(#patterns)|*), "it is answered {status}");
    }
}

/// A claim about `reply`.
pub(super) fn of_reply(claim: &Claim) -> TokenStream {
    match claim {
        Claim::Answered => quote!(assert!(reply.status >= 100);),
        Claim::Status(ranges) => {
            let claim = of_status(ranges);
            quote! {
                let status = reply.status;
                #claim
            }
        }
        Claim::MediaType(names) => quote! {
            let sent = reply.headers.get("content-type").and_then(|value| value.to_str().ok());
            let name = sent.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            assert!([#(#names),*].contains(&name.as_str()), "its media type is {name:?}");
        },
        Claim::Body { status, schema } => {
            let status = Literal::u16_unsuffixed(*status);
            quote! {
                if reply.status == #status {
                    let schema: serde_json::Value = serde_json::from_str(#schema).expect("a schema");
                    let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("a body of JSON");
                    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema);
                    let found = validator.expect("a schema").validate(&body).map_err(|error| error.to_string());
                    assert_eq!(found, Ok(()), "in {body}");
                } else {
                    assert!(reply.status < 500, "it is answered {}", reply.status);
                }
            }
        }
    }
}
