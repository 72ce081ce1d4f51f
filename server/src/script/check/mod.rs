//! The script against its document: names, statuses, examples, media types, bodies, headers, and rules that can
//! never run.

mod body;
mod expect;
mod field;
mod reply;
mod resource;
mod scenario;
mod shadow;
mod template;

use std::sync::Arc;

use counterfoil_openapi::{Contract, Operation, Pointer, Severity};

use super::grammar::{After, Named, Rule, Rules, Step, Validity};
use super::nearest;
use super::read::Reader;
use super::rule::{CompiledReply, CompiledRule, Naming};
use super::sequence::Sequence;
use template::Templates;

pub(super) use expect::{contradictions, expectation};
pub(super) use reply::valid_response;
pub(super) use resource::{Taken, resource};
pub(super) use scenario::scenario;
pub(super) use shadow::Above;

/// The operation that a script names, looked up in each contract; what is not there is told.
pub(super) fn operation<'c>(
    reader: &mut Reader<'_>,
    contracts: &[&'c Contract],
    name: &Named,
) -> Option<&'c Arc<Operation>> {
    let found: Vec<_> =
        contracts.iter().filter_map(|contract| Some((contract, contract.operation(&name.name)?))).collect();
    if let [(first, operation), (second, _), ..] = found.as_slice() {
        let message = format!(
            "`{}` is an operation of {} and of {}; the first is meant",
            name.name,
            first.document().name(),
            second.document().name()
        );
        let hint = "say `document:` at the top of the script".to_owned();
        reader.tell(Severity::Warning, "operation-ambiguous", &name.pointer, message, Some(hint));
        return Some(operation);
    }
    if let [(_, operation)] = found.as_slice() {
        return Some(operation);
    }
    let operations = || contracts.iter().flat_map(|contract| contract.operations());
    let labels: Vec<String> = operations().map(|operation| operation.label()).collect();
    let ids = operations().map(|operation| operation.id().as_str());
    let hint = if name.name.contains(' ') {
        nearest::hint(&name.name, labels.iter().map(String::as_str))
    } else {
        nearest::hint(&name.name, ids)
    };
    let message = format!("the document has no operation `{}`", name.name);
    reader.error("operation-unknown", &name.pointer, message, hint);
    None
}

/// The rules of one operation in one file, checked and made ready to run; `above` are those of the files before.
pub(super) fn rules(
    reader: &mut Reader<'_>,
    operation: &Operation,
    rules: Rules,
    above: &mut Above,
    (naming, name_of): (Naming, impl Fn(usize) -> String),
    place_of: impl Fn(&Pointer) -> String,
) -> Vec<CompiledRule> {
    if rules.is_whole {
        shadow::check(reader, &rules.rules, above);
    }
    let file: Arc<str> = reader.name().into();
    let mut compiled = Vec::with_capacity(rules.rules.len());
    for (index, mut rule) in rules.rules.into_iter().enumerate() {
        field::check(reader, operation, &mut rule.when);
        if let Some(per) = &rule.per {
            field::check_per(reader, operation, per, rule.when.validity);
        }
        repeats(reader, &rule);
        let validity = rule.when.validity;
        check_set(reader, operation, validity, &rule);
        let steps = rule
            .steps
            .iter()
            .map(|step| (step.count, compiled_reply(reader, operation, validity, step)))
            .collect();
        compiled.push(CompiledRule {
            digest: reader.digest(&rule.pointer),
            naming: match rule.id {
                Some(_) => Naming::Own,
                None => naming,
            },
            id: rule.id.map_or_else(|| name_of(index), |id| id.name),
            place: place_of(&rule.pointer),
            file: Arc::clone(&file),
            pointer: rule.pointer,
            when: rule.when,
            sequence: Sequence::new(steps, rule.after),
            times: rule.times,
            expires: rule.expires,
            per: rule.per.map(|per| per.field),
            set: rule.set,
        });
    }
    compiled
}

/// Checks the templates of what is kept.
fn check_set(reader: &mut Reader<'_>, operation: &Operation, validity: Validity, rule: &Rule) {
    let at = rule.pointer.join("set");
    for (name, template) in &rule.set {
        let mut templates = Templates { reader, operation, validity, may_misfit: false };
        templates.sample(template, &at.join(name), &Pointer::root(), None);
    }
}

fn compiled_reply(
    reader: &mut Reader<'_>,
    operation: &Operation,
    validity: Validity,
    step: &Step,
) -> CompiledReply {
    let (spec, templates) = reply::check(reader, operation, validity, &step.reply);
    CompiledReply { spec, delay: step.reply.delay, templates }
}

/// A repeated last step changes nothing where the last step repeats for ever.
fn repeats(reader: &mut Reader<'_>, rule: &Rule) {
    let Some(last) = rule.steps.last() else { return };
    if rule.after == After::Last && last.count > 1 && rule.times.is_none() {
        let message = format!("`*{}` has no effect: the last reply repeats for ever", last.count);
        let hint = "to fall through after it, say `after: pass`; to begin again, `after: cycle`".to_owned();
        reader.tell(Severity::Warning, "repeat-needless", &last.reply.pointer, message, Some(hint));
    }
}
