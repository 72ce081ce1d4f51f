//! Scripts: what a stub answers beyond its document.
//!
//! | part | what it does |
//! |---|---|
//! | `read` | text to grammar, everything wrong with it told with its place |
//! | `grammar` | what a script says, before any operation is looked up |
//! | `check` | the grammar against the document; what comes out is ready to run |
//! | `include`, `library` | the files of a script, and those that it sends |
//! | `load` | all that in a row, for a whole script and for one reply |
//! | `rule`, `matcher`, `sequence`, `delay` | one rule at run time |
//! | `scope`, `clock` | what conditions and templates see |
//! | `template` | values with holes that requests fill |
//! | `index` | which rules of many a request can match |
//! | `stack` | rules that come one at a time |
//! | `said` | rules as they were said |
//! | `schema` | the JSON Schema of scripts, for editors |
//! | `expectation`, `differ` | what must have been called; how a request differs from what is asked |
//! | `candidates` | every rule that a request could have been answered by |
//! | `scenario` | one state machine at run time |
//! | `resource` | items that operations make, show, change and remove |
//! | `engine` | all rules that were loaded, and which comes first |
//!
//! What a rule counts, and what is set at run time, is in the session of the request: see `session`.

mod candidates;
mod chance;
mod check;
mod clock;
mod decision;
mod defaults;
mod delay;
mod differ;
mod engine;
mod expectation;
mod grammar;
mod include;
mod index;
mod json_patch;
mod library;
mod load;
mod matcher;
pub(crate) mod nearest;
mod read;
mod resource;
mod rule;
mod said;
mod scenario;
mod schema;
mod scope;
mod sequence;
mod shape;
mod stack;
mod template;

pub(crate) use candidates::{CandidateRule, Layer};
pub(crate) use clock::{Clock, Moment};
pub(crate) use decision::{AllowInvalid, Decision, InvalidRequests, Refused, ReplySpec, Subject, Unscripted};
pub(crate) use differ::{Comparison, Difference, Lens};
pub(crate) use engine::{ScriptEngine, Succession};
pub(crate) use expectation::Expectation;
pub use include::MAX_SCRIPT_FILES;
pub use library::MAX_SCRIPT_FILE_BYTES;
pub use load::{MAX_SCRIPT_BYTES, Script, ScriptError};
pub(crate) use load::{check_entry, steps};
pub(crate) use read::parse_duration;
pub(crate) use resource::{ActiveResource, ItemRefused};
pub(crate) use rule::ActiveRule;
pub(crate) use said::SaidRule;
pub(crate) use scenario::ScenarioInfo;
pub use schema::script_schema;
pub(crate) use scope::Scope;
pub(crate) use stack::RuleStack;
pub(crate) use template::{parse_time, rfc3339};
