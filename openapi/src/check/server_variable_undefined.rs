//! `server-variable-undefined`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, brief};
use super::walk::Site;

declare! {
    /// Found when the URL of a server has a variable without a definition, or a variable's default is not among the values
    /// it lists.
    ///
    /// Why it matters: the base path that requests are sent under is not known then; the braces are taken as they stand.
    ///
    /// Example: `url: "https://{region}.example.com/{stage}"` with `variables: {region: {default: eu}}`.
    ///
    /// What to do: define the variable under `variables`, with a `default`.
    SERVER_VARIABLE_UNDEFINED = "server-variable-undefined", Warning, Judge::Object(&[Kind::Server], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let url = site.place.text("url").unwrap_or_default();
    let variables = site.place.get("variables");
    let mut rest = url;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        rest = after;
        let is_defined = variables.as_ref().is_some_and(|variables| variables.value.get(name).is_some());
        if !is_defined {
            let message = format!("the variable `{{{name}}}` of this URL is defined nowhere");
            let hint = format!("add `variables: {{{name}: {{default: …}}}}` beside the URL");
            findings.add_with_hint(
                &SERVER_VARIABLE_UNDEFINED,
                &site.place.pointer.join("url"),
                message,
                hint,
            );
        }
    }
    for (name, variable) in variables.iter().flat_map(|variables| variables.members().collect::<Vec<_>>()) {
        let Some(default) = variable.get("default") else { continue };
        let listed = variable.value.get("enum").and_then(Value::as_array);
        if listed.is_some_and(|listed| !listed.is_empty() && !listed.contains(default.value)) {
            let message =
                format!("the default {} of `{name}` is not among the values it lists", brief(default.value));
            findings.add_with_hint(
                &SERVER_VARIABLE_UNDEFINED,
                &default.pointer,
                message,
                "list it, or take another default",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn every_variable_wants_a_definition() {
        let text = "
openapi: 3.0.3
servers: [{url: 'https://{a}/{b}', variables: {a: {default: x, enum: [y]}}}]
paths: {/a: {get: {}}}
";
        insta::assert_snapshot!(found("server-variable-undefined", text), @r#"
        /servers/0/url the variable `{b}` of this URL is defined nowhere
        /servers/0/variables/a/default the default "x" of `a` is not among the values it lists
        "#);
    }
}
