//! Text from elsewhere made safe to show: a reply must neither drive a terminal nor give orders to a CI server.

use std::borrow::Cow;

/// Makes everything visible that is not plain text: control characters, and those that change the direction of
/// writing, have no width or are not characters. Line feeds and tabs stay.
///
/// What CI servers take for a command to them is broken up as well: `##name[` wherever it stands, and `::name` at the
/// start of a line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) || (!text.chars().any(is_hidden) && !text.contains("##") && !text.contains("::")) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (index, character) in text.char_indices() {
        let is_command = match character {
            '#' => is_hash_command(&shown, &text[index..]),
            ':' => is_colon_command(&shown, &text[index..]),
            _ => false,
        };
        if is_command || is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// [`visible`], and line feeds and tabs escaped too, for text that must stay on one line.
pub fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// The first `lines` lines and `characters` characters of a text, and how many bytes are left out.
pub(super) fn cut(text: &str, lines: usize, characters: usize) -> (&str, usize) {
    let by_lines = text.match_indices('\n').nth(lines.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let by_characters = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let end = by_lines.min(by_characters);
    (&text[..end], text.len() - end)
}

/// A word as a POSIX shell must be given it.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

/// A count with its noun, in the plural where it must be: `1 case`, `1,200 cases`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = match (count, noun) {
        (1, _) => "",
        (_, noun) if noun.ends_with("ss") => "es",
        _ => "s",
    };
    format!("{} {noun}{plural}", thousands(count))
}

/// A number with commas between thousands.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn is_hidden(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Whether a text is printable ASCII without anything that a command may begin with, as most texts are.
fn is_plain(text: &str) -> bool {
    let mut before = 0;
    text.bytes().all(|byte| {
        let is_doubled = matches!(byte, b'#' | b':') && byte == before;
        before = byte;
        matches!(byte, b' '..=b'~' | b'\n' | b'\t') && !is_doubled
    })
}

/// Whether the `#` that `rest` begins with is the second one of `##name[`.
fn is_hash_command(before: &str, rest: &str) -> bool {
    let name = rest[1..].trim_start_matches(|character: char| character.is_ascii_alphabetic());
    before.ends_with('#') && name.starts_with('[')
}

/// Whether the `:` that `rest` begins with is the first one of a line's `::name`.
fn is_colon_command(before: &str, rest: &str) -> bool {
    let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    let name = rest.strip_prefix("::");
    line.trim().is_empty()
        && name.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_drives_a_terminal_or_a_ci_server() {
        let rows = [
            ("plain ünïcode 日本", "plain ünïcode 日本"),
            ("a\tb\nc", "a\tb\nc"),
            ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("\u{1b}]52;c;aGk=\u{7}", "\\u{1b}]52;c;aGk=\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("bell\u{0}\r", "bell\\u{0}\\u{d}"),
            ("evil\u{202e}txt", "evil\\u{202e}txt"),
            ("\u{feff}\u{ffff}\u{1fffe}", "\\u{feff}\\u{ffff}\\u{1fffe}"),
            ("##[group]x ##vso[task] ##teamcity[", "#\\u{23}[group]x #\\u{23}vso[task] #\\u{23}teamcity["),
            ("## a heading [link]", "## a heading [link]"),
            ("a\n \t::error::x", "a\n \t\\u{3a}:error::x"),
            ("::stop-commands::x", "\\u{3a}:stop-commands::x"),
            ("::1 and a::b", "::1 and a::b"),
        ];
        for (text, shown) in rows {
            assert_eq!(visible(text), shown, "{text:?}");
        }
        assert_eq!(one_line("a\nb\u{7}"), "a\\nb\\u{7}");
    }

    #[test]
    fn cuts_at_lines_and_at_characters() {
        assert_eq!(cut("a\nb\nc", 2, 100), ("a\nb", 2));
        assert_eq!(cut("äöü", 9, 2), ("äö", 2));
        assert_eq!(cut("a\nb", 2, 100), ("a\nb", 0));
    }

    #[test]
    fn counts_read_as_english() {
        assert_eq!(counted(1, "case"), "1 case");
        assert_eq!(counted(0, "failure"), "0 failures");
        assert_eq!(counted(1_234_567, "request"), "1,234,567 requests");
    }

    #[test]
    fn shell_words_are_quoted_when_they_must_be() {
        assert_eq!(shell_word("http://a.b/c?d=1"), "'http://a.b/c?d=1'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word("pets.yaml"), "pets.yaml");
    }
}
