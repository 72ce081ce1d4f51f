//! Every check has an exchange that it blames and one that it does not: a new check without them fails here.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;

use super::fixture::Scene;
use super::{Expectation, Outcome, checks};
use crate::case::{Intent, Probe};

/// What each check blames, and what it passes.
fn scenes() -> BTreeMap<&'static str, (Scene, Scene)> {
    let any = || Scene::new("any", "/any");
    let text = || any().body("text/plain", "a");
    let pet = |target| Scene::new("getPet", target).sent_header("x-tenant", "t");
    let pet_with_id = |body| pet("/pets/1").body("application/json", body).header("x-left", "1");
    let secret = || Scene::new("secret", "/secret");
    let bare = || secret().intent(Intent::Probe(Probe::NoCredentials));
    let closed = || Outcome::Closed { reason: "reset".to_owned() };
    let post = || Scene::new("getPet", "/pets/1").undeclared(Method::POST);
    let negative = || pet("/pets/1?limit=10").intent(Intent::Negative);
    let example = || pet("/pets/1?limit=10").intent(Intent::Example);
    let headless = || Scene::new("getPet", "/pets/1").intent(Intent::Negative);
    let gone = || pet_with_id(r#"{"id": 1}"#).expecting(Expectation::Gone);
    let kept = |body| {
        let made = pet_with_id(body).expecting(Expectation::Made);
        made.earlier(Method::PUT, r#"{"tag": "tabby"}"#, 201, r#"{"tag": "tabby"}"#)
    };
    let list = |target| {
        let pets = Scene::new("listPets", target).body("application/json", "[{}, {}]");
        pets.expecting(Expectation::Listed)
    };
    let head =
        || Scene::new("headThing", "/things/1").intent(Intent::Probe(Probe::BesideGet)).read_before_as(200);
    let page =
        |status| Scene::new("getPage", "/pages/1").intent(Intent::Probe(Probe::UnknownTag)).status(status);
    [
        ("not_a_server_error", any().status(500), any()),
        ("server_crash", any().outcome(closed()), any()),
        ("response_timeout", any().outcome(Outcome::TimedOut), any()),
        ("status_code_conformance", pet("/pets/1").status(418), pet("/pets/1")),
        ("content_type_conformance", pet("/pets/1").body("image/png", "x"), pet_with_id("{}")),
        ("response_headers_conformance", pet("/pets/1"), pet("/pets/1").header("x-left", "1")),
        ("response_schema_conformance", pet_with_id("{}"), pet_with_id(r#"{"id": 1}"#)),
        ("negative_data_rejection", negative(), negative().status(400)),
        ("positive_data_acceptance", pet("/pets/1").status(422), pet("/pets/1")),
        ("missing_required_header", headless(), headless().status(400)),
        ("unsupported_method", post(), post().status(405).header("allow", "GET, PUT")),
        (
            "allow_header_conformance",
            post().status(405).header("allow", "PATCH"),
            post().status(405).header("allow", "GET, PUT"),
        ),
        ("ignored_auth", bare(), bare().status(401)),
        ("use_after_free", gone(), gone().status(404)),
        (
            "ensure_resource_availability",
            pet("/pets/1").expecting(Expectation::There).status(404),
            pet("/pets/1").expecting(Expectation::There),
        ),
        (
            "object_level_authorization",
            secret().expecting(Expectation::Hidden),
            secret().expecting(Expectation::Hidden).status(403),
        ),
        ("write_read_consistency", kept(r#"{"tag": "old"}"#), kept(r#"{"tag": "tabby"}"#)),
        ("list_conformance", list("/pets?limit=1"), list("/pets?limit=2")),
        ("head_agreement", head().status(404).read_since(200, ""), head().read_since(200, "")),
        ("conditional_requests", page(304), page(200)),
        ("example_agreement", example().status(400), pet("/pets/1").intent(Intent::Example)),
        ("response_idempotence", any().answered_again(404, ""), any().answered_again(200, "")),
        ("stub_agreement", text().stubbed(404, "text/plain", "b"), text().stubbed(200, "text/plain", "b")),
        ("max_response_time", any().elapsed(Duration::from_secs(1)), any()),
    ]
    .into_iter()
    .map(|(name, blamed, passed)| (name, (blamed, passed)))
    .collect()
}

#[test]
fn every_check_blames_what_it_is_for_and_nothing_else() {
    let scenes = scenes();
    for check in checks() {
        let name = check.name();
        let (blamed, passed) = scenes.get(name).unwrap_or_else(|| panic!("{name} has no scenes"));
        assert!(blamed.says(name).starts_with("failed: "), "{name} says {}", blamed.says(name));
        assert_eq!(passed.says(name), "passed", "{name}");
    }
    assert_eq!(scenes.len(), checks().len());
}

#[test]
fn what_is_made_of_what_the_document_does_not_have_is_left_to_the_server() {
    let unusual = Probe::Unusual { what: "0001-01-01 for `on`".to_owned() };
    for probe in [Probe::UnknownQuery, Probe::UnknownAccept { media_type: "text/x".to_owned() }, unusual] {
        for (name, (blamed, _)) in scenes() {
            let says = blamed.intent(Intent::Probe(probe.clone())).says(name);
            match name {
                "not_a_server_error" | "server_crash" => {
                    assert!(says.starts_with("failed"), "{name}: {says}");
                }
                _ => assert_eq!(says, "n/a", "{name}"),
            }
        }
    }
}

#[test]
fn how_a_media_type_is_refused_is_left_to_the_server() {
    let ask = || Intent::Probe(Probe::Accept { media_type: "text/html".to_owned() });
    let pet = |status| {
        let scene = Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t").intent(ask()).status(status);
        scene.header("x-left", "1")
    };
    let any = |status| Scene::new("any", "/any").intent(ask()).status(status);
    let table = [
        ("content_type_conformance", pet(200).body("text/html", "too long"), false),
        ("content_type_conformance", pet(200).body("image/png", "x"), true),
        (
            "content_type_conformance",
            Scene::new("failing", "/failing").intent(ask()).status(404).body("text/html", "x"),
            false,
        ),
        ("response_schema_conformance", pet(200).body("application/json", "{}"), true),
        (
            "response_schema_conformance",
            Scene::new("failing", "/failing").intent(ask()).status(404).body("application/json", "[]"),
            false,
        ),
        ("status_code_conformance", pet(201), true),
        ("status_code_conformance", pet(400), false),
        ("not_a_server_error", any(500), true),
        ("server_crash", any(200).outcome(Outcome::Closed { reason: "reset".to_owned() }), true),
    ];
    for (row, (check, scene, is_blamed)) in table.into_iter().enumerate() {
        assert_eq!(scene.says(check).starts_with("failed"), is_blamed, "row {row}: {check}");
    }
}
