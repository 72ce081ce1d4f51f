//! The implementation to begin with: it answers each operation with the document's example.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::plan::Held;
use super::code::{Named, variant};
use super::prepared;

/// The module of the stub; `LIBRARY` stands for the crate's library.
pub(super) fn stub(served: &[Named<'_, '_>]) -> syn::File {
    let methods = served.iter().map(method);
    let names = served.iter().flat_map(|one| [&one.request, &one.reply]);
    syn::parse_quote! {
        use dropshot::{HttpError, RequestContext};
        #[allow(unused_imports)]
        use LIBRARY::api::{Api, #(#names),*};
        #[allow(unused_imports)]
        use LIBRARY::reply::{Example, status};
        use LIBRARY::request::{Credentials, Request};

        #[doc = " What opens every operation until `authorise` looks credentials up: as a key, as a token, and as the password of"]
        #[doc = " the user `user`, as `Basic` sends it."]
        const SECRETS: [&str; 2] = ["secret", "dXNlcjpzZWNyZXQ="];

        #[doc = " Answers every operation with the document's example of it."]
        #[derive(Debug)]
        pub enum Stub {}

        #[doc = " Whether credentials open an operation."]
        #[doc = ""]
        #[doc = " Each is what was sent for a scheme of the document, and all of them have to be good."]
        fn authorise(credentials: &Credentials) -> bool {
            credentials.0.iter().all(|(_, sent)| SECRETS.contains(&sent.as_str()))
        }

        impl Api for Stub {
            type Context = ();

            #(#methods)*
        }
    }
}

fn method(served: &Named<'_, '_>) -> TokenStream {
    let ident = format_ident!("{}", served.method.ident);
    let (request, reply, key) = (&served.request, &served.reply, served.key());
    let answer = match prepared::usual(served.method.operation) {
        Some((code, response)) => {
            let variant = variant(response.status);
            let read = match served.method.held(response.status) {
                Held::Nothing => quote!(empty),
                Held::Json(_) => quote!(json),
                Held::Text => quote!(text),
                Held::Xml(..) | Held::Bytes => quote!(bytes),
            };
            let code = match response.status {
                counterfoil_openapi::StatusPattern::Exact(_) => quote!(),
                _ => quote!(status(#code),),
            };
            quote!(Ok(#reply::#variant(#code Example::of(#key).#read()?)))
        }
        None => quote!(Err(HttpError::for_internal_error("the document has no reply".to_owned()))),
    };
    quote! {
        async fn #ident(
            _context: RequestContext<()>,
            request: Request<#request>,
        ) -> Result<#reply, HttpError> {
            let request = match request.accept(authorise) {
                Ok(request) => request,
                Err(refused) => return Ok(#reply::Refused(refused)),
            };
            let _ = request;
            #answer
        }
    }
}
