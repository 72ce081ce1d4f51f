//! Bodies that are one text or many: whatever is written is read back, in every charset that can hold it, and what
//! others write in other ways is read as the same.

use bytes::Bytes;
use counterfoil_openapi::codec::{Payload, decode_body, encode_body};
use counterfoil_openapi::{Contract, Direction, MediaType};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn media(name: &str, object: &Value) -> MediaType {
    let document = json!({
        "openapi": "3.2.0", "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {
            "requestBody": {"content": {name: object}},
            "responses": {"200": {"description": "ok"}}
        }}}
    });
    let contract = Contract::load("t.json", document.to_string().as_bytes()).expect("a document");
    contract.operations()[0].request_body().expect("a body").content.0[0].clone()
}

fn read(media: &MediaType, body: &Bytes) -> Result<Value, String> {
    match decode_body(media, &media.name, body, Direction::Request)? {
        Payload::Value(value) => Ok(value),
        other => panic!("not read: {other:?}"),
    }
}

/// Texts that are likely to be mistaken for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zé\u{1F600}]{0,6}",
        2 => "[ \t\r\n:#,\\[\\]{}\"'\\\\|>*&!%@`~?-]{0,6}",
        1 => any::<String>(),
        1 => select(vec!["null", "true", "12", "0x1", "1e3", "~", "- a", "a: b", "\u{feff}", "\u{85}", "\u{2028}", "\u{1e}", "\0"])
            .prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no others", |number| number.is_finite())
            .prop_map(|number| json!(number)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn what_is_written_in_any_charset_is_read_back() {
    let names = [
        "application/json",
        "application/json; charset=utf-16",
        "application/vnd.x+json; charset=UTF-16LE",
        "application/json; charset=iso-8859-1",
        "application/yaml",
        "application/yaml; charset=utf-16be",
        "application/jsonl",
        "application/x-ndjson; charset=utf-16",
        "application/json-seq",
        "application/json-seq; charset=windows-1252",
    ];
    let medias: Vec<MediaType> = names.iter().map(|name| media(name, &json!({"schema": {}}))).collect();
    proptest!(config(600), |(media in select(medias), items in proptest::collection::vec(value(), 0..4))| {
        let is_sequence = media.name.contains("jsonl") || media.name.contains("ndjson") || media.name.contains("-seq");
        let whole = match items.first() {
            Some(first) if !is_sequence => first.clone(),
            _ => Value::from(items),
        };
        match encode_body(&media, &Payload::Value(whole.clone())) {
            Ok(body) => prop_assert_eq!(read(&media, &body), Ok(whole), "{} {:?}", media.name, body),
            // Only a charset can stand in the way, and only of what is beyond it.
            Err(error) => prop_assert!(
                (media.name.contains("8859") || media.name.contains("1252"))
                    && !whole.to_string().is_ascii(),
                "{} {whole}: {error}", media.name
            ),
        }
    });
}

/// The fields of an event.
fn event() -> impl Strategy<Value = Map<String, Value>> {
    let line = || text().prop_map(|text| text.replace(['\r', '\n', '\0'], "")).prop_map(Value::from);
    let data = text().prop_map(|text| Value::from(text.replace('\r', "")));
    let some = |strategy: BoxedStrategy<Value>| proptest::option::weighted(0.4, strategy);
    (data, some(line().boxed()), some(line().boxed()), some(any::<u64>().prop_map(Value::from).boxed()))
        .prop_map(|(data, event, id, retry)| {
            let fields = [("event", event), ("id", id), ("retry", retry), ("data", Some(data))];
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        })
}

fn events() -> MediaType {
    media(
        "text/event-stream",
        &json!({"itemSchema": {"type": "object", "required": ["data"], "properties": {
            "event": {"type": "string"}, "data": {"type": "string"}, "id": {"type": "string"}, "retry": {"type": "integer"}
        }}}),
    )
}

#[test]
fn events_that_are_written_are_read_back() {
    let media = events();
    proptest!(config(400), |(stream in proptest::collection::vec(event().prop_map(Value::Object), 0..4))| {
        let stream = Value::from(stream);
        let body = encode_body(&media, &Payload::Value(stream.clone())).expect("an event can hold it");
        prop_assert_eq!(read(&media, &body), Ok(stream), "{:?}", body);
    });
}

/// How somebody else writes a stream of events.
#[derive(Debug, Clone)]
struct Hand {
    end: &'static str,
    is_marked: bool,
    has_space: bool,
    noise: &'static str,
    /// Blank lines before an event.
    blanks: usize,
    is_ended: bool,
}

fn hand() -> impl Strategy<Value = Hand> {
    let noise =
        select(vec!["", ":", ": a comment: with a colon", "unknown: field", "retry: soon", "id: a\0b"]);
    (select(vec!["\n", "\r", "\r\n"]), any::<bool>(), any::<bool>(), noise, 0..3_usize, any::<bool>())
        .prop_map(|(end, is_marked, has_space, noise, blanks, is_ended)| Hand {
            end,
            is_marked,
            has_space,
            noise,
            blanks,
            is_ended,
        })
}

impl Hand {
    fn write(&self, stream: &[Map<String, Value>]) -> Bytes {
        let mut out = if self.is_marked { "\u{feff}".to_owned() } else { String::new() };
        let line = |out: &mut String, text: &str| out.extend([text, self.end]);
        for event in stream {
            (0..self.blanks).for_each(|_| line(&mut out, ""));
            if !self.noise.is_empty() {
                line(&mut out, self.noise);
            }
            for (name, value) in event {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                for piece in text.split('\n') {
                    // Without the space, one that the text begins with would be taken for it.
                    let space = if self.has_space || piece.starts_with(' ') { " " } else { "" };
                    line(&mut out, &format!("{name}:{space}{piece}"));
                }
            }
            line(&mut out, "");
        }
        let unended = out.strip_suffix(self.end).filter(|_| !self.is_ended && !stream.is_empty());
        Bytes::from(unended.map_or(out.clone(), str::to_owned))
    }
}

#[test]
fn events_are_read_however_they_are_written() {
    let media = events();
    proptest!(config(400), |(stream in proptest::collection::vec(event(), 0..4), hand in hand())| {
        let body = hand.write(&stream);
        let expected: Value = stream.into_iter().map(Value::Object).collect();
        prop_assert_eq!(read(&media, &body), Ok(expected), "{:?}", body);
    });
}

#[test]
fn no_bytes_make_a_codec_panic() {
    let names = [
        "application/json",
        "application/json; charset=utf-16",
        "application/yaml",
        "application/jsonl",
        "application/json-seq",
        "text/event-stream",
        "application/xml",
        "text/plain; charset=shift_jis",
        "application/x-www-form-urlencoded",
    ];
    let schemas = [
        json!({}),
        json!({"schema": {"type": "object"}}),
        json!({"schema": {"type": "array", "items": {"type": "integer"}}}),
    ];
    let medias: Vec<MediaType> =
        names.iter().flat_map(|name| schemas.iter().map(move |schema| media(name, schema))).collect();
    let piece = select(vec![
        "{", "}", "[", "]", "\"", ":", ",", "\n", "\r", "<a>", "</a>", "<", "&", "data", "\u{1e}", "%", "=",
        "é", "1", "- ", "\u{feff}",
    ]);
    let pieces = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes());
    let bytes = prop_oneof![pieces, proptest::collection::vec(any::<u8>(), 0..40)];
    proptest!(config(1_000), |(media in select(medias), bytes in bytes)| {
        let told = decode_body(&media, &media.name, &Bytes::from(bytes), Direction::Response);
        prop_assert!(told.is_ok() || told.is_err_and(|message| !message.is_empty()));
    });
}
