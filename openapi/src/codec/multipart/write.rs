//! Parts put together to a multipart body.

use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::super::error::Inexpressible;

/// One part to be written.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its name, where parts of the body have names.
    pub(super) name: Option<String>,
    /// Whether it has a file name, so that servers take it for a file.
    pub(super) is_file: bool,
    /// Its `Content-Type`; nothing where it is the default, plain text.
    pub(super) content_type: Option<String>,
    /// Its other headers.
    pub(super) headers: Vec<(String, HeaderValue)>,
    /// What it holds.
    pub(super) body: Bytes,
}

/// The body of some parts, whose disposition is `disposition` where they have names.
///
/// The boundary is a digest of the parts, so the same parts are always the same bytes, and no part holds it.
pub(super) fn write(disposition: &str, pieces: &[Piece]) -> Result<Bytes, Inexpressible> {
    let heads = pieces.iter().map(|piece| head(disposition, piece)).collect::<Result<Vec<_>, _>>()?;
    let boundary = boundary(&heads, pieces);
    let length: usize = pieces.iter().zip(&heads).map(|(piece, head)| piece.body.len() + head.len()).sum();
    let mut out = Vec::with_capacity(length + (pieces.len() + 1) * (boundary.len() + 8));
    for (head, piece) in heads.iter().zip(pieces) {
        out.extend_from_slice(b"--");
        out.extend_from_slice(boundary.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(head);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&piece.body);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"--\r\n");
    Ok(Bytes::from(out))
}

/// The boundary that a body begins with; nothing where it begins with none.
pub(super) fn leading_boundary(body: &[u8]) -> Option<&str> {
    let rest = body.strip_prefix(b"--")?;
    let line = &rest[..rest.iter().take(72).position(|byte| *byte == b'\r')?];
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let is_fit =
        |line: &&str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    // A body without parts is nothing but the last line.
    let is_empty = rest.len() <= line.len() + 2;
    let line = if is_empty { line.strip_suffix("--").unwrap_or(line) } else { line };
    Some(line).filter(is_fit)
}

/// The headers of a part, each with its line end.
fn head(disposition: &str, piece: &Piece) -> Result<Vec<u8>, Inexpressible> {
    let mut head = Vec::new();
    let mut line = |name: &str, value: &[u8]| {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    };
    if let Some(name) = &piece.name {
        let name = quoted(name)?;
        let file = if piece.is_file { format!("; filename={name}") } else { String::new() };
        line("Content-Disposition", format!("{disposition}; name={name}{file}").as_bytes());
    }
    if let Some(content_type) = &piece.content_type {
        if content_type.chars().any(char::is_control) {
            return Err(Inexpressible("a content type cannot hold control characters"));
        }
        line("Content-Type", content_type.as_bytes());
    }
    for (name, value) in &piece.headers {
        line(name, value.as_bytes());
    }
    Ok(head)
}

/// A quoted string (RFC 7578, section 4.2; RFC 2183, section 2).
fn quoted(text: &str) -> Result<String, Inexpressible> {
    if text.chars().any(char::is_control) {
        return Err(Inexpressible("the name of a part cannot hold control characters"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A boundary that occurs in no part.
fn boundary(heads: &[Vec<u8>], pieces: &[Piece]) -> String {
    let mut digest = Sha256::new();
    for (head, piece) in heads.iter().zip(pieces) {
        for bytes in [head.as_slice(), &piece.body] {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
    }
    let mut digest = digest.finalize();
    loop {
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("counterfoil-{hex}");
        let occurs = |bytes: &[u8]| {
            let first = boundary.as_bytes()[0];
            let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
            starts.into_iter().any(|(start, _)| bytes[start..].starts_with(boundary.as_bytes()))
        };
        if !pieces.iter().any(|piece| occurs(&piece.body)) {
            return boundary;
        }
        digest = Sha256::digest(digest);
    }
}
