//! The crate of a scaffold: what is made again from the document, and what is the user's own from the first day.

use std::collections::BTreeSet;

use counterfoil_openapi::Finding;

use super::super::package::{File, Package, is_crate_name, listing, name_of};
use super::super::prose;
use super::rules::Data;

/// The dependencies of every scaffold, as the workspace has them.
const DEPENDENCIES: [(&str, &str); 12] = [
    ("async-trait", r#""0.1""#),
    ("dropshot", r#""0.18""#),
    ("http", r#""1""#),
    ("http-body-util", r#""0.1""#),
    ("hyper", r#""1""#),
    ("jsonschema", r#"{ version = "0.60", default-features = false }"#),
    ("percent-encoding", r#""2""#),
    ("schemars", r#""0.8""#),
    ("serde", r#"{ version = "1", features = ["derive"] }"#),
    ("serde_json", r#"{ version = "1", features = ["float_roundtrip", "preserve_order"] }"#),
    ("slog", r#""2""#),
    ("tokio", r#"{ version = "1", features = ["macros", "rt-multi-thread"] }"#),
];

/// Those of documents that have such types, by what the sources name, with the feature of schemars that goes with it.
const OPTIONAL: [(&str, &str, &str, &str); 2] = [
    (
        "::chrono::",
        "chrono",
        r#"{ version = "0.4", default-features = false, features = ["serde"] }"#,
        "chrono",
    ),
    ("::uuid::", "uuid", r#"{ version = "1", features = ["serde"] }"#, "uuid1"),
];

/// The file that says which files of a folder are made again.
const MANIFEST: &str = "counterfoil-scaffold.txt";

/// What the files say first that are made again.
const MADE: &str = "// Made by `counterfoil scaffold`: changes are lost when it is made again.\n\n";

/// The sources that are made for one document.
pub(super) struct Sources {
    pub(super) api: syn::File,
    pub(super) types: syn::File,
    pub(super) stub: syn::File,
    pub(super) data: Data,
}

/// What is told of a scaffold.
pub(super) struct Told<'t> {
    /// Headers with credentials that the stub takes.
    pub(super) headers: &'t BTreeSet<String>,
    pub(super) findings: &'t [Finding],
    pub(super) claimed: &'t [String],
    pub(super) left_out: &'t [String],
}

/// Puts the crate together.
pub(super) fn package(name: Option<&str>, title: &str, sources: Sources, told: &Told<'_>) -> Package {
    let name = name.map_or_else(|| name_of(title, "server"), str::to_owned);
    debug_assert!(is_crate_name(&name), "names are made to be such");
    let library = name.replace('-', "_");
    let api = tidied(&prettyplease::unparse(&sources.api));
    let types = prettyplease::unparse(&sources.types);
    let stub = tidied(&prettyplease::unparse(&sources.stub).replace("LIBRARY", &library));
    let main = include_str!("fixed/main.txt").replace("{library}", &library).replace("{name}", &name);
    let made = |text: &str, code: &str| format!("//! {text}\n\n{MADE}{code}");
    let mut files = vec![
        file("Cargo.toml", manifest(&name, title, &[&api, &types])),
        file("README.md", readme(&name, title, told)),
        file(
            "src/api.rs",
            made("The API: a trait of its operations, what they take and what they reply.", &api),
        ),
        file("src/differences.rs", include_str!("fixed/differences.txt").to_owned()),
        file("src/examples.json", sources.data.examples),
        file("src/lib.rs", lib(title)),
        file("src/main.rs", main),
        file("src/reply.rs", include_str!("fixed/reply.txt").to_owned()),
        file("src/request.rs", include_str!("fixed/request.txt").to_owned()),
        file("src/rules.rs", include_str!("fixed/rules.txt").to_owned()),
        file("src/schema.rs", include_str!("fixed/schema.txt").to_owned()),
        file("src/rules.json", sources.data.rules),
        file("src/source.json", sources.data.source),
        file(
            "src/stub.rs",
            format!(
                "//! What the server does. This file is yours: it is written once and never again.\n\n{stub}"
            ),
        ),
        file("src/types.rs", made("The types of the document.", &types)),
    ];
    files.sort_by_key(|file| file.path);
    let begun = vec!["Cargo.toml", "src/main.rs", "src/stub.rs"];
    let listed: Vec<&File> = files.iter().filter(|file| !begun.contains(&file.path)).collect();
    let listing = listing("counterfoil scaffold", &listed);
    files.push(file(MANIFEST, listing));
    Package { name, files, manifest: MANIFEST, begun }
}

fn file(path: &'static str, text: String) -> File {
    File { path, text }
}

/// A source to be read and gone on with: a blank line between items, and dropshot's attribute as its manual has it.
fn tidied(source: &str) -> String {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let mut text = String::with_capacity(source.len());
    let mut attribute: Option<usize> = None;
    let mut before = "";
    for line in source.lines() {
        let (indent, rest) = (indent_of(line), line.trim_start());
        let ends_item = (before.trim_start() == "}" || before.ends_with(';')) && indent_of(before) == indent;
        if ends_item && indent <= 4 && !rest.starts_with("use ") && rest != "}" && !rest.starts_with("let ") {
            text.push('\n');
        }
        let inner = " ".repeat(attribute.unwrap_or(indent) + 4);
        match (attribute, rest.strip_prefix("#[endpoint{")) {
            (None, Some(first)) if !rest.ends_with("}]") => {
                text.push_str(&format!("{}#[endpoint {{\n{inner}{first}\n", " ".repeat(indent)));
                attribute = Some(indent);
            }
            (Some(outer), _) if rest == "}]" => {
                text.push_str(&format!("{}}}]\n", " ".repeat(outer)));
                attribute = None;
            }
            (Some(_), _) => text.push_str(&format!("{inner}{rest}\n")),
            (None, _) => text.push_str(&format!("{line}\n")),
        }
        before = line;
    }
    text
}

fn lib(title: &str) -> String {
    let title = prose::as_doc_comment(title);
    // What a document holds decides how it is written.
    let any = "#[allow(clippy::all, clippy::pedantic)]\n";
    format!(
        "//! The API of {title}, for dropshot.\n//!\n\
         //! [`api::Api`] is the trait to implement; [`request::Request`] is what its methods are called with;\n\
         //! [`differences`] compares what dropshot documents with what the document says.\n\n\
         {MADE}#![forbid(unsafe_code)]\n#![warn(missing_docs)]\n\n\
         {any}pub mod api;\npub mod differences;\npub mod reply;\npub mod request;\nmod rules;\nmod schema;\n\
         {any}#[allow(missing_docs)]\npub mod types;\n"
    )
}

fn manifest(name: &str, title: &str, sources: &[&str]) -> String {
    let mut dependencies: Vec<(&str, String)> =
        DEPENDENCIES.iter().map(|(name, version)| (*name, (*version).to_owned())).collect();
    let mut features = Vec::new();
    for (mark, name, version, feature) in OPTIONAL {
        if sources.iter().any(|source| source.contains(mark)) {
            dependencies.push((name, version.to_owned()));
            features.push(format!("\"{feature}\""));
        }
    }
    if !features.is_empty() {
        let schemars = dependencies.iter_mut().find(|(name, _)| *name == "schemars");
        if let Some((_, version)) = schemars {
            *version = format!("{{ version = \"0.8\", features = [{}] }}", features.join(", "));
        }
    }
    dependencies.sort_unstable();
    let dependencies: String =
        dependencies.iter().map(|(name, version)| format!("{name} = {version}\n")).collect();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\ndescription = \"A server of {title}\"\n\
         publish = false\n\n[lib]\n# Descriptions of the document are no tests.\ndoctest = false\n\n\
         [dependencies]\n{dependencies}\n# A crate of its own, wherever its folder is.\n[workspace]\n"
    )
}

/// The page about the crate.
fn readme(name: &str, title: &str, told: &Told<'_>) -> String {
    let count = told.claimed.len() + told.left_out.len();
    let excludes: String = told
        .left_out
        .iter()
        .map(|label| format!(" \\\n  --exclude '{}'", label.replace('\'', "'\\''")))
        .collect();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let headers: String =
        told.headers.iter().map(|header| format!(" \\\n  --header {}", quoted(header))).collect();
    let mut text = format!(
        "# {name}\n\nThe beginning of a server of {title}, made by `counterfoil scaffold`. It serves {} of {count} operations.\n\n\
         ## Run\n\n```sh\ncargo run                  # serves at http://127.0.0.1:8080\n\
         cargo run -- openapi       # the document that dropshot emits\n\
         cargo run -- differences   # what that says otherwise than the one this was made from\n```\n\n\
         What it serves holds to the document from the first day, and this keeps it so:\n\n\
         ```sh\ncounterfoil test DOCUMENT --url http://127.0.0.1:8080{headers}{excludes}\n```\n\n\
         ## Go on\n\n\
         - `src/stub.rs` implements the trait `Api` of `src/api.rs`. Each method gets its request typed and checked, and\n  \
         answers the document's example; write what it does in its place, and reply with a variant of its enum.\n\
         - `authorise` in `src/stub.rs` takes one secret, `secret` (of `Basic`, the user `user` with that password). Look the\n  credentials up there.\n\
         - The trait's `Context` is what handlers share: a pool of connections, for example. `src/main.rs` makes it.\n\
         - `src/stub.rs`, `src/main.rs` and `Cargo.toml` are yours and are never written again. All else is made again\n  \
         from the document by the same command; with `--check` it says whether that is needed.\n\
         - Patterns, bounds, formats and required members are held to by `src/rules.json`, before a method is called; a\n  \
         request that breaks them gets the refusal that the document has.\n\n",
        told.claimed.len()
    );
    text.push_str("## What it serves\n\n");
    for label in told.claimed {
        text.push_str(&format!("- {}\n", prose::as_code(label)));
    }
    if !told.left_out.is_empty() {
        text.push_str("\n## What it does not serve\n\n");
        for label in told.left_out {
            text.push_str(&format!("- {}\n", prose::as_code(label)));
        }
    }
    if !told.findings.is_empty() {
        text.push_str("\n## Why not, and what dropshot does not document\n\n");
        for finding in told.findings {
            let words: Vec<&str> = finding.message.split_whitespace().collect();
            let message = prose::as_doc_comment(&words.join(" "));
            text.push_str(&format!("- {}: {message}\n", prose::as_code(finding.pointer.as_str())));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_those_of_the_workspace() {
        let workspace = include_str!("../../../../Cargo.toml");
        let optional = OPTIONAL.map(|(_, name, version, _)| (name, version));
        for (name, version) in DEPENDENCIES.into_iter().chain(optional) {
            let number = version.split('"').nth(1).expect("a version");
            let line = workspace.lines().find(|line| line.starts_with(&format!("{name} = ")));
            // The workspace has no uuid of its own: clients name it for themselves.
            let Some(line) = line else {
                assert_eq!(name, "uuid");
                continue;
            };
            let has = |mark: &str| line.contains(&format!("\"{mark}{number}"));
            assert!(has("") || has("="), "{line}");
        }
    }

    #[test]
    fn sources_are_spaced_to_be_read() {
        let source = "use a::b;\nuse c::d;\n/// A.\nstruct A;\nimpl A {\n    #[endpoint{method = GET,\n    path = \"/\",\n    }]\n    fn a();\n    fn b() {\n        c();\n    }\n}\n";
        let expected = "use a::b;\nuse c::d;\n\n/// A.\nstruct A;\n\nimpl A {\n    #[endpoint {\n        method = GET,\n        path = \"/\",\n    }]\n    fn a();\n\n    fn b() {\n        c();\n    }\n}\n";
        assert_eq!(tidied(source), expected);
    }
}
