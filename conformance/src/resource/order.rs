//! The order in which operations are tested.

use std::collections::BTreeMap;

use counterfoil_openapi::Operation;
use http::Method;

use super::links::Links;

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
            for (index, operation) in operations.iter().enumerate() {
                if operation.method() == Method::POST {
                    for tells in self.operations[index].tells.iter().filter(|tells| tells.is_collection) {
                        let depth = made.entry(tells.resource).or_insert(depths[index]);
                        *depth = (*depth).min(depths[index]);
                    }
                }
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
}
