//! What a request says in its path, its query and its body.
//!
//! What cannot be read is told by the handler, so that it is told as a problem document, and only to those who are let
//! in.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use counterfoil_openapi::Document;
use dropshot::{
    ApiEndpointBodyContentType, ExclusiveExtractor, ExtractorMetadata, HttpError, Path, Query,
    RequestContext, ServerContext, SharedExtractor, TypedBody, UntypedBody,
};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Metadata, Schema, SchemaObject, SingleOrVec};
use serde::de::DeserializeOwned;

use super::asked;
use super::problem::{FindingBody, Problem};
use crate::state::State;

/// What dropshot reads from a request, or why it could not.
pub(crate) struct Said<E>(Result<E, Problem>);

/// The variables of a path.
pub(crate) type SaidPath<T> = Said<Path<T>>;
/// The parameters of a query.
pub(crate) type SaidQuery<T> = Said<Query<T>>;

impl<T: DeserializeOwned + JsonSchema + Send + Sync> Said<Path<T>> {
    /// What the path says.
    pub(super) fn read(self) -> Result<T, Problem> {
        self.0.map(Path::into_inner)
    }
}

impl<T: DeserializeOwned + JsonSchema + Send + Sync> Said<Query<T>> {
    /// What the query says.
    pub(super) fn read(self) -> Result<T, Problem> {
        self.0.map(Query::into_inner)
    }
}

#[async_trait]
impl<E: SharedExtractor> SharedExtractor for Said<E> {
    async fn from_request<Context: ServerContext>(
        rqctx: &RequestContext<Context>,
    ) -> Result<Self, HttpError> {
        Ok(Self(E::from_request(rqctx).await.map_err(Problem::from)))
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        E::metadata(content_type)
    }
}

/// A body as bytes, documented as a JSON value of type `T`: JSON or YAML, whatever the request says it is.
///
/// `curl -X PUT …/reply -d 403` says its body is a form. Nothing is gained by refusing it: a page of another origin
/// is kept out by its `Origin`, not by its media type.
pub(crate) struct SaidBody<T> {
    bytes: Result<Bytes, Problem>,
    kind: PhantomData<fn() -> T>,
}

impl<T> SaidBody<T> {
    /// The bytes as sent.
    pub(crate) fn bytes(self) -> Result<Bytes, Problem> {
        self.bytes
    }

    /// The bytes as sent, and the body by its type.
    pub(super) fn both(self) -> Result<(Bytes, T), Problem>
    where
        T: DeserializeOwned + JsonSchema,
    {
        let bytes = self.bytes?;
        let value = read(&bytes)?;
        Ok((bytes, value))
    }

    /// The body by its type.
    pub(super) fn read(self) -> Result<T, Problem>
    where
        T: DeserializeOwned + JsonSchema,
    {
        read(&self.bytes?)
    }

    /// The body by its type, where it need not be there.
    pub(super) fn read_or_default(self) -> Result<T, Problem>
    where
        T: DeserializeOwned + JsonSchema + Default,
    {
        let bytes = self.bytes?;
        if bytes.iter().all(u8::is_ascii_whitespace) { Ok(T::default()) } else { read(&bytes) }
    }
}

/// Reads a body of JSON or YAML by its type.
fn read<T: DeserializeOwned + JsonSchema>(bytes: &[u8]) -> Result<T, Problem> {
    let is_object = is_object::<T>();
    let unreadable = |line: usize, message: String| {
        let found = FindingBody::unplaced("value-invalid", line, message.clone());
        Problem::with(format!("the body cannot be read: {message}"), vec![found])
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(unreadable(1, "it is missing".to_owned()));
    }
    // serde would take a list for the members of an object in their order.
    let list = || unreadable(1, "it is a list, where an object is meant".to_owned());
    if is_object && bytes.trim_ascii_start().starts_with(b"[") {
        return Err(list());
    }
    match serde_json::from_slice(bytes) {
        Ok(read) => Ok(read),
        Err(error) if error.is_data() => Err(unreadable(error.line(), error.to_string())),
        Err(error) => {
            // What is no JSON may be YAML.
            let Ok((document, _)) = Document::read_tree("body", bytes) else {
                return Err(unreadable(error.line(), error.to_string()));
            };
            if is_object && document.root().is_array() {
                return Err(list());
            }
            T::deserialize(document.root()).map_err(|error| unreadable(0, error.to_string()))
        }
    }
}

/// Whether the document says that a body is an object.
fn is_object<T: JsonSchema>() -> bool {
    let object = SingleOrVec::Single(Box::new(InstanceType::Object));
    T::json_schema(&mut SchemaGenerator::default()).into_object().instance_type == Some(object)
}

/// The schema of what is read as a script is, with positions: any value, in words.
pub(super) fn any(description: &str) -> Schema {
    let metadata = Metadata { description: Some(description.to_owned()), ..Metadata::default() };
    SchemaObject { metadata: Some(Box::new(metadata)), ..SchemaObject::default() }.into()
}

#[async_trait]
impl<T> ExclusiveExtractor for SaidBody<T>
where
    T: JsonSchema + DeserializeOwned + Send + Sync + 'static,
{
    async fn from_request<Context: ServerContext>(
        rqctx: &RequestContext<Context>,
        request: hyper::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        // Nothing is read of who is not let in; the handler says why once more.
        let asked: Option<&RequestContext<Arc<State>>> = (rqctx as &dyn Any).downcast_ref();
        if let Some(Err(problem)) = asked.map(asked::let_in) {
            return Ok(Self { bytes: Err(problem), kind: PhantomData });
        }
        let body = UntypedBody::from_request(rqctx, request).await;
        let bytes = body.map(|body| Bytes::copy_from_slice(body.as_bytes())).map_err(Problem::from);
        Ok(Self { bytes, kind: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <TypedBody<T> as ExclusiveExtractor>::metadata(content_type)
    }
}
