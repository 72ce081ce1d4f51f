//! Rules one by one: those set at run time, and those of the scripts, which are shown beside them.

use std::sync::Arc;

use counterfoil_openapi::Operation;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SingleOrVec};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::asked::{Asked, NamesSession};
use super::operations::{self, ReplySet};
use super::problem::{FindingBody, Problem};
use super::said::{SaidBody, any};
use crate::edition::Edition;
use crate::script::{ActiveRule, SaidRule, nearest, rfc3339};
use crate::session::{MAX_SET_BYTES, MAX_SET_RULES, NotSet, Session, SetHow, SetRule};

/// How many rules are listed at once, where nothing else is asked.
const DEFAULT_LIMIT: usize = 100;
/// How many rules are listed at once at most.
const MAX_LIMIT: usize = 1_000;

/// Which rules to list.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RuleFilter {
    /// Only rules of this operation: an operationId, or `METHOD /path/{template}`.
    pub(crate) op: Option<String>,
    /// Without so many of the first ones, as `next` says.
    pub(crate) after: Option<u32>,
    /// At most so many rules, 100 where absent, never more than 1,000.
    pub(crate) limit: Option<u32>,
    /// The name of a session, made on first use; absent for that of requests which name none.
    pub(crate) session: Option<String>,
}

impl NamesSession for RuleFilter {
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// The rule a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RulePath {
    /// Its id, as the header `counterfoil-rule` tells it.
    pub(crate) id: String,
}

/// A rule to set: one of a script's `rules`, and the operation that it is for.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct NewRule(Map<String, Value>);

impl JsonSchema for NewRule {
    fn schema_name() -> String {
        "NewRule".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let description = "A rule in the grammar of a script's rules, and `op`, the operation that it is for: an \
                           operationId, or METHOD /path/{template}.";
        let mut schema = any(description).into_object();
        schema.instance_type = Some(SingleOrVec::Single(Box::new(InstanceType::Object)));
        schema.into()
    }
}

/// What a rule is to say, or what of that is to change.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct RuleText(Map<String, Value>);

impl JsonSchema for RuleText {
    fn schema_name() -> String {
        "RuleText".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = any("A rule in the grammar of a script's rules.").into_object();
        schema.instance_type = Some(SingleOrVec::Single(Box::new(InstanceType::Object)));
        schema.into()
    }
}

/// A rule that was set.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuleSet {
    /// Its id, as the header `counterfoil-rule` tells it.
    pub(crate) id: String,
    /// What was found odd and taken all the same.
    pub(crate) warnings: Vec<FindingBody>,
}

/// Rules in the order they are asked: those set for the session, those set for all, those of the scripts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuleList {
    /// The rules.
    pub(crate) items: Vec<Rule>,
    /// What `after` must be for the rules that follow; absent where none do.
    pub(crate) next: Option<u32>,
}

/// A rule in force.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Rule {
    /// Its id, as the header `counterfoil-rule` tells it.
    pub(crate) id: String,
    /// The operation that it is for.
    pub(crate) op: String,
    /// The document of the operation.
    pub(crate) document: String,
    /// Where it comes from.
    pub(crate) origin: RuleOrigin,
    /// The session that it was set for; absent where it holds for all.
    pub(crate) session: Option<String>,
    /// File and line of a rule of a script.
    pub(crate) place: Option<String>,
    /// What it says; a reply that was said in short stands under `respond`.
    pub(crate) rule: Map<String, Value>,
    /// How often it answered.
    pub(crate) uses: u64,
    /// When it answered last, in UTC (RFC 3339); absent where it never did.
    pub(crate) last_match: Option<String>,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuleOrigin {
    /// It was set at run time.
    Set,
    /// It was set at run time as what its operation answers.
    Reply,
    /// It stands in a script.
    Script,
}

/// Those in force.
pub(super) fn list(asked: &Asked<'_>, filter: RuleFilter) -> Result<RuleList, Problem> {
    let edition = asked.edition();
    let only = filter.op.as_deref().map(|name| operations::find(&edition, name)).transpose()?;
    let after = usize::try_from(filter.after.unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = filter.limit.map_or(DEFAULT_LIMIT, |limit| usize::try_from(limit).unwrap_or(MAX_LIMIT));
    let limit = limit.clamp(1, MAX_LIMIT);
    let is_meant = |operation: &str, document: &str| {
        only.is_none_or(|only| only.id().as_str() == operation && only.document().name() == document)
    };
    let set: Vec<(&Session, Arc<SetRule>)> = sessions(asked)
        .flat_map(|session| session.set_rules().into_iter().map(move |rule| (session, rule)))
        .filter(|(_, rule)| is_meant(&rule.operation, &rule.document))
        .collect();
    let scripted = edition.operations().filter(|of| is_meant(of.id().as_str(), of.document().name()));
    let mut scripted = scripted.flat_map(|of| edition.engine.rules_of(of).iter().map(move |rule| (of, rule)));
    let mut said = edition.engine.said();
    let mut items: Vec<Rule> =
        set.iter().skip(after).take(limit).map(|(session, rule)| set_rule(asked, session, rule)).collect();
    let skipped = after.saturating_sub(set.len());
    let rest = scripted.by_ref().skip(skipped).take(limit - items.len());
    items.extend(rest.map(|(operation, rule)| of_script(asked, operation, rule, said.of(rule))));
    let end = after.saturating_add(items.len());
    let is_more = end < set.len() || (items.len() == limit && scripted.next().is_some());
    let next = u32::try_from(end).ok().filter(|_| is_more);
    Ok(RuleList { items, next })
}

/// One of them.
pub(super) fn show(asked: &Asked<'_>, id: &str) -> Result<Rule, Problem> {
    let found = sessions(asked).find_map(|session| Some((session, session.set_rule_of(id)?)));
    if let Some((session, rule)) = found {
        return Ok(set_rule(asked, session, &rule));
    }
    let edition = asked.edition();
    let (operation, rule) = scripted(&edition, id).ok_or_else(|| unknown(asked, id))?;
    let said = edition.engine.said().of(rule);
    Ok(of_script(asked, operation, rule, said))
}

/// Sets one, before all that were set before.
pub(super) fn add(asked: &Asked<'_>, body: SaidBody<NewRule>) -> Result<RuleSet, Problem> {
    let (bytes, NewRule(members)) = body.both()?;
    let Some(op) = members.get("op").and_then(Value::as_str) else {
        let message = "`op` names the operation: an operationId, or `METHOD /path/{template}`".to_owned();
        let found = FindingBody::at("/op", "value-invalid", message);
        return Err(Problem::with("a rule is for an operation", vec![found]));
    };
    // Whatever else an id may be is told with the rest.
    let id = members.get("id").and_then(Value::as_str);
    let set = asked.state.change(|edition| {
        let operation = edition.operation(op).ok_or_else(|| {
            let ids = edition.operations().map(|operation| operation.id().as_str());
            let message = format!("no operation is called `{op}`");
            let mut found = FindingBody::at("/op", "operation-unknown", message);
            found.hint = nearest::hint(op, ids.collect::<Vec<_>>());
            Problem::with("a rule is for an operation", vec![found])
        })?;
        Ok::<_, Problem>(asked.session.set_rule(&edition.engine, operation, &bytes, id))
    });
    let set = ReplySet::new(set?.map_err(|why| not_set("rule", why))?);
    Ok(RuleSet { id: set.rule, warnings: set.warnings })
}

/// Says one anew.
pub(super) fn replace(asked: &Asked<'_>, id: &str, body: SaidBody<RuleText>) -> Result<RuleSet, Problem> {
    let (bytes, RuleText(members)) = body.both()?;
    change(asked, id, &members, |_| bytes.to_vec())
}

/// Changes what one says, as a merge patch does (RFC 7396).
pub(super) fn patch(asked: &Asked<'_>, id: &str, body: SaidBody<RuleText>) -> Result<RuleSet, Problem> {
    let RuleText(members) = body.read()?;
    let patched = |said: &SaidRule| {
        let mut said = Value::Object(said.clone());
        json_patch::merge(&mut said, &Value::Object(members.clone()));
        said.to_string().into_bytes()
    };
    change(asked, id, &members, patched)
}

fn change(
    asked: &Asked<'_>,
    id: &str,
    members: &Map<String, Value>,
    text: impl FnOnce(&SaidRule) -> Vec<u8>,
) -> Result<RuleSet, Problem> {
    let set = asked.state.change(|edition| {
        let Some(rule) = asked.session.set_rule_of(id) else { return Err(elsewhere(asked, edition, id)) };
        stays(edition, &rule, members)?;
        let of = |rule: &SetRule| {
            let mut documents = edition.contracts.iter();
            let contract = documents.find(|contract| contract.document().name() == rule.document)?;
            contract.operation(&rule.operation).map(Arc::clone)
        };
        let changed = asked.session.change_rule(&edition.engine, id, of, text);
        changed.ok_or_else(|| unknown(asked, id))
    });
    let set = ReplySet::new(set?.map_err(|why| not_set("rule", why))?);
    Ok(RuleSet { id: set.rule, warnings: set.warnings })
}

/// Removes one.
pub(super) fn remove(asked: &Asked<'_>, id: &str) -> Result<(), Problem> {
    asked.state.change(|edition| match asked.session.remove_rule(id) {
        true => Ok(()),
        false => Err(elsewhere(asked, edition, id)),
    })
}

/// Removes all that were set at run time.
pub(super) fn clear(asked: &Asked<'_>) {
    asked.state.change(|_| asked.session.clear_replies());
}

/// The session asked for and the unnamed one, once each: what is set there holds here.
fn sessions<'a>(asked: &'a Asked<'_>) -> impl Iterator<Item = &'a Session> {
    std::iter::once(&*asked.session).chain(asked.session.base().map(|base| &**base))
}

fn scripted<'e>(edition: &'e Edition, id: &str) -> Option<(&'e Arc<Operation>, &'e ActiveRule)> {
    edition.operations().find_map(|operation| {
        let rule = edition.engine.rules_of(operation).iter().find(|rule| rule.id() == id)?;
        Some((operation, rule))
    })
}

/// Neither its name nor its operation can be another one.
fn stays(edition: &Edition, rule: &SetRule, members: &Map<String, Value>) -> Result<(), Problem> {
    let is_same_op = |op: &str| {
        edition.operation(op).is_some_and(|operation| {
            operation.id().as_str() == rule.operation && operation.document().name() == rule.document
        })
    };
    let fixed = |name: &str, is_same: &dyn Fn(&str) -> bool| {
        let said = members.get(name)?;
        let is_kept = said.as_str().is_some_and(is_same);
        (!is_kept).then(|| {
            let message = format!("`{name}` cannot be changed; set another rule, and remove this one");
            FindingBody::at(&format!("/{name}"), "value-invalid", message)
        })
    };
    let found: Vec<FindingBody> =
        [fixed("id", &|id| id == rule.active.id()), fixed("op", &is_same_op)].into_iter().flatten().collect();
    if found.is_empty() { Ok(()) } else { Err(Problem::with("a rule keeps its name and operation", found)) }
}

/// Why a rule cannot be changed that was not set in the session.
fn elsewhere(asked: &Asked<'_>, edition: &Edition, id: &str) -> Problem {
    if asked.session.base().is_some_and(|base| base.set_rule_of(id).is_some()) {
        let detail = format!("`{id}` is set for all sessions; ask without `session` to change it");
        return Problem::conflict("rule-elsewhere", detail);
    }
    match scripted(edition, id) {
        Some((_, rule)) => {
            let detail = format!(
                "`{id}` stands in a script ({}); change it there, or put a rule before it with `POST /rules`",
                rule.place()
            );
            Problem::conflict("rule-of-script", detail)
        }
        None => unknown(asked, id),
    }
}

fn unknown(asked: &Asked<'_>, id: &str) -> Problem {
    let edition = asked.edition();
    let set: Vec<Arc<SetRule>> = sessions(asked).flat_map(Session::set_rules).collect();
    let known = set.iter().map(|rule| rule.active.id());
    let scripted = edition.operations().flat_map(|of| edition.engine.rules_of(of)).map(ActiveRule::id);
    let hint = nearest::hint(id, known.chain(scripted).take(MAX_LIMIT).collect::<Vec<_>>());
    let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
    Problem::unknown("rule-unknown", format!("no rule is called `{id}`{hint}"))
}

/// Why a rule or a reply was not set.
pub(super) fn not_set(what: &str, why: NotSet) -> Problem {
    match why {
        NotSet::Script(error) => {
            let detail = match error.error_count() {
                1 => format!("the {what} has an error; nothing is changed"),
                count => format!("the {what} has {count} errors; nothing is changed"),
            };
            Problem::findings(detail, error.findings())
        }
        NotSet::Taken(id) => Problem::conflict("id-taken", format!("there is a rule `{id}`")),
        NotSet::Full(full) => {
            let message = full.told(format_args!(
                "a session has at most {MAX_SET_RULES} rules set at run time, of {MAX_SET_BYTES} bytes"
            ));
            Problem::with("there is no room for it", vec![FindingBody::at("", "rules-full", message)])
        }
    }
}

fn set_rule(asked: &Asked<'_>, session: &Session, rule: &SetRule) -> Rule {
    let origin = match rule.how {
        SetHow::Reply => RuleOrigin::Reply,
        SetHow::Rule => RuleOrigin::Set,
    };
    let shown = shown(asked, &rule.active, origin, rule.said.clone());
    Rule {
        op: rule.operation.clone(),
        document: rule.document.clone(),
        session: session.name().map(str::to_owned),
        ..shown
    }
}

fn of_script(asked: &Asked<'_>, operation: &Operation, rule: &ActiveRule, said: SaidRule) -> Rule {
    Rule {
        op: operation.id().as_str().to_owned(),
        document: operation.document().name().to_owned(),
        place: Some(rule.place().to_owned()),
        ..shown(asked, rule, RuleOrigin::Script, said)
    }
}

fn shown(asked: &Asked<'_>, rule: &ActiveRule, origin: RuleOrigin, said: SaidRule) -> Rule {
    let (uses, last) = asked.session.uses(rule.key());
    Rule {
        id: rule.id().to_owned(),
        op: String::new(),
        document: String::new(),
        origin,
        session: None,
        place: None,
        rule: said,
        uses,
        last_match: last.and_then(|last| i64::try_from(last.as_secs()).ok()).map(rfc3339),
    }
}
