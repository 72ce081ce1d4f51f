//! `content_type_conformance`

use counterfoil_openapi::Part;

use super::registry::declare;
use super::{Breach, Judgement, Observation};

declare! {
    /// Fails when a response has no `Content-Type`, a malformed one, or none of those documented for its status.
    /// Ranges (`text/*`) and suffixes (`application/*+json`) match; parameters such as `charset` are ignored. It fails
    /// too when `Content-Encoding` names a coding that is none, or that no client here can undo.
    ///
    /// Why it matters: the media type decides how a client reads a body. JSON called HTML is not parsed, HTML called
    /// JSON breaks the parser, and a browser may run what it should show.
    ///
    /// Not judged: a status that documents no content, or is not documented; responses to HEAD, and to an `Accept`
    /// other than 2xx.
    ///
    /// Example: the document says `application/json`, an error page comes as `text/html`.
    ///
    /// Silence: document the media type, or `--checks=-content_type_conformance`.
    ContentTypeConformance = "content_type_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(status), Some(reading)) = (observation.status(), observation.response_reading()) else {
        return Judgement::NotApplicable;
    };
    let Some(documented) = reading.response.filter(|response| !response.content.is_empty()) else {
        return Judgement::NotApplicable;
    };
    let breaches =
        observation.response_violations(|part| matches!(part, Part::ContentType | Part::ContentEncoding));
    let breaches = breaches.into_iter().map(|violation| {
        let found = match violation.part {
            Part::ContentEncoding => "content-encoding",
            _ => observation
                .response()
                .and_then(|response| response.content_type())
                .map_or("absent", counterfoil_openapi::codec::media::essence),
        };
        Breach {
            kind: format!("{status} {found}"),
            message: violation.message.clone(),
            document_pointer: Some(documented.pointer.join("content").as_str().to_owned()),
        }
    });
    Judgement::of(breaches.collect())
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::Scene;

    #[test]
    fn a_response_has_one_of_the_documented_types() {
        let get = || Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t");
        let table = [
            (get().body("application/json; charset=utf-8", "{}"), "passed"),
            (get().body("text/csv", "a,b"), "passed"),
            (get().body("application/xml", "<a/>"), "failed: 200 application/xml"),
            (get().body("nonsense", "{}"), "failed: 200 nonsense"),
            (get().body("application/json", "[not checked here"), "passed"),
            (
                get().body("application/json", "{}").header("content-encoding", "utf-8"),
                "failed: 200 content-encoding",
            ),
            (get().body("application/json", "{}").header("content-encoding", "gzip"), "passed"),
            (get().status(404).body("text/html", "gone"), "n/a"),
            (get().status(500).body("text/html", "oh"), "n/a"),
            (Scene::new("anyHead", "/any"), "passed"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("content_type_conformance"), expected, "row {row}");
        }
    }
}
