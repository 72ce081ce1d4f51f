//! Which edition of the OpenAPI Specification a document names.

use std::fmt;

use serde_json::Value;

/// The minor version of the OpenAPI Specification; patch versions do not differ for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// Swagger 2.0.
    V2_0,
    /// OpenAPI 3.0.x.
    V3_0,
    /// OpenAPI 3.1.x.
    V3_1,
    /// OpenAPI 3.2.x.
    V3_2,
}

impl Version {
    /// The version a document's root names in `swagger` or `openapi`; a number counts as its text.
    pub(crate) fn of(root: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        if let Some(named) = root.get("swagger").and_then(text) {
            return named.starts_with("2").then_some(Self::V2_0);
        }
        let named = root.get("openapi").and_then(text)?;
        let minor = named.strip_prefix("3.")?.split(['.', '-']).next()?.parse::<u32>().ok()?;
        Some(match minor {
            0 => Self::V3_0,
            1 => Self::V3_1,
            _ => Self::V3_2,
        })
    }

    /// Whether Schema Objects are JSON Schema 2020-12 as they stand (3.1 and later), not the older dialect.
    pub fn has_json_schema_dialect(self) -> bool {
        self >= Self::V3_1
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2_0 => "2.0",
            Self::V3_0 => "3.0",
            Self::V3_1 => "3.1",
            Self::V3_2 => "3.2",
        })
    }
}
