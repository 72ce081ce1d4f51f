//! The event stream itself, one JSON object a line.

use std::io::{self, Write};

use crate::event::{Event, EventSink};

/// Writes every event as one line of JSON.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W: Write> Ndjson<W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: W) -> Self {
        Self { out, error: None }
    }

    /// Writes what is left and gives back the writer.
    ///
    /// # Errors
    ///
    /// The first error met while writing.
    pub fn finish(mut self) -> io::Result<W> {
        match self.error {
            Some(error) => Err(error),
            None => {
                self.out.flush()?;
                Ok(self.out)
            }
        }
    }
}

impl<W: Write> EventSink for Ndjson<W> {
    fn take(&mut self, event: &Event) {
        if self.error.is_some() {
            return;
        }
        let written = serde_json::to_writer(&mut self.out, event)
            .map_err(io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"));
        self.error = written.err();
    }
}
