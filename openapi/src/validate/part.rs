//! What the parts of a multipart body say of themselves, held to the encodings of the document.

use super::value;
use crate::codec::{MultipartPart, Parts, decode_header, header_schema, media};
use crate::contract::{Encoding, MediaType};
use crate::schema::{Direction, Secrecy, Shape};
use crate::violation::{Part, Violation};

/// The most violations told of one body.
const MAX_VIOLATIONS: usize = 100;

/// The headers and media types of parts that the encodings do not allow; nothing for other bodies.
///
/// - A part without a `Content-Type` is of any.
/// - What the parts hold is not looked into.
pub(super) fn violations(
    media: &MediaType,
    content_type: &str,
    body: &[u8],
    direction: Direction,
) -> Vec<Violation> {
    let encodings = &media.encoding;
    let is_silent = encodings.by_name.is_empty() && encodings.prefix.is_empty() && encodings.item.is_none();
    if is_silent || media::kind(content_type) != media::Kind::Multipart {
        return Vec::new();
    }
    // A body that cannot be read has its violation already.
    let Ok(parts) = Parts::read(content_type, body) else { return Vec::new() };
    let mut found = Vec::new();
    parts.each(content_type, encodings, &Shape::of(media.schema.as_ref()), |pointer, encoding, part| {
        if found.len() < MAX_VIOLATIONS {
            found.extend(undocumented(pointer, encoding, part));
            header_violations(pointer, encoding, part, direction, &mut found);
        }
    });
    found
}

fn at(pointer: &str, rule: &'static str, message: String) -> Violation {
    Violation { pointer: pointer.to_owned(), ..Violation::new(Part::Body, rule, message) }
}

fn undocumented(pointer: &str, encoding: &Encoding, part: &MultipartPart<'_>) -> Option<Violation> {
    // A style leaves no room for a media type (OpenAPI 3.1.0, section 4.8.15.1).
    let sent = part.content_type().filter(|_| !encoding.has_style())?;
    let documented: Vec<&str> = encoding.content_types().collect();
    let is_documented =
        documented.is_empty() || documented.iter().any(|range| media::specificity(range, sent).is_some());
    (!is_documented).then(|| {
        let sent = media::essence(sent).escape_debug();
        let message = format!("the part is `{sent}`; documented are: {}", documented.join(", "));
        at(pointer, "undocumented", message)
    })
}

fn header_violations(
    pointer: &str,
    encoding: &Encoding,
    part: &MultipartPart<'_>,
    direction: Direction,
    found: &mut Vec<Violation>,
) {
    for header in &encoding.headers {
        match decode_header(header, &part.headers) {
            Ok(None) if header.required => {
                found.push(at(pointer, "missing", format!("the part has no header `{}`", header.name)));
            }
            Ok(None) => {}
            Ok(Some(value)) => {
                let whole = value::violations(
                    || Part::Body,
                    header_schema(header),
                    &value,
                    direction,
                    Secrecy::BySchema,
                );
                found.extend(whole.into_iter().map(|violation| {
                    let message = format!("the header `{}` of the part: {}", header.name, violation.message);
                    Violation { pointer: pointer.to_owned(), message, ..violation }
                }));
            }
            Err(why) => {
                found.push(at(
                    pointer,
                    "unreadable",
                    format!("the header `{}` of the part: {why}", header.name),
                ));
            }
        }
    }
}
