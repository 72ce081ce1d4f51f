//! Which parameters and schema keywords were put to the test, by operation.

use std::fmt::Write as _;

use super::{escaped, name};
use crate::report::tally::{OperationTally, RunTally};
use crate::report::text::{counted, one_line, thousands};

/// Keywords named of an operation that no value came to; more are counted.
const NAMED: usize = 40;

/// Writes a table of the parameters and keywords of every operation that has any.
pub(super) fn write(page: &mut String, run: &RunTally, end: usize) {
    let has_data = |operation: &&OperationTally| {
        !operation.coverage.parameters.is_empty() || !operation.coverage.keywords.is_empty()
    };
    let operations: Vec<&OperationTally> = run.operations.values().filter(has_data).collect();
    if operations.is_empty() {
        return;
    }
    page.push_str(
        "<details><summary>parameters and schema keywords</summary>\n<div class=\"wide\"><table>\n\
         <tr><th>operation</th><th>parameters, by valid and by invalid values</th>\
         <th>keywords</th><th>by valid</th><th>by invalid</th><th>never broken</th></tr>\n",
    );
    for (index, operation) in operations.iter().enumerate() {
        if page.len() > end {
            let left_out = counted((operations.len() - index) as u64, "more operation");
            let _ =
                writeln!(page, "<tr><td colspan=\"6\">{left_out}; the JSON report has them all</td></tr>");
            break;
        }
        row(page, operation);
    }
    page.push_str("</table></div></details>\n");
}

fn row(page: &mut String, operation: &OperationTally) {
    let about = &operation.operation;
    let _ =
        write!(page, "<tr><td><code>{}</code></td><td>", name(&format!("{} {}", about.method, about.path)));
    for parameter in operation.coverage.parameters.iter().take(NAMED) {
        let class = if parameter.valid > 0 && parameter.invalid > 0 { "good" } else { "quiet" };
        let _ = write!(
            page,
            "<span class=\"{class}\">{} <code>{}</code> {} / {}</span>",
            escaped(&parameter.location),
            name(&parameter.name),
            thousands(parameter.valid),
            thousands(parameter.invalid)
        );
    }
    let keywords = &operation.coverage.keywords;
    let count = |is_touched: fn(u64, u64) -> bool| {
        thousands(keywords.iter().filter(|keyword| is_touched(keyword.valid, keyword.invalid)).count() as u64)
    };
    let _ = write!(
        page,
        "</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>",
        thousands(keywords.len() as u64),
        count(|valid, _| valid > 0),
        count(|_, invalid| invalid > 0)
    );
    let never: Vec<&str> = keywords
        .iter()
        .filter(|keyword| keyword.invalid == 0)
        .map(|keyword| keyword.pointer.as_str())
        .collect();
    for pointer in never.iter().take(NAMED) {
        let shown: String = one_line(&format!("#{pointer}")).chars().take(200).collect();
        let _ = write!(page, "<span class=\"quiet\"><code>{}</code></span>", escaped(&shown));
    }
    if never.len() > NAMED {
        let _ =
            write!(page, "<span class=\"quiet\">{}</span>", counted((never.len() - NAMED) as u64, "other"));
    }
    page.push_str("</td></tr>\n");
}
