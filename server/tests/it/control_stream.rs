//! `GET /calls/stream`: calls as they come.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub};

/// What a stream has told so far.
struct Told {
    response: Response,
    text: String,
}

impl Told {
    async fn open(stub: &Stub, query: &str, last: Option<&str>) -> Self {
        let mut request = stub.control(Method::GET, &format!("/calls/stream{query}"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.expect("the stub answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut told = Self { response, text: String::new() };
        assert_eq!(told.event().await.as_deref(), Some(": calls follow"));
        told
    }

    /// The next event; nothing at the end.
    async fn event(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let chunk = self.response.chunk().await.expect("the stream is whole")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("it is text"));
        }
    }

    /// The id and the path of the next call.
    async fn call(&mut self) -> (u64, Value) {
        let event = self.event().await.expect("a call");
        let lines: Vec<&str> = event.lines().collect();
        let [id, "event: call", data] = lines.as_slice() else { panic!("{event}") };
        let id = id.strip_prefix("id: ").expect("an id").parse().expect("a number");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!(data["id"], id);
        (id, data["url"].clone())
    }
}

#[tokio::test]
async fn calls_are_told_as_they_come_and_filtered() {
    let stub = Stub::start(Vec::new()).await;
    stub.get("/pets/1").await;
    let mut all = Told::open(&stub, "", None).await;
    let mut valid = Told::open(&stub, "?op=getPet&valid=true&status=200", None).await;
    let mut other = Told::open(&stub, "?session=a", None).await;
    for path in ["/pets/2", "/pets/x", "/pets", "/nowhere", "/pets/3", "/~a/pets/4"] {
        stub.get(path).await;
    }
    for expected in [(2, "/pets/2"), (3, "/pets/x"), (4, "/pets"), (5, "/nowhere"), (6, "/pets/3")] {
        assert_eq!(all.call().await, (expected.0, json!(expected.1)));
    }
    assert_eq!(valid.call().await, (2, json!("/pets/2")));
    assert_eq!(valid.call().await, (6, json!("/pets/3")));
    assert_eq!(other.call().await, (1, json!("/pets/4")));
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let stub = Stub::start(Vec::new()).await;
    stub.get("/pets/1").await;
    stub.get("/pets/2").await;
    let mut again = Told::open(&stub, "", Some("1")).await;
    let mut first = Told::open(&stub, "?after=0", None).await;
    stub.get("/pets/3").await;
    assert_eq!((again.call().await.0, again.call().await.0), (2, 3));
    assert_eq!((first.call().await.0, first.call().await.0, first.call().await.0), (1, 2, 3));
    for last in ["many", "-1"] {
        let refused = stub.control(Method::GET, "/calls/stream").header("Last-Event-ID", last);
        assert_eq!(Answer::of(refused).await.status, 422, "{last}");
    }
    for path in ["/calls/stream?op=nope", "/calls/none"] {
        let refused = Answer::of(stub.control(Method::GET, path)).await;
        assert!([400, 404].contains(&refused.status), "{path}: {}", refused.text);
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_stub_and_with_its_session() {
    let stub = Stub::start(Vec::new()).await;
    let mut streams = [Told::open(&stub, "", None).await, Told::open(&stub, "?session=a", None).await];
    let dropped = Answer::of(stub.control(Method::DELETE, "/sessions/a")).await;
    assert_eq!(dropped.status, 204);
    let [unnamed, named] = &mut streams;
    let ended = |reason: &str| Some(format!("event: end\ndata: {{\"reason\":\"{reason}\"}}"));
    assert_eq!((named.event().await, named.event().await), (ended("the session is dropped"), None));
    let (_, end) = tokio::join!(stub.server.close(), unnamed.event());
    assert_eq!((end, unnamed.event().await), (ended("the stub stops"), None));
}

#[tokio::test]
async fn there_are_only_so_many_streams() {
    let stub = Stub::start(Vec::new()).await;
    let mut open = Vec::new();
    for _ in 0..counterfoil_server::MAX_STREAMS {
        open.push(Told::open(&stub, "", None).await);
    }
    let refused = Answer::of(stub.control(Method::GET, "/calls/stream")).await;
    assert_eq!((refused.status, &refused.json()["type"]), (429, &json!("streams-exhausted")));
    assert_eq!(Answer::of(stub.control(Method::GET, "/calls")).await.status, 200, "others are answered");
}
