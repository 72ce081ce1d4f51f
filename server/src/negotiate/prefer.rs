//! What a single request asks for: the header `Prefer` (RFC 7240), or keys of the query.
//!
//! | preference | query key | meaning |
//! |---|---|---|
//! | `code=404` | `__code` | reply with this status |
//! | `example=tom` | `__example` | reply with the example of this name |
//! | `dynamic`, `dynamic=true`, `dynamic=false` | `__dynamic` | generate the body, or take an example |
//! | `seed=7` | `__seed` | generate from this seed |
//! | `delay=1.5s` | | wait before replying: a number and `us`, `ms`, `s`, `m` or `h` |
//!
//! Of a preference given twice the first counts, and the header's before the query's. Preferences that are none of
//! these are ignored, as RFC 7240 asks; one of these with a value that makes no sense is an error.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::builder::Bodies;

/// The header that asks.
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The header that says what was done as asked.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The longest delay a request may ask for.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(600);

const NAMES: [&str; 5] = ["code", "example", "dynamic", "seed", "delay"];
const KEYS: [&str; 4] = ["__code", "__example", "__dynamic", "__seed"];

/// What a request asks for beyond what its operation does by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) code: Option<u16>,
    pub(crate) example: Option<String>,
    pub(crate) bodies: Option<Bodies>,
    pub(crate) seed: Option<u64>,
    pub(crate) delay: Option<Duration>,
}

impl Preferences {
    /// Reads the preferences of a request; the error says which of them makes no sense.
    pub(crate) fn read(headers: &HeaderMap, query: Option<&str>) -> Result<Self, String> {
        let mut preferences = Self::default();
        for value in headers.get_all(PREFER) {
            let text = value.to_str().map_err(|_| "the header `Prefer` is not plain text".to_owned())?;
            for preference in split(text, ',') {
                // What follows a semicolon are parameters, and none of ours has any.
                let (name, value) = pair(split(preference, ';').next().unwrap_or_default());
                preferences.set(&name.to_ascii_lowercase(), value.as_deref())?;
            }
        }
        for (name, value) in query.filter(|query| query.contains("__")).into_iter().flat_map(pairs) {
            if KEYS.contains(&name) {
                preferences.set(&name[2..], Some(&percent_decode(value)))?;
            }
        }
        Ok(preferences)
    }

    /// Whether the request names the reply it wants, so that no script is asked.
    pub(crate) fn names_a_reply(&self) -> bool {
        self.code.is_some() || self.example.is_some() || self.bodies.is_some()
    }

    /// The value of `Preference-Applied`; nothing where nothing was asked.
    pub(crate) fn applied(&self) -> Option<HeaderValue> {
        let applied = [
            ("code", self.code.map(|code| code.to_string())),
            ("example", self.example.as_deref().map(quote)),
            ("dynamic", self.bodies.map(|bodies| (bodies == Bodies::Generated).to_string())),
            ("seed", self.seed.map(|seed| seed.to_string())),
            ("delay", self.delay.map(|delay| format!("{}us", delay.as_micros()))),
        ];
        let applied: Vec<String> =
            applied.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
        if applied.is_empty() { None } else { HeaderValue::from_str(&applied.join(", ")).ok() }
    }

    /// Takes a preference; one whose quotes do not end has no value.
    fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        if !NAMES.contains(&name) {
            return Ok(());
        }
        let value = value.ok_or_else(|| format!("`{name}` has a quote that does not end"))?;
        match name {
            "code" => first(&mut self.code, status(value)?),
            "example" if value.is_empty() => return Err("`example` names no example".to_owned()),
            "example" => first(&mut self.example, value.to_owned()),
            "dynamic" => first(&mut self.bodies, bodies(value)?),
            "seed" => {
                let seed = value.parse().map_err(|_| format!("`seed` is {value:?}, not a whole number"))?;
                first(&mut self.seed, seed);
            }
            _ => first(&mut self.delay, delay(value)?),
        }
        Ok(())
    }
}

/// A request target without the keys of the query that are preferences, which no operation documents.
pub(crate) fn without_keys(target: &str) -> Cow<'_, str> {
    let Some((path, query)) = target.split_once('?').filter(|(_, query)| query.contains("__")) else {
        return Cow::Borrowed(target);
    };
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !KEYS.contains(&pair.split('=').next().unwrap_or_default())).collect();
    if kept.is_empty() { Cow::Borrowed(path) } else { Cow::Owned(format!("{path}?{}", kept.join("&"))) }
}

fn first<T>(slot: &mut Option<T>, value: T) {
    slot.get_or_insert(value);
}

fn status(text: &str) -> Result<u16, String> {
    let code = text.parse().ok().filter(|code| (200..=999).contains(code));
    code.ok_or_else(|| format!("`code` is {text:?}, not a status of a final response (200 to 999)"))
}

fn bodies(text: &str) -> Result<Bodies, String> {
    match text {
        "" | "true" => Ok(Bodies::Generated),
        "false" => Ok(Bodies::Examples),
        _ => Err(format!("`dynamic` is {text:?}, neither true nor false")),
    }
}

fn delay(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`delay` is {text:?}, not a time such as 250ms or 1.5s, at most 10m");
    let unit_at = text.find(|character: char| character.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let delay = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
    if delay > MAX_DELAY { Err(wrong()) } else { Ok(delay) }
}

/// The parts of a list, split where the separator is not quoted.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    text.split(move |character: char| {
        let is_end = character == separator && !is_quoted;
        if character == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = character == '\\' && is_quoted && !is_escaped;
        is_end
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

/// Name and value of one preference, the value without its quotes; none where they do not end.
fn pair(preference: &str) -> (&str, Option<String>) {
    let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => Some(value.to_owned()),
    };
    (name.trim(), value)
}

/// A quoted string after its opening quote (RFC 9110, section 5.6.4); none where it does not end with the closing one.
fn unquoted(quoted: &str) -> Option<String> {
    let mut plain = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return characters.as_str().is_empty().then_some(plain),
            '\\' => plain.push(characters.next()?),
            character => plain.push(character),
        }
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn percent_decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// A value as a token where it is one, else as a quoted string.
fn quote(value: &str) -> String {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_token) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str, query: Option<&str>) -> Result<Preferences, String> {
        let mut headers = HeaderMap::new();
        if !header.is_empty() {
            headers.insert(PREFER, HeaderValue::from_str(header).unwrap());
        }
        Preferences::read(&headers, query)
    }

    #[test]
    fn a_preference_is_read_from_header_and_query() {
        let nothing = Preferences::default;
        let code = |code| Preferences { code: Some(code), ..nothing() };
        let example = |name: &str| Preferences { example: Some(name.to_owned()), ..nothing() };
        let bodies = |bodies| Preferences { bodies: Some(bodies), ..nothing() };
        let delay = |micros| Preferences { delay: Some(Duration::from_micros(micros)), ..nothing() };
        let table = [
            ("", None, nothing()),
            ("code=404", None, code(404)),
            ("CODE = 404", None, code(404)),
            ("code=\"404\"; foo=bar", None, code(404)),
            ("code=404, code=500", None, code(404)),
            ("return=minimal, wait=10", None, nothing()),
            (r#"foo="bar"#, None, nothing()),
            ("example=tom", None, example("tom")),
            (r#"example="a, \"b\"; c""#, None, example(r#"a, "b"; c"#)),
            ("dynamic", None, bodies(Bodies::Generated)),
            ("dynamic=true", None, bodies(Bodies::Generated)),
            ("dynamic=false", None, bodies(Bodies::Examples)),
            ("delay=250us", None, delay(250)),
            ("delay=80ms", None, delay(80_000)),
            ("delay=1.5s", None, delay(1_500_000)),
            ("delay=2m", None, delay(120_000_000)),
            ("", Some("__code=404&limit=3"), code(404)),
            ("", Some("__example=a%20b"), example("a b")),
            ("code=500", Some("__code=404"), code(500)),
            ("", Some("code=404"), nothing()),
        ];
        for (header, query, expected) in table {
            assert_eq!(read(header, query).as_ref(), Ok(&expected), "{header} {query:?}");
        }
    }

    #[test]
    fn a_malformed_preference_is_an_error_that_names_it() {
        let table = [
            ("code=abc", "code"),
            ("code=99", "code"),
            ("code=100", "code"),
            ("code", "code"),
            ("example=", "example"),
            ("dynamic=maybe", "dynamic"),
            ("seed=-1", "seed"),
            ("delay=5", "delay"),
            ("delay=1d", "delay"),
            ("delay=-1s", "delay"),
            ("delay=NaNs", "delay"),
            ("delay=infs", "delay"),
            ("delay=1h", "delay"),
            (r#"example="tom"#, "example"),
            (r#"example="tom\""#, "example"),
            (r#"example="tom"my"#, "example"),
        ];
        for (header, name) in table {
            let error = read(header, None).unwrap_err();
            assert!(error.starts_with(&format!("`{name}`")), "{header}: {error}");
        }
    }

    #[test]
    fn what_was_applied_reads_back_as_it_was() {
        let asked = read(r#"code=404, example="a, b", dynamic=false, seed=7, delay=1ms"#, None).unwrap();
        let applied = asked.applied().unwrap();
        assert_eq!(read(applied.to_str().unwrap(), None).as_ref(), Ok(&asked));
    }

    #[test]
    fn the_keys_are_taken_out_of_the_query() {
        let table = [
            ("/a?__code=404", "/a"),
            ("/a?x=1&__code=404&y=2", "/a?x=1&y=2"),
            ("/a?__other=1", "/a?__other=1"),
            ("/a", "/a"),
        ];
        for (target, expected) in table {
            assert_eq!(without_keys(target), expected);
        }
    }
}
