//! The stub and its control API, from outside.

mod control_document;
mod script_findings;
mod scripts;
mod smoke;
