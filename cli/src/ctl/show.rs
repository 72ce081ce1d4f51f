//! What a stub says, as text: nothing in it acts on a terminal, whoever sent it.

use std::fmt::Write as _;

use anstyle::Style;
use counterfoil_client::control::types;
use counterfoil_conformance::report::one_line;

use crate::output::{BAD, CAREFUL, QUIET, TITLE};

/// A text from outside on one line, with nothing in it that a terminal acts upon.
pub(super) fn plain(text: &str) -> String {
    one_line(text)
}

/// A call in a line.
pub(super) fn call(text: &mut String, call: &types::CallSummary) {
    let _ = writeln!(text, "{}", call_line(call));
}

fn call_line(call: &types::CallSummary) -> String {
    let status = call.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let style = match call.status {
        None | Some(500..) => BAD,
        Some(400..) => CAREFUL,
        Some(_) => Style::new(),
    };
    let operation = call.operation.as_deref().unwrap_or("-");
    let rule = call.rule.as_deref().map_or_else(String::new, |rule| format!(" {}", plain(rule)));
    let invalid = if call.valid { "" } else { " invalid" };
    format!(
        "{:>5} {style}{status}{style:#} {TITLE}{} {}{TITLE:#} {} [{}{rule}]{invalid}",
        call.id,
        plain(&call.method),
        plain(&call.url),
        plain(operation),
        plain(&call.source),
    )
}

/// A call whole.
pub(super) fn whole_call(text: &mut String, call: &types::Call) {
    let in_short = types::CallSummary {
        id: call.id,
        latency_us: call.latency_us,
        method: call.method.clone(),
        operation: call.operation.clone(),
        rule: call.rule.clone(),
        source: call.source.clone(),
        status: call.status,
        url: call.url.clone(),
        valid: call.valid,
    };
    self::call(text, &in_short);
    lines(text, "violation", &call.violations);
    lines(text, "upstream violation", &call.upstream_violations);
    lines(text, "trail", &call.trail);
    message(text, "request", &call.request);
    match &call.response {
        Some(response) => message(text, "response", response),
        None => text.push_str("response: none was sent\n"),
    }
}

/// Lines of one kind, each by itself.
pub(super) fn lines(text: &mut String, kind: &str, lines: &[String]) {
    for line in lines {
        let _ = writeln!(text, "{QUIET}{kind}:{QUIET:#} {}", plain(line));
    }
}

fn message(text: &mut String, which: &str, message: &types::Message) {
    let _ = writeln!(text, "{TITLE}{which}{TITLE:#}");
    for types::HeaderField { name, value } in &message.headers {
        let _ = writeln!(text, "  {QUIET}{}:{QUIET:#} {}", plain(name), plain(value));
    }
    if let Some(body) = &message.body {
        let altered = if message.body_altered { " …" } else { "" };
        let _ = writeln!(text, "\n  {}{altered}", plain(body));
    }
}

/// What is wrong with what was sent.
pub(super) fn finding(text: &mut String, finding: &types::FindingBody) {
    let (style, severity) = match finding.severity {
        types::FindingSeverity::Error => (BAD, "error"),
        types::FindingSeverity::Warning => (CAREFUL, "warning"),
        types::FindingSeverity::Note => (QUIET, "note"),
    };
    let at =
        if finding.pointer.is_empty() { String::new() } else { format!(" (at {})", plain(&finding.pointer)) };
    let code = plain(&finding.code);
    let _ = writeln!(text, "  {style}{severity}[{code}]{style:#}: {}{at}", plain(&finding.message));
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "    {}", plain(hint));
    }
}

/// What is not as it was to be verified, with the calls that came nearest.
pub(super) fn failure(text: &mut String, failure: &types::Failure) {
    let place =
        if failure.place.is_empty() { String::new() } else { format!(" ({})", plain(&failure.place)) };
    let _ = writeln!(text, "{BAD}failed{BAD:#} {}{place}", plain(&failure.message));
    for near in &failure.nearest {
        let _ = writeln!(text, "  {}", call_line(&near.call));
        if let Some(difference) = &near.difference {
            let _ = writeln!(text, "        {}", self::difference(difference));
        }
    }
}

/// How a call differs from what is asked.
pub(super) fn difference(difference: &types::FieldDifference) -> String {
    let found = difference.found.as_deref().unwrap_or("nothing");
    let (field, expected) = (plain(&difference.field), plain(&difference.expected));
    format!("{field}: expected {expected}, found {}", plain(found))
}

/// The operations served.
pub(super) fn operations(text: &mut String, operations: &[types::OperationSummary]) {
    for operation in operations {
        let (id, method, path) =
            (plain(&operation.operation_id), plain(&operation.method), plain(&operation.path));
        let statuses = plain(&operation.statuses.join(", "));
        let _ = writeln!(text, "{TITLE}{id}{TITLE:#} {method} {path} {QUIET}{statuses}{QUIET:#}");
        let mut examples: Vec<_> = operation.examples.iter().collect();
        examples.sort();
        for (status, names) in examples {
            let _ = writeln!(text, "  {}: {}", plain(status), plain(&names.join(", ")));
        }
        if operation.rules > 0 || operation.calls > 0 {
            let _ = writeln!(text, "  {} rules, {} calls", operation.rules, operation.calls);
        }
    }
}

/// What is served.
pub(super) fn health(text: &mut String, health: &types::Health) {
    let script = health.script_digest.as_deref().unwrap_or("none");
    let _ = writeln!(text, "ok, version {}", plain(&health.version));
    let _ = writeln!(text, "document {}\nscript   {}", plain(&health.document_digest), plain(script));
}
