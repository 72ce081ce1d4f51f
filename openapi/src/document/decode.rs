//! Bytes to text, whichever encoding an editor or a tool left them in.

use super::Position;

/// What Windows-1252 has at 0x80 to 0x9F, where Latin-1 has control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];
/// How many bytes there are to each one that is not UTF-8, at the least, before a text counts as none.
const MIN_BYTES_PER_MISREAD: usize = 8;

/// UTF-8, UTF-16 or UTF-32 bytes as text, without a byte-order mark.
///
/// UTF-16 is recognised without its mark too, since what we read starts with ASCII. Single bytes that are not UTF-8
/// are read as Windows-1252, and the place of the first one is the second part of the result.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Option<Position>), String> {
    let text = match bytes {
        [0xFF, 0xFE, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes)?,
        [0, 0, 0xFE, 0xFF, rest @ ..] => utf32(rest, u32::from_be_bytes)?,
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => utf16(bytes, u16::from_le_bytes)?,
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => utf16(bytes, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => return utf8(rest),
    };
    Ok((text, None))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let decoded: Result<String, _> = char::decode_utf16(units).collect();
    decoded.map_err(|_| "the text is not valid UTF-16".to_owned())
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Result<String, String> {
    let units = bytes.chunks_exact(4).map(|four| unit([four[0], four[1], four[2], four[3]]));
    units
        .map(char::from_u32)
        .collect::<Option<String>>()
        .ok_or_else(|| "the text is not valid UTF-32".to_owned())
}

fn utf8(bytes: &[u8]) -> Result<(String, Option<Position>), String> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((text.to_owned(), None)),
        Err(error) => error,
    };
    let valid = &bytes[..error.valid_up_to()];
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    let last = valid.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let column = String::from_utf8_lossy(last).chars().count() + 1;
    let misread: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    if misread * MIN_BYTES_PER_MISREAD > bytes.len() || bytes.contains(&0) {
        return Err(format!("the text is not valid UTF-8 at byte {} (line {line})", error.valid_up_to()));
    }
    let mut text = String::with_capacity(bytes.len() + misread);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| windows(*byte)));
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok((text, Some(Position { line: number(line), column: number(column) })))
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, decode};

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "openapi: 3\n# \u{e9} \u{1F600}\n";
        let units = || text.encode_utf16();
        let characters = || text.chars().map(u32::from);
        let encoded: [Vec<u8>; 8] = [
            text.into(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            std::iter::once(0xFEFF).chain(units()).flat_map(u16::to_le_bytes).collect(),
            std::iter::once(0xFEFF).chain(units()).flat_map(u16::to_be_bytes).collect(),
            units().flat_map(u16::to_le_bytes).collect(),
            units().flat_map(u16::to_be_bytes).collect(),
            std::iter::once(0xFEFF).chain(characters()).flat_map(u32::to_le_bytes).collect(),
            std::iter::once(0xFEFF).chain(characters()).flat_map(u32::to_be_bytes).collect(),
        ];
        for bytes in encoded {
            assert_eq!(decode(&bytes), Ok((text.to_owned(), None)));
        }
    }

    #[test]
    fn what_is_not_utf_8_is_windows_1252_unless_there_is_too_much_of_it() {
        let mixed = b"title: caf\xE9 \x80\nname: caf\xC3\xA9\n";
        assert_eq!(
            decode(mixed),
            Ok(("title: café €\nname: café\n".to_owned(), Some(Position { line: 1, column: 11 })))
        );
        let binary = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(decode(binary), Err("the text is not valid UTF-8 at byte 0 (line 1)".to_owned()));
        assert!(decode(&[0xFF; 64]).is_err());
    }
}
