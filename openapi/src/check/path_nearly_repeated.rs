//! `path-nearly-repeated`

use std::collections::HashMap;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when two paths differ in nothing but upper and lower case, a slash at the end, or the names of their
    /// variables.
    ///
    /// Why it matters: the specification takes paths that differ only in variable names for the same path, and users mix
    /// up the others. All of them are served as written.
    ///
    /// Example: `/pets/` beside `/pets`; `/pets/{id}` beside `/pets/{petId}`.
    ///
    /// What to do: put their operations under one of the two.
    PATH_NEARLY_REPEATED = "path-nearly-repeated", Note, Judge::Object(&[Kind::Paths], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<String, &str> = HashMap::new();
    for (path, place) in site.place.members().filter(|(path, _)| path.starts_with('/')) {
        let (bare, rest) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        let near = format!("{}{rest}", essence(bare));
        if let Some(first) = known.get(&near) {
            let message = format!("`{path}` is nearly the path `{first}`");
            findings.add_with_hint(
                &PATH_NEARLY_REPEATED,
                &place.pointer,
                message,
                "put their operations under one path",
            );
        } else {
            known.insert(near, path);
        }
    }
}

/// A path in lower case, its variables without names and without a slash at the end.
fn essence(path: &str) -> String {
    let mut essence = String::with_capacity(path.len());
    let mut is_inside = false;
    for character in path.trim_end_matches('/').chars() {
        match character {
            '{' => {
                is_inside = true;
                essence.push('{');
            }
            '}' => is_inside = false,
            _ if is_inside => {}
            other => essence.extend(other.to_lowercase()),
        }
    }
    essence
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn case_slashes_and_variable_names_make_no_other_path() {
        let text = "
openapi: 3.0.3
paths: {/a: {get: {}}, /A: {get: {}}, /a/: {get: {}}, '/b/{x}': {get: {}}, '/b/{y}': {put: {}}, /c: {get: {}}, '/c#d': {get: {}}}
";
        insta::assert_snapshot!(found("path-nearly-repeated", text), @r"
        /paths/~1A `/A` is nearly the path `/a`
        /paths/~1a~1 `/a/` is nearly the path `/a`
        /paths/~1b~1{y} `/b/{y}` is nearly the path `/b/{x}`
        ");
    }
}
