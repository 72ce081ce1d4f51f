//! Tells the tests where the scaffolds of the bundled documents are, which the build of the `client` crate wrote.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Set by the `links` of the client's manifest.
    if let Ok(folder) = env::var("DEP_COUNTERFOIL_SCAFFOLDS_FOLDER") {
        println!("cargo::rustc-env=COUNTERFOIL_SCAFFOLDS={folder}");
    }
}
