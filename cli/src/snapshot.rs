//! `counterfoil snapshot`: what changed in the answers, and whether that is as it should be.

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use counterfoil_conformance::report::{DriftClass, PendingSnapshot, one_line, visible};

use crate::exit::Exit;
use crate::output::{BAD, CAREFUL, Output, QUIET, TITLE};

const EXAMPLES: &str = "\
Examples:
  counterfoil test pets.yaml --url http://localhost:8080 --report snapshot=snapshots
  counterfoil snapshot review                   one after the other, where there is a terminal; else a list
  counterfoil snapshot review snapshots --fail-on risky < /dev/null
  counterfoil snapshot accept snapshots
  counterfoil snapshot reject snapshots --only pets__getPet.200.application-json

A snapshot is the shape of what one operation answered with one status and one media type. What changed is
  breaking  what a client relies on: a member that was always there is gone, a type or null is new
  risky     what a client may rely on: a member that was there sometimes, any number for an integer, another header
  additive  what a client does not notice: a new member, fewer types
and a snapshot has the class of the worst change in it. `cargo insta review` opens the same files in a Cargo package.

Exit codes:
  0  nothing of the class that `--fail-on` names, or of a worse one, is pending
  1  something of it is
  2  the folder could not be read or written";

/// Show what changed in the answers since their snapshots were accepted, and accept or reject it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Go through what is pending where there is a terminal, and list it elsewhere.
    Review(Selection),
    /// Take what is pending for accepted.
    Accept(Selection),
    /// Take away what is pending.
    Reject(Selection),
}

#[derive(Debug, Args)]
struct Selection {
    /// The folder of the snapshots.
    #[arg(value_name = "DIR", default_value = "snapshots")]
    folder: PathBuf,

    /// Only this one, by the name of its file without `.snap`. Can be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// The class of change, or a worse one, that makes a review end with 1 while it is pending.
    #[arg(long, value_name = "CLASS", default_value = "breaking")]
    fail_on: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Class {
    Breaking,
    Risky,
    Additive,
}

impl Class {
    fn class(self) -> DriftClass {
        match self {
            Self::Breaking => DriftClass::Breaking,
            Self::Risky => DriftClass::Risky,
            Self::Additive => DriftClass::Additive,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Review(selection) => {
            let pending = selection.pending()?;
            let is_asked = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
            let left = if is_asked { ask(&pending, output)? } else { list(&pending, output)? };
            let is_bad = left.iter().any(|snapshot| snapshot.class >= selection.fail_on.class());
            Ok(if is_bad { Exit::Failed } else { Exit::Passed })
        }
        Command::Accept(selection) => settle(&selection.pending()?, Decision::Accept, output),
        Command::Reject(selection) => settle(&selection.pending()?, Decision::Reject, output),
    }
}

impl Selection {
    fn pending(&self) -> anyhow::Result<Vec<PendingSnapshot>> {
        let folder: &Path = &self.folder;
        let mut pending = PendingSnapshot::all(folder)
            .with_context(|| format!("read the snapshots in `{}`", folder.display()))?;
        if let Some(unknown) =
            self.only.iter().find(|name| !pending.iter().any(|snapshot| snapshot.name == **name))
        {
            anyhow::bail!("find a pending snapshot `{unknown}` in `{}`", folder.display());
        }
        pending.retain(|snapshot| self.only.is_empty() || self.only.contains(&snapshot.name));
        Ok(pending)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Accept,
    Reject,
    Skip,
    Quit,
}

impl Decision {
    /// What a line that was typed means.
    fn of(line: &str) -> Option<Self> {
        match line.trim().to_ascii_lowercase().as_str() {
            "a" | "accept" => Some(Self::Accept),
            "r" | "reject" => Some(Self::Reject),
            "s" | "skip" => Some(Self::Skip),
            "q" | "quit" => Some(Self::Quit),
            _ => None,
        }
    }
}

fn settle(pending: &[PendingSnapshot], decision: Decision, output: &Output) -> anyhow::Result<Exit> {
    for snapshot in pending {
        carry_out(snapshot, decision)?;
    }
    let done = if decision == Decision::Accept { "accepted" } else { "rejected" };
    let mut text = String::new();
    for snapshot in pending {
        let _ = writeln!(text, "{done}: {} ({})", one_line(&snapshot.description), snapshot.class.as_str());
    }
    let _ = writeln!(text, "{} {done}", pending.len());
    output.stdout().write_all(text.as_bytes())?;
    Ok(Exit::Passed)
}

fn carry_out(snapshot: &PendingSnapshot, decision: Decision) -> anyhow::Result<()> {
    match decision {
        Decision::Accept => snapshot.accept().with_context(|| format!("accept `{}`", snapshot.name)),
        Decision::Reject => snapshot.reject().with_context(|| format!("reject `{}`", snapshot.name)),
        Decision::Skip | Decision::Quit => Ok(()),
    }
}

/// Shows all that is pending, and gives it back: nothing is decided.
fn list<'p>(pending: &'p [PendingSnapshot], output: &Output) -> anyhow::Result<Vec<&'p PendingSnapshot>> {
    let mut text: String = pending.iter().map(as_text).collect();
    text.push_str(&counts(pending));
    output.stdout().write_all(text.as_bytes())?;
    Ok(pending.iter().collect())
}

/// Asks of each what to do with it, and gives back what is still pending.
fn ask<'p>(pending: &'p [PendingSnapshot], output: &Output) -> anyhow::Result<Vec<&'p PendingSnapshot>> {
    let mut left: Vec<&PendingSnapshot> = Vec::new();
    let mut lines = std::io::stdin().lock().lines();
    let mut has_enough = false;
    for (number, snapshot) in pending.iter().enumerate() {
        if has_enough {
            left.push(snapshot);
            continue;
        }
        let text = format!(
            "{QUIET}{} of {}{QUIET:#}\n{}(a)ccept, (r)eject, (s)kip, (q)uit? ",
            number + 1,
            pending.len(),
            as_text(snapshot)
        );
        let mut out = output.stdout();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        let decision = loop {
            // Who closes the terminal has had enough.
            let Some(line) = lines.next().transpose()? else { break Decision::Quit };
            match Decision::of(&line) {
                Some(decision) => break decision,
                None => {
                    out.write_all(b"type a, r, s or q: ")?;
                    out.flush()?;
                }
            }
        };
        carry_out(snapshot, decision)?;
        has_enough = decision == Decision::Quit;
        if matches!(decision, Decision::Skip | Decision::Quit) {
            left.push(snapshot);
        }
    }
    output.stdout().write_all(format!("{} still pending\n", left.len()).as_bytes())?;
    Ok(left)
}

fn as_text(snapshot: &PendingSnapshot) -> String {
    let mut text = format!("{TITLE}{}{TITLE:#}\n", one_line(&snapshot.description));
    let _ = writeln!(text, "  {QUIET}{}.snap{QUIET:#}", one_line(&snapshot.name));
    let painted = |class: DriftClass| {
        let style = match class {
            DriftClass::Breaking => BAD,
            DriftClass::Risky => CAREFUL,
            _ => TITLE,
        };
        format!("{style}{:<9}{style:#}", class.as_str())
    };
    if !snapshot.has_accepted {
        let _ = writeln!(text, "  {} no answer like this was accepted before", painted(snapshot.class));
        for line in snapshot.contents.trim().lines() {
            let _ = writeln!(text, "    {}", visible(line));
        }
    } else if snapshot.drift.is_empty() {
        let _ = writeln!(text, "  {} nothing but the example", painted(snapshot.class));
    }
    for change in &snapshot.drift {
        let _ = writeln!(text, "  {} {change}", painted(change.class));
    }
    text
}

fn counts(pending: &[PendingSnapshot]) -> String {
    let count = |class| pending.iter().filter(|snapshot| snapshot.class == class).count();
    format!(
        "{} pending: {} breaking, {} risky, {} additive\n",
        pending.len(),
        count(DriftClass::Breaking),
        count(DriftClass::Risky),
        count(DriftClass::Additive)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_decision_or_asked_for_again() {
        for (typed, expected) in [
            ("a", Some(Decision::Accept)),
            (" Reject\n", Some(Decision::Reject)),
            ("S", Some(Decision::Skip)),
            ("quit", Some(Decision::Quit)),
            ("", None),
            ("yes", None),
        ] {
            assert_eq!(Decision::of(typed), expected, "{typed}");
        }
    }
}
