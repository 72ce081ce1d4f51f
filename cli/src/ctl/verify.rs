//! Whether what was called is what must have been called.

use std::fmt::Write as _;

use clap::Args;
use counterfoil_client::control::types;
use serde_json::{Map, Value, json};

use super::{Steered, Steering, show, value};
use crate::exit::Exit;
use crate::output::TITLE;

/// Verify what was called: of one operation, or without one what the script expects.
///
/// Where it is not so, the calls that came nearest are told, each with the first field that differs.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An operationId, or `METHOD /path/{template}`; without it the `expect` of the script is verified.
    #[arg(value_name = "OP")]
    operation: Option<String>,

    /// So many calls, no more and no fewer; one at least where nothing is said.
    #[arg(long, value_name = "N", requires = "operation", conflicts_with_all = ["min", "max"])]
    count: Option<u64>,

    /// So many calls at least.
    #[arg(long, value_name = "N", requires = "operation")]
    min: Option<u64>,

    /// So many calls at most.
    #[arg(long, value_name = "N", requires = "operation")]
    max: Option<u64>,

    /// Only calls answered with this status.
    #[arg(long, requires = "operation")]
    status: Option<u16>,

    /// Only calls of which this holds: a `when` as scripts write it, JSON or YAML.
    #[arg(long = "where", value_name = "WHEN", requires = "operation")]
    condition: Option<String>,

    /// Wait so long for the calls: 500ms, 2s; 60s at most.
    #[arg(long, value_name = "TIME", requires = "operation")]
    within: Option<String>,
}

/// Verifies.
pub(super) async fn verify(steering: &Steering<'_>, arguments: &Arguments) -> Steered {
    let Some(operation) = &arguments.operation else { return expectations(steering).await };
    let mut order = Map::from_iter([("op".to_owned(), json!(operation))]);
    let mut add =
        |name: &str, value: Option<Value>| order.extend(value.map(|value| (name.to_owned(), value)));
    add("count", arguments.count.map(Value::from));
    add("min", arguments.min.map(Value::from));
    add("max", arguments.max.map(Value::from));
    add("status", arguments.status.map(Value::from));
    add("within", arguments.within.clone().map(Value::from));
    add("where", arguments.condition.as_deref().map(|text| value("the condition", text)).transpose()?);
    let order = types::Verification(Value::Object(order));
    let verified = steering.client.verify(steering.session(), &order).await?.into_inner();
    steering.write(&verified, |text| {
        let calls = if verified.count == 1 { "call" } else { "calls" };
        let _ = writeln!(text, "ok {TITLE}{}{TITLE:#}: {} {calls}", show::plain(operation), verified.count);
    })
}

/// Verifies what the script expects.
async fn expectations(steering: &Steering<'_>) -> Steered {
    let met = steering.client.verify_expectations(steering.session()).await?.into_inner();
    steering.write(&met, |text| {
        for one in &met.expectations {
            let (operation, place) = (show::plain(&one.operation), show::plain(&one.place));
            let expected = show::plain(&one.expected);
            let _ = writeln!(
                text,
                "ok {TITLE}{operation}{TITLE:#}: {}, {expected} expected ({place})",
                one.count
            );
        }
    })?;
    if met.expectations.is_empty() {
        steering.output.note("no script expects anything; say `expect` there, or name an operation");
        return Ok(Exit::NothingSelected);
    }
    Ok(Exit::Passed)
}
