//! Bodies the control API reads: JSON or YAML, whatever the request says they are.
//!
//! `curl -X PUT …/reply -d 403` says its body is a form. Nothing is gained by refusing it: a page of another origin
//! is kept out by its `Origin`, not by its media type.

use std::marker::PhantomData;

use async_trait::async_trait;
use bytes::Bytes;
use counterfoil_openapi::Document;
use dropshot::{
    ApiEndpointBodyContentType, ExclusiveExtractor, ExtractorMetadata, HttpError, RequestContext,
    ServerContext, TypedBody, UntypedBody,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::problem::{FindingBody, Problem};

/// A body as bytes, documented as a JSON value of type `T`.
pub(crate) struct Described<T> {
    bytes: Bytes,
    kind: PhantomData<fn() -> T>,
}

impl<T> Described<T> {
    /// The bytes as sent.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a body of JSON or YAML by its type; an empty one is an empty object.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    let unreadable = |line: usize, message: String| {
        let found = FindingBody::unplaced("value-invalid", line, message.clone());
        Problem::with(format!("the body cannot be read: {message}"), vec![found])
    };
    match serde_json::from_slice(bytes) {
        Ok(read) => Ok(read),
        Err(error) if error.is_data() => Err(unreadable(error.line(), error.to_string())),
        Err(error) => {
            // What is no JSON may be YAML.
            let Ok((document, _)) = Document::read_tree("body", bytes) else {
                return Err(unreadable(error.line(), error.to_string()));
            };
            T::deserialize(document.root()).map_err(|error| unreadable(0, error.to_string()))
        }
    }
}

#[async_trait]
impl<T> ExclusiveExtractor for Described<T>
where
    T: JsonSchema + DeserializeOwned + Send + Sync + 'static,
{
    async fn from_request<Context: ServerContext>(
        rqctx: &RequestContext<Context>,
        request: hyper::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        let body = UntypedBody::from_request(rqctx, request).await?;
        Ok(Self { bytes: Bytes::copy_from_slice(body.as_bytes()), kind: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <TypedBody<T> as ExclusiveExtractor>::metadata(content_type)
    }
}
