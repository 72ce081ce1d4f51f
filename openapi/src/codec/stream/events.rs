//! Server-sent events (HTML, section 9.2).
//!
//! | the schema of an item | the item |
//! |---|---|
//! | an object with the property `data`, and no properties but the fields of an event | the event: `event`, `data`, `id`, `retry` |
//! | an `itemSchema` (OpenAPI 3.2) that declares no properties | the same |
//! | anything else, or none | what `data` holds: documents before 3.2 describe no more |
//!
//! - `retry` is an integer, any other field a string, unless the schema asks for something else: an object or array is
//!   its JSON, a number or boolean its text.
//! - Where `data` is no text, a last event whose data is `[DONE]` ends the stream, as many services have it, and is no
//!   item.
//! - An event without `data` is never dispatched, and so is no item; comments and unknown fields are passed over, and
//!   the last event need not be followed by an empty line.

use serde_json::{Map, Value};

use super::check_count;
use crate::codec::Loss;
use crate::codec::error::Inexpressible;
use crate::codec::scalar::{self, Reading};
use crate::schema::{Shape, Types};

/// The fields of an event.
const FIELDS: [&str; 4] = ["event", "data", "id", "retry"];

/// What the data of a last event is that only says that it is the last.
const DONE: &str = "[DONE]";

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The whole event.
    Event,
    /// What its `data` holds.
    Data,
}

/// What the schema of an item says of it.
struct Kind<'s> {
    item: Shape<'s>,
    form: Form,
    event: Shape<'s>,
    data: Shape<'s>,
    id: Shape<'s>,
    retry: Shape<'s>,
}

impl<'s> Kind<'s> {
    fn of(item: Shape<'s>) -> Self {
        let form = form(&item);
        let data = match form {
            Form::Event => item.property("data"),
            Form::Data => item.clone(),
        };
        Self {
            form,
            event: item.property("event"),
            data,
            id: item.property("id"),
            retry: item.property("retry"),
            item,
        }
    }
}

/// The kinds of a stream's items: nearly always one, which is looked at once.
struct Kinds<'p, 's> {
    stream: &'p Shape<'s>,
    last: Option<Kind<'s>>,
}

impl<'s> Kinds<'_, 's> {
    fn at(&mut self, index: usize) -> &Kind<'s> {
        let item = self.stream.item(index);
        let is_known =
            |known: &Kind<'s>| item.identity().is_some() && item.identity() == known.item.identity();
        let known = self.last.take().filter(is_known);
        self.last.insert(known.unwrap_or_else(|| Kind::of(item)))
    }
}

fn form(item: &Shape<'_>) -> Form {
    if !item.types().admits(Types::OBJECT) {
        return Form::Data;
    }
    let names = item.property_names();
    let is_event = match names.is_empty() {
        true => item.reference().is_some_and(|reference| reference.ends_with("/itemSchema")),
        false => names.contains(&"data") && names.iter().all(|name| FIELDS.contains(name)),
    };
    if is_event { Form::Event } else { Form::Data }
}

/// The text of an array's items.
pub(in crate::codec) fn encode(
    value: &Value,
    shape: &Shape<'_>,
    loss: Loss,
) -> Result<String, Inexpressible> {
    let Value::Array(items) = value else {
        return Err(Inexpressible("a stream of events is an array of its items"));
    };
    let mut writer = Writer { out: String::new(), loss };
    let mut kinds = Kinds { stream: shape, last: None };
    for (index, item) in items.iter().enumerate() {
        let kind = kinds.at(index);
        match (kind.form, item) {
            (Form::Event, Value::Object(event)) => writer.event(event, kind)?,
            (Form::Event, _) => return Err(Inexpressible("an event is an object of its fields")),
            (Form::Data, item) => writer.data(&scalar::write(item, &kind.data)?)?,
        }
        writer.out.push('\n');
    }
    Ok(writer.out)
}

struct Writer {
    out: String,
    loss: Loss,
}

impl Writer {
    fn leave_out(&self, why: &'static str) -> Result<(), Inexpressible> {
        match self.loss {
            Loss::Refused => Err(Inexpressible(why)),
            Loss::Accepted => Ok(()),
        }
    }

    fn event(&mut self, event: &Map<String, Value>, kind: &Kind<'_>) -> Result<(), Inexpressible> {
        if event.keys().any(|name| !FIELDS.contains(&name.as_str())) {
            self.leave_out("an event has no such field")?;
        }
        for (name, shape) in [("event", &kind.event), ("id", &kind.id), ("retry", &kind.retry)] {
            let Some(value) = event.get(name) else { continue };
            if name == "retry" && !value.is_u64() {
                self.leave_out("the field `retry` is a number of milliseconds")?;
                continue;
            }
            let text = scalar::write(value, shape)?;
            if text.contains(['\n', '\r']) || (name == "id" && text.contains('\0')) {
                self.leave_out("a field of an event is a single line")?;
            }
            let is_fit = |character: &char| !matches!(character, '\n' | '\r' | '\0');
            self.line(name, &text.chars().filter(is_fit).collect::<String>());
        }
        match event.get("data") {
            Some(value) => self.data(&scalar::write(value, &kind.data)?),
            None => {
                self.leave_out("an event without data is never dispatched")?;
                self.data("")
            }
        }
    }

    fn data(&mut self, text: &str) -> Result<(), Inexpressible> {
        if text.contains('\r') {
            self.leave_out("the data of an event has line feeds only")?;
        }
        text.split(['\r', '\n']).for_each(|line| self.line("data", line));
        Ok(())
    }

    fn line(&mut self, name: &str, value: &str) {
        self.out.push_str(name);
        self.out.push_str(": ");
        self.out.push_str(value);
        self.out.push('\n');
    }
}

/// The array of the items of a text.
pub(in crate::codec) fn decode(text: &str, shape: &Shape<'_>, reading: &Reading) -> Result<Value, String> {
    let mut items = Vec::new();
    let mut event = Event::default();
    let mut is_done = false;
    let mut kinds = Kinds { stream: shape, last: None };
    // A last event that no empty line follows counts too.
    for line in lines(text).chain([""]) {
        if !line.is_empty() {
            event.take(line);
            continue;
        }
        let event = std::mem::take(&mut event);
        if let Some(data) = &event.data {
            check_count(items.len() + 1)?;
            let kind = kinds.at(items.len());
            is_done = data == DONE && !kind.data.types().admits(Types::STRING);
            items.push(match kind.form {
                Form::Data => scalar::read(data, &kind.data, reading),
                Form::Event => event.value(data, kind, reading),
            });
        }
    }
    if is_done {
        items.pop();
    }
    Ok(Value::Array(items))
}

/// The lines of a text, which end with CR LF, LF or CR.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let after = &text[end..];
        rest = Some(after.strip_prefix("\r\n").unwrap_or(&after[1..]));
        Some(&text[..end])
    })
}

#[derive(Debug, Default)]
struct Event {
    event: Option<String>,
    data: Option<String>,
    id: Option<String>,
    retry: Option<u64>,
}

impl Event {
    fn take(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => self.event = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().or(self.retry);
            }
            _ => {}
        }
    }

    fn value(&self, data: &str, kind: &Kind<'_>, reading: &Reading) -> Value {
        let mut object = Map::new();
        let texts = [
            ("event", self.event.as_deref(), &kind.event),
            ("data", Some(data), &kind.data),
            ("id", self.id.as_deref(), &kind.id),
        ];
        for (name, text, shape) in texts {
            if let Some(text) = text {
                object.insert(name.to_owned(), scalar::read(text, shape, reading));
            }
        }
        if let Some(retry) = self.retry {
            object.insert("retry".to_owned(), retry.into());
        }
        Value::Object(object)
    }
}
