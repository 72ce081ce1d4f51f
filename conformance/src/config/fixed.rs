//! Values that a user fixes for parameters and members of bodies, as they were given.

use counterfoil_openapi::Contract;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::SettingsError;
use crate::case::{Fixed, Given};
use crate::header_variable;

/// Values that every request has in the places of parameters and of members of bodies.
///
/// A place is `path.NAME`, `query.NAME`, `header.NAME`, `cookie.NAME`, or `body.MEMBER.MEMBER`, with `@` and what names
/// operations, as filters do, for some only. In a file a table of the same: `query.limit = 10`, `"query.limit@GET" = 5`.
/// A text is read by the schema of what it is for: as JSON where that admits it, else as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FixedValues {
    given: Vec<Given>,
}

impl FixedValues {
    /// The same with one more; of two for the same place the later counts, and one for some operations beats one for all.
    #[must_use]
    pub fn and(mut self, place: impl Into<String>, value: impl Into<Value>) -> Self {
        self.given.push(Given { place: place.into(), value: value.into() });
        self
    }

    /// These and nearer ones, which beat them.
    #[must_use]
    pub(super) fn then(mut self, nearer: Self) -> Self {
        self.given.extend(nearer.given);
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// What they are for, and the values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.given.iter().map(|given| (given.place.as_str(), &given.value))
    }

    /// Those whose places a document has.
    ///
    /// # Errors
    ///
    /// When the document refuses a value.
    pub fn of(&self, contract: &Contract) -> Result<Self, SettingsError> {
        let mut own = Self::default();
        for given in &self.given {
            if Fixed::new(contract, std::slice::from_ref(given)).map_err(SettingsError::of)?.is_some() {
                own.given.push(given.clone());
            }
        }
        Ok(own)
    }

    /// What is wrong with those of which no document of several has the place, or one refuses the value.
    ///
    /// # Errors
    ///
    /// The first of it.
    pub fn check(&self, contracts: &[&Contract]) -> Result<(), SettingsError> {
        for given in &self.given {
            let alone = std::slice::from_ref(given);
            let mut is_known = false;
            for contract in contracts {
                is_known |= Fixed::new(contract, alone).map_err(SettingsError::of)?.is_some();
            }
            if !is_known {
                return Err(SettingsError::of(Fixed::unknown(contracts, given)));
            }
        }
        Ok(())
    }

    /// Whether a value is one that outputs hide: the document marks as a secret what it is for.
    pub fn is_secret(&self, contract: &Contract, place: &str) -> bool {
        let given = self.given.iter().filter(|given| given.place == place);
        given.into_iter().any(|given| Fixed::is_secret(contract, given))
    }

    /// The values that outputs hide, each with the variable that it is read from.
    pub(crate) fn secrets(&self, contract: &Contract) -> Vec<(String, String)> {
        let hidden = self.given.iter().filter(|given| Fixed::is_secret(contract, given));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        hidden.map(|given| (header_variable(&given.place), text(&given.value))).collect()
    }

    /// What takes the place of values in requests.
    pub(crate) fn resolve(&self, contract: &Contract) -> Result<Fixed, String> {
        let mut fixed = Fixed::default();
        for given in &self.given {
            match Fixed::new(contract, std::slice::from_ref(given))? {
                Some(found) => fixed.extend(found),
                None => return Err(Fixed::unknown(&[contract], given)),
            }
        }
        Ok(fixed)
    }
}

impl<'de> Deserialize<'de> for FixedValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::<String, Value>::deserialize(deserializer)?;
        let mut values = Self::default();
        members.into_iter().for_each(|(name, value)| collect(name, value, &mut values.given));
        Ok(values)
    }
}

/// Takes tables apart: those of members of bodies down to the bottom, those of locations once.
fn collect(place: String, value: Value, found: &mut Vec<Given>) {
    let is_table = place == "body" || place.starts_with("body.") || !place.contains('.');
    match value {
        Value::Object(members) if is_table => {
            members.into_iter().for_each(|(name, value)| collect(format!("{place}.{name}"), value, found));
        }
        value => found.push(Given { place, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_dotted_names_say_the_same() {
        let read = |text: &str| toml::from_str::<FixedValues>(text).unwrap();
        let told = |values: &FixedValues| -> Vec<String> {
            let mut told: Vec<String> =
                values.iter().map(|(place, value)| format!("{place}={value}")).collect();
            told.sort_unstable();
            told
        };
        let expected =
            ["body.a.b=42", "header.X-Tenant=\"acme\"", "query.filter={\"a\":1}", "query.limit@GET=5"];
        for text in [
            "header.X-Tenant = 'acme'\nbody.a.b = 42\nquery.filter = {a = 1}\n'query.limit@GET' = 5\n",
            "'header.X-Tenant' = 'acme'\n'query.filter' = {a = 1}\n[body]\na = {b = 42}\n[query]\n'limit@GET' = 5\n",
        ] {
            assert_eq!(told(&read(text)), expected, "{text}");
        }
    }
}
