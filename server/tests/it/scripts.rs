//! The documents and scripts of these tests.

use counterfoil_openapi::Contract;
use counterfoil_server::{Script, ScriptError};

/// The sample document that most scripts here are for.
pub(crate) fn pets() -> Contract {
    let text = include_bytes!("../scripts/pets.yaml");
    Contract::load("pets.yaml", text).expect("the sample document can be read")
}

/// Loads a script for the sample document.
pub(crate) fn load(text: &str) -> Result<Script, ScriptError> {
    Script::load("test.script.yaml", text.as_bytes(), &[pets()])
}
