//! From a document to the beginning of a server: a dropshot API trait, its types, and a stub that implements it.
//!
//! Operations, names and types are those of a client of the document. dropshot routes requests and documents the
//! trait; what it has no words for, the rules of the document that are no types, is read and held to by one extractor,
//! which is the same in every crate and has the document's rules beside it as data. What dropshot cannot serve at all
//! is left out and told, an operation at a time.
//!
//! | in the document | in the crate |
//! |---|---|
//! | an operation | a method of the trait, with its parameters and body as one typed `Request` |
//! | several statuses, several bodies | an enum of replies that is an `HttpResponse` |
//! | a request that breaks the document | the documented refusal, ready made |
//! | `security` | credentials of the right shape, for a function of the stub to judge |
//! | cookies, lists and objects in parameters | read, but not in what dropshot documents |
//! | a literal beside a variable in a path, `{a}.json`, methods that dropshot has not | left out |
//! | XML, multipart, deep objects | left out |
//! | several media types of a reply, patterns that no validator takes | the preferred one, and none; told |

mod claim;
mod code;
mod package;
mod prepared;
mod rules;
mod stub;
mod unheld;

use std::sync::Arc;

use counterfoil_openapi::{Contract, Finding, Operation};

use super::losses::Losses;
use super::package::Package;
use super::types::Types;
use super::{attempt, dress, info, on_a_large_stack, plan, prose};

/// The beginning of a server for a document.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scaffold {
    /// The crate.
    pub package: Package,
    /// What it cannot express: errors are operations that it leaves out, notes are parts that dropshot does not
    /// document, and what is left to the user.
    pub findings: Vec<Finding>,
    /// The operations that it serves, as `METHOD /path`.
    pub claimed: Vec<String>,
    /// Those that it leaves out.
    pub left_out: Vec<String>,
}

/// Writes the beginning of a server for a contract; `name` is the crate's, made of the title where there is none.
///
/// # Errors
///
/// When nothing at all can be made of it, in the generator's words.
pub fn scaffold(contract: &Contract, name: Option<&str>) -> Result<Scaffold, String> {
    on_a_large_stack(|| scaffold_here(contract, name))
}

fn scaffold_here(contract: &Contract, name: Option<&str>) -> Result<Scaffold, String> {
    let mut losses = Losses::new(contract.document());
    let claims = claim::claims(contract, &mut losses);
    let operations: Vec<&Arc<Operation>> = claims.iter().map(|claim| claim.operation).collect();
    let mut types = Types::new(contract, losses);
    let mut methods = plan::methods(operations.into_iter(), &mut types);
    methods.retain(|method| claim::holds(method, &mut types) && claim::is_answered(method, &mut types));
    let made = attempt::make_documented("server", &methods, &mut types)?;
    let kept = made.methods.clone();
    let served: Vec<code::Served<'_, '_>> = kept
        .iter()
        .filter_map(|index| {
            let method = &methods[*index];
            let claim = claims.iter().find(|claim| Arc::ptr_eq(claim.operation, method.operation))?;
            Some((method, claim))
        })
        .collect();
    let served = code::named(served);
    let title = prose::as_plain_line(contract.title());
    let api = code::api(&served, &title, info(contract, "description"), &mut types);
    let stub = stub::stub(&served);
    let data = rules::data(&served, &types);
    let headers = rules::headers(&served);
    served.iter().for_each(|served| unheld::tell(served.method.operation, &mut types.losses));
    let type_items = dress::types_of(made, &types);
    let claimed: Vec<String> = served.iter().map(|served| label(served.method.operation)).collect();
    let all = contract.operations().iter();
    let left_out: Vec<String> =
        all.map(|operation| label(operation)).filter(|label| !claimed.contains(label)).collect();
    let findings = types.losses.into_findings();
    let sources = package::Sources { api, types: type_items, stub, data };
    let told =
        package::Told { headers: &headers, findings: &findings, claimed: &claimed, left_out: &left_out };
    let package = package::package(name, &title, sources, &told);
    Ok(Scaffold { package, findings, claimed, left_out })
}

fn label(operation: &Operation) -> String {
    format!("{} {}", operation.method(), operation.path().as_str())
}
