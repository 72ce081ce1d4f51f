//! What beyond its path tells a request of an operation from those of others.
//!
//! The specification has no place for a query or fragment in a path template, and real documents have thousands of
//! both: `/?Action=Create`, `/#X-Amz-Target=Table.Create`. A literal query pair there must be in the request; one with a
//! variable (`?id={id}`) is a parameter by another name, and tells operations apart where it is there. A fragment never
//! reaches a server (RFC 9110, section 7.1), so it counts by what it names: the query parameter or header of that name
//! that the operation declares.

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::contract::{Location, Operation};

/// One thing that a request shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Condition {
    need: Need,
    carrier: Carrier,
    name: String,
    /// The value it must have; any where nothing is said.
    value: Option<String>,
}

/// What a request means that does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Need {
    /// Another operation: it is a literal pair of the query.
    Literal,
    /// Another one, if that has more of what it shows.
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Carrier {
    Query,
    Header,
}

/// How well a request meets the conditions of an operation; the order is the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The literal pairs are there, and not all that is named: so many conditions.
    Partly(usize),
    /// All is there: so many conditions.
    Wholly(usize),
}

/// What requests of an operation show beyond its path, sorted.
pub(crate) fn conditions(operation: &Operation) -> Vec<Condition> {
    let template = operation.path().as_str();
    let (before, fragment) = template.split_once('#').unwrap_or((template, ""));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let mut found = Vec::new();
    for pair in query.split('&') {
        let need = if pair.contains('{') { Need::Name } else { Need::Literal };
        found.extend(pairs(pair).map(|(name, value)| Condition {
            need,
            carrier: Carrier::Query,
            name,
            value,
        }));
    }
    for (name, value) in pairs(fragment) {
        let declares = |location| {
            let same = |known: &str| match location {
                Location::Header => known.eq_ignore_ascii_case(&name),
                _ => known == name,
            };
            operation.parameters_in(location).any(|parameter| same(&parameter.name))
        };
        let carrier = match () {
            () if declares(Location::Query) => Carrier::Query,
            () if declares(Location::Header) => Carrier::Header,
            () => continue,
        };
        let name = if carrier == Carrier::Header { name.to_ascii_lowercase() } else { name };
        found.push(Condition { need: Need::Name, carrier, name, value });
    }
    found.sort();
    found.dedup();
    found
}

/// The pairs of a query, decoded; a value that holds a variable may be any.
fn pairs(query: &str) -> impl Iterator<Item = (String, Option<String>)> {
    query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with('{')).map(|pair| {
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        (decode(name), value.filter(|value| !value.contains('{')).map(decode))
    })
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// How well a request meets conditions; nothing where it means another operation.
pub(super) fn fit(conditions: &[Condition], query: &str, headers: &HeaderMap) -> Option<Fit> {
    let (mut met, mut is_whole) = (0, true);
    for condition in conditions {
        let holds = match condition.carrier {
            Carrier::Query => pairs(query).any(|(name, value)| {
                name == condition.name
                    && condition
                        .value
                        .as_ref()
                        .is_none_or(|wanted| value.as_deref().unwrap_or_default() == wanted)
            }),
            Carrier::Header => headers.get_all(condition.name.as_str()).iter().any(|value| {
                condition.value.as_ref().is_none_or(|wanted| value.as_bytes() == wanted.as_bytes())
            }),
        };
        match (holds, condition.need) {
            (true, _) => met += 1,
            (false, Need::Name) => is_whole = false,
            (false, Need::Literal) => return None,
        }
    }
    Some(if is_whole { Fit::Wholly(met) } else { Fit::Partly(met) })
}
