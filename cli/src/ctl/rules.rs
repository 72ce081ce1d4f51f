//! The rules in force: listed, shown, added, removed.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use counterfoil_client::control::types::{NewRule, Rule, RuleOrigin};
use serde_json::{Map, Value, json};

use super::{Steered, Steering, show, value};
use crate::output::{QUIET, TITLE};

/// How many rules are asked for at once.
const PAGE: u32 = 200;

/// List, show, add and remove rules; without a command they are listed.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules in the order they are asked: those set at run time, then those of the scripts.
    List {
        /// Only rules of this operation: an operationId, or `METHOD /path/{template}`.
        #[arg(long, value_name = "OP")]
        op: Option<String>,
    },
    /// Add a rule before all others.
    Add {
        /// An operationId, or `METHOD /path/{template}`.
        #[arg(value_name = "OP")]
        operation: String,
        /// A rule as a script writes it (JSON or YAML), or in short: a status, the name of an example, a list.
        rule: String,
    },
    /// Show a rule, how often it answered, and when last.
    Show {
        /// Its id, as the header `counterfoil-rule` tells it.
        id: String,
    },
    /// Remove a rule that was set at run time.
    Remove {
        /// Its id.
        id: String,
    },
    /// Remove every rule that was set at run time; those of the script stay.
    Clear,
}

/// Does it.
pub(super) async fn rules(steering: &Steering<'_>, arguments: &Arguments) -> Steered {
    let (client, session) = (&steering.client, steering.session());
    match &arguments.command {
        None => list(steering, None).await,
        Some(Command::List { op }) => list(steering, op.as_deref()).await,
        Some(Command::Add { operation, rule }) => {
            let rule = new_rule(operation, value("the rule", rule)?);
            let set = client.add_rule(session, &rule).await?.into_inner();
            steering.write(&set, |text| {
                let _ = writeln!(text, "{} answers by {}", show::plain(operation), show::plain(&set.id));
                set.warnings.iter().for_each(|warning| show::finding(text, warning));
            })
        }
        Some(Command::Show { id }) => {
            let rule = client.show_rule(id, session).await?.into_inner();
            steering.write(&rule, |text| {
                write(text, &rule);
                if let Some(time) = &rule.last_match {
                    let _ = writeln!(text, "  last at {}", show::plain(time));
                }
            })
        }
        Some(Command::Remove { id }) => {
            client.remove_rule(id, session).await?;
            steering.done(&format!("{id} is removed"))
        }
        Some(Command::Clear) => {
            client.clear_rules(session).await?;
            steering.done("no rule is left that was set at run time")
        }
    }
}

/// The members of a rule beside its operation; what is said in short stands under `respond`.
fn new_rule(operation: &str, said: Value) -> NewRule {
    let mut rule = match said {
        Value::Object(members) => members,
        short => Map::from_iter([("respond".to_owned(), short)]),
    };
    rule.insert("op".to_owned(), json!(operation));
    NewRule(rule)
}

async fn list(steering: &Steering<'_>, operation: Option<&str>) -> Steered {
    let mut rules = Vec::new();
    let mut after = None;
    loop {
        let page =
            steering.client.list_rules(after, Some(PAGE), operation, steering.session()).await?.into_inner();
        rules.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    steering.write(&rules, |text| rules.iter().for_each(|rule| write(text, rule)))
}

/// A rule on two lines: what it is for, where it comes from and how often it answered; what it says.
fn write(text: &mut String, rule: &Rule) {
    let (id, operation) = (show::plain(&rule.id), show::plain(&rule.op));
    let origin = match (rule.origin, &rule.place) {
        (RuleOrigin::Script, Some(place)) => show::plain(place),
        (RuleOrigin::Script, None) => "a script".to_owned(),
        (RuleOrigin::Set | RuleOrigin::Reply, _) => "set at run time".to_owned(),
    };
    let session = rule
        .session
        .as_deref()
        .map_or_else(String::new, |name| format!(" for session {}", show::plain(name)));
    let uses = if rule.uses == 1 { "use" } else { "uses" };
    let _ = writeln!(
        text,
        "{TITLE}{id}{TITLE:#} {operation} {QUIET}({origin}{session}, {} {uses}){QUIET:#}",
        rule.uses
    );
    let _ = writeln!(text, "  {}", show::plain(&Value::Object(rule.rule.clone()).to_string()));
}
