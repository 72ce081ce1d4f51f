//! Writing a record while the run goes on.

use std::io::{self, Write};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde::Serialize;

use super::{Mark, RECORD_VERSION};
use crate::event::{Event, EventSink};

/// Bytes of text in one frame: what a crash may lose, and what compression may look back to.
const FRAME: usize = 256 << 10;

/// Writes every event into a record.
///
/// Frames are written as they fill up, so that what came before a crash is there; [`RecordWriter::finish`] writes the
/// last one and the line that says that the record is whole.
#[derive(Debug)]
pub struct RecordWriter<W> {
    out: W,
    pending: Vec<u8>,
    events: u64,
    error: Option<io::Error>,
}

impl<W: Write> RecordWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        let mut writer = Self { out, pending: Vec::with_capacity(FRAME), events: 0, error: None };
        writer.line(&Mark::Begin { version: RECORD_VERSION });
        // Whoever looks at a record of a run that was killed at once sees what it was to be.
        writer.frame();
        writer
    }

    /// Writes what is left and gives back the writer.
    ///
    /// # Errors
    ///
    /// The first error met while writing.
    pub fn finish(mut self) -> io::Result<W> {
        self.line(&Mark::End { events: self.events });
        self.frame();
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.out),
        }
    }

    /// Gives back the writer without the end of the record.
    pub fn discard(self) -> W {
        self.out
    }

    fn line(&mut self, line: &impl Serialize) {
        if self.error.is_some() {
            return;
        }
        let start = self.pending.len();
        match serde_json::to_writer(&mut self.pending, line) {
            Ok(()) => self.pending.push(b'\n'),
            Err(error) => {
                self.pending.truncate(start);
                self.error = Some(error.into());
            }
        }
        if self.pending.len() >= FRAME {
            self.frame();
        }
    }

    fn frame(&mut self) {
        if self.error.is_some() || self.pending.is_empty() {
            return;
        }
        let frame = compress_to_vec(self.pending.as_slice(), CompressionLevel::Fastest);
        self.pending.clear();
        self.error = self.out.write_all(&frame).and_then(|()| self.out.flush()).err();
    }
}

impl<W: Write> EventSink for RecordWriter<W> {
    fn take(&mut self, event: &Event) {
        self.events += 1;
        self.line(event);
        if matches!(event, Event::RunStarted { .. }) {
            self.frame();
        }
    }
}
