//! `operation-unreachable`

use std::collections::HashMap;

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::contract::Operation;
use crate::route::{Condition, conditions};

declare! {
    /// Found when every request that an operation is written for means another operation as well, which comes first.
    ///
    /// Why it matters: nothing in such a request tells the two apart, so that the operation can never be served nor
    /// tested. Two paths are the same when only the names of their variables differ, and what follows a `#` never
    /// reaches a server; it tells operations apart only where it names a query parameter or header that they declare.
    ///
    /// Example: `GET /pets/{id}` beside `GET /pets/{name}`.
    ///
    /// What to do: keep one of the two, or tell them apart by a literal segment or a query pair in the path.
    OPERATION_UNREACHABLE = "operation-unreachable", Error, Judge::Document(judge)
}

/// What a request must be like for an operation to be meant by it.
#[derive(PartialEq, Eq, Hash)]
struct Address<'o> {
    method: &'o str,
    shape: String,
    bases: Vec<&'o str>,
    conditions: Vec<Condition>,
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<Address<'_>, &Operation> = HashMap::new();
    for operation in scene.contract.operations() {
        let address = Address {
            method: operation.method().as_str(),
            shape: operation.path().shape(),
            bases: operation.servers().iter().map(|server| server.base_path.as_str()).collect(),
            conditions: conditions(operation),
        };
        if let Some(first) = known.get(&address) {
            let message =
                format!("{} is never reached: its requests mean {}", operation.label(), first.label());
            let hint = "keep one of the two, or tell their paths apart";
            findings.add_with_hint(&OPERATION_UNREACHABLE, operation.pointer(), message, hint);
        } else {
            known.insert(address, operation);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn what_a_request_can_show_tells_operations_apart() {
        let text = "
openapi: 3.0.3
paths:
  /a/{x}: {get: {}}
  /a/{y}: {get: {}, put: {}}
  /b/{x}.json: {get: {}}
  /b/{x}: {get: {}}
  /c?do=1: {post: {}}
  /c?do=2: {post: {}}
  /d#one: {post: {}}
  /d#two: {post: {}}
  /e#Kind=one: {post: {parameters: [{name: kind, in: header}]}}
  /e#Kind=two: {post: {parameters: [{name: kind, in: header}]}}
";
        insta::assert_snapshot!(found("operation-unreachable", text), @r"
        /paths/~1a~1{y}/get GET /a/{y} is never reached: its requests mean GET /a/{x}
        /paths/~1d#two/post POST /d#two is never reached: its requests mean POST /d#one
        ");
    }
}
