//! Documents that attack whoever makes code of them.

use std::process::Command;

use counterfoil_client::generate::{Generated, generate};
use counterfoil_openapi::Contract;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};
use serde_json::Value;
use syn::visit::Visit;

use crate::server::{Server, response};

#[path = "../hostile/document.rs"]
mod document;

/// The client that the build script made of the document. That this is compiled is what the attack is about.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the generator wrote it, and this test needs a part of it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/hostile.rs"));
}

fn hostile() -> Generated {
    let contract = Contract::load("hostile.json", document::document().as_bytes()).expect("it is a document");
    generate(&contract, None).expect("a client")
}

/// The documentation and the other attributes of a source.
#[derive(Default)]
struct Attributes {
    documentation: Vec<String>,
    others: Vec<String>,
    current: Vec<String>,
}

impl Attributes {
    fn end(&mut self) {
        if !self.current.is_empty() {
            self.documentation.push(std::mem::take(&mut self.current).join("\n"));
        }
    }
}

impl<'ast> Visit<'ast> for Attributes {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => {
                let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
                    panic!("documentation that is no text")
                };
                self.current.push(text.value());
            }
            meta => {
                let name = meta.path().segments.last().expect("a path has a name").ident.to_string();
                self.others.push(name);
            }
        }
    }
}

/// The doc comments of a source, each whole, and the names of its other attributes.
fn attributes(source: &str) -> Attributes {
    struct Blocks(Attributes);
    impl<'ast> Visit<'ast> for Blocks {
        fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
            self.0.visit_attribute(attribute);
        }
        fn visit_ident(&mut self, _: &'ast syn::Ident) {
            self.0.end();
        }
    }
    let file = syn::parse_file(source).expect("a source");
    let mut blocks = Blocks(Attributes::default());
    blocks.visit_file(&file);
    blocks.0.end();
    blocks.0
}

#[test]
fn a15_no_text_of_the_document_is_code() {
    let generated = hostile();
    let mut comments = String::new();
    let known = [
        "allow",
        "cfg",
        "default",
        "derive",
        "forbid",
        "inline",
        "main",
        "must_use",
        "non_exhaustive",
        "serde",
        "test",
        "warn",
    ];
    for file in generated.package.files.iter().filter(|file| file.path.ends_with(".rs")) {
        let attributes = attributes(&file.text);
        assert!(
            attributes.others.iter().all(|name| known.contains(&name.as_str())),
            "{}: {:?}",
            file.path,
            attributes.others
        );
        for text in &attributes.documentation {
            for event in Parser::new_ext(text, Options::all()) {
                match event {
                    Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                        assert_eq!(&*language, "text", "{text}")
                    }
                    Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => panic!("{}: {text}", file.path),
                    Event::Html(html) | Event::InlineHtml(html) => panic!("{}: {html}", file.path),
                    _ => {}
                }
            }
            let lines = text.lines().map(|line| format!("///{line}\n"));
            comments.push_str(&format!("{}pub struct S{};\n", lines.collect::<String>(), comments.len()));
        }
        assert!(!file.text.contains('\u{202e}') && !file.text.contains('\0'), "{}", file.path);
    }
    assert!(comments.matches("MARKER").count() > 50, "the texts are in the comments");
    // What rustdoc itself makes of them.
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("comments.rs"), comments).expect("a file");
    let rustdoc = std::env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let tested = Command::new(rustdoc).args(["--test", "comments.rs"]).current_dir(folder.path()).output();
    let tested = tested.expect("rustdoc is there");
    let told = String::from_utf8_lossy(&tested.stdout);
    assert!(tested.status.success() && told.contains("running 0 tests"), "{told}{tested:?}");
    assert!(!folder.path().join("MARKER").exists());
    let manifest = generated.package.files.iter().find(|file| file.path == "Cargo.toml").expect("a manifest");
    assert!(manifest.text.contains("doctest = false"), "{}", manifest.text);
}

#[test]
fn a15_nothing_of_the_document_is_left_out() {
    let generated = hostile();
    assert_eq!(generated.expressed.methods, generated.expressed.operations, "{:?}", generated.findings);
    assert_eq!(generated.expressed.operations, 42);
    assert_eq!(generated.package.name, "x-client");
}

#[tokio::test]
async fn a15_what_is_sent_has_the_names_of_the_document() {
    let server = Server::start([response(204, "text/plain", "")]).await;
    let client = generated::Client::new(&server.url).expect("a client");
    let sent: Value = document::names().into_iter().map(|name| (name.clone(), Value::String(name))).collect();
    let members: generated::types::Members =
        serde_json::from_value(sent.clone()).expect("each name is a member");
    assert_eq!(serde_json::to_value(&members).expect("JSON"), sent);
    let reply = client.fn_("a b/c", Some(&members)).await.expect("it is documented");
    assert_eq!(reply.into_inner(), generated::replies::FnReply::Status204);
    let received = server.only();
    assert_eq!(received.request_line(), "POST /1/a%20b%2Fc/fn HTTP/1.1");
    assert_eq!(serde_json::from_slice::<Value>(&received.body).expect("JSON"), sent);
}
