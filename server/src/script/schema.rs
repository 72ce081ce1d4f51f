//! The JSON Schema of scripts, for editors: what may stand where, with the names of a document where there is one.
//!
//! Which keys there are is taken from the tables that scripts are read by, so that the two never differ. Draft 7, for
//! that is what editors read YAML by.

use std::collections::BTreeSet;

use counterfoil_openapi::{Contract, Operation, StatusPattern};
use serde_json::{Map, Value, json};

use super::read::{
    CELL_KEYS, CONDITION_KEYS, COUNTS_KEYS, DEFAULTS_KEYS, Keys, PAGE_KEYS, REPLY_KEYS, RESOURCE_KEYS,
    ROOT_KEYS, RULE_KEYS,
};

/// The JSON Schema (draft 7) of scripts: of any, or, where there are contracts, of those for them, with their
/// operations, statuses and names of examples.
///
/// ```
/// let schema = counterfoil_server::script_schema(&[]);
/// assert_eq!(schema["properties"]["script"]["const"], 1);
/// ```
pub fn script_schema(contracts: &[Contract]) -> Value {
    let operations: Vec<_> = contracts.iter().flat_map(|contract| contract.operations()).collect();
    let mut definitions = Definitions::new();
    let (rules, moves, names) = match operations.as_slice() {
        [] => {
            let any = definitions.replies(&Replies::any());
            (
                json!({"additionalProperties": any.entry}),
                json!({"additionalProperties": any.moves}),
                json!({"type": "string"}),
            )
        }
        operations => definitions.by_operation(operations),
    };
    let members = |key: &str| match key {
        "script" => json!({"const": 1, "description": "The version of the grammar."}),
        "document" => described("The document it is for, where several are served.", text()),
        "include" => described(
            "Other scripts, whose rules come after these.",
            json!({"type": "array", "items": text()}),
        ),
        "seed" => {
            described("What everything left to chance is drawn by.", json!({"type": "integer", "minimum": 0}))
        }
        "defaults" => object(&DEFAULTS_KEYS, defaults),
        "sessions" => described(
            "How requests name sessions, and how long those are kept.",
            json!({"type": "object", "additionalProperties": false, "properties": {
                "header": text(), "baggage": text(), "ttl": reference("duration"),
                "max": {"type": "integer", "minimum": 1}}}),
        ),
        "state" => described("What is kept from the start.", json!({"type": "object"})),
        "rules" => with(&rules, "What each operation answers."),
        "scenarios" => described(
            "State machines: what each operation answers in which state.",
            json!({"type": "object", "additionalProperties": {
            "type": "object", "required": ["start", "states"], "additionalProperties": false,
            "properties": {
                "start": text(),
                "per": reference("field"),
                "states": {"type": "object", "additionalProperties": with(&moves, "The operations of a state.")},
            }}}),
        ),
        "resources" => described("Items that the operations of the document keep.", resources(&names)),
        "expect" => {
            described("What must have been called in the end.", with(&expectations(&names), "By operation."))
        }
        _ => Value::Bool(true),
    };
    let mut schema = object(&ROOT_KEYS, members);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("A script of Counterfoil");
    schema["required"] = json!(["script"]);
    schema["definitions"] = Value::Object(definitions.all);
    schema
}

/// What an operation can reply, as its document says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Replies {
    /// Statuses that are documented one by one.
    statuses: BTreeSet<u16>,
    /// Patterns of the digits of others.
    ranges: BTreeSet<String>,
    /// Names of examples, alone and behind their statuses.
    examples: BTreeSet<String>,
    shorts: BTreeSet<String>,
    /// Whether nothing is known.
    is_any: bool,
}

impl Replies {
    fn any() -> Self {
        let none = BTreeSet::new;
        Self { statuses: BTreeSet::new(), ranges: none(), examples: none(), shorts: none(), is_any: true }
    }

    fn of(operation: &Operation) -> Self {
        let mut replies = Self { is_any: false, ..Self::any() };
        for response in operation.responses().iter() {
            let names = response.content.iter().flat_map(|media| &media.examples);
            let names: Vec<&str> = names.filter_map(|example| example.name.as_deref()).collect();
            match response.status {
                StatusPattern::Exact(status) => {
                    replies.statuses.insert(status);
                    replies.shorts.extend(names.iter().map(|name| format!("{status}/{name}")));
                }
                StatusPattern::Range(digit) => drop(replies.ranges.insert(format!("{digit}[0-9][0-9]"))),
                StatusPattern::Default => drop(replies.ranges.insert("[2-9][0-9][0-9]".to_owned())),
            }
            replies.examples.extend(names.into_iter().map(str::to_owned));
        }
        replies
    }

    /// What is documented, as a list to choose from.
    fn choices(&self) -> Vec<Value> {
        let statuses = self.statuses.iter().map(|status| json!(status));
        statuses.chain(self.examples.iter().chain(&self.shorts).map(|name| json!(name))).collect()
    }

    /// A reply in a word.
    fn short(&self) -> Value {
        if self.is_any {
            return json!({"anyOf": [{"type": "integer", "minimum": 200, "maximum": 999}, text()]});
        }
        let statuses = self.statuses.iter().map(u16::to_string).chain(self.ranges.iter().cloned());
        let statuses: Vec<String> = statuses.collect();
        let names: Vec<String> = self.examples.iter().map(|name| escaped(name)).collect();
        let mut words = statuses.clone();
        words.extend(names.iter().cloned());
        if !names.is_empty() && !statuses.is_empty() {
            words.push(format!("({})/({})", statuses.join("|"), names.join("|")));
        }
        let mut any = vec![json!({"enum": self.choices()})];
        if !self.ranges.is_empty() {
            any.push(json!({"type": "integer", "minimum": 200, "maximum": 999}));
        }
        any.push(json!({"type": "string", "pattern": format!("^({})(\\*[1-9][0-9]*)?$", words.join("|"))}));
        json!({"anyOf": any})
    }

    /// A status; any may be sent where that is on purpose.
    fn status(&self) -> Value {
        let any = json!({"type": "integer", "minimum": 200, "maximum": 999});
        match self.statuses.is_empty() {
            true => any,
            false => json!({"anyOf": [{"enum": self.statuses}, any]}),
        }
    }

    fn example(&self) -> Value {
        if self.is_any { text() } else { json!({"enum": self.examples}) }
    }
}

/// A text as a pattern that only it matches.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\^$.|?*+()[]{}/".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// What stands for one kind of replies.
#[derive(Debug, Clone)]
struct Entry {
    /// An entry of `rules`.
    entry: Value,
    /// An operation of a state.
    moves: Value,
}

struct Definitions {
    all: Map<String, Value>,
    /// The replies that have definitions of their own already.
    known: Vec<(Replies, Entry)>,
}

impl Definitions {
    fn new() -> Self {
        let mut all = Map::new();
        let mut define = |name: &str, schema| all.insert(name.to_owned(), schema);
        define(
            "duration",
            described(
                "250us, 80ms, 1.5s, 2m or 1h.",
                json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(us|ms|s|m|h)$"}),
            ),
        );
        define("field", json!({"type": "string", "pattern": FIELD}));
        define("condition", condition());
        define("when", when());
        define("delay", delay());
        define("fault", fault());
        define(
            "header",
            json!({"type": ["string", "number", "boolean", "null", "array"], "items": {"type": ["string", "number", "boolean"]}}),
        );
        define("set", described("What is kept from then on.", json!({"type": "object"})));
        define(
            "step",
            json!({"type": "object", "required": ["op", "path"], "additionalProperties": false, "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]}, "path": pointer(), "from": pointer(), "value": true}}),
        );
        define(
            "counts",
            object(&COUNTS_KEYS, |key| match key {
                "where" => described("Which of the calls count, valid or not.", reference("when")),
                "status" => json!({"type": "integer", "minimum": 100, "maximum": 999}),
                _ => count(),
            }),
        );
        Self { all, known: Vec::new() }
    }

    /// The rules and the scenarios of certain operations, and their names.
    fn by_operation<'o>(&mut self, operations: &[impl AsRef<Operation> + 'o]) -> (Value, Value, Value) {
        let (mut rules, mut moves, mut names) = (Map::new(), Map::new(), Vec::new());
        for operation in operations {
            let operation = operation.as_ref();
            let entry = self.replies(&Replies::of(operation));
            let title = operation.summary().map(|summary| format!("{}: {summary}", operation.label()));
            let title = title.unwrap_or_else(|| operation.label());
            for name in [operation.id().as_str().to_owned(), operation.label()] {
                rules.insert(name.clone(), described(&title, json!({"allOf": [entry.entry]})));
                moves.insert(name.clone(), described(&title, json!({"allOf": [entry.moves]})));
                names.push(json!(name));
            }
        }
        // The method of a name may be written in either case.
        let any = self.replies(&Replies::any());
        let rules = json!({"properties": rules, "patternProperties": {"^[A-Za-z]+ /": any.entry}, "additionalProperties": false});
        let moves = json!({"properties": moves, "patternProperties": {"^[A-Za-z]+ /": any.moves}, "additionalProperties": false});
        (rules, moves, json!({"anyOf": [{"enum": names}, {"type": "string", "pattern": "^[A-Za-z]+ /"}]}))
    }

    /// What stands for certain replies, defined once.
    fn replies(&mut self, replies: &Replies) -> Entry {
        if let Some((_, known)) = self.known.iter().find(|(known, _)| known == replies) {
            return known.clone();
        }
        let number = self.known.len();
        let name = |what: &str| if replies.is_any { what.to_owned() } else { format!("{what}{number}") };
        let (short, reply, rule, entry, moves) =
            (name("short"), name("reply"), name("rule"), name("entry"), name("move"));
        let respond = json!({"anyOf": [
            reference(&short), reference(&reply),
            {"type": "array", "minItems": 1, "items": {"anyOf": [reference(&short), reference(&reply)]}},
        ]});
        let members = |key: &str| reply_member(key, replies).unwrap_or_else(|| rule_member(key, &respond));
        let cell = object(&CELL_KEYS, |key| match key {
            "respond" => json!({"anyOf": [reference(&short), reference(&reply)]}),
            "to" => described("The state that follows.", text()),
            key => members(key),
        });
        let definitions = [
            (
                short.as_str(),
                described("A status, the name of an example, or both, so many times.", replies.short()),
            ),
            (&reply, object(&REPLY_KEYS, |key| reply_member(key, replies).unwrap_or(Value::Bool(true)))),
            (&rule, object(&RULE_KEYS, members)),
            (&moves, json!({"anyOf": [reference(&short), cell]})),
            (
                &entry,
                json!({"anyOf": [
                    reference(&short), reference(&rule),
                    {"type": "array", "minItems": 1, "items": {"anyOf": [reference(&short), reference(&rule)]}},
                ]}),
            ),
        ];
        self.all.extend(definitions.map(|(name, schema)| (name.to_owned(), schema)));
        let made = Entry { entry: reference(&entry), moves: reference(&moves) };
        self.known.push((replies.clone(), made.clone()));
        made
    }
}

/// A member of a rule that is none of a reply.
fn rule_member(key: &str, respond: &Value) -> Value {
    match key {
        "id" => described(
            "A name, for the header `counterfoil-rule` and the control API.",
            json!({"type": "string", "pattern": "^[!-~]+$"}),
        ),
        "note" => described("A remark, which does nothing.", text()),
        "when" => described("Which requests it answers; all of it must hold.", reference("when")),
        "respond" => described("What to answer, one after the other.", respond.clone()),
        "after" => described("What follows the last reply.", json!({"enum": ["last", "cycle", "pass"]})),
        "per" => described("One count for each value of this field.", reference("field")),
        "times" => described("How often it may be used at all.", json!({"type": "integer", "minimum": 1})),
        "expires" => described("How long it is in force.", reference("duration")),
        "set" => reference("set"),
        "proxy" => described("The server that replies instead.", text()),
        _ => Value::Bool(true),
    }
}

/// A member of a reply.
fn reply_member(key: &str, replies: &Replies) -> Option<Value> {
    Some(match key {
        "status" => described("The status; otherwise the lowest documented 2xx.", replies.status()),
        "example" => described("The name of the example to send.", replies.example()),
        "media_type" => described("The media type; otherwise what `Accept` negotiates.", text()),
        "body" => described("The body instead of an example.", Value::Bool(true)),
        "patch" => {
            described("A merge patch (RFC 7396) over the example.", json!({"type": ["object", "string"]}))
        }
        "json_patch" => described(
            "Operations (RFC 6902) over the example.",
            json!({"type": "array", "items": reference("step")}),
        ),
        "file" => described("A file beside the script, sent as it is.", text()),
        "generate" => described("The body is generated from the schema.", json!({"const": true})),
        "headers" => described(
            "Headers to set, or to remove by null.",
            json!({"type": "object", "additionalProperties": reference("header")}),
        ),
        "delay" => reference("delay"),
        "drip" => described(
            "The body comes in parts.",
            json!({"type": "object", "additionalProperties": false, "properties": {
            "chunks": {"type": "integer", "minimum": 1}, "over": reference("duration")}}),
        ),
        "fault" => reference("fault"),
        "allow_invalid" => described(
            "What breaks the contract on purpose.",
            json!({"anyOf": [
                {"const": true},
                {"type": "array", "items": {"enum": ["status", "body", "headers", "media_type"]}},
            ]}),
        ),
        _ => return None,
    })
}

fn defaults(key: &str) -> Value {
    match key {
        "on_unscripted" => json!({"enum": ["example", "generate", "proxy", "error"]}),
        "on_invalid_request" => json!({"enum": ["reply", "log", "ignore"]}),
        "proxy" => text(),
        key => reply_member(key, &Replies::any()).unwrap_or(Value::Bool(true)),
    }
}

/// How fields begin.
const FIELD: &str = "^((path|query|header|cookie|form|state)\\..+|body(\\..+|#(/.*)?)?)$";

fn when() -> Value {
    let nested = || json!({"type": "array", "minItems": 1, "items": reference("when")});
    let media_types = || json!({"anyOf": [text(), {"type": "array", "minItems": 1, "items": text()}]});
    json!({
        "type": "object",
        "properties": {
            "body": described("The body: what it equals, or members that it has.", Value::Bool(true)),
            "nth": described("Which of the requests that all else holds for: 3, or 2..4.", json!({"anyOf": [
                {"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+(\\.\\.[0-9]+)?$"}]})),
            "chance": described("The share of them, drawn by the seed.", json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})),
            "valid": described("Whether the request keeps to the document; true unless said.", json!({"enum": [true, false, "any"]})),
            "invalid": described("Parts of which one breaks the document.", json!({"type": "array", "minItems": 1, "items": {
                "type": "string", "pattern": "^(security|media_type|body|(path|query|header|cookie)(\\..+)?)$"}})),
            "media_type": described("The media type of the request's body.", media_types()),
            "accept": described("A media type that the request accepts.", media_types()),
            "any": nested(),
            "all": nested(),
            "not": reference("when"),
        },
        "patternProperties": {
            "^(path|query|header|cookie|form|state)\\..": reference("condition"),
            "^body(\\..|#)": reference("condition"),
        },
        "additionalProperties": false,
    })
}

fn condition() -> Value {
    let members = |key: &str| match key {
        "re" => described("A regular expression.", text()),
        "in" => json!({"type": "array", "minItems": 1}),
        "gt" | "ge" | "lt" | "le" => json!({"type": ["number", "string"]}),
        "exists" | "icase" => json!({"type": "boolean"}),
        "len" => {
            let relations =
                ["eq", "ne", "gt", "ge", "lt", "le"].map(|relation| (relation.to_owned(), count()));
            json!({"anyOf": [count(), {"type": "object", "minProperties": 1, "additionalProperties": false,
                "properties": relations.into_iter().collect::<Map<_, _>>()}]})
        }
        "schema" => described(
            "A JSON Schema; its references lead into the document.",
            json!({"type": ["object", "boolean"]}),
        ),
        _ => Value::Bool(true),
    };
    let mut conditions = object(&CONDITION_KEYS, members);
    conditions["minProperties"] = json!(1);
    json!({"anyOf": [{"type": ["string", "number", "boolean", "null", "array"]}, conditions]})
}

fn delay() -> Value {
    let duration = || reference("duration");
    let one = |name: &str, schema: Value| json!({"type": "object", "required": [name], "additionalProperties": false, "properties": {name: schema}});
    let map = |keys: Value, required: Value| json!({"type": "object", "required": required, "additionalProperties": false, "properties": keys});
    let (list, normal) = (
        json!({"type": "array", "items": duration(), "minItems": 2, "maxItems": 2}),
        map(json!({"mean": duration(), "sd": duration()}), json!(["mean", "sd"])),
    );
    let sigma = json!({"type": "number", "minimum": 0, "maximum": 10});
    let long =
        map(json!({"p50": duration(), "p99": duration(), "sigma": sigma, "max": duration()}), json!(["p50"]));
    let any = [duration(), one("uniform", list), one("normal", normal), one("lognormal", long)];
    described("How long the reply waits.", json!({"anyOf": any}))
}

fn fault() -> Value {
    let stall = json!({"type": "object", "additionalProperties": false, "properties": {"after": count(), "for": reference("duration")}});
    described(
        "What is done to the connection instead of replying.",
        json!({"anyOf": [
            {"enum": ["reset", "empty", "garbage", "malformed_chunk", "hang"]},
            {"type": "object", "required": ["truncate"], "additionalProperties": false, "properties": {"truncate": count()}},
            {"type": "object", "required": ["stall"], "additionalProperties": false, "properties": {"stall": stall}},
        ]}),
    )
}

fn resources(names: &Value) -> Value {
    let spot = || json!({"type": "string", "pattern": "^(header\\..+|body(\\..+|#/.+)?)$"});
    let place = || json!({"type": "string", "pattern": "^(path|query|header|cookie)\\..+$"});
    let page = object(&PAGE_KEYS, |key| match key {
        "limit" => described("The query parameter that says how many items there are on a page.", text()),
        "offset" => described("The query parameter that says how many items come before the page.", text()),
        "page" => described("The query parameter that has the number of the page.", text()),
        "cursor" => described("The query parameter that has what the page before said.", text()),
        "first" => described("The number of the first page, 1 unless said otherwise.", count()),
        "size" => described(
            "How many items there are on a page where the request does not say.",
            json!({"type": "integer", "minimum": 1}),
        ),
        "total" => described("Where the number of all items goes.", spot()),
        "next" => described("Where it is said how to get the next page.", spot()),
        _ => described("Where the list is in the reply.", spot()),
    });
    let resource = object(&RESOURCE_KEYS, |key| match key {
        "key" => described("The member that tells items apart.", text()),
        "in" => described(
            "Parameters that each combination of values of has items of its own.",
            json!({"anyOf": [place(), {"type": "array", "items": place()}]}),
        ),
        "seed" => described(
            "The items there are from the start.",
            json!({"type": "array", "items": {"type": "object"}}),
        ),
        "filter" => described(
            "The query parameters that narrow a list; each with the member it is compared to, where that is called \
             something else.",
            json!({"type": "array", "items": {"anyOf": [
                text(),
                {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": text()},
            ]}}),
        ),
        "page" => described("How a list comes in parts.", page.clone()),
        "keep" => described(
            "The most items that are made in each collection and kept: the oldest goes when another is made.",
            json!({"type": "integer", "minimum": 1}),
        ),
        role => described(&format!("The operation: {role}."), names.clone()),
    });
    let mut resource = resource;
    resource["required"] = json!(["key"]);
    json!({"type": "object", "additionalProperties": resource})
}

fn expectations(names: &Value) -> Value {
    let one = json!({"anyOf": [count(), reference("counts")]});
    let any = json!({"anyOf": [one, {"type": "array", "items": one}]});
    json!({"propertyNames": names, "additionalProperties": any})
}

/// An object of the keys that are read, each with its schema.
fn object(keys: &Keys, schema_of: impl Fn(&str) -> Value) -> Value {
    let names = keys.known.iter().chain(keys.later);
    let members: Map<String, Value> = names.map(|key| ((*key).to_owned(), schema_of(key))).collect();
    json!({"type": "object", "properties": members, "additionalProperties": false})
}

/// A map with its description.
fn with(members: &Value, description: &str) -> Value {
    let mut schema = members.clone();
    schema["type"] = json!("object");
    schema["description"] = json!(description);
    schema
}

fn described(description: &str, schema: Value) -> Value {
    let mut schema = match schema {
        Value::Object(_) => schema,
        _ => json!({}),
    };
    schema["description"] = json!(description);
    schema
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn pointer() -> Value {
    json!({"type": "string", "pattern": "^(/.*)?$"})
}
