//! What files are called: paths seen from the main document's folder, or URLs.

use percent_encoding::percent_decode_str;

/// Whether an address is an `http` or `https` URL.
pub(super) fn is_url(address: &str) -> bool {
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// Whether a reference starts with some scheme, as `urn:` and `file:` do; `C:` is a drive.
pub(super) fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|other| other.is_ascii_alphanumeric() || "+-.".contains(other))
    })
}

/// The address of what a document calls itself: its URL, or its name within its folder.
pub(super) fn home(name: &str) -> &str {
    match is_url(name) {
        true => name.split(['?', '#']).next().unwrap_or(name),
        false => name.rsplit(['/', '\\']).next().unwrap_or(name),
    }
}

/// The address of `file`, a reference without its fragment, when the file at the address `from` names it.
pub(super) fn beside(from: &str, file: &str) -> String {
    if is_url(file) {
        return file.to_owned();
    }
    if is_url(from) {
        return beside_url(from, file);
    }
    let decoded = percent_decode_str(file).decode_utf8_lossy();
    // Backslashes are what Windows tools write, and no name of ours holds one.
    let file = if decoded.contains('/') { decoded.into_owned() } else { decoded.replace('\\', "/") };
    if file.starts_with('/') { file } else { joined(from, &file) }
}

/// RFC 3986, section 5.2, for the references that lead to files.
fn beside_url(from: &str, file: &str) -> String {
    let from = from.split(['?', '#']).next().unwrap_or(from);
    let (scheme, rest) = from.split_once("://").unwrap_or(("https", from));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if let Some(other) = file.strip_prefix("//") {
        return format!("{scheme}://{other}");
    }
    let path = match file.strip_prefix('/') {
        Some(rooted) => joined("", rooted),
        None => joined(path.trim_start_matches('/'), file),
    };
    format!("{scheme}://{authority}/{}", path.trim_start_matches("../"))
}

/// A path in the place of the last part of another one, with its `.` and `..` taken out as far as they go.
fn joined(from: &str, file: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{beside, has_scheme, home};

    #[test]
    fn files_are_seen_from_where_they_are_named() {
        let table = [
            ("api.yaml", "a.yaml", "a.yaml"),
            ("paths/a.yaml", "../b.yaml", "b.yaml"),
            ("paths/a.yaml", "./b/c.yaml", "paths/b/c.yaml"),
            ("api.yaml", "../common/a.yaml", "../common/a.yaml"),
            ("../common/a.yaml", "../x.yaml", "../x.yaml"),
            ("../common/a.yaml", "b.yaml", "../common/b.yaml"),
            ("api.yaml", "my%20types/a b.yaml", "my types/a b.yaml"),
            ("api.yaml", ".\\types\\a.yaml", "types/a.yaml"),
            ("api.yaml", "/etc/passwd", "/etc/passwd"),
            ("api.yaml", "https://e.com/a.yaml", "https://e.com/a.yaml"),
            ("https://e.com/v1/api.yaml?x=1", "../b.yaml", "https://e.com/b.yaml"),
            ("https://e.com/v1/api.yaml", "../../../b.yaml", "https://e.com/b.yaml"),
            ("https://e.com/v1/api.yaml", "/b/c.yaml", "https://e.com/b/c.yaml"),
            ("https://e.com/v1/api.yaml", "//f.com/c.yaml", "https://f.com/c.yaml"),
            ("https://e.com", "c.yaml", "https://e.com/c.yaml"),
        ];
        for (from, file, expected) in table {
            assert_eq!(beside(from, file), expected, "{file} in {from}");
        }
    }

    #[test]
    fn a_document_is_at_its_name_or_its_url() {
        assert_eq!(home("dir/api.yaml"), "api.yaml");
        assert_eq!(home("https://e.com/v1/api.yaml?x=1"), "https://e.com/v1/api.yaml");
        assert!(has_scheme("file:///etc/passwd") && has_scheme("urn:x:y"));
        assert!(!has_scheme("C:\\a.yaml") && !has_scheme("./a:b.yaml") && !has_scheme("a.yaml"));
    }
}
