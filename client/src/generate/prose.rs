//! Descriptions of a document as doc comments: they keep their words and can neither become doctests nor links.

use std::fmt::Write as _;

/// Markdown that rustdoc shows as the same text.
///
/// * Fenced code is marked as `text`, indented code becomes prose: neither is run as a doctest.
/// * Brackets and angle brackets are escaped: no links to items that do not exist, no HTML.
/// * Web addresses become links of their own.
/// * Characters that show nothing, or turn the direction of others, become spaces: a comment must not hold them.
pub(crate) fn as_doc_comment(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|character| if is_invisible(character) && character != '\n' { ' ' } else { character })
        .collect();
    let text = visible.as_str();
    let mut safe = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let line = line.trim();
        match (fence, fence_of(line)) {
            (None, Some(opening)) => {
                fence = Some(opening);
                let _ = writeln!(safe, "{opening}text");
            }
            (Some(opening), Some(closing)) if closing.starts_with(opening) && closing == line => {
                fence = None;
                let _ = writeln!(safe, "{closing}");
            }
            (Some(_), _) => {
                let _ = writeln!(safe, "{line}");
            }
            (None, None) => {
                escape_line(line, &mut safe);
                safe.push('\n');
            }
        }
    }
    if let Some(opening) = fence {
        safe.push_str(opening);
    }
    safe.truncate(safe.trim_end().len());
    safe
}

/// A code span of one line, whatever the text holds; of a long text the beginning.
pub(crate) fn as_code(text: &str) -> String {
    const MAX_CHARACTERS: usize = 120;
    let is_kept = |character: &char| !is_invisible(*character) && *character != '`';
    let kept: String = text.chars().filter(is_kept).take(MAX_CHARACTERS).collect();
    if kept.trim().is_empty() { String::new() } else { format!("`{}`", kept.trim()) }
}

/// Controls, and what Unicode has to order or to join others by.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// One line without anything that Markdown reads.
pub(crate) fn as_plain_line(text: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || " -.,:()/'".contains(character);
    let line: String = text.chars().map(|character| if plain(character) { character } else { ' ' }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The run of three or more backticks or tildes that a line starts with, where it opens or closes a fence.
fn fence_of(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let run = &line[..line.len() - rest.len()];
    (run.len() >= 3 && !rest.contains('`')).then_some(run)
}

/// Escapes one line of prose; white space runs shrink to one space, so that no marker is followed by indented code.
fn escape_line(line: &str, safe: &mut String) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if let Some(span) = code_span(rest) {
            safe.push_str(span);
            rest = &rest[span.len()..];
            continue;
        }
        if let Some(address) = web_address(rest) {
            let _ = write!(safe, "<{address}>");
            rest = &rest[address.len()..];
            continue;
        }
        rest = &rest[first.len_utf8()..];
        if first.is_whitespace() {
            rest = rest.trim_start();
            safe.push(' ');
        } else {
            if matches!(first, '`' | '~' | '[' | ']' | '<' | '&' | '\\') {
                safe.push('\\');
            }
            safe.push(first);
        }
    }
}

/// The code span that `text` starts with, where the same line ends it.
fn code_span(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('`');
    let run = text.len() - rest.len();
    if run == 0 {
        return None;
    }
    let mut offset = run;
    while let Some(start) = text[offset..].find('`').map(|found| offset + found) {
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == run {
            return Some(&text[..start + length]);
        }
        offset = start + length;
    }
    None
}

/// The web address that `text` starts with, without the punctuation after it.
fn web_address(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let is_end = |character: char| {
        character.is_whitespace() || character.is_control() || "<>()[]{}\"'`\\".contains(character)
    };
    let end = text.find(is_end).unwrap_or(text.len());
    let address = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
    (address.len() > scheme.len()).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag};

    use super::*;

    /// What rustdoc would trip over: code it runs, links it resolves, HTML it checks.
    fn hazards(text: &str) -> Vec<String> {
        Parser::new_ext(text, Options::all())
            .filter_map(|event| match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if &*language == "text" => None,
                Event::Start(Tag::CodeBlock(kind)) => Some(format!("{kind:?}")),
                Event::Start(Tag::Link { link_type: LinkType::Autolink, .. }) => None,
                Event::Start(Tag::Link { dest_url, .. }) => Some(format!("link {dest_url}")),
                Event::Html(html) | Event::InlineHtml(html) => Some(format!("html {html}")),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn descriptions_keep_their_words() {
        let table = [
            ("Plain words, `code` and *stress*.", "Plain words, `code` and *stress*."),
            ("See [the manual](https://example.com/a_b).", r"See \[the manual\](<https://example.com/a_b>)."),
            ("```yaml\na: 1\n```\nAfter.", "```text\na: 1\n```\nAfter."),
            ("~~~\nnever closed", "~~~text\nnever closed\n~~~"),
            ("First.\n\n    fn main() {}", "First.\n\nfn main() {}"),
            ("> ```rust\n> panic!()\n> ```", "> \\`\\`\\`rust\n> panic!()\n> \\`\\`\\`"),
            ("-     indented", "- indented"),
            ("<img src=\"a.png\"> `Vec<T>`", "\\<img src=\"a.png\"> `Vec<T>`"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(as_doc_comment(text), expected);
            assert_eq!(hazards(&as_doc_comment(text)), [""; 0], "{text}");
        }
    }

    #[test]
    fn titles_become_one_plain_line() {
        assert_eq!(as_plain_line("Pets\n```rust\n[API] <b>2</b>"), "Pets rust API b 2 /b");
    }

    proptest! {
        #[test]
        fn no_description_is_a_hazard(text in "[`~ \t\n>a\\[\\]()<!:/h#*_.1\\\\&;-]{0,60}|(https?://|```|    |[a`\n]){0,20}|.{0,60}") {
            prop_assert_eq!(hazards(&as_doc_comment(&text)), Vec::<String>::new());
        }
    }
}
