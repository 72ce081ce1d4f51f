//! `positive_data_acceptance`

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::{ListParameter, Location, Operation, Parameter, StatusPattern, folded};
use http::{Method, StatusCode};
use serde_json::Value;

use super::registry::declare;
use super::{Breach, Judgement, Observation};
use crate::case::{Intent, Probe, promises_type};
use crate::secrets;

declare! {
    /// Fails when a request that is valid by the document is refused with a 4xx.
    ///
    /// Why it matters: the document promises which requests are understood. A server that is stricter than its
    /// document refuses clients that did everything right, and the rule it applies is written nowhere.
    ///
    /// What was sent is read back and validated first; a request that is not valid as sent proves nothing.
    ///
    /// Not judged: 401 and 403 (who may do it), 404 (whether it is there), 409 and 412 (what state it is in) and 429
    /// (how often), none of which is about the data; 400 from an operation that takes a password or a grant, where the
    /// right secret cannot be guessed, unless it makes something (201) and is not there to sign in; 400 and 422 to a
    /// text with a null character in it, which few programs can store, or of nothing but white space, which many take
    /// for none; 400 and 422 that say that there already is another of the same, which others answer with 409, or that
    /// what the request names is not there, which others answer with 404, except to an example; 400 and 422 to a query
    /// that says where a list goes on (`cursor`, `page_token`), which only the server that handed it out knows; a
    /// member of the body that is refused for not being what the path has of the same name; a body with an `id` that is
    /// not in the path; what was done before by the very same request; a list from a time on that is far in the future,
    /// or until one far in the past; an operation that documents no success (one that only upgrades to another
    /// protocol, for example).
    ///
    /// A request that asks for a media type (`Accept`) is judged by a 406 only: it fails where the document does not have
    /// that status, and has the media type for every success; not where a parameter (`format`, `output`) says in which
    /// one to answer.
    ///
    /// Refusals that name a field (in the notations of common frameworks) are a failure for each field.
    ///
    /// Example: `name` is any string up to 50 characters, and a name of 50 characters is refused with 422.
    ///
    /// Silence: write the rule into the document, or `--checks=-positive_data_acceptance`.
    PositiveDataAcceptance = "positive_data_acceptance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    if let Intent::Probe(Probe::Accept { media_type }) = observation.intent {
        return unacceptable(observation, media_type);
    }
    let is_positive = matches!(observation.intent, Intent::Positive | Intent::Example);
    let (true, true, Some(status)) =
        (is_positive, observation.reading.violations.is_empty(), observation.status())
    else {
        return Judgement::NotApplicable;
    };
    if !documents_success(observation.operation) {
        return Judgement::NotApplicable;
    }
    match (observation.expects(status), status) {
        (Some(true), _) => return Judgement::Passed,
        (Some(false), _) => return refused(observation, status),
        (None, _) => {}
    }
    match status {
        401 | 403 | 404 | 409 | 412 | 429 => Judgement::NotApplicable,
        400 | 422
            if holds_odd_text(observation)
                || is_of_another(observation)
                || is_of_nothing(observation)
                || goes_on(observation)
                || is_far(observation)
                || was_done(observation) =>
        {
            Judgement::NotApplicable
        }
        400 if secrets::takes_credentials(observation.operation) && !makes_account(observation.operation) => {
            Judgement::NotApplicable
        }
        400..=499 => refused(observation, status),
        _ => Judgement::Passed,
    }
}

/// What is to be said of a request for one media type: HTTP lets a server answer it with another one (RFC 9110, section
/// 12.5.1), and refuse it where it does not have that one. The document says that it has it.
fn unacceptable(observation: &Observation<'_>, media_type: &str) -> Judgement {
    const NOT_ACCEPTABLE: u16 = 406;
    // Which success it would have been, nobody knows.
    let is_promised = promises_type(observation.operation, media_type);
    let is_documented = observation.operation.responses().documenting(StatusCode::NOT_ACCEPTABLE).is_some();
    match observation.status() {
        Some(NOT_ACCEPTABLE) if observation.expects(NOT_ACCEPTABLE) == Some(true) => Judgement::Passed,
        Some(NOT_ACCEPTABLE) if is_promised && !is_documented && !asks_otherwise(observation.operation) => {
            Judgement::failed(
                format!("status 406 for {media_type}"),
                format!("`{media_type}` is documented for what it asks for, and was refused with 406"),
            )
        }
        Some(200..=299) => Judgement::Passed,
        _ => Judgement::NotApplicable,
    }
}

/// Whether a parameter of the path or the query says which media type is asked for, and not `Accept`, by its name.
fn asks_otherwise(operation: &Operation) -> bool {
    const PARTS: [&str; 3] = ["format", "mime", "accept"];
    const NAMES: [&str; 3] = ["output", "alt", "type"];
    let is_one = |parameter: &Parameter| {
        let name = folded(&parameter.name);
        PARTS.iter().any(|part| name.contains(part)) || NAMES.contains(&name.as_str())
    };
    [Location::Path, Location::Query].into_iter().any(|place| operation.parameters_in(place).any(is_one))
}

/// A breach for each field that the refusal names: what is refused for other reasons is another failure.
fn refused(observation: &Observation<'_>, status: u16) -> Judgement {
    let message = format!("the request is valid by the document and was refused with {status}");
    let named = observation.refused_fields();
    if named.is_empty() && matches!(status, 400 | 422) && has_other_id(observation) {
        return Judgement::NotApplicable;
    }
    if named.is_empty() {
        return Judgement::failed(format!("status {status}"), message);
    }
    let fields: Vec<&String> =
        named.iter().filter(|field| !is_unlike_path(&observation.reading.values, field)).collect();
    if fields.is_empty() {
        return Judgement::NotApplicable;
    }
    let breach = |field: &&String| Breach {
        kind: format!("status {status} for {field}"),
        message: format!("{message}, which names `{}`", spelled(&observation.reading.values, field)),
        document_pointer: None,
    };
    Judgement::Failed(fields.iter().map(breach).collect())
}

/// Whether an operation that takes a secret keeps it, so that any will do.
fn makes_account(operation: &Operation) -> bool {
    const SIGNING_IN: [&str; 8] =
        ["login", "logon", "signin", "session", "token", "auth", "verif", "confirm"];
    let path = operation.path().as_str().to_ascii_lowercase();
    let makes = operation.responses().iter().any(|response| response.status == StatusPattern::Exact(201));
    makes && !SIGNING_IN.iter().any(|word| path.contains(word))
}

/// Whether a text of the request has a null character in it, or is blank and not empty.
fn holds_odd_text(observation: &Observation<'_>) -> bool {
    fn holds(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0') || (!text.is_empty() && text.trim().is_empty()),
            Value::Array(items) => items.iter().any(holds),
            Value::Object(members) => {
                members.iter().any(|(name, member)| name.contains('\0') || holds(member))
            }
            _ => false,
        }
    }
    let values = &observation.reading.values;
    let parameters = [&values.path, &values.query, &values.header, &values.cookie];
    let body = values.body.as_ref().and_then(|body| body.payload.as_value());
    parameters.into_iter().flat_map(|place| place.values()).chain(body).any(holds)
}

/// Whether the body has another value than the path under a name that both have: no schema can say that they have to be
/// the same. `field` is folded.
fn is_unlike_path(values: &RequestValues, field: &str) -> bool {
    let member = |(name, value): (&String, &Value)| (folded(name) == field).then(|| text_of(value));
    let body = values.body.as_ref().and_then(|body| body.payload.as_value()).and_then(Value::as_object);
    let of_body = body.into_iter().flatten().find_map(member);
    let of_path = values.path.iter().find_map(member);
    of_body.is_some() && of_path.is_some() && of_body != of_path
}

/// A field as the request spells it: parameters first, then members of the body.
fn spelled(values: &RequestValues, field: &str) -> String {
    let body = values.body.as_ref().and_then(|body| body.payload.as_value()).and_then(Value::as_object);
    let parameters = [&values.path, &values.query, &values.header, &values.cookie];
    let names = parameters.into_iter().flat_map(|place| place.keys());
    let mut names = names.chain(body.into_iter().flat_map(serde_json::Map::keys));
    names.find(|name| folded(name) == field).cloned().unwrap_or_else(|| field.to_owned())
}

/// A text as it stands, and any other value as JSON.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The beginning of what a refusal says, in small letters.
fn words(observation: &Observation<'_>) -> String {
    const MAX_READ: usize = 4096;
    let Some(response) = observation.response() else { return String::new() };
    let read = &response.body[..response.body.len().min(MAX_READ)];
    String::from_utf8_lossy(read).to_lowercase()
}

/// Whether the refusal says that there is nothing of what the request names: it repeats the name, or the request was to
/// remove it. What the document itself shows as a request is there by its word.
fn is_of_nothing(observation: &Observation<'_>) -> bool {
    const ABSENT: [&str; 6] =
        ["not found", "not exist", "doesn't exist", "no such", "not be found", "unable to find"];
    /// What Django says of a reference to nothing, which repeats no name; of a word that is no choice it says which.
    const NO_CHOICE: &str = "that choice is not one of the available choices";
    /// The longest name of a kind of thing in `no … exists`.
    const MAX_KIND: usize = 60;
    let words = words(observation);
    if words.contains(NO_CHOICE) {
        return *observation.intent != Intent::Example;
    }
    let is_absent = |sentence: &str| {
        let kind = sentence.strip_prefix("no ").or_else(|| sentence.split_once(" no ").map(|(_, kind)| kind));
        let end =
            kind.and_then(|kind| [" exist", " found"].into_iter().filter_map(|end| kind.find(end)).min());
        end.is_some_and(|end| end <= MAX_KIND)
    };
    let mut sentences = words.split(['.', ';', '"', ':', '\n']).map(str::trim_start);
    let is_said = ABSENT.iter().any(|absent| words.contains(absent)) || sentences.any(is_absent);
    if !is_said || *observation.intent == Intent::Example {
        return false;
    }
    // Many refusals repeat the path, whatever they are about.
    let words = words.replace(&observation.request.path().to_lowercase(), "");
    let values = &observation.reading.values;
    observation.request.method == Method::DELETE || names(values, &words) || names_number(values, &words)
}

/// Whether words repeat a whole number of the query or the body as the name of something: in quotes, or after the name
/// that it has there or a part of that, as `pet 7` of `petId`.
fn names_number(values: &RequestValues, words: &str) -> bool {
    /// The words that say that a name follows.
    const NAMING: [&str; 4] = ["id", "pk", "key", "number"];
    fn numbers(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Number(number) if number.is_i64() || number.is_u64() => {
                found.push((folded(name), number.to_string()));
            }
            Value::Array(items) => items.iter().for_each(|item| numbers(name, item, found)),
            Value::Object(members) => members.iter().for_each(|(name, member)| numbers(name, member, found)),
            _ => {}
        }
    }
    let mut named = Vec::new();
    let body = values.body.as_ref().and_then(|body| body.payload.as_value());
    values.query.iter().for_each(|(name, value)| numbers(name, value, &mut named));
    body.into_iter().for_each(|body| numbers("", body, &mut named));
    named.iter().any(|(name, number)| {
        words.match_indices(number.as_str()).any(|(at, _)| {
            let (before, after) = (&words[..at], &words[at + number.len()..]);
            let is_quoted = before.ends_with(['"', '\'', '`']) && after.starts_with(['"', '\'', '`', '\\']);
            let before = before.trim_end_matches([' ', '#', '=', '(']);
            let start = before.rfind(|character: char| !character.is_alphanumeric()).map_or(0, |at| at + 1);
            let word = before.get(start..).unwrap_or_default();
            let is_told = NAMING.contains(&word) || word.len() > 2 && name.contains(word);
            let is_whole = after.chars().next().is_none_or(|next| !next.is_alphanumeric());
            is_quoted || is_told && is_whole && before.len() < at
        })
    })
}

/// Whether words repeat a value of the path, or a text of the query or the body.
fn names(values: &RequestValues, words: &str) -> bool {
    /// The shortest text that is a name and not just part of a sentence.
    const LEAST: usize = 3;
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.len() >= LEAST => found.push(text.to_lowercase()),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(members) => members.values().for_each(|member| texts(member, found)),
            _ => {}
        }
    }
    let mut named: Vec<String> = values.path.values().map(|value| text_of(value).to_lowercase()).collect();
    let body = values.body.as_ref().and_then(|body| body.payload.as_value());
    values.query.values().chain(body).for_each(|value| texts(value, &mut named));
    let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    named.iter().filter(|name| !name.trim().is_empty()).any(|name| {
        words.match_indices(name.as_str()).any(|(at, _)| {
            let (before, after) = (&words[..at], &words[at + name.len()..]);
            !is_part(before.chars().next_back()) && !is_part(after.chars().next())
        })
    })
}

/// Whether the query has a text that a server hands out for the next part of a list, and makes sense of only then; the
/// refusal names no other field.
fn goes_on(observation: &Observation<'_>) -> bool {
    const HANDED: [&str; 4] = ["continuation", "startingafter", "endingbefore", "scrollid"];
    const ENDS: [&str; 7] =
        ["cursor", "marker", "bookmark", "pagetoken", "nexttoken", "continuationtoken", "skiptoken"];
    let is_handed = |name: &str| {
        let name = folded(name);
        ENDS.iter().any(|end| name.ends_with(end)) || HANDED.contains(&name.as_str())
    };
    observation.reading.values.query.keys().any(|name| is_handed(name))
        && observation.refused_fields().iter().all(|field| is_handed(field))
}

/// Whether a list is asked for from a time on, or until one, that is as far away as only the suite asks; the refusal
/// names no other field.
fn is_far(observation: &Observation<'_>) -> bool {
    let asked = |parameter: &&Parameter| {
        let value = observation.reading.values.query.get(&parameter.name);
        matches!(parameter.of_list(), Some(ListParameter::Bound(bound))
            if value.is_some_and(|value| value.is_string() && bound.values.contains(value)))
    };
    let far: Vec<String> =
        observation.operation.parameters().iter().filter(asked).map(|known| folded(&known.name)).collect();
    !far.is_empty() && observation.refused_fields().iter().all(|field| far.contains(field))
}

/// Whether the very same request was answered with success before: what is done once may be refused then.
fn was_done(observation: &Observation<'_>) -> bool {
    let now = observation.request;
    !now.method.is_safe()
        && observation.earlier.iter().any(|(request, reply)| {
            reply.status.is_success()
                && request.method == now.method
                && request.target == now.target
                && request.body == now.body
        })
}

/// Whether the body has an `id` that is none of the path: many servers hold them to be the same, and say no more than
/// that.
fn has_other_id(observation: &Observation<'_>) -> bool {
    let values = &observation.reading.values;
    let body = values.body.as_ref().and_then(|body| body.payload.as_value()).and_then(Value::as_object);
    let id =
        body.into_iter().flatten().find_map(|(name, value)| (folded(name) == "id").then(|| text_of(value)));
    id.is_some_and(|id| !values.path.is_empty() && !values.path.values().any(|value| text_of(value) == id))
}

/// Whether the refusal says that what may be there once is there already.
fn is_of_another(observation: &Observation<'_>) -> bool {
    let words = words(observation);
    let ends = ["exist", "registered", "taken", "been taken", "in use", "used"];
    words.split("already ").skip(1).any(|rest| ends.iter().any(|end| rest.starts_with(end)))
}

/// Whether an operation documents an answer that a request may hope for.
fn documents_success(operation: &Operation) -> bool {
    operation.responses().is_empty()
        || operation.responses().iter().any(|response| match response.status {
            StatusPattern::Exact(code) => (200..400).contains(&code),
            StatusPattern::Range(digit) => matches!(digit, 2 | 3),
            StatusPattern::Default => true,
        })
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
    use http::Method;
    use serde_json::json;

    use crate::case::{Intent, Probe};
    use crate::check::fixture::Scene;

    #[test]
    fn a_number_is_the_name_of_what_is_not_there() {
        let table = [
            (r#"{"age": ["Invalid pk \"4\" - object does not exist."]}"#, "n/a"),
            (
                r#"{"age": ["Select a valid choice. That choice is not one of the available choices."]}"#,
                "n/a",
            ),
            (r#"{"detail": "age 4 not found"}"#, "n/a"),
            (r#"{"detail": "no thing with id=4 was found"}"#, "n/a"),
            (r#"{"detail": "there was no such thing in 4 ms"}"#, "failed: status 400"),
            (r#"{"detail": "age 43 not found"}"#, "failed: status 400 for age"),
            (r#"{"age": ["\"4\" is too little"]}"#, "failed: status 400 for age"),
        ];
        for (refusal, expected) in table {
            let sent = Scene::new("putPet", "/pets/1").sent_body("application/json", r#"{"age": 4}"#);
            assert_eq!(
                sent.status(400).body("application/json", refusal).says("positive_data_acceptance"),
                expected,
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_refusal_of_valid_data_fails() {
        let get = || Scene::new("getPet", "/pets/1?limit=9").sent_header("x-tenant", "t");
        let asking = |media_type: &str| {
            get().intent(Intent::Probe(Probe::Accept { media_type: media_type.to_owned() }))
        };
        let json = || Intent::Probe(Probe::Accept { media_type: "application/json".to_owned() });
        let report = |target: &str| {
            let operation = match target {
                "/report" => "getReport",
                "/plain" => "getPlain",
                _ => "getReportAs",
            };
            Scene::new(operation, target).intent(json())
        };
        let table = [
            (get().status(200), "passed"),
            (get().status(302), "passed"),
            (get().status(500), "passed"),
            (get().status(400), "failed: status 400"),
            (get().status(422), "failed: status 422"),
            (get().status(415), "failed: status 415"),
            (asking("application/json").status(200), "passed"),
            (asking("application/json").status(406), "failed: status 406 for application/json"),
            (asking("image/png").status(406), "n/a"),
            (report("/report").status(406), "n/a"),
            (report("/report.csv").status(406), "n/a"),
            (report("/plain").status(406), "failed: status 406 for application/json"),
            (asking("application/json").status(400), "n/a"),
            (
                Scene::new("any", "/any")
                    .intent(Intent::Probe(Probe::Accept { media_type: "text/csv".to_owned() }))
                    .status(406),
                "n/a",
            ),
            (
                get().status(422).body("application/json", r#"{"detail": [{"loc": ["query", "limit"]}]}"#),
                "failed: status 422 for limit",
            ),
            (
                get()
                    .status(400)
                    .body("application/json", r#"{"message": "Email 'a@b.c' is Already registered"}"#),
                "n/a",
            ),
            (get().status(422).body("text/plain", "limit has already been taken"), "n/a"),
            (
                get().status(422).body("text/plain", "limit is already too large"),
                "failed: status 422 for limit",
            ),
            // Nothing is there of that name; that a part of the request is missing is another thing.
            (
                get()
                    .status(400)
                    .body("application/json", r#"{"message": "No pet exists with the ID of 1"}"#),
                "n/a",
            ),
            (get().status(422).body("text/plain", "Pet 1 does not exist"), "n/a"),
            (
                get().intent(Intent::Example).status(422).body("text/plain", "Pet 1 does not exist"),
                "failed: status 422",
            ),
            (get().status(400).body("text/plain", "No more than 9 (1 allowed)"), "failed: status 400"),
            (get().status(400).body("text/plain", "Owner not found in 17"), "failed: status 400"),
            (Scene::new("listPets", "/pets?page_token=a").status(400), "n/a"),
            (
                Scene::new("listPets", "/pets?page_token=a&limit=1")
                    .status(400)
                    .body("text/plain", "`limit` is bad"),
                "failed: status 400 for limit",
            ),
            (Scene::new("listPets", "/pets?kind=dog").status(400), "failed: status 400"),
            (
                get()
                    .status(400)
                    .body("application/json", r#"{"message": "No such kind", "path": "/pets/1"}"#),
                "failed: status 400",
            ),
            (Scene::new("listPets", "/pets?born_before=1971-01-01").status(400), "n/a"),
            (Scene::new("listPets", "/pets?born_before=1999-01-01").status(400), "failed: status 400"),
            (get().status(404), "n/a"),
            (get().status(401), "n/a"),
            (get().status(409), "n/a"),
            (get().status(412), "n/a"),
            (get().status(429), "n/a"),
            (get().intent(Intent::Example).status(422), "failed: status 422"),
            // Meant to be valid, and not valid as sent.
            (Scene::new("getPet", "/pets/1").status(400), "n/a"),
            (Scene::new("secret", "/secret").status(400), "n/a"),
            (Scene::new("upgrade", "/any").status(400), "n/a"),
            (Scene::new("silent", "/any").status(400), "failed: status 400"),
            (get().intent(Intent::Negative).status(400), "n/a"),
            (
                Scene::new("putPet", "/pets/1")
                    .sent_body("application/json", "{\"tag\": \"a\\u0000\"}")
                    .status(422),
                "n/a",
            ),
            (
                Scene::new("putPet", "/pets/1").sent_body("application/json", "{\"tag\": \" \"}").status(422),
                "n/a",
            ),
            (
                Scene::new("putPet", "/pets/1").sent_body("application/json", "{\"tag\": \"\"}").status(422),
                "failed: status 422",
            ),
            (Scene::new("login", "/login").sent_body("application/json", "{}").status(400), "n/a"),
            // What makes an account takes any password.
            (
                Scene::new("addAccount", "/accounts").sent_body("application/json", "{}").status(400),
                "failed: status 400",
            ),
            (
                Scene::new("login", "/login").sent_body("application/json", "{}").status(422),
                "failed: status 422",
            ),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("positive_data_acceptance"), expected, "row {row}");
        }
    }

    #[test]
    fn what_was_done_may_be_refused_the_next_time() {
        let again = |method: Method, first: u16, target: &str| {
            let text = r#"{"tag": "tabby"}"#;
            let scene =
                Scene::new("putPet", "/pets/1").method(Method::PUT).sent_body("application/json", text);
            scene.earlier_at(target, method, text, first, "").status(400).says("positive_data_acceptance")
        };
        assert_eq!(again(Method::PUT, 200, "/pets/1"), "n/a");
        assert_eq!(again(Method::PUT, 400, "/pets/1"), "failed: status 400");
        assert_eq!(again(Method::PATCH, 200, "/pets/1"), "failed: status 400");
        assert_eq!(again(Method::PUT, 200, "/pets/2"), "failed: status 400");
    }

    #[test]
    fn no_schema_says_that_the_body_repeats_the_path() {
        let table = [
            (json!({"id": 2}), "id", true),
            (json!({"id": 1}), "id", false),
            (json!({"id": "1"}), "id", false),
            (json!({"petId": 7}), "petid", false),
            (json!({"name": "a"}), "id", false),
            (json!([{"id": 2}]), "id", false),
        ];
        for (body, field, expected) in table {
            let (media_type, payload) = ("application/json".to_owned(), Payload::Value(body.clone()));
            let body_value = Some(BodyValue { media_type, payload });
            let path = [("id".to_owned(), json!(1))].into_iter().collect();
            let values = RequestValues { path, body: body_value, ..RequestValues::default() };
            assert_eq!(super::is_unlike_path(&values, field), expected, "{body} {field}");
        }
    }

    #[test]
    fn a_field_is_spelled_as_the_request_has_it() {
        let header = [("X-Pet-Id".to_owned(), json!("a"))].into_iter().collect();
        let (media_type, payload) = ("application/json".to_owned(), Payload::Value(json!({"pageSize": 1})));
        let body = Some(BodyValue { media_type, payload });
        let values = RequestValues { header, body, ..RequestValues::default() };
        for (field, expected) in [("xpetid", "X-Pet-Id"), ("pagesize", "pageSize"), ("other", "other")] {
            assert_eq!(super::spelled(&values, field), expected);
        }
    }
}
