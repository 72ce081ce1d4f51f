//! `--mutate`: a stub that breaks its contract on purpose.

use std::io::Write;
use std::str::FromStr;

use anyhow::Context as _;
use clap::Args;
use counterfoil_openapi::Contract;
use counterfoil_server::{Mutant, MutantError, StubBuilder, Subject, mutations};

use crate::output::{BAD, Output, TITLE};
use crate::source::Source;

/// Contracts that are broken on purpose.
#[derive(Debug, Args)]
#[command(next_help_heading = "Mutants")]
pub(crate) struct Mutating {
    /// Break the contract on purpose in a named way: everywhere, or on one operation (an operationId, or `METHOD
    /// /path`). `list` prints the kinds, and the check that finds each. Can be given several times. Every reply that is
    /// broken says so in the header `counterfoil-reason`, and in the journal.
    #[arg(long = "mutate", value_name = "KIND[@OPERATION]")]
    mutants: Vec<Wanted>,
}

/// A mutant, or the wish to see all kinds.
#[derive(Debug, Clone)]
enum Wanted {
    List,
    One(Mutant),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "list" {
            return Ok(Self::List);
        }
        text.parse()
            .map(Self::One)
            .map_err(|error: MutantError| format!("{error}; `--mutate list` prints all there are"))
    }
}

impl Mutating {
    /// Whether only the kinds are to be printed.
    pub(crate) fn wants_list(&self) -> bool {
        self.mutants.iter().any(|wanted| matches!(wanted, Wanted::List))
    }

    fn mutants(&self) -> impl Iterator<Item = &Mutant> {
        self.mutants.iter().filter_map(|wanted| match wanted {
            Wanted::List => None,
            Wanted::One(mutant) => Some(mutant),
        })
    }

    /// A stub that breaks what was asked for.
    pub(crate) fn apply(&self, builder: StubBuilder) -> StubBuilder {
        self.mutants().cloned().fold(builder, StubBuilder::mutate)
    }

    /// Says loudly what is broken, and where nothing can be.
    pub(crate) fn announce(&self, sources: &[Source], out: &mut impl Write) -> anyhow::Result<()> {
        for mutant in self.mutants() {
            let about = mutant.mutation().about();
            writeln!(
                out,
                "{BAD}MUTANT       {mutant}: {about}; found by {}{BAD:#}",
                mutant.mutation().check()
            )?;
            if !sources.iter().any(|source| applies(mutant, &source.contract)) {
                writeln!(out, "             the document says nothing there that it could break")?;
            }
        }
        Ok(())
    }
}

/// Whether a mutant can show on any operation of a contract.
fn applies(mutant: &Mutant, contract: &Contract) -> bool {
    match mutant.operation() {
        Some(name) => {
            let operation = contract.operation(name);
            operation
                .is_some_and(|operation| mutant.mutation().applies_to(&Subject::new(operation, contract)))
        }
        None => {
            let mut operations = contract.operations().iter();
            operations.any(|operation| mutant.mutation().applies_to(&Subject::new(operation, contract)))
        }
    }
}

/// Prints every kind with the check that finds it.
pub(crate) fn list(output: &Output) -> anyhow::Result<()> {
    let mut out = output.stdout();
    let width = mutations().map(|mutation| mutation.name().len()).max().unwrap_or_default();
    let checks = mutations().map(|mutation| mutation.check().len()).max().unwrap_or_default();
    for mutation in mutations() {
        let (name, check, about) = (mutation.name(), mutation.check(), mutation.about());
        writeln!(out, "{TITLE}{name:width$}{TITLE:#}  {check:checks$}  {about}")
            .context("print the kinds")?;
    }
    Ok(())
}
