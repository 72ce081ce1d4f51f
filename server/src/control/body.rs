//! Bodies the control API reads: JSON or YAML, whatever the request says they are.
//!
//! `curl -X PUT …/reply -d 403` says its body is a form. Nothing is gained by refusing it: a page of another origin
//! is kept out by its `Origin`, not by its media type.

use std::marker::PhantomData;

use async_trait::async_trait;
use bytes::Bytes;
use dropshot::{
    ApiEndpointBodyContentType, ExclusiveExtractor, ExtractorMetadata, HttpError, RequestContext,
    ServerContext, TypedBody, UntypedBody,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

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
