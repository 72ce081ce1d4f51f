//! A request as a command to paste into a shell.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use counterfoil_openapi::Request;
use http::{HeaderName, Method, header};

use crate::base_url::BaseUrl;
use crate::transport::announces_empty_body;

/// The longest body that stands in an argument; a longer one is piped, since a system limits its arguments.
const MAX_ARGUMENT: usize = 16 * 1024;
/// From here on curl asks first whether the body is welcome, which the request does not say.
const EXPECT_FROM: usize = 1024 * 1024;

/// One line for `sh` that sends a request as [`Transport`](crate::transport::Transport) sends it.
///
/// * Method, target and body are the same bytes, the header fields are the same: those that curl adds of its own
///   accord are switched off.
/// * Whatever the request holds, the line runs curl (and `printf`, for a body that is not one line of plain text) and
///   nothing else, and has no line break.
/// * `hidden` names headers whose values are secrets, each with the environment variable that the line takes it from.
///
/// ```
/// use counterfoil_client::curl;
/// use counterfoil_openapi::Request;
///
/// let mut request = Request::new("POST".parse()?, "/admin/sso");
/// request.headers.insert("admin-auth", "secret".parse()?);
/// request.headers.insert("content-type", "application/json".parse()?);
/// request.body = r#"{"DisplayName":"it's me"}"#.into();
/// let line = curl::command("http://localhost:4010", &request, &[("Admin-Auth", "COUNTERFOIL_AUTH")]);
/// assert_eq!(
///     line,
///     r#"curl -isS -X POST -H "admin-auth: $COUNTERFOIL_AUTH" -H 'content-type: application/json' "#.to_owned()
///         + r#"-H user-agent: -H accept: --data-raw '{"DisplayName":"it'\''s me"}' http://localhost:4010/admin/sso"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn command(base_url: &str, request: &Request, hidden: &[(&str, &str)]) -> String {
    command_with(&[], base_url, request, hidden)
}

/// The same with options of curl's before all others, one a word: `--cacert`, `ca.pem`.
pub fn command_with(options: &[&str], base_url: &str, request: &Request, hidden: &[(&str, &str)]) -> String {
    let body = Body::of(request);
    let mut line = String::new();
    if let Body::Piped(bytes) = body {
        let _ = write!(line, "printf {} | ", printf_format(bytes));
    }
    line.push_str("curl -isS");
    for option in options {
        let _ = write!(line, " {}", quote(option));
    }
    match (&request.method, &body) {
        (&Method::GET, Body::None) => {}
        (&Method::HEAD, Body::None) => line.push_str(" --head"),
        // Without a limit curl waits for the body that the answer to a HEAD only describes.
        (&Method::HEAD, _) => line.push_str(" -X HEAD --max-time 10"),
        (method, _) => {
            let _ = write!(line, " -X {}", quote(method.as_str()));
        }
    }
    let base: Option<BaseUrl> = base_url.parse().ok();
    push_headers(&mut line, request, base.as_ref(), hidden);
    for name in uninvited(request, &body) {
        let _ = write!(line, " -H {name}:");
    }
    match body {
        Body::None => {}
        Body::Argument(text) => {
            let _ = write!(line, " --data-raw {}", quote(text));
        }
        Body::Piped(_) => line.push_str(" --data-binary @-"),
    }
    push_url(&mut line, base_url, base.as_ref(), &request.target);
    line
}

/// How the body reaches curl.
enum Body<'r> {
    None,
    Argument(&'r str),
    Piped(&'r Bytes),
}

impl<'r> Body<'r> {
    fn of(request: &'r Request) -> Self {
        if request.body.is_empty() {
            return if announces_empty_body(&request.method) { Self::Argument("") } else { Self::None };
        }
        match std::str::from_utf8(&request.body) {
            Ok(text) if text.len() <= MAX_ARGUMENT && !text.chars().any(is_unprintable) => {
                Self::Argument(text)
            }
            _ => Self::Piped(&request.body),
        }
    }
}

fn push_headers(line: &mut String, request: &Request, base: Option<&BaseUrl>, hidden: &[(&str, &str)]) {
    for name in request.headers.keys() {
        if matches!(name, &header::CONTENT_LENGTH | &header::TRANSFER_ENCODING) {
            continue;
        }
        let secret = hidden.iter().find(|(hidden, _)| name.as_str().eq_ignore_ascii_case(hidden));
        if let Some((_, variable)) = secret {
            let _ = write!(line, " -H \"{name}: ${}\"", variable_name(variable));
            continue;
        }
        for value in request.headers.get_all(name) {
            let is_implied = name == header::HOST
                && base.is_some_and(|base| base.authority().as_str().as_bytes() == value.as_bytes());
            if is_implied {
                continue;
            }
            line.push_str(" -H ");
            if value.is_empty() {
                line.push_str(&quote(&format!("{name};")));
                continue;
            }
            match value.to_str() {
                Ok(text) => line.push_str(&quote(&format!("{name}: {text}"))),
                Err(_) => {
                    let field = [name.as_str().as_bytes(), b": ", value.as_bytes()].concat();
                    let _ = write!(line, "\"$(printf {})\"", printf_format(&field));
                }
            }
        }
    }
}

/// The headers that curl would add of its own accord.
fn uninvited(request: &Request, body: &Body<'_>) -> impl Iterator<Item = HeaderName> {
    let candidates = [
        (header::USER_AGENT, true),
        (header::ACCEPT, true),
        (header::CONTENT_TYPE, !matches!(body, Body::None)),
        (header::EXPECT, request.body.len() >= EXPECT_FROM),
    ];
    let is_uninvited = |name: &HeaderName, is_added| is_added && !request.headers.contains_key(name);
    candidates.into_iter().filter(move |(name, is_added)| is_uninvited(name, *is_added)).map(|(name, _)| name)
}

fn push_url(line: &mut String, base_url: &str, base: Option<&BaseUrl>, target: &str) {
    let Some(base) = base else {
        let _ = write!(line, " {}", quote(&format!("{}{target}", base_url.trim_end_matches('/'))));
        return;
    };
    if base.is_https() {
        line.push_str(" --http1.1");
    }
    if base.authority().as_str().contains('[') {
        line.push_str(" --globoff");
    }
    let target = base.target(target);
    let origin = base.origin();
    let origin = origin.to_string();
    let origin = origin.trim_end_matches('/');
    if is_kept_by_curl(&target) {
        let _ = write!(line, " {}", quote(&format!("{origin}{target}")));
    } else {
        let _ = write!(line, " --request-target {} {}", quote(&target), quote(origin));
    }
}

/// Whether curl sends a target as it stands: it resolves dot segments, expands braces and brackets, drops an empty
/// query and writes escapes in capitals.
fn is_kept_by_curl(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    let has_plain_escapes = target.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F')))
    });
    // An escaped dot counts as a dot there.
    let is_dots = |segment: &str| matches!(&*segment.replace("%2E", "."), "." | "..");
    target.bytes().all(is_plain)
        && has_plain_escapes
        && !target.ends_with('?')
        && !path.split('/').any(is_dots)
}

/// A text as one word of the shell.
pub fn word(text: &str) -> Cow<'_, str> {
    quote(text)
}

/// A word of the shell.
fn quote(text: &str) -> Cow<'_, str> {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_bare) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

/// A word of the shell that `printf` writes as exactly these bytes.
fn printf_format(bytes: &[u8]) -> String {
    let mut word = String::with_capacity(bytes.len() + 2);
    word.push('\'');
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'\'' => word.push_str(r"'\''"),
            b'%' => word.push_str("%%"),
            b'\\' => word.push_str(r"\\"),
            // A format that starts with a hyphen reads as an option.
            b'-' if index == 0 => word.push_str(r"\055"),
            b' '..=b'~' => word.push(char::from(*byte)),
            _ => {
                let _ = write!(word, r"\{byte:03o}");
            }
        }
    }
    word.push('\'');
    word
}

/// Characters that a terminal acts on or does not show: line breaks, controls, marks of direction and width.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A name that a shell takes for a variable's.
fn variable_name(name: &str) -> String {
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, target: &str) -> Request {
        Request::new(method, target)
    }

    #[test]
    fn targets_curl_would_change_are_given_apart() {
        let table = [
            ("/a/b", "http://h/a/b"),
            ("/a/b?x=%7B", "'http://h/a/b?x=%7B'"),
            ("/a//c", "http://h/a//c"),
            ("/it's", r"'http://h/it'\''s'"),
            ("/a?x=1&y=2", "'http://h/a?x=1&y=2'"),
            ("/a?", "--request-target '/a?' http://h"),
            ("/%7b", "--request-target /%7b http://h"),
            ("/{id}", "--request-target '/{id}' http://h"),
            ("/a/../b", "--request-target /a/../b http://h"),
            ("/a/%2E%2E/b", "--request-target /a/%2E%2E/b http://h"),
            ("/a%", "--request-target /a% http://h"),
        ];
        for (target, expected) in table {
            let line = command("http://h", &request(Method::GET, target), &[]);
            assert_eq!(line, format!("curl -isS -H user-agent: -H accept: {expected}"));
        }
    }

    #[test]
    fn lines_have_no_breaks_whatever_the_body() {
        let mut post = request(Method::POST, "/");
        for body in ["a\nb", "\u{202e}x", "\0", "\x1b[31m", "%s\n\\n'-"] {
            post.body = Bytes::from_static(body.as_bytes());
            let line = command("http://h", &post, &[]);
            assert!(line.starts_with("printf '"), "{line}");
            assert!(!line.chars().any(is_unprintable), "{line}");
        }
        assert_eq!(printf_format(b"-%s\n\\'\xff-"), r"'\055%%s\012\\'\''\377-'");
    }

    #[test]
    fn secrets_are_taken_from_the_environment() {
        let mut get = request(Method::GET, "/");
        get.headers.append("x-key", "one".parse().unwrap());
        get.headers.append("x-key", "two".parse().unwrap());
        let line = command("http://h", &get, &[("X-Key", "MY-KEY; rm -rf")]);
        assert_eq!(line, "curl -isS -H \"x-key: $MY_KEY__rm__rf\" -H user-agent: -H accept: http://h/");
    }
}
