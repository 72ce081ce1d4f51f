//! JSON that is what the standard says, read at once into a value without positions.
//!
//! Most documents are such JSON, and a position is asked for only where something is wrong. So this is the way taken
//! first; where it gives up, [`super::json`] reads the text again, more leniently, and says where things stand.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::MAX_NODES;

/// The value of a JSON text; nothing where it is not strictly JSON, repeats a key, or holds too many nodes.
///
/// Nesting is limited by `serde_json` to 128 levels, so that deeper texts take the other way too.
pub(super) fn parse(text: &str) -> Option<Value> {
    let left = Cell::new(MAX_NODES);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node { left: &left }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

#[derive(Clone, Copy)]
struct Node<'c> {
    /// How many nodes more there may be.
    left: &'c Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.left.set(self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many nodes"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number beyond doubles"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if map.insert(key, members.next_value_seed(self)?).is_some() {
                return Err(A::Error::custom("a repeated key"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;
    use crate::document::json;

    #[test]
    fn strict_json_is_read_as_the_lenient_parser_reads_it() {
        let texts = [
            r#"{"a": [1, -1, 1.5, 1e3, -0, 0.1, 18446744073709551615, 18446744073709551616, true, null, "\u00e9\n"]}"#,
            " [[], {}] ",
            "\"x\"",
        ];
        for text in texts {
            let lenient = json::parse(text).expect("the text of this test is JSON").root.into_value();
            assert_eq!(parse(text), Some(lenient), "{text}");
        }
        assert_eq!(parse("{\"a\": 1}"), Some(json!({"a": 1})));
    }

    #[test]
    fn what_needs_a_word_is_left_to_the_lenient_parser() {
        let deep = format!("{}{}", "[".repeat(150), "]".repeat(150));
        for text in ["{\"a\": 1, \"a\": 2}", "1e999", "\"\t\"", "\"\\ud83d\"", "{} {}", "{,}", "", &*deep] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
