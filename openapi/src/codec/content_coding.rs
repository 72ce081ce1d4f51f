//! Content codings: what a body is once its `Content-Encoding` is undone (RFC 9110, section 8.4).
//!
//! - Known are `gzip`, `deflate` (with or without the zlib wrapping), `br` and `zstd`; `identity` means nothing.
//! - At most [`MAX_CODINGS`] are undone, one after the other.
//! - Whatever a coding would expand to, nothing is read on beyond a limit: so many bytes, and no more than
//!   [`MAX_RATIO`] times what was sent once there are [`FREE_BYTES`].
//! - zstd has a window of 8 MiB at the most (RFC 9659), Brotli one of 16 MiB: its "large windows" are no part of `br`.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use brotli_decompressor::{BrotliDecoderParameter, Decompressor};
use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use ruzstd::decoding::StreamingDecoder;

/// The codings that are undone, as `Accept-Encoding` lists them.
pub const KNOWN_CODINGS: &str = "gzip, deflate, br, zstd";

/// The most codings of one body.
pub const MAX_CODINGS: usize = 4;

/// The most bytes that a body may have once its codings are undone, unless told otherwise.
pub const MAX_DECODED_BYTES: usize = 16 * 1024 * 1024;

/// How many times its size a body may grow to, where that is more than [`FREE_BYTES`]: deflate reaches a thousand, and
/// what Brotli and zstd reach beyond this is made to.
pub const MAX_RATIO: usize = 10_000;

/// What a body may grow to however small it is, but for the limit.
pub const FREE_BYTES: usize = 1024 * 1024;

/// The window that a zstd frame may ask for; RFC 9659 allows no more.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// The start of a gzip member (RFC 1952, section 2.3.1).
const GZIP: &[u8] = b"\x1F\x8B";

/// The start of a zstd frame that holds no data: this, with any last digit.
const SKIPPABLE: u32 = 0x184D_2A50;

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// Why a body's codings cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodingError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Unknown(String),
    TooMany,
    TooLarge(usize),
    Broken(&'static str, String),
}

impl CodingError {
    /// Whether a coding is none that is known, or there are more than are undone.
    pub fn is_unknown(&self) -> bool {
        matches!(self.0, Kind::Unknown(_) | Kind::TooMany)
    }

    /// Whether the body would be larger than the limit.
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge(_))
    }
}

impl fmt::Display for CodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Unknown(name) => {
                write!(
                    f,
                    "the content coding `{}` is not known; known are {KNOWN_CODINGS}",
                    name.escape_debug()
                )
            }
            Kind::TooMany => write!(f, "more than {MAX_CODINGS} content codings are on top of each other"),
            Kind::TooLarge(limit) => write!(f, "the decoded body is over the limit of {limit} bytes"),
            Kind::Broken(name, why) => write!(f, "not {name}: {why}"),
        }
    }
}

impl std::error::Error for CodingError {}

/// A body with the codings undone that its headers name; without any it is the body itself. An empty body stays empty.
///
/// # Errors
///
/// When a coding is not known, the bytes are not what it says, or there would be more than `limit` of them.
pub fn undo_codings(headers: &HeaderMap, body: &Bytes, limit: usize) -> Result<Bytes, CodingError> {
    uncoded(headers, body, limit).map(Cow::into_owned)
}

/// As [`undo_codings`]; what has no coding is not even counted once more.
pub(crate) fn uncoded<'b>(
    headers: &HeaderMap,
    body: &'b Bytes,
    limit: usize,
) -> Result<Cow<'b, Bytes>, CodingError> {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(Cow::Borrowed(body));
    }
    let mut codings = Vec::new();
    for line in headers.get_all(header::CONTENT_ENCODING) {
        let line = String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase();
        let named = line.split(',').map(|name| name.trim().to_owned());
        codings.extend(named.filter(|name| !name.is_empty() && name != "identity"));
    }
    if codings.len() > MAX_CODINGS {
        return Err(CodingError(Kind::TooMany));
    }
    let limit = limit.min(FREE_BYTES.max(body.len().saturating_mul(MAX_RATIO)));
    let mut decoded = body.clone();
    // The one applied last is named last.
    for coding in codings.iter().rev() {
        decoded = undo(coding, &decoded, limit)?;
    }
    Ok(Cow::Owned(decoded))
}

fn undo(coding: &str, body: &Bytes, limit: usize) -> Result<Bytes, CodingError> {
    let (name, read) = match coding {
        _ if !matches!(coding, "gzip" | "x-gzip" | "deflate" | "br" | "zstd") => {
            return Err(CodingError(Kind::Unknown(coding.to_owned())));
        }
        _ if body.is_empty() => return Ok(Bytes::new()),
        "gzip" | "x-gzip" if !body.starts_with(GZIP) => {
            return Err(CodingError(Kind::Broken("gzip", "it begins with other bytes".to_owned())));
        }
        "gzip" | "x-gzip" => ("gzip", limited(MultiGzDecoder::new(&body[..]), limit)),
        "deflate" if is_zlib(body) => ("deflate", limited(ZlibDecoder::new(&body[..]), limit)),
        "deflate" => ("deflate", limited(DeflateDecoder::new(&body[..]), limit)),
        "br" => ("br", limited(brotli(body), limit)),
        _ => ("zstd", zstd(body, limit)),
    };
    match read {
        Ok(Some(decoded)) => Ok(Bytes::from(decoded)),
        Ok(None) => Err(CodingError(Kind::TooLarge(limit))),
        Err(error) => Err(CodingError(Kind::Broken(name, error.to_string()))),
    }
}

/// Whether a `deflate` body has the wrapping that the coding asks for, and that some leave out (RFC 1950, section 2.2).
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => method & 0x0F == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0,
        _ => false,
    }
}

fn brotli(body: &[u8]) -> impl Read {
    let mut decoder = Decompressor::new(body, CHUNK);
    decoder.set_parameter(BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
    decoder
}

/// All that a reader yields; nothing where that is more than the limit.
fn limited(reader: impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut whole = Vec::new();
    append(reader, limit, &mut whole).map(|is_whole| is_whole.then_some(whole))
}

/// Appends what a reader yields; `false` where it would be more than the limit.
fn append(mut reader: impl Read, limit: usize, whole: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let left = (limit + 1).saturating_sub(whole.len());
        if left == 0 {
            return Ok(false);
        }
        if whole.len() == whole.capacity() {
            // Four times as much, and no room beyond the limit: what is copied is freed later than one would like.
            let room = (3 * whole.len()).max(CHUNK);
            whole.reserve_exact(if room < left / 2 { room } else { left });
        }
        let room = left.min(whole.capacity() - whole.len());
        if reader.by_ref().take(room as u64).read_to_end(whole)? < room {
            return Ok(true);
        }
    }
}

/// The data of zstd frames, one after the other (RFC 8878, section 3.1).
fn zstd(body: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut whole = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        if let [a, b, c, d, w, x, y, z, after @ ..] = rest
            && u32::from_le_bytes([*a, *b, *c, *d]) & !0xF == SKIPPABLE
        {
            let length = usize::try_from(u32::from_le_bytes([*w, *x, *y, *z])).unwrap_or(usize::MAX);
            rest = after.get(length..).ok_or(io::ErrorKind::UnexpectedEof)?;
            continue;
        }
        let mut frame =
            StreamingDecoder::new_with_max_window_size(&mut rest, ZSTD_WINDOW).map_err(io::Error::other)?;
        if !append(&mut frame, limit, &mut whole)? {
            return Ok(None);
        }
        let (stated, found) =
            (frame.decoder.get_checksum_from_data(), frame.decoder.get_calculated_checksum());
        if stated.is_some() && stated != found {
            return Err(io::Error::other("its checksum is another one"));
        }
    }
    Ok(Some(whole))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use http::HeaderValue;
    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    const LIMIT: usize = 64 * 1024;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    /// `hello hello hello`, by another implementation.
    const BROTLI: &[u8] = b"\x1b\x10\x00\xf8\x8d\x94\x6e\xde\x44\x55\x86\x96\x6c\x20\x6f\x01\x4f\x1c\x60\x1c";

    /// 64 MiB of zeros in Brotli.
    const BROTLI_BOMB: &[u8] = b"\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4f\x00\xc4\x61\x11\x80\xee\xfd\x1f\xff\xff\xff\xe0\x9f\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1\x3f\x01\x10\x87\x05\x00\xba\xf7\x7f\xfc\xff\xff\x83\x7f\x02\x20\x0e\x0b\x00\x74\xef\xff\xf8\xff\xff\x07\xff\x04\x40\x1c\x16\x00\xe8\xde\xff\xf1\xff\xff\x0f\xfe\x09\x80\x38\x2c\x00\xd0\xbd\xff\xcb\xff\xff\x3f\xfc\x13\x00\x71\x58\x00\xa0\x7b\xff\x07";

    /// `hello` in a zstd frame that ends with its checksum.
    const ZSTD_WITH_CHECKSUM: &[u8] =
        b"\x28\xB5\x2F\xFD\x24\x05\x29\x00\x00\x68\x65\x6C\x6C\x6F\xA3\x6D\x9F\x88";

    /// 128 MiB of zeros in zstd: blocks of one repeated byte.
    fn zstd_bomb() -> Vec<u8> {
        let mut frame = b"\x28\xB5\x2F\xFD\x00\x68".to_vec();
        for block in 0..1024_u32 {
            let header = u32::from(block == 1023) | 1 << 1 | (128 * 1024) << 3;
            frame.extend(&header.to_le_bytes()[..3]);
            frame.push(0);
        }
        frame
    }

    fn decode(codings: &[&'static str], body: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut headers = HeaderMap::new();
        for coding in codings {
            headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        undo_codings(&headers, &Bytes::from(body), LIMIT)
            .map(|decoded| decoded.to_vec())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn codings_are_undone_in_the_order_they_were_applied() {
        let text = b"hello hello hello";
        let two_frames =
            [zstd(b"hello "), b"\x5A\x2A\x4D\x18\x02\x00\x00\x00ab".to_vec(), zstd(b"hello hello")].concat();
        let table: [(&[&'static str], Vec<u8>); 13] = [
            (&[], text.to_vec()),
            (&["identity"], text.to_vec()),
            (&["gzip"], gzip(text)),
            (&["X-GZIP"], gzip(text)),
            (&["gzip"], [gzip(b"hello "), gzip(b"hello hello")].concat()),
            (&["deflate"], zlib(text)),
            (&["deflate"], deflate(text)),
            (&["br"], BROTLI.to_vec()),
            (&["zstd"], zstd(text)),
            (&["zstd"], two_frames),
            (&["deflate, gzip"], gzip(&zlib(text))),
            (&["br", "identity , zstd"], zstd(BROTLI)),
            (&["gzip,gzip", "gzip,gzip"], gzip(&gzip(&gzip(&gzip(text))))),
        ];
        for (codings, body) in table {
            assert_eq!(decode(codings, body), Ok(text.to_vec()), "{codings:?}");
        }
        assert_eq!(decode(&["gzip"], Vec::new()), Ok(Vec::new()));
        assert_eq!(decode(&["zstd"], ZSTD_WITH_CHECKSUM.to_vec()), Ok(b"hello".to_vec()));
    }

    #[test]
    fn what_is_not_so_coded_is_an_error() {
        let mut changed = ZSTD_WITH_CHECKSUM.to_vec();
        *changed.last_mut().expect("it has bytes") ^= 1;
        let table: [(&[&'static str], Vec<u8>, &str); 10] = [
            (&["zstd"], changed, "not zstd: its checksum is another one"),
            // An empty stream with a window of 1 GiB.
            (&["br"], b"\x11\xDE".to_vec(), "not br: "),
            (&["gzip"], b"plain".to_vec(), "not gzip: "),
            (&["gzip"], gzip(b"cut off in the middle")[..20].to_vec(), "not gzip: "),
            (&["deflate"], b"\xFF\xFF".to_vec(), "not deflate: "),
            (&["br"], BROTLI[..10].to_vec(), "not br: "),
            (&["zstd"], b"plain text".to_vec(), "not zstd: "),
            (&["zstd"], zstd(b"hello hello hello hello")[..9].to_vec(), "not zstd: "),
            (
                &["compress"],
                b"x".to_vec(),
                "the content coding `compress` is not known; known are gzip, deflate, br, zstd",
            ),
            (
                &["gzip, gzip, gzip, gzip, gzip"],
                b"x".to_vec(),
                "more than 4 content codings are on top of each other",
            ),
        ];
        for (codings, body, expected) in table {
            let refusal = decode(codings, body).expect_err(expected);
            assert!(refusal.starts_with(expected), "{codings:?}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            coding in prop::sample::select(vec!["gzip", "deflate", "br", "zstd"]),
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let text: Vec<u8> = bytes.iter().chain(&bytes).map(|byte| byte & 3).collect();
            let mut sound = match coding {
                "gzip" => gzip(&text),
                "deflate" => zlib(&text),
                "br" => BROTLI.to_vec(),
                _ => zstd(&text),
            };
            let at = at.index(sound.len());
            sound[at] = byte;
            for body in [sound, bytes] {
                let decoded = decode(&[coding], body);
                prop_assert!(decoded.is_err() || decoded.is_ok_and(|decoded| decoded.len() <= LIMIT));
            }
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 16 * LIMIT];
        let table: [(&[&'static str], Vec<u8>); 6] = [
            (&["gzip"], gzip(&zeros)),
            (&["deflate"], zlib(&zeros)),
            (&["br"], BROTLI_BOMB.to_vec()),
            (&["zstd"], zstd_bomb()),
            (&["gzip, gzip"], gzip(&gzip(&zeros))),
            (&["br, gzip"], gzip(BROTLI_BOMB)),
        ];
        for (codings, body) in table {
            let refusal = decode(codings, body);
            assert_eq!(
                refusal,
                Err("the decoded body is over the limit of 65536 bytes".to_owned()),
                "{codings:?}"
            );
        }
        // Beyond what is free, the ratio counts whatever the limit.
        let mut headers = HeaderMap::new();
        headers.append(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        let refusal = undo_codings(&headers, &Bytes::from_static(BROTLI_BOMB), usize::MAX);
        assert_eq!(
            refusal.map_err(|error| error.to_string()),
            Err(format!("the decoded body is over the limit of {} bytes", BROTLI_BOMB.len() * MAX_RATIO))
        );
        // A frame that asks for a window of 2 GiB.
        let greedy = b"\x28\xB5\x2F\xFD\x00\xA8\x01\x00\x00".to_vec();
        assert!(decode(&["zstd"], greedy).is_err_and(|refusal| refusal.starts_with("not zstd: ")));
    }
}
