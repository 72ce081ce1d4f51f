//! `example-direction`

use super::rule::{Judge, declare};

declare! {
    /// Found when an example of a request holds a `readOnly` property, or one of a response a `writeOnly` property,
    /// and breaks nothing else of its schema.
    ///
    /// Why it matters: readers copy examples. A strict server refuses a request with such a property, the stub among
    /// them; and a secret that is `writeOnly` should not be shown to come back.
    ///
    /// Example: the example of a request body has an `id`, which its schema marks `readOnly: true`.
    ///
    /// What to do: leave the property out of this example.
    EXAMPLE_DIRECTION = "example-direction", Note, Judge::Loading
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn it_is_told_by_the_direction() {
        let content = "application/json: {schema: {properties: {id: {readOnly: true}}}, example: {id: 1}}";
        let request =
            format!("requestBody: {{content: {{{content}}}}}, responses: {{'200': {{description: ''}}}}");
        assert!(
            found("example-direction", &with_operation("3.0.3", &request, ""))
                .starts_with("/paths/~1a/get/requestBody")
        );
        let response = format!("responses: {{'200': {{description: '', content: {{{content}}}}}}}");
        assert_eq!(found("example-direction", &with_operation("3.0.3", &response, "")), "");
    }
}
