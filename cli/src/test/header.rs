//! Headers as users give them: in a flag, or in a file that may name variables of the environment.

use std::str::FromStr;

use http::{HeaderName, HeaderValue};

/// The largest file of headers, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// A header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What one flag gives: a header, or all of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Headers(Vec<Header>);

/// The headers of several flags, in their order.
pub(crate) fn all(flags: &[Headers]) -> impl Iterator<Item = &Header> {
    flags.iter().flat_map(|headers| &headers.0)
}

impl FromStr for Headers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('@') else { return Ok(Self(vec![text.parse()?])) };
        let size = std::fs::metadata(path).map_err(|error| format!("read `{path}`: {error}"))?.len();
        if size > MAX_FILE {
            return Err(format!("`{path}` is larger than {MAX_FILE} bytes"));
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("read `{path}`: {error}"))?;
        of_file(path, &text, |name| std::env::var(name).ok())
    }
}

/// The headers of a file: a line each, but for empty ones and those that begin with `#`.
fn of_file(path: &str, text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Headers, String> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let headers = lines.map(|(at, line)| {
        let header = filled(line, &variable).and_then(|line| line.parse());
        header.map_err(|reason| format!("{path}:{at}: {reason}"))
    });
    headers.collect::<Result<_, _>>().map(Headers)
}

/// A line with the values of its variables in their places. What those hold is not looked into again.
fn filled(line: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut parts = line.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or("there is a `${` without its `}`")?;
        let value = variable(name).ok_or_else(|| format!("the variable {name} is not set"))?;
        filled.push_str(value.trim_end_matches(['\r', '\n']));
        filled.push_str(rest);
    }
    Ok(filled)
}

impl FromStr for Header {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once(':').ok_or("there is no colon; write `Name: value`")?;
        let (name, value) = (name.trim(), value.trim());
        if HeaderName::try_from(name).is_err() {
            return Err(format!("`{name}` is not the name of a header; write `Name: value`"));
        }
        if HeaderValue::try_from(value).is_err() {
            return Err(format!("the value for `{name}` has characters that no header may have"));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_headers_is_read_with_the_environment() {
        let variable = |name: &str| (name == "TOKEN").then(|| "a${TOKEN}b".to_owned());
        let read = |text: &str| of_file("h", text, variable);
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        assert_eq!(
            read("# a comment\n\nAuthorization: Bearer ${TOKEN}!\r\nX-Key: 1\n"),
            Ok(Headers(vec![header("Authorization", "Bearer a${TOKEN}b!"), header("X-Key", "1")]))
        );
        for (text, reason) in [
            ("a: 1\nAuthorization: ${NONE}", "h:2: the variable NONE is not set"),
            ("a: ${TOKEN", "h:1: there is a `${` without its `}`"),
            ("none", "h:1: there is no colon"),
        ] {
            assert!(read(text).is_err_and(|error| error.starts_with(reason)), "{text}");
        }
        // A value in a flag is taken as it is: the shell has seen to it.
        assert_eq!("a: ${TOKEN}".parse(), Ok(Headers(vec![header("a", "${TOKEN}")])));
        assert!("@/no/such/file".parse::<Headers>().is_err_and(|error| error.contains("/no/such/file")));
    }
}
