//! Rules that can never run, since one above always answers first.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::super::grammar::{After, Clause, Rule, Validity, When};
use super::super::read::Reader;

/// Tells each rule that the rules above it leave nothing to.
pub(super) fn check(reader: &mut Reader<'_>, rules: &[Rule]) {
    let mut above = Above::default();
    for rule in rules {
        if let Some(shadow) = above.shadow(rule) {
            let name = shadow
                .id
                .as_ref()
                .map_or_else(|| format!("the one at {}", shadow.pointer), |id| format!("`{}`", id.name));
            let message = format!("this rule can never run: {name} answers every request it could");
            let hint = "put it above, or give the other one a `when`, `times` or `after: pass`".to_owned();
            reader.error("rule-shadows", &rule.pointer, message, Some(hint));
        }
        above.add(rule);
    }
}

/// The rules above that never stop answering, by what they ask; what asks for nothing has the empty key.
#[derive(Default)]
struct Above<'r> {
    of_valid: HashMap<String, &'r Rule>,
    of_invalid: HashMap<String, &'r Rule>,
}

impl<'r> Above<'r> {
    fn add(&mut self, rule: &'r Rule) {
        if rule.times.is_some()
            || rule.after == After::Pass
            || rule.when.nth.is_some()
            || rule.when.chance.is_some()
            || rule.expires.is_some()
        {
            return;
        }
        let key = key(&rule.when);
        if rule.when.validity != Validity::Invalid {
            self.of_valid.entry(key.clone()).or_insert(rule);
        }
        if rule.when.validity != Validity::Valid {
            self.of_invalid.entry(key).or_insert(rule);
        }
    }

    /// A rule that answers all that `rule` could.
    fn shadow(&self, rule: &Rule) -> Option<&'r Rule> {
        let key = key(&rule.when);
        let find = |rules: &HashMap<String, &'r Rule>| rules.get("").or_else(|| rules.get(&key)).copied();
        match rule.when.validity {
            Validity::Valid => find(&self.of_valid),
            Validity::Invalid => find(&self.of_invalid),
            Validity::Any => find(&self.of_valid).and(find(&self.of_invalid)),
        }
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
