//! Names in XML, and property names that are none.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character may stand in XML at all (XML 1.0, section 2.2).
pub(super) fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a text is a name without a colon (Namespaces in XML, production 4).
pub(super) fn is_local(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_start) && characters.all(is_part)
}

fn is_start(character: char) -> bool {
    matches!(
        character,
        'A'..='Z'
            | '_'
            | 'a'..='z'
            | '\u{c0}'..='\u{d6}'
            | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{2ff}'
            | '\u{370}'..='\u{37d}'
            | '\u{37f}'..='\u{1fff}'
            | '\u{200c}'..='\u{200d}'
            | '\u{2070}'..='\u{218f}'
            | '\u{2c00}'..='\u{2fef}'
            | '\u{3001}'..='\u{d7ff}'
            | '\u{f900}'..='\u{fdcf}'
            | '\u{fdf0}'..='\u{fffd}'
            | '\u{10000}'..='\u{effff}'
    )
}

fn is_part(character: char) -> bool {
    is_start(character)
        || matches!(
            character,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}'
        )
}

/// A name that stands for any text: what no name can hold is written `_x0040_`, by its code point in hexadecimal (the
/// convention of SQL/XML, ISO 9075-14, and of .NET), and so is a `_` that would be read as the start of that.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if is_local(text) && !text.contains("_x") && text != "xmlns" {
        return Cow::Borrowed(text);
    }
    let mut name = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        let is_first = at == 0;
        let is_fit = if is_first { is_start(character) } else { is_part(character) };
        let is_taken = character == '_' && text[at..].starts_with("_x") || is_first && text == "xmlns";
        if is_fit && !is_taken {
            name.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "_x{:04X}_", u32::from(character));
        }
    }
    if name.is_empty() { Cow::Borrowed("_x_") } else { Cow::Owned(name) }
}

/// The text that a name stands for.
pub(super) fn unescape(name: &str) -> Cow<'_, str> {
    if !name.contains("_x") {
        return Cow::Borrowed(name);
    }
    if name == "_x_" {
        return Cow::Borrowed("");
    }
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("_x") {
        text.push_str(&rest[..at]);
        let digits = &rest[at + 2..];
        let end = digits.find('_').filter(|end| (4..=6).contains(end));
        let character = end.and_then(|end| {
            let code = u32::from_str_radix(&digits[..end], 16).ok()?;
            Some((char::from_u32(code)?, end))
        });
        match character {
            Some((character, end)) => {
                text.push(character);
                rest = &digits[end + 1..];
            }
            None => {
                text.push_str("_x");
                rest = digits;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape, is_local, unescape};

    #[test]
    fn names_that_are_none_are_escaped() {
        let table = [
            ("name", "name"),
            ("naïve-1.x", "naïve-1.x"),
            ("@id", "_x0040_id"),
            ("1st", "_x0031_st"),
            ("a b", "a_x0020_b"),
            ("a:b", "a_x003A_b"),
            ("\u{1f600}", "\u{1f600}"),
            ("\u{10ffff}", "_x10FFFF_"),
            ("_x0040_", "_x005F_x0040_"),
            ("_xa", "_x005F_xa"),
            ("xmlns", "_x0078_mlns"),
            ("", "_x_"),
            ("_x_", "_x005F_x_"),
        ];
        for (text, name) in table {
            assert_eq!(escape(text), name, "{text}");
            assert_eq!(unescape(name), text, "{name}");
        }
        assert_eq!(unescape("a_xyz_b_x12_"), "a_xyz_b_x12_");
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
        #[test]
        fn every_text_has_a_name_of_its_own(text in "(_x[0-9a-f]{0,5}_?|\\PC|.){0,6}") {
            let name = escape(&text);
            prop_assert!(is_local(&name), "{name}");
            prop_assert_eq!(unescape(&name), text.as_str());
        }
    }
}
