//! What the typed tests run against.

use counterfoil_openapi::{Contract, bundled};
use counterfoil_server::{Script, StubServer};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FailurePersistence, FileFailurePersistence, TestCaseResult, TestRunner};
use tokio::runtime::Runtime;

/// Cases a property gets unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 64;

/// A running implementation of one system.
pub(super) struct Target {
    runtime: Runtime,
    /// Sends what the typed client has no types for.
    pub(super) http: reqwest::Client,
    /// Where its operations are.
    pub(super) url: String,
    /// The credentials given for it; none where it is a stub.
    pub(super) auth: Option<String>,
    /// The stub, where it is one.
    pub(super) stub: Option<StubServer>,
}

impl Target {
    /// The implementation of a system that the environment names, or a stub of it; none, with a line that says so,
    /// where the environment names another system.
    #[expect(clippy::print_stdout, reason = "a test that skips says so")]
    pub(super) fn of(system: &str) -> Option<Self> {
        let runtime = Runtime::new().expect("a runtime");
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(url) = variable("TARGET_URL") {
            if let Some(wanted) = variable("TARGET_SYSTEM").filter(|wanted| wanted != system) {
                println!("skipped: TARGET_SYSTEM is {wanted}, and this is a test of {system}");
                return None;
            }
            let url = url.trim_end_matches('/').to_owned();
            return Some(Self { runtime, http, url, auth: variable("TARGET_AUTH"), stub: None });
        }
        let system = bundled().iter().find(|bundled| bundled.name == system).expect("a bundled system");
        let contract = Contract::load(system.file, system.document.as_bytes()).expect("it loads");
        let mut builder = StubServer::builder(contract.clone());
        if let (Some(script), Some(file)) = (system.script, system.script_file()) {
            builder = builder.script(Script::load(&file, script.as_bytes(), &[contract]).expect("it loads"));
        }
        let stub = runtime.block_on(builder.start()).expect("a stub starts on any free port");
        Some(Self { runtime, http, url: stub.url().to_owned(), auth: None, stub: Some(stub) })
    }

    /// Whether it is our own stub, of which more is known than its document says.
    pub(super) fn is_stub(&self) -> bool {
        self.stub.is_some()
    }

    /// Holds a property for values of a strategy.
    pub(super) fn holds<S: Strategy>(
        &self,
        file: &'static str,
        strategy: &S,
        property: impl AsyncFn(S::Value) -> TestCaseResult,
    ) {
        let cases =
            std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
        // What another implementation fails is no regression of ours.
        let regressions = self.is_stub().then_some(FileFailurePersistence::WithSource("regressions"));
        let config = Config {
            cases,
            source_file: Some(file),
            failure_persistence: regressions.map(|kept| Box::new(kept) as Box<dyn FailurePersistence>),
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(strategy, |value| self.runtime.block_on(property(value)));
        if let Err(error) = outcome {
            panic!("{error}\nat {}", self.url);
        }
    }
}
