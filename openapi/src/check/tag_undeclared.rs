//! `tag-undeclared`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, nearest};
use super::walk::Site;

declare! {
    /// Found when an operation has a tag that the document does not declare, though it declares others.
    ///
    /// Why it matters: documentation shows the tag as a group of its own, without a description, which often is a slip.
    ///
    /// Example: `tags: [pet]` where the root declares `pets`.
    ///
    /// What to do: declare the tag at the root, or use one that is declared.
    TAG_UNDECLARED = "tag-undeclared", Note, Judge::Object(&[Kind::Operation], judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let (Some(declared), Some(tags)) = (&scene.tags, site.place.get("tags")) else { return };
    for tag in tags.items() {
        let Some(name) = tag.value.as_str().filter(|name| !declared.contains(name)) else { continue };
        findings.add(&TAG_UNDECLARED, &tag.pointer, format!("the tag `{name}` is not declared at the root"));
        match nearest(name, declared.iter().copied()) {
            Some(near) => findings.hint(format!("did you mean `{near}`?")),
            None => findings.hint("declare it under `tags` at the root"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn tags_matter_only_where_some_are_declared() {
        let paths = "paths: {/a: {get: {tags: [pet, pets]}}}\n";
        assert_eq!(found("tag-undeclared", &format!("openapi: 3.0.3\n{paths}")), "");
        let text = format!("openapi: 3.0.3\ntags: [{{name: pets}}]\n{paths}");
        assert_eq!(
            found("tag-undeclared", &text),
            "/paths/~1a/get/tags/0 the tag `pet` is not declared at the root"
        );
    }
}
