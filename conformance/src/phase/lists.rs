//! Steps of stories that ask for lists.

use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Direction, ListParameter, Location, Operation};
use serde_json::Value;

use super::draw;
use super::stateful::{Role, Steps};
use crate::case::Intent;
use crate::event::Phase;
use crate::plan::OperationPlan;
use crate::resource::filters::filters;
use crate::resource::{About, cursor, listing};

/// The most items that are asked for where the whole of a list is meant.
const MAX_LISTED: u64 = 1_000;
/// The most lists of one story that are asked for by one parameter each.
const MAX_LISTS: usize = 2;
/// The most parameters of one story that are left out, and sent as they are by default.
const MAX_DEFAULTS: usize = 2;
/// The most filters of one story that are asked for by what is in the list.
const MAX_FILTERS: usize = 2;
/// One story in so many is about either of them.
const STORIES_A_KIND: u64 = 4;

impl Steps<'_> {
    /// Asks for lists by one parameter each, other ones in each story.
    pub(super) fn lists(&mut self, lister: &OperationPlan) {
        let choices = listing::choices(&lister.operation);
        let first = usize::try_from(self.number).unwrap_or_default() * MAX_LISTS;
        for query in choices.iter().cycle().skip(first).take(MAX_LISTS.min(choices.len())) {
            self.list(Role::List, lister, query);
        }
    }

    /// Asks for two parts of a list at once and one by one.
    pub(super) fn parts(&mut self, lister: &OperationPlan) {
        if let Some(parts) = listing::parts(&lister.operation) {
            for (role, query) in [
                (Role::List, &parts.both),
                (Role::List, &parts.first),
                (Role::List, &parts.both),
                (Role::ListOn, &parts.second),
            ] {
                self.list(role, lister, query);
            }
        }
    }

    /// Asks for as much of a list as may be asked for at once.
    pub(super) fn whole_list(&mut self, role: Role, lister: &OperationPlan) {
        let most = listing::most(&lister.operation, MAX_LISTED);
        self.list(role, lister, &most.into_iter().collect::<Vec<_>>());
    }

    /// Asks for a list by some parameters and no others but those that have to be there.
    fn list(&mut self, role: Role, lister: &OperationPlan, query: &[(String, Value)]) {
        let parts = [lister.operation.id().as_str(), Phase::Stateful.as_str(), "list"];
        let seed = Seed::derive(self.author.seed, &parts, self.number);
        let Some(mut values) = draw(lister, &Intent::Positive, &seed) else { return };
        let is_required = |name: &str| {
            lister.operation.parameters().iter().any(|known| known.required && known.name == name)
        };
        values.query.retain(|known, _| is_required(known));
        values.query.extend(query.iter().cloned());
        self.push(role, lister, About { values, subject: None });
    }

    /// Asks for a list without a parameter, with its default, and without it again; other ones in each story.
    pub(super) fn defaults(&mut self, lister: &OperationPlan) {
        let defaults = defaults(&lister.operation);
        let first = usize::try_from(self.number / STORIES_A_KIND).unwrap_or_default() * MAX_DEFAULTS;
        let some = defaults.iter().cycle().skip(first).take(MAX_DEFAULTS.min(defaults.len()));
        for (at, query) in some.enumerate() {
            // What came last is what comes first.
            if at == 0 {
                self.list(Role::List, lister, &[]);
            }
            self.list(Role::List, lister, std::slice::from_ref(query));
            self.list(Role::List, lister, &[]);
        }
    }

    /// Asks for the whole of a list, and for what some of its items have, twice each and in turn.
    pub(super) fn filters(&mut self, lister: &OperationPlan) {
        let count = filters(&lister.operation).len().min(MAX_FILTERS);
        let first = usize::try_from(self.number / STORIES_A_KIND).unwrap_or_default() * MAX_FILTERS;
        let most: Vec<_> = listing::most(&lister.operation, MAX_LISTED).into_iter().collect();
        for number in first..first + count {
            for role in [Role::List, Role::ListBy(number), Role::List, Role::ListBy(number)] {
                self.list(role, lister, &most);
            }
        }
    }
}

/// The parameters of a list that may be left out, with what they are then: those that limit it first. Not those that
/// say where a part begins, since every list begins somewhere.
fn defaults(operation: &Operation) -> Vec<(String, Value)> {
    let is_free = |known: &&counterfoil_openapi::Parameter| {
        known.location == Location::Query
            && !known.required
            && cursor::parameter(operation).is_none_or(|cursor| cursor.name != known.name)
    };
    let mut found = Vec::new();
    for parameter in operation.parameters().iter().filter(is_free) {
        let said = parameter.of_list();
        let is_start = matches!(said, Some(ListParameter::Offset | ListParameter::Page(_)));
        let Some(schema) = parameter.value_schema().filter(|_| !is_start) else { continue };
        let Some(default) = schema.resolved().get("default") else { continue };
        let is_plain = default.as_str().is_some_and(|text| !text.is_empty())
            || default.is_number()
            || default.is_boolean();
        if is_plain && schema.is_valid(default, Direction::Request) {
            let is_limit = matches!(said, Some(ListParameter::AtMost(_)));
            found.push((!is_limit, (parameter.name.clone(), default.clone())));
        }
    }
    found.sort_by_key(|(is_last, _)| *is_last);
    found.into_iter().map(|(_, query)| query).collect()
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_left_out_has_a_default() {
        let document = r#"
openapi: 3.0.3
paths:
  /pets:
    get:
      parameters:
        - {name: page, in: query, schema: {type: integer, default: 1}}
        - {name: sort, in: query, schema: {$ref: '#/components/schemas/Sort'}}
        - {name: limit, in: query, schema: {type: integer, default: 20}}
        - {name: pageToken, in: query, schema: {type: string, default: a}}
        - {name: q, in: query, schema: {type: string, default: ''}}
        - {name: kind, in: query, required: true, schema: {type: string, default: cat}}
        - {name: age, in: query, schema: {type: integer, default: -1, minimum: 0}}
        - {name: tame, in: query, schema: {type: boolean}}
        - {name: X-Kind, in: header, schema: {type: string, default: cat}}
      responses: {}
components: {schemas: {Sort: {type: string, default: name}}}
"#;
        let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
        let expected = [("limit".to_owned(), json!(20)), ("sort".to_owned(), json!("name"))];
        assert_eq!(defaults(&contract.operations()[0]), expected);
    }
}
