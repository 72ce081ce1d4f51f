//! Percent-encoding by the place a text stands in (RFC 3986).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::Inexpressible;

/// Everything but unreserved characters (section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As [`RESERVED`], and the dot that separates items of the `label` style.
const LABEL: &AsciiSet = &RESERVED.add(b'.');

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
            Self::Form => {
                for piece in utf8_percent_encode(text, FORM) {
                    out.extend(piece.chars().map(|character| if character == ' ' { '+' } else { character }));
                }
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
    /// replacement character.
    pub(super) fn read(self, raw: &str) -> Cow<'_, str> {
        match self {
            Self::Header | Self::Part | Self::None => Cow::Borrowed(raw),
            Self::Query | Self::QueryReserved | Self::Form if raw.contains('+') => {
                Cow::Owned(percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned())
            }
            _ => percent_decode_str(raw).decode_utf8_lossy(),
        }
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
