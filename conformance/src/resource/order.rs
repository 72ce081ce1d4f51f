//! The order in which operations are tested.

use std::collections::BTreeMap;

use counterfoil_openapi::Operation;
use http::Method;

use super::links::Links;
use super::naming;

/// The longest chain of resources that need one another which is looked along.
const MAX_CHAIN: usize = 6;

impl Links {
    /// The order in which operations are tested: what makes a resource before what needs one, and what removes any
    /// last, what is part of another before that.
    pub(crate) fn order<'o>(&self, operations: impl Iterator<Item = &'o Operation>) -> Vec<usize> {
        let operations: Vec<&Operation> = operations.collect();
        let mut depths = vec![0_usize; operations.len()];
        // As many rounds as a chain of resources is long, at the most; circles end there too.
        for _ in 0..MAX_CHAIN {
            let mut made: BTreeMap<usize, usize> = BTreeMap::new();
            for (resource, maker) in self.makers(&operations) {
                let depth = made.entry(resource).or_insert(depths[maker]);
                *depth = (*depth).min(depths[maker]);
            }
            let mut has_changed = false;
            for (index, known) in self.operations.iter().enumerate() {
                let foreign = known.refers.iter().flat_map(|noun| self.named(noun).iter().take(1));
                let told: Vec<usize> = known.tells.iter().map(|tells| tells.resource).collect();
                // What makes a resource needs none of its kind; what lists them tells more when there are some.
                let (own, listed) = match *operations[index].method() == Method::POST {
                    true => (told, Vec::new()),
                    false => (Vec::new(), told),
                };
                let needed = known.along.iter().chain(foreign).chain(&listed);
                let needed = needed.filter(|resource| !own.contains(resource));
                let depth = needed.filter_map(|resource| made.get(resource)).map(|depth| depth + 1).max();
                let depth = depth.unwrap_or(0).min(MAX_CHAIN);
                if depth > depths[index] {
                    depths[index] = depth;
                    has_changed = true;
                }
            }
            if !has_changed {
                break;
            }
        }
        let mut order: Vec<usize> = (0..operations.len()).collect();
        order.sort_by_key(|index| {
            let method = operations[*index].method();
            let along = self.operations[*index].along.len();
            if *method == Method::DELETE {
                return (1, usize::MAX - along, 0, *index);
            }
            let rank = [Method::POST, Method::PUT, Method::GET].iter().position(|known| known == method);
            (0, depths[*index], rank.unwrap_or(3), *index)
        });
        order
    }

    /// Each resource with what makes it: what is sent to the path of all of its kind or else, where there is no such
    /// path, to one that ends with its name and answers with it (`POST /pets/{id}/visits` for `/visits/{id}`).
    fn makers(&self, operations: &[&Operation]) -> Vec<(usize, usize)> {
        let of = |is_collection: bool| {
            let posts = operations.iter().enumerate().filter(|(_, known)| *known.method() == Method::POST);
            posts.flat_map(move |(index, operation)| {
                let known = &self.operations[index];
                let last = operation.path().as_str().rsplit('/').next().map(naming::noun).unwrap_or_default();
                let made = known.tells.iter().filter(move |tells| {
                    let is_named = || self.resources[tells.resource].noun == last;
                    tells.is_collection == is_collection && (is_collection || is_named())
                });
                made.map(move |tells| (tells.resource, index))
            })
        };
        let mut makers: Vec<(usize, usize)> = of(true).collect();
        let has_path: Vec<usize> = makers.iter().map(|(resource, _)| *resource).collect();
        makers.extend(of(false).filter(|(resource, _)| !has_path.contains(resource)));
        makers
    }
}

#[cfg(test)]
mod tests {
    use crate::resource::links::tests::links;

    #[test]
    fn what_makes_comes_before_what_needs_and_what_removes_comes_last() {
        let (ids, links, contract) = links();
        let order = links.order(contract.operations().iter().map(AsRef::as_ref));
        let ordered: Vec<&str> = order.iter().map(|index| ids[*index].as_str()).collect();
        assert_eq!(
            ordered,
            [
                "adopt",
                "addOwner",
                "addPet",
                "readOwner",
                "addToy",
                "readPet",
                "listPets",
                "findPets",
                "removeToy",
                "removePet"
            ]
        );
    }

    #[test]
    fn what_is_made_below_another_comes_before_what_needs_it_by_a_path_of_its_own() {
        let text = r#"
openapi: 3.0.3
paths:
  /visits/{id}: {get: {operationId: readVisit, responses: {}}, put: {operationId: putVisit, responses: {}}}
  /pets/{id}/visits: {post: {operationId: visit, responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Visit'}}}}}}}
  /pets: {post: {operationId: addPet, responses: {}}}
components: {schemas: {Visit: {type: object}}}
"#;
        let contract = counterfoil_openapi::Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let operations = || contract.operations().iter().map(AsRef::as_ref);
        let order = crate::resource::links::Links::new(operations()).order(operations());
        let ids: Vec<&str> = contract.operations().iter().map(|known| known.id().as_str()).collect();
        let ordered: Vec<&str> = order.iter().map(|index| ids[*index]).collect();
        assert_eq!(ordered, ["addPet", "visit", "putVisit", "readVisit"]);
    }
}
