//! `allow_header_conformance`

use std::collections::BTreeSet;

use http::header::ALLOW;

use super::registry::declare;
use super::{Judgement, Observation};
use crate::case::{Intent, Probe};

declare! {
    /// Fails when the `Allow` header of a 405 names a method that the document does not have for the path, or none of
    /// those it has. HEAD and OPTIONS, which servers add by themselves, are ignored, and so are CONNECT and TRACE.
    ///
    /// Why it matters: a method that is there and documented nowhere is a door nobody knows of; a list that shares
    /// nothing with the document is of another path.
    ///
    /// Not judged: a 405 without `Allow`, which `unsupported_method` judges; a list that leaves out some of the
    /// documented methods, as frameworks that route each method by itself give it.
    ///
    /// Example: the document has GET and POST, and the server says `Allow: GET, POST, DELETE`.
    ///
    /// Silence: `--checks=-allow_header_conformance`.
    AllowHeaderConformance = "allow_header_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Intent::Probe(Probe::UndeclaredMethod { declared, .. }), Some(response)) =
        (observation.intent, observation.response())
    else {
        return Judgement::NotApplicable;
    };
    if response.status.as_u16() != 405 || !response.headers.contains_key(ALLOW) {
        return Judgement::NotApplicable;
    }
    let is_judged = |name: &String| !matches!(name.as_str(), "HEAD" | "OPTIONS" | "CONNECT" | "TRACE" | "");
    let allowed: BTreeSet<String> = response
        .headers
        .get_all(ALLOW)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_uppercase())
        .filter(is_judged)
        .collect();
    let declared: BTreeSet<String> =
        declared.iter().map(|method| method.as_str().to_owned()).filter(is_judged).collect();
    let shares_some = declared.is_empty() || declared.intersection(&allowed).next().is_some();
    if shares_some && allowed.is_subset(&declared) {
        return Judgement::Passed;
    }
    let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Judgement::failed(
        format!("Allow: {}", list(&allowed)),
        format!("`Allow` says {}, the document has {}", list(&allowed), list(&declared)),
    )
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::fixture::Scene;

    #[test]
    fn allow_names_declared_methods_only() {
        let post = || Scene::new("getPet", "/pets/1").undeclared(Method::POST).status(405);
        let table = [
            (post().header("allow", "GET, PUT"), "passed"),
            (post().header("allow", "put,get, HEAD ,OPTIONS"), "passed"),
            (post().header("allow", "GET"), "passed"),
            (post().header("allow", "PATCH"), "failed: Allow: PATCH"),
            (post().header("allow", "GET, PUT, DELETE"), "failed: Allow: DELETE, GET, PUT"),
            (post().header("allow", ""), "failed: Allow: "),
            (post(), "n/a"),
            (post().status(200).header("allow", "GET"), "n/a"),
            (Scene::new("getPet", "/pets/1").status(405).header("allow", "GET"), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("allow_header_conformance"), expected, "row {row}");
        }
    }
}
