//! Runtime expressions: values of a request and its reply, as callbacks and links name them (OpenAPI 3.0.3, section
//! 4.7.20.4).

use std::borrow::Cow;
use std::fmt::Write as _;

use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::codec::RequestValues;
use crate::document::Pointer;

/// What is escaped of a value that stands inside a URL: all but what RFC 3986 calls unreserved.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request and the reply to it, as far as runtime expressions speak of them.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'o> {
    /// The whole URL of the request.
    pub url: &'o str,
    /// Its method.
    pub method: &'o Method,
    /// Its decoded values.
    pub values: &'o RequestValues,
    /// Its query as sent, for what no parameter describes.
    pub query: &'o str,
    /// Its header fields.
    pub request_headers: &'o HeaderMap,
    /// The status of the reply.
    pub status: StatusCode,
    /// The header fields of the reply.
    pub response_headers: &'o HeaderMap,
    /// The decoded body of the reply.
    pub response_body: Option<&'o Value>,
}

/// A text with the expressions in it replaced by their values: `https://{$request.query.host}/done?id={$response.body#/id}`.
///
/// - An expression stands in braces; one that is the whole text may do without.
/// - A value at the very start of the text is put there as it is, since it may be a URL. Elsewhere it is escaped, so that
///   it stays in its place of the URL.
/// - Of a value that is no text its JSON is taken.
///
/// # Errors
///
/// Why there is no such text: an expression is none, or the request or reply has no such value.
pub fn expand(text: &str, occasion: &Occasion<'_>) -> Result<String, String> {
    if text.starts_with('$') {
        return value(text, occasion).map(|value| plain(&value).into_owned());
    }
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (expression, after) =
            after.split_once('}').ok_or_else(|| format!("`{text}` has a brace that nothing closes"))?;
        expanded.push_str(before);
        let value = value(expression, occasion)?;
        let value = plain(&value);
        if expanded.is_empty() {
            expanded.push_str(&value);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(expanded, "{}", utf8_percent_encode(&value, &ESCAPED));
        }
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// A value with the expressions in its texts replaced: a text that is one expression by the value of that, whatever its
/// type; any other as [`expand`] does it. Members and items are looked into.
///
/// # Errors
///
/// As for [`expand`].
pub fn evaluate(given: &Value, occasion: &Occasion<'_>) -> Result<Value, String> {
    Ok(match given {
        Value::String(text) => match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(inner) if inner.starts_with('$') && !inner.contains('{') => {
                value(inner, occasion)?.into_owned()
            }
            _ if text.starts_with('$') => value(text, occasion)?.into_owned(),
            _ => Value::from(expand(text, occasion)?),
        },
        Value::Array(items) => {
            items.iter().map(|item| evaluate(item, occasion)).collect::<Result<_, _>>().map(Value::Array)?
        }
        Value::Object(members) => {
            let evaluated =
                members.iter().map(|(name, member)| Ok((name.clone(), evaluate(member, occasion)?)));
            Value::Object(evaluated.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

/// The value of one expression.
fn value<'o>(expression: &str, occasion: &Occasion<'o>) -> Result<Cow<'o, Value>, String> {
    let owned = |text: &str| Ok(Cow::Owned(Value::from(text)));
    match expression {
        "$url" => return owned(occasion.url),
        "$method" => return owned(occasion.method.as_str()),
        "$statusCode" => return Ok(Cow::Owned(occasion.status.as_u16().into())),
        _ => {}
    }
    let unknown = || format!("`{expression}` is no runtime expression");
    let (side, source) = expression.split_once('.').ok_or_else(unknown)?;
    let found = match (side, source.split_once(['.', '#']).unwrap_or((source, ""))) {
        ("$request", ("body", _)) => {
            let body = occasion.values.body.as_ref().and_then(|body| body.payload.as_value());
            member(body, source.strip_prefix("body").unwrap_or_default()).ok_or_else(unknown)?
        }
        ("$response", ("body", _)) => {
            member(occasion.response_body, source.strip_prefix("body").unwrap_or_default())
                .ok_or_else(unknown)?
        }
        ("$request", ("header", name)) => header(occasion.request_headers, name),
        ("$response", ("header", name)) => header(occasion.response_headers, name),
        ("$request", ("path", name)) => occasion.values.path.get(name).map(Cow::Borrowed),
        ("$request", ("query", name)) => {
            let documented = occasion.values.query.get(name).map(Cow::Borrowed);
            documented.or_else(|| query(occasion.query, name).map(|text| Cow::Owned(Value::String(text))))
        }
        _ => return Err(unknown()),
    };
    found.ok_or_else(|| format!("there is no `{expression}`"))
}

/// What stands in a body at `#/pointer`, or the whole; nothing at all where that is no pointer.
fn member<'v>(body: Option<&'v Value>, fragment: &str) -> Option<Option<Cow<'v, Value>>> {
    let pointer = match fragment {
        "" => "",
        fragment => {
            fragment.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))?
        }
    };
    Some(body.and_then(|body| Pointer::from_escaped(pointer).find(body)).map(Cow::Borrowed))
}

fn header<'v>(headers: &HeaderMap, name: &str) -> Option<Cow<'v, Value>> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(Cow::Owned(Value::from(value)))
}

fn query(query: &str, name: &str) -> Option<String> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::codec::{BodyValue, Payload};

    #[test]
    fn expressions_are_replaced_by_what_they_name() {
        let values = RequestValues {
            path: [("id".to_owned(), json!(7))].into_iter().collect(),
            query: [("to".to_owned(), json!("http://a.test/x"))].into_iter().collect(),
            body: Some(BodyValue {
                media_type: "application/json".into(),
                payload: Payload::Value(json!({"url": "http://b.test/", "a/b": [{"n": 1}], "null": null})),
            }),
            ..RequestValues::default()
        };
        let headers = HeaderMap::from_iter([(http::header::FROM, HeaderValue::from_static("c.test"))]);
        let reply = json!({"id": "é&"});
        let occasion = Occasion {
            url: "http://stub/x?y=1",
            method: &Method::POST,
            values: &values,
            query: "to=z&raw=a%20b",
            request_headers: &headers,
            status: StatusCode::CREATED,
            response_headers: &HeaderMap::new(),
            response_body: Some(&reply),
        };
        let table = [
            ("{$request.body#/url}", Ok("http://b.test/")),
            ("$request.body#/url", Ok("http://b.test/")),
            ("{$request.query.to}/y?id={$request.path.id}", Ok("http://a.test/x/y?id=7")),
            ("http://x/?u={$request.query.to}", Ok("http://x/?u=http%3A%2F%2Fa.test%2Fx")),
            ("http://x/{$request.query.raw}/{$response.body#/id}", Ok("http://x/a%20b/%C3%A9%26")),
            ("{$url}", Ok("http://stub/x?y=1")),
            ("http://x/{$method}/{$statusCode}", Ok("http://x/POST/201")),
            ("http://{$request.header.from}/{$request.body#/a~1b/0/n}", Ok("http://c.test/1")),
            ("http://x/{$response.body}", Ok("http://x/%7B%22id%22%3A%22%C3%A9%26%22%7D")),
            ("http://x/fixed", Ok("http://x/fixed")),
            ("{$request.body#/none}", Err("there is no")),
            ("{$response.header.location}", Err("there is no")),
            ("{$request.cookie.a}", Err("no runtime expression")),
            ("{request.body}", Err("no runtime expression")),
            ("{$request.bodyx}", Err("no runtime expression")),
            ("{$request.body#x}", Err("no runtime expression")),
            ("http://x/{$url", Err("nothing closes")),
        ];
        for (text, expected) in table {
            match (expand(text, &occasion), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{text}: {found}"),
                (found, expected) => panic!("{text}: {found:?} and not {expected:?}"),
            }
        }
    }
}
