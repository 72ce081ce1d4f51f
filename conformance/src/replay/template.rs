//! Text with holes: for secrets, which are no part of what is written down, and for what earlier replies tell.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{SecretForm, Secrets};
use crate::case::wrong_basic;

/// Text that is whole once its holes are filled.
///
/// In JSON it is a string where it has none, and otherwise a list of strings and of objects, one a hole:
/// `["/pets/", {"reply": 0, "body": "/id"}]`, `[{"secret": "COUNTERFOIL_AUTH"}]`, `[{"secret": "COUNTERFOIL_AUTH",
/// "part": "credential", "form": "percent"}]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub struct Template {
    /// What it is made of, from left to right.
    pub pieces: Vec<Piece>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// A secret, by the name of the environment variable it is read from.
    Secret {
        /// The variable, see [`header_variable`](crate::header_variable).
        variable: String,
        /// How much of it.
        part: SecretPart,
        /// How it is written there.
        form: SecretForm,
    },
    /// A value that the reply to an earlier step told.
    Reply {
        /// The step, counted from 0.
        step: usize,
        /// Where in its reply.
        place: Place,
    },
}

/// How much of a secret is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPart {
    /// The whole value of the header it was given for.
    Whole,
    /// What follows the scheme in that: `abc` of `Bearer abc`.
    Credential,
    /// That, where it is one of the Basic scheme, with a wrong password.
    WrongPassword,
}

impl SecretPart {
    /// All but the whole, each with its name in case files.
    const NAMED: [(Self, &'static str); 2] =
        [(Self::Credential, "credential"), (Self::WrongPassword, "wrong-password")];

    /// This part of a secret; nothing where it has none.
    pub(crate) fn of(self, whole: &str) -> Option<Cow<'_, str>> {
        let credential = || whole.split_once(' ').map_or(whole, |(_, credential)| credential.trim());
        match self {
            Self::Whole => Some(Cow::Borrowed(whole)),
            Self::Credential => Some(Cow::Borrowed(credential())),
            Self::WrongPassword => wrong_basic(credential()).map(Cow::Owned),
        }
    }
}

/// Where in a reply a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In its JSON body, by JSON Pointer (RFC 6901).
    Body(String),
    /// The last segment of the path in `Location`, decoded.
    Location,
    /// Its `ETag`.
    ETag,
}

impl Template {
    /// Text without holes.
    pub fn text(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Text(text.into())] }
    }

    /// Text in which the occurrences of some texts are holes, in whatever form they stand there; earlier ones win.
    pub(crate) fn hiding(text: &str, secrets: &[(String, Piece)]) -> Self {
        let found = Secrets::new(secrets.iter().map(|(secret, _)| secret.clone())).find(text);
        let (mut pieces, mut done) = (Vec::new(), 0);
        for (range, index, form) in found {
            if done < range.start {
                pieces.push(Piece::Text(text[done..range.start].to_owned()));
            }
            pieces.push(secrets[index].1.clone().written(form));
            done = range.end;
        }
        if done < text.len() || pieces.is_empty() {
            pieces.push(Piece::Text(text[done..].to_owned()));
        }
        Self { pieces }
    }

    /// The whole text, every hole filled by what `value` says of it.
    ///
    /// # Errors
    ///
    /// What `value` says of the first hole that it has nothing for.
    pub fn fill<E>(&self, mut value: impl FnMut(&Piece) -> Result<String, E>) -> Result<String, E> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                hole => text.push_str(&value(hole)?),
            }
        }
        Ok(text)
    }
}

impl From<Template> for Value {
    fn from(template: Template) -> Self {
        match template.pieces.as_slice() {
            [] => Value::from(""),
            [Piece::Text(text)] => Value::from(text.as_str()),
            pieces => Value::Array(pieces.iter().map(Piece::to_json).collect()),
        }
    }
}

impl TryFrom<Value> for Template {
    type Error = TemplateError;

    fn try_from(value: Value) -> Result<Self, TemplateError> {
        match value {
            Value::String(text) => Ok(Self::text(text)),
            Value::Array(pieces) => {
                let pieces: Result<_, _> = pieces.into_iter().map(Piece::of_json).collect();
                Ok(Self { pieces: pieces? })
            }
            _ => Err(TemplateError("a text is a string, or a list of strings and holes")),
        }
    }
}

impl Piece {
    /// The same in another form, where it is a secret.
    pub(crate) fn written(mut self, as_form: SecretForm) -> Self {
        if let Self::Secret { form, .. } = &mut self {
            *form = as_form;
        }
        self
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Secret { variable, part, form } => {
                let mut hole = json!({ "secret": variable });
                if let Some((_, name)) = SecretPart::NAMED.iter().find(|(known, _)| known == part) {
                    hole["part"] = (*name).into();
                }
                if let Some((_, name)) = SecretForm::NAMED.iter().find(|(known, _)| known == form) {
                    hole["form"] = (*name).into();
                }
                hole
            }
            Self::Reply { step, place: Place::Body(pointer) } => json!({"reply": step, "body": pointer}),
            Self::Reply { step, place: Place::Location } => json!({"reply": step, "header": "location"}),
            Self::Reply { step, place: Place::ETag } => json!({"reply": step, "header": "etag"}),
        }
    }

    fn of_json(value: Value) -> Result<Self, TemplateError> {
        if let Value::String(text) = value {
            return Ok(Self::Text(text));
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        if let Some(variable) = text("secret") {
            let part = match value.get("part").map(Value::as_str) {
                None => Some(SecretPart::Whole),
                Some(name) => {
                    let mut named = SecretPart::NAMED.into_iter();
                    named.find(|(_, known)| Some(*known) == name).map(|(part, _)| part)
                }
            };
            let part = part.ok_or(TemplateError("the `part` of a secret is one that there is not"))?;
            let form = match value.get("form").map(Value::as_str) {
                None => Some(SecretForm::Plain),
                Some(name) => {
                    let mut named = SecretForm::NAMED.into_iter();
                    named.find(|(_, known)| Some(*known) == name).map(|(form, _)| form)
                }
            };
            let form = form.ok_or(TemplateError("the `form` of a secret is one that there is not"))?;
            return Ok(Self::Secret { variable: variable.to_owned(), part, form });
        }
        let step = value.get("reply").and_then(Value::as_u64).and_then(|step| usize::try_from(step).ok());
        let place = match (text("body"), text("header")) {
            (Some(pointer), None) => Some(Place::Body(pointer.to_owned())),
            (None, Some("location")) => Some(Place::Location),
            (None, Some("etag")) => Some(Place::ETag),
            _ => None,
        };
        match (step, place) {
            (Some(step), Some(place)) => Ok(Self::Reply { step, place }),
            _ => Err(TemplateError(
                "a hole names a `secret`, or a `reply` and where in it: `body`, or `header`: `location` or `etag`",
            )),
        }
    }
}

/// A text with holes that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError(&'static str);

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece() -> impl Strategy<Value = Piece> {
        prop_oneof![
            "[a-z/]{1,5}".prop_map(Piece::Text),
            ("[A-Z]{1,3}", 0..3_usize, 0..5_usize).prop_map(|(variable, part, form)| Piece::Secret {
                variable,
                part: SecretPart::NAMED.get(part).map_or(SecretPart::Whole, |(part, _)| *part),
                form: SecretForm::NAMED.get(form).map_or(SecretForm::Plain, |(form, _)| *form),
            }),
            (0..5_usize, "(/[a-z]{1,3}){0,2}")
                .prop_map(|(step, pointer)| Piece::Reply { step, place: Place::Body(pointer) }),
            (0..5_usize).prop_map(|step| Piece::Reply { step, place: Place::Location }),
            (0..5_usize).prop_map(|step| Piece::Reply { step, place: Place::ETag }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(pieces in prop::collection::vec(piece(), 1..5)) {
            let template = Template { pieces };
            let text = serde_json::to_string(&template).unwrap();
            prop_assert_eq!(serde_json::from_str::<Template>(&text).unwrap(), template);
        }

        #[test]
        fn what_is_hidden_is_nowhere_and_comes_back(text in "(abc|ab|c| |bcd){0,8}") {
            let hole = |name: &str| Piece::Secret { variable: name.to_owned(), part: SecretPart::Whole, form: SecretForm::Plain };
            let secrets = [("abcd".to_owned(), hole("LONG")), ("bc".to_owned(), hole("SHORT"))];
            let template = Template::hiding(&text, &secrets);
            for piece in &template.pieces {
                if let Piece::Text(plain) = piece {
                    prop_assert!(!plain.contains("abcd") && !plain.contains("bc"));
                }
            }
            let filled = template.fill(|piece| match piece {
                Piece::Secret { variable, .. } if variable == "LONG" => Ok("abcd".to_owned()),
                Piece::Secret { .. } => Ok("bc".to_owned()),
                _ => Err(()),
            });
            prop_assert_eq!(filled, Ok(text));
        }
    }

    #[test]
    fn what_is_no_text_with_holes_is_refused_with_a_reason() {
        for (text, reason) in [
            ("7", "a text is a string"),
            ("[7]", "a hole names"),
            (r#"[{"secret": 7}]"#, "a hole names"),
            (r#"[{"secret": "A", "part": "half"}]"#, "the `part` of a secret"),
            (r#"[{"secret": "A", "form": "rot13"}]"#, "the `form` of a secret"),
            (r#"[{"reply": -1, "body": "/a"}]"#, "a hole names"),
            (r#"[{"reply": 0, "header": "set-cookie"}]"#, "a hole names"),
            (r#"[{"file": "/etc/passwd"}]"#, "a hole names"),
        ] {
            let error = serde_json::from_str::<Template>(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
