//! The token that the control plane may ask for.

use std::error::Error;
use std::fmt;

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The longest token, in bytes.
const MAX_TOKEN: usize = 1024;

/// The token that requests to the control API have to present: `Authorization: Bearer TOKEN` (RFC 6750, section 2.1).
///
/// It is kept as a hash, compared in constant time, and shown by nothing; in a URL it is not looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct ControlToken([u8; 32]);

/// A text that no header could bring as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlTokenError;

/// What a request presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presented {
    /// The token.
    Right,
    /// Another one, or two.
    Wrong,
    /// None.
    Nothing,
}

impl ControlToken {
    /// The token that is this text.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 1,024 bytes, or has other characters than the visible ones of ASCII.
    pub fn new(text: &str) -> Result<Self, ControlTokenError> {
        let is_sendable =
            (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sendable { Ok(Self(hash(text.as_bytes()))) } else { Err(ControlTokenError) }
    }

    /// Whether the headers of a request bring it.
    pub(super) fn presented(&self, headers: &HeaderMap) -> Presented {
        let mut lines = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return if headers.contains_key(header::AUTHORIZATION) {
                Presented::Wrong
            } else {
                Presented::Nothing
            };
        };
        let (scheme, token) = line.as_bytes().split_at_checked(7).unwrap_or_default();
        // Whatever the scheme and the length are, as much is compared.
        let is_same = bool::from(self.0.ct_eq(&hash(token.trim_ascii())));
        if is_same && scheme.eq_ignore_ascii_case(b"bearer ") { Presented::Right } else { Presented::Wrong }
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken(hidden)")
    }
}

impl fmt::Display for ControlTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a token is 1 to {MAX_TOKEN} visible characters of ASCII, without spaces")
    }
}

impl Error for ControlTokenError {}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = ControlToken::new("s3cret-t0ken").unwrap();
        let table: [(&[&str], Presented); 11] = [
            (&["Bearer s3cret-t0ken"], Presented::Right),
            (&["bearer  s3cret-t0ken "], Presented::Right),
            (&[], Presented::Nothing),
            (&["Bearer s3cret-t0ke"], Presented::Wrong),
            (&["Bearer s3cret-t0kenn"], Presented::Wrong),
            (&["Bearer S3CRET-T0KEN"], Presented::Wrong),
            (&["Bearer "], Presented::Wrong),
            (&["Basic s3cret-t0ken"], Presented::Wrong),
            (&["s3cret-t0ken"], Presented::Wrong),
            (&[""], Presented::Wrong),
            (&["Bearer s3cret-t0ken", "Bearer s3cret-t0ken"], Presented::Wrong),
        ];
        for (lines, expected) in table {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(line).unwrap());
            }
            assert_eq!(token.presented(&headers), expected, "{lines:?}");
        }
        assert_eq!(format!("{token:?}"), "ControlToken(hidden)");
    }

    #[test]
    fn a_token_is_something_that_a_header_can_bring() {
        for text in ["", " ", "a b", "ä", "a\nb", &"x".repeat(1025)] {
            assert_eq!(ControlToken::new(text), Err(ControlTokenError), "{text:?}");
        }
        assert!(ControlToken::new(&"x".repeat(1024)).is_ok());
    }
}
