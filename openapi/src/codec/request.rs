//! A whole request from its values.

use std::collections::HashMap;

use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::body;
use super::error::EncodeError;
use super::escape::{Escape, Role};
use super::media;
use super::parameter;
use super::query::QueryWriter;
use super::scalar;
use super::style::form;
use super::values::{BodyValue, RequestValues};
use crate::contract::{Location, Operation, Parameter, Style};
use crate::message::Request;
use crate::schema::Shape;
use crate::violation::Part;

/// What no path may hold as it stands; everything else is the template's own affair.
const ILLEGAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The request that says these values to an operation.
///
/// - The target has no server's base path before it.
/// - Parameters come in the order of the document, then values that it does not know, in their own order.
/// - A value of the wrong type is written as its text; a missing one is left out, a path variable excepted.
/// - `Content-Type` is set where there is a body; nothing is signed.
///
/// # Errors
///
/// When a path variable has no value, or a value cannot be expressed where it is to be sent.
pub fn encode_request(operation: &Operation, values: &RequestValues) -> Result<Request, EncodeError> {
    let mut request = Request::new(operation.method().clone(), encode_path(operation, values)?);
    let query = encode_query(operation, values)?;
    if !query.is_empty() {
        request.target.push('?');
        request.target.push_str(&query);
    }
    for (name, value) in &values.header {
        let text = match documented(operation, Location::Header, name) {
            Some(parameter) => parameter::encode_request_header(parameter, value)?,
            None => undocumented_text(Location::Header, name, value)?,
        };
        let part = || Part::Parameter(Location::Header, name.clone());
        let field = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| EncodeError::new(part(), "this is no name of a header field"))?;
        request.headers.append(field, header_value(&text, part)?);
    }
    let cookies = encode_cookies(operation, values)?;
    if !cookies.is_empty() {
        request.headers.insert(COOKIE, header_value(&cookies, || Part::Security)?);
    }
    if let Some(body) = &values.body {
        encode_body(operation, body, &mut request)?;
    }
    Ok(request)
}

fn documented<'o>(operation: &'o Operation, location: Location, name: &str) -> Option<&'o Parameter> {
    operation.parameters_in(location).find(|parameter| match location {
        Location::Header => parameter.name.eq_ignore_ascii_case(name),
        _ => parameter.name == name,
    })
}

fn header_value(text: &str, part: impl Fn() -> Part) -> Result<HeaderValue, EncodeError> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| EncodeError::new(part(), "no header field can hold it"))
}

fn encode_path(operation: &Operation, values: &RequestValues) -> Result<String, EncodeError> {
    let template = operation.path();
    let mut written: HashMap<&str, String> = HashMap::new();
    for parameter in operation.parameters_in(Location::Path) {
        let Some(value) = values.path.get(&parameter.name) else { continue };
        let escape =
            if is_mixed(template.as_str(), &parameter.name) { Escape::MixedPath } else { Escape::Path };
        written.insert(&parameter.name, parameter::encode_path(parameter, value, escape)?);
    }
    for name in template.variables() {
        if !written.contains_key(name) {
            let part = Part::Parameter(Location::Path, name.to_owned());
            return Err(EncodeError::new(part, "a path variable without a value"));
        }
    }
    let path = template.fill(|name| written.get(name).cloned().unwrap_or_default());
    let path = utf8_percent_encode(&path, ILLEGAL).to_string();
    let captured = template.captures(&path).unwrap_or_default();
    let is_misread = |name: &&str| {
        let found = captured.iter().find(|(captured, _)| captured == name);
        found.map(|(_, raw)| *raw) != written.get(*name).map(String::as_str)
    };
    if let Some(name) = template.variables().find(is_misread) {
        let part = Part::Parameter(Location::Path, name.to_owned());
        return Err(EncodeError::new(part, "it cannot be told from what stands beside it in its segment"));
    }
    let is_dots = |segment: &str| matches!(Escape::Path.read(segment).as_ref(), "." | "..");
    if let Some(name) = template.variables().next()
        && path.split('/').any(is_dots)
    {
        let part = Part::Parameter(Location::Path, name.to_owned());
        return Err(EncodeError::new(part, "a path segment of dots means another path"));
    }
    Ok(path)
}

/// Whether more than this variable stands in its segment.
fn is_mixed(template: &str, name: &str) -> bool {
    let variable = format!("{{{name}}}");
    template.split('/').any(|segment| segment.contains(&variable) && segment != variable)
}

fn encode_query(operation: &Operation, values: &RequestValues) -> Result<String, EncodeError> {
    let whole = operation.parameters_in(Location::QueryString).next();
    let whole_value = whole.and_then(|parameter| Some((parameter, values.query.get(&parameter.name)?)));
    if let Some((parameter, value)) = whole_value {
        return encode_query_string(operation, parameter, value, values);
    }
    let mut out = QueryWriter::new("&");
    for parameter in operation.parameters_in(Location::Query) {
        if let Some(value) = values.query.get(&parameter.name) {
            check_members(operation, parameter, value)?;
            parameter::encode_query(parameter, value, &mut out)?;
        }
    }
    let unknown = |name: &str| documented(operation, Location::Query, name).is_none();
    for (name, value) in values.query.iter().filter(|(name, _)| unknown(name)) {
        encode_undocumented(Location::Query, Escape::Query, name, value, &mut out)?;
    }
    let written = out.into_text();
    let is_written = |name: &str| written.split('&').any(|pair| pair.split('=').next() == Some(name));
    // What a template's own query asks for must be there for the request to mean this operation.
    let asked = operation.path().query_pairs().filter(|(name, _)| !is_written(name));
    let mut pairs: Vec<String> = asked.map(|(name, value)| format!("{name}={value}")).collect();
    if !written.is_empty() {
        pairs.push(written);
    }
    Ok(pairs.join("&"))
}

/// The query of a parameter that is all of it (OpenAPI 3.2.0, section 4.12.2).
fn encode_query_string(
    operation: &Operation,
    parameter: &Parameter,
    value: &Value,
    values: &RequestValues,
) -> Result<String, EncodeError> {
    let error =
        |message| EncodeError::new(Part::Parameter(parameter.location, parameter.name.clone()), message);
    if values.query.len() > 1 || operation.path().query_pairs().next().is_some() {
        return Err(error("nothing can stand beside a parameter that is the whole query string"));
    }
    let written = parameter::encode_query_string(parameter, value)?;
    if written.is_empty() {
        return Err(error("an empty query string cannot be told from none"));
    }
    Ok(written)
}

/// The members of an exploded object stand beside the other parameters, and one of the same name is that parameter.
fn check_members(operation: &Operation, parameter: &Parameter, value: &Value) -> Result<(), EncodeError> {
    let is_other = |name: &&String| {
        documented(operation, Location::Query, name).is_some_and(|other| other.name != parameter.name)
    };
    match value {
        Value::Object(members)
            if parameter.content.is_none()
                && parameter.style == Style::Form
                && parameter.explode
                && members.keys().any(|name| is_other(&name)) =>
        {
            let part = Part::Parameter(Location::Query, parameter.name.clone());
            Err(EncodeError::new(part, "a member of an exploded object has the name of another parameter"))
        }
        _ => Ok(()),
    }
}

fn encode_cookies(operation: &Operation, values: &RequestValues) -> Result<String, EncodeError> {
    let mut out = QueryWriter::new("; ");
    for (name, value) in &values.cookie {
        match documented(operation, Location::Cookie, name) {
            Some(parameter) => parameter::encode_cookie(parameter, value, &mut out)?,
            None => encode_undocumented(Location::Cookie, Escape::Cookie, name, value, &mut out)?,
        }
    }
    Ok(out.into_text())
}

fn encode_undocumented(
    location: Location,
    escape: Escape,
    name: &str,
    value: &Value,
    out: &mut QueryWriter,
) -> Result<(), EncodeError> {
    let (explode, shape) = (true, Shape::of(None));
    form::encode(name, value, explode, escape, &shape, out)
        .map_err(|why| why.at(Part::Parameter(location, name.to_owned())))
}

fn undocumented_text(location: Location, name: &str, value: &Value) -> Result<String, EncodeError> {
    let mut text = String::new();
    scalar::write(value, &Shape::of(None))
        .and_then(|written| Escape::Header.write(&written, Role::Whole, &mut text))
        .map_err(|why| why.at(Part::Parameter(location, name.to_owned())))?;
    Ok(text)
}

fn encode_body(operation: &Operation, value: &BodyValue, request: &mut Request) -> Result<(), EncodeError> {
    let documented = operation.request_body();
    let media = documented.and_then(|documented| documented.content.matching(&value.media_type));
    request.body = body::encode_as(&value.media_type, media, &value.payload)?;
    let is_form = media::kind(&value.media_type) == media::Kind::Form;
    let is_required = documented.is_some_and(|documented| documented.required);
    if request.body.is_empty() && value.payload.as_value().is_some() && !(is_form && is_required) {
        return Err(EncodeError::new(Part::Body, "an empty body cannot be told from none"));
    }
    let content_type = body::content_type(&value.media_type, &request.body);
    let content_type = header_value(&content_type, || Part::ContentType)?;
    request.headers.insert(CONTENT_TYPE, content_type);
    Ok(())
}
