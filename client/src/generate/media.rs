//! What a client makes of a media type.

/// How bodies of a media type are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Form,
    Multipart,
    Text,
    Xml,
    /// Values one after the other.
    Stream,
    Other,
}

impl Kind {
    /// Whether such a body has parts, which are lost where it is taken as bytes.
    pub(crate) fn is_structured(self) -> bool {
        matches!(self, Self::Xml | Self::Multipart | Self::Form | Self::Stream)
    }
}

/// The kind of a media type or range. A range that JSON falls under is JSON.
pub(crate) fn kind(name: &str) -> Kind {
    let name = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "application/json" | "text/json" | "*/*" | "application/*" | "json" | "*" => Kind::Json,
        "application/x-www-form-urlencoded" => Kind::Form,
        "text/event-stream" | "application/jsonl" | "application/x-ndjson" | "application/json-seq" => {
            Kind::Stream
        }
        "application/xml" | "text/xml" => Kind::Xml,
        _ if name.ends_with("+json") => Kind::Json,
        _ if name.ends_with("+xml") && !name.starts_with("image/") => Kind::Xml,
        _ if name.starts_with("multipart/") => Kind::Multipart,
        _ if name.starts_with("text/") => Kind::Text,
        _ => Kind::Other,
    }
}

/// A media type to send: the one that is meant where a range is documented.
pub(crate) fn concrete(name: &str) -> String {
    match kind(name) {
        Kind::Json if name.contains('*') || !is_name(name) => "application/json".to_owned(),
        _ if name.contains('*') || !is_name(name) => "application/octet-stream".to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether a text can stand in a header as a media type.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 200
        && name.contains('/')
        && name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}
