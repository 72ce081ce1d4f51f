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
    /// It has an `$id` below a keyword that says nothing, which is one for us.
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
const EXCEPTIONS: [(&str, &str, Reason); 15] = [
    ("defs", "validate definition against metaschema", Reason::Remote),
    ("dynamicRef", "strict-tree schema", Reason::Remote),
    ("dynamicRef", "tests for implementation dynamic anchor", Reason::Remote),
    ("dynamicRef", "are independent of order", Reason::Remote),
    ("dynamicRef", "$ref to $dynamicRef finds detached", Reason::Remote),
    ("format", " format", Reason::Formats),
    ("optional/cross-draft", "", Reason::Remote),
    ("optional/dependencies-compatibility", "", Reason::Dialect),
    ("optional/format/idn-email", "", Reason::UnknownFormat),
    ("optional/format/idn-hostname", "", Reason::UnknownFormat),
    ("optional/unknownKeyword", "", Reason::Identifiers),
    ("optional/zeroTerminatedFloats", "", Reason::WholeNumbers),
    ("ref", "remote ref, containing refs itself", Reason::Remote),
    ("refRemote", "", Reason::Remote),
    ("vocabulary", "", Reason::Dialect),
];

/// Why a group is not held to; nothing where it is.
pub(super) fn exception(group: &Group) -> Option<Reason> {
    let row =
        EXCEPTIONS.iter().find(|(file, part, _)| group.file == *file && group.description.contains(part));
    row.map(|(.., reason)| *reason)
}
