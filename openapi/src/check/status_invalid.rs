//! `status-invalid`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::contract::StatusPattern;

declare! {
    /// Found when a key of `responses` is no status: not a code of three digits, a range such as `4XX`, nor `default`.
    ///
    /// Why it matters: no response of a server falls under it, so that it is left out.
    ///
    /// Example: `responses: {ok: ...}`, `responses: {"200 OK": ...}`.
    ///
    /// What to do: write the code in quotes, a range (`1XX` to `5XX`), or `default`.
    STATUS_INVALID = "status-invalid", Warning, Judge::Object(&[Kind::Responses], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    for (key, place) in site.place.members().filter(|(key, _)| !key.starts_with("x-") && *key != "$ref") {
        if StatusPattern::of(key).is_some() {
            continue;
        }
        findings.add(&STATUS_INVALID, &place.pointer, format!("`{key}` is no status"));
        let digits: String = key.chars().filter(char::is_ascii_digit).take(4).collect();
        match StatusPattern::of(&digits) {
            Some(_) => findings.hint(format!("write `\"{digits}\"`")),
            None => findings.hint("write a code of three digits, a range such as `4XX`, or `default`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn keys_are_statuses() {
        for (key, is_found) in [
            ("'200'", false),
            ("4XX", false),
            ("5xx", false),
            ("default", false),
            ("x-a", false),
            ("ok", true),
            ("200 OK", true),
            ("'20'", true),
        ] {
            let text = with_operation("3.0.3", &format!("responses: {{{key}: {{description: ''}}}}"), "");
            assert_eq!(!found("status-invalid", &text).is_empty(), is_found, "{key}");
        }
    }
}
