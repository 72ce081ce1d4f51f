//! The documents, scripts and stubs of these tests.

use std::sync::LazyLock;

use counterfoil_openapi::Contract;
use counterfoil_server::{Script, ScriptError, StubBuilder, StubServer};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

/// The sample document that most scripts here are for.
pub(crate) fn pets() -> Contract {
    static PETS: LazyLock<Contract> = LazyLock::new(|| {
        let text = include_bytes!("../scripts/pets.yaml");
        Contract::load("pets.yaml", text).expect("the sample document can be read")
    });
    PETS.clone()
}

/// Loads a script for the sample document.
pub(crate) fn load(text: &str) -> Result<Script, ScriptError> {
    Script::load("test.script.yaml", text.as_bytes(), &[pets()])
}

/// A stub of the sample document, and a client that talks to it.
pub(crate) struct Stub {
    pub(crate) server: StubServer,
    client: Client,
}

impl Stub {
    /// Starts a stub under a script.
    pub(crate) async fn scripted(text: &str) -> Self {
        let script = match load(text) {
            Ok(script) => script,
            Err(error) => panic!("{error}\n{:#?}", error.findings()),
        };
        Self::start(vec![script]).await
    }

    /// Starts a stub under several scripts, the first one first.
    pub(crate) async fn start(scripts: Vec<Script>) -> Self {
        Self::serving(pets(), scripts).await
    }

    /// Starts a stub of another document.
    pub(crate) async fn serving(contract: Contract, scripts: Vec<Script>) -> Self {
        let builder = StubServer::builder(contract).control_port(Some(0)).seed(7);
        Self::of(scripts.into_iter().fold(builder, |builder, script| builder.script(script))).await
    }

    /// Starts a stub that is set up already.
    pub(crate) async fn of(builder: StubBuilder) -> Self {
        Self {
            server: builder.start().await.expect("a free port can be listened on"),
            client: crate::stub::client(),
        }
    }

    /// A request to the stub.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.url()))
    }

    /// A request to the control API.
    pub(crate) fn control(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.server.control_url().expect("these stubs have a control plane");
        self.client.request(method, format!("{url}{path}"))
    }

    /// `GET` of a path.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// `createPet` with a body.
    pub(crate) async fn create(&self, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, "/pets").header("X-Api-Key", "rw-1").json(&body)).await
    }

    /// The statuses of so many calls of a path, one after the other.
    pub(crate) async fn statuses(&self, path: &str, calls: usize) -> Vec<u16> {
        let mut statuses = Vec::with_capacity(calls);
        for _ in 0..calls {
            statuses.push(self.get(path).await.status);
        }
        statuses
    }
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Sends a request and reads what comes back.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.expect("the stub answers")).await
    }

    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("the body is whole") }
    }

    /// The body as JSON; null where there is none.
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header as text; empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("the header is plain text"))
    }
}
