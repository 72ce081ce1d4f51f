//! Parameters: which style or media type reads and writes them where they are sent.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::cookie::Cookies;
use super::error::{EncodeError, Inexpressible};
use super::escape::{Escape, Role};
use super::query::{QueryPairs, QueryWriter};
use super::scalar::{self, Reading};
use super::style::{Delimiter, PairStyle, delimited, form, label, matrix, simple};
use super::{content, escape, header};
use crate::contract::{Location, Parameter, Style};
use crate::schema::Direction;
use crate::schema::Shape;
use crate::violation::Part;

/// Reads one value by a schema that says its type.
fn read(parameter: &Parameter, read: impl Fn(&Shape<'_>, &Reading) -> Option<Value>) -> Option<Value> {
    let schema = parameter.value_schema();
    let shape = Shape::of(schema);
    scalar::read_validly(
        schema,
        Direction::Request,
        |reading| read(&shape, reading),
        |value: &Option<Value>| value.as_ref(),
    )
}

/// Reads the raw text of a path variable.
///
/// # Errors
///
/// When it is not in its style or not escaped soundly, or a `content`-typed parameter does not hold what its media
/// type says.
pub(crate) fn decode_path(parameter: &Parameter, raw: &str) -> Result<Value, String> {
    if let Some(fault) = escape::fault(raw) {
        return Err(fault);
    }
    if let Some(content) = &parameter.content {
        return content::decode(content, &Escape::Path.read(raw), Direction::Request);
    }
    let (name, explode) = (parameter.name.as_str(), parameter.explode);
    let schema = parameter.value_schema();
    let shape = Shape::of(schema);
    scalar::read_validly(
        schema,
        Direction::Request,
        |reading| match (parameter.style, Delimiter::of(parameter.style)) {
            (Style::Label, _) => label::decode(raw, explode, &shape, reading),
            (Style::Matrix, _) => matrix::decode(name, raw, explode, &shape, reading),
            (_, Some(delimiter)) => Ok(delimited::decode_text(raw, delimiter, Escape::Path, &shape, reading)),
            _ => Ok(simple::decode(raw, explode, Escape::Path, &shape, reading)),
        },
        |read| read.as_ref().ok(),
    )
}

/// Reads a query parameter; nothing when it is not there. `is_taken` says which names mean something else.
///
/// # Errors
///
/// When it is not escaped soundly, or a `content`-typed parameter does not hold what its media type says.
pub(crate) fn decode_query(
    parameter: &Parameter,
    pairs: &QueryPairs<'_>,
    is_taken: &dyn Fn(&str) -> bool,
) -> Result<Option<Value>, String> {
    let name = parameter.name.as_str();
    let decoded = match &parameter.content {
        Some(content) => {
            let text = pairs.text(name);
            text.map(|text| content::decode(content, &text, Direction::Request)).transpose()
        }
        None => Ok(read(parameter, |shape, reading| {
            style(parameter).decode(name, pairs, Escape::Query, shape, reading, is_taken)
        })),
    };
    match pairs.fault() {
        Some(fault) => Err(fault),
        None => decoded,
    }
}

/// Reads a parameter that is the whole query string; nothing when there is none.
///
/// # Errors
///
/// When it is not escaped soundly, or not what its media type says.
pub(crate) fn decode_query_string(parameter: &Parameter, raw: Option<&str>) -> Result<Option<Value>, String> {
    let (Some(raw), Some(content)) = (raw.filter(|raw| !raw.is_empty()), &parameter.content) else {
        return Ok(None);
    };
    match escape::fault(raw) {
        Some(fault) => Err(fault),
        None => content::decode_query_string(content, raw).map(Some),
    }
}

/// Reads a header parameter; nothing when it is not there.
///
/// # Errors
///
/// When a `content`-typed parameter does not hold what its media type says.
pub(crate) fn decode_request_header(
    parameter: &Parameter,
    headers: &HeaderMap,
) -> Result<Option<Value>, String> {
    let Some(raw) = header::joined(headers, &parameter.name) else { return Ok(None) };
    if let Some(content) = &parameter.content {
        return content::decode(content, &raw, Direction::Request).map(Some);
    }
    Ok(read(parameter, |shape, reading| {
        Some(header::decode_text(&raw, parameter.style, parameter.explode, shape, reading))
    }))
}

/// Reads a cookie; nothing when it is not there.
///
/// # Errors
///
/// When a `content`-typed parameter does not hold what its media type says.
pub(crate) fn decode_cookie(parameter: &Parameter, cookies: &Cookies) -> Result<Option<Value>, String> {
    let found = cookies.named(&parameter.name);
    if let Some(content) = &parameter.content {
        let decode = |raw: &&str| content::decode(content, &Escape::Cookie.read(raw), Direction::Request);
        return found.first().map(decode).transpose();
    }
    let types = Shape::of(parameter.value_schema()).types();
    if parameter.explode && types.is_object() {
        return Ok(decode_cookie_members(parameter, cookies));
    }
    if found.is_empty() {
        return Ok(None);
    }
    let escape = cookie_escape(parameter);
    Ok(read(parameter, |shape, reading| {
        Some(form::decode_values(&found, parameter.explode, escape, shape, reading))
    }))
}

/// An exploded object has a cookie for each property it declares.
fn decode_cookie_members(parameter: &Parameter, cookies: &Cookies) -> Option<Value> {
    read(parameter, |shape, reading| {
        let mut members = Map::new();
        for name in shape.property_names() {
            let found = cookies.named(name);
            if !found.is_empty() {
                let property = shape.property(name);
                let value = form::decode_member(&found, cookie_escape(parameter), &property, reading);
                members.insert(name.to_owned(), value);
            }
        }
        (!members.is_empty()).then_some(Value::Object(members))
    })
}

fn cookie_escape(parameter: &Parameter) -> Escape {
    if parameter.style == Style::Cookie { Escape::PlainCookie } else { Escape::Cookie }
}

/// The text of a path variable; `escape` says what else stands in its segment.
pub(super) fn encode_path(
    parameter: &Parameter,
    value: &Value,
    escape: Escape,
) -> Result<String, EncodeError> {
    let part = || Part::Parameter(Location::Path, parameter.name.clone());
    let shape = Shape::of(parameter.value_schema());
    let written = match (&parameter.content, Delimiter::of(parameter.style)) {
        (Some(content), _) => {
            let mut text = String::new();
            let written = content::encode(content, value);
            written.and_then(|written| escape.write(&written, Role::Whole, &mut text)).map(|()| text)
        }
        (None, Some(delimiter)) => delimited::encode_text(value, delimiter, escape, &shape),
        (None, None) => match parameter.style {
            Style::Label => label::encode(value, parameter.explode, &shape),
            Style::Matrix => matrix::encode(&parameter.name, value, parameter.explode, escape, &shape),
            _ if parameter.allow_reserved && escape == Escape::Path => {
                simple::encode(value, parameter.explode, Escape::PathReserved, &shape)
            }
            _ => simple::encode(value, parameter.explode, escape, &shape),
        },
    };
    let text = written.map_err(|why| why.at(part()))?;
    if text.is_empty() {
        return Err(Inexpressible("a path variable cannot be empty").at(part()));
    }
    Ok(text)
}

/// Writes a query parameter.
pub(super) fn encode_query(
    parameter: &Parameter,
    value: &Value,
    out: &mut QueryWriter,
) -> Result<(), EncodeError> {
    let escape = if parameter.allow_reserved { Escape::QueryReserved } else { Escape::Query };
    let shape = Shape::of(parameter.value_schema());
    let name = parameter.name.as_str();
    let written = match &parameter.content {
        Some(content) => {
            content::encode(content, value).and_then(|written| out.pair(name, &written, Role::Whole, escape))
        }
        None => style(parameter).encode(name, value, escape, &shape, out),
    };
    written.map_err(|why| why.at(Part::Parameter(parameter.location, parameter.name.clone())))
}

/// The whole query string that says the value of a parameter.
pub(super) fn encode_query_string(parameter: &Parameter, value: &Value) -> Result<String, EncodeError> {
    let written = match &parameter.content {
        Some(content) => content::encode_query_string(content, value),
        None => Err(Inexpressible("a query string as a whole needs a media type")),
    };
    written.map_err(|why| why.at(Part::Parameter(parameter.location, parameter.name.clone())))
}

/// Writes a cookie.
pub(super) fn encode_cookie(
    parameter: &Parameter,
    value: &Value,
    out: &mut QueryWriter,
) -> Result<(), EncodeError> {
    let shape = Shape::of(parameter.value_schema());
    let name = parameter.name.as_str();
    let undeclared = |members: &Map<String, Value>| {
        let declared = shape.property_names();
        members.keys().any(|member| !declared.contains(&member.as_str()))
    };
    let written = match (&parameter.content, value) {
        (Some(content), _) => content::encode(content, value)
            .and_then(|written| out.pair(name, &written, Role::Whole, Escape::Cookie)),
        (None, Value::Object(members))
            if parameter.explode && shape.types().is_object() && undeclared(members) =>
        {
            Err(Inexpressible("an undeclared member of an exploded object is a cookie on its own"))
        }
        (None, _) => form::encode(name, value, parameter.explode, cookie_escape(parameter), &shape, out),
    };
    written.map_err(|why| why.at(Part::Parameter(Location::Cookie, parameter.name.clone())))
}

fn style(parameter: &Parameter) -> PairStyle {
    PairStyle { style: parameter.style, explode: parameter.explode }
}

/// The text of a header parameter.
pub(super) fn encode_request_header(parameter: &Parameter, value: &Value) -> Result<String, EncodeError> {
    let shape = Shape::of(parameter.value_schema());
    header::encode_text(value, parameter.content.as_ref(), parameter.style, parameter.explode, &shape)
        .map_err(|why| why.at(Part::Parameter(Location::Header, parameter.name.clone())))
}
