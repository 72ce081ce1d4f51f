//! The stub and its control API, from outside.

mod control_api;
mod control_document;
mod script_findings;
mod script_rules;
mod scripts;
mod smoke;
