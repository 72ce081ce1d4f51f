//! `counterfoil explain`: what a check of the conformance suite, or a finding of `check`, is about.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use counterfoil_conformance::checks;
use counterfoil_openapi::rules;

use crate::exit::Exit;
use crate::output::{Output, TITLE};

const EXAMPLES: &str = "\
Examples:
  counterfoil explain
  counterfoil explain negative_data_rejection
  counterfoil explain example-invalid";

/// Explain a check of the conformance suite, or a finding of `check`: what it means, why it matters, what to do.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The name of a check or the code of a finding; without it all are listed.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let mut text = String::new();
    match &arguments.name {
        None => list(&mut text),
        Some(name) => match explanation(name) {
            Some(explanation) => {
                let _ = writeln!(text, "{TITLE}{name}{TITLE:#}\n\n{}", explanation.trim_end());
            }
            None => bail!(unknown(name)),
        },
    }
    output.stdout().write_all(text.as_bytes())?;
    Ok(Exit::Passed)
}

/// What a name means, of a check or of a finding.
fn explanation(name: &str) -> Option<String> {
    let check = checks().iter().find(|check| check.name() == name).map(|check| {
        let name = check.name();
        let statuses = match check.expects_statuses() {
            true => format!(" The statuses it expects: `--expected-statuses {name}=404,5XX`."),
            false => String::new(),
        };
        format!(
            "{}\nWarn only: `--severity {name}=warning`; in one phase or for one operation `--severity {name}=off@fuzzing`, `...@/pets`.{statuses}",
            check.explain()
        )
    });
    check.or_else(|| {
        let rule = rules().iter().find(|rule| rule.code() == name)?;
        Some(format!("{}\nSeverity: {}, or less.", rule.explain(), rule.severity()))
    })
}

fn list(text: &mut String) {
    let names = checks().iter().map(|check| check.name()).chain(rules().iter().map(|rule| rule.code()));
    let width = names.map(str::len).max().unwrap_or_default();
    for check in checks() {
        let explanation = check.explain();
        let off = if check.is_on_by_default() { "" } else { " Off by default." };
        let first = first_sentence(&explanation);
        let _ = writeln!(text, "{TITLE}{:<width$}{TITLE:#}  {first}{off}", check.name());
    }
    for rule in rules() {
        let first = first_sentence(&rule.explain());
        let _ = writeln!(text, "{TITLE}{:<width$}{TITLE:#}  {first}", rule.code());
    }
}

/// The first sentence, on one line.
fn first_sentence(text: &str) -> String {
    let paragraph: Vec<&str> =
        text.trim_start().lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    match paragraph.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => paragraph,
    }
}

fn unknown(name: &str) -> String {
    let names = checks().iter().map(|check| check.name()).chain(rules().iter().map(|rule| rule.code()));
    let nearest = names
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match nearest {
        Some((_, nearest)) => format!("find a check called `{name}`; did you mean `{nearest}`?"),
        None => format!("find a check called `{name}`; `counterfoil explain` lists them all"),
    }
}
