//! The same request with other texts in it, so that what may be there only once is not there already.
//!
//! A server that refuses a second user of the same name does so before or after it looks at anything else in the
//! request. Were the rest of a request always the same, that refusal would be all there is to see.

use std::sync::Arc;

use counterfoil_openapi::codec::{Payload, RequestValues};
use counterfoil_openapi::{Operation, Part};
use http::Method;
use serde_json::Value;

use super::{Factory, Intent, Sent};
use crate::resource::About;

/// The most texts that are changed.
const MAX_PLACES: usize = 8;
/// The deepest of them: members of members.
const MAX_DEPTH: usize = 3;
/// The characters by which a text is made longer.
const LONGER: usize = 5;

/// The texts of a request that may as well be others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fresh {
    places: Vec<Place>,
}

#[derive(Debug, Clone)]
struct Place {
    /// Where in the body.
    pointer: String,
    /// Whether a longer text is as good.
    may_grow: bool,
}

impl Fresh {
    /// Those of a request that makes something: the texts in its body of which the document says the same whatever
    /// they are. None of an operation that makes nothing.
    pub(crate) fn of(
        factory: &Factory,
        operation: &Arc<Operation>,
        intent: &Intent,
        values: &RequestValues,
    ) -> Self {
        let mut fresh = Self::default();
        let (Some(body), &Method::POST) = (body_of(values), operation.method()) else { return fresh };
        let Some(sent) = factory.build(operation, intent, values) else { return fresh };
        let mut texts = Vec::new();
        collect(body, "", 0, &mut texts);
        for pointer in texts {
            for may_grow in [true, false] {
                let place = Place { pointer: pointer.clone(), may_grow };
                let mut changed = values.clone();
                place.change(&mut changed, 1);
                let built = factory.build(operation, intent, &changed);
                if built.is_some_and(|built| promises(&built).eq(promises(&sent))) {
                    fresh.places.push(place);
                    break;
                }
            }
            if fresh.places.len() == MAX_PLACES {
                break;
            }
        }
        fresh
    }

    /// Leaves out what is not the same in another request.
    #[must_use]
    pub(crate) fn only_of(mut self, values: &RequestValues, other: &RequestValues) -> Self {
        self.places.retain(|place| place.is_same(values, other));
        self
    }

    /// A request with other texts, which ones a number decides; nothing where nothing can be changed without changing
    /// what the document says of the request. Texts in which it differs from `base` stay.
    pub(crate) fn anew(
        &self,
        factory: &Factory,
        operation: &Arc<Operation>,
        (intent, values, sent): (&Intent, &RequestValues, &Sent),
        base: &RequestValues,
        number: u64,
    ) -> Option<(RequestValues, Sent)> {
        let mut changed = values.clone();
        for place in self.places.iter().filter(|place| place.is_same(values, base)) {
            place.change(&mut changed, number);
        }
        if changed == *values {
            return None;
        }
        let built = factory.build(operation, intent, &changed)?;
        let changed = built.about(About { values: changed, subject: None }).values;
        promises(&built).eq(promises(sent)).then_some((changed, built))
    }
}

impl Place {
    fn is_same(&self, one: &RequestValues, other: &RequestValues) -> bool {
        let text = |values| body_of(values).and_then(|body: &Value| body.pointer(&self.pointer)).cloned();
        text(one) == text(other)
    }

    fn change(&self, values: &mut RequestValues, number: u64) {
        let Some(Payload::Value(body)) = values.body.as_mut().map(|body| &mut body.payload) else { return };
        if let Some(Value::String(text)) = body.pointer_mut(&self.pointer) {
            *text = other(text, number, self.may_grow);
        }
    }
}

fn body_of(values: &RequestValues) -> Option<&Value> {
    values.body.as_ref().and_then(|body| body.payload.as_value()).filter(|body| body.is_object())
}

/// What the document says of a request.
fn promises(sent: &Sent) -> impl Iterator<Item = (&Part, &str, Option<&str>)> {
    sent.data_violations()
        .map(|violation| (&violation.part, violation.rule.as_ref(), violation.document_pointer.as_deref()))
}

/// The places of texts among members, but for dates: those are more than texts.
fn collect(value: &Value, pointer: &str, depth: usize, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if depth < MAX_DEPTH => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(member, &format!("{pointer}/{name}"), depth + 1, found);
            }
        }
        Value::String(text) if !is_date(text) && text.contains(|c: char| c.is_ascii_alphanumeric()) => {
            found.push(pointer.to_owned());
        }
        _ => {}
    }
}

fn is_date(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()))
}

/// A text of the same make: letters for letters, digits for digits.
fn other(text: &str, number: u64, may_grow: bool) -> String {
    let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mut state = number;
    let mut roll = |sides: u8| {
        // SplitMix64: numbers in a row give digits that have nothing to do with each other.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u8::try_from((mixed >> 33) % u64::from(sides)).unwrap_or_default()
    };
    let letters = if is_hexadecimal { 6 } else { 26 };
    let mut changed: String = text
        .chars()
        .map(|character| match character {
            'a'..='z' => char::from(b'a' + roll(letters)),
            'A'..='Z' => char::from(b'A' + roll(letters)),
            '1'..='9' => char::from(b'1' + roll(9)),
            other => other,
        })
        .collect();
    if may_grow {
        changed.extend((0..LONGER).map(|_| char::from(b'a' + roll(letters))));
    }
    changed
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use counterfoil_openapi::codec::BodyValue;
    use serde_json::json;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Target};

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets:
    post: &make
      operationId: addPet
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                name: {type: string}
                code: {type: string, pattern: '^[A-Z]{2}-[0-9]{4}$'}
                kind: {type: string, enum: [cat, dog]}
                born: {type: string, format: date}
                age: {type: integer, minimum: 0}
                owner: {type: object, properties: {mail: {type: string, format: email}}}
      responses: {}
    put: {<<: *make, operationId: setPet}
"#;

    fn anew(operation: &str, intent: &Intent, body: Value, base: Value, number: u64) -> Option<Value> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let factory = Factory::new(&contract, signer);
        let operation = contract.operation(operation).unwrap();
        let values = |value| {
            let (media_type, payload) = ("application/json".to_owned(), Payload::Value(value));
            RequestValues { body: Some(BodyValue { media_type, payload }), ..RequestValues::default() }
        };
        let (values, base) = (values(body), values(base));
        let sent = factory.build(operation, intent, &values)?;
        let fresh = Fresh::of(&factory, operation, intent, &values);
        let (changed, _) = fresh.anew(&factory, operation, (intent, &values, &sent), &base, number)?;
        body_of(&changed).cloned()
    }

    #[test]
    fn texts_change_and_whatever_the_document_speaks_of_stays() {
        let body = json!({
            "name": "rex", "code": "AB-1234", "kind": "cat", "born": "2024-01-01", "age": 7,
            "owner": {"mail": "a@example.com"},
        });
        let changed = anew("addPet", &Intent::Positive, body.clone(), body.clone(), 7).unwrap();
        for pointer in ["/kind", "/born", "/age"] {
            assert_eq!(changed.pointer(pointer), body.pointer(pointer), "{pointer}");
        }
        for pointer in ["/name", "/code", "/owner/mail"] {
            assert_ne!(changed.pointer(pointer), body.pointer(pointer), "{pointer}");
        }
        let another = anew("addPet", &Intent::Positive, body.clone(), body.clone(), 8).unwrap();
        assert_ne!(changed, another, "each number has texts of its own");
        assert_eq!(anew("addPet", &Intent::Positive, body.clone(), body.clone(), 7).unwrap(), changed);
        assert_eq!(anew("setPet", &Intent::Positive, body.clone(), body, 7), None, "it makes nothing");
    }

    #[test]
    fn what_is_broken_stays_broken_in_the_same_way() {
        let broken = json!({"name": "rex", "code": "abc", "age": -1});
        let base = json!({"name": "rex", "code": "AB-1234", "age": 7});
        let changed = anew("addPet", &Intent::Negative, broken, base, 7).unwrap();
        assert_eq!(changed["age"], -1);
        assert_eq!(changed["code"], "abc", "what was varied is left alone");
        assert_ne!(changed["name"], "rex");
    }
}
