//! Generates the typed clients from the documents of the `openapi` crate; nothing generated is committed.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_openapi::{Contract, Document, NoFiles, bundled};
use progenitor_impl::{GenerationSettings, Generator, HooksMode};
use serde_json::Value;

// The library compiles the same files for documents of others.
#[path = "src/generate/mod.rs"]
#[expect(dead_code, unused_imports, unreachable_pub, reason = "a build writes no folders")]
mod generate;
#[path = "tests/hostile/document.rs"]
mod hostile;
#[path = "src/generate/lower.rs"]
mod lower;

// What lowers a document names it as its sibling.
use generate::prose;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    for system in bundled() {
        client_of(&out, system.name, system.file, system.document.as_bytes())?;
    }
    let control = Path::new("../openapi/documents/control.json");
    println!("cargo::rerun-if-changed={}", control.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/generate");
    println!("cargo::rerun-if-changed=src/wire");
    println!("cargo::rerun-if-changed=tests/hostile/document.rs");
    // Not for the library but for its tests, which compile it.
    let hostile = Contract::load("hostile.json", hostile::document().as_bytes())?;
    let hostile = generate::generate(&hostile, None)?.package.as_module("crate::hostile::generated");
    fs::write(out.join("hostile.rs"), hostile)?;
    client_of(&out, "control", "control.json", &fs::read(control)?)
}

/// Writes the client of one document to `OUT_DIR/name.rs`.
fn client_of(out: &Path, name: &str, file: &str, text: &[u8]) -> Result<(), Box<dyn Error>> {
    let (document, _) = Document::read(file, text, &NoFiles)?;
    let mut root: Value = document.root().clone();
    lower::document(&mut root);
    let document = serde_json::from_value(root)?;
    let mut settings = GenerationSettings::new();
    settings.with_hooks(HooksMode::Expected).with_derive("PartialEq");
    let tokens = Generator::new(&settings).generate_tokens(&document)?;
    let mut code: syn::File = syn::parse2(tokens)?;
    code.items.retain_mut(finish);
    fs::write(out.join(format!("{name}.rs")), prettyplease::unparse(&code))?;
    Ok(())
}

/// Whether to keep a generated item, after mending it.
///
/// * `Client::new` goes: it follows redirects, with the credentials, and panics without TLS roots. The library
///   writes its own.
/// * The `prelude` goes: it is one name.
/// * Types may go without a doc comment where the document has no words, and unwrap the patterns they compile.
fn finish(item: &mut syn::Item) -> bool {
    match item {
        syn::Item::Mod(module) => {
            module.attrs.push(syn::parse_quote!(#[allow(missing_docs, clippy::unwrap_used)]));
            module.ident != "prelude"
        }
        syn::Item::Impl(block) if block.trait_.is_none() => {
            block
                .items
                .retain(|item| !matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == "new"));
            true
        }
        _ => true,
    }
}
