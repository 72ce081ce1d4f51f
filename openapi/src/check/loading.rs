//! Findings of loading: what had to be worked around before there was anything to judge.

use super::rule::{Judge, declare};

declare! {
    /// Found when there is no document to judge: a file that is not there, neither JSON nor YAML, over a limit, or
    /// something else than an OpenAPI document.
    ///
    /// Why it matters: nothing of it can be served, tested or checked.
    ///
    /// Example: a bracket that is never closed; a web page saved in the place of the document it links to.
    ///
    /// What to do: mend the text at the place named. Reading stopped there, so there may be more behind it.
    DOCUMENT_UNREADABLE = "document-unreadable", Error, Judge::Loading
}

declare! {
    /// Found when `openapi` or `swagger` names no version of the specification that we know.
    ///
    /// Why it matters: editions differ in what their members mean. The document is read as the newest edition that is
    /// likely, which may not be what its author had in mind.
    ///
    /// Example: `openapi: "4.0"`, or `openapi: latest`.
    ///
    /// What to do: write the version the document follows: `swagger: "2.0"`, or `openapi: 3.0.3`, `3.1.1` or `3.2.0`.
    VERSION_UNKNOWN = "version-unknown", Warning, Judge::Loading
}

declare! {
    /// Found when a line inside `{}` or `[]` stands no deeper than the block around it.
    ///
    /// Why it matters: that is not YAML, and strict parsers refuse the whole document. The line is read as if it were
    /// indented further.
    ///
    /// Example: `key: {` with the closing `}` of a later line at the depth of `key`.
    ///
    /// What to do: indent the line further.
    INDENTATION_WRONG = "indentation-wrong", Warning, Judge::Loading
}

declare! {
    /// Found when an object has two members of one name.
    ///
    /// Why it matters: parsers disagree about which of the two counts. We take the last one, and what the first one
    /// says is lost. With `--strict` this is an error.
    ///
    /// Example: two paths `/pets`, the second of which hides the operations of the first.
    ///
    /// What to do: remove one of the two, or put what they hold together.
    KEY_REPEATED = "key-repeated", Warning, Judge::Loading
}

declare! {
    /// Found when a file that a reference names cannot be read.
    ///
    /// Why it matters: what stands there is unknown, so the part of the document that refers to it accepts anything or
    /// is left out.
    ///
    /// Example: `$ref: common.yaml#/Pet` where there is no `common.yaml`; a file outside the document's folder; a URL.
    ///
    /// What to do: put the file where the reference says, or mend the reference. Nothing is read from outside the
    /// document's folder unless `--allow-ref-root` names the folder, and nothing is fetched unless
    /// `--allow-remote-refs` names the host.
    REFERENCE_UNREAD = "reference-unread", Error, Judge::Loading
}

declare! {
    /// Found when the file that `externalValue` names cannot be read.
    ///
    /// Why it matters: the example is left out. The stub does not answer with it, and nobody sends it.
    ///
    /// Example: `externalValue: examples/pet.json` where there is no such file.
    ///
    /// What to do: put the file where the example says, or mend the example.
    EXAMPLE_UNREAD = "example-unread", Warning, Judge::Loading
}

declare! {
    /// Found when what `externalValue` names is not looked for: nothing is fetched, and no file outside the document's
    /// folder is read, unless you allow it.
    ///
    /// Why it matters: the example is left out. The stub does not answer with it, and nobody sends it.
    ///
    /// Example: `externalValue: https://example.com/pet.json`.
    ///
    /// What to do: nothing, or keep the example beside the document, or allow where it leads.
    EXAMPLE_REFUSED = "example-refused", Note, Judge::Loading
}

declare! {
    /// Found when the name of an additional operation is not an HTTP method.
    ///
    /// Why it matters: no request can be made for it, so the operation is left out.
    ///
    /// Example: a method with a space in it.
    ///
    /// What to do: name the method as it is sent (RFC 9110, section 9.1).
    METHOD_INVALID = "method-invalid", Error, Judge::Loading
}

declare! {
    /// Found when two operations have the same `operationId`.
    ///
    /// Why it matters: the id is the name that scripts, links and generated clients use. The second operation goes by
    /// its id with a number, so that both can be named.
    ///
    /// Example: `operationId: getPet` under `GET /pets/{id}` and under `GET /pets`.
    ///
    /// What to do: give each operation an id of its own.
    OPERATION_ID_REPEATED = "operation-id-repeated", Warning, Judge::Loading
}

declare! {
    /// Found when an operation documents no response.
    ///
    /// Why it matters: the stub has nothing to answer with, and no answer of a server can be judged.
    ///
    /// Example: an operation without `responses`, or with `responses: {}`.
    ///
    /// What to do: document at least one response, or `default` for all.
    RESPONSES_MISSING = "responses-missing", Warning, Judge::Loading
}

declare! {
    /// Found when a parameter cannot be read: it has no name, or `in` names no place of a request.
    ///
    /// Why it matters: the parameter is left out, so that what is sent in its place is not judged.
    ///
    /// Example: `{name: id, in: url}`.
    ///
    /// What to do: give it a `name`, and `in` one of `path`, `query`, `header`, `cookie` (in 2.0 also `body`,
    /// `formData`).
    PARAMETER_UNUSABLE = "parameter-unusable", Error, Judge::Loading
}

declare! {
    /// Found when a path template has a variable that no path parameter declares.
    ///
    /// Why it matters: nothing is known of the variable, so that any text is taken for valid, and generated clients
    /// do not ask for it.
    ///
    /// Example: `/pets/{petId}` whose operations declare a path parameter `id`.
    ///
    /// What to do: declare a parameter of that very name with `in: path` and `required: true`, or rename the variable.
    PATH_PARAMETER_UNDECLARED = "path-parameter-undeclared", Warning, Judge::Loading
}

declare! {
    /// Found when a text is not YAML, and its meaning is plain all the same.
    ///
    /// Why it matters: we read it as it was meant, and strict parsers refuse the whole document.
    ///
    /// Example: a tab behind the colon of a key; a comment without a space before its `#`.
    ///
    /// What to do: mend the line as the finding says.
    YAML_MENDED = "yaml-mended", Warning, Judge::Loading
}

declare! {
    /// Found when a text is not JSON, and its meaning is plain all the same.
    ///
    /// Why it matters: we read it as it was meant, and strict parsers refuse the whole document.
    ///
    /// Example: a comment; a comma behind the last member of an object; a brace too many at the end.
    ///
    /// What to do: mend the line as the finding says.
    JSON_MENDED = "json-mended", Warning, Judge::Loading
}

declare! {
    /// Found when a file is not valid UTF-8.
    ///
    /// Why it matters: what is not UTF-8 is read as Windows-1252, which is a guess; other tools refuse the file or read
    /// other characters.
    ///
    /// Example: an `é` saved as the single byte 0xE9.
    ///
    /// What to do: save the file as UTF-8.
    ENCODING_WRONG = "encoding-wrong", Warning, Judge::Loading
}

declare! {
    /// Found when a reference is written in a way that is no reference, and its meaning is plain all the same.
    ///
    /// Why it matters: we read it as it was meant, and other tools find nothing there.
    ///
    /// Example: `$ref: "#definitions/Pet"`, which lacks a slash; `$ref: Pet`, which is only a name.
    ///
    /// What to do: write `#`, a slash, and the way from the root: `#/definitions/Pet`.
    REFERENCE_ODD = "reference-odd", Warning, Judge::Loading
}

declare! {
    /// Found when the document has no operation.
    ///
    /// Why it matters: there is nothing to serve and nothing to test.
    ///
    /// Example: `paths: {}`; a library of components that other documents refer to.
    ///
    /// What to do: nothing for a library; else see that `paths` is where it should be.
    OPERATIONS_MISSING = "operations-missing", Warning, Judge::Loading
}
