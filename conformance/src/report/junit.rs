//! JUnit XML, which every CI server reads: a suite per operation, a test case per check.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::describe::{self, Excerpt};
use super::tally::{CheckTally, OperationTally, RunTally, Tally};
use super::text::{counted, cut, one_line, visible};
use crate::failure::Failure;

/// Bytes of failure text in one file; beyond them failures are only counted, so that a broken target does not make
/// a file that no CI server takes.
const TEXT_BUDGET: usize = 20 << 20;

/// Characters of a message in an attribute.
const MESSAGE: usize = 1_000;

/// The JUnit report.
///
/// A check that concerned no case of an operation is there as skipped. No clock is read: there are no time stamps,
/// and a suite's time is the time of its exchanges.
pub fn to_junit(tally: &Tally) -> String {
    within(tally, TEXT_BUDGET)
}

/// The report with at most so many bytes of failure text.
fn within(tally: &Tally, mut budget: usize) -> String {
    let mut report = Report::new("counterfoil");
    for run in tally.runs() {
        let mut failures: Failures<'_> = HashMap::new();
        for failure in &run.failures {
            failures.entry((&failure.operation, &failure.check)).or_default().push(failure);
        }
        for operation in run.operations.values() {
            report.add_test_suite(suite(run, operation, &failures, &mut budget));
        }
    }
    report.to_string().expect("every character that XML forbids was escaped")
}

/// Failures by operation and check.
type Failures<'r> = HashMap<(&'r str, &'r str), Vec<&'r Failure>>;

fn suite(
    run: &RunTally,
    operation: &OperationTally,
    failures: &Failures<'_>,
    budget: &mut usize,
) -> TestSuite {
    let about = &operation.operation;
    let label = format!("{} {}", about.method, about.path);
    let mut suite = TestSuite::new(one_line(&label));
    suite.set_time(Duration::from_micros(operation.elapsed_micros));
    suite.add_properties([
        property("document", &run.document),
        property("digest", &run.digest),
        property("target", &run.target),
        property("seed", &run.seed.to_string()),
        property("operation", &about.id),
        property("cases", &operation.cases.to_string()),
    ]);
    for (check, tally) in &operation.checks {
        let failures = failures.get(&(about.id.as_str(), check.as_str())).map_or(&[][..], Vec::as_slice);
        let mut case = TestCase::new(one_line(check), status(run, failures, *tally, budget));
        case.set_classname(one_line(&about.id));
        suite.add_test_case(case);
    }
    suite
}

fn status(run: &RunTally, failures: &[&Failure], tally: CheckTally, budget: &mut usize) -> TestCaseStatus {
    let Some(first) = failures.first() else {
        if tally.failed > 0 {
            // The run was cut short before it could tell its failures.
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("it did not hold in {}", counted(tally.failed, "case")));
            return status;
        }
        if tally.passed + tally.warned > 0 {
            return TestCaseStatus::success();
        }
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_message("it concerned no case");
        return skipped;
    };
    let new: Vec<&Failure> = failures.iter().copied().filter(|failure| failure.known.is_none()).collect();
    let Some(first) = new.first() else {
        let mut skipped = TestCaseStatus::skipped();
        let known = first.known.as_deref().map(describe::known).unwrap_or_default();
        skipped.set_message(format!("known: {known}"));
        return skipped;
    };
    let failures = new.as_slice();
    let (head, _) = cut(&first.message, 1, MESSAGE);
    let mut message = one_line(head);
    if failures.len() > 1 {
        let _ = write!(message, " (and {})", counted(failures.len() as u64 - 1, "other failure"));
    }
    let mut text = String::new();
    for (index, failure) in failures.iter().enumerate() {
        let described = description(failure, &run.rerun);
        let written = escaped_len(&described);
        if written > *budget {
            let left_out = counted((failures.len() - index) as u64, "failure");
            let _ = writeln!(text, "{left_out} left out: this file is full");
            break;
        }
        *budget -= written;
        text.push_str(&described);
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message).set_type(one_line(cut(&first.kind, 1, MESSAGE).0)).set_description(text);
    status
}

/// The bytes of a text once XML has escaped it.
fn escaped_len(text: &str) -> usize {
    text.len() + 5 * text.bytes().filter(|byte| b"<>&\"'".contains(byte)).count()
}

fn description(failure: &Failure, rerun: &str) -> String {
    let mut text = format!("{}\n", visible(&failure.message));
    for fact in describe::facts(failure, rerun, Excerpt::Long) {
        for (index, line) in fact.text.lines().enumerate() {
            let label = if index == 0 { fact.label } else { "" };
            let _ = writeln!(text, "  {label:<11}{line}");
        }
    }
    text.push('\n');
    text
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, one_line(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, EventSink};
    use crate::failure::Known;
    use crate::report::tests::{failure, started};

    #[test]
    fn what_is_known_is_no_failure() {
        let known = Known { reason: Some("old".to_owned()), ticket: None, expires: None, is_expired: false };
        let known = Failure { known: Some(Box::new(known)), ..failure("") };
        let case = |failures: &[Failure]| {
            let mut tally = Tally::default();
            tally.take(&started());
            crate::report::tests::sample_run().iter().skip(1).take(3).for_each(|event| tally.take(event));
            failures.iter().for_each(|failure| tally.take(&Event::FailureFound { failure: failure.clone() }));
            to_junit(&tally)
        };
        let xml = case(std::slice::from_ref(&known));
        assert!(xml.contains("<skipped message=\"known: old\"") && !xml.contains("<failure"), "{xml}");
        let xml = case(&[known, Failure { kind: "new".to_owned(), ..failure("") }]);
        assert!(xml.contains("<failure") && xml.contains("type=\"new\""), "{xml}");
    }

    #[test]
    fn a_target_where_all_fails_makes_a_file_that_can_be_read() {
        let mut tally = Tally::default();
        tally.take(&started());
        let failure = failure(&"x".repeat(1_000));
        for number in 0..200 {
            let failure = Failure { kind: format!("k{number}"), ..failure.clone() };
            tally.take(&Event::FailureFound { failure });
        }
        let xml = within(&tally, 50_000);
        assert!(xml.len() < 60_000, "{}", xml.len());
        assert!(xml.contains("failures left out: this file is full"), "{xml}");
        assert!(!to_junit(&tally).contains("left out"));
    }
}
