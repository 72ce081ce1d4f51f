//! Fields: `path.x`, `query.x`, `header.X`, `cookie.x`, `form.x`, `body`, `body.a.b`, `body#/a/0`, `state.x`.

use counterfoil_openapi::{Location, Pointer};

use super::super::grammar::Field;
use super::super::nearest;
use super::cursor::Reader;

/// Reads the name of a field; what is no field is told.
pub(super) fn field(reader: &mut Reader<'_>, name: &str, at: &Pointer) -> Option<Field> {
    match parse(name) {
        Parsed::Field(field) => Some(field),
        Parsed::Nameless => {
            let message = format!("`{name}` names no field: a name is missing");
            reader.error("matcher-unknown", at, message, None);
            None
        }
        Parsed::Unknown => {
            let message = format!("`{name}` is no part of a request");
            reader.error("matcher-unknown", at, message, Some(suggestion(name)));
            None
        }
    }
}

/// What a name is read as.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::script) enum Parsed {
    Field(Field),
    Nameless,
    Unknown,
}

/// Reads the name of a field.
pub(in crate::script) fn parse(name: &str) -> Parsed {
    if name == "body" {
        return Parsed::Field(Field::Body(Vec::new()));
    }
    if let Some(pointer) = name.strip_prefix("body#") {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Parsed::Unknown;
        }
        return Parsed::Field(Field::Body(Pointer::from_escaped(pointer).tokens().collect()));
    }
    let Some((place, rest)) = name.split_once('.') else { return Parsed::Unknown };
    let location = match place {
        "path" => Some(Location::Path),
        "query" => Some(Location::Query),
        "header" => Some(Location::Header),
        "cookie" => Some(Location::Cookie),
        "form" | "body" | "state" => None,
        _ => return Parsed::Unknown,
    };
    if rest.is_empty() {
        return Parsed::Nameless;
    }
    Parsed::Field(match (location, place) {
        (Some(location), _) => Field::Parameter(location, rest.to_owned()),
        (None, "form") => Field::Form(rest.to_owned()),
        (None, "state") => Field::State(rest.to_owned()),
        (None, _) => {
            let steps: Vec<String> = rest.split('.').map(str::to_owned).collect();
            if steps.iter().any(String::is_empty) {
                return Parsed::Nameless;
            }
            Field::Body(steps)
        }
    })
}

fn suggestion(name: &str) -> String {
    const PLACES: [&str; 7] = ["path", "query", "header", "cookie", "form", "body", "state"];
    const WORDS: [&str; 9] =
        ["nth", "chance", "valid", "invalid", "media_type", "accept", "any", "all", "not"];
    match name.split_once(['.', '#']) {
        Some((place, rest)) => match nearest::nearest(place, PLACES) {
            Some(near) => format!("did you mean `{near}.{rest}`?"),
            None => "a field begins with path., query., header., cookie., form., body. or state.".to_owned(),
        },
        None => match nearest::nearest(name, PLACES.into_iter().chain(WORDS)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a field of the body is written `body.{name}`"),
        },
    }
}

impl Field {
    /// The field as the grammar writes it.
    pub(in crate::script) fn label(&self) -> String {
        match self {
            Self::Parameter(location, name) => format!("{location}.{name}"),
            Self::Form(name) => format!("form.{name}"),
            Self::State(name) => format!("state.{name}"),
            Self::Body(steps) if steps.is_empty() => "body".to_owned(),
            Self::Body(steps) if steps.iter().all(|step| !step.is_empty() && !step.contains('.')) => {
                format!("body.{}", steps.join("."))
            }
            Self::Body(steps) => {
                let pointer = steps.iter().fold(Pointer::root(), |pointer, step| pointer.join(step));
                format!("body#{pointer}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_place_and_a_name() {
        let body = |steps: &[&str]| {
            Parsed::Field(Field::Body(steps.iter().map(|step| (*step).to_owned()).collect()))
        };
        let parameter = |location, name: &str| Parsed::Field(Field::Parameter(location, name.to_owned()));
        let table = [
            ("body", body(&[])),
            ("body.a.b", body(&["a", "b"])),
            ("body#/a~1b/0", body(&["a/b", "0"])),
            ("body#", body(&[])),
            ("path.petId", parameter(Location::Path, "petId")),
            ("query.a.b", parameter(Location::Query, "a.b")),
            ("header.X-Api-Key", parameter(Location::Header, "X-Api-Key")),
            ("cookie.s", parameter(Location::Cookie, "s")),
            ("form.f", Parsed::Field(Field::Form("f".to_owned()))),
            ("state.k", Parsed::Field(Field::State("k".to_owned()))),
            ("state.a.b", Parsed::Field(Field::State("a.b".to_owned()))),
            ("state.", Parsed::Nameless),
            ("body.", Parsed::Nameless),
            ("body.a..b", Parsed::Nameless),
            ("query.", Parsed::Nameless),
            ("body#a", Parsed::Unknown),
            ("headers.X", Parsed::Unknown),
            ("name", Parsed::Unknown),
            ("", Parsed::Unknown),
        ];
        for (name, expected) in table {
            assert_eq!(parse(name), expected, "{name}");
        }
    }
}
