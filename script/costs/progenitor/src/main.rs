//! What progenitor makes of a document as it stands: prints `accepted`, `refused` or `panicked`.
//!
//! The document is read by our own loader, so that YAML is no obstacle, and nothing else is done for it.

use std::panic::catch_unwind;

use counterfoil_openapi::{Document, NoFiles};
use progenitor_impl::{GenerationSettings, Generator};

/// Some documents nest deep, and progenitor is not to fail for the size of a stack.
const STACK_BYTES: usize = 512 << 20;

fn main() -> Result<(), String> {
    let path = std::env::args().nth(1).ok_or("name a document")?;
    let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    std::panic::set_hook(Box::new(|_| {}));
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || judged(&path, &bytes));
    let outcome = thread.map_err(|error| error.to_string())?.join().unwrap_or("panicked");
    println!("{outcome}");
    Ok(())
}

fn judged(path: &str, bytes: &[u8]) -> &'static str {
    let Ok((document, _)) = Document::read(path, bytes, &NoFiles) else { return "refused" };
    let root = document.root().clone();
    let generated = catch_unwind(|| {
        let document = serde_json::from_value(root).ok()?;
        Generator::new(&GenerationSettings::new()).generate_tokens(&document).ok()
    });
    match generated {
        Ok(Some(_)) => "accepted",
        Ok(None) => "refused",
        Err(_) => "panicked",
    }
}
