//! Rust identifiers for the names of a document, whatever those hold.

use std::collections::HashSet;

use heck::{ToPascalCase, ToSnakeCase};

/// The most characters that are kept of a name: some documents have names of many thousands.
const MAX_CHARACTERS: usize = 60;

/// Words that Rust or the generated code keeps to itself, as values, types and modules.
const RESERVED: [&str; 62] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield", "Self", "Box", "Clone", "Debug", "Default", "Err", "None", "Ok",
    "Option", "Some",
];

/// Types of the prelude that the generated code names without their path.
const PRELUDE: [&str; 12] = [
    "Error",
    "From",
    "Into",
    "Iterator",
    "PartialEq",
    "Result",
    "Send",
    "String",
    "Sync",
    "ToString",
    "TryFrom",
    "Vec",
];

/// The identifiers of one scope, each given once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A scope in which some identifiers are taken.
    pub(crate) fn without(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// An identifier in snake case that no other name of the scope has; made of `otherwise` where a name holds nothing
    /// to make it of.
    pub(crate) fn snake(&mut self, name: &str, otherwise: &str) -> String {
        self.unique(&snake(name, otherwise), "_")
    }

    /// The same in Pascal case.
    pub(crate) fn pascal(&mut self, name: &str, otherwise: &str) -> String {
        self.unique(&pascal(name, otherwise), "")
    }

    fn unique(&mut self, name: &str, joint: &str) -> String {
        let mut candidate = name.to_owned();
        let mut count = 1_u32;
        while !self.taken.insert(candidate.clone()) {
            count += 1;
            candidate = format!("{}{joint}{count}", name.trim_end_matches('_'));
        }
        candidate
    }
}

/// An identifier in snake case.
pub(crate) fn snake(name: &str, otherwise: &str) -> String {
    let words = words(name, otherwise);
    let snake = words.to_snake_case();
    tame(if snake.starts_with(|first: char| first.is_numeric()) { format!("n{snake}") } else { snake })
}

/// An identifier in Pascal case, which stays the same when it is brought to Pascal case again.
pub(crate) fn pascal(name: &str, otherwise: &str) -> String {
    let mut pascal = words(name, otherwise).to_pascal_case();
    if pascal.starts_with(|first: char| first.is_numeric()) {
        pascal.insert(0, 'N');
    }
    // Capitals of some letters are several characters, which are words of their own the next time.
    for _ in 0..MAX_CHARACTERS {
        let again = pascal.to_pascal_case();
        if again == pascal {
            break;
        }
        pascal = again;
    }
    tame(pascal)
}

/// A name with spaces for all that cannot stand in an identifier.
fn words(name: &str, otherwise: &str) -> String {
    let words: String = name
        .replace('\'', "")
        .chars()
        .map(|character| if may_stand(character) { character } else { ' ' })
        .take(MAX_CHARACTERS)
        .collect();
    if words.trim().is_empty() { otherwise.to_owned() } else { words }
}

/// Whether an identifier may hold a character. Marks and the like, which can look like nothing at all, may not.
fn may_stand(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || (!character.is_ascii()
            && character.is_alphabetic()
            && syn::parse_str::<syn::Ident>(character.encode_utf8(&mut [0; 4])).is_ok())
}

fn tame(identifier: String) -> String {
    if RESERVED.contains(&identifier.as_str()) || PRELUDE.contains(&identifier.as_str()) {
        let joint = if identifier.starts_with(char::is_uppercase) { "Type" } else { "_" };
        return format!("{identifier}{joint}");
    }
    identifier
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_identifiers() {
        let table = [
            ("petId", "pet_id", "PetId"),
            ("X-Rate-Limit", "x_rate_limit", "XRateLimit"),
            ("type", "type_", "Type"),
            ("self", "self_", "SelfType"),
            ("String", "string", "StringType"),
            ("200", "n200", "N200"),
            ("a\0b\u{202e}c", "a_b_c", "ABC"),
            ("*/ ```", "x", "X"),
            ("Größe", "größe", "Größe"),
            // A numeral that has letters' cases.
            ("\u{2160}\u{9aa}", "n\u{2170}\u{9aa}", "N\u{2170}\u{9aa}"),
            ("\u{1fe2}A", "\u{1fe2}_a", "\u{3a5}a"),
            ("", "x", "X"),
        ];
        for (name, in_snake, in_pascal) in table {
            assert_eq!(snake(name, "x"), in_snake, "{name:?}");
            let expected = if in_pascal == "ABC" { "ABC".to_pascal_case() } else { in_pascal.to_owned() };
            assert_eq!(pascal(name, "x"), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_taken_is_counted_on() {
        let mut names = Names::without(&["new"]);
        assert_eq!(names.snake("new", "x"), "new_2");
        assert_eq!((names.snake("fn", "x"), names.snake("fn", "x")), ("fn_".to_owned(), "fn_2".to_owned()));
        assert_eq!(names.snake("foo-bar", "x"), "foo_bar");
        assert_eq!(names.snake("foo_bar", "x"), "foo_bar_2");
        assert!(names.snake(&"n".repeat(100_000), "x").len() < 100);
    }

    proptest! {
        #[test]
        fn every_name_is_an_identifier(name in "\\PC{0,30}|[a-z\\-_./{}0-9 ]{0,20}|.{0,20}") {
            prop_assert!(syn::parse_str::<syn::Ident>(&snake(&name, "x")).is_ok(), "{}", snake(&name, "x"));
            let pascal = pascal(&name, "x");
            prop_assert!(syn::parse_str::<syn::Ident>(&pascal).is_ok(), "{}", pascal);
            prop_assert_eq!(pascal.to_pascal_case(), pascal);
        }
    }
}
