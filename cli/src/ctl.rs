//! `counterfoil ctl`: steers a running stub from the shell, over its control API.

mod calls;
mod explain;
mod follow;
mod kept;
mod record;
mod refusal;
mod resources;
mod rules;
mod script;
mod show;
mod verify;

use std::fmt;
use std::io::Write;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use counterfoil_client::control::{Client, Security, Settings, types};
use counterfoil_openapi::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::refusal::Refusal;
use crate::exit::Exit;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  counterfoil ctl reply getPet 404                    the documented 404, from now on
  counterfoil ctl reply getPet '[401, 200]'           401 once, then 200
  counterfoil ctl unreply getPet
  counterfoil ctl rules add getPet '{when: {path.petId: 13}, respond: 404}'
  counterfoil ctl script load pets.script.yaml --dry-run
  counterfoil ctl resources pets 7                    the item with the key 7
  counterfoil ctl record start getPet --target http://localhost:8080
  counterfoil ctl record stop > recorded.yaml         a script that answers as that server did
  counterfoil ctl calls --op getPet --follow
  counterfoil ctl explain 7                           why call 7 was answered as it was
  counterfoil ctl verify createPet --count 1 --where '{body.name: Rex}' --within 2s
  counterfoil ctl verify                              what the script expects
  counterfoil ctl reset calls state

Exit codes:
  0  done; what was verified is so
  1  what was verified is not so
  2  it could not be done, or not be told
  3  the control API could not be reached
  4  the script expects nothing";

/// Steer a running stub: what it answers, what it received, what it keeps.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// The control API of the stub.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "COUNTERFOIL_CONTROL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:4011"
    )]
    control: String,

    /// The token of the control API, where the stub was started with one.
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "COUNTERFOIL_CONTROL_TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,

    /// The session that is meant, made on first use; without it that of requests which name none.
    #[arg(long, global = true, value_name = "NAME")]
    session: Option<String>,

    /// How results are written.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token.
        f.debug_struct("Arguments").field("command", &self.command).field("control", &self.control).finish()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    /// As the control API answers.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set what an operation answers, before every rule of the script.
    Reply {
        /// An operationId, or `METHOD /path/{template}`.
        #[arg(value_name = "OP")]
        operation: String,
        /// A status, the name of an example, a list of those, or a reply as a script writes it (JSON or YAML).
        reply: String,
    },
    /// Remove what was set for an operation.
    Unreply {
        /// An operationId, or `METHOD /path/{template}`.
        #[arg(value_name = "OP")]
        operation: String,
    },
    Calls(calls::Arguments),
    /// Show one call whole: request, response, and what was decided why.
    Call {
        /// Its number, as the header `counterfoil-call` tells it.
        id: u64,
    },
    /// Explain one call: what each rule made of it, and why the one that answered did.
    Explain {
        /// Its number, as the header `counterfoil-call` tells it.
        id: u64,
    },
    Verify(verify::Arguments),
    /// Put the stub back to how it started; the script stays.
    Reset {
        /// What to reset: rules, sequences, calls, state …; all of it where none is named.
        #[arg(value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    Rules(rules::Arguments),
    Script(script::Arguments),
    Resources(resources::Arguments),
    /// Record what another server answers, as a script.
    #[command(subcommand)]
    Record(record::Command),
    /// Make, list and drop sessions.
    #[command(subcommand)]
    Session(kept::SessionCommand),
    /// Show and set the values that scripts keep.
    #[command(subcommand)]
    State(kept::StateCommand),
    /// Show and set the states of scenarios.
    #[command(subcommand)]
    Scenario(kept::ScenarioCommand),
    /// Show and set the clock that scripts go by.
    #[command(subcommand)]
    Clock(kept::ClockCommand),
    /// List the operations served, with their statuses and examples.
    Operations,
    /// Tell whether the stub is up, and what it serves.
    Health,
}

/// A stub that is steered, and how what it says is written.
struct Steering<'a> {
    client: Client,
    arguments: &'a Arguments,
    output: &'a Output,
}

type Steered = Result<Exit, Refusal>;

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match steer(arguments, output).await {
            Ok(exit) => Ok(exit),
            Err(refusal) => refusal.tell(arguments, output),
        }
    })
}

async fn steer(arguments: &Arguments, output: &Output) -> Steered {
    let security = match &arguments.token {
        Some(token) => Security::default().token(token),
        None => Security::default(),
    };
    // Longer than a verification waits; a stream has no end.
    let timeout = calls::patience(&arguments.command);
    let settings = Settings { timeout, retries: 0, security, ..Settings::default() };
    let url = arguments.control.trim_end_matches('/');
    let client = Client::with_settings(url, settings).map_err(|error| Refusal::Other(error.into()))?;
    let steering = Steering { client, arguments, output };
    let session = arguments.session.as_deref();
    match &arguments.command {
        Command::Reply { operation, reply } => steering.reply(operation, reply).await,
        Command::Unreply { operation } => {
            steering.client.clear_reply(operation, session).await?;
            steering.done(&format!("{operation} answers as the script and the document say"))
        }
        Command::Calls(arguments) => calls::list(&steering, arguments).await,
        Command::Call { id } => calls::show(&steering, *id).await,
        Command::Explain { id } => explain::explain(&steering, *id).await,
        Command::Verify(arguments) => verify::verify(&steering, arguments).await,
        Command::Reset { scopes } => {
            let order: Option<types::Reset> = match scopes.as_slice() {
                [] => None,
                scopes => Some(request(json!({ "scopes": scopes }))?),
            };
            steering.client.reset(session, order.as_ref()).await?;
            let what = if scopes.is_empty() { "everything".to_owned() } else { scopes.join(", ") };
            steering.done(&format!("begun anew: {what}"))
        }
        Command::Rules(arguments) => rules::rules(&steering, arguments).await,
        Command::Script(arguments) => script::script(&steering, arguments).await,
        Command::Resources(arguments) => resources::resources(&steering, arguments).await,
        Command::Record(command) => record::record(&steering, command).await,
        Command::Session(command) => kept::session(&steering, command).await,
        Command::State(command) => kept::state(&steering, command).await,
        Command::Scenario(command) => kept::scenario(&steering, command).await,
        Command::Clock(command) => kept::clock(&steering, command).await,
        Command::Operations => {
            let operations = steering.client.list_operations(session).await?.into_inner();
            steering.write(&operations, |text| show::operations(text, &operations))
        }
        Command::Health => {
            let health = steering.client.health().await?.into_inner();
            steering.write(&health, |text| show::health(text, &health))
        }
    }
}

impl Steering<'_> {
    fn session(&self) -> Option<&str> {
        self.arguments.session.as_deref()
    }

    fn is_json(&self) -> bool {
        self.arguments.format == Format::Json
    }

    async fn reply(&self, operation: &str, reply: &str) -> Steered {
        let reply = types::Reply(value("the reply", reply)?);
        let set = self.client.set_reply(operation, self.session(), &reply).await?.into_inner();
        self.write(&set, |text| {
            text.push_str(&format!("{} answers by {}\n", show::plain(operation), show::plain(&set.rule)));
            for warning in &set.warnings {
                show::finding(text, warning);
            }
        })
    }

    /// Writes what was answered: as it is, or as text.
    fn write(&self, answer: &impl Serialize, text: impl FnOnce(&mut String)) -> Steered {
        let mut written = String::new();
        if self.is_json() {
            written = serde_json::to_string_pretty(answer).map_err(|error| Refusal::Other(error.into()))?;
            written.push('\n');
        } else {
            text(&mut written);
        }
        self.print(&written)?;
        Ok(Exit::Passed)
    }

    /// Says that something was done of which there is nothing to tell.
    fn done(&self, what: &str) -> Steered {
        if !self.is_json() {
            self.print(&format!("{}\n", show::plain(what)))?;
        }
        Ok(Exit::Passed)
    }

    fn print(&self, text: &str) -> Result<(), Refusal> {
        let mut out = self.output.stdout();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| Refusal::Other(error.into()))
    }
}

/// What is sent, by its members; those that this does not know of are left to the stub.
fn request<T: DeserializeOwned>(members: Value) -> Result<T, Refusal> {
    serde_json::from_value(members)
        .map_err(|error| Refusal::Other(anyhow::anyhow!("understand the arguments: {error}")))
}

/// A value as a script writes it, JSON or YAML.
fn value(what: &str, text: &str) -> Result<Value, Refusal> {
    match Document::read_tree(what, text.as_bytes()) {
        Ok((document, _)) => Ok(document.root().clone()),
        Err(error) => Err(Refusal::Other(anyhow::anyhow!("read {what} `{text}`: {}", error.message()))),
    }
}

/// How long an answer may take that waits for nothing.
const PATIENCE: Duration = Duration::from_secs(100);
