//! Bytes, and the strings that stand for them where a value holds a file.
//!
//! A JSON value has no bytes, so a file in one (a part of a multipart body) is a string: what is UTF-8 stands for
//! itself, and each byte that is not is the character U+EF00 plus the byte, U+EF80 to U+EFFF, from a block for private
//! use. Where the bytes spell such a character themselves, each of its three bytes is written that way. So every
//! sequence of bytes has one string, different ones have different strings, and a text file reads as its text.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use bytes::Bytes;
use serde_json::Value;

use super::error::Inexpressible;

/// The characters that stand for single bytes.
const SINGLE: RangeInclusive<char> = '\u{EF80}'..='\u{EFFF}';

/// The first byte of those characters in UTF-8.
const LEAD: u8 = 0xEE;

/// The body of a value: a string's bytes, anything else as JSON.
pub(super) fn encode(value: &Value) -> Bytes {
    match value {
        Value::String(text) => bytes_of(text),
        other => Bytes::from(other.to_string()),
    }
}

/// The string that stands for some bytes.
pub(super) fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !holds_single(text)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if SINGLE.contains(&character) {
                let mut spelt = [0; 4];
                text.extend(character.encode_utf8(&mut spelt).bytes().map(single));
            } else {
                text.push(character);
            }
        }
        text.extend(chunk.invalid().iter().copied().map(single));
    }
    Cow::Owned(text)
}

/// The bytes that a string stands for.
///
/// # Errors
///
/// When its single bytes together are UTF-8, which another string stands for.
pub(super) fn to_bytes(text: &str) -> Result<Bytes, Inexpressible> {
    let bytes = bytes_of(text);
    if holds_single(text) && to_text(&bytes) != text {
        return Err(Inexpressible("its single bytes make up characters"));
    }
    Ok(bytes)
}

fn bytes_of(text: &str) -> Bytes {
    if !holds_single(text) {
        return Bytes::copy_from_slice(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if SINGLE.contains(&character) {
            // The low byte of the character is the byte.
            bytes.push((u32::from(character) & 0xFF) as u8);
        } else {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Bytes::from(bytes)
}

fn holds_single(text: &str) -> bool {
    text.as_bytes().contains(&LEAD) && text.contains(|character| SINGLE.contains(&character))
}

/// The character of a byte, which is 0x80 at least: lower ones are UTF-8.
fn single(byte: u8) -> char {
    char::from_u32(0xEF00 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_stand_for_themselves_where_they_are_text() {
        let table: [(&[u8], &str); 6] = [
            (b"", ""),
            (b"a\r\n\x00", "a\r\n\0"),
            ("é€".as_bytes(), "é€"),
            (b"a\xE9b", "a\u{EFE9}b"),
            (b"\xFF\xD8\xFF", "\u{EFFF}\u{EFD8}\u{EFFF}"),
            // U+EFE9 itself.
            (b"\xEE\xBF\xA9", "\u{EFEE}\u{EFBF}\u{EFA9}"),
        ];
        for (bytes, text) in table {
            assert_eq!(to_text(bytes), text);
            assert_eq!(to_bytes(text).as_deref(), Ok(bytes));
        }
        assert!(to_bytes("\u{EFC3}\u{EFA9}").is_err(), "these bytes are an é");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_from_their_string(bytes: Vec<u8>) {
            prop_assert_eq!(to_bytes(&to_text(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn any_string_comes_back_from_its_bytes(text in "[a\u{E9}\u{EF80}-\u{EFFF}]{0,6}|\\PC{0,9}") {
            if let Ok(bytes) = to_bytes(&text) {
                prop_assert_eq!(to_text(&bytes), text);
            }
        }
    }
}
