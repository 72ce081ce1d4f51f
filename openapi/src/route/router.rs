//! The router over path templates.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::PathTemplate;
use super::branch::{Branch, Candidate, Claim, End};
use super::condition::{Condition, conditions};
use super::template::Segment;
use crate::contract::Operation;
use crate::message::Request;

/// The most templates named as near a path that none matches.
const MAX_NEAREST: usize = 3;

/// Which server base paths a request may come under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasePaths {
    /// Under a documented base path, or without it.
    Optional,
    /// Only under a documented base path, where there is one.
    Strict,
}

/// Finds the operation a request means, over the operations of one or several contracts.
#[derive(Debug, Default)]
pub struct Router {
    root: Branch,
    /// The operations of templates that are literal throughout, base path included, by their segments as decoded and
    /// joined again. Such a template beats every other, so that a request for it needs no walk.
    literals: HashMap<String, Literal>,
    templates: Vec<String>,
    shadowed: Vec<Shadowed>,
}

/// What ends at a template that is literal throughout.
#[derive(Debug, Default)]
struct Literal {
    ends: Vec<End>,
    /// Whether another template may have a better claim to the path.
    is_contested: bool,
}

/// An operation that no request means, since another has the same method and paths.
#[derive(Debug, Clone)]
pub struct Shadowed {
    /// The operation.
    pub operation: Arc<Operation>,
    /// The one that its requests mean.
    pub by: Arc<Operation>,
}

/// What the router says of a request.
#[derive(Debug)]
pub enum Route<'r, 'p> {
    /// The operation it means.
    Found(RouteMatch<'r, 'p>),
    /// The path is known, the method is not.
    WrongMethod {
        /// The methods the path has, in document order.
        allowed: Vec<&'r Method>,
    },
    /// No template matches the path.
    Unknown,
    /// The path holds a `%` without two hexadecimal digits after it, or text that is not UTF-8.
    BadEscape,
}

/// An operation and the raw values of its path variables.
#[derive(Debug, Clone)]
pub struct RouteMatch<'r, 'p> {
    /// The operation.
    pub operation: &'r Arc<Operation>,
    /// Values by variable, from left to right, still percent-encoded.
    pub variables: Vec<(&'r str, &'p str)>,
}

impl<'r, 'p> RouteMatch<'r, 'p> {
    /// What a router of this operation alone would find; nothing where the path, without a server's base path, is
    /// not of the operation's template.
    pub fn of(operation: &'r Arc<Operation>, path: &'p str) -> Option<Self> {
        Some(Self { operation, variables: operation.path().captures(path)? })
    }
}

impl Router {
    /// A router over `operations`; where two of them claim the same method and template, the first is found.
    pub fn new<'o>(operations: impl IntoIterator<Item = &'o Arc<Operation>>, base_paths: BasePaths) -> Self {
        let mut router = Self::default();
        for operation in operations {
            let documented = operation.servers().iter().flat_map(|server| &server.base_paths);
            let mut bases: Vec<(&str, Claim)> =
                documented.map(|base| (base.as_str(), Claim::Exact)).collect();
            let defaults = operation.servers().iter().map(|server| server.default_base_path.as_str());
            bases.extend(defaults.map(|base| (base, Claim::Exact)));
            if bases.is_empty() {
                bases.push((operation.mount(), Claim::Exact));
            } else if base_paths == BasePaths::Optional {
                bases.push((operation.mount(), Claim::Loose));
            }
            bases.sort_by_key(|(base, claim)| (Reverse(base.len()), *base, Reverse(*claim)));
            bases.dedup_by_key(|(base, _)| *base);
            let conditions: Arc<[Condition]> = conditions(operation).into();
            let insert = |(base, claim)| router.insert(base, claim, operation, &conditions);
            let taken: Vec<Option<Arc<Operation>>> = bases.into_iter().map(insert).collect();
            if let Some(by) =
                taken.into_iter().collect::<Option<Vec<_>>>().and_then(|by| by.into_iter().next())
            {
                router.shadowed.push(Shadowed { operation: Arc::clone(operation), by });
            }
            router.templates.push(format!("{}{}", operation.mount(), operation.path()));
        }
        router.templates.sort();
        router.templates.dedup();
        router.contest();
        router
    }

    /// Marks the literal paths to which another template has a better claim.
    fn contest(&mut self) {
        let is_exact = |end: &End| end.claim == Claim::Exact;
        for (path, literal) in &mut self.literals {
            let candidates = self.root.candidates(&path.split('/').collect::<Vec<_>>());
            literal.is_contested = literal.ends.iter().any(|end| !is_exact(end))
                && candidates.iter().any(|candidate| candidate.branch.ends.iter().any(is_exact));
        }
    }

    /// Adds an operation under one base path; the one that has its place already comes back.
    fn insert(
        &mut self,
        base: &str,
        claim: Claim,
        operation: &Arc<Operation>,
        conditions: &Arc<[Condition]>,
    ) -> Option<Arc<Operation>> {
        let base = (!base.is_empty()).then(|| PathTemplate::parse(base));
        let base_variables = base.as_ref().map_or(0, |base| base.variables().count());
        let end = End {
            operation: Arc::clone(operation),
            // A variable may stand for anything, what comes after a base path that was left out included.
            claim: if base_variables == 0 { claim } else { Claim::Loose },
            base_variables,
            conditions: Arc::clone(conditions),
        };
        let segments = || base.iter().flat_map(|base| &base.segments).chain(&operation.path().segments);
        let literals: Option<Vec<Cow<'_, str>>> = segments().map(Segment::plain).collect();
        if let Some(literals) = literals {
            end.clone().add(&mut self.literals.entry(literals.join("/")).or_default().ends);
        }
        let branch = segments().fold(&mut self.root, Branch::child);
        end.add(&mut branch.ends)
    }

    /// The operations that no request means, each with the first that has one of its places.
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.shadowed
    }

    /// As [`Router::find_with`], for a request without query and headers.
    pub fn find<'r, 'p>(&'r self, method: &Method, path: &'p str) -> Route<'r, 'p> {
        self.find_with(method, path, "", &HeaderMap::new())
    }

    /// As [`Router::find_with`], for a whole request.
    pub fn find_request<'r, 'p>(&'r self, request: &'p Request) -> Route<'r, 'p> {
        self.find_with(&request.method, request.path(), request.query().unwrap_or_default(), &request.headers)
    }

    /// Finds the operation for a method, a raw request path (still percent-encoded), the raw query and the headers.
    ///
    /// - Of several templates the one with more literal segments wins, then the one whose literal is leftmost, then the
    ///   one with more text beside variables.
    /// - A template that has the method beats a better one that has not.
    /// - Before all that, a path with the base path that the document says beats one whose base path is left out, unless
    ///   it holds variables.
    /// - Real documents have queries in templates (`/?Action=Create`), which the specification does not know. Their
    ///   literal pairs must be in the request's query.
    /// - They have fragments too (`/#X-Amz-Target=Table.Create`), which never reach a server. What a fragment names is
    ///   looked for in the query parameter or header of that name, where the operation declares one. Of operations that
    ///   share a path the one wins of whose names and values most are there, and those of pairs with variables
    ///   (`?id={id}`); before all one of which all are there.
    pub fn find_with<'r, 'p>(
        &'r self,
        method: &Method,
        path: &'p str,
        query: &str,
        headers: &HeaderMap,
    ) -> Route<'r, 'p> {
        if !has_valid_escapes(path) {
            return Route::BadEscape;
        }
        let relative = path.strip_prefix('/').unwrap_or(path);
        if let Some(literal) = self.literals.get(relative)
            && let Some(end) = End::meant(&literal.ends, method, query, headers)
            && (end.claim == Claim::Exact || !literal.is_contested)
        {
            return Route::Found(RouteMatch { operation: &end.operation, variables: Vec::new() });
        }
        let found = self.candidates(relative);
        let mut best: Option<(&End, &Candidate<'_, '_>)> = None;
        for candidate in &found {
            if let Some(end) = End::meant(&candidate.branch.ends, method, query, headers)
                && best.is_none_or(|(best, _)| end.claim > best.claim)
            {
                best = Some((end, candidate));
            }
        }
        if let Some((end, candidate)) = best {
            let names = end.operation.path().variables();
            let values = candidate.captures.iter().copied().skip(end.base_variables);
            return Route::Found(RouteMatch {
                operation: &end.operation,
                variables: names.zip(values).collect(),
            });
        }
        let mut allowed: Vec<&Method> = Vec::new();
        for end in found.iter().flat_map(|candidate| &candidate.branch.ends) {
            if !allowed.contains(&end.operation.method()) {
                allowed.push(end.operation.method());
            }
        }
        // A method that the path has, and not with such a query, means no operation.
        if allowed.is_empty() || allowed.contains(&method) {
            return Route::Unknown;
        }
        Route::WrongMethod { allowed }
    }

    /// All operations of a method whose templates a path is of, the one that is found first.
    pub(crate) fn matching<'r>(&'r self, method: &Method, path: &str) -> Vec<&'r Arc<Operation>> {
        let found = self.candidates(path.strip_prefix('/').unwrap_or(path));
        let ends = found.iter().flat_map(|candidate| &candidate.branch.ends);
        ends.map(|end| &end.operation).filter(|operation| operation.method() == method).collect()
    }

    /// The branches that a path without its first slash is of, the best first.
    fn candidates<'r, 'p>(&'r self, relative: &'p str) -> Vec<Candidate<'r, 'p>> {
        self.root.candidates(&relative.split('/').collect::<Vec<_>>())
    }

    /// The templates nearest to a path that none matches, the nearest first.
    pub fn nearest(&self, path: &str) -> Vec<&str> {
        let mut ranked: Vec<(f64, &str)> = self
            .templates
            .iter()
            .map(|template| (strsim::jaro_winkler(template, path), template.as_str()))
            .collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
        ranked.into_iter().take(MAX_NEAREST).map(|(_, template)| template).collect()
    }
}

/// Whether every `%` is followed by two hexadecimal digits and the whole is UTF-8 once decoded.
pub(super) fn has_valid_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_escape =
        |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let all_paired = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| is_escape(at));
    all_paired
        && (!text.contains('%')
            || matches!(percent_decode_str(text).decode_utf8(), Ok(Cow::Owned(_) | Cow::Borrowed(_))))
}

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::prelude::*;
    use serde_json::json;

    use super::{BasePaths, PathTemplate, Route, Router};
    use crate::contract::Contract;
    use crate::message::Request;

    fn contract(servers: &[&str], paths: &[&str]) -> Contract {
        let servers: Vec<_> = servers.iter().map(|url| json!({ "url": url })).collect();
        let item = json!({ "get": { "responses": { "200": { "description": "" } } } });
        let paths: serde_json::Map<_, _> =
            paths.iter().map(|path| ((*path).to_owned(), item.clone())).collect();
        let document = json!({ "openapi": "3.0.3", "servers": servers, "paths": paths });
        Contract::load("routes.json", document.to_string().as_bytes()).expect("a document")
    }

    /// The template found for a path, with its raw variables; `-` where none is.
    fn found(router: &Router, path: &str) -> String {
        match router.find(&Method::GET, path) {
            Route::Found(found) => {
                let values: Vec<String> =
                    found.variables.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("{}{}", found.operation.path(), values.concat())
            }
            Route::WrongMethod { .. } => "wrong method".to_owned(),
            Route::Unknown => "-".to_owned(),
            Route::BadEscape => "bad escape".to_owned(),
        }
    }

    #[test]
    fn more_literal_segments_win_then_the_leftmost_literal() {
        let contract = contract(
            &[],
            &[
                "/",
                "/pets/{id}",
                "/pets/mine",
                "/pets/{id}/toys",
                "/{kind}/mine/toys",
                "/{a}/b/{c}",
                "/a/{b}/c",
                "/files/{id}.json",
                "/files/{id}.schema.json",
                "/files/{id}",
                "/v/{a}-{b}",
                "/run/{id}:start",
                "/slash/",
                "/a b/{id}",
            ],
        );
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let table = [
            ("/", "/"),
            ("/pets/mine", "/pets/mine"),
            ("/pets/%6Dine", "/pets/mine"),
            ("/pets/7", "/pets/{id} id=7"),
            ("/pets/a%2Fb", "/pets/{id} id=a%2Fb"),
            ("/pets/", "-"),
            ("/pets", "-"),
            ("/pets/7/", "-"),
            ("/pets/mine/toys", "/pets/{id}/toys id=mine"),
            ("/toys/mine/toys", "/{kind}/mine/toys kind=toys"),
            ("/pets/7/toys", "/pets/{id}/toys id=7"),
            ("/a/b/c", "/a/{b}/c b=b"),
            ("/x/b/c", "/{a}/b/{c} a=x c=c"),
            ("/files/7.json", "/files/{id}.json id=7"),
            ("/files/7.schema.json", "/files/{id}.schema.json id=7"),
            ("/files/7.yaml", "/files/{id} id=7.yaml"),
            ("/files/.json", "/files/{id} id=.json"),
            ("/v/1-2-3", "/v/{a}-{b} a=1 b=2-3"),
            ("/v/1", "-"),
            ("/run/7:start", "/run/{id}:start id=7"),
            ("/slash/", "/slash/"),
            ("/slash", "-"),
            ("/a%20b/1", "/a b/{id} id=1"),
            ("/pets/%zz", "bad escape"),
            ("/pets/%FF", "bad escape"),
        ];
        for (path, expected) in table {
            assert_eq!(found(&router, path), expected, "{path}");
        }
    }

    #[test]
    fn base_paths_are_optional_unless_strict() {
        let contract =
            contract(&["https://api.example.com/v1/", "https://{host}/{stage}/v2", "/v3"], &["/pets/{id}"]);
        let optional = Router::new(contract.operations(), BasePaths::Optional);
        let strict = Router::new(contract.operations(), BasePaths::Strict);
        for path in ["/v1/pets/7", "/prod/v2/pets/7", "/v3/pets/7"] {
            assert_eq!(found(&optional, path), "/pets/{id} id=7", "{path}");
            assert_eq!(found(&strict, path), "/pets/{id} id=7", "{path}");
        }
        assert_eq!(found(&optional, "/pets/7"), "/pets/{id} id=7");
        assert_eq!(found(&strict, "/pets/7"), "-");
    }

    #[test]
    fn a_path_with_its_base_path_beats_one_that_leaves_it_out() {
        let documented =
            contract(&["https://api.example.com/api"], &["/api/pets", "/pets", "/{any}", "/api/{any}"]);
        let router = Router::new(documented.operations(), BasePaths::Optional);
        let table = [
            ("/api/pets", "/pets"),
            ("/api/api/pets", "/api/pets"),
            ("/api/toys", "/{any} any=toys"),
            ("/api/api/toys", "/api/{any} any=toys"),
            ("/pets", "/pets"),
            ("/toys", "/{any} any=toys"),
        ];
        for (path, expected) in table {
            assert_eq!(found(&router, path), expected, "{path}");
        }
        // What stands for a variable may as well be the path that comes after a base path that was left out.
        let variable = contract(&["https://api.example.com/{tenant}"], &["/{any}", "/pets/{id}"]);
        let router = Router::new(variable.operations(), BasePaths::Optional);
        assert_eq!(found(&router, "/pets/7"), "/pets/{id} id=7");
    }

    #[test]
    fn a_template_with_the_method_beats_a_better_one_without() {
        let document = json!({ "openapi": "3.0.3", "paths": {
            "/pets/mine": { "put": {} }, "/pets/{id}": { "get": {}, "delete": {} },
        } });
        let contract = Contract::load("routes.json", document.to_string().as_bytes()).expect("a document");
        let router = Router::new(contract.operations(), BasePaths::Optional);
        assert_eq!(found(&router, "/pets/mine"), "/pets/{id} id=mine");
        match router.find(&Method::PATCH, "/pets/mine") {
            Route::WrongMethod { allowed } => {
                assert_eq!(allowed, [&Method::PUT, &Method::GET, &Method::DELETE])
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(router.nearest("/pet/mine")[0], "/pets/mine");
    }

    #[test]
    fn queries_and_what_fragments_name_tell_operations_of_one_path_apart() {
        let header = json!([{ "name": "X-Target", "in": "header", "schema": { "type": "string" } }]);
        let action = json!([{ "name": "Action", "in": "query", "schema": { "type": "string" } }]);
        let document = json!({ "openapi": "3.0.3", "paths": {
            "/run?do=start": { "post": {} },
            "/run?do=stop&now={now}": { "post": {} },
            "/by?city={city}&state={state}": { "get": {} },
            "/by?lat={lat}&lon={lon}": { "get": {} },
            "/any": { "get": {} },
            "/any?view=full": { "get": {} },
            "/#X-Target=A.One": { "post": { "parameters": header } },
            "/#X-Target=A.Two": { "post": { "parameters": header } },
            "/{bucket}": { "put": {} },
            "/{bucket}#Action": { "put": { "parameters": action } },
            "/{bucket}#Action=Stop": { "put": { "parameters": action } },
            "/lost#one": { "get": {} },
            "/lost#two": { "get": {} },
        } });
        let contract = Contract::load("routes.json", document.to_string().as_bytes()).expect("a document");
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let table = [
            ("POST", "/run?do=start", "", "/run?do=start"),
            ("POST", "/run?x=1&do=start", "", "/run?do=start"),
            ("POST", "/run?do=stop&now=1", "", "/run?do=stop&now={now}"),
            ("POST", "/run?do=stop", "", "/run?do=stop&now={now}"),
            ("POST", "/run", "", "-"),
            ("GET", "/by?lon=1&lat=2", "", "/by?lat={lat}&lon={lon}"),
            ("GET", "/by?city=a&state=b", "", "/by?city={city}&state={state}"),
            ("GET", "/by?lat=1", "", "/by?lat={lat}&lon={lon}"),
            ("GET", "/by", "", "/by?city={city}&state={state}"),
            ("GET", "/any", "", "/any"),
            ("GET", "/any?view=some", "", "/any"),
            ("GET", "/any?view=full", "", "/any?view=full"),
            ("POST", "/", "A.Two", "/#X-Target=A.Two"),
            ("POST", "/", "A.One", "/#X-Target=A.One"),
            ("POST", "/", "A.Three", "/#X-Target=A.One"),
            ("PUT", "/b", "", "/{bucket}"),
            ("PUT", "/b?Action", "", "/{bucket}#Action"),
            ("PUT", "/b?Action=Start", "", "/{bucket}#Action"),
            ("PUT", "/b?Action=Stop", "", "/{bucket}#Action"),
            ("GET", "/lost", "", "/lost#one"),
        ];
        for (method, target, header, expected) in table {
            let mut request = Request::new(method.parse().expect("a method"), target);
            if !header.is_empty() {
                request.headers.insert("x-target", header.parse().expect("a value"));
            }
            let found = match router.find_request(&request) {
                Route::Found(found) => found.operation.path().as_str(),
                _ => "-",
            };
            assert_eq!(found, expected, "{method} {target} {header}");
        }
    }

    proptest! {
        #[test]
        fn a_filled_template_is_matched_with_its_values(value in "[a-z]{1,8}", other in "[a-z]{1,8}") {
            let template = "/x/{a}/{b}.json";
            let contract = contract(&[], &[template]);
            let router = Router::new(contract.operations(), BasePaths::Optional);
            let path = PathTemplate::parse(template).fill(|name| if name == "a" { value.clone() } else { other.clone() });
            prop_assert_eq!(found(&router, &path), format!("{template} a={value} b={other}"));
        }

        #[test]
        fn no_path_panics(path in ".*", template in ".*") {
            let contract = contract(&[], &["/{a}-{b}", "/{id}.json/{c}"]);
            let router = Router::new(contract.operations(), BasePaths::Optional);
            let _ = router.find(&Method::GET, &path);
            let _ = PathTemplate::parse(&template).fill(|_| "7".to_owned());
        }
    }
}
