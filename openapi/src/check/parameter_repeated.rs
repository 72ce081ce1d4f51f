//! `parameter-repeated`

use std::collections::HashSet;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when one list declares two parameters of the same name in the same location.
    ///
    /// Why it matters: tools disagree about which of the two counts; here it is the last one. That an operation declares a
    /// parameter which its path item declares too is fine: the operation's own counts.
    ///
    /// Example: two query parameters `page` in the `parameters` of one operation.
    ///
    /// What to do: remove one of the two.
    PARAMETER_REPEATED = "parameter-repeated", Warning, Judge::Object(&[Kind::Operation, Kind::PathItem], judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(list) = site.place.get("parameters") else { return };
    let mut seen = HashSet::new();
    for item in list.items() {
        let Some(parameter) = scene.followed(&item) else { continue };
        let (Some(name), Some(location)) = (parameter.text("name"), parameter.text("in")) else { continue };
        let key = if location == "header" { name.to_lowercase() } else { name.to_owned() };
        // Of two bodies the name does not matter.
        let key = if location == "body" { String::new() } else { key };
        if !seen.insert((key, location)) {
            let message = format!(
                "the {location} parameter `{name}` is declared in this list already; the last one counts"
            );
            findings.add_with_hint(&PARAMETER_REPEATED, &item.pointer, message, "remove one of the two");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn location_and_name_make_a_parameter() {
        let operation = "parameters: [{name: p, in: query}, {name: p, in: header}, {name: P, in: header}, {name: P, in: query}]";
        assert_eq!(
            found("parameter-repeated", &with_operation("3.0.3", operation, "")),
            "/paths/~1a/get/parameters/2 the header parameter `P` is declared in this list already; the last one counts"
        );
    }
}
