//! The test of a client: each operation that a value can be made up for is called for each of its documented replies.

use counterfoil_openapi::StatusPattern;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::names::Names;
use super::super::plan::Method;
use super::super::types::Types;
use super::{Statuses, values};

/// The most operations that are tested, so that the test of a large document is soon compiled.
const MAX_TESTED: usize = 250;

/// The source of the test but for what it uses; nothing where no operation can be called.
pub(crate) fn test<'m>(
    methods: impl Iterator<Item = (&'m Method<'m>, &'m Statuses)>,
    types: &Types<'_>,
) -> Option<syn::File> {
    let mut names = Names::without(&["connected"]);
    let all = methods.filter_map(|(method, of)| operation(method, of, types, &mut names));
    let tests: Vec<TokenStream> = all.take(MAX_TESTED).collect();
    if tests.is_empty() {
        return None;
    }
    syn::parse2(quote! {
        async fn connected() -> Stub {
            let url = std::env::var("COUNTERFOIL_CONTROL_URL");
            let url = url.unwrap_or_else(|_| "http://127.0.0.1:4011".to_owned());
            Stub::connect(&url).await.expect("a stub")
        }

        #(#tests)*
    })
    .ok()
}

fn operation(
    method: &Method<'_>,
    of: &Statuses,
    types: &Types<'_>,
    names: &mut Names,
) -> Option<TokenStream> {
    let (marker, module) = (format_ident!("{}", of.operation), format_ident!("{}", of.module));
    let scripted = scripted(of);
    let codes: Vec<u16> = scripted.iter().map(|(code, _)| *code).collect();
    let mut replies = scripted.iter().map(|(_, reply)| quote!(stub::#module::#reply));
    let (first, rest) = (replies.next()?, replies);
    let count = u64::try_from(codes.len()).ok()?;
    let (given, arguments) = values::arguments(method, types)?;
    let ident = format_ident!("{}", method.ident);
    let name = format_ident!("{}", names.snake(&method.ident, "operation"));
    Some(quote! {
        #[tokio::test]
        async fn #name() {
            let stub = connected().await;
            let client = stub.client().expect("a client");
            stub.on::<stub::#marker>()
                .valid_or_not()
                .reply(#first)
                #(.then(#rest))*
                .expect(#count)
                .await
                .expect("documented replies");
            #given
            for status in [#(#codes),*] {
                let replied = match client.#ident(#(#arguments),*).await {
                    Ok(reply) => reply.status(),
                    Err(Error::ErrorResponse(reply)) => reply.status(),
                    Err(other) => panic!("{status}: {other:?}"),
                };
                assert_eq!(replied.as_u16(), status);
            }
            stub.verify().await.expect("each was called for");
        }
    })
}

/// Each documented reply with a status of it: ranges and `default` with one that no other is for.
fn scripted(of: &Statuses) -> Vec<(u16, TokenStream)> {
    let is_listed = |code: u16| of.all.iter().any(|(status, _)| *status == StatusPattern::Exact(code));
    let has_range = |code: u16| of.all.iter().any(|(status, _)| u16::from(range_of(*status)) == code / 100);
    let made = |status: StatusPattern| match status {
        StatusPattern::Exact(code) => Some(code).filter(|code| (200..600).contains(code)),
        StatusPattern::Range(digit @ 2..=5) => {
            // Some statuses have no body, whatever the document says of their range.
            let first = u16::from(digit) * 100;
            (first..first + 100).find(|code| !is_listed(*code) && ![204, 205, 304].contains(code))
        }
        StatusPattern::Range(_) => None,
        StatusPattern::Default => {
            (500..600).chain(400..500).find(|code| !is_listed(*code) && !has_range(*code))
        }
    };
    let with_code = |(status, name): &(StatusPattern, String)| {
        let (code, name) = (made(*status)?, format_ident!("{name}"));
        let reply = match status {
            StatusPattern::Exact(_) => quote!(#name::example()),
            _ => quote!(#name::example(#code)),
        };
        Some((code, reply))
    };
    of.all.iter().filter_map(with_code).collect()
}

/// The hundreds of a range of statuses; 0 for what is none.
fn range_of(status: StatusPattern) -> u8 {
    match status {
        StatusPattern::Range(digit) => digit,
        _ => 0,
    }
}
