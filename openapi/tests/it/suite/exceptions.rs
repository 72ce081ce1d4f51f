//! Groups of the suite that an OpenAPI document means otherwise, or that we do not do, each with the reason.

use super::source::Group;

/// Why a group is not held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It refers to schemas that have to be fetched.
    Remote,
    /// It is of another draft, or of a dialect of its own.
    Dialect,
    /// It says that formats assert nothing; they do in OpenAPI, as its format registry says.
    Formats,
    /// It needs a format that is not asserted.
    UnknownFormat,
    /// It names schemas by `$id`, `$anchor` or `$dynamicAnchor`.
    Identifiers,
    /// OpenAPI 3.0 is lowered to 2020-12, in which `1.0` is whole.
    WholeNumbers,
}

impl Reason {
    /// Whether values are generated nonetheless: what asserts more than the suite asks for is still right, and so is
    /// what a value of the suite, but no generated one, can tell apart.
    pub(super) fn is_generated_for(self) -> bool {
        matches!(self, Self::Formats | Self::UnknownFormat | Self::WholeNumbers)
    }

    /// Whether the group is none that a document can hold as it stands.
    pub(super) fn is_foreign(self) -> bool {
        matches!(self, Self::Remote | Self::Dialect)
    }
}

/// The exceptions: the file, a part of the description of its groups, and the reason.
const EXCEPTIONS: [(&str, &str, Reason); 30] = [
    ("anchor", "", Reason::Identifiers),
    ("defs", "validate definition against metaschema", Reason::Remote),
    ("dynamicRef", "", Reason::Identifiers),
    ("format", " format", Reason::Formats),
    ("optional/anchor", "", Reason::Identifiers),
    ("optional/cross-draft", "", Reason::Remote),
    ("optional/dependencies-compatibility", "", Reason::Dialect),
    ("optional/dynamicRef", "", Reason::Identifiers),
    ("optional/format/idn-email", "", Reason::UnknownFormat),
    ("optional/format/idn-hostname", "", Reason::UnknownFormat),
    ("optional/id", "", Reason::Identifiers),
    ("optional/refOfUnknownKeyword", "", Reason::Identifiers),
    ("optional/unknownKeyword", "", Reason::Identifiers),
    ("optional/zeroTerminatedFloats", "", Reason::WholeNumbers),
    ("ref", "remote ref, containing refs itself", Reason::Remote),
    ("ref", "Recursive references between schemas", Reason::Identifiers),
    ("ref", "refs with relative uris and defs", Reason::Identifiers),
    ("ref", "relative refs with absolute uris and defs", Reason::Identifiers),
    ("ref", "$id must be resolved against nearest parent", Reason::Identifiers),
    ("ref", "order of evaluation", Reason::Identifiers),
    ("ref", "URN base URI", Reason::Identifiers),
    ("ref", "URN ref with nested pointer ref", Reason::Identifiers),
    ("ref", "ref to if", Reason::Identifiers),
    ("ref", "ref to then", Reason::Identifiers),
    ("ref", "ref to else", Reason::Identifiers),
    ("ref", "ref with absolute-path-reference", Reason::Identifiers),
    ("refRemote", "", Reason::Remote),
    ("unevaluatedItems", "$dynamicRef", Reason::Identifiers),
    ("unevaluatedProperties", "$dynamicRef", Reason::Identifiers),
    ("vocabulary", "", Reason::Dialect),
];

/// Why a group is not held to; nothing where it is.
pub(super) fn exception(group: &Group) -> Option<Reason> {
    let row =
        EXCEPTIONS.iter().find(|(file, part, _)| group.file == *file && group.description.contains(part));
    row.map(|(.., reason)| *reason)
}
