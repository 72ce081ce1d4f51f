//! How documents name things: which literal of a path is a resource's name, and which field of a body is the value of
//! a path variable.

use counterfoil_openapi::folded;

/// The noun of a path's literal or a schema's name, folded and in the singular, as far as English goes.
pub(crate) fn noun(name: &str) -> String {
    let word = folded(name);
    let cut = |end: usize| word[..word.len() - end].to_owned();
    if word.ends_with("ies") && word.len() > 4 {
        return format!("{}y", cut(3));
    }
    if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end)) {
        return cut(2);
    }
    let is_plural =
        word.ends_with('s') && word.len() > 3 && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if is_plural { cut(1) } else { word }
}

/// How sure a name is to mean what a variable means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The names say the same.
    Certain,
    /// The names are alike: worth a try, and no ground to blame anybody.
    Likely,
}

/// The fields of a resource that may hold the value of its path variable, folded, the likeliest first.
///
/// | path | fields |
/// |---|---|
/// | `/pets/{petId}`, `/pets/{id}` | `petId`, `id`; perhaps `uuid`, `key` |
/// | `/users/{username}` | `username`; perhaps `name` |
/// | `/pets/{pet}` | perhaps `id`, `name`, `slug` |
pub(crate) fn fields(variable: &str, resource: &str) -> Vec<(String, Certainty)> {
    let variable = folded(variable);
    let mut found = vec![(variable.clone(), Certainty::Certain)];
    let mut add = |name: String, certainty| {
        if !name.is_empty() && !found.iter().any(|(known, _)| *known == name) {
            found.push((name, certainty));
        }
    };
    match variable.strip_prefix(resource) {
        Some(rest) if !rest.is_empty() => add(rest.to_owned(), Certainty::Certain),
        _ => {}
    }
    if variable == "id" {
        add(format!("{resource}id"), Certainty::Certain);
    }
    const SUFFIXES: [&str; 8] = ["uuid", "guid", "id", "name", "key", "slug", "code", "number"];
    for suffix in SUFFIXES {
        if variable.ends_with(suffix) {
            add(suffix.to_owned(), Certainty::Likely);
            break;
        }
    }
    let is_id = ["id", "uuid", "guid", "key", "number"].iter().any(|end| variable.ends_with(end));
    let others: &[&str] = if is_id {
        &["id", "uuid", "guid", "key"]
    } else if variable == resource {
        &["id", "name", "slug", "key"]
    } else {
        &[]
    };
    for other in others {
        add((*other).to_owned(), Certainty::Likely);
    }
    found
}

/// The resource that a field refers to by its name: `ownerId`, `owner_ids` and `ownerUuid` to `owner`.
pub(crate) fn referred(field: &str) -> Option<String> {
    let field = folded(field);
    let stem = ["uuids", "uuid", "ids", "id", "key"].iter().find_map(|end| field.strip_suffix(end))?;
    (!stem.is_empty()).then(|| noun(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_are_singular() {
        let table = [
            ("pets", "pet"),
            ("Pet", "pet"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("status", "status"),
            ("api-keys", "apikey"),
            ("order_items", "orderitem"),
            ("news", "new"),
            ("me", "me"),
        ];
        for (name, expected) in table {
            assert_eq!(noun(name), expected, "{name}");
        }
    }

    #[test]
    fn the_likeliest_field_is_first() {
        let names = |variable, resource| {
            let fields = fields(variable, resource);
            fields
                .into_iter()
                .map(
                    |(name, certainty)| {
                        if certainty == Certainty::Certain { name } else { format!("{name}?") }
                    },
                )
                .collect::<Vec<_>>()
        };
        assert_eq!(names("petId", "pet"), ["petid", "id", "uuid?", "guid?", "key?"]);
        assert_eq!(names("id", "pet"), ["id", "petid", "uuid?", "guid?", "key?"]);
        assert_eq!(names("pet_uuid", "pet"), ["petuuid", "uuid", "id?", "guid?", "key?"]);
        assert_eq!(names("username", "user"), ["username", "name"]);
        assert_eq!(names("pet", "pet"), ["pet", "id?", "name?", "slug?", "key?"]);
        assert_eq!(names("version", "pet"), ["version"]);
    }

    #[test]
    fn a_field_refers_to_a_resource_by_its_name() {
        assert_eq!(referred("ownerId").as_deref(), Some("owner"));
        assert_eq!(referred("tag_ids").as_deref(), Some("tag"));
        assert_eq!(referred("id"), None);
        assert_eq!(referred("colour"), None);
    }
}
