//! Parameter Object (OpenAPI 3.0.3, section 4.7.12).

use std::fmt;
use std::sync::Arc;

use super::{Content, Example, example, media_type};
use crate::document::{Document, Place, Pointer, Version};
use crate::schema::Schema;

/// The headers that belong to the connection and not to whoever writes a request.
const TRANSPORT: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
];

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Location {
    /// A variable of the path template.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// The `Cookie` header.
    Cookie,
    /// The whole query string (3.2).
    QueryString,
}

impl Location {
    /// The word the document uses in `in`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::QueryString => "querystring",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Path, Self::Query, Self::Header, Self::Cookie, Self::QueryString]
            .into_iter()
            .find(|location| location.as_str() == word)
    }

    /// The style a parameter here has when it names none.
    pub fn default_style(self) -> Style {
        match self {
            Self::Path | Self::Header => Style::Simple,
            Self::Query | Self::Cookie | Self::QueryString => Style::Form,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a value is written into a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Style {
    /// `;color=blue`
    Matrix,
    /// `.blue`
    Label,
    /// `blue,black`
    Simple,
    /// `color=blue,black`
    Form,
    /// `blue%20black`
    SpaceDelimited,
    /// `blue|black`
    PipeDelimited,
    /// `blue%09black`: the `collectionFormat` `tsv` of 2.0, which no later edition has.
    TabDelimited,
    /// `color[R]=100`
    DeepObject,
    /// `color=blue; color=black`, without escapes (3.2).
    Cookie,
}

impl Style {
    /// The style a document's word names.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "matrix" => Self::Matrix,
            "label" => Self::Label,
            "simple" => Self::Simple,
            "form" => Self::Form,
            "spaceDelimited" => Self::SpaceDelimited,
            "pipeDelimited" => Self::PipeDelimited,
            "deepObject" => Self::DeepObject,
            "cookie" => Self::Cookie,
            _ => return None,
        })
    }

    /// Whether an array or object becomes several pairs where the document does not say.
    pub(crate) fn explodes_by_default(self) -> bool {
        matches!(self, Self::Form | Self::Cookie)
    }
}

/// One parameter of an operation.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name; header names are case-insensitive.
    pub name: String,
    /// Where it is sent.
    pub location: Location,
    /// Whether it must be sent; always so for path parameters.
    pub required: bool,
    /// Whether it is on its way out.
    pub deprecated: bool,
    /// How its value is written.
    pub style: Style,
    /// Whether arrays and objects are written as several pairs.
    pub explode: bool,
    /// Whether reserved characters (RFC 3986, section 2.2) are sent as they stand.
    pub allow_reserved: bool,
    /// Whether a query parameter may be sent without a value.
    pub allow_empty_value: bool,
    /// The schema of its decoded value.
    pub schema: Option<Schema>,
    /// The single media type of a `content`-typed parameter.
    pub content: Option<Content>,
    /// Its examples.
    pub examples: Vec<Example>,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

impl Parameter {
    /// The schema that says what a decoded value may be, a `content`-typed parameter's included.
    pub fn value_schema(&self) -> Option<&Schema> {
        self.schema.as_ref().or_else(|| self.content.as_ref()?.iter().next()?.schema.as_ref())
    }
}

/// Whether a header is the transport's own affair, whatever a document says of it.
pub(crate) fn is_transport_header(location: Location, name: &str) -> bool {
    location == Location::Header && TRANSPORT.iter().any(|header| name.eq_ignore_ascii_case(header))
}

/// Reads a parameter; the error says why it cannot be used.
pub(crate) fn read(document: &Arc<Document>, place: &Place<'_>) -> Result<Parameter, String> {
    let object = place.follow(document)?;
    let name = object.text("name").ok_or("a parameter without a name")?;
    let location = object.text("in").and_then(Location::of).ok_or_else(|| {
        format!("parameter `{name}`: `in` is none of path, query, header, cookie, querystring")
    })?;
    let style = object.text("style").and_then(Style::of).unwrap_or_else(|| location.default_style());
    let explode = object.value.get("explode").and_then(serde_json::Value::as_bool);
    Ok(Parameter {
        name: name.to_owned(),
        location,
        required: location == Location::Path || object.is("required"),
        deprecated: object.is("deprecated"),
        style,
        explode: explode.unwrap_or(style.explodes_by_default()),
        // Before 3.2 it is for queries only.
        allow_reserved: object.is("allowReserved")
            && (location == Location::Query || document.version() >= Version::V3_2),
        allow_empty_value: object.is("allowEmptyValue"),
        schema: object.get("schema").map(|schema| Schema::new(document, schema.pointer)),
        content: object.get("content").map(|_| media_type::read_content(document, &object)),
        examples: example::read(document, &object),
        pointer: object.pointer,
    })
}
