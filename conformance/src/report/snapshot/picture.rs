//! From events to snapshots: one per operation, status and media type.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::shape::Shape;
use crate::event::{CaseRecord, Event, EventSink, OperationSummary, RecordedExchange};
use crate::report::describe::media_type;
use crate::report::text::one_line;

/// Bodies are recorded up to this length; longer ones are not whole, so their shape is not taken.
const WHOLE_BODY: usize = 64 << 10;
/// Pairs of status and media type kept for one operation; a target that makes up media types makes no more files.
const MAX_PICTURES: usize = 100;
/// Characters of a file's name, so that every file system takes it.
const MAX_NAME: usize = 150;
/// Headers that belong to a connection or a message's framing, not to what is answered.
const FRAMING: [&str; 7] =
    ["connection", "content-length", "date", "keep-alive", "trailer", "transfer-encoding", "upgrade"];

/// What one operation answered with one status and one media type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The file's name without its extension.
    pub name: String,
    /// The document as the user named it; an absolute path is cut to its last part.
    pub source: String,
    /// What it is a picture of, in a line.
    pub description: String,
    /// The operation's id.
    pub operation: String,
    /// The status.
    pub status: u16,
    /// The media type without parameters; `None` where the response named none.
    pub media_type: Option<String>,
    /// The picture.
    pub contents: String,
}

impl Snapshot {
    /// The whole file as insta writes it: YAML front matter, then the contents.
    pub fn to_file_text(&self) -> String {
        // A JSON string is a YAML string, whatever it holds.
        let quoted = |text: &str| Value::from(text).to_string();
        let media_type = self.media_type.as_deref().map_or_else(|| "~".to_owned(), quoted);
        format!(
            "---\nsource: {}\ndescription: {}\nexpression: {}\ninfo:\n  operation: {}\n  status: {}\n  \
             media_type: {media_type}\n---\n{}\n",
            quoted(&self.source),
            quoted(&self.description),
            quoted(&self.operation),
            quoted(&self.operation),
            self.status,
            self.contents.trim_end()
        )
    }
}

/// Collects what is needed for the snapshots of a run, or of several runs one after another.
///
/// The shapes depend on the answers, not on their order or number, so the same seed gives the same snapshots
/// whatever the number of workers. No data of an answer is in them.
#[derive(Debug, Default)]
pub struct Snapshots {
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    document: String,
    operations: IndexMap<String, (OperationSummary, Pictures)>,
}

/// By status and media type.
type Pictures = BTreeMap<(u16, Option<String>), Picture>;

#[derive(Debug, Default)]
struct Picture {
    answers: u64,
    /// By lower-case name: in how many answers.
    headers: BTreeMap<String, u64>,
    content_types: BTreeSet<String>,
    /// What the bodies were: JSON of a shape, or one of a few words.
    json: Option<Shape>,
    other: BTreeSet<&'static str>,
}

impl Snapshots {
    /// The snapshots, in the order of runs and operations, then of status and media type.
    pub fn to_snapshots(&self) -> Vec<Snapshot> {
        let mut snapshots: Vec<Snapshot> = self.runs.iter().flat_map(Run::snapshots).collect();
        // Names that differ in case alone are one file on some systems.
        let mut uses: HashMap<String, usize> = HashMap::new();
        for snapshot in &snapshots {
            *uses.entry(snapshot.name.to_lowercase()).or_default() += 1;
        }
        for snapshot in &mut snapshots {
            if uses[&snapshot.name.to_lowercase()] > 1 {
                let key = format!("{}\n{}", snapshot.source, snapshot.description);
                snapshot.name = format!("{}-{}", snapshot.name, short_hash(&key));
            }
        }
        snapshots
    }

    /// What the names of all snapshots of these runs' documents begin with.
    pub(super) fn prefixes(&self) -> Vec<String> {
        self.runs.iter().map(|run| format!("{}__", run.stem())).collect()
    }
}

impl EventSink for Snapshots {
    fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted { document, operations, .. } => {
                let operations = operations
                    .iter()
                    .map(|operation| (operation.id.clone(), (operation.clone(), Pictures::new())));
                self.runs.push(Run { document: document.clone(), operations: operations.collect() });
            }
            Event::CaseFinished { case } => {
                let Some((operation, pictures)) =
                    self.runs.last_mut().and_then(|run| run.operations.get_mut(&case.operation))
                else {
                    return;
                };
                // A probe with another method, or for another media type, shows nothing of the operation.
                if case.exchange.method != operation.method || is_refused_type(case) {
                    return;
                }
                let Some(status) = case.exchange.status.filter(|_| case.exchange.transport_error.is_none())
                else {
                    return;
                };
                let media_type = media_type(&case.exchange.response_headers).map(str::to_ascii_lowercase);
                let key = (status, media_type);
                if pictures.len() < MAX_PICTURES || pictures.contains_key(&key) {
                    pictures.entry(key).or_default().observe(&case.exchange);
                }
            }
            _ => {}
        }
    }
}

/// Whether a case asks for a media type on purpose, and is told that there is none of it.
fn is_refused_type(case: &CaseRecord) -> bool {
    let mut names = case.exchange.request_headers.iter().map(|(name, _)| name);
    case.exchange.status == Some(406)
        && case.broken.is_some()
        && names.any(|name| name.eq_ignore_ascii_case("accept"))
}

impl Run {
    fn stem(&self) -> String {
        let file_name = Path::new(&self.document).file_stem().and_then(|stem| stem.to_str());
        match file_name {
            Some(stem) if stem != "-" && stem != "<stdin>" => plain_name(stem),
            _ => "stdin".to_owned(),
        }
    }

    fn snapshots(&self) -> impl Iterator<Item = Snapshot> {
        let stem = self.stem();
        let source = match Path::new(&self.document) {
            path if path.is_absolute() => path.file_name().and_then(|name| name.to_str()).unwrap_or_default(),
            _ => &self.document,
        };
        self.operations.values().flat_map(move |(operation, pictures)| {
            let stem = stem.clone();
            pictures.iter().map(move |((status, media_type), picture)| {
                let shown_type = media_type.as_deref().unwrap_or("no content type");
                let part = plain_name(&media_type.as_deref().unwrap_or("none").replace('/', "-"));
                Snapshot {
                    // What follows the first `__` is what insta calls a snapshot.
                    name: format!("{stem}__{}.{status}.{part}", plain_name(&operation.id)),
                    source: source.to_owned(),
                    description: one_line(&format!(
                        "{} {} answered {status} with {shown_type}",
                        operation.method, operation.path
                    )),
                    operation: operation.id.clone(),
                    status: *status,
                    media_type: media_type.clone(),
                    contents: picture.to_contents(),
                }
            })
        })
    }
}

impl Picture {
    fn observe(&mut self, exchange: &RecordedExchange) {
        self.answers += 1;
        let names: BTreeSet<String> =
            exchange.response_headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        for name in names.into_iter().filter(|name| !FRAMING.contains(&name.as_str())) {
            *self.headers.entry(name).or_default() += 1;
        }
        let content_type =
            exchange.response_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let Some((_, value)) = content_type {
            self.content_types.insert(without_boundary(value));
        }
        let is_json = media_type(&exchange.response_headers).is_some_and(is_json);
        match exchange.response_body.as_deref() {
            None | Some("") => _ = self.other.insert("empty or not text"),
            Some(body) if body.len() >= WHOLE_BODY => _ = self.other.insert("too long to look into"),
            Some(body) if is_json => match serde_json::from_str(body) {
                Ok(value) => self.json.get_or_insert_default().observe(&value),
                Err(_) => _ = self.other.insert("text that is not JSON"),
            },
            Some(_) => _ = self.other.insert("text"),
        }
    }

    fn to_contents(&self) -> String {
        let mut out = String::new();
        for (name, seen) in &self.headers {
            let presence = if *seen == self.answers { "always" } else { "sometimes" };
            let _ = write!(out, "header {}: {presence}", one_line(name));
            if name == "content-type" {
                let values: Vec<&str> = self.content_types.iter().map(String::as_str).collect();
                let _ = write!(out, ", {}", one_line(&values.join(" or ")));
            }
            out.push('\n');
        }
        out.push('\n');
        for other in &self.other {
            let _ = writeln!(out, "body: {other}");
        }
        if let Some(shape) = &self.json {
            shape.describe("body", "", &mut out);
            let example = serde_json::to_string_pretty(&shape.example()).expect("a JSON value is text");
            let _ = write!(out, "\nexample, without its data:\n{example}\n");
        }
        out.trim().to_owned()
    }
}

fn is_json(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    media_type == "application/json" || media_type == "text/json" || media_type.ends_with("+json")
}

/// A Content-Type without its boundary, which differs from message to message.
fn without_boundary(content_type: &str) -> String {
    let is_kept = |part: &&str| !part.trim_start().to_ascii_lowercase().starts_with("boundary=");
    content_type.split(';').filter(is_kept).collect::<Vec<_>>().join(";")
}

/// A part of a file's name: letters, digits and a few signs, of a bounded length, and different for different texts.
pub(crate) fn plain_name(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.+".contains(character);
    let mut plain: String = text
        .chars()
        .take(MAX_NAME / 3)
        .map(|character| if is_plain(character) { character } else { '-' })
        .collect();
    plain = plain.trim_matches(['-', '_', '.']).to_owned();
    if plain == text { plain } else { format!("{plain}-{}", short_hash(text)) }
}

fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
