//! YAML that is not quite YAML, mended where other parsers let it pass and the meaning is plain.
//!
//! | what stands in the text | what is done |
//! |---|---|
//! | a line inside `{}` or `[]` no deeper than the block around them (YAML 1.2, section 7.4) | moved to the right |
//! | a line of a quoted scalar no deeper than its key (section 7.3) | moved to the right |
//! | a tab behind the colon of a key | becomes a space |
//! | tabs, or more spaces than the text has, on an empty line of a block | are taken out |
//! | `#` right behind a quoted scalar (section 6.6) | gets a space before it |
//! | a character beyond U+FFFF escaped as in JSON, as a pair of `\u` | becomes that character |

use super::Position;
use super::load::ParseError;

/// The most places of one text that are mended.
pub(super) const MAX_MENDED: usize = 64;
/// The most bytes read again for the sake of mending: each place costs another reading of the whole.
const MAX_REREAD_BYTES: usize = 64 * 1024 * 1024;

/// One thing mended, and where.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) position: Position,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) hint: &'static str,
}

/// Parses a text, and again after each thing mended, until it is parsed or nothing helps.
pub(super) fn parse_mending<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, ParseError>,
) -> Result<(T, Vec<Mended>), ParseError> {
    let mut mended: Vec<Mended> = Vec::new();
    let mut current = std::borrow::Cow::Borrowed(text);
    let mut reread = 0;
    loop {
        let error = match parse(&current) {
            Ok(root) => return Ok((root, mended)),
            Err(error) => error,
        };
        reread += current.len();
        if mended.len() >= MAX_MENDED || reread > MAX_REREAD_BYTES {
            return Err(error);
        }
        let Some((better, what)) = mend(&current, &error) else { return Err(error) };
        let is_known = mended
            .last()
            .is_some_and(|last| last.position.line == what.position.line && last.code == what.code);
        if !is_known {
            mended.push(what);
        }
        current = better.into();
    }
}

fn mend(text: &str, error: &ParseError) -> Option<(String, Mended)> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = usize::try_from(error.position().line).ok()?.checked_sub(1).filter(|at| *at < lines.len())?;
    let position = error.position();
    let note = |code, message, hint| Mended { position, code, message, hint };
    let mended = if error.says("comments must be separated") {
        part_comment(&mut lines[at], position)?;
        note("yaml-mended", "a comment must have a space before it", "put a space before `#`")
    } else if error.says("valid YAML whitespace") {
        lines[at] = lines[at].contains(":\t").then(|| lines[at].replacen(":\t", ": ", 1))?;
        note("yaml-mended", "a tab follows the colon of a key", "write a space")
    } else if error.says("Unicode character escape") {
        lines[at..].iter_mut().find_map(join_surrogates)?;
        note(
            "yaml-mended",
            "a character is escaped in two halves, as only JSON does",
            "write the character itself",
        )
    } else if let Some(()) = deepen_quoted(&mut lines, at) {
        note(
            "indentation-wrong",
            "the lines of a quoted text must stand deeper than its key",
            "indent the lines further",
        )
    } else if let Some(()) = clear_blanks(&mut lines[..at]) {
        note("yaml-mended", "a line before this one holds blanks that are no indentation", "empty the line")
    } else if error.says("indentation") && !is_tabbed(&lines[at]) {
        deepen(&mut lines, at)?;
        note(
            "indentation-wrong",
            "inside braces or brackets this line must stand deeper than the block around them",
            "indent the line further",
        )
    } else {
        return None;
    };
    Some((lines.join("\n"), mended))
}

/// Whether a tab indents a line that begins a member of a block, which may then belong anywhere.
fn is_tabbed(line: &str) -> bool {
    let text = line.trim_start();
    line[..line.len() - text.len()].contains('\t') && !text.starts_with(['}', ']', ',', '{', '['])
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Moves a line to stand deeper than it does, and no less deep than the one before it.
fn deepen(lines: &mut [String], at: usize) -> Option<()> {
    let before = lines[..at].iter().rev().find(|line| !line.trim().is_empty())?;
    let wanted = depth(before).max(depth(&lines[at]) + 1);
    lines[at] = format!("{}{}", " ".repeat(wanted), lines[at].trim_start());
    Some(())
}

fn part_comment(line: &mut String, position: Position) -> Option<()> {
    let column = usize::try_from(position.column).ok()?.checked_sub(1)?;
    let near = line.char_indices().map(|(index, _)| index).nth(column.saturating_sub(1))?;
    let hash = near + line[near..].find('#')?;
    line.insert(hash, ' ');
    Some(())
}

/// Moves the further lines of the quoted scalar that starts on a line to stand deeper than that line.
fn deepen_quoted(lines: &mut [String], at: usize) -> Option<()> {
    let quote = open_quote(&lines[at])?;
    let wanted = depth(&lines[at].replacen("- ", "  ", 1)) + 1;
    let mut has_moved = false;
    for line in &mut lines[at + 1..] {
        if !line.trim().is_empty() && depth(line) < wanted {
            *line = format!("{}{}", " ".repeat(wanted), line.trim_start());
            has_moved = true;
        }
        if closes(line, quote) {
            return has_moved.then_some(());
        }
    }
    None
}

/// The quote that a line opens as the start of a value and does not close.
pub(super) fn open_quote(line: &str) -> Option<char> {
    let value = line.trim_start().trim_start_matches("- ");
    let start = if value.starts_with(['"', '\'']) {
        value
    } else {
        value.split_once(": ").map(|(_, value)| value.trim_start())?
    };
    let quote = start.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    (!closes(&start[1..], quote)).then_some(quote)
}

/// Whether a text, read inside a quoted scalar, holds the quote that ends it.
pub(super) fn closes(text: &str, quote: char) -> bool {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if quote == '"' && character == '\\' {
            characters.next();
        } else if character == quote && (quote == '"' || characters.next_if_eq(&'\'').is_none()) {
            return true;
        }
    }
    false
}

/// Empties the lines at the end that hold nothing but blanks.
fn clear_blanks(lines: &mut [String]) -> Option<()> {
    let blank = lines.iter_mut().rev().take_while(|line| line.trim().is_empty());
    let mut had_any = false;
    for line in blank.filter(|line| line.contains([' ', '\t'])) {
        line.clear();
        had_any = true;
    }
    had_any.then_some(())
}

fn join_surrogates(line: &mut String) -> Option<()> {
    let code = |at: usize| {
        let digits = line.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok().filter(|code| (0xD800..0xE000).contains(code))
    };
    let (start, first) = line.match_indices("\\u").find_map(|(at, _)| Some((at, code(at)?)))?;
    let second = code(start + 6).filter(|second| first < 0xDC00 && *second >= 0xDC00);
    let (length, joined) = match second {
        Some(second) => (12, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)),
        None => (6, 0xFFFD),
    };
    let character = char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER);
    line.replace_range(start..start + length, character.encode_utf8(&mut [0; 4]));
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::document::yaml::parse;

    fn value(text: &str) -> Value {
        let parsed = parse(text).expect("the text of this test is YAML once mended");
        assert!(!parsed.mended.is_empty(), "{text}");
        parsed.root.into_value()
    }

    #[test]
    fn what_other_parsers_let_pass_is_read_as_they_read_it() {
        let table = [
            (
                "a:\n  b: {\n    \"80/tcp\": {},\n    \"c\": {}\n  }\n  e: 3\n",
                json!({"a": {"b": {"80/tcp": {}, "c": {}}, "e": 3}}),
            ),
            ("a:\n  b: {\n\"c\": 1\n}\n", json!({"a": {"b": {"c": 1}}})),
            ("a:\n  b: \"one\n  two: x\"\n  c: 1\n", json!({"a": {"b": "one two: x", "c": 1}})),
            ("a:\n  - b: 'it''s\none\n  two'\n    c: 1\n", json!({"a": [{"b": "it's one two", "c": 1}]})),
            ("a: {b:\t1}\nb:\tc\n", json!({"a": {"b": 1}, "b": "c"})),
            ("a: 'b'#c\nd: 1\n", json!({"a": "b", "d": 1})),
            ("a: \"x\\uD83D\\uDE00y\\uD83Dz\"\n", json!({"a": "x\u{1F600}y\u{FFFD}z"})),
            ("a:\n  b: >\n    c\n\t\n    d\n", json!({"a": {"b": "c\nd\n"}})),
            ("a:\n  b: |\n        \n    c\n", json!({"a": {"b": "\nc\n"}})),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_mended_is_refused_where_it_stands() {
        for text in ["a: {\nb: 1", "a: \"b\nc: d", "a: b: c", "a: 'b' c"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
