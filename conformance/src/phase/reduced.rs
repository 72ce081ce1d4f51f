//! What of a request may be left out, and what has to be for a server to accept it.
//!
//! A full request is refused where one of its values is wrong in a way that no document says: the cursor of no page, two
//! filters that exclude each other. Whatever else is varied in it is refused for the same reason then, and nothing is
//! learnt of it. So what makes it refused is looked for first.

use counterfoil_openapi::codec::{Payload, RequestValues};
use counterfoil_openapi::{Location, Operation};
use serde_json::{Map, Value};

/// The most things of one request that are left out in turn.
const MAX_OPTIONAL: usize = 24;

/// Something that a request may go without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Optional {
    /// A parameter, by its name and where it is.
    Parameter(Location, String),
    /// A member of the body.
    Member(String),
}

impl Optional {
    /// What a request can be valid without, each by itself.
    pub(super) fn of(
        operation: &Operation,
        values: &RequestValues,
        is_valid: &dyn Fn(&RequestValues) -> bool,
    ) -> Vec<Self> {
        let parameters = operation.parameters().iter();
        let parameters = parameters
            .filter(|parameter| parameter.location != Location::Path)
            .map(|parameter| Self::Parameter(parameter.location, parameter.name.clone()));
        let members = values.body.as_ref().and_then(|body| body.payload.as_value()?.as_object());
        let members = members.into_iter().flat_map(Map::keys).cloned().map(Self::Member);
        let may_go = |optional: &Self| {
            let mut without = values.clone();
            optional.leave_out(&mut without) && is_valid(&without)
        };
        parameters.chain(members).filter(may_go).take(MAX_OPTIONAL).collect()
    }

    /// Whether it was there to be left out.
    pub(super) fn leave_out(&self, values: &mut RequestValues) -> bool {
        match self {
            Self::Parameter(location, name) => {
                let place = match location {
                    Location::Path => &mut values.path,
                    Location::Query | Location::QueryString => &mut values.query,
                    Location::Header => &mut values.header,
                    _ => &mut values.cookie,
                };
                place.shift_remove(name).is_some()
            }
            Self::Member(name) => {
                let Some(Payload::Value(Value::Object(members))) =
                    values.body.as_mut().map(|body| &mut body.payload)
                else {
                    return false;
                };
                members.shift_remove(name).is_some()
            }
        }
    }
}

/// A request without some of what it may go without.
pub(super) fn without(values: &RequestValues, left_out: &[Optional]) -> RequestValues {
    let mut values = values.clone();
    for optional in left_out {
        optional.leave_out(&mut values);
    }
    values
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reception {
    Accepted,
    /// For what it holds, as far as the status tells.
    Refused,
    /// Something else, which tells nothing of what the request holds.
    Other,
}

impl Reception {
    pub(super) fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..=299) => Self::Accepted,
            Some(400 | 422) => Self::Refused,
            _ => Self::Other,
        }
    }
}

/// A search for as full a request as the server accepts.
#[derive(Debug)]
pub(super) struct Search {
    optional: Vec<Optional>,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// The full request is under way.
    Whole,
    /// The same without each thing in turn, and without all of them.
    Single,
    /// The request without all of them, with each one in turn.
    Added,
    /// The request with all that were accepted so.
    Joined { one: Option<Optional> },
}

/// How a search goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// By trying requests, each without some things.
    Try(Vec<Vec<Optional>>),
    /// Not at all: this is what has to be left out.
    Settled(Vec<Optional>),
}

impl Search {
    /// A search that begins with the whole request; nothing where there is nothing to leave out.
    pub(super) fn new(optional: Vec<Optional>) -> Option<Self> {
        (!optional.is_empty()).then_some(Self { optional, stage: Stage::Whole })
    }

    /// Whether nothing was heard yet.
    pub(super) fn is_new(&self) -> bool {
        self.stage == Stage::Whole
    }

    /// The next step after requests were tried, each with what it left out, in the order that they were asked for.
    pub(super) fn heard(&mut self, tried: &[(Vec<Optional>, Reception)]) -> Step {
        let accepted: Vec<&Vec<Optional>> = tried
            .iter()
            .filter(|(_, reception)| *reception == Reception::Accepted)
            .map(|(left_out, _)| left_out)
            .collect();
        match &self.stage {
            Stage::Whole if tried.iter().any(|(_, reception)| *reception == Reception::Refused) => {
                self.stage = Stage::Single;
                // The whole is tried once more: it was sent as it is, and what it makes may be there already.
                let single = self.optional.iter().map(|optional| vec![optional.clone()]);
                let mut tries: Vec<_> = std::iter::once(Vec::new()).chain(single).collect();
                if self.optional.len() > 1 {
                    tries.push(self.optional.clone());
                }
                Step::Try(tries)
            }
            Stage::Whole => Step::Settled(Vec::new()),
            Stage::Single => match accepted.first() {
                None => Step::Settled(Vec::new()),
                // Of two things there is no more to find out.
                Some(left_out) if left_out.len() < 3 => Step::Settled(left_out.to_vec()),
                Some(_) => {
                    self.stage = Stage::Added;
                    Step::Try(self.optional.iter().map(|added| self.all_but(&[added])).collect())
                }
            },
            Stage::Added => {
                let is_added =
                    |optional: &&Optional| accepted.iter().any(|left_out| !left_out.contains(optional));
                let added: Vec<&Optional> = self.optional.iter().filter(is_added).collect();
                let left_out = self.all_but(&added);
                if added.len() < 2 {
                    return Step::Settled(left_out);
                }
                self.stage = Stage::Joined { one: added.first().map(|&one| one.clone()) };
                Step::Try(vec![left_out])
            }
            Stage::Joined { one } => match accepted.first() {
                Some(left_out) => Step::Settled(left_out.to_vec()),
                None => Step::Settled(self.all_but(&one.iter().collect::<Vec<_>>())),
            },
        }
    }

    fn all_but(&self, added: &[&Optional]) -> Vec<Optional> {
        self.optional.iter().filter(|optional| !added.contains(optional)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left out of a request of members in the end, where a server accepts what `accepts` says.
    fn settled(names: &str, accepts: &dyn Fn(&str) -> bool) -> String {
        let optional: Vec<Optional> = names.chars().map(|name| Optional::Member(name.to_string())).collect();
        let mut search = Search::new(optional.clone()).unwrap();
        let mut tries = vec![Vec::new()];
        loop {
            let try_one = |left_out: Vec<Optional>| {
                let sent = optional.iter().filter(|optional| !left_out.contains(optional));
                let sent: String = sent.map(name).collect();
                let reception = if accepts(&sent) { Reception::Accepted } else { Reception::Refused };
                (left_out, reception)
            };
            let tried: Vec<_> = tries.into_iter().map(try_one).collect();
            match search.heard(&tried) {
                Step::Try(next) => tries = next,
                Step::Settled(left_out) => return left_out.iter().map(name).collect(),
            }
        }
    }

    fn name(optional: &Optional) -> &str {
        match optional {
            Optional::Member(name) | Optional::Parameter(_, name) => name,
        }
    }

    #[test]
    fn no_more_is_left_out_than_has_to_be() {
        type Row<'r> = (&'r str, &'r dyn Fn(&str) -> bool, &'r str);
        let table: [Row<'_>; 9] = [
            ("abcd", &|_| true, ""),
            ("abcd", &|_| false, ""),
            ("abcd", &|sent| !sent.contains('c'), "c"),
            ("abcd", &|sent| !sent.contains('a') && !sent.contains('c'), "ac"),
            ("abcd", &|sent| !(sent.contains('b') && sent.contains('c')), "b"),
            ("abcd", &|sent| sent.len() < 2, "bcd"),
            ("abcd", &|sent| sent.is_empty(), "abcd"),
            ("ab", &|sent| sent.is_empty(), "ab"),
            ("a", &|sent| sent.is_empty(), "a"),
        ];
        for (names, accepts, expected) in table {
            assert_eq!(settled(names, accepts), expected, "of {names}");
        }
    }

    #[test]
    fn what_tells_nothing_of_the_request_ends_the_search() {
        for status in [None, Some(200), Some(401), Some(404), Some(409), Some(500)] {
            let mut search = Search::new(vec![Optional::Member("a".to_owned())]).unwrap();
            let step = search.heard(&[(Vec::new(), Reception::of(status))]);
            assert_eq!(step, Step::Settled(Vec::new()), "{status:?}");
        }
    }
}
