//! Bodies that are sequences: their schema is an array's, however a document says so. A multipart body is one where it
//! has an `itemSchema`.
//!
//! | the document has | the body is |
//! |---|---|
//! | `itemSchema` (OpenAPI 3.2) | an array of such items |
//! | a `schema` that is an array's | that array |
//! | a `schema` of JSON lines that is a text's | an array of anything: the text is the whole one, and holds JSON |
//! | any other `schema` | an array of such items, as documents before 3.2 mean it |
//! | `schema` and `itemSchema` | what the two say together |

use std::sync::Arc;

use serde_json::{Value, json};

use crate::codec::media::{self, Kind};
use crate::document::{Document, Place, Pointer};
use crate::schema::{Schema, Shape, Types};

/// Whether a body of a media type is a sequence.
pub(super) fn is_sequence(media_type: &str) -> bool {
    matches!(media::kind(media_type), Kind::JsonLines | Kind::EventStream)
}

/// The schema of a body that is a sequence; `schema` and `item` are the places of its `schema` and `itemSchema`.
pub(super) fn body_schema(
    document: &Arc<Document>,
    name: &str,
    pointer: &Pointer,
    schema: Option<&Place<'_>>,
    item: Option<&Place<'_>>,
) -> Option<Schema> {
    let array = |item: &Place<'_>| json!({ "type": "array", "items": reference(item) });
    let whole = match (schema, item) {
        (None, None) => return None,
        (None, Some(item)) => array(item),
        (Some(schema), Some(item)) => json!({ "allOf": [whole(document, name, schema), array(item)] }),
        (Some(schema), None) => whole(document, name, schema),
    };
    Some(Schema::made(document, pointer.clone(), whole))
}

/// The schema of the whole that a `schema` means.
fn whole(document: &Arc<Document>, name: &str, schema: &Place<'_>) -> Value {
    let own = Schema::new(document, schema.pointer.clone());
    let types = Shape::of(Some(&own)).types();
    let is_array = types.admits_items() && !types.admits_scalar_or_object();
    if is_array || !is_sequence(name) {
        return reference(schema);
    }
    if media::kind(name) == Kind::JsonLines && types.admits(Types::STRING) && !types.admits_container() {
        return json!({ "type": "array" });
    }
    json!({ "type": "array", "items": reference(schema) })
}

fn reference(place: &Place<'_>) -> Value {
    json!({ "$ref": format!("#{}", place.pointer.as_str().replace('%', "%25")) })
}
