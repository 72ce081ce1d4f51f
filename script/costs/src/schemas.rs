//! Schemas of real documents.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_openapi::{Content, Contract, Direction};

/// Prints the Tyk request's schema and `count` schemas of response bodies, spread evenly over the documents.
pub fn print(folder: &str, count: usize) -> Result<(), String> {
    let mut files = Vec::new();
    list(Path::new(folder), &mut files);
    files.sort();
    let mut schemas = Vec::new();
    for file in &files {
        let Ok(bytes) = fs::read(file) else { continue };
        let Ok(contract) = Contract::load(file.to_string_lossy(), &bytes) else { continue };
        for operation in contract.operations() {
            let contents = operation.responses().iter().map(|response| &response.content);
            for schema in contents.flat_map(Content::iter).filter_map(|media| media.schema.clone()) {
                schemas.push(schema);
            }
        }
    }
    let step = schemas.len().div_ceil(count).max(1);
    for schema in tyk_request().iter().chain(schemas.iter().step_by(step)) {
        println!("{}", schema.bundle(Direction::Response));
    }
    Ok(())
}

/// The schema of the Tyk request.
pub fn tyk_request() -> Option<counterfoil_openapi::Schema> {
    let tyk = counterfoil_openapi::bundled().first()?;
    let contract = Contract::load(tyk.name, tyk.document.as_bytes()).ok()?;
    let content = &contract.operations().first()?.request_body()?.content;
    content.iter().next()?.schema.clone()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|found| found == "json" || found == "yaml" || found == "yml") {
            files.push(path);
        }
    }
}
