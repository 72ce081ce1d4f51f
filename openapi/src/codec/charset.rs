//! Charsets: the characters of text, XML, JSON and YAML bodies.
//!
//! | the body or its `charset` | read as |
//! |---|---|
//! | a byte-order mark | the UTF-8 or UTF-16 it marks, whatever `charset` says; it is no part of the text |
//! | none, `utf-8` | UTF-8 |
//! | `utf-16` | UTF-16, big-endian for want of a mark (RFC 2781, section 4.3); written with one |
//! | `utf-16be`, `utf-16le` | that, without a mark |
//! | `iso-8859-1`, `latin1` | a character a byte |
//! | `us-ascii`, `ascii` | a character a byte below 128; any other byte is an error |
//! | another label of the Encoding Standard | that encoding, such as `windows-1252` or `shift_jis` |
//! | anything else | an error |
//!
//! What is no text in its charset is an error: nothing is replaced.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::Encoding;

use super::error::Inexpressible;
use super::media;

/// How the characters of a body are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Charset {
    Utf8,
    Utf16(Order),
    Latin1,
    Ascii,
    Other(&'static Encoding),
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// What a mark says, and the big end for want of one.
    Marked,
    Big,
    Little,
}

impl Charset {
    fn named(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        Some(match label.as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            "utf-16" | "utf16" => Self::Utf16(Order::Marked),
            "utf-16be" => Self::Utf16(Order::Big),
            "utf-16le" => Self::Utf16(Order::Little),
            "iso-8859-1" | "iso8859-1" | "latin1" | "iso_8859-1" => Self::Latin1,
            "us-ascii" | "ascii" => Self::Ascii,
            label => Self::Other(Encoding::for_label_no_replacement(label.as_bytes())?),
        })
    }

    /// The one that a media type names, UTF-8 where it names none.
    fn of(media_type: &str) -> Result<Self, String> {
        match stated(media_type) {
            None => Ok(Self::Utf8),
            Some(label) => Self::named(&label).ok_or_else(|| unknown(&label)),
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, String> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to())),
            Self::Utf16(Order::Little) => utf16(bytes, u16::from_le_bytes),
            Self::Utf16(_) => utf16(bytes, u16::from_be_bytes),
            Self::Latin1 => Ok(bytes.iter().copied().map(char::from).collect()),
            Self::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                None => Ok(bytes.iter().copied().map(char::from).collect()),
                Some(at) => Err(format!("not US-ASCII at byte {at}")),
            },
            Self::Other(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| format!("not {}", encoding.name())),
        }
    }

    fn encode(self, text: &str) -> Option<Bytes> {
        let narrow = |limit: u32| -> Option<Bytes> {
            let byte = |character: char| u8::try_from(character).ok().filter(|byte| u32::from(*byte) < limit);
            text.chars().map(byte).collect::<Option<Vec<u8>>>().map(Bytes::from)
        };
        let wide = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| -> Bytes {
            mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect()
        };
        match self {
            Self::Utf8 => Some(Bytes::copy_from_slice(text.as_bytes())),
            Self::Utf16(Order::Marked) => Some(wide(b"\xFE\xFF", u16::to_be_bytes)),
            Self::Utf16(Order::Big) => Some(wide(b"", u16::to_be_bytes)),
            Self::Utf16(Order::Little) => Some(wide(b"", u16::to_le_bytes)),
            Self::Latin1 => narrow(256),
            Self::Ascii => narrow(128),
            Self::Other(encoding) => {
                let (bytes, _, is_lossy) = encoding.encode(text);
                // Some legacy encodings write characters that they read back as others.
                let is_same = || self.decode(&bytes).is_ok_and(|read| read == text);
                (!is_lossy && is_same()).then(|| Bytes::from(bytes.into_owned()))
            }
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, String> {
    if !bytes.len().is_multiple_of(2) {
        return Err("not UTF-16: an odd number of bytes".to_owned());
    }
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| "not UTF-16: half of a surrogate pair".to_owned())
}

fn unknown(label: &str) -> String {
    format!("the charset `{}` is not known", label.escape_debug())
}

/// The charset that a media type states.
pub(super) fn stated(media_type: &str) -> Option<Cow<'_, str>> {
    if !media_type.contains(';') {
        return None;
    }
    media::parameter(media_type, "charset")
}

/// The text of a body, by its byte-order mark or what its media type says.
pub(super) fn decode<'b>(media_type: &str, body: &'b [u8]) -> Result<Cow<'b, str>, String> {
    match body {
        [0xEF, 0xBB, 0xBF, text @ ..] => Charset::Utf8.decode(text),
        [0xFE, 0xFF, text @ ..] => Charset::Utf16(Order::Big).decode(text),
        [0xFF, 0xFE, text @ ..] => Charset::Utf16(Order::Little).decode(text),
        text => Charset::of(media_type)?.decode(text),
    }
}

/// The text of a body without a byte-order mark, by a charset that it names itself.
pub(super) fn decode_as<'b>(label: &str, body: &'b [u8]) -> Result<Cow<'b, str>, String> {
    Charset::named(label).ok_or_else(|| unknown(label))?.decode(body)
}

/// The bytes of a text, as its media type says.
pub(super) fn encode(media_type: &str, text: &str) -> Result<Bytes, Inexpressible> {
    let charset = Charset::of(media_type).map_err(|_| Inexpressible("its charset is not known"))?;
    if text.starts_with('\u{feff}') {
        return Err(Inexpressible("a byte-order mark at the start is no part of a text"));
    }
    let bytes = charset.encode(text).ok_or(Inexpressible("its charset has no such characters"))?;
    let is_marked = bytes.starts_with(b"\xFE\xFF")
        || bytes.starts_with(b"\xFF\xFE")
        || bytes.starts_with(b"\xEF\xBB\xBF");
    if is_marked && charset != Charset::Utf16(Order::Marked) {
        return Err(Inexpressible("its first bytes would be taken for a byte-order mark"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn a_charset_is_read_as_it_is_written() {
        let table: [(&str, &str, Option<&[u8]>); 16] = [
            ("text/plain", "é€", Some("é€".as_bytes())),
            ("text/plain; charset=UTF-8", "é€", Some("é€".as_bytes())),
            ("text/plain; charset=utf8", "é", Some("é".as_bytes())),
            ("text/plain; charset=\"Latin1\"", "é", Some(b"\xE9")),
            ("text/plain; charset=ISO-8859-1", "€", None),
            ("text/plain; charset=windows-1252", "€é", Some(b"\x80\xE9")),
            ("text/plain; charset=us-ascii", "a", Some(b"a")),
            ("text/plain; charset=us-ascii", "é", None),
            ("text/plain; charset=utf-16", "aé", Some(b"\xFE\xFF\0a\0\xE9")),
            ("text/plain; charset=utf-16be", "aé", Some(b"\0a\0\xE9")),
            ("text/plain; charset=UTF-16LE", "a\u{1f600}", Some(b"a\0\x3D\xD8\0\xDE")),
            ("text/plain; charset=Shift_JIS", "\u{3042}", Some(b"\x82\xA0")),
            ("text/plain; charset=Shift_JIS", "\u{1f600}", None),
            ("text/plain; charset=klingon", "a", None),
            ("text/plain", "\u{feff}a", None),
            ("text/plain; charset=latin1", "\u{ef}\u{bb}\u{bf}a", None),
        ];
        for (media_type, text, expected) in table {
            let written = encode(media_type, text).ok();
            assert_eq!(written.as_deref(), expected, "{media_type} {text}");
            if let Some(written) = written {
                assert_eq!(decode(media_type, &written).as_deref(), Ok(text), "{media_type}");
            }
        }
    }

    #[test]
    fn a_mark_beats_the_label_and_what_is_no_text_is_refused() {
        let table: [(&str, &[u8], Result<&str, &str>); 10] = [
            ("text/plain", b"\xEF\xBB\xBFa", Ok("a")),
            ("text/plain; charset=latin1", b"\xEF\xBB\xBF\xC3\xA9", Ok("é")),
            ("text/plain", b"\xFF\xFEa\0", Ok("a")),
            ("text/plain; charset=utf-16", b"\xFF\xFEa\0", Ok("a")),
            ("text/plain; charset=utf-16", b"\0a", Ok("a")),
            ("text/plain", b"a\xE9", Err("not UTF-8 at byte 1")),
            ("text/plain; charset=ascii", b"a\xE9", Err("not US-ASCII at byte 1")),
            ("text/plain; charset=utf-16", b"\0", Err("not UTF-16: an odd number of bytes")),
            ("text/plain; charset=utf-16be", b"\xD8\0\0a", Err("not UTF-16: half of a surrogate pair")),
            ("text/plain; charset=\"x y\"", b"a", Err("the charset `x y` is not known")),
        ];
        for (media_type, bytes, expected) in table {
            let read = decode(media_type, bytes);
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{media_type}");
        }
    }
}
