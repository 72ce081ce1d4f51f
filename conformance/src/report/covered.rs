//! What a run covered, in a few words, and which documented response a reply belongs to.

use super::tally::{OperationTally, RunTally};
use super::text::thousands;
use crate::event::DocumentedResponse;

/// Operations, documented responses, parameters and schema keywords: how many there are, and how many were touched.
pub(super) fn covered(run: &RunTally) -> [(&'static str, String); 4] {
    let operations = || run.operations.values();
    let sent = operations().filter(|operation| operation.cases > 0).count();
    let (mut seen, mut documented) = (0, 0);
    for operation in operations() {
        documented += operation.operation.responses.len();
        seen += operation.operation.responses.iter().filter(|response| is_seen(operation, response)).count();
    }
    let parameters = operations().flat_map(|operation| &operation.coverage.parameters);
    let parameters = parameters.map(|parameter| (parameter.valid, parameter.invalid));
    let keywords = operations().flat_map(|operation| &operation.coverage.keywords);
    let keywords = keywords.map(|keyword| (keyword.valid, keyword.invalid));
    let of = |some: usize, all: usize| format!("{} of {}", thousands(some as u64), thousands(all as u64));
    [
        ("operations", of(sent, run.operations.len())),
        ("documented responses", of(seen, documented)),
        ("parameters", touched(parameters)),
        ("schema keywords", touched(keywords)),
    ]
}

/// How many are touched by valid and by invalid values, of how many.
fn touched(counts: impl Iterator<Item = (u64, u64)>) -> String {
    let (mut all, mut valid, mut invalid) = (0, 0, 0);
    for (by_valid, by_invalid) in counts {
        all += 1;
        valid += u64::from(by_valid > 0);
        invalid += u64::from(by_invalid > 0);
    }
    format!(
        "{} by valid and {} by invalid values of {}",
        thousands(valid),
        thousands(invalid),
        thousands(all)
    )
}

fn is_seen(operation: &OperationTally, response: &DocumentedResponse) -> bool {
    operation.answers.keys().any(|answer| {
        let status = answer.split(' ').next().unwrap_or_default();
        covering(&operation.operation.responses, status).is_some_and(|found| found.status == response.status)
    })
}

/// The response that a status belongs to: the status itself, then its range, then `default`.
pub(super) fn covering<'r>(
    responses: &'r [DocumentedResponse],
    status: &str,
) -> Option<&'r DocumentedResponse> {
    let range = format!("{}XX", status.get(..1)?);
    let is = |wanted: &str| responses.iter().find(|response| response.status.eq_ignore_ascii_case(wanted));
    is(status).or_else(|| is(&range)).or_else(|| is("default"))
}

/// Whether a documented media type or range is one of a reply's, which has no parameters.
pub(super) fn admits(documented: &str, answered: &str) -> bool {
    let documented = documented.split(';').next().unwrap_or_default().trim();
    match documented.strip_suffix('*') {
        _ if documented == "no body" => answered.is_empty(),
        Some("*/") => true,
        Some(range) => answered.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range)),
        None => documented.eq_ignore_ascii_case(answered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_belong_to_the_responses_that_cover_them() {
        let documented = |status: &str, media_types: &[&str]| DocumentedResponse {
            status: status.to_owned(),
            media_types: media_types.iter().map(|name| (*name).to_owned()).collect(),
        };
        let responses = [
            documented("200", &["application/json", "text/*"]),
            documented("4XX", &[]),
            documented("default", &[]),
        ];
        let covered = |status: &str| covering(&responses, status).map(|response| response.status.as_str());
        assert_eq!(covered("200"), Some("200"));
        assert_eq!(covered("404"), Some("4XX"));
        assert_eq!(covered("500"), Some("default"));
        assert_eq!(covering(&responses[..2], "500").map(|response| &response.status), None);
        assert!(
            admits("text/*", "text/html")
                && admits("*/*", "a/b")
                && admits("application/JSON", "application/json")
        );
        assert!(!admits("text/*", "image/png") && !admits("application/json", "text/json"));
    }
}
