//! The flags of `counterfoil test` that say what is kept of a run, and which part of it is run.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use clap::Args;
use counterfoil_conformance::Shard;

/// What is kept of a run, and which part of it is run.
#[derive(Debug, Args)]
pub(crate) struct RecordOptions {
    /// Keep every event of the run in this file, from which `counterfoil report` makes any report later. Until the run
    /// is over the file is called FILE.partial.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// Run one of several parts: `2/3` is the second of three, which `counterfoil merge` makes one run of. Operations
    /// that learn from each other are in one part. `auto` asks the CI server: the variables of GitLab, CircleCI,
    /// Buildkite, Azure Pipelines, Bitbucket and Semaphore, or COUNTERFOIL_SHARD, which a matrix of GitHub can set to
    /// `${{ matrix.shard }}/3`.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<ShardChoice>,
}

/// A part of a run, or the wish to be told by the CI server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShardChoice {
    One(Shard),
    Auto,
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { part(text).map(Self::One) }
    }
}

/// A part as `2/3`.
fn part(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(index, count)| {
        Some(Shard { index: index.trim().parse().ok()?, count: count.trim().parse().ok()? })
    });
    let is_part = |shard: &Shard| (1..=shard.count).contains(&shard.index) && shard.count <= MAX_SHARDS;
    numbers
        .filter(is_part)
        .ok_or(format!("write I/N, for example 2/3, with N at most {MAX_SHARDS}, or `auto`"))
}

/// The most parts of a run.
const MAX_SHARDS: usize = 10_000;

/// Where CI servers say which of several equal jobs this is: the variable of the index, that of the count, and the
/// first index.
const SERVERS: [(&str, &str, usize); 6] = [
    ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
    ("SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1),
    ("BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", 0),
    ("SEMAPHORE_JOB_INDEX", "SEMAPHORE_JOB_COUNT", 1),
];

impl RecordOptions {
    /// The part of the run that is asked for; nothing for the whole run.
    pub(crate) fn shard(&self) -> anyhow::Result<Option<Shard>> {
        match self.shard {
            None => Ok(None),
            Some(ShardChoice::One(shard)) => Ok(Some(shard)),
            Some(ShardChoice::Auto) => told(|name| std::env::var(name).ok()),
        }
    }
}

/// What the variables of a CI server say.
fn told(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<Shard>> {
    if let Some(text) = variable("COUNTERFOIL_SHARD") {
        return match part(&text) {
            Ok(shard) => Ok(Some(shard)),
            Err(_) => {
                bail!("use COUNTERFOIL_SHARD: `{text}` is no part of a run; write I/N, for example 2/3")
            }
        };
    }
    for (index, count, first) in SERVERS {
        let (Some(index_text), Some(count_text)) = (variable(index), variable(count)) else { continue };
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let shard = number(&index_text)
            .zip(number(&count_text))
            .and_then(|(index, count)| Some(Shard { index: (index + 1).checked_sub(first)?, count }))
            .filter(|shard| (1..=shard.count).contains(&shard.index) && shard.count <= MAX_SHARDS);
        let Some(shard) = shard else {
            bail!(
                "use --shard auto: {index} is `{index_text}` and {count} is `{count_text}`, which is no part"
            );
        };
        return Ok(Some(shard));
    }
    // A job of GitLab that is not run in parallel has a count of one and no index.
    if SERVERS.iter().any(|(_, count, _)| variable(count).is_some_and(|count| count.trim() == "1")) {
        return Ok(None);
    }
    let names: Vec<&str> = SERVERS.iter().map(|(index, _, _)| *index).collect();
    bail!(
        "use --shard auto: no CI server says which part this is; set COUNTERFOIL_SHARD to I/N (looked for that and {})",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_servers_say_which_part_to_run() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        type Told<'a> = Result<Option<(usize, usize)>, &'a str>;
        let rows: [(Variables<'_>, Told<'_>); 12] = [
            (&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")], Ok(Some((2, 3)))),
            (&[("CI_NODE_TOTAL", "1")], Ok(None)),
            (&[("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "4")], Ok(Some((1, 4)))),
            (&[("BUILDKITE_PARALLEL_JOB", "4"), ("BUILDKITE_PARALLEL_JOB_COUNT", "5")], Ok(Some((5, 5)))),
            (&[("SYSTEM_JOBPOSITIONINPHASE", "1"), ("SYSTEM_TOTALJOBSINPHASE", "2")], Ok(Some((1, 2)))),
            (&[("BITBUCKET_PARALLEL_STEP", "1"), ("BITBUCKET_PARALLEL_STEP_COUNT", "2")], Ok(Some((2, 2)))),
            (&[("SEMAPHORE_JOB_INDEX", "1"), ("SEMAPHORE_JOB_COUNT", "1")], Ok(Some((1, 1)))),
            (
                &[("COUNTERFOIL_SHARD", "3/7"), ("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")],
                Ok(Some((3, 7))),
            ),
            (&[("COUNTERFOIL_SHARD", "8/7")], Err("`8/7` is no part of a run")),
            (&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "3")], Err("CI_NODE_INDEX is `0`")),
            (&[("CIRCLE_NODE_INDEX", "x"), ("CIRCLE_NODE_TOTAL", "3")], Err("CIRCLE_NODE_INDEX is `x`")),
            (&[], Err("set COUNTERFOIL_SHARD to I/N")),
        ];
        for (variables, expected) in rows {
            let found = told(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            match (found, expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!(found.map(|shard| (shard.index, shard.count)), expected, "{variables:?}");
                }
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (found, expected) => panic!("{variables:?}: {found:?} and not {expected:?}"),
            }
        }
    }

    #[test]
    fn parts_are_written_with_a_stroke() {
        assert_eq!("2/3".parse(), Ok(ShardChoice::One(Shard { index: 2, count: 3 })));
        assert_eq!("auto".parse(), Ok(ShardChoice::Auto));
        for wrong in ["", "2", "0/3", "4/3", "1/0", "a/b", "1/99999", "-1/3"] {
            assert!(wrong.parse::<ShardChoice>().is_err(), "{wrong}");
        }
    }
}
