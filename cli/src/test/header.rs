//! Headers and parameters of the query as users give them: in a flag, or in a file that may name variables of the environment.

use std::str::FromStr;

use http::{HeaderName, HeaderValue};

/// The largest file of them, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// A header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// A parameter of the query, nothing in it escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryParameter {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What one flag gives: one, or all of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given<T>(Vec<T>);

pub(crate) type Headers = Given<Header>;
pub(crate) type Query = Given<QueryParameter>;

/// What several flags give, in their order.
pub(crate) fn all<T>(flags: &[Given<T>]) -> impl Iterator<Item = &T> {
    flags.iter().flat_map(|given| &given.0)
}

impl<T: FromStr<Err = String>> FromStr for Given<T> {
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

/// What a file gives: a line each, but for empty ones and those that begin with `#`.
fn of_file<T: FromStr<Err = String>>(
    path: &str,
    text: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Given<T>, String> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let given = lines.map(|(at, line)| {
        let one = filled(line, &variable).and_then(|line| line.parse());
        one.map_err(|reason| format!("{path}:{at}: {reason}"))
    });
    given.collect::<Result<_, _>>().map(Given)
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

impl FromStr for QueryParameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // What stands there may be the secret alone, so that it is not told.
        let (name, value) = text.split_once('=').ok_or("there is no equals sign; write `NAME=VALUE`")?;
        if name.is_empty() {
            return Err("there is no name; write `NAME=VALUE`".to_owned());
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
        let read = |text: &str| of_file::<Header>("h", text, variable);
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        assert_eq!(
            read("# a comment\n\nAuthorization: Bearer ${TOKEN}!\r\nX-Key: 1\n"),
            Ok(Given(vec![header("Authorization", "Bearer a${TOKEN}b!"), header("X-Key", "1")]))
        );
        for (text, reason) in [
            ("a: 1\nAuthorization: ${NONE}", "h:2: the variable NONE is not set"),
            ("a: ${TOKEN", "h:1: there is a `${` without its `}`"),
            ("none", "h:1: there is no colon"),
        ] {
            assert!(read(text).is_err_and(|error| error.starts_with(reason)), "{text}");
        }
        // A value in a flag is taken as it is: the shell has seen to it.
        assert_eq!("a: ${TOKEN}".parse(), Ok(Given(vec![header("a", "${TOKEN}")])));
        assert!("@/no/such/file".parse::<Headers>().is_err_and(|error| error.contains("/no/such/file")));
    }

    #[test]
    fn parameters_of_the_query_are_read_as_they_stand() {
        let query =
            |name: &str, value: &str| QueryParameter { name: name.to_owned(), value: value.to_owned() };
        assert_eq!("key=a=b& c".parse(), Ok(Given(vec![query("key", "a=b& c")])));
        assert_eq!("key=".parse(), Ok(Given(vec![query("key", "")])));
        for text in ["s3cret", "=s3cret", ""] {
            let error = text.parse::<Query>().unwrap_err();
            assert!(error.contains("NAME=VALUE") && !error.contains("s3cret"), "{error}");
        }
        let read = of_file("q", "key=${KEY}", |_| Some("=&".to_owned()));
        assert_eq!(read, Ok(Given(vec![query("key", "=&")])));
    }
}
