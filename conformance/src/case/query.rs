//! The query of a request: parameters that it is given, and those that are taken away.

use std::ops::Range;

use counterfoil_openapi::Request;
use percent_encoding::percent_decode_str;

/// Gives a request these parameters, in the place of all of the same names.
pub(crate) fn replace(request: &mut Request, parameters: &[(String, String)]) {
    parameters.iter().for_each(|(name, _)| take(request, name));
    parameters.iter().for_each(|(name, value)| add(request, name, value));
}

/// Adds a parameter to those of a request.
pub(crate) fn add(request: &mut Request, name: &str, value: &str) {
    let separator = match request.target.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    request.target.push_str(&format!("{separator}{}={}", percent_encode(name), percent_encode(value)));
}

/// Takes away all parameters of a name.
pub(crate) fn take(request: &mut Request, name: &str) {
    let Some((path, query)) = request.target.split_once('?') else { return };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !is_named(pair.split_once('=').map_or(*pair, |(key, _)| key), name))
        .collect();
    request.target = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
}

/// Where in the target of a request the values of these parameters stand, from left to right, each with the place of the
/// parameter among them. A value that is another one now, a wrong one say, is none of them.
pub(crate) fn values(target: &str, parameters: &[(String, String)]) -> Vec<(Range<usize>, usize)> {
    let Some((path, query)) = target.split_once('?') else { return Vec::new() };
    let mut start = path.len() + 1;
    let mut found = Vec::new();
    for pair in query.split('&') {
        if let Some((key, written)) = pair.split_once('=').filter(|(_, written)| !written.is_empty()) {
            let is_it =
                |(name, value): &(String, String)| is_named(key, name) && percent_encode(value) == written;
            let at = start + key.len() + 1;
            found.extend(parameters.iter().position(is_it).map(|index| (at..at + written.len(), index)));
        }
        start += pair.len() + 1;
    }
    found
}

/// Whether a name as it stands in a query is this one.
pub(crate) fn is_named(written: &str, name: &str) -> bool {
    written == name || percent_decode_str(&written.replace('+', " ")).eq(name.bytes())
}

/// A name or a value as it stands in a query.
pub(crate) fn percent_encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn given_parameters_take_the_place_of_all_of_their_names() {
        for (target, expected) in [
            ("/pets", "/pets?the%20key=a%26b%2B%C3%A9&v=2"),
            ("/pets?", "/pets?the%20key=a%26b%2B%C3%A9&v=2"),
            ("/pets?v=1&page=2&v", "/pets?page=2&the%20key=a%26b%2B%C3%A9&v=2"),
            (
                "/pets?the+key=1&the%20key=2&%74he%20key=3&the_key=4",
                "/pets?the_key=4&the%20key=a%26b%2B%C3%A9&v=2",
            ),
        ] {
            let mut request = Request::new(Method::GET, target);
            replace(&mut request, &pairs(&[("the key", "a&b+é"), ("v", "2")]));
            assert_eq!(request.target, expected);
            assert_eq!(values(expected, &pairs(&[("v", "2")])).len(), 1);
        }
        let mut request = Request::new(Method::GET, "/pets?v=0");
        replace(&mut request, &pairs(&[("v", "1"), ("v", "2")]));
        assert_eq!(request.target, "/pets?v=1&v=2");
    }

    #[test]
    fn values_are_found_where_they_are_as_given() {
        let given = pairs(&[("key", "a b"), ("v", "2"), ("none", "")]);
        let target = "/v=2?page=2&key=a%20b&v=3&key&%6Bey=a%20b&v=2&none=";
        let found: Vec<(&str, usize)> =
            values(target, &given).into_iter().map(|(range, index)| (&target[range], index)).collect();
        assert_eq!(found, [("a%20b", 0), ("a%20b", 0), ("2", 1)]);
    }
}
