//! What a request must be before anybody asks what it means.

use http::{HeaderMap, Version, header};

use crate::refuse;
use crate::reply::Reply;

/// Lets a request pass that says which host it means, and asks for no tunnel.
///
/// * A request of HTTP/1.1 names its host once (RFC 9112, section 3.2), by a name or an address and perhaps a port.
/// * A WebSocket would be answered as if the handshake were a plain GET, and its client would not know why it failed.
///   Other upgrades are left alone, as RFC 9110, section 7.8 has it: every plain request of `curl --http2` asks for one.
pub(crate) fn admit(version: Version, headers: &HeaderMap) -> Result<(), Box<Reply>> {
    if version == Version::HTTP_11 {
        let mut hosts = headers.get_all(header::HOST).iter();
        match (hosts.next(), hosts.next()) {
            (None, _) => return Err(refuse::host("has no `Host` header")),
            (Some(host), None) if is_host(host.as_bytes()) => {}
            (Some(_), None) => return Err(refuse::host("has a `Host` that is no host")),
            (Some(_), Some(_)) => return Err(refuse::host("has several `Host` headers")),
        }
    }
    let is_websocket = |upgrade: &http::HeaderValue| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket");
    if headers.get(header::UPGRADE).is_some_and(is_websocket) { Err(refuse::websocket()) } else { Ok(()) }
}

/// Whether a text is `uri-host [ ":" port ]` of RFC 9110, section 7.2; nothing at all is one too.
fn is_host(text: &[u8]) -> bool {
    let is_port = |port: &[u8]| port.iter().all(u8::is_ascii_digit);
    let is_name = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'=')
    };
    let in_address = |byte: &u8| is_name(byte) || *byte == b':';
    if let Some(rest) = text.strip_prefix(b"[") {
        let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
        let (address, port) = (&rest[..end], &rest[end + 1..]);
        return !address.is_empty()
            && address.iter().all(in_address)
            && (port.is_empty() || port.strip_prefix(b":").is_some_and(is_port));
    }
    let colon = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
    text[..colon].iter().all(is_name) && text.get(colon + 1..).is_none_or(is_port)
}
