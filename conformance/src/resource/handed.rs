//! Values that links of the document hand on to other operations, for their queries, headers, cookies and bodies; what
//! goes into a path names a resource, and is learnt as one.

use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::{Direction, Link, Location, Occasion, Operation, StatusPattern, evaluate};
use serde_json::Value;

/// A link that hands values on.
#[derive(Debug)]
pub(crate) struct Handing {
    status: StatusPattern,
    /// The place in the plan of the operation that they are for.
    pub(super) target: usize,
    given: Given,
}

/// Values for the request of an operation; in a [`Handing`] their texts may be runtime expressions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Given {
    parameters: Vec<(Location, String, Value)>,
    /// The body, or members of it.
    body: Option<Value>,
}

/// The links of an operation that hand values on.
pub(super) fn handings(operation: &Operation, all: &[&Operation]) -> Vec<Handing> {
    let read = |link: Link| {
        let target = all.iter().position(|operation| link.target.is(operation))?;
        let place = |(key, value): &(String, Value)| {
            let is_it = |location: Location, name: &str| {
                let qualified = key.strip_prefix(location.as_str()).and_then(|rest| rest.strip_prefix('.'));
                key == name || qualified == Some(name)
            };
            let mut parameters = all[target].parameters().iter();
            let found = parameters.find(|parameter| is_it(parameter.location, &parameter.name))?;
            Some((found.location, found.name.clone(), value.clone()))
        };
        let is_beside_path = |place: &(Location, String, Value)| place.0 != Location::Path;
        let parameters: Vec<_> = link.parameters.iter().filter_map(place).filter(is_beside_path).collect();
        let given = Given { parameters, body: link.body };
        (!given.is_empty()).then_some(Handing { status: link.status, target, given })
    };
    operation.links().into_iter().filter_map(read).collect()
}

/// What the reply of an operation hands on, and to which operations.
pub(crate) fn hand(handings: &[Handing], occasion: &Occasion<'_>) -> Vec<(usize, Given)> {
    let fits = |handing: &&Handing| handing.status.covers(occasion.status);
    let given = |handing: &Handing| Some((handing.target, handing.given.evaluated(occasion)?));
    handings.iter().filter(fits).filter_map(given).collect()
}

impl Given {
    fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.body.is_none()
    }

    /// These with their expressions replaced; nothing where the reply has no such values.
    fn evaluated(&self, occasion: &Occasion<'_>) -> Option<Self> {
        let parameter = |(location, name, value): &(Location, String, Value)| {
            Some((*location, name.clone(), evaluate(value, occasion).ok()?))
        };
        let body = match &self.body {
            Some(body) => Some(evaluate(body, occasion).ok()?),
            None => None,
        };
        Some(Self { parameters: self.parameters.iter().map(parameter).collect::<Option<_>>()?, body })
    }

    /// These as their operation takes them: what is a text in one place may be a number in the other. What it takes in
    /// no way is left out.
    pub(super) fn fitting(&self, operation: &Operation) -> Self {
        let fitting = |(location, name, value): &(Location, String, Value)| {
            let schema = operation
                .parameters_in(*location)
                .find(|parameter| parameter.name == *name)
                .and_then(|parameter| parameter.value_schema());
            let fits = |value: &Value| schema.is_none_or(|schema| schema.is_valid(value, Direction::Request));
            let text = match value {
                Value::String(_) => None,
                other => Some(Value::from(other.to_string())),
            };
            let number = value.as_str().and_then(|text| text.parse::<i64>().ok()).map(Value::from);
            let value = [Some(value.clone()), text, number].into_iter().flatten().find(fits)?;
            Some((*location, name.clone(), value))
        };
        Self { parameters: self.parameters.iter().filter_map(fitting).collect(), body: self.body.clone() }
    }

    /// Puts them into a request of their operation; whether that changed anything.
    pub(super) fn put_into(&self, values: &mut RequestValues) -> bool {
        let before = values.clone();
        for (location, name, value) in &self.parameters {
            let map = match location {
                Location::Query | Location::QueryString => &mut values.query,
                Location::Header => &mut values.header,
                Location::Cookie => &mut values.cookie,
                _ => continue,
            };
            map.insert(name.clone(), value.clone());
        }
        if let (Some(given), Some(BodyValue { payload: Payload::Value(body), .. })) =
            (&self.body, &mut values.body)
        {
            match (given, body) {
                // Members that the link does not give stay as they were drawn.
                (Value::Object(given), Value::Object(body)) => {
                    for (name, value) in given {
                        body.insert(name.clone(), value.clone());
                    }
                }
                (given, body) => given.clone_into(body),
            }
        }
        *values != before
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use http::{HeaderMap, Method, StatusCode};
    use serde_json::json;

    use super::*;

    const DOCUMENT: &str = r##"
openapi: 3.0.3
paths:
  /carts:
    post:
      operationId: fill
      responses:
        '201':
          description: ok
          links:
            pay:
              operationId: pay
              parameters: {cart: '$response.body#/id', header.X-Token: '{$response.body#/token}', query.no: 1}
              requestBody: {amount: '$response.body#/total', note: 'cart {$response.body#/id}'}
            nowhere: {operationId: pay, parameters: {cart: '$response.body#/none'}}
  /payments:
    post:
      operationId: pay
      parameters:
        - {name: cart, in: query, schema: {type: string}}
        - {name: X-Token, in: header, schema: {type: integer}}
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
"##;

    #[test]
    fn links_hand_on_to_queries_headers_and_bodies() {
        let contract = Contract::load("carts.yaml", DOCUMENT.as_bytes()).unwrap();
        let all: Vec<&Operation> = contract.operations().iter().map(AsRef::as_ref).collect();
        let handings = handings(all[0], &all);
        let body = json!({"id": 7, "token": "42", "total": 9.5});
        let said = |status: u16| {
            let occasion = Occasion {
                url: "/carts",
                method: &Method::POST,
                values: &RequestValues::default(),
                query: "",
                request_headers: &HeaderMap::new(),
                status: StatusCode::from_u16(status).unwrap(),
                response_headers: &HeaderMap::new(),
                response_body: Some(&body),
            };
            hand(&handings, &occasion)
        };
        assert!(said(200).is_empty());
        let handed = said(201);
        assert_eq!(handed.iter().map(|(target, _)| *target).collect::<Vec<_>>(), [1]);
        let payload = Payload::Value(json!({"amount": 1, "note": "x", "kept": true}));
        let media_type = "application/json".to_owned();
        let mut values =
            RequestValues { body: Some(BodyValue { media_type, payload }), ..Default::default() };
        let given = handed[0].1.fitting(all[1]);
        assert!(given.put_into(&mut values));
        assert!(!given.put_into(&mut values));
        assert_eq!(values.query["cart"], json!("7"));
        assert_eq!(values.header["X-Token"], json!(42));
        let body = values.body.unwrap().payload.as_value().cloned().unwrap();
        assert_eq!(body, json!({"amount": 9.5, "note": "cart 7", "kept": true}));
    }
}
