//! All reports of one run, fed by one event stream: that of a run under way, or that of a record.

mod kind;
mod snapshots;

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use counterfoil_conformance::record::RecordWriter;
use counterfoil_conformance::report::{
    Colour, Har, Masked, Ndjson, Progress, SnapshotUpdate, Snapshots, Tally, Terminal, to_ctrf, to_github,
    to_html, to_json, to_junit, to_markdown, to_sarif,
};
use counterfoil_conformance::{Event, EventSink};

pub(crate) use kind::{Report, ReportKind};
pub(crate) use snapshots::SnapshotOptions;

use crate::artefact::Artefact;
use crate::exit::Exit;
use crate::output::Output;

/// The reports, and whether they are masked.
pub(crate) struct Reports {
    sinks: Masked<Sinks>,
    is_masked: bool,
    /// The command that repeats the runs that start from now on, where the events do not say it.
    rerun: String,
}

/// The sinks behind the reports.
struct Sinks {
    terminal: Option<Terminal<Place>>,
    tally: Tally,
    streams: Vec<Stream>,
    texts: Vec<(Place, Render)>,
    snapshots: Snapshots,
    folders: Vec<PathBuf>,
    update: SnapshotUpdate,
}

/// Makes a report of what was counted.
type Render = fn(&Tally) -> String;

/// A report that is written while events come.
enum Stream {
    Har(Har<Place>),
    Ndjson(Ndjson<Place>),
    Record(RecordWriter<Place>),
}

/// Where a report goes.
pub(crate) enum Place {
    File(Artefact),
    Standard(Box<dyn Write>),
}

impl Place {
    fn new(path: Option<&PathBuf>, output: &Output) -> anyhow::Result<Self> {
        Ok(match path {
            Some(path) => Self::File(Artefact::create(path)?),
            None => Self::Standard(Box::new(output.stdout())),
        })
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::File(file) => file.finish(),
            Self::Standard(mut out) => match out.flush() {
                // The reader has seen enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                flushed => flushed.context("write to standard output"),
            },
        }
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Standard(out) => out.flush(),
        }
    }
}

impl EventSink for Sinks {
    fn take(&mut self, event: &Event) {
        if let Some(terminal) = &mut self.terminal {
            terminal.take(event);
        }
        self.tally.take(event);
        for stream in &mut self.streams {
            match stream {
                Stream::Har(har) => har.take(event),
                Stream::Ndjson(ndjson) => ndjson.take(event),
                Stream::Record(record) => record.take(event),
            }
        }
        if !self.folders.is_empty() {
            self.snapshots.take(event);
        }
    }
}

impl EventSink for Reports {
    fn take(&mut self, event: &Event) {
        if matches!(event, Event::RunStarted { .. }) {
            let mut event = event.clone();
            if let Event::RunStarted { rerun, .. } = &mut event
                && rerun.is_empty()
            {
                self.rerun.clone_into(rerun);
            }
            self.pass(&event);
        } else {
            self.pass(event);
        }
    }
}

impl Reports {
    fn pass(&mut self, event: &Event) {
        if self.is_masked {
            self.sinks.take(event);
        } else {
            self.sinks.inner_mut().take(event);
        }
    }

    /// None yet. Masked ones hide what differs between two equal runs.
    pub(crate) fn new(is_masked: bool, update: SnapshotUpdate) -> Self {
        let sinks = Sinks {
            terminal: None,
            tally: Tally::default(),
            streams: Vec::new(),
            texts: Vec::new(),
            snapshots: Snapshots::default(),
            folders: Vec::new(),
            update,
        };
        Self { sinks: Masked::new(sinks), is_masked, rerun: String::new() }
    }

    /// Adds the report for people on standard output, or in a file, with what shows that a run goes on.
    pub(crate) fn terminal(
        mut self,
        path: Option<&PathBuf>,
        output: &Output,
        progress: Option<Progress>,
    ) -> anyhow::Result<Self> {
        // Standard output takes colours away where they are not wanted.
        let colour = if path.is_some() { Colour::Off } else { Colour::On };
        let terminal = Terminal::new(Place::new(path, output)?, colour);
        self.sinks.inner_mut().terminal = Some(match progress {
            Some(progress) => terminal.progress(progress),
            None => terminal,
        });
        Ok(self)
    }

    /// Adds a record.
    pub(crate) fn record(mut self, path: &PathBuf, output: &Output) -> anyhow::Result<Self> {
        let place = Place::new(Some(path), output)?;
        self.sinks.inner_mut().streams.push(Stream::Record(RecordWriter::new(place)));
        Ok(self)
    }

    /// Adds a report. Its file is begun at once, so that a path that cannot be written is known before anything is
    /// sent.
    pub(crate) fn and(mut self, report: &Report, output: &Output) -> anyhow::Result<Self> {
        let path = report.path.as_ref();
        let sinks = self.sinks.inner_mut();
        let render: Render = match report.kind {
            ReportKind::Terminal => return self.terminal(path, output, None),
            ReportKind::Junit => to_junit,
            ReportKind::Json => to_json,
            ReportKind::Markdown => to_markdown,
            ReportKind::Html => to_html,
            ReportKind::Sarif => to_sarif,
            ReportKind::Ctrf => to_ctrf,
            ReportKind::Github => to_github,
            ReportKind::Har => {
                let har = Har::new(Place::new(path, output)?);
                sinks.streams.push(Stream::Har(har));
                return Ok(self);
            }
            ReportKind::Ndjson => {
                let ndjson = Ndjson::new(Place::new(path, output)?);
                sinks.streams.push(Stream::Ndjson(ndjson));
                return Ok(self);
            }
            ReportKind::Snapshot => {
                sinks.folders.extend(report.path.clone());
                return Ok(self);
            }
        };
        sinks.texts.push((Place::new(path, output)?, render));
        Ok(self)
    }

    /// The command that repeats the runs that start from now on, without its seed.
    pub(crate) fn set_rerun(&mut self, command: &str) {
        command.clone_into(&mut self.rerun);
    }

    /// Writes what is written at the end. The exit code is that of the snapshots alone.
    pub(crate) fn close(self, output: &Output) -> anyhow::Result<Exit> {
        let sinks = self.sinks.into_inner();
        let context = "write a report";
        for stream in sinks.streams {
            match stream {
                Stream::Har(har) => har.finish().context(context)?.finish()?,
                Stream::Ndjson(ndjson) => ndjson.finish().context(context)?.finish()?,
                Stream::Record(record) => record.finish().context(context)?.finish()?,
            }
        }
        for (mut place, render) in sinks.texts {
            place.write_all(render(&sinks.tally).as_bytes()).context(context)?;
            place.finish()?;
        }
        let mut exit = Exit::Passed;
        for folder in &sinks.folders {
            exit = exit.or(snapshots::store(&sinks.snapshots, folder, sinks.update, output)?);
        }
        match sinks.terminal.map(Terminal::finish).transpose() {
            // The reader has seen enough; the other reports and the exit code are for somebody else.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.context("write to standard output")?.map_or(Ok(()), Place::finish)?,
        }
        Ok(exit)
    }
}
