//! A server that cuts off several requests at once: blamed is the one that does it again by itself.

use std::sync::{Arc, Mutex};

use counterfoil_conformance::{Failure, Flakiness, Phase, Settings, Target};
use counterfoil_openapi::{Contract, Request};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::defects::read;
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Numbers, version: '1'}
paths:
  /numbers/{number}:
    get:
      operationId: readNumber
      parameters: [{name: number, in: path, required: true, schema: {type: integer, minimum: 1000}}]
      responses: {'200': {description: ok}}
"#;

/// How many are under way when the server dies for the first time.
const TOGETHER: usize = 3;

/// Who of those does it again.
#[derive(Clone, Copy, PartialEq)]
enum Culprit {
    Third,
    Nobody,
}

#[derive(Default)]
struct Seen {
    targets: Mutex<Vec<String>>,
}

impl Seen {
    /// The number of a request, and whether the server dies of it.
    fn take(&self, request: &Request, culprit: Culprit) -> (usize, bool) {
        let mut targets = self.targets.lock().expect("nothing panics under it");
        targets.push(request.target.clone());
        let is_third = targets.get(TOGETHER - 1) == Some(&request.target);
        (targets.len(), culprit == Culprit::Third && is_third)
    }
}

async fn serve(
    stream: TcpStream,
    seen: Arc<Seen>,
    all: Arc<Barrier>,
    culprit: Culprit,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let (number, is_deadly) = seen.take(&request, culprit);
        if number <= TOGETHER {
            all.wait().await;
            return Ok(());
        }
        if is_deadly {
            return Ok(());
        }
        stream.write_all(b"HTTP/1.1 200 .\r\ncontent-length: 0\r\n\r\n").await?;
        stream.flush().await?;
    }
    Ok(())
}

/// The failures of a run, and what the server was sent.
async fn tested(culprit: Culprit) -> (Vec<Failure>, Vec<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (seen, all) = (Arc::new(Seen::default()), Arc::new(Barrier::new(TOGETHER)));
    let served = Arc::clone(&seen);
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, Arc::clone(&served), Arc::clone(&all), culprit));
        }
    });
    let contract = Contract::load("numbers.yaml", DOCUMENT.as_bytes()).expect("it is a document");
    let settings =
        Settings { max_cases: 12, workers: TOGETHER, phases: vec![Phase::Fuzzing], ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(url), &settings).await;
    task.abort();
    let targets = seen.targets.lock().expect("nothing panics under it").clone();
    let failures = outcome.failures().into_iter().filter(|failure| failure.check == "server_crash");
    (failures.cloned().collect(), targets)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_cut_off_together_the_one_is_blamed_that_does_it_again() {
    let (failures, targets) = tested(Culprit::Third).await;
    let [told] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!((told.kind.as_str(), told.flakiness), ("connection closed", Flakiness::Recurs));
    assert_eq!(told.count, 1, "nobody else is counted");
    assert!(told.exchange.url.ends_with(&targets[TOGETHER - 1]), "{}", told.exchange.url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_none_of_them_does_it_again_all_are_told_in_one_failure() {
    let (failures, targets) = tested(Culprit::Nobody).await;
    let [told] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!((told.kind.as_str(), told.flakiness), ("connections closed together", Flakiness::Flaky));
    assert_eq!(told.count, TOGETHER as u64);
    for target in &targets[..TOGETHER] {
        assert!(told.message.contains(&format!("GET {target} (readNumber/fuzzing/")), "{}", told.message);
    }
}
