//! XML bodies of generated clients: what is sent and read is typed.

use counterfoil_client::generate::generate;
use counterfoil_openapi::Contract;

use crate::server::{Server, response};

/// The client that the build script made.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the generator wrote it, and this test needs a part of it"
)]
pub(crate) mod generated {
    include!(concat!(env!("OUT_DIR"), "/xml.rs"));
}

use generated::{Client, Error, replies, types::Pet};

#[tokio::test]
async fn xml_is_sent_and_read_as_types() {
    let server = Server::start([
        response(200, "application/xml", r#"<pet id="2"><born>2020-01-02</born><mother id="1"/></pet>"#),
        response(202, "text/xml", "<job state=\"on\">7</job>"),
        response(500, "application/problem+xml", "<Problem><title>it &lt; broke</title></Problem>"),
        response(200, "application/xml", "<pet id=\"x\"></pet>"),
    ])
    .await;
    let client = Client::new(&server.url).expect("a client");
    let pet = |id| Pet { id, tags: vec!["a<b".to_owned(), "c".to_owned()], born: None, mother: None };
    let sent = Pet { mother: Some(Box::new(pet(3))), ..pet(4) };
    let read = client.add_pet(&sent).await.expect("a reply").into_inner();
    let replies::AddPetReply::Status200(read) = read else { panic!("{read:?}") };
    assert_eq!((read.id, read.tags.len(), read.mother.map(|mother| mother.id)), (2, 0, Some(1)));
    assert_eq!(read.born.map(|born| born.to_string()).as_deref(), Some("2020-01-02"));
    let later = client.add_pet(&sent).await.expect("a reply").into_inner();
    assert_eq!(later, replies::AddPetReply::Status202("<job state=\"on\">7</job>".to_owned()));
    match client.add_pet(&sent).await {
        Err(Error::ErrorResponse(problem)) => assert_eq!(problem.title.as_deref(), Some("it < broke")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(client.add_pet(&sent).await, Err(Error::InvalidResponsePayload(..))));
    let received = server.received();
    assert_eq!(received[0].field("content-type").as_deref(), Some("application/xml"));
    assert_eq!(
        String::from_utf8_lossy(&received[0].body),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><pet id=\"4\"><tag>a&lt;b</tag><tag>c</tag>\
         <pet id=\"3\"><tag>a&lt;b</tag><tag>c</tag></pet></pet>"
    );
}

#[test]
fn only_crates_with_xml_have_its_reader() {
    let with = include_str!("../xml/pets.yaml");
    let without = with
        .replace("application/xml", "application/json")
        .replace("/xml", "/plain")
        .replace("+xml", "+json");
    for (document, has_xml) in [(with, true), (&*without, false)] {
        let contract = Contract::load("pets.yaml", document.as_bytes()).expect("a document");
        let generated = generate(&contract, None).expect("a client");
        assert_eq!(generated.findings, []);
        let files = &generated.package.files;
        let holds =
            |path: &str, text: &str| files.iter().any(|file| file.path == path && file.text.contains(text));
        assert_eq!(holds("Cargo.toml", "quick-xml = "), has_xml);
        assert_eq!(holds("src/xml.rs", "static ROWS"), has_xml);
        assert_eq!(holds("src/wire/mod.rs", "mod xml;"), has_xml);
        assert_eq!(holds("src/lib.rs", "mod xml;"), has_xml);
        assert_eq!(
            files.iter().filter(|file| file.path.starts_with("src/wire/xml/")).count(),
            if has_xml { 4 } else { 0 }
        );
    }
}
