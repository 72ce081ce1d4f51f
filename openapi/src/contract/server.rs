//! Server and Server Variable Objects (OpenAPI 3.0.3, sections 4.7.5 and 4.7.6).

use crate::document::{Document, Place};

/// One server of a document, path or operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The URL template as documented.
    pub url: String,
    /// The path under which operations are reached, a template still, without a trailing slash: `/v1`, `/{stage}`
    /// or nothing.
    pub base_path: String,
    /// The base path with every variable at its default.
    pub default_base_path: String,
}

impl Server {
    pub(crate) fn read(place: &Place<'_>) -> Option<Self> {
        let url = place.text("url")?.trim();
        let template = path_of(url);
        let mut filled = template.to_owned();
        if let Some(variables) = place.get("variables") {
            for (name, variable) in variables.members() {
                let default = match variable.value.get("default") {
                    Some(serde_json::Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => continue,
                };
                filled = filled.replace(&format!("{{{name}}}"), &default);
            }
        }
        // A variable's default may itself hold slashes, as `v1/` does.
        let base_path = template.trim_end_matches('/').to_owned();
        let mut default_base_path = filled.trim_end_matches('/').to_owned();
        if !default_base_path.is_empty() && !default_base_path.starts_with('/') {
            default_base_path.insert(0, '/');
        }
        Some(Self { url: url.to_owned(), base_path, default_base_path })
    }
}

/// The path part of a URL template, or of a relative one; query and fragment do not count.
fn path_of(url: &str) -> &str {
    let after_scheme = match url.find("://") {
        Some(at) => &url[at + 3..],
        None if url.starts_with("//") => &url[2..],
        None => {
            let end = url.find(['?', '#']).unwrap_or(url.len());
            return if url.starts_with('/') { &url[..end] } else { "" };
        }
    };
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
    &path[..path.find(['?', '#']).unwrap_or(path.len())]
}

/// The servers of an object's own `servers` member.
pub(crate) fn read(document: &Document, owner: &Place<'_>) -> Vec<Server> {
    let Some(list) = owner.get("servers") else { return Vec::new() };
    list.items().filter_map(|place| Server::read(&place.follow(document).ok()?)).collect()
}
