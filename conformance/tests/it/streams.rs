//! Bodies that are sequences: each item is judged, and a wrong one is named.

use counterfoil_conformance::{Settings, Target};
use counterfoil_openapi::Contract;
use counterfoil_server::{Script, StubServer};

use crate::running::Outcome;

const STREAMS: &[u8] = include_bytes!("../../../openapi/documents/samples/streams.yaml");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_item_is_found_and_named() {
    let contract = Contract::load("streams.yaml", STREAMS).unwrap();
    let good = "{ at: 1, celsius: 20 }";
    let table = [
        (
            "storeLines",
            format!("{{ media_type: application/jsonl, body: [{good}, {{ at: -1, celsius: 20 }}], allow_invalid: [body] }}"),
            "body/1/at: item 2: -1 is less than the minimum of 0 [minimum]",
        ),
        (
            "storeLines",
            "{ media_type: text/plain, body: \"{\\\"at\\\":1,\\\"celsius\\\":20}\\n{\\\"at\\\":\\n\", headers: { Content-Type: application/jsonl }, allow_invalid: true }".to_owned(),
            "body: line 2: not JSON: EOF while parsing a value at column 6 [unreadable]",
        ),
        (
            "watch",
            "{ body: [{ event: moved, data: x }, { event: moved, data: y }, { event: moved, data: z, id: q }], allow_invalid: [body] }".to_owned(),
            "body/2/id: item 3: \"q\" does not match \"^[0-9]{1,9}$\" [pattern]",
        ),
        (
            "chunks",
            "{ body: \"data: {\\\"at\\\":1,\\\"celsius\\\":20}\\n\\ndata: oh\\n\\n\", allow_invalid: [body] }".to_owned(),
            "body/1: item 2: \"oh\" is not of type \"object\" [type]",
        ),
        (
            "storeParts",
            format!("{{ body: [{good}, {good}, {{ at: 1 }}], allow_invalid: [body] }}"),
            "body/2: item 3: \"celsius\" is a required property [required]",
        ),
    ];
    for (operation, reply, expected) in table {
        let text = format!("script: 1\nrules:\n  {operation}: {reply}\n");
        let script = Script::load("script.yaml", text.as_bytes(), std::slice::from_ref(&contract))
            .unwrap_or_else(|error| panic!("{operation}: {error:?}"));
        let stub = StubServer::builder(contract.clone()).script(script).start().await.unwrap();
        let settings = Settings { max_cases: 5, ..Settings::default() };
        let outcome = Outcome::of(&contract, &Target::new(stub.url()), &settings).await;
        let told: Vec<(&str, &str)> = outcome
            .failures()
            .iter()
            .map(|failure| (failure.check.as_str(), failure.message.as_str()))
            .collect();
        assert_eq!(told, [("response_schema_conformance", expected)], "{operation}");
    }
}
