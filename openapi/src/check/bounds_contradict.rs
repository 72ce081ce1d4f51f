//! `bounds-contradict`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::Version;
use crate::schema::Pattern;

declare! {
    /// Found when a lower bound of a schema is above its upper one, or a `pattern` asks for texts that are longer or
    /// shorter than they may be.
    ///
    /// Why it matters: no value meets both, so that every message with such a value is refused and none can be made.
    ///
    /// Example: `minimum: 10` with `maximum: 1`; `minLength: 5` with `maxLength: 3`; `pattern: ^[0-9]{9}$` with
    /// `maxLength: 8`.
    ///
    /// What to do: mend one of the two.
    BOUNDS_CONTRADICT = "bounds-contradict", Warning, Judge::Object(&[Kind::Schema, Kind::Parameter, Kind::Header], judge)
}

const PAIRS: [(&str, &str); 5] = [
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
];

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let number = |name: &str| site.place.value.get(name).and_then(Value::as_f64);
    for (low, high) in PAIRS {
        let (Some(least), Some(most)) = (number(low), number(high)) else { continue };
        if least > most {
            let value = |name: &str| site.place.value.get(name).map(Value::to_string).unwrap_or_default();
            let message =
                format!("`{low}` {} is above `{high}` {}, so no value is valid", value(low), value(high));
            findings.add_with_hint(
                &BOUNDS_CONTRADICT,
                &site.place.pointer.join(low),
                message,
                "mend one of the two",
            );
        } else if least == most && low == "minimum" && is_exclusive(scene, site) {
            let message =
                format!("nothing lies between `minimum` and `maximum` once {least} itself is excluded");
            findings.add_with_hint(
                &BOUNDS_CONTRADICT,
                &site.place.pointer.join(low),
                message,
                "mend one of the two",
            );
        }
    }
    if scene.version() >= Version::V3_1
        && let (Some(least), Some(most)) = (number("exclusiveMinimum"), number("exclusiveMaximum"))
        && least >= most
    {
        let message =
            format!("nothing lies between `exclusiveMinimum` {least} and `exclusiveMaximum` {most}");
        let at = site.place.pointer.join("exclusiveMinimum");
        findings.add_with_hint(&BOUNDS_CONTRADICT, &at, message, "mend one of the two");
    }
    let pattern = site.place.text("pattern").and_then(|pattern| Pattern::read(pattern).ok());
    let Some((fewest, most)) = pattern.map(|pattern| pattern.lengths()) else { return };
    let bound = |name: &str| site.place.value.get(name).and_then(Value::as_u64);
    let mut tell = |name: &str, message: String| {
        findings.add_with_hint(
            &BOUNDS_CONTRADICT,
            &site.place.pointer.join(name),
            message,
            "mend one of the two",
        );
    };
    if let Some(limit) = bound("maxLength").filter(|limit| *limit < fewest) {
        tell(
            "maxLength",
            format!("`maxLength` {limit} is below the {fewest} characters that `pattern` asks for"),
        );
    }
    if let (Some(limit), Some(most)) = (bound("minLength"), most)
        && limit > most
    {
        tell(
            "minLength",
            format!("`minLength` {limit} is above the {most} characters that `pattern` admits"),
        );
    }
}

fn is_exclusive(scene: &Scene<'_>, site: &Site<'_>) -> bool {
    scene.version() < Version::V3_1
        && (site.place.is("exclusiveMinimum") || site.place.is("exclusiveMaximum"))
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn bounds_are_compared() {
        let table = [
            ("3.0.3", "{minimum: 2, maximum: 1}", true),
            ("3.0.3", "{minimum: 1, maximum: 1}", false),
            ("3.0.3", "{minimum: 1, maximum: 1, exclusiveMaximum: true}", true),
            ("3.1.0", "{exclusiveMinimum: 1, exclusiveMaximum: 1}", true),
            ("3.1.0", "{minLength: 3, maxLength: 2}", true),
            ("3.1.0", "{minItems: 0, maxItems: 2}", false),
            ("3.0.3", "{pattern: '[0-9a-f]{8}-[0-9a-f]{4}', maxLength: 12}", true),
            ("3.0.3", "{pattern: '[0-9a-f]{8}-[0-9a-f]{4}', maxLength: 13}", false),
            ("3.0.3", "{pattern: '^(a|bcd)?$', minLength: 4}", true),
            ("3.0.3", "{pattern: '^a$|^(bc){2}$', minLength: 5}", true),
            ("3.0.3", "{pattern: '^(a|bcd)?$', minLength: 3}", false),
            // A part of the text is enough.
            ("3.0.3", "{pattern: '^a', minLength: 3}", false),
            ("3.0.3", "{pattern: '^a$|b', minLength: 3}", false),
            ("3.0.3", "{pattern: '^a+$', minLength: 3}", false),
            ("3.0.3", "{pattern: '^(a)\\1$', minLength: 3}", false),
        ];
        for (version, schema, is_found) in table {
            assert_eq!(
                !found("bounds-contradict", &with_schema(version, schema)).is_empty(),
                is_found,
                "{schema}"
            );
        }
    }
}
