//! Reading a record, event by event.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use serde_json::Value;

use super::error::Kind;
use super::{Mark, RECORD_VERSION, RecordError};
use crate::event::{EVENT_VERSION, Event};

/// The most bytes of a line: an event has two bodies of 64 KiB at most, the first one a line for each operation.
pub const MAX_LINE: usize = 64 << 20;
/// The most bytes of text that a record may decompress to.
pub const MAX_TEXT: u64 = 8 << 30;
/// The most bytes that decompression may look back to, which is what it keeps.
pub const MAX_WINDOW: u64 = 8 << 20;

/// How a Zstandard frame begins (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The events of a record, in order.
///
/// Reads compressed records, and event streams as the NDJSON report writes them. Memory stays within a few times the
/// longest line, whatever is in the file:
///
/// - a line has [`MAX_LINE`] bytes at most, the whole text [`MAX_TEXT`], a frame looks back [`MAX_WINDOW`] at most;
/// - a record of a later version is refused before an event of it is told;
/// - a record that ends too early is told up to there, then the error [`RecordError::is_truncated`].
#[derive(Debug)]
pub struct RecordReader<R: BufRead> {
    lines: Lines<R>,
    /// Events told.
    events: u64,
    /// Whether a first line said that this is a record, so that a last line has to say that it is whole.
    is_marked: bool,
    /// Whether a run began and has not ended.
    is_open: bool,
    is_over: bool,
}

impl<R: BufRead> RecordReader<R> {
    /// Reads from `input`.
    ///
    /// # Errors
    ///
    /// Where nothing can be read, or the first line is neither that of a record nor an event.
    pub fn new(input: R) -> Result<Self, RecordError> {
        Self::within(input, MAX_LINE, MAX_TEXT)
    }

    pub(super) fn within(input: R, max_line: usize, max_text: u64) -> Result<Self, RecordError> {
        let lines = Lines {
            text: io::BufReader::new(Text::new(input)?),
            line: Vec::new(),
            number: 0,
            left: max_text,
            max_line,
            max_text,
        };
        Ok(Self { lines, events: 0, is_marked: false, is_open: false, is_over: false })
    }

    /// The next event; `None` at the end of a record that is whole.
    ///
    /// # Errors
    ///
    /// When the record cannot be read further. Nothing follows an error.
    pub fn next_event(&mut self) -> Result<Option<Event>, RecordError> {
        if self.is_over {
            return Ok(None);
        }
        let next = self.read();
        self.is_over = !matches!(next, Ok(Some(_)));
        next
    }

    fn read(&mut self) -> Result<Option<Event>, RecordError> {
        loop {
            let end = self.lines.next()?;
            if end == End::Cut && self.lines.line.first().is_some_and(|first| *first != b'{') {
                let (line, reason) = (self.lines.number, "it is no JSON object".to_owned());
                return Err(RecordError::new(Kind::Foreign { line, reason }));
            }
            if end == End::Cut || (end == End::Clean && (self.is_marked || self.is_open || self.events == 0))
            {
                return Err(RecordError::new(Kind::Truncated { events: self.events }));
            }
            if end == End::Clean {
                return Ok(None);
            }
            let number = self.lines.number;
            let foreign = |reason: String| RecordError::new(Kind::Foreign { line: number, reason });
            let value: Value =
                serde_json::from_slice(&self.lines.line).map_err(|error| foreign(error.to_string()))?;
            if value.get("record").is_some() {
                newer(&value, "version", RECORD_VERSION)?;
                match serde_json::from_value(value).map_err(|error| foreign(error.to_string()))? {
                    Mark::Begin { .. } if number == 1 => self.is_marked = true,
                    Mark::Begin { .. } => return Err(foreign("a record begins within another".to_owned())),
                    Mark::End { events } if events == self.events && !self.is_open => {
                        return match self.lines.next()? {
                            End::Clean => Ok(None),
                            _ => Err(foreign("something follows the end of the record".to_owned())),
                        };
                    }
                    Mark::End { events } => {
                        let told = self.events;
                        return Err(foreign(format!("it counts {events} events, and there are {told}")));
                    }
                }
                continue;
            }
            if value.get("event").and_then(Value::as_str) == Some("run_started") {
                newer(&value, "version", EVENT_VERSION)?;
            }
            let event: Event = serde_json::from_value(value).map_err(|error| foreign(error.to_string()))?;
            match &event {
                Event::RunStarted { .. } if self.is_open => {
                    return Err(foreign("a run begins before the one before it is over".to_owned()));
                }
                Event::RunFinished { .. } => self.is_open = false,
                // A run that could not start has nothing but a warning and an end.
                _ => self.is_open = true,
            }
            self.events += 1;
            return Ok(Some(event));
        }
    }
}

fn newer(value: &Value, member: &str, known: u32) -> Result<(), RecordError> {
    match value.get(member).and_then(Value::as_u64) {
        Some(found) if found > u64::from(known) => Err(RecordError::new(Kind::Newer { found, known })),
        _ => Ok(()),
    }
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is whole.
    Line,
    /// There is none: the text is over.
    Clean,
    /// There is a part of one, or of what holds it.
    Cut,
}

/// The lines of a text, within bounds.
#[derive(Debug)]
struct Lines<R: BufRead> {
    text: io::BufReader<Text<R>>,
    line: Vec<u8>,
    number: u64,
    left: u64,
    max_line: usize,
    max_text: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<End, RecordError> {
        self.line.clear();
        self.number += 1;
        loop {
            let part = match self.text.fill_buf() {
                Ok([]) if self.line.is_empty() => return Ok(End::Clean),
                Ok([]) => return Ok(End::Cut),
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(End::Cut),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Err(too_large("a frame", MAX_WINDOW));
                }
                Err(error) => return Err(error.into()),
            };
            let end = part.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(part.len(), |end| end + 1);
            if self.line.len() + taken > self.max_line {
                return Err(too_large("a line", self.max_line as u64));
            }
            self.left = match self.left.checked_sub(taken as u64) {
                Some(left) => left,
                None => return Err(too_large("text", self.max_text)),
            };
            self.line.extend_from_slice(&part[..taken]);
            self.text.consume(taken);
            if end.is_some() {
                return Ok(End::Line);
            }
        }
    }
}

fn too_large(what: &'static str, limit: u64) -> RecordError {
    RecordError::new(Kind::TooLarge { what, limit })
}

/// The text of a file, decompressed where it is compressed.
#[derive(Debug)]
enum Text<R: BufRead> {
    Plain(R),
    Compressed(Box<Frames<R>>),
}

impl<R: BufRead> Text<R> {
    fn new(mut input: R) -> io::Result<Self> {
        // A cut may leave less than the four bytes; none of them begins a line.
        let is_compressed = input.fill_buf()?.first() == Some(&MAGIC[0]);
        Ok(if is_compressed { Self::Compressed(Box::new(Frames::new(input))) } else { Self::Plain(input) })
    }
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(buffer),
            Self::Compressed(frames) => frames.read(buffer),
        }
    }
}

/// Frames, one after the other. Where the input ends within one, the error is [`io::ErrorKind::UnexpectedEof`], and
/// where one wants to look back too far [`io::ErrorKind::FileTooLarge`].
struct Frames<R> {
    input: Input<R>,
    decoder: FrameDecoder,
    is_within: bool,
}

impl<R> std::fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("is_within", &self.is_within).finish_non_exhaustive()
    }
}

impl<R: BufRead> Frames<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { input: Input { inner: input, is_over: false }, decoder, is_within: false }
    }

    fn failed(&self, error: FrameDecoderError) -> io::Error {
        let kind = match &error {
            FrameDecoderError::WindowSizeTooBig { .. }
            | FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { .. }) => {
                io::ErrorKind::FileTooLarge
            }
            _ if self.input.is_over => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error.to_string())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.is_within {
                if self.input.inner.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.decoder.init(&mut self.input).map_err(|error| self.failed(error))?;
                self.is_within = true;
            } else if self.decoder.is_finished() {
                let written = self.decoder.get_checksum_from_data();
                if written.is_some() && written != self.decoder.get_calculated_checksum() {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the checksum of a frame is wrong",
                    ));
                }
                self.is_within = false;
            } else {
                self.decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| self.failed(error))?;
            }
        }
    }
}

/// An input that remembers whether more was wanted of it than it had.
struct Input<R> {
    inner: R,
    is_over: bool,
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.is_over |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}
