//! The fields of a `when` against the operation: whether they are there, whether they can hold what is asked.

use counterfoil_openapi::{
    ApiKeyLocation, Direction, Location, Operation, Pointer, SecuritySchemeKind, Severity, codec,
};
use serde_json::Value;

use super::super::grammar::{
    Clause, Condition, Field, FieldClause, InvalidClause, InvalidPart, MediaTypes, Per, Relation, Test,
    Validity, When,
};
use super::super::matcher::is_same_name;
use super::super::nearest;
use super::super::read::Reader;
use super::super::shape::{Member, Shape};

/// Checks every field of a `when`.
///
/// What values a field can hold is only said of valid requests: an invalid one may hold anything.
pub(super) fn check(reader: &mut Reader<'_>, operation: &Operation, when: &mut When) {
    bind(reader, operation, &mut when.clauses);
    let is_valid = when.validity == Validity::Valid;
    let mut check = Check { reader, operation, is_valid, unknown: "matcher-unknown" };
    check.clauses(&when.clauses);
    for clause in &when.invalid {
        check.invalid_part(clause);
    }
}

/// Gives the schemas of conditions the document that their references lead into.
fn bind(reader: &mut Reader<'_>, operation: &Operation, clauses: &mut [Clause]) {
    for clause in clauses {
        match clause {
            Clause::Field(FieldClause { condition: Condition::Tests { tests, .. }, .. }) => {
                for test in tests {
                    let Test::Schema(test) = test else { continue };
                    let schema = operation.schema(test.source.clone());
                    if let Some(defect) = schema.defect() {
                        let message = format!("the schema cannot be used: {defect}");
                        reader.error("value-invalid", &test.pointer, message, None);
                    }
                    test.schema = Some(schema);
                }
            }
            Clause::Any(groups) | Clause::All(groups) => {
                groups.iter_mut().for_each(|group| bind(reader, operation, group));
            }
            Clause::Not(group) => bind(reader, operation, group),
            Clause::Field(_)
            | Clause::MediaType(_)
            | Clause::Accept(_)
            | Clause::Valid(_)
            | Clause::Invalid(_) => {}
        }
    }
}

/// Checks that the field of a `per` is there.
pub(super) fn check_per(reader: &mut Reader<'_>, operation: &Operation, per: &Per, validity: Validity) {
    let is_valid = validity == Validity::Valid;
    let mut check = Check { reader, operation, is_valid, unknown: "matcher-unknown" };
    check.domain(&per.field, &per.pointer);
}

struct Check<'c, 'd> {
    reader: &'c mut Reader<'d>,
    operation: &'c Operation,
    /// Whether the rule sees valid requests only.
    is_valid: bool,
    /// The code of what is said of a field that is not there.
    unknown: &'static str,
}

/// Which of several values can stand in a field, by their types; nothing where there is no such field, which is told.
pub(super) fn admitted(
    reader: &mut Reader<'_>,
    operation: &Operation,
    validity: Validity,
    field: &Field,
    at: &Pointer,
    samples: &[Value],
) -> Option<Vec<Value>> {
    let is_valid = validity == Validity::Valid;
    let mut check = Check { reader, operation, is_valid, unknown: "template-unknown" };
    let domain = check.domain(field, at)?;
    let can_be = |sample: &&Value| match &domain {
        Domain::Open => true,
        Domain::Shapes(shapes) => !is_valid || shapes.iter().any(|shape| shape.admits_type_of(sample)),
    };
    Some(samples.iter().filter(can_be).cloned().collect())
}

/// What a field can hold.
enum Domain<'c> {
    /// One of these shapes: one for each media type of a body.
    Shapes(Vec<Shape<'c>>),
    /// Nothing is known of it.
    Open,
}

impl<'c> Check<'c, '_> {
    fn clauses(&mut self, clauses: &[Clause]) {
        for clause in clauses {
            match clause {
                Clause::Field(clause) => self.field(clause),
                Clause::MediaType(wanted) => self.media_type(wanted),
                Clause::Accept(wanted) => self.accept(wanted),
                Clause::Valid(_) => {}
                Clause::Invalid(parts) => parts.iter().for_each(|clause| self.invalid_part(clause)),
                Clause::Any(groups) | Clause::All(groups) => {
                    groups.iter().for_each(|group| self.clauses(group));
                }
                // What never matches is always there under a `not`, and no mistake.
                Clause::Not(group) => {
                    let was_valid = std::mem::replace(&mut self.is_valid, false);
                    self.clauses(group);
                    self.is_valid = was_valid;
                }
            }
        }
    }

    fn field(&mut self, clause: &FieldClause) {
        let at = &clause.pointer;
        let Some(domain) = self.domain(&clause.field, at) else { return };
        match (&clause.condition, domain) {
            (Condition::Subset(value), Domain::Shapes(shapes)) => self.subset(value, &shapes, at),
            (Condition::Subset(_), Domain::Open) => {}
            (Condition::Tests { tests, .. }, domain) => self.tests(clause, tests, &domain),
        }
    }

    /// What a field can hold; nothing where there is no such field, which is told.
    fn domain(&mut self, field: &Field, at: &Pointer) -> Option<Domain<'c>> {
        match field {
            Field::Parameter(location, name) => self.parameter(*location, name, at),
            Field::Form(name) => self.form(name, at),
            Field::Body(steps) => self.body(steps, at),
            Field::State(_) => Some(Domain::Open),
        }
    }

    /// A valid request is of a media type that the document names.
    fn media_type(&mut self, wanted: &MediaTypes) {
        let documented: Vec<&str> = self
            .operation
            .request_body()
            .map(|body| body.content.iter().map(|media| media.name.as_str()).collect())
            .unwrap_or_default();
        // An operation that documents no body takes one of any kind.
        if !self.is_valid || documented.is_empty() {
            return;
        }
        let is_known = |name: &str| {
            let fits = |one: &str, other: &str| codec::media::specificity(one, other).is_some();
            documented.iter().any(|known| fits(known, name) || fits(name, known))
        };
        if !wanted.names().any(is_known) {
            let names: Vec<&str> = wanted.names().collect();
            let message = format!("no valid request of `{}` is {}", self.operation.id(), names.join(" or "));
            let hint = Some(format!("documented: {}", documented.join(", ")));
            self.reader.error("matcher-never-matches", &wanted.pointer, message, hint);
        }
    }

    /// What is asked for and can never be had is answered 406, and the request is not valid.
    fn accept(&mut self, wanted: &MediaTypes) {
        let documented: Vec<&str> = self
            .operation
            .responses()
            .iter()
            .flat_map(|response| response.content.iter())
            .map(|media| media.name.as_str())
            .collect();
        let is_known = |name: &str| {
            let fits = |one: &str, other: &str| codec::media::specificity(one, other).is_some();
            documented.iter().any(|known| fits(known, name) || fits(name, known))
        };
        if self.is_valid && !documented.is_empty() && !wanted.names().any(is_known) {
            let names: Vec<&str> = wanted.names().collect();
            let message = format!("`{}` never answers with {}", self.operation.id(), names.join(" or "));
            let mut known = documented.clone();
            known.sort_unstable();
            known.dedup();
            let hint = Some(format!("documented: {}", known.join(", ")));
            self.reader.tell(Severity::Warning, "matcher-never-matches", &wanted.pointer, message, hint);
        }
    }

    fn parameter(&mut self, location: Location, name: &str, at: &Pointer) -> Option<Domain<'c>> {
        let found = self
            .operation
            .parameters_in(location)
            .find(|parameter| is_same_name(location, &parameter.name, name));
        if let Some(parameter) = found {
            return Some(match parameter.value_schema() {
                Some(schema) => Domain::Shapes(vec![Shape::of(schema.bundle(Direction::Request))]),
                None => Domain::Open,
            });
        }
        let credentials = self.credentials(location);
        if credentials.iter().any(|known| is_same_name(location, known, name)) {
            return Some(Domain::Open);
        }
        let mut names: Vec<&str> =
            self.operation.parameters_in(location).map(|parameter| parameter.name.as_str()).collect();
        names.extend(credentials);
        let message = format!("`{}` documents no {location} parameter `{name}`", self.operation.id());
        if location == Location::Path {
            self.reader.error(self.unknown, at, message, nearest::hint(name, names.iter().copied()));
            return None;
        }
        // Any header may be sent; only one that looks misspelt is worth a word.
        let near = nearest::nearest(name, names).map(|near| format!("did you mean `{location}.{near}`?"));
        if location != Location::Header || near.is_some() {
            let hint = near.or_else(|| Some("it is taken as text".to_owned()));
            self.reader.tell(Severity::Warning, self.unknown, at, message, hint);
        }
        Some(Domain::Open)
    }

    /// The names that the operation's security schemes give to parameters of a location.
    fn credentials(&self, location: Location) -> Vec<&'c str> {
        let schemes = self.operation.security().iter().flat_map(|requirement| &requirement.schemes);
        schemes
            .filter_map(|(scheme, _)| match &scheme.kind {
                SecuritySchemeKind::ApiKey { location: at, name } => {
                    let is_here = matches!(
                        (at, location),
                        (ApiKeyLocation::Query, Location::Query)
                            | (ApiKeyLocation::Header, Location::Header)
                            | (ApiKeyLocation::Cookie, Location::Cookie)
                    );
                    is_here.then_some(name.as_str())
                }
                SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_) => None,
                _ => (location == Location::Header).then_some("Authorization"),
            })
            .collect()
    }

    fn form(&mut self, name: &str, at: &Pointer) -> Option<Domain<'c>> {
        let is_form = |kind| matches!(kind, codec::media::Kind::Form | codec::media::Kind::Multipart);
        let forms: Vec<Shape<'c>> = self.body_shapes(|media_type| is_form(codec::media::kind(media_type)))?;
        if forms.is_empty() {
            let message = format!("`{}` reads no form", self.operation.id());
            let hint = Some(format!("a field of another body is written `body.{name}`"));
            self.reader.error(self.unknown, at, message, hint);
            return None;
        }
        self.walk(&forms, &[name], at, "form.")
    }

    fn body(&mut self, steps: &[String], at: &Pointer) -> Option<Domain<'c>> {
        let shapes = self.body_shapes(|_| true)?;
        if shapes.is_empty() {
            let message = format!("`{}` documents no request body", self.operation.id());
            self.reader.error(self.unknown, at, message, None);
            return None;
        }
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        self.walk(&shapes, &steps, at, "body.")
    }

    /// The shapes of the request's bodies, one for each media type wanted; nothing where one of them is unknown.
    fn body_shapes(&self, is_wanted: impl Fn(&str) -> bool) -> Option<Vec<Shape<'c>>> {
        let Some(body) = self.operation.request_body() else { return Some(Vec::new()) };
        let wanted = body.content.iter().filter(|media| is_wanted(&media.name));
        wanted.map(|media| Some(Shape::of(media.schema.as_ref()?.bundle(Direction::Request)))).collect()
    }

    /// Walks down from several shapes at once; a name that none of them knows is told.
    fn walk(&mut self, from: &[Shape<'c>], steps: &[&str], at: &Pointer, prefix: &str) -> Option<Domain<'c>> {
        let mut shapes = from.to_vec();
        for (index, step) in steps.iter().enumerate() {
            let members: Vec<Member<'c>> = shapes.iter().map(|shape| shape.member(step)).collect();
            if members.iter().any(|member| matches!(member, Member::Open)) {
                return Some(Domain::Open);
            }
            let mut known: Vec<&str> = Vec::new();
            let mut found = Vec::new();
            for member in members {
                match member {
                    Member::Known(shape) => found.push(shape),
                    Member::Unknown(names) => known.extend(names),
                    Member::Open => {}
                }
            }
            if found.is_empty() {
                let field = format!("{prefix}{}", steps[..=index].join("."));
                self.unknown(&field, step, &known, at);
                return None;
            }
            shapes = found;
        }
        Some(Domain::Shapes(shapes))
    }

    fn unknown(&mut self, field: &str, name: &str, known: &[&str], at: &Pointer) {
        let message = format!("`{}` documents no `{field}`", self.operation.id());
        self.reader.error(self.unknown, at, message, nearest::hint(name, known.iter().copied()));
    }

    /// Checks each member that a subset names.
    fn subset(&mut self, value: &Value, shapes: &[Shape<'c>], at: &Pointer) {
        let Value::Object(object) = value else {
            if self.is_valid && !shapes.iter().any(|shape| shape.admits(value)) {
                self.never(at, &format!("no valid body has {value} here"));
            }
            return;
        };
        for (key, inner) in object {
            let place = at.join(key);
            if let Some(Domain::Shapes(found)) = self.walk(shapes, &[key], &place, "body.") {
                self.subset(inner, &found, &place);
            }
        }
    }

    fn tests(&mut self, clause: &FieldClause, tests: &[Test], domain: &Domain<'c>) {
        if !self.is_valid {
            return;
        }
        let at = &clause.pointer;
        let label = clause.field.label();
        let can_be = |value: &Value| match domain {
            Domain::Open => true,
            Domain::Shapes(shapes) => shapes
                .iter()
                .any(|shape| readings(value, clause.field.is_text()).any(|value| shape.admits(&value))),
        };
        for test in tests {
            match test {
                Test::Equal(value) if !can_be(value) => {
                    self.never(at, &format!("no valid request has {value} in `{label}`"));
                }
                Test::OneOf(values) => {
                    for value in values.iter().filter(|value| !can_be(value)) {
                        let severity = match values.iter().any(can_be) {
                            true => Severity::Warning,
                            false => Severity::Error,
                        };
                        let message = format!("no valid request has {value} in `{label}`");
                        self.reader.tell(severity, "matcher-never-matches", at, message, None);
                    }
                }
                Test::Order(_, value) => {
                    let can_compare = match domain {
                        Domain::Open => true,
                        Domain::Shapes(shapes) => shapes.iter().any(|shape| {
                            readings(value, clause.field.is_text()).any(|value| shape.admits_type_of(&value))
                        }),
                    };
                    if !can_compare {
                        self.never(
                            at,
                            &format!("`{label}` is not compared with {value}: their types differ"),
                        );
                    }
                }
                _ => {}
            }
        }
        if let Some(message) = contradiction(tests) {
            self.never(at, &message);
        }
    }

    fn invalid_part(&mut self, clause: &InvalidClause) {
        let InvalidPart::Parameter(location, Some(name)) = &clause.part else { return };
        let mut parameters = self.operation.parameters_in(*location);
        if !parameters.any(|parameter| is_same_name(*location, &parameter.name, name)) {
            let message = format!("`{}` documents no {location} parameter `{name}`", self.operation.id());
            let names = self.operation.parameters_in(*location).map(|parameter| parameter.name.as_str());
            let hint = nearest::hint(name, names.collect::<Vec<_>>());
            self.reader.error("matcher-unknown", &clause.pointer, message, hint);
        }
    }

    fn never(&mut self, at: &Pointer, message: &str) {
        let hint = "rules see valid requests only; to see others too, say `valid: any`".to_owned();
        self.reader.error("matcher-never-matches", at, message, Some(hint));
    }
}

/// What a value of a script may stand for: itself and, in a field that comes as text, its text or what its text
/// writes.
fn readings(value: &Value, is_text: bool) -> impl Iterator<Item = Value> {
    let other = match value {
        Value::String(text) if is_text => {
            serde_json::from_str::<Value>(text).ok().filter(|read| !read.is_object() && !read.is_array())
        }
        Value::Number(_) | Value::Bool(_) if is_text => Some(Value::String(value.to_string())),
        _ => None,
    };
    std::iter::once(value.clone()).chain(other)
}

/// Bounds that no number lies between.
fn contradiction(tests: &[Test]) -> Option<String> {
    let bounds = tests.iter().filter_map(|test| match test {
        Test::Order(relation, value) => Some((*relation, value.as_f64()?)),
        _ => None,
    });
    let (mut low, mut high) =
        ((f64::NEG_INFINITY, Relation::GreaterOrEqual), (f64::INFINITY, Relation::LessOrEqual));
    for (relation, bound) in bounds {
        match relation {
            Relation::Greater | Relation::GreaterOrEqual => low = (bound, relation),
            Relation::Less | Relation::LessOrEqual => high = (bound, relation),
            Relation::Equal | Relation::Unequal => {}
        }
    }
    let is_strict = low.1 == Relation::Greater || high.1 == Relation::Less;
    let is_empty = low.0 > high.0 || (is_strict && low.0 == high.0);
    is_empty.then(|| format!("nothing is {} {} and {} {}", low.1.as_str(), low.0, high.1.as_str(), high.0))
}
