//! ECMA-262 patterns in the words of the `regex-syntax` crate.
//!
//! What that crate has no words for is left out (look-around, backreferences), so that the translation matches
//! more than the original: what is drawn from it is put to the original afterwards.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// Translates a pattern. What is no pattern at all comes out as something the parser refuses.
pub(super) fn translate(pattern: &str) -> String {
    let mut translation = Translation { rest: pattern.chars().peekable(), out: String::new() };
    translation.run();
    translation.out
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

/// One member of a character class.
enum Member {
    One(u32),
    Set(&'static str),
    Named(String),
    Nothing,
}

impl Translation<'_> {
    fn run(&mut self) {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape(),
                '[' => self.class(),
                '(' => self.group(),
                '{' => self.braces(),
                '}' | ']' => {
                    self.out.push('\\');
                    self.out.push(character);
                }
                other => self.out.push(other),
            }
        }
    }

    fn escape(&mut self) {
        match self.escaped(false) {
            Member::One(code) => self.code(code),
            Member::Set(set) => {
                let _ = write!(self.out, "[{set}]");
            }
            Member::Named(name) => self.out.push_str(&name),
            // A group of nothing, so that a quantifier behind it still has something to repeat.
            Member::Nothing => self.out.push_str("(?:)"),
        }
    }

    fn code(&mut self, code: u32) {
        // A lone surrogate is no character here; what needs one cannot be drawn.
        match char::from_u32(code) {
            Some(_) => {
                let _ = write!(self.out, "\\x{{{code:X}}}");
            }
            None => self.out.push_str(NOTHING),
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self, is_in_class: bool) -> Member {
        let Some(character) = self.rest.next() else { return Member::One(u32::from('\\')) };
        match character {
            'd' => Member::Set("0-9"),
            'D' => Member::Set("\\x{0}-\\x{2F}\\x{3A}-\\x{10FFFF}"),
            'w' => Member::Set("0-9A-Z_a-z"),
            'W' => Member::Set("\\x{0}-\\x{2F}\\x{3A}-\\x{40}\\x{5B}-\\x{5E}\\x{60}\\x{7B}-\\x{10FFFF}"),
            's' => Member::Set(SPACE),
            'S' => Member::Set(NOT_SPACE),
            'b' if is_in_class => Member::One(8),
            'b' | 'B' => Member::Nothing,
            'n' => Member::One(10),
            'r' => Member::One(13),
            't' => Member::One(9),
            'v' => Member::One(11),
            'f' => Member::One(12),
            '0' => Member::One(0),
            '1'..='9' => {
                while self.rest.next_if(char::is_ascii_digit).is_some() {}
                Member::Nothing
            }
            'c' => match self.rest.next_if(char::is_ascii_alphabetic) {
                Some(letter) => Member::One(u32::from(letter) % 32),
                None => Member::One(u32::from('c')),
            },
            'x' => self.hexadecimal(2).map_or(Member::One(u32::from('x')), Member::One),
            'u' if self.rest.peek() == Some(&'{') => Member::One(self.braced().unwrap_or(u32::from('u'))),
            'u' => self.unit().map_or(Member::One(u32::from('u')), Member::One),
            'k' if self.rest.peek() == Some(&'<') => {
                let _ = self.rest.by_ref().find(|character| *character == '>');
                Member::Nothing
            }
            'p' | 'P' if self.rest.peek() == Some(&'{') => {
                let mut name = format!("\\{character}");
                for character in self.rest.by_ref() {
                    name.push(character);
                    if character == '}' {
                        break;
                    }
                }
                Member::Named(name)
            }
            other => Member::One(u32::from(other)),
        }
    }

    /// Four digits, and four more where they are the second half of a surrogate pair.
    fn unit(&mut self) -> Option<u32> {
        let high = self.hexadecimal(4)?;
        if (0xD800..0xDC00).contains(&high) {
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('\\') && ahead.next() == Some('u') {
                let digits: String = ahead.by_ref().take(4).collect();
                let low = u32::from_str_radix(&digits, 16).ok().filter(|low| (0xDC00..0xE000).contains(low));
                if let Some(low) = low {
                    self.rest = ahead;
                    return Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                }
            }
        }
        Some(high)
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let text: String = self.rest.clone().take(digits).take_while(char::is_ascii_hexdigit).collect();
        if text.len() != digits {
            return None;
        }
        self.rest.nth(digits - 1);
        u32::from_str_radix(&text, 16).ok()
    }

    fn braced(&mut self) -> Option<u32> {
        let text: String = self.rest.by_ref().skip(1).take_while(|character| *character != '}').collect();
        u32::from_str_radix(&text, 16).ok()
    }

    fn class(&mut self) {
        let is_negated = self.rest.next_if_eq(&'^').is_some();
        let mut members = String::new();
        std::mem::swap(&mut members, &mut self.out);
        while let Some(character) = self.rest.next() {
            if character == ']' {
                break;
            }
            let first = self.member(character);
            let mut ahead = self.rest.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|end| end != ']');
            if !is_range {
                self.push_member(&first);
                continue;
            }
            self.rest.next();
            let Some(end) = self.rest.next() else { break };
            let last = self.member(end);
            match (&first, &last) {
                (Member::One(low), Member::One(high)) if low <= high => self.range(*low, *high),
                _ => {
                    self.push_member(&first);
                    self.out.push_str("\\-");
                    self.push_member(&last);
                }
            }
        }
        std::mem::swap(&mut members, &mut self.out);
        match (is_negated, members.is_empty()) {
            (true, true) => self.out.push_str("(?s:.)"),
            (false, true) => self.out.push_str(NOTHING),
            (true, false) => {
                let _ = write!(self.out, "[^{members}]");
            }
            (false, false) => {
                let _ = write!(self.out, "[{members}]");
            }
        }
    }

    fn member(&mut self, character: char) -> Member {
        match character {
            '\\' => self.escaped(true),
            other => Member::One(u32::from(other)),
        }
    }

    fn push_member(&mut self, member: &Member) {
        match member {
            Member::One(code) => self.range(*code, *code),
            Member::Set(set) => self.out.push_str(set),
            Member::Named(name) => self.out.push_str(name),
            Member::Nothing => {}
        }
    }

    /// A range of a class without the surrogates in it.
    fn range(&mut self, low: u32, high: u32) {
        for (low, high) in [(low, high.min(0xD7FF)), (low.max(0xE000), high.min(0x10_FFFF))] {
            if low <= high {
                let _ = write!(self.out, "\\x{{{low:X}}}-\\x{{{high:X}}}");
            }
        }
    }

    fn group(&mut self) {
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('?') {
            self.out.push('(');
            return;
        }
        match (ahead.next(), ahead.next()) {
            (Some('='), _) | (Some('!'), _) | (Some('<'), Some('=' | '!')) => {
                self.skip_group();
                self.out.push_str("(?:)");
            }
            (Some('<'), _) => {
                let _ = self.rest.by_ref().find(|character| *character == '>');
                self.out.push('(');
            }
            _ => self.out.push('('),
        }
    }

    /// Skips to behind the parenthesis that closes a group.
    fn skip_group(&mut self) {
        let mut depth = 1_u32;
        let mut is_in_class = false;
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => {
                    self.rest.next();
                }
                '[' => is_in_class = true,
                ']' => is_in_class = false,
                '(' if !is_in_class => depth += 1,
                ')' if !is_in_class => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// A quantifier, its numbers no larger than the parser takes; any other brace stands for itself.
    fn braces(&mut self) {
        let text: String = self.rest.clone().take_while(|character| *character != '}').collect();
        let (low, high) = text.split_once(',').map_or((text.as_str(), None), |(low, high)| (low, Some(high)));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_closed = self.rest.clone().nth(text.chars().count()) == Some('}');
        let is_quantifier = is_number(low) && high.is_none_or(|high| high.is_empty() || is_number(high));
        if !is_closed || !is_quantifier {
            self.out.push_str("\\{");
            return;
        }
        self.rest.nth(text.chars().count());
        let capped = |digits: &str| digits.parse().unwrap_or(u32::MAX).to_string();
        self.out.push('{');
        self.out.push_str(&capped(low));
        if let Some(high) = high {
            self.out.push(',');
            if !high.is_empty() {
                self.out.push_str(&capped(high));
            }
        }
        self.out.push('}');
    }
}

/// White space and line ends (ECMA-262, section 22.2.2.9).
const SPACE: &str =
    r"\x{9}-\x{D}\x{20}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";

/// Everything else.
const NOT_SPACE: &str = r"\x{0}-\x{8}\x{E}-\x{1F}\x{21}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF}";

/// A class that nothing is in.
const NOTHING: &str = "[^\\x{0}-\\x{10FFFF}]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_come_out_in_words_that_the_parser_takes() {
        let rows = [
            (r"^\d{3}-\w+$", r"^[0-9]{3}-[0-9A-Z_a-z]+$"),
            (r"a{0,4294967294}", r"a{0,4294967294}"),
            (r"a{99999999999}", r"a{4294967295}"),
            (r"a{,5}{x}", r"a\{,5\}\{x\}"),
            (r"(?=x)(?!y[)])(?<=a)b", r"(?:)(?:)(?:)b"),
            (r"(?<year>\d)\1\k<year>", r"([0-9])(?:)(?:)"),
            (r"\/\-\u0041\u{1F600}\x7a\cA", r"\x{2F}\x{2D}\x{41}\x{1F600}\x{7A}\x{1}"),
            (r"\uD83D\uDE00", r"\x{1F600}"),
            (r"[\w-.]", r"[0-9A-Z_a-z\-\x{2E}-\x{2E}]"),
            (
                r"[[&&~~-]",
                r"[\x{5B}-\x{5B}\x{26}-\x{26}\x{26}-\x{26}\x{7E}-\x{7E}\x{7E}-\x{7E}\x{2D}-\x{2D}]",
            ),
            (r"[^]", r"(?s:.)"),
            (r"[]", NOTHING),
        ];
        for (pattern, expected) in rows {
            assert_eq!(translate(pattern), expected, "{pattern}");
            assert!(regex_syntax::parse(&translate(pattern)).is_ok(), "{pattern}");
        }
    }
}
