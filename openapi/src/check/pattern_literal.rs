//! `pattern-literal`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when a `pattern` is written as a literal of JavaScript: between slashes, with flags behind them or not.
    ///
    /// Why it matters: the slashes and flags are part of the pattern then. Nothing can stand before `^` or behind `$`,
    /// so that no text matches, every value is refused, and none can be made.
    ///
    /// Example: `pattern: "/^[a-z]+$/i"`.
    ///
    /// What to do: write what is between the slashes: `^[a-z]+$`. JSON Schema has no flags: write both cases out,
    /// `^[a-zA-Z]+$`.
    PATTERN_LITERAL = "pattern-literal", Warning, Judge::Object(&[Kind::Schema, Kind::Parameter, Kind::Header], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(place) = site.place.get("pattern") else { return };
    let Some((inner, flags)) = place.value.as_str().and_then(literal) else { return };
    let message = match inner.starts_with('^') || inner.ends_with('$') {
        true => "this pattern is a literal of JavaScript, and no text matches it as it is written",
        false => {
            "this pattern is a literal of JavaScript, and only texts with slashes match it as it is written"
        }
    };
    let lost =
        if flags.contains('i') { ", with both cases of each letter, since there are no flags" } else { "" };
    findings.add_with_hint(&PATTERN_LITERAL, &place.pointer, message, format!("write `{inner}`{lost}"));
}

/// What is between the slashes, and the flags behind them; a path such as `/pets/` is no literal.
fn literal(pattern: &str) -> Option<(&str, &str)> {
    let (inner, flags) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let is_anchored = inner.starts_with('^') || (inner.ends_with('$') && !inner.ends_with("\\$"));
    let has_flags = !flags.is_empty() && flags.chars().all(|flag| "gimsuy".contains(flag));
    let is_expression = inner.contains(['[', '\\', '*', '+', '(', '|']);
    let is_literal = (flags.is_empty() || has_flags) && (is_anchored || (has_flags && is_expression));
    is_literal.then_some((inner, flags))
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, found, with_schema};

    #[test]
    fn slashes_around_a_pattern_are_found_and_those_of_a_path_are_not() {
        let table = [
            ("/^[a-z]+$/i", true),
            ("/^a/", true),
            ("/a$/", true),
            ("/[a-z]+/g", true),
            ("^/a/$", false),
            ("/pets/", false),
            ("/pets/i", false),
            ("/pets/[a-z]+/", false),
            ("/\\\\d+\\\\$/", false),
            ("^[a-z]+$", false),
        ];
        for (pattern, is_found) in table {
            let text = with_schema("3.0.3", &format!("{{type: string, pattern: \"{pattern}\"}}"));
            assert_eq!(!found("pattern-literal", &text).is_empty(), is_found, "{pattern}");
        }
        let text = with_schema("3.0.3", "{type: string, pattern: '/^a$/i'}");
        let all = findings(&text);
        let hint = all.iter().find(|one| one.code == "pattern-literal").and_then(|one| one.hint.as_deref());
        assert_eq!(hint, Some("write `^a$`, with both cases of each letter, since there are no flags"));
    }
}
