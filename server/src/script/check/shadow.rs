//! Rules that can never run, since one above always answers first.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::super::grammar::{After, Clause, Rule, Validity, When};
use super::super::read::Reader;

/// Tells each rule that the rules above it leave nothing to; `above` holds those of the files before.
pub(super) fn check(reader: &mut Reader<'_>, rules: &[Rule], above: &mut Above) {
    for rule in rules {
        if let Some(shadow) = above.shadow(rule) {
            let place =
                if shadow.file == reader.name() { String::new() } else { format!(" of {}", shadow.file) };
            let message =
                format!("this rule can never run: {}{place} answers every request it could", shadow.name);
            let hint = "put it above, or give the other one a `when`, `times` or `after: pass`".to_owned();
            reader.error("rule-shadows", &rule.pointer, message, Some(hint));
        }
        above.add(rule, reader.name());
    }
}

/// The rules above that never stop answering, by what they ask; what asks for nothing has the empty key.
#[derive(Debug, Default)]
pub(in crate::script) struct Above {
    of_valid: HashMap<String, Arc<Shadow>>,
    of_invalid: HashMap<String, Arc<Shadow>>,
}

/// What messages call a rule.
#[derive(Debug)]
struct Shadow {
    name: String,
    file: String,
}

impl Above {
    fn add(&mut self, rule: &Rule, file: &str) {
        let is_endless = rule.times.is_none()
            && rule.after != After::Pass
            && rule.when.nth.is_none()
            && rule.when.chance.is_none()
            && rule.expires.is_none();
        if !is_endless {
            return;
        }
        let name = rule
            .id
            .as_ref()
            .map_or_else(|| format!("the one at {}", rule.pointer), |id| format!("`{}`", id.name));
        let shadow = Arc::new(Shadow { name, file: file.to_owned() });
        let key = key(&rule.when);
        if rule.when.validity != Validity::Invalid {
            self.of_valid.entry(key.clone()).or_insert_with(|| Arc::clone(&shadow));
        }
        if rule.when.validity != Validity::Valid {
            self.of_invalid.entry(key).or_insert(shadow);
        }
    }

    /// A rule that answers all that `rule` could.
    fn shadow(&self, rule: &Rule) -> Option<&Shadow> {
        let key = key(&rule.when);
        let of_valid = self.of_valid.get("").or_else(|| self.of_valid.get(&key));
        let of_invalid = self.of_invalid.get("").or_else(|| self.of_invalid.get(&key));
        match rule.when.validity {
            Validity::Valid => of_valid,
            Validity::Invalid => of_invalid,
            Validity::Any => of_valid.and(of_invalid),
        }
        .map(|shadow| &**shadow)
    }
}

/// A text that is the same for conditions that ask the same in the same words.
fn key(when: &When) -> String {
    let mut key = String::new();
    for clause in &when.invalid {
        let _ = write!(key, "{:?};", clause.part);
    }
    write_clauses(&when.clauses, &mut key);
    key
}

fn write_clauses(clauses: &[Clause], key: &mut String) {
    for clause in clauses {
        match clause {
            Clause::Field(clause) => {
                let _ = write!(key, "{} {:?};", clause.field.label(), clause.condition);
            }
            Clause::MediaType(wanted) | Clause::Accept(wanted) => {
                let names: Vec<&str> = wanted.names().collect();
                let what = if matches!(clause, Clause::Accept(_)) { "accept" } else { "media_type" };
                let _ = write!(key, "{what} {};", names.join(","));
            }
            Clause::Valid(validity) => {
                let _ = write!(key, "valid {validity:?};");
            }
            Clause::Invalid(parts) => {
                for clause in parts {
                    let _ = write!(key, "invalid {:?};", clause.part);
                }
            }
            Clause::Any(groups) | Clause::All(groups) => {
                key.push_str(if matches!(clause, Clause::Any(_)) { "any(" } else { "all(" });
                for group in groups {
                    write_clauses(group, key);
                    key.push('|');
                }
                key.push(')');
            }
            Clause::Not(group) => {
                key.push_str("not(");
                write_clauses(group, key);
                key.push(')');
            }
        }
    }
}
