//! `pattern-invalid`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::schema::Pattern;

declare! {
    /// Found when a `pattern` is not a regular expression, or is one that cannot be held to values.
    ///
    /// Why it matters: it judges nothing, so that every text is taken for valid.
    ///
    /// Example: `pattern: "[a-z"`, whose bracket is never closed; a pattern in another dialect than that of JavaScript,
    /// for example with `(?i)`.
    ///
    /// What to do: write the pattern in the dialect of ECMA-262, which the specification asks for, without slashes
    /// around it.
    PATTERN_INVALID = "pattern-invalid", Error, Judge::Object(&[Kind::Schema, Kind::Parameter, Kind::Header], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let own = site.place.get("pattern").into_iter().filter_map(|place| Some((place.value.as_str()?, place)));
    let named = site.place.get("patternProperties");
    let named = named.iter().flat_map(|named| named.members().collect::<Vec<_>>());
    for (pattern, place) in own.chain(named) {
        if let Err(error) = Pattern::read(pattern) {
            let message = format!("this pattern cannot be used, so every text is taken for valid: {error}");
            let hint = "write it in the dialect of ECMA-262 (JavaScript)";
            findings.add_with_hint(&PATTERN_INVALID, &place.pointer, message, hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn patterns_are_compiled() {
        for (pattern, is_found) in
            [("^[a-z]+$", false), ("[a-z", true), ("(?<year>\\d{4})", false), ("*", true)]
        {
            let text = with_schema("3.0.3", &format!("{{pattern: '{pattern}'}}"));
            assert_eq!(!found("pattern-invalid", &text).is_empty(), is_found, "{pattern}");
        }
    }
}
