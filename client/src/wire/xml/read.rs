//! Values from XML.

use serde_json::{Map, Number, Value};

use super::tree::{Element, is_space, parse};
use super::{Member, Role, Root, Row, kinds};

/// The member that an element's text is where it has attributes or elements too and no property is for it.
const TEXT: &str = "#text";

/// The value that a text stands for.
pub(super) fn value(text: &str, rows: &'static [Row], root: &'static Root) -> Result<Value, String> {
    let element = parse(text)?;
    let row = &rows[root.row];
    let is_simple = element.children.is_empty() && element.attributes.is_empty();
    // Documents whose bodies are texts and no more mean "some XML".
    if !is_simple && row.admits(kinds::STRING) && !row.admits(kinds::ARRAY | kinds::OBJECT) {
        return Ok(Value::String(text.to_owned()));
    }
    Ok(Reader { rows }.value(&element, root.row))
}

struct Reader {
    rows: &'static [Row],
}

impl Reader {
    fn value(&self, element: &Element, at: usize) -> Value {
        let row = &self.rows[at];
        if element.is_nil {
            return Value::Null;
        }
        if let Some((item, _)) = row.item.as_ref().filter(|_| is_list(element, row) && element.is_blank()) {
            return element.children.iter().map(|child| self.value(child, *item)).collect();
        }
        let is_simple = element.children.is_empty() && element.attributes.is_empty();
        let is_object = row.admits(kinds::OBJECT) && (!is_simple || !admits_scalar(row));
        if is_object || !element.children.is_empty() {
            let row = if row.admits(kinds::OBJECT) { row } else { &self.rows[0] };
            return self.object(element, row);
        }
        scalar(&element.text, row)
    }

    fn object(&self, element: &Element, row: &'static Row) -> Value {
        let mut object = Map::new();
        for (prefix, local, value) in &element.attributes {
            let member = named(row, Role::Attribute, prefix, local);
            let (property, at) =
                member.map_or((local.as_str(), row.others), |member| (member.property, member.row));
            object.insert(property.to_owned(), scalar(value, &self.rows[at]));
        }
        let mut found: Vec<(&str, Option<&'static Member>, Vec<&Element>)> = Vec::new();
        for child in &element.children {
            let member = named(row, Role::Element, &child.prefix, &child.local);
            let property = member.map_or(child.local.as_str(), |member| member.property);
            match found.iter_mut().find(|(known, ..)| *known == property) {
                Some((.., elements)) => elements.push(child),
                None => found.push((property, member, vec![child])),
            }
        }
        for (property, member, elements) in found {
            let value = self.member(member, row, &elements);
            object.insert(property.to_owned(), value);
        }
        let text = match element.children.is_empty() {
            true => element.text.as_str(),
            false => element.text.trim_matches(is_space),
        };
        match row.members.iter().find(|member| member.role == Role::Text) {
            Some(member) if !text.is_empty() || member.is_required => {
                object.insert(member.property.to_owned(), scalar(text, &self.rows[member.row]));
            }
            None if !element.is_blank() => {
                object.insert(TEXT.to_owned(), Value::String(text.to_owned()));
            }
            _ => {}
        }
        // No element at all is how a list without items is written.
        for member in row.members.iter().filter(|member| member.is_repeated && member.is_required) {
            object.entry(member.property).or_insert_with(|| Value::Array(Vec::new()));
        }
        Value::Object(object)
    }

    fn member(&self, member: Option<&'static Member>, object: &Row, elements: &[&Element]) -> Value {
        let at = member.map_or(object.others, |member| member.row);
        let row = &self.rows[at];
        match (member.is_some_and(|member| member.is_repeated), &row.item, elements) {
            (true, Some(_), [only]) if only.is_nil && row.admits(kinds::NULL) => Value::Null,
            (true, Some((item, _)), elements) => {
                elements.iter().map(|element| self.value(element, *item)).collect()
            }
            (_, _, [only]) => self.value(only, at),
            (_, item, several) => {
                let at = item.as_ref().map_or(0, |(item, _)| *item);
                several.iter().map(|element| self.value(element, at)).collect()
            }
        }
    }
}

/// The declared property of a name: of several with one local name that with the same prefix, else the first.
fn named(row: &'static Row, role: Role, prefix: &str, local: &str) -> Option<&'static Member> {
    let of_role = || row.members.iter().filter(move |member| member.role == role);
    let same = || of_role().filter(|member| member.name.local == local);
    same()
        .find(|member| member.name.prefix == prefix)
        .or_else(|| same().next())
        .or_else(|| of_role().find(|member| !local.is_empty() && member.other_name == local))
}

fn admits_scalar(row: &Row) -> bool {
    row.admits(kinds::BOOLEAN | kinds::NUMBER | kinds::STRING)
}

/// Whether an element whose row is of lists holds one.
fn is_list(element: &Element, row: &Row) -> bool {
    if row.admits(kinds::OBJECT) {
        let mut names = element.children.iter().map(|child| &child.local);
        let first = names.next();
        return element.attributes.is_empty() && first.is_some() && names.all(|name| Some(name) == first);
    }
    !admits_scalar(row) || !element.children.is_empty()
}

/// The value of a text: as what else than a text is admitted, where it is that.
fn scalar(text: &str, row: &Row) -> Value {
    let as_text = || Value::String(text.to_owned());
    if row.is_any() {
        return as_text();
    }
    let trimmed = if row.admits(kinds::STRING) { text } else { text.trim_matches(is_space) };
    let typed = match trimmed {
        "" if row.admits(kinds::NULL) && !row.admits(kinds::STRING) => Some(Value::Null),
        "true" | "false" if row.admits(kinds::BOOLEAN) => Some(Value::Bool(trimmed == "true")),
        _ if row.admits(kinds::NUMBER) => trimmed.parse::<Number>().ok().map(Value::Number),
        _ => None,
    };
    typed.unwrap_or_else(as_text)
}
