//! `response-interim`

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::contract::{Operation, StatusPattern};

declare! {
    /// Found when all that an operation documents are interim responses, of statuses below 200.
    ///
    /// Why it matters: an interim response comes before another one (RFC 9110, section 15.2), and none is documented. The
    /// stub opens no WebSocket, so that it answers 501 instead of 101.
    ///
    /// Example: `responses: {"101": {description: Switching protocols}}`.
    ///
    /// What to do: document what a client gets that asks for no upgrade, for example `"426"` or `default`.
    RESPONSE_INTERIM = "response-interim", Note, Judge::Operation(judge)
}

fn judge(_: &Scene<'_>, operation: &Operation, findings: &mut Findings<'_>) {
    let is_interim =
        |status: StatusPattern| matches!(status, StatusPattern::Exact(100..=199) | StatusPattern::Range(1));
    let mut statuses = operation.responses().iter().map(|response| response.status).peekable();
    if statuses.peek().is_some() && statuses.all(is_interim) {
        let message = format!("{} documents interim responses only", operation.label());
        let hint = "document what a client gets that asks for no upgrade, for example `\"426\"` or `default`";
        findings.add_with_hint(&RESPONSE_INTERIM, &operation.pointer().join("responses"), message, hint);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn one_final_response_is_enough() {
        let table = [
            ("'101': {}", true),
            ("1XX: {}, '100': {}", true),
            ("'101': {}, '400': {}", false),
            ("default: {}", false),
        ];
        for (responses, is_found) in table {
            let text = with_operation("3.0.3", &format!("responses: {{{responses}}}"), "");
            assert_eq!(!found("response-interim", &text).is_empty(), is_found, "{responses}");
        }
    }
}
