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
/// The same of those in lists.
const MAX_LISTED: usize = 16;
/// The deepest of them: members of members.
const MAX_DEPTH: usize = 3;
/// The most items of a list that are changed.
const MAX_ITEMS: usize = 8;
/// The characters by which a text is made longer.
const LONGER: usize = 5;

/// The texts of a request that may as well be others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fresh {
    places: Vec<Place>,
}

#[derive(Debug, Clone)]
struct Place {
    at: At,
    /// Whether a longer text is as good.
    may_grow: bool,
}

#[derive(Debug, Clone)]
enum At {
    /// Where in the body. Items of a list are told apart by their places, and none by anything else: what is the same
    /// twice in one item stays the same.
    Body { pointer: String, item: u64 },
    /// A variable of the path.
    Path(String),
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
        match *operation.method() {
            Method::POST => Self::at(factory, operation, intent, values, Vec::new()),
            _ => Self::default(),
        }
    }

    /// As [`Fresh::of`]; of a request that puts something, where its client says, the last variable of its path as well.
    pub(crate) fn named(
        factory: &Factory,
        operation: &Arc<Operation>,
        intent: &Intent,
        values: &RequestValues,
    ) -> Self {
        if *operation.method() != Method::PUT {
            return Self::of(factory, operation, intent, values);
        }
        let path = operation.path().as_str().trim_end_matches('/');
        let last = operation.path().variables().last().filter(|_| path.ends_with('}'));
        let places = last.map(|name| At::Path(name.to_owned())).into_iter().collect();
        Self::at(factory, operation, intent, values, places)
    }

    /// The places of these, and those of the body, that may be changed.
    fn at(
        factory: &Factory,
        operation: &Arc<Operation>,
        intent: &Intent,
        values: &RequestValues,
        mut places: Vec<At>,
    ) -> Self {
        let mut fresh = Self::default();
        if let Some(body) = body_of(values) {
            collect(body, "", 0, None, &mut places);
        }
        if places.is_empty() {
            return fresh;
        }
        let Some(sent) = factory.build(operation, intent, values) else { return fresh };
        let (mut plain, mut listed) = (0, 0);
        for at in places {
            let (count, most) = match at {
                At::Body { item: 1.., .. } => (&mut listed, MAX_LISTED),
                _ => (&mut plain, MAX_PLACES),
            };
            if *count == most {
                continue;
            }
            // What says the same as the path goes on saying so.
            let same = fresh.places.iter().find(|place| {
                matches!(place.at, At::Path(_))
                    && at.of(values).is_some()
                    && place.at.of(values) == at.of(values)
            });
            let ways =
                same.map_or(&[true, false][..], |place| if place.may_grow { &[true] } else { &[false] });
            for may_grow in ways {
                let place = Place { at: at.clone(), may_grow: *may_grow };
                let mut changed = values.clone();
                place.change(&mut changed, 1);
                let built = factory.build(operation, intent, &changed);
                if built.is_some_and(|built| promises(&built).eq(promises(&sent))) {
                    fresh.places.push(place);
                    *count += 1;
                    break;
                }
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

impl At {
    fn of<'v>(&self, values: &'v RequestValues) -> Option<&'v Value> {
        match self {
            Self::Body { pointer, .. } => body_of(values)?.pointer(pointer),
            Self::Path(name) => values.path.get(name),
        }
    }
}

impl Place {
    fn is_same(&self, one: &RequestValues, other: &RequestValues) -> bool {
        self.at.of(one) == self.at.of(other)
    }

    fn change(&self, values: &mut RequestValues, number: u64) {
        let (value, number) = match &self.at {
            At::Body { pointer, item } => {
                let body = values.body.as_mut().map(|body| &mut body.payload);
                let Some(Payload::Value(body)) = body else { return };
                (body.pointer_mut(pointer), number.wrapping_add(item << 48))
            }
            At::Path(name) => (values.path.get_mut(name), number),
        };
        match value {
            Some(Value::String(text)) => *text = other(text, number, self.may_grow),
            Some(value @ Value::Number(_)) if value.is_u64() => *value = other_number(number, self.may_grow),
            _ => {}
        }
    }
}

fn body_of(values: &RequestValues) -> Option<&Value> {
    let body = values.body.as_ref().and_then(|body| body.payload.as_value());
    body.filter(|body| body.is_object() || body.is_array())
}

/// What the document says of a request.
fn promises(sent: &Sent) -> impl Iterator<Item = (&Part, &str, Option<&str>)> {
    sent.data_violations()
        .map(|violation| (&violation.part, violation.rule.as_ref(), violation.document_pointer.as_deref()))
}

/// The places of texts among members, but for dates: those are more than texts.
fn collect(value: &Value, pointer: &str, depth: usize, item: Option<u64>, found: &mut Vec<At>) {
    match value {
        Value::Object(members) if depth < MAX_DEPTH => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(member, &format!("{pointer}/{name}"), depth + 1, item, found);
            }
        }
        // Lists of texts are rather choices than names.
        Value::Array(items) if item.is_none() && depth < MAX_DEPTH => {
            for (at, value) in items.iter().enumerate().filter(|(_, value)| value.is_object()).take(MAX_ITEMS)
            {
                collect(value, &format!("{pointer}/{at}"), depth, Some(at as u64 + 1), found);
            }
        }
        Value::String(text) if !is_date(text) && text.contains(|c: char| c.is_ascii_alphanumeric()) => {
            found.push(At::Body { pointer: pointer.to_owned(), item: item.unwrap_or_default() });
        }
        _ => {}
    }
}

fn is_date(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()))
}

/// SplitMix64: numbers in a row give digits that have nothing to do with each other.
fn rolled(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed >> 33
}

/// A number that names something: a large one, or else one of two digits.
fn other_number(number: u64, is_large: bool) -> Value {
    let rolled = rolled(&mut { number });
    Value::from(if is_large { 100_000 + rolled % 900_000_000 } else { 10 + rolled % 90 })
}

/// A text of the same make: letters for letters, digits for digits.
fn other(text: &str, number: u64, may_grow: bool) -> String {
    let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mut state = number;
    let mut roll = |sides: u8| u8::try_from(rolled(&mut state) % u64::from(sides)).unwrap_or_default();
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
  /pets/many:
    post:
      operationId: addPets
      requestBody: {content: {application/json: {schema: {}}}}
      responses: {}
  /shelves/{shelf}/tags/{tag}:
    put: &put
      operationId: putTag
      parameters: [{name: tag, in: path, required: true, schema: {type: string, maxLength: 4}}]
      requestBody: {content: {application/json: {schema: {}}}}
      responses: {}
  /shelves/{shelf}/tags/{tag}/colour:
    put: {<<: *put, operationId: putColour}
  /shelves/{shelf}/numbers/{number}:
    put:
      operationId: putNumber
      parameters: [{name: number, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 99}}]
      requestBody: {content: {application/json: {schema: {}}}}
      responses: {}
"#;

    fn anew(operation: &str, intent: &Intent, body: Value, base: Value, number: u64) -> Option<Value> {
        let (changed, _) = changed(Fresh::of, operation, intent, body, base, number)?;
        Some(changed)
    }

    type Make = fn(&Factory, &Arc<Operation>, &Intent, &RequestValues) -> Fresh;

    /// The changed body and the changed tag of the path.
    fn changed(
        make: Make,
        operation: &str,
        intent: &Intent,
        body: Value,
        base: Value,
        number: u64,
    ) -> Option<(Value, Value)> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let factory = Factory::new(&contract, signer);
        let operation = contract.operation(operation).unwrap();
        let values = |value| {
            let (media_type, payload) = ("application/json".to_owned(), Payload::Value(value));
            let mut values = RequestValues::default();
            values.path.extend([("shelf".to_owned(), json!("left")), ("tag".to_owned(), json!("red"))]);
            if operation.path().as_str().ends_with("{number}") {
                values.path.insert("number".to_owned(), json!(3));
            }
            values.body = Some(BodyValue { media_type, payload });
            values
        };
        let (values, base) = (values(body), values(base));
        let sent = factory.build(operation, intent, &values)?;
        let fresh = make(&factory, operation, intent, &values);
        let (changed, _) = fresh.anew(&factory, operation, (intent, &values, &sent), &base, number)?;
        assert_eq!(changed.path["shelf"], values.path["shelf"], "it is around what is made");
        let named = if changed.path.contains_key("number") { "number" } else { "tag" };
        Some((body_of(&changed).cloned()?, changed.path[named].clone()))
    }

    #[test]
    fn items_of_lists_change_each_in_its_own_way() {
        let list = json!([{"name": "rex", "nick": "rex"}, {"name": "tom", "nick": "rex"}]);
        for body in [list.clone(), json!({"pets": list, "words": ["rex", "tom"]})] {
            let changed = anew("addPets", &Intent::Positive, body.clone(), body.clone(), 7).unwrap();
            let pets = changed.get("pets").unwrap_or(&changed);
            let texts: Vec<&Value> = ["/0/name", "/0/nick", "/1/name", "/1/nick"]
                .map(|pointer| pets.pointer(pointer).unwrap())
                .to_vec();
            assert_eq!(texts[0], texts[1], "{changed}");
            assert_ne!(texts[0], texts[2], "{changed}");
            assert!(texts.iter().all(|text| **text != "rex" && **text != "tom"), "{changed}");
            assert_eq!(changed.get("words"), body.get("words"));
        }
    }

    #[test]
    fn what_a_client_names_itself_is_named_anew_in_path_and_body_alike() {
        let body = json!({"tag": "red", "note": "redder"});
        let named = |operation, body: &Value, number| {
            changed(Fresh::named, operation, &Intent::Positive, body.clone(), body.clone(), number).unwrap()
        };
        let (changed_body, tag) = named("putTag", &body, 7);
        assert_ne!(tag, "red");
        assert_eq!(changed_body["tag"], tag, "the body names what the path names");
        assert_ne!(changed_body["note"], "redder");
        assert_ne!(named("putTag", &body, 8).1, tag);
        let (_, number) = named("putNumber", &json!({}), 7);
        assert!((10..=99).contains(&number.as_u64().unwrap()), "the document says so: {number}");
        // What a request is sent to is not what it makes.
        assert_eq!(named("putColour", &json!({"tag": "blue"}), 7).1, "red");
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
