//! `--watch`: what is served follows its files.
//!
//! | part | what it does |
//! |---|---|
//! | `alarm` | says when something may have happened to a file, and that it has calmed down |
//! | `trace` | where a path leads to by symbolic links, and which folders say so when that changes |
//! | here | reads all anew where a file holds something else, and hands it on where it is good |
//!
//! What decides is what the files hold: it is noted as they are read, so that no change is missed and none is taken
//! for one twice. A file that changes while it is read is read again.

mod alarm;
mod trace;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::{Finding, MAX_BYTES};
use counterfoil_server::{Credentials, Script};
use tokio::sync::mpsc;

use super::mount::{self, Mounting};
use super::strictness::read_credentials;
use crate::output;
use crate::references::{Print, References};
use crate::source::{self, Source};
use alarm::Alarm;

/// How often in a row files are read again since one changed meanwhile, before what was read counts.
const MAX_CHASES: u32 = 3;

/// How often in a row what is wrong is not told, since saves go on: about 20 seconds.
const MAX_EXCUSES: u32 = 10;

/// How long a file that cannot be used must stay as it is before that is told.
///
/// Who saves empties the file first, and on a busy machine may be held up there.
const MIN_WRONG: Duration = Duration::from_millis(250);

/// Something new to serve.
#[derive(Debug)]
pub(super) struct Reading {
    /// The documents.
    pub(super) sources: Vec<Source>,
    /// The scripts for them.
    pub(super) scripts: Vec<Script>,
    /// The credentials accepted from now on, where a file names them.
    pub(super) credentials: Option<Credentials>,
}

/// What is watched.
#[derive(Debug)]
pub(super) struct Watch {
    /// The documents before they are mounted.
    sources: Vec<Source>,
    mountings: Vec<Mounting>,
    script_names: Vec<String>,
    credentials: Option<PathBuf>,
    references: References,
    /// What the files held when they were read last, be it good or not.
    known: BTreeMap<PathBuf, Print>,
    /// What they held when all was good.
    served: BTreeMap<PathBuf, Print>,
    /// What they held when they could not be used, and since when.
    failed: Option<(BTreeMap<PathBuf, Print>, Instant)>,
    alarm: Alarm,
}

impl Watch {
    /// Starts to watch what was read last.
    pub(super) fn start(
        sources: Vec<Source>,
        mountings: &[Mounting],
        (script_names, credentials): (&[String], Option<&Path>),
        references: &References,
    ) -> anyhow::Result<mpsc::Receiver<Reading>> {
        let known = references.record.take();
        if known.is_empty() {
            tracing::warn!("nothing is watched, since nothing that is served comes from a file");
        }
        let mut watch = Self {
            sources,
            mountings: mountings.to_vec(),
            script_names: script_names.to_vec(),
            credentials: credentials.map(Path::to_owned),
            references: references.clone(),
            served: known.clone(),
            failed: None,
            known,
            alarm: Alarm::new(),
        };
        watch.alarm.set(watch.known.keys());
        let (sender, receiver) = mpsc::channel(1);
        thread::Builder::new().name("watch".to_owned()).spawn(move || watch.run(&sender))?;
        Ok(receiver)
    }

    fn run(mut self, sender: &mpsc::Sender<Reading>) {
        let (mut chases, mut excuses) = (0, 0);
        while !sender.is_closed() {
            let is_calm = self.alarm.wait();
            if self.known.iter().all(|(path, print)| look(path) == *print) {
                continue;
            }
            let read = self.read();
            let found = self.references.record.take();
            if chases < MAX_CHASES && found.iter().any(|(path, print)| look(path) != *print) {
                chases += 1;
                self.alarm.ring();
                continue;
            }
            chases = 0;
            let read = read.and_then(|(sources, read)| {
                self.see_that_nothing_broke(&sources, &found)?;
                Ok((sources, read))
            });
            match read {
                Ok((sources, read)) => {
                    self.sources = sources;
                    self.served.clone_from(&found);
                    self.known = found;
                    self.failed = None;
                    excuses = 0;
                    if sender.blocking_send(read).is_err() {
                        return;
                    }
                }
                // What is wrong in the midst of saves will be put right by the next one.
                Err(_) if !is_calm && excuses < MAX_EXCUSES => {
                    excuses += 1;
                    self.alarm.ring();
                    continue;
                }
                // Whoever saves may just have begun.
                Err(_) if !self.is_wrong_for_long(&found) => {
                    self.alarm.ring();
                    continue;
                }
                Err(error) => {
                    tracing::error!(
                        "cannot reload, so what was loaded before is served on: {}",
                        output::describe(&error)
                    );
                    excuses = 0;
                    // What was not come to this time is as it was looked at.
                    self.known = self.served.keys().map(|path| (path.clone(), look(path))).collect();
                    self.known.extend(found);
                }
            }
            self.alarm.set(self.known.keys());
        }
    }

    /// Whether files that cannot be used are the same as [`MIN_WRONG`] ago.
    fn is_wrong_for_long(&mut self, found: &BTreeMap<PathBuf, Print>) -> bool {
        match &self.failed {
            Some((failed, since)) if failed == found => since.elapsed() >= MIN_WRONG,
            _ => {
                self.failed = Some((found.clone(), Instant::now()));
                false
            }
        }
    }

    /// The documents before they are mounted, and what is to be served.
    fn read(&self) -> anyhow::Result<(Vec<Source>, Reading)> {
        let unmounted = source::reload_all(&self.sources, &self.references)?;
        let mut sources = unmounted.clone();
        mount::apply(&self.mountings, &mut sources)?;
        let scripts = source::scripts(&self.script_names, &sources, &self.references)?;
        let credentials = read_credentials(self.credentials.as_deref(), &sources, &self.references)?;
        Ok((unmounted, Reading { sources, scripts, credentials }))
    }

    /// Refuses what would be served at the start, where a file is missing, and is no gain now.
    fn see_that_nothing_broke(
        &self,
        sources: &[Source],
        found: &BTreeMap<PathBuf, Print>,
    ) -> anyhow::Result<()> {
        for (path, print) in found {
            if *print == Print::Blank && matches!(self.served.get(path), Some(Print::Text(_))) {
                bail!("use {}: it is empty now", one_line(&path.to_string_lossy()));
            }
        }
        let unread = |sources: &[Source]| {
            let findings = sources.iter().flat_map(|source| source.contract.findings().to_vec());
            findings
                .filter(|finding| ["reference-unread", "example-unread"].contains(&finding.code))
                .collect::<Vec<Finding>>()
        };
        let before = unread(&self.sources);
        let is_new = |finding: &&Finding| {
            !before.iter().any(|old| old.file == finding.file && old.pointer == finding.pointer)
        };
        if let Some(finding) = unread(sources).iter().find(is_new) {
            bail!("read what the document refers to: {}", one_line(&finding.to_string()));
        }
        Ok(())
    }
}

/// What a file holds now.
fn look(path: &Path) -> Print {
    let mut bytes = Vec::new();
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let limit = MAX_BYTES as u64 + 1;
    // A pipe or a device might never end.
    let read = is_file.then(|| File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)));
    Print::of(matches!(read, Some(Ok(_))).then_some(&bytes))
}
