//! The stub and its control API, from outside.
#![expect(
    clippy::unwrap_used,
    reason = "a panic is a failed test; a clippy setting says so inside tests only"
)]

mod always;
#[path = "../../examples/answer.rs"]
mod answer;
mod browser;
mod callbacks;
mod connection_count;
mod connections;
mod control_api;
mod control_browser;
mod control_clock;
mod control_connections;
mod control_document;
mod control_errors;
mod control_explain;
mod control_metrics;
mod control_recordings;
mod control_resources;
mod control_rules;
mod control_script;
mod control_sessions;
mod control_stream;
mod control_token;
mod control_verify;
mod corpus;
mod faults;
mod faults_seen;
mod framing;
mod http2;
mod laws;
mod limits_page;
mod mutants;
mod proxy;
mod record;
mod record_corpus;
mod reload;
mod replies;
mod requests;
mod resources;
mod routing;
mod rows;
mod script_attacks;
mod script_corpus;
mod script_files;
mod script_findings;
mod script_matchers;
mod script_order;
mod script_page;
mod script_per;
mod script_rules;
mod script_scenarios;
mod script_schema;
mod script_tasks;
mod script_templates;
mod scripts;
mod sessions;
mod smoke;
mod stub;
mod tls;
mod unix;
mod upstream;

#[test]
fn the_example_of_the_documentation_runs() {
    answer::main().unwrap();
}
