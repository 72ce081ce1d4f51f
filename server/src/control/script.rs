//! The scripts in force, whole.

use counterfoil_openapi::Severity;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SingleOrVec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::Admitted;
use super::problem::{FindingBody, Problem};
use super::said::{SaidBody, any};
use crate::edition::Edition;
use crate::script::{Script, nearest};

/// What a script that came over the control API is called, where nothing else is asked.
const NAME: &str = "script";

/// Which script is meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ScriptQuery {
    /// What it is called, as `/rules` tells it in `place`; absent for the only one, or for all.
    pub(crate) name: Option<String>,
}

/// Which script is to be put in place of which, and whether it really is.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ScriptChange {
    /// What the script is called that it takes the place of, and will be called itself; absent for all of them.
    pub(crate) name: Option<String>,
    /// Where true, it is only checked.
    pub(crate) dry_run: Option<bool>,
}

/// A whole script, in the grammar of scripts; it begins with `script: 1`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct ScriptText(Value);

impl JsonSchema for ScriptText {
    fn schema_name() -> String {
        "ScriptText".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema =
            any("A whole script, in the grammar of scripts; it begins with `script: 1`.").into_object();
        schema.instance_type = Some(SingleOrVec::Single(Box::new(InstanceType::Object)));
        schema.into()
    }
}

/// What was found in a script that was taken.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScriptSet {
    /// Everything found.
    pub(crate) findings: Vec<FindingBody>,
    /// What of that is odd, and was taken all the same.
    pub(crate) warnings: Vec<FindingBody>,
}

/// A script for one session.
pub(super) fn for_session(edition: &Edition, text: &ScriptText) -> Result<Script, Problem> {
    let within = |mut problem: Problem| {
        problem.place_within("/script");
        problem
    };
    let of_all = ["include", "seed", "defaults", "sessions", "scenarios", "resources", "expect"];
    let members = text.0.as_object();
    let found =
        members.into_iter().flat_map(|members| members.keys()).filter(|key| of_all.contains(&key.as_str()));
    let found: Vec<FindingBody> = found
        .map(|key| {
            let message =
                format!("`{key}` is for all sessions: a session's own script has `rules` and `state`");
            FindingBody::at(&format!("/{key}"), "session-script", message)
        })
        .collect();
    if !found.is_empty() {
        return Err(within(Problem::with("the script is not one for a session", found)));
    }
    let bytes = text.0.to_string();
    Script::load_within(NAME, bytes.as_bytes(), &edition.contracts, edition.engine.reach()).map_err(|error| {
        within(Problem::findings("the script has errors; no session is made", error.findings()))
    })
}

/// The script in force, with all that it includes.
pub(super) fn show(admitted: &Admitted<'_>, query: &ScriptQuery) -> Result<ScriptText, Problem> {
    let edition = admitted.edition();
    let scripts = edition.engine.scripts();
    let names = || scripts.iter().map(Script::name);
    let found = match (&query.name, scripts) {
        (None, []) => return Ok(ScriptText(serde_json::json!({ "script": 1 }))),
        (None, [only]) => only,
        (None, _) => {
            let detail =
                format!("there are several; say which by `name`: {}", names().collect::<Vec<_>>().join(", "));
            return Err(Problem::conflict("several-scripts", detail));
        }
        (Some(name), _) => scripts.iter().find(|script| script.name() == name).ok_or_else(|| {
            let hint = nearest::hint(name, names().collect::<Vec<_>>());
            let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
            Problem::unknown("script-unknown", format!("no script is called `{name}`{hint}"))
        })?,
    };
    Ok(ScriptText(found.said()))
}

/// Puts a script in the place of the one of its name, or of all.
pub(super) fn set(
    admitted: &Admitted<'_>,
    query: &ScriptChange,
    body: SaidBody<ScriptText>,
) -> Result<ScriptSet, Problem> {
    let bytes = body.bytes()?;
    let load = |edition: &Edition| {
        let name = query.name.as_deref().unwrap_or(NAME);
        let script = Script::load_within(name, &bytes, &edition.contracts, edition.engine.reach()).map_err(
            |error| {
                let detail = match error.error_count() {
                    1 => "the script has an error; nothing is changed".to_owned(),
                    count => format!("the script has {count} errors; nothing is changed"),
                };
                Problem::findings(detail, error.findings())
            },
        )?;
        if script.lacks_upstream() && !admitted.forwarder.has_upstream() {
            let message = "there is no upstream; the stub was started without one".to_owned();
            let found = FindingBody::at("/defaults/on_unscripted", "upstream-missing", message);
            return Err(Problem::with("the script forwards what it does not answer", vec![found]));
        }
        Ok(script)
    };
    let script = if query.dry_run == Some(true) {
        load(&admitted.edition())?
    } else {
        let mut taken = None;
        admitted.set_scripts(|edition| {
            let script = load(edition)?;
            taken = Some(script.clone());
            let mut scripts = match query.name {
                Some(_) => edition.engine.scripts().to_vec(),
                None => Vec::new(),
            };
            match scripts.iter_mut().find(|old| old.name() == script.name()) {
                Some(old) => *old = script,
                None => scripts.push(script),
            }
            Ok::<_, Problem>(scripts)
        })?;
        taken.expect("what was put in place was loaded")
    };
    let warnings = script.findings().iter().filter(|finding| finding.severity == Severity::Warning);
    Ok(ScriptSet {
        warnings: warnings.map(FindingBody::from).collect(),
        findings: script.findings().iter().map(FindingBody::from).collect(),
    })
}
