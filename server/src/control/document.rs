//! The control API's own document.

use serde_json::Value;

use super::api::control_api_mod;

/// The OpenAPI document of the control API, as written from its trait.
///
/// It is what `GET /openapi.json` answers and what `openapi/documents/control.json` holds.
pub fn control_document() -> Value {
    let description =
        control_api_mod::stub_api_description().expect("the trait is fixed, and every test run describes it");
    let mut definition =
        description.openapi("Counterfoil control API", dropshot::semver::Version::new(1, 0, 0));
    definition.description(
        "Steers a running stub and tells what it received. Listens on the loopback interface only; requests whose \
         Host is not loopback, or that a page of another origin sends, are refused with 403.",
    );
    definition.json().expect("a description that dropshot accepted can be written")
}
