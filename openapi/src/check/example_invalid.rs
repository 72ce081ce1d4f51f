//! `example-invalid`

use std::collections::HashSet;

use serde_json::Value;

use super::anatomy::Kind;
use super::example_direction::EXAMPLE_DIRECTION;
use super::findings::Findings;
use super::judged::{Refusal, json_in_text, refusal, refusal_either_way};
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::codec::{encode_header, example_payload, media, payload_value};
use crate::contract::{Example, Header, MediaType};
use crate::document::{Document, Place, Pointer, Version};
use crate::schema::{Direction, Schema};

declare! {
    /// Found when an example breaks the schema it is an example of: one of a parameter, a header, a media type or a
    /// schema, under `example` or by name under `examples`.
    ///
    /// Why it matters: readers copy examples, and the stub answers with them. Clients generated from the schema fail
    /// on such an answer. Examples of requests are held to the schema as a request sees it, without what is
    /// `readOnly`; those of responses without what is `writeOnly`.
    ///
    /// Example: `schema: {type: integer}` beside `example: "7"`; or a whole JSON object written inside quotes, so
    /// that the example is a text where the schema wants an object.
    ///
    /// What to do: mend the example where it is wrong, or the schema where the example is what the server really
    /// sends.
    EXAMPLE_INVALID = "example-invalid", Warning, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut inspection = Inspection { document: scene.document, findings, told: HashSet::new() };
    for operation in scene.contract.operations() {
        for parameter in operation.parameters() {
            inspection.examples(parameter.schema.as_ref(), &parameter.examples, Direction::Request);
            let content = parameter.content.iter().flat_map(|content| content.iter());
            content.for_each(|media| inspection.media(media, Direction::Request));
        }
        let bodies = operation.request_body().into_iter().flat_map(|body| body.content.iter());
        bodies.for_each(|media| inspection.media(media, Direction::Request));
        for response in operation.responses().iter() {
            for header in &response.headers {
                inspection.examples(header.schema.as_ref(), &header.examples, Direction::Response);
                inspection.unsendable(header);
            }
            response.content.iter().for_each(|media| inspection.media(media, Direction::Response));
        }
    }
    let schemas = scene.walk.sites.iter().filter(|site| site.kind == Kind::Schema);
    for site in schemas {
        if let Some(example) = site.place.get("example") {
            inspection.of_schema(scene, &site.place, &example);
        }
        if let Some(examples) = site.place.get("examples").filter(|_| scene.version() >= Version::V3_1) {
            examples.items().for_each(|example| inspection.of_schema(scene, &site.place, &example));
        }
    }
}

struct Inspection<'i, 'f> {
    document: &'i Document,
    findings: &'i mut Findings<'f>,
    /// What was judged: shared components come up again with every operation that refers to them.
    told: HashSet<(Pointer, Pointer, Direction)>,
}

impl Inspection<'_, '_> {
    fn media(&mut self, media: &MediaType, direction: Direction) {
        let Some(schema) = &media.schema else { return };
        for example in &media.examples {
            let payload = example_payload(media, example);
            match payload_value(media, &payload, direction) {
                Ok(Some(value)) => {
                    self.example(schema, example, &value, direction);
                }
                Ok(None) => {}
                Err(why) => self.unreadable(media, example, &why),
            }
        }
    }

    /// An example that is the body as it is sent, and cannot be read.
    fn unreadable(&mut self, media: &MediaType, example: &Example, why: &str) {
        let judged = (example.pointer.clone(), media.pointer.clone(), Direction::Request);
        if self.told.insert(judged) {
            let named = called(example.name.as_deref());
            let message = format!("{named} cannot be read as {}: {why}", media::essence(&media.name));
            self.findings.add(&EXAMPLE_INVALID, &example.pointer, message);
        }
    }

    /// Valid examples that no header field can hold, which are never sent.
    fn unsendable(&mut self, header: &Header) {
        let schema = header.schema.as_ref();
        for example in &header.examples {
            let is_valid = schema.is_none_or(|schema| schema.is_valid(&example.value, Direction::Response));
            let Err(error) = encode_header(header, &example.value) else { continue };
            let judged = (example.pointer.clone(), header.pointer.clone(), Direction::Response);
            if is_valid && self.told.insert(judged) {
                let named = called(example.name.as_deref());
                let message = format!("{named} cannot be sent: {error}");
                self.findings.add(&EXAMPLE_INVALID, &example.pointer, message);
            }
        }
    }

    fn examples(&mut self, schema: Option<&Schema>, examples: &[Example], direction: Direction) {
        let Some(schema) = schema else { return };
        for example in examples {
            self.example(schema, example, &example.value, direction);
        }
    }

    /// An example that is read as `value`.
    fn example(&mut self, schema: &Schema, example: &Example, value: &Value, direction: Direction) {
        let judged = (example.pointer.clone(), schema.pointer().clone(), direction);
        if schema.is_valid(value, direction) || !self.told.insert(judged) {
            return;
        }
        if let Some(refused) = refusal(schema, value, direction) {
            let is_valid = |value: &Value| schema.is_valid(value, direction);
            self.tell(example.name.as_deref(), &example.pointer, value, &refused, &is_valid);
        }
    }

    fn of_schema(&mut self, scene: &Scene<'_>, owner: &Place<'_>, example: &Place<'_>) {
        let schema = Schema::new(scene.contract.document(), owner.pointer.clone());
        // What the keyword itself is no part of, the schema is judged by as it stands.
        if schema.is_valid(example.value, Direction::Response) {
            return;
        }
        if let Some(refused) = refusal_either_way(&schema, example.value) {
            let is_valid = |value: &Value| schema.is_valid(value, Direction::Response);
            self.tell(None, &example.pointer, example.value, &refused, &is_valid);
        }
    }

    fn tell(
        &mut self,
        name: Option<&str>,
        pointer: &Pointer,
        value: &Value,
        refused: &Refusal,
        is_valid: &dyn Fn(&Value) -> bool,
    ) {
        let example = called(name);
        // What was read from a text has no place of its own in the document.
        let within = Pointer::from_escaped(format!("{pointer}{}", refused.place()));
        let at = if within.find(self.document.root()).is_some() { within } else { pointer.clone() };
        if refused.is_direction {
            let message = format!("{example} shows what does not travel this way: {}", refused.tell());
            let hint = "leave it out of this example; a message that holds it is refused";
            return self.findings.add_with_hint(&EXAMPLE_DIRECTION, &at, message, hint);
        }
        if let Some(parsed) = json_in_text(value).filter(|parsed| !parsed.is_string()) {
            let message = format!("{example} is JSON inside a text, where its schema wants the value itself");
            self.findings.add(&EXAMPLE_INVALID, pointer, message);
            let rest = if is_valid(&parsed) { "" } else { "; what the text holds breaks the schema as well" };
            return self
                .findings
                .hint(format!("write the value without the quotes around it and the escapes in it{rest}"));
        }
        let hint = match unquoted(value).filter(|value| is_valid(value)) {
            Some(bare) => format!("write `{bare}`, without quotes"),
            None => {
                let (file, keyword) = self.document.locate(&Pointer::from_escaped(refused.keyword()));
                let file = file.map(|file| file.name().to_owned()).unwrap_or_default();
                format!("mend the example, or the schema at {file}#{keyword}")
            }
        };
        let message = format!("{example} breaks its own schema: {}", refused.tell());
        self.findings.add_with_hint(&EXAMPLE_INVALID, &at, message, hint);
    }
}

/// What messages call an example.
fn called(name: Option<&str>) -> String {
    name.map_or_else(|| "the example".to_owned(), |name| format!("the example `{name}`"))
}

/// The number, truth value or null that a text spells.
fn unquoted(value: &Value) -> Option<Value> {
    let parsed: Value = serde_json::from_str(value.as_str()?).ok()?;
    (!parsed.is_string()).then_some(parsed)
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, found, with_operation, with_schema};

    #[test]
    fn each_place_of_an_example_is_judged() {
        let operation = "parameters: [{name: p, in: query, schema: {type: integer}, example: x},
            {name: q, in: query, schema: {type: integer}, examples: {good: {value: 1}, bad: {value: y}}}],
            responses: {'200': {description: '', headers: {X-H: {schema: {type: integer}, example: z}},
                content: {application/json: {schema: {$ref: '#/components/schemas/S'}, example: {a: 1}}}}}";
        let text = with_operation(
            "3.0.3",
            operation,
            "schemas: {S: {properties: {a: {type: string}}, example: {a: 2}}}",
        );
        insta::assert_snapshot!(found("example-invalid", &text), @r#"
        /paths/~1a/get/parameters/0/example the example breaks its own schema: "x" is not of type "integer" [type]
        /paths/~1a/get/parameters/1/examples/bad/value the example `bad` breaks its own schema: "y" is not of type "integer" [type]
        /paths/~1a/get/responses/200/headers/X-H/example the example breaks its own schema: "z" is not of type "integer" [type]
        /paths/~1a/get/responses/200/content/application~1json/example/a the example breaks its own schema: /a: 1 is not of type "string" [type]
        /components/schemas/S/example/a the example breaks its own schema: /a: 2 is not of type "string" [type]
        "#);
    }

    #[test]
    fn an_example_that_no_header_field_can_hold_is_told() {
        let operation = r#"responses: {'200': {description: '', headers: {
            X-A: {schema: {type: string}, example: "a\r\nX-B: b"}, X-C: {schema: {type: string}, example: c}}}}"#;
        insta::assert_snapshot!(found("example-invalid", &with_operation("3.0.3", operation, "")), @"/paths/~1a/get/responses/200/headers/X-A/example the example cannot be sent: write header.X-A: a header field cannot hold control characters");
    }

    #[test]
    fn json_in_a_text_and_quoted_numbers_have_hints_of_their_own() {
        let hint = |schema: &str| {
            let found = findings(&with_schema("3.0.3", schema));
            found
                .into_iter()
                .find(|finding| finding.code == "example-invalid")
                .and_then(|finding| finding.hint)
        };
        assert_eq!(
            hint(r#"{type: object, example: '{"a": 1}'}"#).as_deref(),
            Some("write the value without the quotes around it and the escapes in it")
        );
        assert_eq!(
            hint(r#"{type: object, required: [b], example: '{"a": 1}'}"#).as_deref(),
            Some(
                "write the value without the quotes around it and the escapes in it; what the text holds breaks the schema as well"
            )
        );
        assert_eq!(hint("{type: integer, example: '7'}").as_deref(), Some("write `7`, without quotes"));
        assert_eq!(
            hint("{type: integer, example: x}").as_deref(),
            Some("mend the example, or the schema at #/components/schemas/S/type")
        );
        assert_eq!(hint(r#"{type: string, example: '{"a": 1}'}"#), None);
    }

    #[test]
    fn an_example_of_a_schema_may_hold_what_travels_either_way() {
        let schema = "{properties: {a: {readOnly: true}, b: {writeOnly: true}}, example: {a: 1, b: 2}}";
        assert_eq!(found("example-invalid", &with_schema("3.0.3", schema)), "");
    }

    #[test]
    fn the_text_of_a_body_is_read_before_it_is_judged() {
        let schema = "schema: {type: object, properties: {a: {type: integer}}}";
        let operation = format!(
            "responses: {{'200': {{description: '', content: {{
                application/xml: {{{schema}, examples: {{good: {{value: <r><a>1</a></r>}}, bad: {{value: <r><a>x</a></r>}},
                    broken: {{value: <r><a></r>}}}}}},
                application/jsonl: {{{schema}, example: \"{{\\\"a\\\":1}}\\n{{\\\"a\\\":\\\"x\\\"}}\"}},
                text/csv: {{{schema}, example: 'a,b'}}}}}}}}"
        );
        insta::assert_snapshot!(found("example-invalid", &with_operation("3.0.3", &operation, "")), @r#"
        /paths/~1a/get/responses/200/content/application~1xml/examples/bad/value the example `bad` breaks its own schema: /a: "x" is not of type "integer" [type]
        /paths/~1a/get/responses/200/content/application~1xml/examples/broken/value the example `broken` cannot be read as application/xml: not XML: at byte 6: ill-formed document: expected `</a>`, but `</r>` was found
        /paths/~1a/get/responses/200/content/application~1jsonl/example the example breaks its own schema: /1/a: "x" is not of type "integer" [type]
        "#);
    }
}
