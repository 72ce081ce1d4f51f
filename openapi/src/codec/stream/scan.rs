//! Where the items of a sequence end, found while it comes: a stream may never end as a whole.

use serde::de::IgnoredAny;

use crate::codec::media::{self, Kind};

const SEPARATOR: u8 = 0x1e;

/// Counts the items of a body that is a sequence, piece by piece, up to a number of them.
///
/// - Only an item that is there as a whole counts: an event up to its empty line, a line up to its end, a record of
///   `json-seq` up to the next separator, a part of a multipart body up to the next boundary.
/// - Comments, events without data and empty lines are no items.
/// - It reads no item; whether they are what their media type wants is seen when the body is decoded.
#[derive(Debug, Clone)]
pub struct ItemScan {
    form: Form,
    most: usize,
    items: usize,
    /// Bytes looked at.
    seen: usize,
    /// Where the last whole item ends.
    end: usize,
    /// Whether the current line has anything in it, white space aside.
    has_text: bool,
    /// The first bytes of the current line.
    line: Vec<u8>,
    /// Whether the current event has data.
    has_data: bool,
    is_after_return: bool,
    /// Whether a separator was seen; a boundary, in a multipart body.
    is_separated: bool,
    /// Where the current line of a multipart body starts.
    line_start: usize,
    /// The line that separates the parts of a multipart body.
    delimiter: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Events,
    Lines,
    Records,
    Parts,
}

/// As much of a line as tells whether it is a field `data`.
const FIELD: usize = 5;

impl ItemScan {
    /// A scan of a body of this `Content-Type`, full after `most` items; nothing where such a body is no sequence.
    pub fn new(content_type: &str, most: usize) -> Option<Self> {
        let form = match media::kind(content_type) {
            Kind::EventStream => Form::Events,
            Kind::JsonLines if super::lines::is_sequence(content_type) => Form::Records,
            Kind::JsonLines => Form::Lines,
            Kind::Multipart => Form::Parts,
            _ => return None,
        };
        let delimiter = match form {
            Form::Parts => format!("--{}", media::parameter(content_type, "boundary")?).into_bytes(),
            _ => Vec::new(),
        };
        Some(Self {
            form,
            most,
            items: 0,
            seen: 0,
            end: 0,
            has_text: false,
            line: Vec::with_capacity(FIELD),
            has_data: false,
            is_after_return: false,
            is_separated: false,
            line_start: 0,
            delimiter,
        })
    }

    /// Looks at the next piece of the body; what comes once it is full is not looked at.
    pub fn take(&mut self, piece: &[u8]) {
        for byte in piece {
            if self.is_full() {
                return;
            }
            self.seen += 1;
            match self.form {
                Form::Events => self.event_byte(*byte),
                Form::Lines => self.line_byte(*byte),
                Form::Records => self.record_byte(*byte),
                Form::Parts => self.part_byte(*byte),
            }
        }
    }

    /// Whether as many items were seen as are wanted.
    pub fn is_full(&self) -> bool {
        self.items >= self.most
    }

    /// The whole items seen.
    pub fn items(&self) -> usize {
        self.items
    }

    /// How much of the body seen so far is whole items.
    ///
    /// A last record of `json-seq`, which nothing but the next one ends, is taken to be whole where its line ends and
    /// it is JSON.
    pub fn whole(&self, body: &[u8]) -> usize {
        let rest = body.get(self.end..self.seen).unwrap_or_default();
        let record = rest.trim_ascii_start();
        let record = record.strip_prefix(&[SEPARATOR]).unwrap_or(record);
        let is_record = self.form == Form::Records
            && !self.is_full()
            && rest.ends_with(b"\n")
            && serde_json::from_slice::<IgnoredAny>(record).is_ok();
        if is_record { self.seen } else { self.end }
    }

    /// What ends the whole items as the end of a body does: the last boundary of a multipart one.
    pub fn closing(&self) -> Vec<u8> {
        match self.form {
            Form::Parts => [&self.delimiter, &b"--\r\n"[..]].concat(),
            _ => Vec::new(),
        }
    }

    fn item(&mut self, end: usize) {
        self.items += 1;
        self.end = end;
    }

    fn event_byte(&mut self, byte: u8) {
        let is_second = byte == b'\n' && std::mem::take(&mut self.is_after_return);
        if is_second {
            // It belongs to the line end before it.
            if self.end + 1 == self.seen && self.items > 0 {
                self.end = self.seen;
            }
            return;
        }
        self.is_after_return = byte == b'\r';
        if !matches!(byte, b'\n' | b'\r') {
            if self.line.len() < FIELD {
                self.line.push(byte);
            }
            return;
        }
        if self.line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                self.item(self.seen);
            }
        } else {
            self.has_data |= self.line == b"data:" || self.line == b"data";
            self.line.clear();
        }
    }

    fn line_byte(&mut self, byte: u8) {
        match byte {
            b'\n' if std::mem::take(&mut self.has_text) => self.item(self.seen),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.has_text = true,
        }
    }

    fn part_byte(&mut self, byte: u8) {
        if byte != b'\n' {
            // As much as tells a delimiter, the two hyphens of the last one and the line end from anything longer.
            if self.line.len() < self.delimiter.len() + 4 {
                self.line.push(byte);
            }
            return;
        }
        let line = std::mem::take(&mut self.line);
        let after = line.trim_ascii_end().strip_prefix(&*self.delimiter);
        if let Some(after @ (b"" | b"--")) = after {
            if std::mem::replace(&mut self.is_separated, true) {
                self.item(self.line_start);
            }
            if after == b"--" {
                // Nothing after it means anything.
                self.most = self.items;
            }
        }
        self.line_start = self.seen;
    }

    fn record_byte(&mut self, byte: u8) {
        match byte {
            SEPARATOR => {
                self.is_separated = true;
                if std::mem::take(&mut self.has_text) {
                    self.item(self.seen - 1);
                }
            }
            // Without any separator such a body is read line by line.
            b'\n' if !self.is_separated && std::mem::take(&mut self.has_text) => self.item(self.seen),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.has_text = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(content_type: &str, pieces: &[&str], most: usize) -> (usize, String) {
        let mut scan = ItemScan::new(content_type, most).expect("it is a sequence");
        pieces.iter().for_each(|piece| scan.take(piece.as_bytes()));
        let body = pieces.concat();
        (scan.items(), body[..scan.whole(body.as_bytes())].to_owned())
    }

    #[test]
    fn whole_items_are_counted_however_they_come() {
        const EVENTS: &str = "text/event-stream; charset=utf-8";
        const LINES: &str = "application/x-ndjson";
        const RECORDS: &str = "application/json-seq";
        const PARTS: &str = "multipart/mixed; boundary=b";
        let table: [(&str, &str, usize, &str); 17] = [
            (EVENTS, "data: a\n\ndata: b\n\ndata: c", 2, "data: a\n\ndata: b\n\n"),
            (EVENTS, "data: a\r\n\r\ndata: b\r\n\r\n", 2, "data: a\r\n\r\ndata: b\r\n\r\n"),
            (EVENTS, "data: a\r\rdata: b\r", 1, "data: a\r\r"),
            (EVENTS, ": beat\n\n: beat\n\n", 0, ""),
            (EVENTS, "event: x\nid: 1\n\ndata\n\n", 1, "event: x\nid: 1\n\ndata\n\n"),
            (EVENTS, "database: x\n\n", 0, ""),
            (LINES, "{\"a\":1}\n\n[]\n{\"b\"", 2, "{\"a\":1}\n\n[]\n"),
            (LINES, "1\r\n2\r\n", 2, "1\r\n2\r\n"),
            (LINES, " \n\t\n", 0, ""),
            (RECORDS, "\u{1e}{\"a\":\n1}\n\u{1e}2\n", 1, "\u{1e}{\"a\":\n1}\n\u{1e}2\n"),
            (RECORDS, "\u{1e}1\n\u{1e}{\"a\":\n", 1, "\u{1e}1\n"),
            (RECORDS, "\u{1e}1\n\u{1e}\u{1e}2", 1, "\u{1e}1\n"),
            (RECORDS, "1\n2\n3", 2, "1\n2\n"),
            (EVENTS, "", 0, ""),
            (
                PARTS,
                "x\r\n--b\r\n\r\n1\r\n--b \r\n\r\n--bc\r\n--b\r\n",
                2,
                "x\r\n--b\r\n\r\n1\r\n--b \r\n\r\n--bc\r\n",
            ),
            (PARTS, "--b\r\n\r\n1\r\n--b--\r\n--b\r\n\r\n2\r\n--b\r\n", 1, "--b\r\n\r\n1\r\n"),
            (PARTS, "--b\r\n\r\n1\r\n", 0, ""),
        ];
        for (content_type, body, items, whole) in table {
            let expected = (items, whole.to_owned());
            assert_eq!(scanned(content_type, &[body], 9), expected, "{body:?}");
            let bytes: Vec<&str> = body.split_inclusive(|_: char| true).collect();
            assert_eq!(scanned(content_type, &bytes, 9), expected, "{body:?} byte by byte");
        }
    }

    #[test]
    fn what_comes_after_the_last_wanted_item_is_left_out() {
        let (items, whole) = scanned("application/jsonl", &["1\n2\n3\n", "4\n"], 2);
        assert_eq!((items, whole.as_str()), (2, "1\n2\n"));
        assert!(ItemScan::new("application/json", 2).is_none());
        assert!(ItemScan::new("text/plain", 2).is_none());
        assert!(ItemScan::new("multipart/mixed", 2).is_none(), "it names no boundary");
    }
}
