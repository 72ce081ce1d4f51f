//! The operations of a run, each with its strategies, built once.

use std::sync::{Arc, OnceLock};

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::{self, BrokenRequest, NoInstance};
use counterfoil_openapi::{Contract, Operation, Shadowed, folded};
use proptest::strategy::SBoxedStrategy;

use super::shard::shards;
use crate::config::Settings;
use crate::resource::{self, Links};

/// What a run tests, in document order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) operations: Vec<Arc<OperationPlan>>,
    /// Which operations tell of which resources.
    pub(crate) links: Arc<Links>,
    /// The places of the operations in the order in which they are tested.
    pub(crate) order: Vec<usize>,
    /// The place in that order of each operation.
    turns: Vec<usize>,
    /// Whether each operation may end the session of who asks, and waits for all others to have had all their cases.
    is_last: Vec<bool>,
    /// Whether each operation is of this part of the run.
    is_own: Vec<bool>,
    /// Operations that were selected and are left out, since no request means them.
    pub(crate) shadowed: Vec<Shadowed>,
    /// Operations that were selected and are left out, since they may change something.
    pub(crate) unsafe_ones: Vec<Arc<Operation>>,
    /// Operations that were selected and are left out, since they end the server itself.
    pub(crate) ending: Vec<Arc<Operation>>,
    /// What the user called operations by, and none is called.
    pub(crate) unmatched: Vec<String>,
}

impl Plan {
    /// What is tested of a target at a base URL.
    pub(crate) fn of_target(contract: &Contract, settings: &Settings, base_url: &str) -> Self {
        let admitted = contract.operations().iter().filter(|operation| settings.filter.admits(operation));
        let admitted = admitted.filter(|operation| contract.is_meant(operation));
        let may_be_sent =
            |operation: &&Arc<Operation>| settings.unsafe_methods.admit(operation.method(), base_url);
        let (admitted, unsafe_ones): (Vec<_>, Vec<_>) = admitted.partition(may_be_sent);
        let ends =
            |operation: &&Arc<Operation>| ends_server(operation) && !settings.filter.includes(operation);
        let (ending, admitted): (Vec<_>, Vec<_>) = admitted.into_iter().partition(ends);
        let operations: Vec<Arc<OperationPlan>> = admitted
            .into_iter()
            .enumerate()
            .map(|(index, operation)| Arc::new(OperationPlan::new(operation, index)))
            .collect();
        let each = || operations.iter().map(|plan| plan.operation.as_ref());
        let links = Links::new(each());
        let is_own = match settings.shard {
            None => vec![true; operations.len()],
            Some(part) => {
                let groups = resource::groups(&links, each(), contract.document().root());
                let shards = shards(&groups, part.count);
                shards.into_iter().map(|shard| shard + 1 == part.index).collect()
            }
        };
        let order = links.order(each());
        let mut turns = vec![0; operations.len()];
        order.iter().enumerate().for_each(|(turn, index)| turns[*index] = turn);
        let unsafe_ones = unsafe_ones.into_iter().map(Arc::clone).collect();
        let ending = ending.into_iter().map(Arc::clone).collect();
        let is_selected = |shadowed: &&Shadowed| settings.filter.admits(&shadowed.operation);
        let shadowed = contract.shadowed().iter().filter(is_selected).cloned().collect();
        let unmatched = settings.filter.unmatched(contract.operations()).into_iter();
        let unmatched = unmatched.chain(settings.policy.unmatched(contract.operations()));
        Self {
            order,
            turns,
            is_last: operations.iter().map(|plan| ends_session(&plan.operation)).collect(),
            is_own,
            links: Arc::new(links),
            unmatched: unmatched.map(str::to_owned).collect(),
            operations,
            shadowed,
            unsafe_ones,
            ending,
        }
    }

    /// What is tested on this machine.
    #[cfg(test)]
    pub(crate) fn new(contract: &Contract, settings: &Settings) -> Self {
        Self::of_target(contract, settings, "http://localhost")
    }

    /// The operations of this part of the run, in document order.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Arc<OperationPlan>> {
        self.operations.iter().filter(|plan| self.is_own[plan.index])
    }

    /// Whether the operation at a place is of this part of the run.
    pub(crate) fn is_own(&self, index: usize) -> bool {
        self.is_own[index]
    }

    /// Whether the operation at a place waits for all others to have had all their cases.
    pub(crate) fn is_last(&self, index: usize) -> bool {
        self.is_last[index]
    }

    /// When the operation at a place is tested: its place in the order, which is the same in every part of the run, from
    /// [`LAST_TURN`] on where it waits for all others.
    pub(crate) fn turn(&self, index: usize) -> u64 {
        let first = if self.is_last[index] { LAST_TURN } else { 0 };
        first + self.turns[index] as u64
    }
}

/// Whether an operation is there to end the server, by its path: `POST /admin/shutdown`. On a path with parameters it
/// ends one thing of several.
fn ends_server(operation: &Operation) -> bool {
    const ENDS: [&str; 7] = ["shutdown", "poweroff", "reboot", "restart", "halt", "quit", "exit"];
    let path = operation.path().as_str();
    let last = path.rsplit('/').find(|part| !part.is_empty()).map(folded);
    !operation.method().is_safe()
        && !path.contains('{')
        && last.is_some_and(|last| ENDS.contains(&last.as_str()))
}

/// Whether an operation may end the session of who asks, by its path: `POST /logout`, `POST /me/reset-token`,
/// `DELETE /users/me`. On a path with parameters it is about one thing of several.
fn ends_session(operation: &Operation) -> bool {
    const ENDS: [&str; 17] = [
        "logout",
        "logoff",
        "signout",
        "signoff",
        "revoke",
        "rotate",
        "regenerate",
        "deactivate",
        "resettoken",
        "revoketoken",
        "rotatetoken",
        "regeneratetoken",
        "resetapikey",
        "revokeapikey",
        "rotateapikey",
        "regenerateapikey",
        "rotatekey",
    ];
    const OWN: [&str; 8] = ["me", "self", "currentuser", "user", "account", "profile", "session", "token"];
    let path = operation.path().as_str();
    let last = path.rsplit('/').find(|part| !part.is_empty()).map(folded).unwrap_or_default();
    let is_removal = operation.method() == http::Method::DELETE;
    !path.contains('{') && (ENDS.contains(&last.as_str()) || is_removal && OWN.contains(&last.as_str()))
}

/// The first turn of those that wait for all others.
pub(crate) const LAST_TURN: u64 = 1 << 62;

/// An operation and the ways to draw requests for it; a strategy is built when first drawn from.
pub(crate) struct OperationPlan {
    pub(crate) operation: Arc<Operation>,
    /// Its place in the plan.
    pub(crate) index: usize,
    positive: OnceLock<Result<SBoxedStrategy<RequestValues>, NoInstance>>,
    negative: OnceLock<Result<SBoxedStrategy<BrokenRequest>, NoInstance>>,
}

impl OperationPlan {
    fn new(operation: &Arc<Operation>, index: usize) -> Self {
        let operation = Arc::clone(operation);
        Self { operation, index, positive: OnceLock::new(), negative: OnceLock::new() }
    }

    /// Draws valid requests; the error says what admits no value.
    pub(crate) fn positive(&self) -> Result<&SBoxedStrategy<RequestValues>, &NoInstance> {
        self.positive.get_or_init(|| generate::positive_request(&self.operation)).as_ref()
    }

    /// Draws requests with one constraint broken; the error says that nothing can be broken.
    pub(crate) fn negative(&self) -> Result<&SBoxedStrategy<BrokenRequest>, &NoInstance> {
        self.negative.get_or_init(|| generate::negative_request(&self.operation)).as_ref()
    }
}

impl std::fmt::Debug for OperationPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperationPlan").field("operation", self.operation.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Filter;

    #[test]
    fn what_may_end_a_session_comes_last() {
        let paths = [
            ("get", "/user/logout", true),
            ("post", "/auth/sign-out/", true),
            ("post", "/current-user/reset-token", true),
            ("delete", "/users/me", true),
            ("get", "/users/me", false),
            ("delete", "/users", false),
            ("post", "/devices/{id}/rotate", false),
            ("post", "/logout/plans", false),
        ];
        for (method, path, is_last) in paths {
            let id = path.contains('{').then_some("parameters: [{name: id, in: path, required: true}], ");
            let operation = format!("{{{}operationId: it, responses: {{}}}}", id.unwrap_or_default());
            let document = format!(
                "openapi: 3.0.3\npaths: {{'{path}': {{{method}: {operation}}}, /z: {{get: {{responses: {{}}}}}}}}\n"
            );
            let contract = Contract::load("users.yaml", document.as_bytes()).unwrap();
            let plan = Plan::new(&contract, &Settings::default());
            assert_eq!(plan.is_last(0), is_last, "{method} {path}");
            assert_eq!(plan.turn(0) > plan.turn(1) && plan.turn(0) >= LAST_TURN, is_last, "{method} {path}");
        }
    }

    #[test]
    fn what_ends_the_server_is_left_out_unless_it_is_named() {
        let paths = [
            ("post", "/admin/shutdown", true),
            ("put", "/shut-down/", true),
            ("post", "/restart", true),
            ("get", "/reboot", false),
            ("post", "/machines/{id}/restart", false),
            ("post", "/shutdown/plans", false),
            ("post", "/exits", false),
        ];
        for (method, path, ends) in paths {
            let id = path.contains('{').then_some("parameters: [{name: id, in: path, required: true}], ");
            let operation = format!("{{{}operationId: it, responses: {{}}}}", id.unwrap_or_default());
            let document = format!("openapi: 3.0.3\npaths: {{'{path}': {{{method}: {operation}}}}}\n");
            let contract = Contract::load("admin.yaml", document.as_bytes()).unwrap();
            let left_out = |include: &[&str]| {
                let include = include.iter().map(|name| (*name).to_owned()).collect();
                let settings = Settings { filter: Filter::new(include, Vec::new()), ..Settings::default() };
                let plan = Plan::new(&contract, &settings);
                assert_eq!(plan.ending.len() + plan.operations.len(), 1, "{path}");
                !plan.ending.is_empty()
            };
            assert_eq!(left_out(&[]), ends, "{method} {path}");
            assert!(!left_out(&["it"]), "{method} {path}");
        }
    }
}
