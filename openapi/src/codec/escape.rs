//! Percent-encoding by the place a text stands in (RFC 3986).

use std::borrow::Cow;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};

use super::error::Inexpressible;

/// Everything but unreserved characters (section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As [`RESERVED`], and the dot that separates items of the `label` style.
const LABEL: &AsciiSet = &RESERVED.add(b'.');

/// What may not stand in a path segment even where reserved characters may (section 3.3).
const PATH_RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// As [`PATH_RESERVED`], and the comma that separates items.
const PATH_RESERVED_ITEM: &AsciiSet = &PATH_RESERVED.add(b',');

/// What may not stand in a query even where reserved characters may, and `&` and `+`, which mean something there.
const QUERY_RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// As [`QUERY_RESERVED`], and the comma that separates items.
const QUERY_RESERVED_ITEM: &AsciiSet = &QUERY_RESERVED.add(b',');

/// As the URL Standard's form serialiser, which writes a space as `+`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b' ');

/// How a text is escaped in the place it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// A path segment.
    Path,
    /// A path segment whose parameter allows reserved characters.
    PathReserved,
    /// A path segment that holds literal text besides variables, where punctuation separates.
    MixedPath,
    /// A path segment in the `label` style.
    Label,
    /// A query.
    Query,
    /// A query whose parameter allows reserved characters.
    QueryReserved,
    /// A form body.
    Form,
    /// A cookie.
    Cookie,
    /// A cookie of the style `cookie`, which has no escapes.
    PlainCookie,
    /// A header field, which has no escapes.
    Header,
    /// A part of a multipart body, which has no escapes.
    Part,
    /// Where nothing is escaped, or no longer.
    None,
}

/// What a text is in the notation of its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The whole value.
    Whole,
    /// An item of an array, or a property's value.
    Item,
    /// A property's name.
    Key,
}

impl Escape {
    /// Appends a text.
    pub(super) fn write(self, text: &str, role: Role, out: &mut String) -> Result<(), Inexpressible> {
        let set = match self {
            Self::Path | Self::Query | Self::Cookie => RESERVED,
            Self::Label => LABEL,
            Self::MixedPath => NON_ALPHANUMERIC,
            Self::QueryReserved => match role {
                Role::Whole => QUERY_RESERVED,
                Role::Item => QUERY_RESERVED_ITEM,
                Role::Key => RESERVED,
            },
            Self::PathReserved => match role {
                Role::Whole => PATH_RESERVED,
                Role::Item => PATH_RESERVED_ITEM,
                Role::Key => RESERVED,
            },
            Self::PlainCookie => {
                check_cookie(text)?;
                out.push_str(text);
                return Ok(());
            }
            Self::Form => {
                write_form(text.as_bytes(), out);
                return Ok(());
            }
            Self::Header => {
                check_header(text, role)?;
                out.push_str(text);
                return Ok(());
            }
            Self::Part if role != Role::Whole && text.contains(',') => {
                return Err(Inexpressible("a comma separates items in a part"));
            }
            Self::Part | Self::None => {
                out.push_str(text);
                return Ok(());
            }
        };
        out.extend(utf8_percent_encode(text, set));
        Ok(())
    }

    /// The text that an escaped one stands for. What is no escape stands for itself; what is not UTF-8 becomes the
    /// replacement character, of which [`fault`] tells, and in a cookie, where a percent sign is as good as any other
    /// character, it stands for itself.
    pub(super) fn read(self, raw: &str) -> Cow<'_, str> {
        // Most texts hold nothing that is escaped, and are short.
        if !raw.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
            return Cow::Borrowed(raw);
        }
        match self {
            Self::Header | Self::Part | Self::PlainCookie | Self::None => Cow::Borrowed(raw),
            Self::Query | Self::QueryReserved | Self::Form if raw.contains('+') => {
                Cow::Owned(percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned())
            }
            Self::Cookie => percent_decode_str(raw).decode_utf8().unwrap_or(Cow::Borrowed(raw)),
            _ => percent_decode_str(raw).decode_utf8_lossy(),
        }
    }
}

/// What is wrong with the escapes of a text (RFC 3986, section 2.1), as a fragment; nothing where they are sound and
/// stand for UTF-8.
pub(super) fn fault(raw: &str) -> Option<String> {
    if !raw.contains('%') {
        return None;
    }
    malformed(raw).or_else(|| {
        let is_text = percent_decode_str(raw).decode_utf8().is_ok();
        (!is_text).then(|| "its percent-encoded bytes are not UTF-8".to_owned())
    })
}

/// The first escape that is none, as a fragment; what bytes they stand for does not matter.
pub(super) fn malformed(raw: &str) -> Option<String> {
    raw.match_indices('%').find_map(|(at, _)| {
        let digits = raw.as_bytes().get(at + 1..at + 3);
        if digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return None;
        }
        let shown: String = raw[at..].chars().take(3).collect();
        Some(format!("`{}` is no percent-encoded character", shown.escape_debug()))
    })
}

/// The bytes of a field of a form.
pub(super) fn write_form(bytes: &[u8], out: &mut String) {
    for piece in percent_encode(bytes, FORM) {
        out.extend(piece.chars().map(|character| if character == ' ' { '+' } else { character }));
    }
}

/// A cookie has no room for white space, quotes, commas, semicolons, backslashes and what is not ASCII (RFC 6265,
/// section 4.1.1).
fn check_cookie(text: &str) -> Result<(), Inexpressible> {
    let is_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    match text.bytes().all(is_octet) {
        true => Ok(()),
        false => Err(Inexpressible("a cookie without escapes cannot hold such characters")),
    }
}

/// A header field keeps neither control characters nor outer white space (RFC 9110, section 5.5), and in a list a
/// comma separates.
fn check_header(text: &str, role: Role) -> Result<(), Inexpressible> {
    if text.chars().any(char::is_control) {
        return Err(Inexpressible("a header field cannot hold control characters"));
    }
    if text.trim() != text {
        return Err(Inexpressible("a header field does not keep outer white space"));
    }
    if role != Role::Whole && text.contains(',') {
        return Err(Inexpressible("a comma separates items in a header field"));
    }
    if role == Role::Key && text.contains('=') {
        return Err(Inexpressible("an equals sign ends a name in a header field"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_escapes_what_means_something_there() {
        const TEXT: &str = "a b/?#[]@!$&'()*+,;=%é-._~|";
        let table = [
            (Escape::Path, "a%20b%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%C3%A9-._~%7C"),
            (Escape::PathReserved, "a%20b%2F%3F%23%5B%5D@!$&'()*+,;=%25%C3%A9-._~%7C"),
            (
                Escape::MixedPath,
                "a%20b%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%C3%A9%2D%2E%5F%7E%7C",
            ),
            (Escape::Label, "a%20b%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%C3%A9-%2E_~%7C"),
            (Escape::Query, "a%20b%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%C3%A9-._~%7C"),
            (Escape::QueryReserved, "a%20b/?%23%5B%5D@!$%26'()*%2B,;=%25%C3%A9-._~%7C"),
            (Escape::Form, "a+b%2F%3F%23%5B%5D%40%21%24%26%27%28%29*%2B%2C%3B%3D%25%C3%A9-._%7E%7C"),
            (Escape::Cookie, "a%20b%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%C3%A9-._~%7C"),
            (Escape::Header, TEXT),
            (Escape::Part, TEXT),
        ];
        for (escape, expected) in table {
            let mut out = String::new();
            escape.write(TEXT, Role::Whole, &mut out).expect("it can be written");
            assert_eq!(out, expected, "{escape:?}");
            assert_eq!(escape.read(&out), TEXT, "{escape:?}");
            assert_eq!(fault(&out).is_some(), out == TEXT, "{escape:?}");
        }
        assert_eq!(Escape::PlainCookie.write(TEXT, Role::Whole, &mut String::new()).map_err(|_| ()), Err(()));
    }

    #[test]
    fn a_plus_is_a_space_in_queries_and_forms_only() {
        let table = [
            (Escape::Query, "a b c"),
            (Escape::QueryReserved, "a b c"),
            (Escape::Form, "a b c"),
            (Escape::Path, "a+b c"),
            (Escape::Cookie, "a+b c"),
            (Escape::Header, "a+b%20c"),
            (Escape::PlainCookie, "a+b%20c"),
        ];
        for (escape, expected) in table {
            assert_eq!(escape.read("a+b%20c"), expected, "{escape:?}");
        }
    }

    #[test]
    fn bad_escapes_are_told() {
        let none = |shown: &str| Some(format!("`{shown}` is no percent-encoded character"));
        let bytes = Some("its percent-encoded bytes are not UTF-8".to_owned());
        let table = [
            ("a+b", None),
            ("%41%c3%A9%25", None),
            ("%", none("%")),
            ("a%4", none("%4")),
            ("%zz", none("%zz")),
            ("%4é", none("%4é")),
            ("%25%%41", none("%%4")),
            ("%FF", bytes.clone()),
            ("é%C3", bytes.clone()),
            // Longer than it need be.
            ("%C0%AF", bytes),
        ];
        for (raw, expected) in table {
            assert_eq!(fault(raw), expected, "{raw}");
        }
        assert_eq!(Escape::Cookie.read("100%FF"), "100%FF");
    }
}
