//! What `check` finds beyond structure: schemas that cannot be used, examples that break their own schema.

use crate::contract::{Example, Operation};
use crate::document::{Finding, Severity};
use crate::schema::{Direction, Schema};

/// Findings about the schemas and examples of one operation.
pub(crate) fn operation(operation: &Operation) -> Vec<Finding> {
    let mut inspection = Inspection { operation, findings: Vec::new() };
    for parameter in operation.parameters() {
        inspection.pair(parameter.schema.as_ref(), &parameter.examples, Direction::Request);
    }
    for media in operation.request_body().iter().flat_map(|body| body.content.iter()) {
        inspection.pair(media.schema.as_ref(), &media.examples, Direction::Request);
    }
    for response in operation.responses().iter() {
        for header in &response.headers {
            inspection.pair(header.schema.as_ref(), &header.examples, Direction::Response);
        }
        for media in response.content.iter() {
            inspection.pair(media.schema.as_ref(), &media.examples, Direction::Response);
        }
    }
    inspection.findings
}

struct Inspection<'o> {
    operation: &'o Operation,
    findings: Vec<Finding>,
}

impl Inspection<'_> {
    fn pair(&mut self, schema: Option<&Schema>, examples: &[Example], direction: Direction) {
        let Some(schema) = schema else { return };
        let document = self.operation.document();
        if let Some(defect) = schema.defect() {
            let message = format!("this schema cannot be used, so it accepts every value: {defect}");
            self.findings.push(document.finding(
                "schema-unusable",
                Severity::Error,
                schema.pointer(),
                message,
            ));
        }
        for example in examples {
            for violation in schema.violations(&example.value, direction) {
                let at = if violation.instance_pointer.is_empty() {
                    "the whole"
                } else {
                    &violation.instance_pointer
                };
                let message = format!(
                    "the example breaks its own schema: {at}: {} [{}]",
                    violation.message, violation.keyword
                );
                let mut finding =
                    document.finding("example-invalid", Severity::Warning, &example.pointer, message);
                finding.hint =
                    Some(format!("mend the example, or the schema at {}", violation.document_pointer));
                self.findings.push(finding);
            }
        }
    }
}
