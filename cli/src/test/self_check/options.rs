//! The flags of `--self-check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use counterfoil_conformance::{Credentials, Settings, ShrinkBudget};
use counterfoil_server::Mutation;

/// Mutants tried unless told otherwise.
const MUTANTS: usize = 200;
/// Fuzzing cases an operation of one mutant, unless told otherwise: what is broken everywhere shows soon.
const CASES: u64 = 100;

/// Whether the suite has teeth.
#[derive(Debug, Args)]
#[command(next_help_heading = "Self-check")]
pub(crate) struct SelfCheckOptions {
    /// Test no implementation but the suite itself: a faithful stub of the document must pass, and every mutant of it (see
    /// `counterfoil mock --mutate list`) must be found by the check named for it. Prints the mutation score.
    #[arg(long, conflicts_with_all = ["url", "reports", "record", "shard"])]
    self_check: bool,

    /// The most mutants of one document; a sample of all is drawn by the seed.
    #[arg(long, value_name = "N", requires = "self_check", default_value_t = MUTANTS)]
    max_mutants: usize,

    /// Try only these kinds of mutants.
    #[arg(long, value_name = "KIND", value_delimiter = ',', requires = "self_check", value_parser = kind)]
    mutations: Vec<&'static Mutation>,

    /// A file to write the scores to, as JSON.
    #[arg(long, value_name = "FILE", requires = "self_check")]
    score: Option<PathBuf>,
}

/// A self-check that was asked for.
#[derive(Debug)]
pub(in crate::test) struct Wanted {
    pub(super) max_mutants: usize,
    pub(super) mutations: Vec<&'static Mutation>,
    pub(super) json: Option<PathBuf>,
}

impl SelfCheckOptions {
    /// What was asked for; nothing without `--self-check`.
    pub(in crate::test) fn wanted(&self) -> Option<Wanted> {
        self.self_check.then(|| Wanted {
            max_mutants: self.max_mutants,
            mutations: match self.mutations.is_empty() {
                true => counterfoil_server::mutations().collect(),
                false => self.mutations.clone(),
            },
            json: self.score.clone(),
        })
    }
}

impl Wanted {
    /// The settings of the run of one mutant: those given, but that nothing is shrunk. A time is the whole self-check's.
    pub(super) fn settings(&self, given: &Settings) -> Settings {
        let is_usual = given.max_cases == Settings::default().max_cases || given.max_time.is_some();
        Settings {
            max_cases: if is_usual { CASES } else { given.max_cases },
            credentials: Credentials::Invent,
            shrink: ShrinkBudget::NONE,
            max_failures: None,
            workers: 1,
            shard: None,
            ..given.clone()
        }
    }
}

/// The time after which no mutant is begun.
pub(super) fn whole_time(settings: &Settings) -> Option<Duration> {
    settings.max_time
}

fn kind(name: &str) -> Result<&'static Mutation, String> {
    Mutation::named(name).ok_or_else(|| {
        format!("no mutation is called `{name}`; `counterfoil mock --mutate list` prints all there are")
    })
}
