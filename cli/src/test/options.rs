//! The flags of `counterfoil test`, and the one function that turns them into settings.

use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use counterfoil_conformance::report::shell_word;
use counterfoil_conformance::{Mode, Options, Phase, Settings};
use counterfoil_openapi::Contract;

use super::header::{self, Headers, Query};
use super::journal::JournalOptions;
use super::known::KnownOptions;
use super::policy_options::PolicyOptions;
use super::record_options::RecordOptions;
use super::self_check::SelfCheckOptions;
use crate::exit::EXIT_CODES;
use crate::references::References;
use crate::reports::{Report, SnapshotOptions};

const EXAMPLES: &str = "\
Examples:
  counterfoil test pets.yaml --url http://localhost:8080
  counterfoil test tyk --url https://dashboard.example.com --header \"Admin-Auth: $ADMIN_SECRET\"
  counterfoil test pets.yaml --url http://localhost:8080 --query \"api_key=$API_KEY\"
  counterfoil test pets.yaml --url http://localhost:8080 --report junit=junit.xml,snapshot=snapshots
  counterfoil test pets.yaml --url http://localhost:8080 --baseline known.yaml --cases cases
  counterfoil test pets.yaml --url http://localhost:8080 --replay-journal calls.ndjson
  counterfoil test pets.yaml --url http://localhost:8080 --set path.petId=7 --set 'query.limit@listPets=10'
  counterfoil test pets.yaml --phases fuzzing --max-cases 1000 --seed random
  counterfoil test pets.yaml --url http://localhost:8080 --record run.ndjson.zst
  counterfoil test pets.yaml --url http://localhost:8080 --shard 1/3 --record shard1.ndjson.zst
  counterfoil test                              both bundled documents, each against a stub of it
  counterfoil test pets.yaml --self-check       whether these checks find what is broken on purpose
";

/// Test an implementation against its document; without --url, a stub of the document, as a trial.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub(crate) struct Arguments {
    /// An OpenAPI document (YAML or JSON), a URL, `-` for standard input, or the name of a bundled one.
    pub(crate) document: Option<String>,

    /// The base URL of the implementation.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// A header to send with every request; its value is hidden in all reports. `@FILE` names a file of them, a line each,
    /// in which `${NAME}` stands for a variable of the environment. Can be given several times.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE|@FILE")]
    pub(crate) headers: Vec<Headers>,

    /// A parameter to send in the query of every request, in the place of those of the same name; its value is hidden in
    /// all reports, and escaped as a URL needs it. `@FILE` as for --header. Can be given several times.
    #[arg(long, value_name = "NAME=VALUE|@FILE")]
    pub(crate) query: Vec<Query>,

    /// A header that a second identity sends in the place of the one of the same name: what the first identity made is
    /// then read by the second. Its value is hidden in all reports. Can be given several times.
    #[arg(long = "other-header", value_name = "NAME: VALUE|@FILE")]
    pub(crate) other_headers: Vec<Headers>,

    /// The seed of every random choice, or `random`. Without it, 0.
    #[arg(long, value_name = "N")]
    seed: Option<Seed>,

    /// The most fuzzing cases an operation.
    #[arg(long, value_name = "N")]
    max_cases: Option<u64>,

    /// How many requests may be under way at once.
    #[arg(long, value_name = "N")]
    workers: Option<usize>,

    /// The phases to run.
    #[arg(long, value_name = "PHASE", value_delimiter = ',')]
    phases: Vec<PhaseName>,

    /// The kinds of data to send.
    #[arg(long, value_name = "MODE", value_delimiter = ',')]
    modes: Vec<ModeName>,

    /// The checks to run; `-NAME` takes one from the default selection, `+NAME` adds one. See `counterfoil explain`.
    #[arg(long, value_name = "CHECK", value_delimiter = ',', allow_hyphen_values = true)]
    checks: Vec<String>,

    /// Test only these operations: an operationId, `METHOD /path`, a path, a method in capitals, a tag, or `deprecated`.
    #[arg(long, value_name = "OPERATION")]
    include: Vec<String>,

    /// Leave out these operations.
    #[arg(long, value_name = "OPERATION")]
    exclude: Vec<String>,

    /// Seconds within which a complete response must be there.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<f64>,

    /// Milliseconds after which the check `max_response_time` fails.
    #[arg(long, value_name = "MILLISECONDS")]
    max_response_time: Option<f64>,

    /// Seconds the run may take, shared out fairly among operations and phases. Without --max-cases, up to 2000 fuzzing
    /// cases an operation are sent then.
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<f64>,

    /// End the run after this many distinct failures; those of a baseline do not count.
    #[arg(long, value_name = "N")]
    max_failures: Option<u64>,

    /// Report failures as they were found, without looking for a smaller case.
    #[arg(long)]
    no_shrink: bool,

    /// A script for the stub that is tested without --url.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub(crate) script: Vec<String>,

    /// Reports to write: junit, json, ndjson, markdown, html, sarif, har and ctrf, each as KIND=FILE;
    /// snapshot=FOLDER; github, which goes to standard output. `counterfoil report` makes each of a record as well.
    #[arg(long = "report", value_name = "KIND=PATH", value_delimiter = ',')]
    pub(crate) reports: Vec<Report>,

    #[command(flatten)]
    pub(crate) snapshots: SnapshotOptions,

    /// Hide in all reports what differs between two equal runs: times, the target's address, dates.
    #[arg(long)]
    pub(crate) mask_times: bool,

    #[command(flatten)]
    pub(crate) known: KnownOptions,

    #[command(flatten)]
    pub(crate) journal: JournalOptions,

    #[command(flatten)]
    pub(crate) recording: RecordOptions,

    #[command(flatten)]
    policy: PolicyOptions,

    #[command(flatten)]
    pub(crate) references: References,

    #[command(flatten)]
    pub(crate) self_check: SelfCheckOptions,
}

/// A seed, or the wish for one that nobody knows beforehand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(u64);

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "random" {
            // Short enough to be typed again.
            return Ok(Self(RandomState::new().hash_one(()) >> 32));
        }
        text.parse().map(Self).map_err(|_| "give a whole number, or `random`".to_owned())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PhaseName {
    Probing,
    Examples,
    Coverage,
    Fuzzing,
    Stateful,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeName {
    Positive,
    Negative,
}

impl Arguments {
    /// The settings that the flags mean.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        let phases: Vec<Phase> = self.phases.iter().map(|phase| phase.phase()).collect();
        let modes: Vec<Mode> = self.modes.iter().map(|mode| mode.mode()).collect();
        let options = Options {
            seed: self.seed.map(|Seed(seed)| seed),
            max_cases: self.max_cases,
            workers: self.workers,
            phases: (!phases.is_empty()).then_some(phases),
            modes: (!modes.is_empty()).then_some(modes),
            checks: some(&self.checks),
            timeout: self.timeout,
            max_response_time: self.max_response_time,
            max_time: self.max_time,
            max_failures: self.max_failures,
            include: some(&self.include),
            exclude: some(&self.exclude),
            shrink: self.no_shrink.then_some(false),
            ..Options::default()
        };
        let settings = self.policy.complete(options)?.resolve();
        let settings = settings.map_err(|error| anyhow!("use the settings: {error}"))?;
        Ok(Settings { shard: self.recording.shard()?, ..settings })
    }

    /// The command that repeats this run for one document, without its seed. Values of headers and of parameters
    /// given for the query are read from the environment, as the curl lines read them.
    pub(crate) fn rerun_command(&self, document: &str, contract: &Contract) -> String {
        let mut words = vec!["counterfoil test".to_owned(), shell_word(document).into_owned()];
        let mut flag = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                words.push(format!("--{name} {}", shell_word(&value)));
            }
        };
        flag("url", self.url.clone());
        flag(
            "allow-ref-root",
            self.references.allow_ref_root.as_ref().map(|root| root.display().to_string()),
        );
        let hosts: Vec<String> = self.references.allow_remote_refs.iter().map(ToString::to_string).collect();
        flag("allow-remote-refs", (!hosts.is_empty()).then(|| hosts.join(",")));
        flag("max-cases", self.max_cases.map(|number| number.to_string()));
        flag("phases", joined(&self.phases));
        flag("modes", joined(&self.modes));
        flag("checks", (!self.checks.is_empty()).then(|| self.checks.join(",")));
        flag("timeout", self.timeout.map(|number| number.to_string()));
        flag("max-response-time", self.max_response_time.map(|number| number.to_string()));
        flag("max-time", self.max_time.map(|number| number.to_string()));
        flag("max-failures", self.max_failures.map(|number| number.to_string()));
        for name in &self.include {
            flag("include", Some(name.clone()));
        }
        for name in &self.exclude {
            flag("exclude", Some(name.clone()));
        }
        words.extend(self.policy.words(contract));
        let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", shell_word(value)));
        for script in &self.script {
            flag("script", script);
        }
        for header in header::all(&self.headers) {
            let variable = counterfoil_conformance::header_variable(&header.name);
            words.push(format!("--header \"{}: ${variable}\"", header.name));
        }
        for parameter in header::all(&self.query) {
            let variable = counterfoil_conformance::query_variable(&parameter.name);
            words.push(format!("--query {}\"${variable}\"", shell_word(&format!("{}=", parameter.name))));
        }
        for header in header::all(&self.other_headers) {
            let variable = counterfoil_conformance::header_variable(&header.name);
            words.push(format!("--other-header \"{}: $OTHER_{variable}\"", header.name));
        }
        words.join(" ")
    }
}

impl PhaseName {
    fn phase(self) -> Phase {
        match self {
            Self::Probing => Phase::Probing,
            Self::Examples => Phase::Examples,
            Self::Coverage => Phase::Coverage,
            Self::Fuzzing => Phase::Fuzzing,
            Self::Stateful => Phase::Stateful,
        }
    }
}

impl ModeName {
    fn mode(self) -> Mode {
        match self {
            Self::Positive => Mode::Positive,
            Self::Negative => Mode::Negative,
        }
    }
}

/// Values as a user writes them, with commas; none where there are none.
fn joined<V: ValueEnum>(values: &[V]) -> Option<String> {
    let names = values.iter().filter_map(V::to_possible_value);
    let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
    (!names.is_empty()).then(|| names.join(","))
}
