//! References that lead on only by a detour, made to lead straight, once all files are gathered.
//!
//! * A pointer through a reference: `#/components/schemas/Pet` where `schemas` is itself a `$ref` to a file.
//! * A pointer whose tokens were percent-encoded before they were joined, or not at all.
//! * A `$ref` in the place of a map, a list or a scalar: what it leads to is put there, maps and lists as references
//!   to each member, so that messages still name the file where a member stands.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::gather::FILES;
use super::walk::{Site, SiteKind, Step, Visitor, walk};
use super::{MAX_ALIASED_NODES, Pointer};

/// The most references followed on the way of one pointer.
const MAX_DETOURS: usize = 64;
/// How often what was put in the place of a reference is looked through for more of them.
const MAX_ROUNDS: usize = 8;

/// Makes every reference below a gathered root lead straight, as far as it leads anywhere.
///
/// # Errors
///
/// When what is put in the places of references has more than [`MAX_ALIASED_NODES`] nodes.
pub(super) fn settle(root: &mut Value) -> Result<(), String> {
    let mut left = MAX_ALIASED_NODES;
    for _ in 0..MAX_ROUNDS {
        let mut crooked = Crooked { root, changes: Vec::new(), grows: false, left };
        walk(root, Vec::new(), &mut crooked);
        for (index, tree) in root.get(FILES).and_then(Value::as_array).into_iter().flatten().enumerate() {
            walk(tree, vec![Step::Key(FILES), Step::Index(index)], &mut crooked);
        }
        let Crooked { changes, grows, left: still_left, .. } = crooked;
        left = still_left;
        if left == 0 {
            return Err(format!("references put in place hold more than {MAX_ALIASED_NODES} nodes"));
        }
        for (at, value) in changes {
            if let Some(place) = root.pointer_mut(at.as_str()) {
                *place = value;
            }
        }
        if !grows {
            break;
        }
    }
    Ok(())
}

struct Crooked<'v> {
    root: &'v Value,
    changes: Vec<(Pointer, Value)>,
    /// Whether what is put in may hold references that are yet to be settled.
    grows: bool,
    /// How many nodes may still be put in.
    left: usize,
}

impl<'v> Visitor<'v> for Crooked<'v> {
    fn reference(&mut self, site: Site<'_, 'v>) {
        match site.kind {
            SiteKind::Reference => self.straighten(&site),
            SiteKind::Mapping if site.text.starts_with('#') => self.straighten(&site),
            SiteKind::Mapping | SiteKind::External => {}
            SiteKind::Members => self.expand(&site),
            SiteKind::Scalar => {
                let target = find(self.root, site.text).and_then(|target| target.find(self.root));
                if let Some(value) = target.filter(|value| !value.is_object()) {
                    self.put_copy(&site, value);
                }
            }
            SiteKind::Example => self.example(&site),
        }
    }
}

impl Crooked<'_> {
    /// Puts a copy of a value in the place of a reference, within the limit of them all.
    fn put_copy(&mut self, site: &Site<'_, '_>, value: &Value) {
        self.left = self.left.saturating_sub(nodes(value, self.left));
        if self.left > 0 {
            self.changes.push((site.owner(), value.clone()));
        }
    }

    fn straighten(&mut self, site: &Site<'_, '_>) {
        if leads_straight(self.root, site.text) {
            return;
        }
        if let Some(target) = find(self.root, site.text) {
            self.changes.push((site.pointer(), Value::String(reference(&target))));
        }
    }

    /// Puts references to the members of a map or a list in the place of one to the whole.
    fn expand(&mut self, site: &Site<'_, '_>) {
        let Some(target) = find(self.root, site.text) else { return };
        let Some(value) = target.find(self.root) else { return };
        let leading_to = |pointer: &Pointer| json!({ "$ref": reference(pointer) });
        let expanded = match value {
            Value::Object(members) => {
                let owner = site.owner();
                let own = owner.find(self.root).and_then(Value::as_object);
                let mut expanded = own.cloned().unwrap_or_default();
                expanded.shift_remove("$ref");
                for (name, member) in members {
                    let has_own = expanded.contains_key(name);
                    if !has_own {
                        let is_detour = name == "$ref" && member.is_string();
                        let value = if is_detour || !member.is_object() {
                            member.clone()
                        } else {
                            leading_to(&target.join(name))
                        };
                        expanded.insert(name.clone(), value);
                    }
                }
                Value::Object(expanded)
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(
                    |(index, item)| {
                        if item.is_object() { leading_to(&target.index(index)) } else { item.clone() }
                    },
                )
                .collect(),
            _ => return,
        };
        self.grows = true;
        self.put_copy(site, &expanded);
    }

    /// Puts the value an example refers to in its place, where it refers to one.
    fn example(&mut self, site: &Site<'_, '_>) {
        let Some(target) = find(self.root, site.text) else { return };
        let Some(value) = target.find(self.root) else { return };
        let is_example_object = target
            .tokens()
            .collect::<Vec<_>>()
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|parent| parent == "examples");
        let value = value.get("value").filter(|_| is_example_object).unwrap_or(value);
        self.put_copy(site, value);
    }
}

/// How many nodes a value has, counted no further than a limit.
fn nodes(value: &Value, limit: usize) -> usize {
    let inner: &mut dyn Iterator<Item = &Value> = match value {
        Value::Array(items) => &mut items.iter(),
        Value::Object(members) => &mut members.values(),
        _ => return 1,
    };
    let mut count = 1;
    for value in inner {
        if count >= limit {
            break;
        }
        count += nodes(value, limit - count);
    }
    count
}

/// The text of a reference to a place of this root.
fn reference(pointer: &Pointer) -> String {
    format!("#{}", pointer.as_str().replace('%', "%25"))
}

fn leads_straight(root: &Value, text: &str) -> bool {
    super::resolve(text).is_ok_and(|pointer| pointer.find(root).is_some())
}

/// The place that a local reference means, whichever way it says so.
fn find(root: &Value, text: &str) -> Option<Pointer> {
    let mut left = MAX_DETOURS;
    find_within(root, text, &mut left)
}

fn find_within(root: &Value, text: &str, left: &mut usize) -> Option<Pointer> {
    let fragment = text.strip_prefix('#')?;
    if !fragment.is_empty() && !fragment.starts_with('/') {
        return None;
    }
    let whole = percent_decode_str(fragment).decode_utf8_lossy();
    let unescape = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let decoded: Vec<String> = whole.split('/').skip(1).map(unescape).collect();
    let apart: Vec<String> = fragment
        .split('/')
        .skip(1)
        .map(|token| unescape(&percent_decode_str(token).decode_utf8_lossy()))
        .collect();
    let raw: Vec<String> = fragment.split('/').skip(1).map(unescape).collect();
    [decoded, apart, raw].iter().find_map(|tokens| descend(root, tokens, left))
}

/// Goes down the tokens, through references where a token is missing.
fn descend(root: &Value, tokens: &[String], left: &mut usize) -> Option<Pointer> {
    let mut pointer = Pointer::root();
    let mut value = root;
    for token in tokens {
        loop {
            let next = match value {
                Value::Object(members) => members.get(token),
                Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            if let Some(next) = next {
                pointer = pointer.join(token);
                value = next;
                break;
            }
            let detour = value.get("$ref").and_then(Value::as_str)?;
            *left = left.checked_sub(1)?;
            pointer = find_within(root, detour, left)?;
            value = pointer.find(root)?;
        }
    }
    Some(pointer)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::settle;

    fn settled(mut root: Value) -> Value {
        assert_eq!(settle(&mut root), Ok(()));
        root
    }

    #[test]
    fn pointers_through_references_lead_straight() {
        let root = settled(json!({
            "components": {"parameters": {"A": {"$ref": "#/components/parameters/B"}, "B": {"schema": {"type": "string"}}}},
            "paths": {"/a b": {"get": {"x": {"$ref": "#/components/parameters/A/schema"}}}},
            "links": {
                "encoded": {"$ref": "#/paths/~1a%20b/get"},
                "twice": {"$ref": "#/definitions/a%2Fb"},
                "bare": {"$ref": "#/definitions/100%25"},
                "nowhere": {"$ref": "#/definitions/none"},
            },
            "definitions": {"a/b": {}, "100%25": {}},
        }));
        assert_eq!(root["paths"]["/a b"]["get"]["x"]["$ref"], "#/components/parameters/B/schema");
        assert_eq!(root["links"]["encoded"]["$ref"], "#/paths/~1a%20b/get");
        assert_eq!(root["links"]["twice"]["$ref"], "#/definitions/a~1b");
        assert_eq!(root["links"]["bare"]["$ref"], "#/definitions/100%2525");
        assert_eq!(root["links"]["nowhere"]["$ref"], "#/definitions/none");
    }

    #[test]
    fn a_reference_in_the_place_of_a_map_or_a_list_brings_in_its_members() {
        let root = settled(json!({
            "components": {"schemas": {"$ref": "#/x-all", "Own": {}}, "parameters": {"$ref": "#/components/parameters"}},
            "x-all": {"Pet": {"type": "object"}, "$ref": "#/x-more"},
            "x-more": {"Toy": {}},
            "a": {"allOf": {"$ref": "#/x-list"}, "enum": {"$ref": "#/x-words"}},
            "b": {"example": {"$ref": "#/x-words"}},
            "c": {"example": {"$ref": "not a reference"}},
            "x-list": [{"type": "object"}, true],
            "x-words": ["a", "b"],
        }));
        assert_eq!(
            root["components"]["schemas"],
            json!({"Own": {}, "Pet": {"$ref": "#/x-all/Pet"}, "Toy": {"$ref": "#/x-more/Toy"}})
        );
        assert_eq!(root["a"], json!({"allOf": [{"$ref": "#/x-list/0"}, true], "enum": ["a", "b"]}));
        assert_eq!(root["b"]["example"], json!(["a", "b"]));
        assert_eq!(root["c"]["example"], json!({"$ref": "not a reference"}));
    }

    #[test]
    fn references_that_lead_back_end() {
        let root = settled(
            json!({"a": {"$ref": "#/b/x"}, "b": {"$ref": "#/a/x"}, "c": {"properties": {"$ref": "#/c/properties"}}}),
        );
        assert_eq!(root["a"]["$ref"], "#/b/x");
    }
}
