//! `request-impossible`

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::document::Pointer;
use crate::generate::positive_request;

declare! {
    /// Found when no valid request to an operation can be made, since nothing was found that a required part may be.
    ///
    /// Why it matters: every request is refused, or so many that a client guesses none that is not. The stub shows no curl
    /// line for the operation, and the suite has nothing valid to send to it.
    ///
    /// Example: a required property that is a boolean by its own schema and an object by the `additionalProperties` of one
    /// in `allOf`; a path parameter that is an object of nothing but `readOnly` properties.
    ///
    /// What to do: mend what contradicts itself at the place that the finding names. Where that is a pattern with
    /// look-around that texts do meet, an example of the part helps a reader at least.
    REQUEST_IMPOSSIBLE = "request-impossible", Warning, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for operation in scene.contract.operations() {
        let Err(none) = positive_request(operation) else { continue };
        let message = format!("no valid request to {} can be made: {}", operation.label(), none.message);
        findings.add(&REQUEST_IMPOSSIBLE, &Pointer::from_escaped(&none.pointer), message);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn what_is_required_must_be_possible() {
        let never = "{type: object, additionalProperties: {type: object}, properties: {a: {type: string}}}";
        let schemas = format!(
            "schemas: {{Base: {never}, Both: {{allOf: [{{$ref: '#/components/schemas/Base'}}], required: [b], properties: {{b: {{type: boolean}}}}}}}}"
        );
        let told = |operation: &str| {
            let operation = format!("{operation}, responses: {{'200': {{description: ok}}}}");
            found("request-impossible", &with_operation("3.0.3", &operation, &schemas))
        };
        let body = |required: bool, name: &str| {
            format!(
                "requestBody: {{required: {required}, content: {{application/json: {{schema: {{$ref: '#/components/schemas/{name}'}}}}}}}}"
            )
        };
        assert_eq!(told(&body(true, "Base")), "");
        assert_eq!(told(&body(false, "Both")), "", "it need not be sent");
        let path = "parameters: [{name: p, in: query, required: true, schema: {type: integer, minimum: 2, maximum: 1}}]";
        insta::assert_snapshot!([told(&body(true, "Both")), told(path)].join("\n"), @r"
        /components/schemas/Both/properties/b no valid request to GET /a can be made: the schemas that apply here contradict each other
        /paths/~1a/get/parameters/0/schema no valid request to GET /a can be made: no value is valid: no number lies between the bounds
        ");
    }
}
