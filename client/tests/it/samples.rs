//! Clients of real documents, which the build script made: that this is compiled is what the test is about.

#[path = "../samples/list.rs"]
mod list;

/// The clients, and of each its document, the operations of that and the methods that they have become.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_qualifications,
    reason = "the generator wrote it, and nothing is called"
)]
pub(crate) mod generated {
    include!(concat!(env!("OUT_DIR"), "/samples.rs"));
}

#[test]
fn ten_real_documents_become_clients_that_compile() {
    if generated::MADE.is_empty() {
        println!("skipped: the corpus is not beside the project");
        return;
    }
    let documents: Vec<&str> = generated::MADE.iter().map(|(document, ..)| *document).collect();
    assert_eq!(documents, list::SAMPLES);
    for (document, operations, methods) in generated::MADE {
        assert_eq!(methods, operations, "{document}");
    }
}
