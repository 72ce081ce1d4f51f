//! Answers as they come over the wire.

use std::io::{self, ErrorKind};

/// Reads answers out of what has arrived on one connection.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
    filled: usize,
}

/// What is looked at of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The size of the body.
    pub(crate) size: usize,
    /// The number of the call, where the server numbers them.
    pub(crate) call: Option<u64>,
}

impl Reader {
    /// Reads once, and gives the answer if it is whole now.
    ///
    /// # Errors
    ///
    /// When the source has ended, or sends what is no answer; `WouldBlock` where nothing is there.
    pub(crate) fn read(&mut self, mut source: impl io::Read) -> io::Result<Option<Answer>> {
        if self.buffer.len() - self.filled < 4096 {
            self.buffer.resize(self.buffer.len() * 2 + 16_384, 0);
        }
        let read = source.read(&mut self.buffer[self.filled..])?;
        if read == 0 {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed the connection"));
        }
        self.filled += read;
        let Some((answer, length)) = parse(&self.buffer[..self.filled])? else { return Ok(None) };
        if length != self.filled {
            return Err(invalid("more was sent than one answer"));
        }
        self.filled = 0;
        Ok(Some(answer))
    }
}

/// The answer at the start of some bytes and how long it is, if it is whole.
fn parse(bytes: &[u8]) -> io::Result<Option<(Answer, usize)>> {
    let Some(head_length) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..head_length]).map_err(|_| invalid("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| invalid("no status"))?;
    let (mut length, mut is_chunked, mut call) = (None, false, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.parse::<usize>().map_err(|_| invalid("no length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            is_chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("counterfoil-call") {
            call = value.parse().ok();
        }
    }
    let body = &bytes[head_length + 4..];
    let (size, on_wire) = match length {
        Some(length) if body.len() < length => return Ok(None),
        Some(length) => (length, length),
        None if is_chunked => match chunks(body)? {
            Some(sizes) => sizes,
            None => return Ok(None),
        },
        // 204 and 304 have no body, and need not say so.
        None if matches!(status, 204 | 304) => (0, 0),
        None => return Err(invalid("the answer does not say how long it is")),
    };
    Ok(Some((Answer { status, size, call }, head_length + 4 + on_wire)))
}

/// The size of a chunked body, and of all its chunks on the wire, if it is whole.
fn chunks(body: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let (mut size, mut at) = (0, 0);
    loop {
        let Some(line) = find(&body[at..], b"\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&body[at..at + line]).ok();
        let chunk = text.and_then(|text| usize::from_str_radix(text.split(';').next()?.trim(), 16).ok());
        let chunk = chunk.ok_or_else(|| invalid("no size of a chunk"))?;
        let end = at + line + 2 + chunk + 2;
        if body.len() < end {
            return Ok(None);
        }
        if chunk == 0 {
            return Ok(Some((size, end)));
        }
        size += chunk;
        at = end;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Option<Answer> {
        let mut reader = Reader::default();
        text.as_bytes().chunks(piece).find_map(|piece| reader.read(piece).unwrap())
    }

    #[test]
    fn an_answer_is_read_however_it_arrives() {
        let answer = |status, size, call| Some(Answer { status, size, call });
        let table = [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nCounterfoil-Call: 7\r\n\r\nabc",
                answer(200, 3, Some(7)),
            ),
            (
                "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                answer(400, 3, None),
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", answer(204, 0, None)),
            ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc", None),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", None),
        ];
        for (text, expected) in table {
            for piece in [1, 5, text.len()] {
                assert_eq!(read(text, piece), expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}
