//! The `Cookie` header (RFC 6265, section 4.2).

use std::borrow::Cow;

use http::{HeaderMap, header};

use super::escape::Escape;

/// The cookies of a request: names and values as they were sent, in order.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads every `Cookie` header; what has no `=` is skipped.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::COOKIE).iter();
        Self(
            lines
                .flat_map(|line| {
                    let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
                    line.split(';')
                        .filter_map(|pair| {
                            let (name, value) = pair.split_once('=')?;
                            Some((name.trim().to_owned(), unquoted(value.trim()).to_owned()))
                        })
                        .collect::<Vec<_>>()
                })
                .collect(),
        )
    }

    /// A raw value with its escapes undone; as it is where they are none.
    pub(crate) fn unescaped(raw: &str) -> Cow<'_, str> {
        Escape::Cookie.read(raw)
    }

    /// The raw values of a name, which may be escaped where it is sent.
    pub(crate) fn named(&self, name: &str) -> Vec<&str> {
        let is_named = |found: &str| found == name || Escape::Cookie.read(found) == name;
        self.0.iter().filter(|(found, _)| is_named(found)).map(|(_, value)| value.as_str()).collect()
    }
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}
