//! ECMA-262 patterns read (section 22.2.1, with annex B.1.2).

use regex_syntax::hir::ClassUnicode;

use super::class;
use super::node::{Assertion, Node};

/// The longest pattern that is read, in characters.
const MAX_LENGTH: usize = 1 << 16;

/// The deepest nesting of groups and quantifiers.
const MAX_DEPTH: u32 = 128;

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    /// The number of its capturing groups.
    pub(super) groups: u32,
}

/// Reads a pattern; the error says why it is none.
pub(super) fn parse(source: &str) -> Result<Parsed, String> {
    let chars: Vec<char> = source.chars().take(MAX_LENGTH + 1).collect();
    if chars.len() > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} characters"));
    }
    let names = group_names(&chars);
    let mut parser = Parser { chars, at: 0, names, groups: 0, depth: 0, flags: Flags::default() };
    let root = parser.alternatives()?;
    match parser.peek() {
        None => Ok(Parsed { root, groups: parser.groups }),
        Some(_) => Err(parser.wrong("a `)` that closes nothing")),
    }
}

/// The names of all capturing groups in order; those without one have an empty name. Groups may be referred to
/// before they come.
fn group_names(chars: &[char]) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_in_class = false;
    let mut at = 0;
    while let Some(character) = chars.get(at) {
        match character {
            '\\' => at += 1,
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            '(' if !is_in_class => {
                let rest = &chars[at + 1..];
                match rest {
                    ['?', 'P', '<', name @ ..] => names.push(until_angle(name)),
                    ['?', '<', '=' | '!', ..] => {}
                    ['?', '<', name @ ..] => names.push(until_angle(name)),
                    ['?', ..] => {}
                    _ => names.push(String::new()),
                }
            }
            _ => {}
        }
        at += 1;
    }
    names
}

fn until_angle(chars: &[char]) -> String {
    chars.iter().take_while(|character| **character != '>').collect()
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignores_case: bool,
    is_multiline: bool,
    dot_is_all: bool,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    names: Vec<String>,
    groups: u32,
    depth: u32,
    flags: Flags,
}

/// What a backslash and the characters behind it stand for.
enum Escape {
    Code(u32),
    Set(ClassUnicode),
    Node(Node),
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn eat(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let is_there = self.chars[self.at..].iter().take(length).copied().eq(text.chars());
        self.at += if is_there { length } else { 0 };
        is_there
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what}, at character {}", self.at + 1)
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it nests more than {MAX_DEPTH} deep"));
        }
        // A flag that is set inside a group holds to its end.
        let flags = self.flags;
        let mut branches = vec![self.sequence()?];
        while self.eat("|") {
            branches.push(self.sequence()?);
        }
        self.flags = flags;
        self.depth -= 1;
        Ok(match branches.len() {
            1 => branches.swap_remove(0),
            _ => Node::Either(branches),
        })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut parts = Vec::new();
        while let Some(character) = self.peek().filter(|character| !matches!(character, '|' | ')')) {
            self.at += 1;
            let part = self.term(character)?;
            parts.push(self.quantified(part)?);
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.swap_remove(0),
            _ => Node::All(parts),
        })
    }

    fn term(&mut self, character: char) -> Result<Node, String> {
        Ok(match character {
            '^' if self.flags.is_multiline => Node::Assert(Assertion::LineStart),
            '^' => Node::Assert(Assertion::Start),
            '$' if self.flags.is_multiline => Node::Assert(Assertion::LineEnd),
            '$' => Node::Assert(Assertion::End),
            '.' if self.flags.dot_is_all => Node::Class(class::all()),
            '.' => Node::Class(class::dot()),
            '(' => self.group()?,
            '[' => Node::Class(self.class()?),
            '\\' => match self.escape(Inside::Pattern)? {
                // A lone surrogate is no character: nothing matches it.
                Escape::Code(code) => self.cased(class::range(code, code)),
                Escape::Set(set) => self.cased(set),
                Escape::Node(node) => node,
            },
            '*' | '+' | '?' => return Err(self.wrong(&format!("a `{character}` with nothing to repeat"))),
            '{' if self.braces().is_some() => {
                return Err(self.wrong("a quantifier with nothing to repeat"));
            }
            other => self.cased(class::one(other)),
        })
    }

    fn cased(&self, mut set: ClassUnicode) -> Node {
        if self.flags.ignores_case {
            // The tables are part of the build.
            let _ = set.try_case_fold_simple();
        }
        Node::Class(set)
    }

    /// Wraps a part in the quantifiers behind it.
    fn quantified(&mut self, mut part: Node) -> Result<Node, String> {
        let mut depth = self.depth;
        loop {
            let (min, max) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    self.at += 1;
                    match self.braces() {
                        // The closing brace is passed below.
                        Some((min, max, end)) => {
                            self.at = end - 1;
                            (min, max)
                        }
                        None => {
                            self.at -= 1;
                            return Ok(part);
                        }
                    }
                }
                _ => return Ok(part),
            };
            self.at += 1;
            if max.is_some_and(|max| max < min) {
                return Err(self.wrong("a quantifier whose numbers are out of order"));
            }
            depth += 1;
            if depth > MAX_DEPTH {
                return Err(format!("it nests more than {MAX_DEPTH} deep"));
            }
            let is_greedy = !self.eat("?");
            part = Node::Repeat { inner: Box::new(part), min, max, is_greedy };
            if is_greedy && self.eat("+") {
                part = Node::Atomic(Box::new(part));
            }
        }
    }

    /// The numbers of a quantifier in braces, the opening one being passed, and where it ends; nothing where it is
    /// no quantifier.
    fn braces(&self) -> Option<(u32, Option<u32>, usize)> {
        let length = self.chars[self.at..].iter().position(|character| *character == '}')?;
        let text: String = self.chars[self.at..self.at + length].iter().collect();
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let (min, max) = match text.split_once(',') {
            None => (number(&text)?, Some(number(&text)?)),
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        Some((min, max, self.at + length + 1))
    }

    /// A group, its opening parenthesis being passed.
    fn group(&mut self) -> Result<Node, String> {
        let look = |is_behind, is_negative| move |inner| Node::Look { is_behind, is_negative, inner };
        if !self.eat("?") {
            return self.capture();
        }
        if self.eat("=") {
            return self.closed(look(false, false));
        }
        if self.eat("!") {
            return self.closed(look(false, true));
        }
        if self.eat("<=") {
            return self.closed(look(true, false));
        }
        if self.eat("<!") {
            return self.closed(look(true, true));
        }
        if self.eat(">") {
            return self.closed(Node::Atomic);
        }
        if self.eat("P<") || self.eat("<") {
            let name = self.name()?;
            if name.is_empty() {
                return Err(self.wrong("a group with an empty name"));
            }
            return self.capture();
        }
        let outer = self.flags;
        self.modifiers()?;
        match self.next() {
            Some(':') => {
                let inner = self.closed(|inner| *inner);
                self.flags = outer;
                inner
            }
            // They hold to the end of the group around them.
            Some(')') => Ok(Node::Empty),
            _ => Err(self.wrong("a group of an unknown kind")),
        }
    }

    fn modifiers(&mut self) -> Result<(), String> {
        let mut is_set = true;
        while let Some(letter) = self.peek().filter(|letter| !matches!(letter, ':' | ')')) {
            self.at += 1;
            match letter {
                'i' => self.flags.ignores_case = is_set,
                'm' => self.flags.is_multiline = is_set,
                's' => self.flags.dot_is_all = is_set,
                // Characters are code points and properties known in any case.
                'u' => {}
                '-' if is_set => is_set = false,
                _ => return Err(self.wrong("a group of an unknown kind")),
            }
        }
        Ok(())
    }

    fn capture(&mut self) -> Result<Node, String> {
        self.groups += 1;
        let number = self.groups;
        self.closed(|inner| Node::Group(number, inner))
    }

    fn closed(&mut self, wrap: impl FnOnce(Box<Node>) -> Node) -> Result<Node, String> {
        let inner = self.alternatives()?;
        if self.eat(")") { Ok(wrap(Box::new(inner))) } else { Err(self.wrong("a group that is not closed")) }
    }

    /// A name up to the closing angle bracket.
    fn name(&mut self) -> Result<String, String> {
        let name = until_angle(&self.chars[self.at..]);
        self.at += name.chars().count();
        if self.eat(">") { Ok(name) } else { Err(self.wrong("a name that is not closed")) }
    }

    /// A class of characters, its opening bracket being passed.
    fn class(&mut self) -> Result<ClassUnicode, String> {
        let is_negated = self.eat("^");
        let mut set = ClassUnicode::empty();
        loop {
            let Some(character) = self.next() else { return Err(self.wrong("a class that is not closed")) };
            if character == ']' {
                break;
            }
            let first = self.member(character)?;
            let is_range =
                self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|end| *end != ']');
            if !is_range {
                set.union(&first.set());
                continue;
            }
            self.at += 1;
            let Some(end) = self.next() else { return Err(self.wrong("a class that is not closed")) };
            match (first, self.member(end)?) {
                (Escape::Code(low), Escape::Code(high)) if low <= high => set.union(&class::range(low, high)),
                (Escape::Code(_), Escape::Code(_)) => return Err(self.wrong("a range that is out of order")),
                (first, last) => {
                    set.union(&first.set());
                    set.union(&class::one('-'));
                    set.union(&last.set());
                }
            }
        }
        if self.flags.ignores_case {
            let _ = set.try_case_fold_simple();
        }
        Ok(if is_negated { class::negated(set) } else { set })
    }

    fn member(&mut self, character: char) -> Result<Escape, String> {
        match character {
            '\\' => self.escape(Inside::Class),
            other => Ok(Escape::Code(u32::from(other))),
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, inside: Inside) -> Result<Escape, String> {
        let Some(character) = self.next() else { return Err(self.wrong("a backslash at the end")) };
        if let Some(set) = class::shorthand(character) {
            return Ok(Escape::Set(set));
        }
        let in_pattern = inside == Inside::Pattern;
        let assertion = |assertion| Ok(Escape::Node(Node::Assert(assertion)));
        let code = match character {
            'b' if in_pattern => return assertion(Assertion::WordBoundary),
            'B' if in_pattern => return assertion(Assertion::NoWordBoundary),
            'A' if in_pattern => return assertion(Assertion::Start),
            'Z' | 'z' if in_pattern => return assertion(Assertion::End),
            'b' => 8,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            'f' => 12,
            '1'..='9' if in_pattern && self.is_group(character) => {
                let group = self.digits(character);
                return Ok(Escape::Node(self.reference(group)));
            }
            '0'..='7' => self.octal(character),
            'c' => match self.peek().filter(char::is_ascii_alphabetic) {
                Some(letter) => {
                    self.at += 1;
                    u32::from(letter) % 32
                }
                // The backslash stands for itself then.
                None => {
                    self.at -= 1;
                    u32::from('\\')
                }
            },
            'x' => self.hexadecimal(2).unwrap_or(u32::from('x')),
            'u' if self.peek() == Some('{') => self.braced().unwrap_or(u32::from('u')),
            'u' => self.unit().unwrap_or(u32::from('u')),
            'k' if in_pattern && self.names.iter().any(|name| !name.is_empty()) => {
                if !self.eat("<") {
                    return Err(self.wrong("a `\\k` without a name"));
                }
                let name = self.name()?;
                let Some(index) = self.names.iter().position(|known| *known == name) else {
                    return Err(self.wrong(&format!("a reference to a group `{name}` that is not there")));
                };
                return Ok(Escape::Node(self.reference(index as u32 + 1)));
            }
            'p' | 'P' if self.peek().is_some_and(|next| next == '{' || next.is_ascii_alphabetic()) => {
                return self.property(character == 'P').map(Escape::Set);
            }
            other => u32::from(other),
        };
        Ok(Escape::Code(code))
    }

    fn reference(&self, group: u32) -> Node {
        Node::Reference { group, ignores_case: self.flags.ignores_case }
    }

    /// Whether a number that begins with a digit is that of a group.
    fn is_group(&self, first: char) -> bool {
        let digits = self.chars[self.at..].iter().take_while(|digit| digit.is_ascii_digit());
        let text: String = std::iter::once(&first).chain(digits).collect();
        text.parse::<usize>().is_ok_and(|number| number <= self.names.len())
    }

    fn digits(&mut self, first: char) -> u32 {
        let mut number = first.to_digit(10).unwrap_or(0);
        while let Some(digit) = self.peek().and_then(|digit| digit.to_digit(10)) {
            self.at += 1;
            number = number.saturating_mul(10).saturating_add(digit);
        }
        number
    }

    /// An octal escape (annex B.1.2); `\0` is one of its own.
    fn octal(&mut self, first: char) -> u32 {
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            match self.peek().and_then(|digit| digit.to_digit(8)) {
                Some(digit) if code * 8 + digit <= 0xFF => {
                    self.at += 1;
                    code = code * 8 + digit;
                }
                _ => break,
            }
        }
        code
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let text: String = self.chars[self.at..].iter().take(digits).collect();
        let is_number = text.chars().count() == digits && text.chars().all(|digit| digit.is_ascii_hexdigit());
        let number = u32::from_str_radix(&text, 16).ok().filter(|_| is_number)?;
        self.at += digits;
        Some(number)
    }

    /// Four digits, and four more where they are the second half of a surrogate pair.
    fn unit(&mut self) -> Option<u32> {
        let high = self.hexadecimal(4)?;
        let before = self.at;
        if (0xD800..0xDC00).contains(&high) && self.eat("\\u") {
            match self.hexadecimal(4) {
                Some(low) if (0xDC00..0xE000).contains(&low) => {
                    return Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                }
                _ => self.at = before,
            }
        }
        Some(high)
    }

    /// A code point in braces.
    fn braced(&mut self) -> Option<u32> {
        let rest = &self.chars[self.at + 1..];
        let length = rest.iter().position(|character| *character == '}').filter(|length| *length > 0)?;
        let text: String = rest[..length].iter().collect();
        let is_number = text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let code = u32::from_str_radix(&text, 16).ok().filter(|code| is_number && *code <= 0x10_FFFF)?;
        self.at += length + 2;
        Some(code)
    }

    /// A Unicode property, its letter being passed.
    fn property(&mut self, is_negated: bool) -> Result<ClassUnicode, String> {
        let rest = &self.chars[self.at..];
        let (name, length): (String, usize) = match rest.first() {
            Some('{') => {
                let Some(length) = rest.iter().position(|character| *character == '}') else {
                    return Err(self.wrong("a property that is not closed"));
                };
                (rest[1..length].iter().collect(), length + 1)
            }
            // As other dialects have it.
            letter => (letter.copied().into_iter().collect(), 1),
        };
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, !is_negated),
            None => (name.as_str(), is_negated),
        };
        let Some(set) = class::property(name) else {
            return Err(self.wrong(&format!("a property `{name}` that Unicode does not have")));
        };
        self.at += length;
        Ok(if is_negated { class::negated(set) } else { set })
    }
}

/// Where an escape stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Pattern,
    Class,
}

impl Escape {
    /// What it adds to a class.
    fn set(self) -> ClassUnicode {
        match self {
            Self::Code(code) => class::range(code, code),
            Self::Set(set) => set,
            Self::Node(_) => ClassUnicode::empty(),
        }
    }
}
