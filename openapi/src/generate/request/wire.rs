//! What becomes of values on their way: encoded, routed, decoded, judged.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::codec::{Payload, RequestValues, encode_request};
use crate::contract::{Location, Operation, is_transport_header};
use crate::generate::draw::is_same;
use crate::message::Request;
use crate::route::{BasePaths, Route, Router};
use crate::validate::{self, Enforcement, Reading, RequestRules};
use crate::violation::Part;

/// Why a value does not go into a path.
pub(super) const UNFIT: &str = "no path segment can hold it";

/// A part of a request that does not arrive as it should, and why.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) part: Part,
    pub(super) why: String,
}

/// The way of the requests of one operation to whoever reads them.
#[derive(Debug)]
pub(super) struct Wire {
    operation: Arc<Operation>,
    router: Router,
    rules: RequestRules,
    /// The path variables whose schemas admit nothing but values with a slash in them.
    slashed: Vec<String>,
}

impl Wire {
    pub(super) fn new(operation: &Arc<Operation>) -> Self {
        // Credentials are added by whoever sends the request.
        let rules = RequestRules { security: Enforcement::Ignored, ..RequestRules::default() };
        let router = Router::new([operation], BasePaths::Optional);
        Self { operation: Arc::clone(operation), router, rules, slashed: Vec::new() }
    }

    /// Lets path variables hold slashes, escaped: it is that or no request.
    pub(super) fn admit_slashes<'n>(&mut self, variables: impl Iterator<Item = &'n str>) {
        self.slashed.extend(variables.map(str::to_owned));
    }

    /// What a request reads as; nothing where its path is not the operation's.
    pub(super) fn read(&self, request: &Request) -> Option<Reading> {
        match self.router.find_request(request) {
            Route::Found(found) => {
                let mut reading = validate::request(&found, request, &self.rules);
                reading.violations.retain(|violation| match &violation.part {
                    Part::Parameter(location, name) => !is_transport_header(*location, name),
                    _ => true,
                });
                Some(reading)
            }
            _ => None,
        }
    }

    /// What values read as once they were encoded; nothing where they cannot be, or do not lead to the operation.
    pub(super) fn verdict(&self, values: &RequestValues) -> Option<Reading> {
        if !self.path_faults(values).is_empty() {
            return None;
        }
        self.read(&encode_request(&self.operation, values).ok()?)
    }

    /// What keeps the values from arriving as they are and valid.
    pub(super) fn faults(&self, values: &RequestValues) -> Vec<Fault> {
        let mut faults = self.path_faults(values);
        if !faults.is_empty() {
            return faults;
        }
        let request = match encode_request(&self.operation, values) {
            Ok(request) => request,
            Err(error) => return vec![Fault { part: error.part().clone(), why: error.to_string() }],
        };
        let Some(reading) = self.read(&request) else {
            return all_of_path(values, "the path does not lead to the operation");
        };
        for violation in &reading.violations {
            faults.push(Fault { part: violation.part.clone(), why: violation.to_string() });
        }
        let has_whole = self.operation.parameters_in(Location::QueryString).next().is_some();
        let query = if has_whole { Location::QueryString } else { Location::Query };
        let places = [
            (Location::Path, &values.path, &reading.values.path),
            (query, &values.query, &reading.values.query),
            (Location::Header, &values.header, &reading.values.header),
            (Location::Cookie, &values.cookie, &reading.values.cookie),
        ];
        for (location, sent, read) in places {
            faults.extend(changed(location, sent, read));
        }
        let arrives = match (&values.body, &reading.values.body) {
            (None, None) => true,
            (Some(sent), Some(read)) => is_same_payload(&sent.payload, &read.payload),
            _ => false,
        };
        if !arrives {
            let why = "the body is read as another one".to_owned();
            faults.push(Fault { part: Part::Body, why });
        }
        faults
    }

    /// Values that no path should hold: empty and dot segments vanish on the way (RFC 3986, section 5.2.4), and many
    /// servers split segments at an escaped slash.
    fn path_faults(&self, values: &RequestValues) -> Vec<Fault> {
        let unfit = values.path.iter().filter(|(name, value)| match value {
            Value::Array(items) => items.iter().any(|item| self.is_unfit(name, item)),
            Value::Object(map) => map.values().any(|member| self.is_unfit(name, member)),
            value => self.is_unfit(name, value),
        });
        unfit
            .map(|(name, _)| Fault {
                part: Part::Parameter(Location::Path, name.clone()),
                why: UNFIT.to_owned(),
            })
            .collect()
    }

    fn is_unfit(&self, name: &str, value: &Value) -> bool {
        let Value::String(text) = value else { return false };
        let is_split = || text.contains(['/', '\\']) && !self.slashed.iter().any(|slashed| slashed == name);
        text.is_empty() || text == "." || text == ".." || is_split()
    }
}

fn all_of_path(values: &RequestValues, why: &str) -> Vec<Fault> {
    let part = |name: &String| Part::Parameter(Location::Path, name.clone());
    values.path.keys().map(|name| Fault { part: part(name), why: why.to_owned() }).collect()
}

/// The parameters that are read as something else than was sent.
fn changed<'v>(
    location: Location,
    sent: &'v IndexMap<String, Value>,
    read: &'v IndexMap<String, Value>,
) -> impl Iterator<Item = Fault> {
    let is_other = move |(name, value): &(&String, &Value)| match read.get(*name) {
        Some(read) => !is_same(value, read),
        None => true,
    };
    let lost = sent.iter().filter(is_other).map(|(name, _)| name);
    let gained = read.keys().filter(|name| !sent.contains_key(*name));
    lost.chain(gained).map(move |name| Fault {
        part: Part::Parameter(location, name.clone()),
        why: "its place cannot carry it: it is read as another value".to_owned(),
    })
}

fn is_same_payload(sent: &Payload, read: &Payload) -> bool {
    match (sent, read) {
        (Payload::Value(sent), Payload::Value(read)) => is_same(sent, read),
        (Payload::Bytes(sent), Payload::Bytes(read)) => sent == read,
        // What no codec reads stays bytes.
        (Payload::Value(Value::String(sent)), Payload::Bytes(read)) => sent.as_bytes() == &read[..],
        _ => false,
    }
}
