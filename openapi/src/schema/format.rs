//! The formats of the OpenAPI registry that JSON Schema does not know, for strings.

type Accepts = fn(&str) -> bool;

/// Formats asserted beyond those the validator knows itself, with what each accepts.
pub(super) const FORMATS: [(&str, Accepts); 1] = [("byte", is_base64)];

/// Base64 with or without padding, in either alphabet; white space as in MIME bodies is fine (RFC 4648).
fn is_base64(text: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut bytes: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padded = bytes.len();
    while bytes.last() == Some(&b'=') {
        bytes.pop();
    }
    let padding = padded - bytes.len();
    bytes.iter().all(is_digit)
        && match bytes.len() % 4 {
            0 => padding == 0,
            1 => false,
            2 => padding == 0 || padding == 2,
            _ => padding <= 1,
        }
}
