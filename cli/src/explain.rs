//! `counterfoil explain`: what a check is about.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use counterfoil_conformance::checks;

use crate::exit::Exit;
use crate::output::{Output, TITLE};

const EXAMPLES: &str = "\
Examples:
  counterfoil explain
  counterfoil explain negative_data_rejection";

/// Explain a check: what it checks, why it matters, an example, how to silence it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The name of a check; without it all are listed.
    check: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let mut text = String::new();
    match &arguments.check {
        None => list(&mut text),
        Some(name) => match checks().iter().find(|check| check.name() == name) {
            Some(check) => {
                let _ = writeln!(text, "{TITLE}{name}{TITLE:#}\n\n{}", check.explain().trim_end());
            }
            None => bail!(unknown(name)),
        },
    }
    output.stdout().write_all(text.as_bytes())?;
    Ok(Exit::Passed)
}

fn list(text: &mut String) {
    let width = checks().iter().map(|check| check.name().len()).max().unwrap_or_default();
    for check in checks() {
        let explanation = check.explain();
        let off = if check.is_on_by_default() { "" } else { " Off by default." };
        let first = first_sentence(&explanation);
        let _ = writeln!(text, "{TITLE}{:<width$}{TITLE:#}  {first}{off}", check.name());
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
    let nearest = checks()
        .iter()
        .map(|check| (strsim::jaro_winkler(name, check.name()), check.name()))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match nearest {
        Some((_, nearest)) => format!("find a check called `{name}`; did you mean `{nearest}`?"),
        None => format!("find a check called `{name}`; `counterfoil explain` lists them all"),
    }
}
