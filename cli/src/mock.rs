//! `counterfoil mock`: serves a stub of documents.

mod announce;
mod credential;
mod forward;
mod listen;
mod log;
mod mount;
mod mutate;
mod strictness;
mod watch;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::BasePaths;
use counterfoil_openapi::generate::Variety;
use counterfoil_server::{
    Bodies, CallbackHost, Cors, Credentials, Examples, Marks, OriginError, Script, StubBuilder, StubServer,
};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use self::listen::Listening;
use crate::exit::Exit;
use crate::output::Output;
use crate::references::{Record, References};
use crate::signal::Signals;
use crate::source::{self, Source};
use announce::ListChoice;
use log::{Log, LogOptions};
use mount::Mounting;
use strictness::Strictness;
use watch::{Reading, Watch};

const EXAMPLES: &str = "\
Examples:
  counterfoil mock                              both bundled documents on port 4010
  counterfoil mock pets.yaml --port 8080
  counterfoil mock pets.yaml --script pets.script.yaml
  counterfoil mock a.yaml b.yaml --port 0 --port-file ports
  counterfoil mock pets.yaml --upstream https://api.example.com
                                                forwards, and validates requests and replies
  counterfoil mock pets.yaml --upstream http://localhost:8080 --stub createPet --stub-missing
                                                forwards what the server has but createPet
  counterfoil mock pets.yaml --upstream http://localhost:8080 --record recorded.yaml
                                                writes a script that answers as the server did
  counterfoil mock pets.yaml --tls              over HTTPS, with a line that trusts it
  counterfoil mock a.yaml b.yaml --mount a=/v1 --mount b=/v2
  counterfoil mock https://example.com/pets.json --dynamic
  counterfoil mock pets.yaml --credentials accepted.yaml --strict-query
  counterfoil mock pets.yaml --script pets.script.yaml --watch
                                                saving either changes what is served
  counterfoil mock pets.yaml --cors https://app.example,http://localhost:3000
  counterfoil mock pets.yaml --log json 2> log.ndjson
  counterfoil mock pets.yaml --mutate wrong-type@getPet --mutate forget-allow
                                                breaks the contract on purpose; `--mutate list` for the kinds
  counterfoil mock orders.yaml --callbacks localhost:3000
  curl -X POST http://127.0.0.1:4011/webhooks/newPet -d '{\"url\": \"http://localhost:3000/hook\"}'
  curl -X PUT http://127.0.0.1:4011/operations/generateAuthToken/reply -d 403
                                                from now on that operation answers 403

Accepted credentials, by the names of the document's security schemes:
  apiKey: k3y                                   an API key, or a bearer token
  login: [\"ada:lovelace\", \"grace:hopper\"]       basic and digest: user name, colon, password
  oauth: [{value: t0ken, scopes: [read]}]       only these scopes; without `scopes`, all
  session: true                                 whatever is well-formed";

/// Serve a stub that answers as the documents say, and as scripts say otherwise.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", log::HELP))]
pub(crate) struct Arguments {
    /// OpenAPI documents (YAML or JSON), a URL, `-` for standard input, or names of bundled ones.
    #[arg(value_name = "DOCUMENT")]
    documents: Vec<String>,

    #[command(flatten)]
    listening: Listening,

    /// A script: what the stub answers beyond its documents. Can be given several times; the first is asked first.
    #[arg(long, value_name = "FILE")]
    script: Vec<String>,

    /// The seed of everything generated and of what scripts leave to chance.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// A document and the path to put it under, instead of the root. Can be given once for each document, which is called
    /// by its file's name, with its extension or without.
    #[arg(long, value_name = "NAME=PATH", allow_hyphen_values = true)]
    mount: Vec<Mounting>,

    /// Whether requests must come under the base path of a server that the document lists.
    #[arg(long, value_name = "WHEN", default_value = "optional")]
    base_path: BasePathName,

    /// What to do with examples that break their own schema: repair the parts at fault, or serve them as they stand.
    #[arg(long, value_name = "HOW", default_value = "repair")]
    examples: ExamplesName,

    /// Make replies up even where the document has an example, unless a request or a script asks otherwise.
    #[arg(long)]
    dynamic: bool,

    /// How generated values read: plain words and numbers, those of a system in use (people, places, prices, by the
    /// names of properties and by formats), or the least that is valid.
    #[arg(long, value_name = "KIND", default_value = "plain")]
    values: ValuesName,

    /// Follow the files: when a document, a file that it refers to, a script or the accepted credentials change, the
    /// stub serves what they say now. What cannot be read leaves what was served before, and an error in the log; the
    /// journal, the places in sequences and what the control API set stay.
    #[arg(long)]
    watch: bool,

    /// Which operations are printed at the start, each with a curl line that works: some where there are many, all, or
    /// none.
    #[arg(long, value_name = "WHICH", default_value = "some")]
    list: ListChoice,

    /// Which pages of other origins may read replies. Unless given, all may, and those of this machine with
    /// credentials. `off` lets none; origins, with commas between them, let only theirs, with credentials.
    #[arg(long, value_name = "ORIGINS", value_parser = cors)]
    cors: Option<Cors>,

    /// Leave the headers out in which replies tell of the stub: `counterfoil-source`, `counterfoil-call` and their like.
    #[arg(long)]
    quiet_headers: bool,

    #[command(flatten)]
    log: LogOptions,

    #[command(flatten)]
    strictness: Strictness,

    #[command(flatten)]
    references: References,

    /// Send callbacks to this host (`example.com`, `localhost:3000`), and webhooks when the control API is told to. Can
    /// be given several times; without it nothing is sent, and the trail of a call says what would have been.
    #[arg(long, value_name = "HOST")]
    callbacks: Vec<CallbackHost>,

    #[command(flatten)]
    forward: forward::Forward,

    #[command(flatten)]
    mutating: mutate::Mutating,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BasePathName {
    Strict,
    Optional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExamplesName {
    Repair,
    AsIs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ValuesName {
    Plain,
    Realistic,
    Minimal,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    if arguments.mutating.wants_list() {
        mutate::list(output)?;
        return Ok(Exit::Passed);
    }
    let references = match arguments.watch {
        true => References { record: Record::kept(), ..arguments.references.clone() },
        false => arguments.references.clone(),
    };
    let unmounted = source::load_all(&arguments.documents, &references)?;
    let mut sources = unmounted.clone();
    mount::apply(&arguments.mount, &mut sources)?;
    let scripts = source::scripts(&arguments.script, &sources, &references)?;
    let file = arguments.strictness.credentials_file();
    let credentials = strictness::read_credentials(file, &sources, &references)?;
    let log = Log::start(&arguments.log, output).context("start the log")?;
    let news = if arguments.watch {
        let news = Watch::start(unmounted, &arguments.mount, (&arguments.script, file), &references);
        Some(news.context("watch the files")?)
    } else {
        None
    };
    let runtime = Runtime::new().context("start the runtime")?;
    runtime.block_on(serve(&sources, (scripts, credentials), news, arguments, (output, &log)))?;
    Ok(Exit::Passed)
}

async fn serve(
    sources: &[Source],
    loaded: (Vec<Script>, Option<Credentials>),
    news: Option<mpsc::Receiver<Reading>>,
    arguments: &Arguments,
    (output, log): (&Output, &Log),
) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("listen for signals")?;
    let (stub, trusted) = start(sources, loaded, arguments).await?;
    // What was warned of stands before what is announced.
    log.flush();
    arguments.listening.tell_ports(&stub)?;
    let is_stopped = tokio::select! {
        biased;
        () = signals.next() => true,
        announced = announce::announce(sources, &stub, trusted.as_deref(), arguments, output) => {
            announced?;
            false
        }
    };
    if !is_stopped {
        tokio::select! {
            () = signals.next() => {}
            () = follow(&stub, news) => {}
        }
    }
    tokio::select! {
        () = stub.close() => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// Serves whatever the watched files say; it does not end.
async fn follow(stub: &StubServer, news: Option<mpsc::Receiver<Reading>>) {
    if let Some(mut news) = news {
        while let Some(Reading { sources, scripts, credentials }) = news.recv().await {
            let contracts = sources.into_iter().map(|source| source.contract).collect();
            let changes = match credentials {
                Some(credentials) => stub.reload_with(contracts, scripts, credentials),
                None => stub.reload(contracts, scripts),
            };
            tracing::info!("reloaded: {}", one_line(&changes.to_string()));
        }
    }
    std::future::pending().await
}

/// The stub, and the certificate to trust where it is one of ours.
async fn start(
    sources: &[Source],
    (scripts, credentials): (Vec<Script>, Option<Credentials>),
    arguments: &Arguments,
) -> anyhow::Result<(StubServer, Option<PathBuf>)> {
    let mut contracts = sources.iter().map(|source| source.contract.clone());
    let first = contracts.next().context("find a document to serve")?;
    let mut builder = contracts
        .fold(StubServer::builder(first), StubBuilder::contract)
        .seed(arguments.seed)
        .base_paths(match arguments.base_path {
            BasePathName::Strict => BasePaths::Strict,
            BasePathName::Optional => BasePaths::Optional,
        })
        .examples(match arguments.examples {
            ExamplesName::Repair => Examples::Repaired,
            ExamplesName::AsIs => Examples::AsIs,
        })
        .variety(match arguments.values {
            ValuesName::Plain => Variety::Plain,
            ValuesName::Realistic => Variety::Realistic,
            ValuesName::Minimal => Variety::Minimal,
        })
        .forwarding(arguments.forward.resolve())
        .cors(arguments.cors.clone().unwrap_or_default())
        .marks(if arguments.quiet_headers { Marks::LeftOut } else { Marks::Sent })
        .bodies(if arguments.dynamic { Bodies::Generated } else { Bodies::Examples });
    builder = arguments.strictness.apply(builder, credentials);
    builder = arguments.mutating.apply(builder);
    builder = arguments.callbacks.iter().cloned().fold(builder, StubBuilder::callbacks);
    builder = arguments.forward.allowed().iter().cloned().fold(builder, StubBuilder::allow_proxy);
    if let Some(file) = arguments.forward.record() {
        builder = builder.record(file);
    }
    for script in scripts {
        builder = builder.script(script);
    }
    let (builder, trusted) = arguments.listening.apply(builder)?;
    let stub = builder.start().await.context(arguments.listening.advice())?;
    Ok((stub, trusted))
}

fn cors(text: &str) -> Result<Cors, OriginError> {
    if text == "off" {
        return Ok(Cors::Off);
    }
    text.split(',').map(|origin| origin.trim().parse()).collect::<Result<_, _>>().map(Cors::Only)
}
