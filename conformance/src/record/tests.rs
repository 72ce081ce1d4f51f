//! Records written, cut, damaged and read again.

use std::io::Cursor;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;
use crate::event::{Event, EventSink, Shard};
use crate::report::tests::sample_run;

fn written(events: &[Event]) -> Vec<u8> {
    let mut writer = RecordWriter::new(Vec::new());
    events.iter().for_each(|event| writer.take(event));
    writer.finish().expect("memory takes all")
}

/// What can be read, and the error that ends it.
fn read(bytes: &[u8]) -> (Vec<Event>, Option<RecordError>) {
    let mut reader = match RecordReader::new(Cursor::new(bytes)) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut events = Vec::new();
    loop {
        match reader.next_event() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}

fn compressed(text: &str) -> Vec<u8> {
    compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
}

#[test]
fn what_is_written_is_read_compressed_and_plain() {
    let events: Vec<Event> = sample_run().into_iter().chain(sample_run()).collect();
    let (told, error) = read(&written(&events));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(told, events);
    let lines: Vec<String> =
        events.iter().map(|event| serde_json::to_string(event).expect("an event is JSON") + "\n").collect();
    let (told, error) = read(lines.concat().as_bytes());
    assert!(error.is_none(), "{error:?}");
    assert_eq!(told, events);
}

#[test]
fn a57_a_record_is_read_up_to_where_it_is_cut() {
    let mut events = sample_run();
    let last = events.pop().expect("a run has events");
    let case = events[2].clone();
    events.extend(std::iter::repeat_n(case, 1_200));
    events.push(last);
    let whole = written(&events);
    let mut most = 0;
    let step = whole.len() / 9;
    for cut in (0..whole.len()).step_by(step).chain([1, 3, 9]).chain(whole.len() - 5..whole.len()) {
        let (told, error) = read(&whole[..cut]);
        let error = error.unwrap_or_else(|| panic!("{cut} of {} bytes are no whole record", whole.len()));
        assert!(error.is_truncated(), "{cut} of {} bytes: {error:?}", whole.len());
        assert_eq!(told, events[..told.len()]);
        most = most.max(told.len());
    }
    assert!(most > 500, "only {most} events of a record that is nearly whole");
    // A line of an event stream that was cut, too.
    let text = serde_json::to_string(&events[0]).expect("an event is JSON") + "\n";
    for cut in [0, 1, text.len() - 1, text.len()] {
        let (_, error) = read(&text.as_bytes()[..cut]);
        assert!(error.is_some_and(|error| error.is_truncated()), "{cut} of {} bytes", text.len());
    }
}

#[test]
fn a57_what_is_damaged_is_never_taken_for_whole() {
    let events = sample_run();
    let whole = written(&events);
    for at in (0..whole.len()).step_by(5) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let (told, error) = read(&damaged);
        assert!(error.is_some() || told == events, "byte {at} of {}", whole.len());
    }
}

#[test]
fn a57_a_later_version_is_refused_by_name() {
    for line in
        ["{\"record\":\"begin\",\"version\":9}", "{\"event\":\"run_started\",\"version\":9,\"new\":1}"]
    {
        let (told, error) = read(&compressed(&format!("{line}\n")));
        let error = error.expect("it is refused");
        assert!(told.is_empty() && error.is_newer(), "{error:?}");
        assert!(error.to_string().contains("version 9"), "{error}");
    }
}

#[test]
fn a57_what_is_no_record_is_refused_with_its_line() {
    let rows = [
        ("hello\n", "line 1"),
        ("{}\n", "line 1"),
        ("{\"event\":\"unheard_of\"}\n", "line 1"),
        ("{\"record\":\"begin\",\"version\":1}\n{\"record\":\"begin\",\"version\":1}\n", "line 2"),
        ("{\"record\":\"begin\",\"version\":1}\n{\"record\":\"end\",\"events\":3}\n", "counts 3 events"),
        ("{\"record\":\"begin\",\"version\":1}\n{\"record\":\"end\",\"events\":0}\n{}\n", "follows the end"),
    ];
    for (text, expected) in rows {
        for bytes in [text.as_bytes().to_vec(), compressed(text)] {
            let (told, error) = read(&bytes);
            let error = error.expect("it is refused");
            assert!(told.is_empty() && !error.is_truncated(), "{text}: {error:?}");
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}

#[test]
fn a57_bombs_end_at_the_limits() {
    // A line without end, a text without end, and a frame that wants to look back for ever.
    let line = compressed(&"x".repeat(100_000));
    let mut reader = RecordReader::within(Cursor::new(line), 10_000, 1 << 30).expect("it begins");
    let error = reader.next_event().expect_err("the line is too long");
    assert!(error.is_too_large(), "{error:?}");
    let events: Vec<Event> = std::iter::repeat_n(sample_run(), 40).flatten().collect();
    let mut reader = RecordReader::within(Cursor::new(written(&events)), 10_000, 30_000).expect("it begins");
    let mut told = 0;
    let error = loop {
        match reader.next_event() {
            Ok(event) => told += usize::from(event.is_some()),
            Err(error) => break error,
        }
    };
    assert!(error.is_too_large() && told > 10, "{told}: {error:?}");
    // Frame header: magic, no content size, a window of 128 MiB.
    let (_, error) = read(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0, 0, 0, 0]);
    assert!(error.as_ref().is_some_and(RecordError::is_too_large), "{error:?}");
}

/// The sample as shards: each has one of the two operations.
fn shards() -> [Vec<Event>; 2] {
    let part = |index: usize| {
        let mut events = sample_run();
        let is_first = index == 1;
        events.retain(|event| match event {
            Event::OperationStarted { .. }
            | Event::CaseFinished { .. }
            | Event::OperationCovered { .. }
            | Event::FailureFound { .. } => is_first,
            Event::WarningRaised { .. } => !is_first,
            _ => true,
        });
        for event in &mut events {
            match event {
                Event::RunStarted { shard, operations, .. } => {
                    *shard = Some(Shard { index, count: 2 });
                    operations.retain(|operation| (operation.place == 0) == is_first);
                }
                Event::RunFinished { summary } => {
                    summary.operations = 1;
                    summary.cases = if is_first { summary.cases } else { 0 };
                    summary.requests = if is_first { summary.requests } else { 0 };
                    summary.failures = u64::from(is_first);
                    summary.warnings = u64::from(!is_first);
                }
                _ => {}
            }
        }
        events
    };
    [part(1), part(2)]
}

fn merged(parts: &[(&str, &[Event])]) -> (Vec<Event>, Result<Merged, RecordError>) {
    let records = parts.iter().map(|(name, events)| ((*name).to_owned(), Cursor::new(written(events))));
    let mut events = Vec::new();
    let merged = merge(records.collect(), &mut events);
    (events, merged)
}

#[test]
fn shards_in_any_order_are_the_whole() {
    let [first, second] = shards();
    for parts in [[("a", first.as_slice()), ("b", &second)], [("b", second.as_slice()), ("a", &first)]] {
        let (events, merged) = merged(&parts);
        assert_eq!(merged.expect("they fit"), Merged::default());
        assert_eq!(events, sample_run());
    }
}

#[test]
fn a57_shards_that_do_not_fit_are_refused_by_name() {
    let [first, second] = shards();
    let changed = |change: fn(&mut Event)| {
        let mut events = second.clone();
        change(&mut events[0]);
        events
    };
    let with = |change: fn(&mut u64, &mut String, &mut Option<Shard>)| {
        let mut events = second.clone();
        let Event::RunStarted { seed, digest, shard, .. } = &mut events[0] else { panic!("a run starts") };
        change(seed, digest, shard);
        events
    };
    let rows = [
        (first.clone(), "`a` and `b` are both shard 1/2"),
        (
            with(|_, digest, _| "beef".clone_into(digest)),
            "the documents are `my pets.yaml` (SHA-256 0123abcd...)",
        ),
        (with(|seed, _, _| *seed = 1), "the seeds are 42, and 1"),
        (
            with(|_, _, shard| *shard = Some(Shard { index: 2, count: 3 })),
            "the numbers of shards are 2, and 3",
        ),
        (with(|_, _, shard| *shard = None), "`b` is a whole run"),
        (with(|_, _, shard| *shard = Some(Shard { index: 9, count: 2 })), "`b` says that it is shard 9/2"),
        (
            changed(|event| {
                if let Event::RunStarted { checks, .. } = event {
                    checks.truncate(1);
                }
            }),
            "the checks are not_a_server_error,",
        ),
    ];
    for (other, expected) in rows {
        let (_, merged) = merged(&[("a", &first), ("b", &other)]);
        let error = merged.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a57_what_is_missing_is_named_and_the_run_incomplete() {
    let [first, second] = shards();
    let cut = &second[..second.len() - 1];
    let alone = [("a", first.as_slice())];
    let short = [("a", first.as_slice()), ("b", cut)];
    let rows = [(&alone[..], "shard 2/2 is missing"), (&short[..], "the record `b` is cut short")];
    for (parts, expected) in rows {
        let records = parts.iter().map(|(name, events)| {
            let mut writer = RecordWriter::new(Vec::new());
            events.iter().for_each(|event| writer.take(event));
            let mut bytes = writer.finish().expect("memory takes all");
            if *name == "b" {
                // Without its last line, too.
                bytes.truncate(bytes.len() - 5);
            }
            ((*name).to_owned(), Cursor::new(bytes))
        });
        let mut events = Vec::new();
        let merged = merge(records.collect(), &mut events).expect("the rest is merged");
        assert_eq!(merged.lacking, [expected]);
        let Some(Event::RunFinished { summary }) = events.last() else { panic!("a run ends") };
        assert!(summary.interrupted);
        let warned = |event: &&Event| {
            matches!(event, Event::WarningRaised { warning }
                if warning.code == "shard-missing" && warning.message.contains(expected))
        };
        assert_eq!(events.iter().filter(warned).count(), 1, "{events:#?}");
    }
}
