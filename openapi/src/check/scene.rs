//! What rules judge with: the contract, and what is where in its document.

use std::collections::HashSet;

use serde_json::Value;

use super::walk::Walk;
use crate::contract::Contract;
use crate::document::{Document, Place, Pointer, Version, resolve};

/// The document under inspection.
pub(super) struct Scene<'d> {
    pub(super) contract: &'d Contract,
    pub(super) document: &'d Document,
    pub(super) walk: Walk<'d>,
    /// The names of the tags that the root declares; nothing where it declares none.
    pub(super) tags: Option<HashSet<&'d str>>,
}

impl<'d> Scene<'d> {
    pub(super) fn of(contract: &'d Contract) -> Self {
        let document: &Document = contract.document();
        let tags = Place::root(document).get("tags").map(|tags| {
            let names = tags.value.as_array().into_iter().flatten();
            names.filter_map(|tag| tag.get("name")?.as_str()).collect()
        });
        Self { contract, document, walk: Walk::over(document), tags }
    }

    pub(super) fn version(&self) -> Version {
        self.document.version()
    }

    /// Where in the document a local reference leads.
    pub(super) fn target(&self, reference: &str) -> Option<Place<'d>> {
        let pointer = resolve(reference).ok()?;
        let value = pointer.find(self.document.root())?;
        Some(Place { pointer, value })
    }

    /// The node itself, or what its references lead to at last; nothing where they lead nowhere.
    pub(super) fn followed(&self, place: &Place<'d>) -> Option<Place<'d>> {
        place.follow(self.document).ok()
    }

    /// A pointer as people write a reference to it: with the file it leads into, where that is another one.
    pub(super) fn name(&self, pointer: &Pointer) -> String {
        let (file, pointer) = self.document.locate(pointer);
        match file {
            Some(file) => format!("{}#{pointer}", file.name()),
            None => format!("#{pointer}"),
        }
    }
}

/// A value, short enough for a message.
pub(super) fn brief(value: &Value) -> String {
    /// The most characters of a value that a message quotes.
    const MAX_QUOTED: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The name nearest to another one, where one is near.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    const LIKELY: f64 = 0.88;
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= LIKELY)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, known)| known)
}
