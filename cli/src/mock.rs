//! `counterfoil mock`: serves a stub of documents.

mod announce;
mod credential;
mod forward;
mod listen;
mod mount;
mod strictness;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use counterfoil_openapi::BasePaths;
use counterfoil_openapi::generate::Variety;
use counterfoil_server::{Bodies, Examples, StubBuilder, StubServer};
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

use self::listen::Listening;
use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::signal::Signals;
use crate::source::{self, Source};
use mount::Mounting;
use strictness::Strictness;

/// What is logged unless `COUNTERFOIL_LOG` says otherwise: a line a request.
const DEFAULT_LOG: &str = "info";

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
  counterfoil mock pets.yaml --tls              over HTTPS, with a line that trusts it
  counterfoil mock a.yaml b.yaml --mount a=/v1 --mount b=/v2
  counterfoil mock https://example.com/pets.json --dynamic
  counterfoil mock pets.yaml --credentials accepted.yaml --strict-query
  curl -X PUT http://127.0.0.1:4011/operations/generateAuthToken/reply -d 403
                                                from now on that operation answers 403

Accepted credentials, by the names of the document's security schemes:
  apiKey: k3y                                   an API key, or a bearer token
  login: [\"ada:lovelace\", \"grace:hopper\"]       basic and digest: user name, colon, password
  oauth: [{value: t0ken, scopes: [read]}]       only these scopes; without `scopes`, all
  session: true                                 whatever is well-formed

COUNTERFOIL_LOG sets what is logged: error, warn, info (a line a request), debug, trace, off.";

/// Serve a stub that answers as the documents say, and as scripts say otherwise.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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

    #[command(flatten)]
    strictness: Strictness,

    #[command(flatten)]
    references: References,

    #[command(flatten)]
    forward: forward::Forward,
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
    let mut sources = source::load_all(&arguments.documents, &arguments.references)?;
    mount::apply(&arguments.mount, &mut sources)?;
    log_requests(output);
    let runtime = Runtime::new().context("start the runtime")?;
    runtime.block_on(serve(&sources, arguments, output))?;
    Ok(Exit::Passed)
}

async fn serve(sources: &[Source], arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("listen for signals")?;
    let (stub, trusted) = start(sources, arguments).await?;
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
        signals.next().await;
    }
    tokio::select! {
        () = stub.close() => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// The stub, and the certificate to trust where it is one of ours.
async fn start(sources: &[Source], arguments: &Arguments) -> anyhow::Result<(StubServer, Option<PathBuf>)> {
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
        .bodies(if arguments.dynamic { Bodies::Generated } else { Bodies::Examples });
    builder = arguments.strictness.apply(builder, sources)?;
    for script in source::scripts(&arguments.script, sources)? {
        builder = builder.script(script);
    }
    let (builder, trusted) = arguments.listening.apply(builder)?;
    let stub = builder.start().await.context(arguments.listening.advice())?;
    Ok((stub, trusted))
}

/// Logs to standard error what `COUNTERFOIL_LOG` asks for.
fn log_requests(output: &Output) {
    let filter = std::env::var("COUNTERFOIL_LOG").unwrap_or_else(|_| DEFAULT_LOG.to_owned());
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Where standard error cannot be written, to say so there would panic.
        .log_internal_errors(false)
        .with_ansi(output.has_coloured_stderr())
        .with_target(false)
        .init();
}
