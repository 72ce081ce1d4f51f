//! The operations served, and what each is to answer: the switch of one line.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use counterfoil_openapi::{Operation, StatusPattern};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::problem::{FindingBody, Problem};
use super::rules;
use super::said::any;
use crate::edition::Edition;
use crate::script::nearest;
use crate::session::{Session, SetOutcome};

/// An operation of the documents served.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OperationSummary {
    /// Its operationId, or the name made for it where it has none.
    pub(crate) operation_id: String,
    /// The document it stands in.
    pub(crate) document: String,
    /// Its method.
    pub(crate) method: String,
    /// Its path template, without any server's base path.
    pub(crate) path: String,
    /// What it does, in a line.
    pub(crate) summary: Option<String>,
    /// The statuses it documents: codes, ranges such as `4XX`, or `default`.
    pub(crate) statuses: Vec<String>,
    /// The names of its response examples, by status.
    pub(crate) examples: BTreeMap<String, Vec<String>>,
    /// How many rules are in force for it, those set at run time included.
    pub(crate) rules: u32,
    /// How many calls of it the journal holds.
    pub(crate) calls: u64,
}

/// The operation a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OperationPath {
    /// An operationId, or `METHOD /path/{template}`.
    pub(crate) op: String,
}

/// What an operation is to answer, in the grammar of a script's `rules`.
///
/// A status (`403`), the name of a documented example (`"tom"`), both (`"404/notFound"`), a sequence
/// (`[401, 200]`), or a rule (`{"status": 403, "delay": "80ms"}`).
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Reply(
    #[expect(dead_code, reason = "read as a script is, with positions")] serde_json::Value,
);

impl JsonSchema for Reply {
    fn schema_name() -> String {
        "Reply".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        any(
            "What an operation is to answer, in the grammar of a script's rules: a status (403), the name of a \
             documented example (\"tom\"), both (\"404/notFound\"), a sequence ([401, 200]), or a rule \
             ({\"status\": 403, \"delay\": \"80ms\"}).",
        )
    }
}

/// What became of a reply that was set.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReplySet {
    /// The name of the rule, as the header `counterfoil-rule` tells it.
    pub(crate) rule: String,
    /// What was found odd and taken all the same.
    pub(crate) warnings: Vec<FindingBody>,
}

impl ReplySet {
    pub(super) fn new(outcome: SetOutcome) -> Self {
        let warnings = outcome.findings.iter().map(FindingBody::from).collect();
        Self { rule: outcome.rule, warnings }
    }
}

/// All of them.
pub(super) fn list(asked: &Asked<'_>) -> Vec<OperationSummary> {
    let calls = asked.session.journal.counts();
    let edition = asked.edition();
    let operations =
        edition.operations().map(|operation| summary(&edition, &asked.session, operation, &calls));
    operations.collect()
}

/// Sets what one answers.
pub(super) fn set_reply(asked: &Asked<'_>, name: &str, reply: &[u8]) -> Result<ReplySet, Problem> {
    let set = asked.state.change(|edition| {
        let operation = find(edition, name)?;
        Ok::<_, Problem>(asked.session.set_reply(&edition.engine, operation, reply))
    });
    Ok(ReplySet::new(set?.map_err(|why| rules::not_set("reply", why))?))
}

/// Removes what was set for one.
pub(super) fn clear_reply(asked: &Asked<'_>, name: &str) -> Result<(), Problem> {
    asked.state.change(|edition| {
        asked.session.clear_reply(find(edition, name)?);
        Ok(())
    })
}

/// The operation that a name means.
pub(super) fn find<'e>(edition: &'e Edition, name: &str) -> Result<&'e Arc<Operation>, Problem> {
    edition.operation(name).ok_or_else(|| {
        let ids = edition.operations().map(|operation| operation.id().as_str());
        let hint = nearest::hint(name, ids.collect::<Vec<_>>());
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        Problem::unknown("operation-unknown", format!("no operation is called `{name}`{hint}"))
    })
}

fn summary(
    edition: &Edition,
    session: &Session,
    operation: &Operation,
    calls: &HashMap<String, u64>,
) -> OperationSummary {
    let responses = operation.responses();
    let names_of = |status: StatusPattern| -> Vec<String> {
        let media = responses.get(status).into_iter().flat_map(|response| response.content.iter());
        media.flat_map(|media| &media.examples).filter_map(|example| example.name.clone()).collect()
    };
    let examples = responses
        .iter()
        .map(|response| (response.status.to_string(), names_of(response.status)))
        .filter(|(_, names)| !names.is_empty());
    OperationSummary {
        operation_id: operation.id().as_str().to_owned(),
        document: operation.document().name().to_owned(),
        method: operation.method().to_string(),
        path: operation.path().as_str().to_owned(),
        summary: operation.summary().map(str::to_owned),
        statuses: responses.iter().map(|response| response.status.to_string()).collect(),
        examples: examples.collect(),
        rules: u32::try_from(edition.engine.rule_count(operation) + session.rule_count(operation))
            .unwrap_or(u32::MAX),
        calls: calls.get(operation.id().as_str()).copied().unwrap_or_default(),
    }
}
