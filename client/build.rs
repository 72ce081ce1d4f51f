//! Generates the typed clients from the documents of the `openapi` crate; nothing generated is committed.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_openapi::{Contract, bundled};

use self::generate::{Scripts, Shared};

// A build script cannot depend on the library it is of: it compiles the same files.
#[path = "src/generate/mod.rs"]
#[expect(dead_code, unused_imports, unreachable_pub, reason = "a build writes no folders")]
mod generate;
#[path = "tests/hostile/document.rs"]
mod hostile;
#[path = "tests/samples/list.rs"]
mod samples;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    for system in bundled() {
        client_of(&out, system.name, system.document.as_bytes(), Shared::Crate, Scripts::Typed)?;
        scaffold_of(&out, system.name, system.document.as_bytes())?;
    }
    println!("cargo::metadata=folder={}", out.display());
    let control = Path::new("../openapi/documents/control.json");
    println!("cargo::rerun-if-changed={}", control.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/generate");
    println!("cargo::rerun-if-changed=src/wire");
    println!("cargo::rerun-if-changed=tests/hostile/document.rs");
    println!("cargo::rerun-if-changed=src/scripting");
    client_of(&out, "control", &fs::read(control)?, Shared::Crate, Scripts::LeftOut)?;
    // Not for the library but for its tests, which compile it.
    client_of(&out, "hostile", hostile::document().as_bytes(), Shared::Module, Scripts::Typed)?;
    println!("cargo::rerun-if-changed=tests/xml");
    client_of(&out, "xml", &fs::read("tests/xml/pets.yaml")?, Shared::Crate, Scripts::LeftOut)?;
    samples_of(&out)?;
    macro_of(&out)
}

/// Writes the clients of the sample documents to `OUT_DIR/samples.rs`; of none where the corpus is not there.
fn samples_of(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=tests/samples");
    let corpus = Path::new("../../shared/corpus");
    // There is always one, so that what is expected of them holds without the corpus as well.
    let contract = Contract::load("pets.yaml", &fs::read("tests/xml/pets.yaml")?)?;
    let package = generate::generate(&contract, None)?.package;
    let source = package.as_module("crate::samples::generated::pets", Shared::Crate, Scripts::LeftOut);
    let (mut modules, mut made) = (format!("pub mod pets {{\n{source}\n}}\n"), String::new());
    let present = samples::SAMPLES.iter().filter(|sample| corpus.join(sample).exists());
    for (index, sample) in present.enumerate() {
        let path = corpus.join(sample);
        println!("cargo::rerun-if-changed={}", path.display());
        let contract = Contract::load(*sample, &fs::read(path)?)?;
        let generated = generate::generate(&contract, None)?;
        let module = format!("crate::samples::generated::n{index}");
        let source = generated.package.as_module(&module, Shared::Crate, Scripts::LeftOut);
        modules.push_str(&format!(
            "#[allow(clippy::all, clippy::pedantic)]\npub mod n{index} {{\n{source}\n}}\n"
        ));
        let expressed = generated.expressed;
        made.push_str(&format!("({sample:?}, {}, {}),\n", expressed.operations, expressed.methods));
    }
    let text = format!("{modules}pub const MADE: &[(&str, usize, usize)] = &[\n{made}];\n");
    fs::write(out.join("samples.rs"), text)?;
    Ok(())
}

/// Writes what progenitor's macro makes of a lowered document to `OUT_DIR/lowered.rs`, for the tests.
fn macro_of(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=tests/lowered");
    let contract = Contract::load("pets.yaml", &fs::read("tests/lowered/pets.yaml")?)?;
    let lowered = generate::lower(&contract)?;
    let document = serde_json::from_str(&lowered.text)?;
    let tokens = progenitor_impl::Generator::default().generate_tokens(&document)?;
    fs::write(out.join("lowered.rs"), tokens.to_string())?;
    Ok(())
}

/// Writes the scaffold of one document to the folder `OUT_DIR/scaffold_name`, for tests of `conformance` to compile it
/// as the items of the module `scaffolds::name`, and serve it.
fn scaffold_of(out: &Path, name: &str, text: &[u8]) -> Result<(), Box<dyn Error>> {
    let contract = Contract::load(name, text)?;
    let package = generate::scaffold(&contract, None)?.package;
    let folder = out.join(format!("scaffold_{name}"));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("mod.rs"), package.as_scaffold_module(&format!("crate::scaffolds::{name}")))?;
    for file in package.files.iter().filter(|file| file.path.ends_with(".json")) {
        fs::write(folder.join(file.path.trim_start_matches("src/")), &file.text)?;
    }
    Ok(())
}

/// Writes the client of one document to `OUT_DIR/name.rs`, as the items of the module `name::generated`.
fn client_of(
    out: &Path,
    name: &str,
    text: &[u8],
    shared: Shared,
    scripts: Scripts,
) -> Result<(), Box<dyn Error>> {
    let contract = Contract::load(name, text)?;
    let package = generate::generate(&contract, None)?.package;
    let module = package.as_module(&format!("crate::{name}::generated"), shared, scripts);
    fs::write(out.join(format!("{name}.rs")), module)?;
    Ok(())
}
