//! A multipart body taken apart (RFC 2046, section 5.1.1).

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::super::media;

/// The most parts of one body.
pub(crate) const MAX_PARTS: usize = 10_000;

/// The most bytes of one part's headers.
pub(crate) const MAX_HEADER_BYTES: usize = 16 * 1024;

/// The longest boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// One part of a multipart body.
#[derive(Debug)]
pub(crate) struct Part<'b> {
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// What it holds.
    pub(crate) body: &'b [u8],
}

impl Part<'_> {
    /// The name that its `Content-Disposition` gives it.
    pub(crate) fn name(&self) -> Option<String> {
        let disposition = String::from_utf8_lossy(self.headers.get(CONTENT_DISPOSITION)?.as_bytes());
        media::parameter(&disposition, "name").map(|name| name.into_owned())
    }

    /// Its `Content-Type`, where it has one that is text.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok().map(str::trim)
    }
}

/// The boundary that a `Content-Type` names.
///
/// # Errors
///
/// When it names none, or one that no body can have.
pub(super) fn boundary(content_type: &str) -> Result<String, String> {
    let Some(boundary) = media::parameter(content_type, "boundary") else {
        return Err("not multipart: its content type names no boundary".to_owned());
    };
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY || boundary.contains(['\r', '\n']) {
        return Err(format!("not multipart: a boundary is 1 to {MAX_BOUNDARY} characters long"));
    }
    Ok(boundary.into_owned())
}

/// The parts of a body, in order. What stands before the first and after the last means nothing.
///
/// The time it takes is proportional to the length of the body.
///
/// # Errors
///
/// What is wrong, as a fragment: a boundary that does not occur, headers that are none, a last part without an end,
/// more than [`MAX_PARTS`] parts or [`MAX_HEADER_BYTES`] bytes of headers.
pub(super) fn parts<'b>(body: &'b [u8], boundary: &str) -> Result<Vec<Part<'b>>, String> {
    let delimiter = format!("\r\n--{boundary}");
    let delimiter = delimiter.as_bytes();
    let mut parts: Vec<Part<'b>> = Vec::new();
    // The first delimiter needs no line before it.
    let first =
        body.strip_prefix(&delimiter[2..]).and_then(|rest| Delimiter::ending(body, body.len() - rest.len()));
    let mut found = first.or_else(|| Delimiter::find(body, 0, delimiter));
    if found.is_none() {
        return Err(format!("not multipart: the line `--{}` does not occur", boundary.escape_debug()));
    }
    while let Some(Delimiter { end, is_last: false, .. }) = found {
        let number = parts.len() + 1;
        if number > MAX_PARTS {
            return Err(format!("it has more than {MAX_PARTS} parts"));
        }
        let head = Head::read(body, end).map_err(|why| format!("part {number}: {why}"))?;
        // The line end that ends the headers can be the one before the next delimiter.
        let next = Delimiter::find(body, head.end - 2, delimiter).ok_or_else(|| {
            format!("part {number} has no end: the line `--{}--` is missing", boundary.escape_debug())
        })?;
        parts.push(Part { headers: head.headers, body: &body[head.end.min(next.start)..next.start] });
        found = Some(next);
    }
    Ok(parts)
}

/// A line that separates parts.
struct Delimiter {
    /// Where the line end before it starts.
    start: usize,
    /// What comes after the line.
    end: usize,
    is_last: bool,
}

impl Delimiter {
    /// The first one from a place on.
    fn find(body: &[u8], from: usize, delimiter: &[u8]) -> Option<Self> {
        let mut from = from;
        loop {
            let start = from + body.get(from..)?.iter().position(|byte| *byte == b'\r')?;
            if body[start..].starts_with(delimiter)
                && let Some(found) = Self::ending(body, start + delimiter.len())
            {
                return Some(Self { start, ..found });
            }
            from = start + 1;
        }
    }

    /// The one whose boundary ends at a place, where nothing but white space comes after it in its line.
    fn ending(body: &[u8], boundary_end: usize) -> Option<Self> {
        let rest = &body[boundary_end..];
        let is_last = rest.starts_with(b"--");
        let rest = if is_last { &rest[2..] } else { rest };
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let end = body.len() - rest.len() + padding;
        match &body[end..] {
            [b'\r', b'\n', ..] => Some(Self { start: 0, end: end + 2, is_last }),
            [] if is_last => Some(Self { start: 0, end, is_last }),
            _ => None,
        }
    }
}

/// The headers of a part.
struct Head {
    headers: HeaderMap,
    /// Where the part's content starts.
    end: usize,
}

impl Head {
    fn read(body: &[u8], start: usize) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        let mut at = start;
        let mut last: Option<(HeaderName, Vec<u8>)> = None;
        loop {
            let limit = body.len().min(start + MAX_HEADER_BYTES);
            let length = line_length(body.get(at..limit).unwrap_or_default()).ok_or_else(|| {
                match limit < body.len() {
                    true => format!("its headers are longer than {MAX_HEADER_BYTES} bytes"),
                    false => "no empty line ends its headers".to_owned(),
                }
            })?;
            let line = &body[at..at + length];
            at += length + 2;
            if let [b' ' | b'\t', ..] = line
                && let Some((_, value)) = &mut last
            {
                // A folded line goes on (RFC 5322, section 2.2.3).
                value.extend_from_slice(line);
                continue;
            }
            if let Some((name, value)) = last.take() {
                headers.append(name, field(&value)?);
            }
            if line.is_empty() {
                return Ok(Self { headers, end: at });
            }
            last = Some(split(line)?);
        }
    }
}

/// The bytes before the first line end.
fn line_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\r\n")
}

fn split(line: &[u8]) -> Result<(HeaderName, Vec<u8>), String> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or("a header without a colon")?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).map_err(|_| "a header without a name")?;
    Ok((name, line[colon + 1..].to_vec()))
}

fn field(value: &[u8]) -> Result<HeaderValue, String> {
    HeaderValue::from_bytes(value.trim_ascii()).map_err(|_| "a header with control characters".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn bodies(body: &str) -> Result<Vec<String>, String> {
        let parts = parts(body.as_bytes(), "b")?;
        Ok(parts.iter().map(|part| String::from_utf8_lossy(part.body).into_owned()).collect())
    }

    #[test]
    fn parts_stand_between_delimiters() {
        let table: [(&str, &[&str]); 9] = [
            ("--b\r\n\r\none\r\n--b\r\nA: 1\r\n\r\ntwo\r\n--b--", &["one", "two"]),
            ("preamble\r\n--b \t\r\n\r\none\r\n--b--\t\r\nepilogue\r\n--b\r\n", &["one"]),
            ("--b--\r\n", &[]),
            ("--b\r\n\r\n\r\n--b--", &[""]),
            ("--b\r\nA: 1\r\n\r\n--b--", &[""]),
            ("--b\r\n\r\na\r\n--bc\r\n--b--x\r\n\r\n--b--", &["a\r\n--bc\r\n--b--x\r\n"]),
            ("--b\r\n\r\n\r\n\r\n--b--", &["\r\n"]),
            ("--b\r\n\r\n--b\r\n\r\n\r\n--b--\r\n", &["", ""]),
            ("--bc\r\n--b\r\n\r\n\r\r\n--b--", &["\r"]),
        ];
        for (body, expected) in table {
            let found = bodies(body).unwrap_or_else(|error| panic!("{body:?}: {error}"));
            assert_eq!(found, expected, "{body:?}");
        }
    }

    #[test]
    fn headers_say_what_a_part_is() {
        let body = "--b\r\ncontent-disposition: form-data; name=\"a \\\"b\\\" ;c\";\r\n filename=x\r\nContent-Type:text/csv\r\n\r\n\r\n--b--";
        let parts = parts(body.as_bytes(), "b").expect("it is multipart");
        assert_eq!(parts[0].name().as_deref(), Some("a \"b\" ;c"));
        assert_eq!(parts[0].content_type(), Some("text/csv"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let long = format!("--b\r\nA: {}\r\n\r\n\r\n--b--", "a".repeat(MAX_HEADER_BYTES));
        let many = format!("{}--b--", "--b\r\n\r\n\r\n".repeat(MAX_PARTS + 1));
        let table = [
            ("", "not multipart: the line `--b` does not occur"),
            ("--b", "not multipart: the line `--b` does not occur"),
            ("--b\n\n\n--b--", "not multipart: the line `--b` does not occur"),
            ("--b\r\n", "part 1: no empty line ends its headers"),
            ("--b\r\n\r\n", "part 1 has no end: the line `--b--` is missing"),
            ("--b\r\n\r\na\r\n--b\r\n\r\nb", "part 2 has no end: the line `--b--` is missing"),
            ("--b\r\nA\r\n\r\n\r\n--b--", "part 1: a header without a colon"),
            ("--b\r\nA b: 1\r\n\r\n\r\n--b--", "part 1: a header without a name"),
            ("--b\r\nA: \u{1}\r\n\r\n\r\n--b--", "part 1: a header with control characters"),
            (&long, "part 1: its headers are longer than 16384 bytes"),
            (&many, "it has more than 10000 parts"),
        ];
        for (body, expected) in table {
            assert_eq!(bodies(body), Err(expected.to_owned()), "{}", &body[..body.len().min(80)]);
        }
        for (content_type, expected) in [
            ("multipart/form-data", "not multipart: its content type names no boundary"),
            ("multipart/form-data; boundary=", "not multipart: a boundary is 1 to 70 characters long"),
        ] {
            assert_eq!(boundary(content_type), Err(expected.to_owned()));
        }
        assert_eq!(boundary("multipart/mixed; Boundary=\"a b\"").as_deref(), Ok("a b"));
    }

    /// Bodies that take a careless reader quadratic time.
    #[test]
    fn hostile_bodies_take_linear_time() {
        let megabyte = 1 << 20;
        let start = Instant::now();
        for piece in
            ["\r", "\r\n", "\r\n--", "\r\n--b", "\r\n--b ", "\r\n--b-", "--b\r\n\r\n\r\n", "--b\r\na", ";"]
        {
            let body = format!("--b\r\n\r\n{}", piece.repeat(megabyte / piece.len()));
            let _ = parts(body.as_bytes(), "b").map(|parts| parts.len());
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in "(--b|--|\r\n|\r|\n|:|a| |\u{0}|b){0,24}") {
            let _ = parts(body.as_bytes(), "b");
            let _ = parts(format!("--b{body}--b--").as_bytes(), "b");
        }
    }
}
