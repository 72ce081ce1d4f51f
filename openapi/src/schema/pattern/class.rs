//! Sets of characters.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// White space and line ends (ECMA-262, section 22.2.2.9).
const SPACE: [(char, char); 10] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{A0}', '\u{A0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200A}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202F}', '\u{202F}'),
    ('\u{205F}', '\u{205F}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{FEFF}', '\u{FEFF}'),
];

/// The set of some ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high)))
}

/// The set of one character.
pub(super) fn one(character: char) -> ClassUnicode {
    of(&[(character, character)])
}

/// The set of a range of code points. Surrogates are no characters and are left out.
pub(super) fn range(low: u32, high: u32) -> ClassUnicode {
    let parts = [(low, high.min(0xD7FF)), (low.max(0xE000), high.min(0x10_FFFF))];
    let ranges = parts.into_iter().filter(|(low, high)| low <= high);
    let ranges = ranges.filter_map(|(low, high)| char::from_u32(low).zip(char::from_u32(high)));
    of(&ranges.collect::<Vec<_>>())
}

/// Everything.
pub(super) fn all() -> ClassUnicode {
    of(&[('\0', char::MAX)])
}

/// What `.` stands for: no line end (ECMA-262, section 12.3).
pub(super) fn dot() -> ClassUnicode {
    negated(of(&[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')]))
}

/// The set of `\d`, `\D`, `\w`, `\W`, `\s` or `\S`; nothing for another letter.
pub(super) fn shorthand(letter: char) -> Option<ClassUnicode> {
    let set = match letter.to_ascii_lowercase() {
        'd' => of(&[('0', '9')]),
        'w' => of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        's' => of(&SPACE),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { negated(set) } else { set })
}

/// Names that stand between the braces of `\p{…}` where Java reads a pattern, with what they stand for in ASCII.
/// Documents written from Java code have them.
const POSIX: [(&str, &[(char, char)]); 10] = [
    ("Alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("Blank", &[('\t', '\t'), (' ', ' ')]),
    ("Cntrl", &[('\0', '\u{1F}'), ('\u{7F}', '\u{7F}')]),
    ("Digit", &[('0', '9')]),
    ("Graph", &[('!', '~')]),
    ("Print", &[(' ', '~')]),
    ("Punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("Space", &[('\t', '\r'), (' ', ' ')]),
    ("XDigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
    ("all", &[('\0', char::MAX)]),
];

/// The set of a Unicode property, as it stands between the braces of `\p{…}`.
pub(super) fn property(name: &str) -> Option<ClassUnicode> {
    if let Some((_, ranges)) = POSIX.iter().find(|(known, _)| *known == name) {
        return Some(of(ranges));
    }
    let is_name =
        name.chars().all(|character| character.is_ascii_alphanumeric() || "_=-".contains(character));
    if !is_name {
        return None;
    }
    let hir = regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        _ => None,
    }
}

pub(super) fn negated(mut set: ClassUnicode) -> ClassUnicode {
    set.negate();
    set
}
