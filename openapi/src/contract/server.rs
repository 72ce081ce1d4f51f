//! Server and Server Variable Objects (OpenAPI 3.0.3, sections 4.7.5 and 4.7.6).

use serde_json::Value;

use crate::document::{Document, Place};

/// The most base paths of one server: the router keeps every operation under each of them.
const MAX_BASE_PATHS: usize = 32;

/// One server of a document, path or operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The URL template as documented.
    pub url: String,
    /// The path under which operations are reached, a template still, without a trailing slash: `/v1`, `/{stage}`
    /// or nothing.
    pub base_path: String,
    /// The base paths that requests come under: the base path with each value of the variables that have an `enum`. A
    /// variable without one is a variable still, and stands for any text; so is each where there would be more base
    /// paths than 32.
    pub base_paths: Vec<String>,
    /// The base path with every variable at its default.
    pub default_base_path: String,
}

impl Server {
    pub(crate) fn read(place: &Place<'_>) -> Option<Self> {
        let url = place.text("url")?.trim();
        // A variable at the beginning may be all that says where the path begins: `{server}/v1`.
        let mut template = url.to_owned();
        let mut filled = url.to_owned();
        let mut listed = vec![url.to_owned()];
        let variables = place.get("variables");
        for (name, variable) in variables.iter().flat_map(Place::members) {
            let written = format!("{{{name}}}");
            let default = variable.value.get("default").map(text_of);
            let values: Vec<String> = variable
                .value
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(text_of)
                .collect();
            let is_first = url.starts_with(&written);
            if let Some(default) = &default {
                filled = filled.replace(&written, default);
                if is_first {
                    template = template.replace(&written, default);
                }
            }
            let values = if values.is_empty() && is_first { default.into_iter().collect() } else { values };
            let has_say =
                is_first || path_of(url).contains(&written) || values.iter().any(|value| value.contains('/'));
            if has_say && !values.is_empty() && listed.len().saturating_mul(values.len()) <= MAX_BASE_PATHS {
                let put = |url: &String| {
                    values.iter().map(|value| url.replace(&written, value)).collect::<Vec<_>>()
                };
                listed = listed.iter().flat_map(put).collect();
            }
        }
        let mut base_paths: Vec<String> = listed.iter().map(|url| rooted(path_of(url))).collect();
        base_paths.sort();
        base_paths.dedup();
        Some(Self {
            url: url.to_owned(),
            base_path: path_of(&template).trim_end_matches('/').to_owned(),
            base_paths,
            default_base_path: rooted(path_of(&filled)),
        })
    }

    /// A server of which only the base path is known.
    pub(super) fn at(base_path: &str) -> Self {
        Self {
            url: base_path.to_owned(),
            base_path: base_path.to_owned(),
            base_paths: vec![base_path.to_owned()],
            default_base_path: base_path.to_owned(),
        }
    }

    /// The same server with a path before its base paths.
    pub(super) fn under(self, mount: &str) -> Self {
        if mount.is_empty() {
            return self;
        }
        let under = |path: String| mount.to_owned() + &path;
        Self {
            url: self.url,
            base_path: under(self.base_path),
            base_paths: self.base_paths.into_iter().map(under).collect(),
            default_base_path: under(self.default_base_path),
        }
    }
}

/// The value of a variable, which should be a text.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A base path with one slash before it and none after; a variable's value may itself hold slashes, as `v1/` does.
fn rooted(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// The path part of a URL template, or of a relative one; query and fragment do not count.
fn path_of(url: &str) -> &str {
    let after_scheme = match url.find("://") {
        Some(at) => &url[at + 3..],
        None if url.starts_with("//") => &url[2..],
        None => {
            let end = url.find(['?', '#']).unwrap_or(url.len());
            // What a variable at the beginning stands for, where nothing says so, is a host.
            let start = match url.strip_prefix('{') {
                Some(_) => url[..end].find('/').unwrap_or(end),
                None if url.starts_with('/') => 0,
                None => end,
            };
            return &url[start..end];
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

#[cfg(test)]
mod tests {
    use crate::contract::Contract;

    /// The base paths of a server of this URL with these variables.
    fn base_paths(url: &str, variables: &str) -> Vec<String> {
        let text = format!(
            "openapi: 3.0.3\nservers: [{{url: '{url}', variables: {variables}}}]\npaths: {{/a: {{get: {{}}}}}}"
        );
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        contract.operations()[0].servers()[0].base_paths.clone()
    }

    #[test]
    fn a_variable_with_an_enum_stands_for_its_values() {
        let table = [
            (
                "https://x/{a}/{b}",
                "{a: {default: p, enum: [p, q]}, b: {default: r}}",
                vec!["/p/{b}", "/q/{b}"],
            ),
            ("/v{n}/", "{n: {default: 1, enum: [1, 2]}}", vec!["/v1", "/v2"]),
            ("{base}", "{base: {default: /v1, enum: [/v1, /v2]}}", vec!["/v1", "/v2"]),
            ("{server}/v1", "{server: {default: 'https://x/api'}}", vec!["/api/v1"]),
            (
                "{server}/v1",
                "{server: {default: 'https://x', enum: ['https://x', 'https://y/z']}}",
                vec!["/v1", "/z/v1"],
            ),
            ("{server}/v1", "{other: {default: x}}", vec!["/v1"]),
            (
                "{scheme}://{host}/v1",
                "{scheme: {default: http, enum: [http, https]}, host: {default: x/y}}",
                vec!["/v1"],
            ),
            ("https://x/{base}", "{base: {default: '', enum: ['', v2/]}}", vec!["", "/v2"]),
            ("https://x/{a}", "{a: {default: p, enum: []}}", vec!["/{a}"]),
            ("https://{host}/v1", "{host: {default: p, enum: [p, q]}}", vec!["/v1"]),
        ];
        for (url, variables, expected) in table {
            assert_eq!(base_paths(url, variables), expected, "{url} {variables}");
        }
    }

    #[test]
    fn where_there_would_be_too_many_a_variable_stays_one() {
        let values: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let list = values.join(", ");
        let variables = format!("{{a: {{enum: [{list}]}}, b: {{enum: [{list}]}}}}");
        let found = base_paths("/{a}/{b}", &variables);
        assert_eq!((found.len(), found[19].as_str()), (20, "/9/{b}"));
    }
}
