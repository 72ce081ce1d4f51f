//! `path-malformed`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when a key of `paths` is no proper path template: it does not begin with a slash, its braces do not pair up,
    /// or a variable comes twice.
    ///
    /// Why it matters: braces without a partner are taken as they stand, so that no request comes that way; of a variable
    /// that comes twice, only one value can be told.
    ///
    /// Example: `pets`, `/pets/{id`, `/pets/{id}/toys/{id}`.
    ///
    /// What to do: begin with `/`, close every `{`, and give each variable a name of its own.
    PATH_MALFORMED = "path-malformed", Warning, Judge::Object(&[Kind::Paths], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    for (path, place) in site.place.members().filter(|(path, _)| !path.starts_with("x-")) {
        if !path.starts_with('/') {
            let message = format!("the path `{path}` does not begin with a slash");
            findings.add_with_hint(&PATH_MALFORMED, &place.pointer, message, format!("write `/{path}`"));
        }
        match variables(path) {
            Err(fault) => {
                let message = format!("the path `{path}` {fault}");
                findings.add_with_hint(
                    &PATH_MALFORMED,
                    &place.pointer,
                    message,
                    "write each variable as `{name}`",
                );
            }
            Ok(mut names) => {
                names.sort_unstable();
                let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
                if let Some([name, _]) = twice {
                    let message = format!("the path `{path}` has the variable `{name}` twice");
                    findings.add_with_hint(
                        &PATH_MALFORMED,
                        &place.pointer,
                        message,
                        "give each variable a name of its own",
                    );
                }
            }
        }
    }
}

/// The names of a template's variables; the error says how its braces are wrong.
fn variables(path: &str) -> Result<Vec<&str>, &'static str> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(at) = rest.find(['{', '}']) {
        if rest[at..].starts_with('}') {
            return Err("closes a brace that it never opens");
        }
        let after = &rest[at + 1..];
        let end = after.find(['{', '}', '/']).filter(|end| after[*end..].starts_with('}'));
        let end = end.ok_or("opens a brace that it never closes")?;
        if end == 0 {
            return Err("has a variable without a name");
        }
        names.push(&after[..end]);
        rest = &after[end + 1..];
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn templates_are_read_strictly() {
        for (path, message) in [
            ("pets", "the path `pets` does not begin with a slash"),
            ("/pets/{id", "the path `/pets/{id` opens a brace that it never closes"),
            ("/pets/id}", "the path `/pets/id}` closes a brace that it never opens"),
            ("/pets/{}", "the path `/pets/{}` has a variable without a name"),
            ("/{a}/{a}", "the path `/{a}/{a}` has the variable `a` twice"),
            ("/{a}-{b}.json", ""),
        ] {
            let text = format!("openapi: 3.0.3\npaths: {{'{path}': {{get: {{}}}}}}\n");
            assert!(found("path-malformed", &text).ends_with(message), "{path}");
            assert_eq!(found("path-malformed", &text).is_empty(), message.is_empty(), "{path}");
        }
    }
}
