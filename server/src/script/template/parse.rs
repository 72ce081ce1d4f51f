//! Templates taken apart, once, when their script is loaded.

use super::super::grammar::Field;
use super::super::nearest;
use super::super::read::{ParsedField, parse_duration, parse_field};
use super::{Hole, Piece, Template, Text};

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::script) struct Unreadable {
    pub(in crate::script) message: String,
    pub(in crate::script) hint: Option<String>,
}

/// What holes begin with.
const WORDS: [&str; 11] =
    ["path", "query", "header", "cookie", "form", "body", "state", "seq", "uuid", "now", "rand"];

impl Text {
    /// A text of a script, taken apart.
    pub(in crate::script) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(found) = rest.find("${") {
            if let Some(before) = rest[..found].strip_suffix('$') {
                literal.push_str(before);
                literal.push_str("${");
                rest = &rest[found + 2..];
                continue;
            }
            literal.push_str(&rest[..found]);
            let inner = &rest[found + 2..];
            let Some(end) = inner.find('}') else {
                let message = "a `${` is not closed".to_owned();
                let hint = Some("a literal `${` is written `$${`".to_owned());
                return Err(Unreadable { message, hint });
            };
            if inner[..end].contains("${") {
                let message = "a `${` stands within another".to_owned();
                let hint = Some("what fills one is never looked at for more".to_owned());
                return Err(Unreadable { message, hint });
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Hole(Hole::parse(inner[..end].trim())?));
            rest = &inner[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }
}

impl Template {
    /// A text of a script that stands where any JSON value may.
    pub(in crate::script) fn parse(text: &str) -> Result<Self, Unreadable> {
        let text = Text::parse(text)?;
        Ok(match text.as_literal() {
            Some(literal) => Self::Literal(literal.into()),
            None if text.0.len() == 1 => match text.0.into_iter().next() {
                Some(Piece::Hole(hole)) => Self::Hole(hole),
                _ => Self::Text(Text::default()),
            },
            None => Self::Text(text),
        })
    }
}

impl Hole {
    fn parse(inner: &str) -> Result<Self, Unreadable> {
        match inner {
            "seq" => return Ok(Self::Sequence),
            "uuid" => return Ok(Self::Uuid),
            "now" => return Ok(Self::Now(0)),
            _ => {}
        }
        let shifted = inner.strip_prefix("now").map(str::trim_start);
        let shift =
            |text: &str| parse_duration(text.trim()).and_then(|long| i64::try_from(long.as_secs()).ok());
        match shifted.map(|shifted| (shifted.strip_prefix('+'), shifted.strip_prefix('-'))) {
            Some((Some(later), _)) => {
                return shift(later).map(Self::Now).ok_or_else(|| not_a_shift(inner));
            }
            Some((_, Some(before))) => {
                return shift(before).map(|seconds| Self::Now(-seconds)).ok_or_else(|| not_a_shift(inner));
            }
            _ => {}
        }
        if let Some(ends) = inner.strip_prefix("rand(").and_then(|rest| rest.strip_suffix(')')) {
            let ends = ends.split_once(',').and_then(|(least, most)| {
                Some((least.trim().parse::<i64>().ok()?, most.trim().parse::<i64>().ok()?))
            });
            return match ends {
                Some((least, most)) if least <= most => Ok(Self::Random(least, most)),
                _ => Err(Unreadable {
                    message: format!("`${{{inner}}}` has not two whole numbers, the smaller one first"),
                    hint: Some("a roll of a die is `${rand(1,6)}`".to_owned()),
                }),
            };
        }
        match parse_field(inner) {
            ParsedField::Field(field @ Field::Body(_)) => Ok(Self::Field(field)),
            ParsedField::Field(field) => Ok(Self::Field(field)),
            ParsedField::Nameless => Err(Unreadable {
                message: format!("`${{{inner}}}` names nothing: a name is missing"),
                hint: None,
            }),
            ParsedField::Unknown => Err(unknown(inner)),
        }
    }
}

fn not_a_shift(inner: &str) -> Unreadable {
    Unreadable {
        message: format!("`${{{inner}}}` has no duration behind `now`"),
        hint: Some("an hour from now is `${now+1h}`".to_owned()),
    }
}

fn unknown(inner: &str) -> Unreadable {
    let place = inner.split(['.', '#', '(', '+', '-']).next().unwrap_or_default();
    let rest = &inner[place.len()..];
    let hint = match nearest::nearest(place, WORDS) {
        Some(near) if near == place => match place {
            "rand" => "a roll of a die is `${rand(1,6)}`".to_owned(),
            "seq" | "uuid" | "now" => format!("`${{{place}}}` stands alone"),
            _ => format!("say which one: `${{{place}.NAME}}`"),
        },
        Some(near) => format!("did you mean `${{{near}{rest}}}`?"),
        None => format!("known: {}; a literal `${{` is written `$${{`", WORDS.join(", ")),
    };
    Unreadable { message: format!("nothing fills `${{{inner}}}`"), hint: Some(hint) }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Location;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_hole_of_the_grammar_is_read() {
        let parameter = |location, name: &str| Hole::Field(Field::Parameter(location, name.to_owned()));
        let body =
            |steps: &[&str]| Hole::Field(Field::Body(steps.iter().map(|step| (*step).to_owned()).collect()));
        let table = [
            ("path.x", parameter(Location::Path, "x")),
            ("query.x", parameter(Location::Query, "x")),
            ("header.X", parameter(Location::Header, "X")),
            ("cookie.c", parameter(Location::Cookie, "c")),
            ("form.f", Hole::Field(Field::Form("f".to_owned()))),
            ("body", body(&[])),
            ("body.a.b", body(&["a", "b"])),
            ("body#/a/0", body(&["a", "0"])),
            ("state.k", Hole::Field(Field::State("k".to_owned()))),
            ("seq", Hole::Sequence),
            (" seq ", Hole::Sequence),
            ("uuid", Hole::Uuid),
            ("now", Hole::Now(0)),
            ("now+1h", Hole::Now(3600)),
            ("now - 2m", Hole::Now(-120)),
            ("rand(1,6)", Hole::Random(1, 6)),
            ("rand(-3, -3)", Hole::Random(-3, -3)),
        ];
        for (inner, hole) in table {
            assert_eq!(Template::parse(&format!("${{{inner}}}")), Ok(Template::Hole(hole)), "{inner}");
        }
    }

    #[test]
    fn text_around_holes_makes_a_text_and_an_escape_none() {
        let hole = || Piece::Hole(Hole::Sequence);
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let table = [
            ("/pets/${seq}", vec![literal("/pets/"), hole()]),
            ("${seq}${seq}", vec![hole(), hole()]),
            ("a${seq}b${seq}c", vec![literal("a"), hole(), literal("b"), hole(), literal("c")]),
            ("$${${seq}", vec![literal("${"), hole()]),
        ];
        for (text, pieces) in table {
            assert_eq!(Template::parse(text), Ok(Template::Text(Text(pieces))), "{text}");
        }
        for (text, literal) in
            [("$${seq}", "${seq}"), ("$$${x}", "$${x}"), ("$", "$"), ("{}", "{}"), ("", "")]
        {
            assert_eq!(Template::parse(text), Ok(Template::Literal(json!(literal))), "{text}");
        }
    }

    #[test]
    fn what_no_hole_can_be_is_told_with_the_nearest() {
        let table = [
            ("${bdy.name}", "did you mean `${body.name}`?"),
            ("${sequ}", "did you mean `${seq}`?"),
            ("${Path.x}", "did you mean `${path.x}`?"),
            ("${now+1}", "an hour from now is `${now+1h}`"),
            ("${now*2}", "did you mean `${now}`?"),
            ("${rand(6,1)}", "a roll of a die is `${rand(1,6)}`"),
            ("${rand}", "a roll of a die is `${rand(1,6)}`"),
            ("${query}", "say which one: `${query.NAME}`"),
            ("${seq", "a literal `${` is written `$${`"),
        ];
        for (text, hint) in table {
            let error = Text::parse(text).expect_err(text);
            assert_eq!(error.hint.as_deref(), Some(hint), "{text}");
        }
        for text in ["${file.x}", "${env.HOME}", "${exec(ls)}", "${}", "${import x}", "${body..a}"] {
            assert!(Text::parse(text).is_err(), "{text}");
        }
    }
}
