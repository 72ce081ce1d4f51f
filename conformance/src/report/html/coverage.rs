//! What was covered: a row for each operation, a column for each documented status, and what came beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{data, escaped, name};
use crate::report::covered::{admits, covering};
use crate::report::tally::{OperationTally, RunTally};
use crate::report::text::{counted, one_line, thousands};

/// Columns at most; what does not fit is in the last one.
const MAX_COLUMNS: usize = 30;
/// Media types named in one cell.
const MAX_IN_CELL: usize = 12;

/// Writes the matrix of operation, status and media type.
pub(super) fn write(page: &mut String, run: &RunTally, place: usize, end: usize) {
    if run.operations.is_empty() {
        return;
    }
    let rows: Vec<(&OperationTally, BTreeMap<String, Vec<Cell>>)> =
        run.operations.values().map(|operation| (operation, cells(operation))).collect();
    let mut columns: BTreeSet<&str> = BTreeSet::new();
    for (_, row) in &rows {
        columns.extend(row.keys().map(String::as_str));
    }
    let columns: Vec<&str> = columns.into_iter().take(MAX_COLUMNS).collect();
    let (seen, documented) = covered(&rows);
    let _ = write!(
        page,
        "<section id=\"coverage-{place}\" aria-label=\"coverage\">\n<h2>Coverage</h2>\n<p>{} of {} answered. \
         <span class=\"good\">Answered as documented</span>, <span class=\"quiet\">documented and never answered</span>, \
         <span class=\"bad\">answered and not documented</span>.</p>\n\
         <div class=\"wide\"><table>\n<tr><th>operation</th><th>cases</th><th>failures</th>",
        thousands(seen),
        counted(documented, "documented response")
    );
    for column in &columns {
        let _ = write!(page, "<th>{}</th>", name(column));
    }
    page.push_str("</tr>\n");
    for (index, (operation, row)) in rows.iter().enumerate() {
        if page.len() > end {
            let left_out = counted((rows.len() - index) as u64, "more operation");
            let span = columns.len() + 3;
            let _ = writeln!(
                page,
                "<tr><td colspan=\"{span}\">{left_out}; the JSON report has them all</td></tr>"
            );
            break;
        }
        let about = &operation.operation;
        let class = if operation.failures > operation.known { " bad" } else { "" };
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td class=\"number\">{}</td><td class=\"number{class}\">{}</td>",
            name(&format!("{} {}", about.method, about.path)),
            thousands(operation.cases),
            thousands(operation.failures)
        );
        for column in &columns {
            page.push_str("<td>");
            for cell in row.get(*column).into_iter().flatten().take(MAX_IN_CELL) {
                cell.write(page);
            }
            page.push_str("</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n");
    data::write(page, run, end);
    page.push_str("</section>\n");
}

/// A status with a media type.
struct Cell {
    media_type: String,
    count: u64,
    is_documented: bool,
}

impl Cell {
    fn write(&self, page: &mut String) {
        let class = match (self.is_documented, self.count) {
            (true, 0) => "quiet",
            (true, _) => "good",
            (false, _) => "bad",
        };
        let media_type = escaped(&one_line(&self.media_type.chars().take(80).collect::<String>()));
        let count = if self.count == 0 { "-".to_owned() } else { thousands(self.count) };
        let _ = write!(page, "<span class=\"{class}\">{media_type} {count}</span>");
    }
}

/// How many of the documented responses came, and how many there are.
fn covered(rows: &[(&OperationTally, BTreeMap<String, Vec<Cell>>)]) -> (u64, u64) {
    let cells = rows.iter().flat_map(|(_, row)| row.values().flatten()).filter(|cell| cell.is_documented);
    cells.fold((0, 0), |(seen, all), cell| (seen + u64::from(cell.count > 0), all + 1))
}

/// The cells of an operation by column: the statuses as documented, and those that came and are not.
fn cells(operation: &OperationTally) -> BTreeMap<String, Vec<Cell>> {
    let mut row: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    let documented = &operation.operation.responses;
    for response in documented {
        let cells = row.entry(response.status.clone()).or_default();
        let cell =
            |media_type: &str| Cell { media_type: media_type.to_owned(), count: 0, is_documented: true };
        match response.media_types.as_slice() {
            [] => cells.push(cell("no body")),
            types => cells.extend(types.iter().map(|media_type| cell(media_type))),
        }
    }
    for (answer, count) in &operation.answers {
        let (status, media_type) = answer.split_once(' ').unwrap_or((answer, ""));
        let Some(response) = covering(documented, status) else {
            let cells = row.entry(status.to_owned()).or_default();
            let media_type = if media_type.is_empty() { "no body" } else { media_type };
            cells.push(Cell { media_type: media_type.to_owned(), count: *count, is_documented: false });
            continue;
        };
        let cells = row.entry(response.status.clone()).or_default();
        let known = cells.iter_mut().find(|cell| cell.is_documented && admits(&cell.media_type, media_type));
        match known {
            Some(cell) => cell.count += count,
            // Where no content is documented any is let through.
            None => {
                let is_documented = response.media_types.is_empty() || media_type.is_empty();
                let media_type = if media_type.is_empty() { "no media type" } else { media_type };
                cells.push(Cell { media_type: media_type.to_owned(), count: *count, is_documented });
            }
        }
    }
    row
}
