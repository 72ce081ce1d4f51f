//! What `mock` prints when it listens: every operation with a curl line that works.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anstyle::AnsiColor;
use clap::ValueEnum;
use counterfoil_client::curl;
use counterfoil_conformance::invent_credentials;
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::codec::{self, RequestValues};
use counterfoil_openapi::generate::{self, Seed, Variety};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Operation, Request, Route, Router};
use counterfoil_server::StubServer;

use super::{Arguments, credential};
use crate::output::{Output, QUIET, TITLE};
use crate::source::Source;

/// Requests generated for one operation before it is left without a curl line.
const DRAWS: u64 = 5;

/// Operations shown of all documents together, where there are more.
const SHOWN: usize = 40;
/// Operations shown of each document at least.
const SHOWN_OF_ONE: usize = 5;
/// Statuses, and names of examples, shown of one operation.
const SHOWN_NAMES: usize = 6;
/// The widest column, in characters; what is longer sticks out.
const MAX_WIDTH: usize = 44;

/// How much is printed at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListChoice {
    Some,
    All,
    None,
}

/// Prints where the stub is and how its operations are called.
///
/// It gives way to the runtime between operations, since there may be many.
pub(super) async fn announce(
    sources: &[Source],
    stub: &StubServer,
    trusted: Option<&Path>,
    arguments: &Arguments,
    output: &Output,
) -> anyhow::Result<()> {
    let choice = arguments.list;
    let mut out = output.stdout();
    writeln!(out, "stub         {TITLE}{}{TITLE:#}", stub.url())?;
    if let Some(url) = stub.control_url() {
        writeln!(out, "control API  {url}")?;
    }
    arguments.mutating.announce(sources, &mut out)?;
    let options = curl_options(stub, trusted);
    if let Some(path) = stub.unix_socket() {
        writeln!(out, "socket       {}", one_line(&path.display().to_string()))?;
    }
    if trusted.is_some() {
        let words: Vec<_> = options.iter().map(|option| curl::word(option)).collect();
        writeln!(out, "trust it     curl {} {}/", words.join(" "), stub.url())?;
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    if arguments.strictness.has_credentials() {
        writeln!(
            out,
            "credentials  the curl lines take them from variables, named as the security schemes are"
        )?;
    }
    let router =
        Router::new(sources.iter().flat_map(|source| source.contract.operations()), BasePaths::Optional);
    let total: usize = sources.iter().map(|source| source.contract.operations().len()).sum();
    let limit = match choice {
        ListChoice::Some if total > SHOWN => (SHOWN / sources.len().max(1)).max(SHOWN_OF_ONE),
        ListChoice::Some | ListChoice::All => usize::MAX,
        ListChoice::None => 0,
    };
    for source in sources {
        let operations = source.contract.operations();
        let (title, name) = (one_line(source.contract.title()), one_line(source.contract.document().name()));
        let count = match operations.len() {
            1 => "1 operation".to_owned(),
            count => format!("{count} operations"),
        };
        writeln!(out, "\n{TITLE}{title}{TITLE:#} ({name}), {count}")?;
        let shown = &operations[..operations.len().min(limit)];
        let rows: Vec<Row> = shown.iter().map(|operation| Row::of(operation)).collect();
        let widths = Widths::of(&rows);
        for (operation, row) in shown.iter().zip(&rows) {
            row.write(&widths, &mut out)?;
            match request(operation, &router, arguments.seed) {
                Some(request) => {
                    let base_url = format!("{}{}", stub.url(), operation.default_base_path());
                    let command = |request| curl::command_with(&options, &base_url, request, &[]);
                    match arguments.strictness.has_credentials() {
                        false => writeln!(out, "    {}", command(&request.whole))?,
                        true => {
                            let line = command(&request.bare);
                            writeln!(out, "    {line}{}", credential::options(operation))?;
                        }
                    }
                }
                None => writeln!(out, "    {QUIET}(found no request that its document admits){QUIET:#}")?,
            }
            tokio::task::yield_now().await;
        }
        if shown.len() < operations.len() && choice == ListChoice::Some {
            writeln!(out, "\n  {QUIET}... and {} more{QUIET:#}", operations.len() - shown.len())?;
        }
    }
    if limit < total && choice == ListChoice::Some {
        let control = stub.control_url().map(|url| format!(", and so does {url}/operations"));
        let control = control.unwrap_or_default();
        writeln!(out, "\n`--list all` shows all {total} operations{control}.")?;
    }
    writeln!(out, "\n{QUIET}Ctrl-C stops it.{QUIET:#}")?;
    out.flush()?;
    Ok(())
}

/// What curl needs to be told to reach the stub.
fn curl_options(stub: &StubServer, trusted: Option<&Path>) -> Vec<String> {
    let named = [("--cacert", trusted), ("--unix-socket", stub.unix_socket())];
    let given = named.into_iter().filter_map(|(name, path)| Some((name, path?)));
    given.flat_map(|(name, path)| [name.to_owned(), path.display().to_string()]).collect()
}

/// One operation, as it is shown.
#[derive(Debug)]
struct Row {
    method: String,
    path: String,
    statuses: String,
    id: String,
    examples: String,
}

/// The widths of the columns, in characters.
#[derive(Debug)]
struct Widths {
    method: usize,
    path: usize,
    statuses: usize,
}

impl Row {
    fn of(operation: &Operation) -> Self {
        let responses = operation.responses();
        let content = responses.iter().flat_map(|response| response.content.iter());
        let mut names: Vec<String> = content
            .flat_map(|media| &media.examples)
            .filter_map(|example| example.name.as_deref().map(one_line))
            .collect();
        let mut known = HashSet::new();
        names.retain(|name| known.insert(name.clone()));
        Self {
            method: one_line(operation.method().as_str()),
            path: one_line(operation.path().as_str()),
            statuses: some(responses.iter().map(|response| response.status.to_string()).collect(), " "),
            id: one_line(operation.id().as_str()),
            examples: some(names, ", "),
        }
    }

    fn write(&self, widths: &Widths, out: &mut impl Write) -> std::io::Result<()> {
        let style = match self.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY" => AnsiColor::Green,
            "DELETE" => AnsiColor::Red,
            _ => AnsiColor::Yellow,
        };
        let style = style.on_default().bold();
        let Self { method, path, statuses, id, examples } = self;
        let Widths { method: first, path: second, statuses: third } = *widths;
        write!(out, "\n  {style}{method:first$}{style:#}  {TITLE}{path:second$}{TITLE:#}  ")?;
        write!(out, "{statuses:third$}  {QUIET}{id}{QUIET:#}")?;
        if !examples.is_empty() {
            write!(out, "  examples: {examples}")?;
        }
        writeln!(out)
    }
}

impl Widths {
    fn of(rows: &[Row]) -> Self {
        let widest = |cell: fn(&Row) -> &str| {
            rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or_default().min(MAX_WIDTH)
        };
        Self {
            method: widest(|row| &row.method),
            path: widest(|row| &row.path),
            statuses: widest(|row| &row.statuses),
        }
    }
}

/// The first few of some names, and how many there are besides.
fn some(names: Vec<String>, separator: &str) -> String {
    let shown = &names[..names.len().min(SHOWN_NAMES)];
    match names.len() - shown.len() {
        0 => shown.join(separator),
        others => format!("{}{separator}+{others}", shown.join(separator)),
    }
}

/// A request without the credentials that its operation asks for, and with made-up ones.
struct Announced {
    bare: Request,
    whole: Request,
}

/// A request that the document admits: one of its own examples, else a generated one.
fn request(operation: &Arc<Operation>, router: &Router, seed: u64) -> Option<Announced> {
    let examples = generate::example_requests(operation).into_iter().map(|named| named.values);
    examples.chain(generated(operation, seed)).find_map(|values| {
        let bare = codec::encode_request(operation, &values).ok()?;
        let mut whole = bare.clone();
        invent_credentials(operation, &mut whole);
        is_valid(router, operation, &whole).then_some(Announced { bare, whole })
    })
}

fn is_valid(router: &Router, operation: &Operation, request: &Request) -> bool {
    let target = format!("{}{}", operation.default_base_path(), request.target);
    let request = Request { target, ..request.clone() };
    match router.find_request(&request) {
        Route::Found(found) => {
            validate::request(&found, &request, &RequestRules::default()).violations.is_empty()
        }
        _ => false,
    }
}

/// Generated requests: readable ones, then smaller ones, since those are easier to make.
fn generated(operation: &Arc<Operation>, seed: u64) -> impl Iterator<Item = RequestValues> {
    [Variety::Plain, Variety::Minimal].into_iter().flat_map(move |variety| {
        let strategy = generate::positive_request_in(operation, variety).ok();
        strategy.into_iter().flat_map(move |strategy| {
            (0..DRAWS).filter_map(move |draw| {
                let seed = Seed::derive(seed, &["mock", operation.id().as_str()], draw);
                generate::sample(&strategy, &seed)
            })
        })
    })
}
