//! A whole crate: its manifest, its sources, an example that runs, and what it cannot express.

mod folder;
mod module;
mod readme;

use counterfoil_openapi::{Contract, Finding};
use sha2::{Digest, Sha256};

pub use self::folder::{PackageError, Written, check, write};
pub use self::module::{Scripts, Shared};
use super::plan::Method;
use super::prose;
use super::stub::Statuses;

/// The dependencies of every client, as the workspace has them.
const DEPENDENCIES: [(&str, &str); 5] = [
    ("progenitor-client", r#""0.15""#),
    (
        "reqwest",
        r#"{ version = "0.13", default-features = false, features = ["json", "query", "rustls", "stream"] }"#,
    ),
    ("serde", r#"{ version = "1", features = ["derive"] }"#),
    ("serde_json", r#"{ version = "1", features = ["float_roundtrip", "preserve_order"] }"#),
    ("tokio", r#"{ version = "1", features = ["time"] }"#),
];

/// Those of clients whose documents have such types, by what their sources name.
const OPTIONAL: [(&str, &str, &str); 3] = [
    ("::chrono::", "chrono", r#"{ version = "0.4", default-features = false, features = ["serde"] }"#),
    ("crate::xml::", "quick-xml", r#"{ version = "0.41", default-features = false }"#),
    ("::uuid::", "uuid", r#"{ version = "1", features = ["serde"] }"#),
];

/// The files that are the same in every client.
const FIXED: [(&str, &str); 17] = [
    ("src/scripting/mod.rs", include_str!("../../scripting/mod.rs")),
    ("src/scripting/answer.rs", include_str!("../../scripting/answer.rs")),
    ("src/scripting/call.rs", include_str!("../../scripting/call.rs")),
    ("src/scripting/condition.rs", include_str!("../../scripting/condition.rs")),
    ("src/scripting/control.rs", include_str!("../../scripting/control.rs")),
    ("src/scripting/error.rs", include_str!("../../scripting/error.rs")),
    ("src/scripting/expected.rs", include_str!("../../scripting/expected.rs")),
    ("src/scripting/fault.rs", include_str!("../../scripting/fault.rs")),
    ("src/scripting/field.rs", include_str!("../../scripting/field.rs")),
    ("src/scripting/member.rs", include_str!("../../scripting/member.rs")),
    ("src/scripting/rule.rs", include_str!("../../scripting/rule.rs")),
    ("src/scripting/stub.rs", include_str!("../../scripting/stub.rs")),
    ("src/settings.rs", include_str!("settings.txt")),
    ("src/wire/mod.rs", include_str!("../../wire/mod.rs")),
    ("src/wire/url.rs", include_str!("../../wire/url.rs")),
    ("src/wire/body.rs", include_str!("../../wire/body.rs")),
    ("src/wire/reply.rs", include_str!("../../wire/reply.rs")),
];

/// Those of clients whose documents have XML bodies.
const IF_XML: [(&str, &str); 4] = [
    ("src/wire/xml/mod.rs", include_str!("../../wire/xml/mod.rs")),
    ("src/wire/xml/read.rs", include_str!("../../wire/xml/read.rs")),
    ("src/wire/xml/tree.rs", include_str!("../../wire/xml/tree.rs")),
    ("src/wire/xml/write.rs", include_str!("../../wire/xml/write.rs")),
];

/// The line that declares what they are.
const XML_MODULE: &str = "pub(crate) mod xml;\n";

/// What the test says of itself.
const TEST: &str = "//! The client against a stub of its document, called for each documented reply:\n//!\n\
    //! ```text\n//! counterfoil mock DOCUMENT &\n//! cargo test --features stub\n//! ```\n//!\n\
    //! `COUNTERFOIL_CONTROL_URL` names the control API of another stub.\n\n";

/// What stands before what only those need who script a stub.
const IF_SCRIPTED: &str = "#[cfg(feature = \"stub\")]";

/// The file that says which files of a folder are the generator's.
const MANIFEST: &str = "counterfoil-client.txt";

/// A crate that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its files, in the order of their paths.
    pub files: Vec<File>,
    /// The file that says which of them are made again.
    pub(super) manifest: &'static str,
    pub(super) begun: Vec<&'static str>,
}

/// One file of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the crate's folder, with `/` between its parts.
    pub path: &'static str,
    /// What it holds.
    pub text: String,
}

/// The sources that are made for one document.
pub(super) struct Sources {
    pub(super) client: syn::File,
    pub(super) replies: Option<syn::File>,
    pub(super) security: syn::File,
    pub(super) stub: syn::File,
    pub(super) statuses: Vec<Statuses>,
    pub(super) test: Option<syn::File>,
    pub(super) xml: Option<syn::File>,
}

impl Package {
    /// The files that are the user's own once they are there.
    pub fn begun(&self) -> &[&'static str] {
        &self.begun
    }
}

/// Whether a crate may be called so: what cargo takes, and neither a keyword nor a crate of the standard library.
pub fn is_crate_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(is_plain)
        && syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_ok()
        && ![
            "alloc",
            "core",
            "proc_macro",
            "proc-macro",
            "std",
            "test",
            "build",
            "deps",
            "examples",
            "incremental",
        ]
        .contains(&name)
}

/// A name for a crate of some kind, of a document with this title.
pub(super) fn name_of(title: &str, kind: &str) -> String {
    let mut words: Vec<String> = title
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.first().is_none_or(|word| !word.starts_with(|first: char| first.is_ascii_alphabetic())) {
        words.insert(0, "api".to_owned());
    }
    let mut name: String = words.join("-").chars().take(48).collect();
    name.truncate(name.trim_end_matches('-').len());
    format!("{name}-{kind}")
}

/// Puts a crate together.
pub(super) fn package(
    contract: &Contract,
    name: Option<&str>,
    title: &str,
    sources: Sources,
    methods: &[&Method<'_>],
    findings: &[Finding],
) -> Package {
    let name = name.map_or_else(|| name_of(title, "client"), str::to_owned);
    let client = prettyplease::unparse(&sources.client);
    let replies = sources.replies.as_ref().map(prettyplease::unparse);
    let example = readme::example(contract, &name, methods);
    let made_by = "// Made by `counterfoil client`: changes are lost when it is made again.\n\n";
    let scripts = prettyplease::unparse(&sources.stub);
    let test = sources.test.as_ref().map(|test| {
        let library = name.replace('-', "_");
        let used = format!(
            "use {library}::stub::{{self, Stub}};\n#[allow(unused_imports)]\nuse {library}::types;\n\
             use {library}::Error;\n\n"
        );
        format!("{TEST}{used}{}", prettyplease::unparse(test))
    });
    let texts = [client.as_str(), replies.as_deref().unwrap_or_default(), &scripts];
    let mut files = vec![
        file("Cargo.toml", manifest(&name, title, &texts, test.is_some())),
        file(
            "README.md",
            readme::readme(contract, &name, title, &example, methods, &sources.statuses, findings),
        ),
        file("examples/first_call.rs", example),
        file("src/lib.rs", library(title, replies.is_some(), sources.xml.is_some())),
        file("src/client.rs", format!("{made_by}{client}")),
        file(
            "src/security.rs",
            format!("//! The credentials of the client.\n\n{}", prettyplease::unparse(&sources.security)),
        ),
    ];
    files.extend(replies.map(|replies| {
        file(
            "src/replies.rs",
            format!("//! Replies of operations that have several, told apart by their status.\n\n{replies}"),
        )
    }));
    files.push(file(
        "src/stub.rs",
        format!(
            "//! Scripts for a stub of the document, in its types.\n\n{}",
            prettyplease::unparse(&sources.stub)
        ),
    ));
    files.extend(test.map(|test| file("tests/stub.rs", test)));
    files.extend(FIXED.iter().map(|(path, text)| match &sources.xml {
        Some(_) => file(path, (*text).to_owned()),
        None => file(path, text.replace(XML_MODULE, "")),
    }));
    if let Some(xml) = &sources.xml {
        let text = format!("//! What the document says of its XML.\n\n{}", prettyplease::unparse(xml));
        files.push(file("src/xml.rs", text));
        files.extend(IF_XML.iter().map(|(path, text)| file(path, (*text).to_owned())));
    }
    files.sort_by_key(|file| file.path);
    let listed: Vec<&File> = files.iter().collect();
    let listing = listing("counterfoil client", &listed);
    files.push(file(MANIFEST, listing));
    Package { name, files, manifest: MANIFEST, begun: Vec::new() }
}

fn file(path: &'static str, text: String) -> File {
    File { path, text }
}

fn manifest(name: &str, title: &str, sources: &[&str], has_test: bool) -> String {
    let test = match has_test {
        true => "\n[[test]]\nname = \"stub\"\nrequired-features = [\"stub\"]\n",
        false => "",
    };
    let mut dependencies: Vec<(&str, &str)> = DEPENDENCIES.to_vec();
    for (mark, name, version) in OPTIONAL {
        if sources.iter().any(|source| source.contains(mark)) {
            dependencies.push((name, version));
        }
    }
    dependencies.sort_unstable();
    let dependencies: String =
        dependencies.iter().map(|(name, version)| format!("{name} = {version}\n")).collect();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\ndescription = \"A client of {title}\"\n\
         publish = false\n\n[lib]\n# Descriptions of the document are no tests.\ndoctest = false\n\n\
         [features]\n# The module `stub`, for tests.\nstub = [\"tokio/rt\"]\n\n\
         [dependencies]\n{dependencies}\n[dev-dependencies]\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n{test}"
    )
}

fn library(title: &str, has_replies: bool, has_xml: bool) -> String {
    let title = prose::as_doc_comment(title);
    let replies = if has_replies { "pub mod replies;\n" } else { "" };
    let xml = if has_xml { "mod xml;\n" } else { "" };
    format!(
        "//! A client of {title}.\n//!\n\
         //! [`Client`] has a method for each operation, [`types`] are what they take and reply, [`Security`] is what\n\
         //! they are allowed by. A reply that the document does not describe is [`Error::UnexpectedResponse`].\n//!\n\
         //! With the feature `stub`, the module of that name scripts a stub of the document in the same types.\n\n\
         #![forbid(unsafe_code)]\n#![warn(missing_docs)]\n\n\
         mod client;\n{replies}\
         {IF_SCRIPTED}\n#[allow(dead_code, clippy::all, clippy::pedantic)] // Each document needs a part of it.\npub mod scripting;\n\
         mod security;\nmod settings;\n\
         /// Scripts for a stub of the document, in its types.\n\
         {IF_SCRIPTED}\n#[allow(clippy::all, clippy::pedantic, non_snake_case)]\npub mod stub;\n\
         #[allow(dead_code, unused_imports)] // Each document needs a part of it.\nmod wire;\n{xml}\n\
         pub use client::{{types, ByteStream, Client, ClientInfo, Error, ResponseValue}};\n\
         pub use security::Security;\npub use settings::Settings;\npub use wire::File;\n"
    )
}

/// The file that lists the others: each digest and path.
pub(super) fn listing(by: &str, files: &[&File]) -> String {
    let mut text = format!("Written by {by}. The files below are made again from the document.\n");
    for file in files {
        text.push_str(&format!("{} {}\n", digest(file.text.as_bytes()), file.path));
    }
    text
}

pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_crates_stay_in_the_folder() {
        let table = [
            ("../../x", "x-client"),
            ("Swagger Petstore", "swagger-petstore-client"),
            ("/etc/passwd\0", "etc-passwd-client"),
            ("3D\n[dependencies]", "api-3d-dependencies-client"),
            ("Größe", "gr-e-client"),
            ("", "api-client"),
        ];
        for (title, name) in table {
            assert_eq!(name_of(title, "client"), name);
            assert!(is_crate_name(&name_of(title, "client")));
        }
        for name in ["", "../x", "a/b", "fn", "test", "1a", "a b", "a\"", &"a".repeat(65)] {
            assert!(!is_crate_name(name), "{name}");
        }
    }

    #[test]
    fn dependencies_are_those_of_the_workspace() {
        let workspace = include_str!("../../../../Cargo.toml");
        for (name, version) in DEPENDENCIES {
            let line =
                workspace.lines().find(|line| line.starts_with(&format!("{name} = "))).expect("a dependency");
            let number = version.split('"').nth(1).expect("a version");
            assert!(line.contains(&format!("\"{number}\"")), "{line}");
        }
    }
}
