//! What the cases of one operation put to the test.

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::{Location, Operation, Part, Violation};
use indexmap::IndexMap;
use serde_json::Value;

use super::rules::Rules;
use crate::event::{KeywordCoverage, Mode, OperationCoverage, ParameterCoverage};

/// Counts what the cases of one operation came to.
#[derive(Debug)]
pub(crate) struct Tested {
    rules: Rules,
    /// The schema of each parameter, by location and name, and of each media type of the body.
    parameters: IndexMap<(Location, String), (Option<usize>, Count)>,
    bodies: Vec<(String, Option<usize>)>,
    counts: Vec<Count>,
}

/// How many cases.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    valid: u64,
    invalid: u64,
}

impl Tested {
    /// Nothing yet, of the requests of an operation; `root` is the document.
    pub(crate) fn new(operation: &Operation, root: &Value) -> Self {
        let mut rules = Rules::default();
        let parameters = operation
            .parameters()
            .iter()
            .map(|parameter| {
                let schema = parameter.value_schema().and_then(|schema| rules.read(root, schema.pointer()));
                ((parameter.location, parameter.name.clone()), (schema, Count::default()))
            })
            .collect();
        let bodies = operation
            .request_body()
            .into_iter()
            .flat_map(|body| body.content.iter())
            .map(|media| {
                let schema = media.schema.as_ref().and_then(|schema| rules.read(root, schema.pointer()));
                (media.name.clone(), schema)
            })
            .collect();
        let counts = vec![Count::default(); rules.all().len()];
        Self { rules, parameters, bodies, counts }
    }

    /// Takes in a case: the values it was made of, and what the document says of what was sent. Credentials that it lacks
    /// make no value invalid.
    pub(crate) fn take(&mut self, mode: Mode, values: &RequestValues, violations: &[Violation]) {
        let is_valid = violations.iter().all(|violation| violation.part == Part::Security);
        if mode == Mode::Positive && is_valid {
            self.obeyed(values);
        } else {
            self.broken(violations);
        }
    }

    fn obeyed(&mut self, values: &RequestValues) {
        let (rules, counts) = (&self.rules, &mut self.counts);
        let mut reached = vec![false; counts.len()];
        let mut follow = |schema: Option<usize>, value: &Value| {
            if let Some(schema) = schema {
                rules.reached(schema, value, &mut |rule| reached[rule] = true);
            }
        };
        for ((location, name), (schema, count)) in &mut self.parameters {
            let value = match location {
                Location::Path => values.path.get(name),
                Location::Header => values.header.get(name),
                Location::Cookie => values.cookie.get(name),
                _ => values.query.get(name),
            };
            if let Some(value) = value {
                count.valid += 1;
                follow(*schema, value);
            }
        }
        if let Some(body) = &values.body
            && let Some(value) = body.payload.as_value()
        {
            let schema = self.bodies.iter().find(|(name, _)| *name == body.media_type);
            follow(schema.or(self.bodies.first()).and_then(|(_, schema)| *schema), value);
        }
        for (count, _) in counts.iter_mut().zip(reached).filter(|(_, reached)| *reached) {
            count.valid += 1;
        }
    }

    fn broken(&mut self, violations: &[Violation]) {
        for violation in violations {
            if let Part::Parameter(location, name) = &violation.part
                && let Some((_, count)) = self.parameters.get_mut(&(*location, name.clone()))
            {
                count.invalid += 1;
            }
            let rule = violation.document_pointer.as_deref().and_then(|pointer| self.rules.at(pointer));
            if let Some(rule) = rule {
                self.counts[rule].invalid += 1;
            }
        }
    }

    /// What came of it.
    pub(crate) fn coverage(&self) -> OperationCoverage {
        let parameters = self.parameters.iter().map(|((location, name), (_, count))| ParameterCoverage {
            location: location.to_string(),
            name: name.clone(),
            valid: count.valid,
            invalid: count.invalid,
        });
        let keywords = self.rules.all().iter().zip(&self.counts).map(|(rule, count)| KeywordCoverage {
            pointer: rule.pointer.clone(),
            keyword: rule.keyword.to_owned(),
            valid: count.valid,
            invalid: count.invalid,
        });
        OperationCoverage { parameters: parameters.collect(), keywords: keywords.collect() }
    }
}
