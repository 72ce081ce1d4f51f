//! HTTP Archive 1.2: every exchange, for the tools of browsers and proxies.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::event::{CaseRecord, Event, EventSink, RecordedExchange, Verdict};

/// Bytes of entries; further exchanges are only counted, in the comment of the log.
const MAX_BYTES: u64 = 256 << 20;

/// Writes every exchange as an entry of an archive, while events come.
///
/// Secrets are hidden as in every report, so cookies are not listed apart. An exchange without a response has the
/// status 0, as in browsers.
#[derive(Debug)]
pub struct Har<W> {
    out: W,
    error: Option<io::Error>,
    began: u64,
    written: u64,
    entries: u64,
    left_out: u64,
}

impl<W: Write> Har<W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: W) -> Self {
        let mut har = Self { out, error: None, began: 0, written: 0, entries: 0, left_out: 0 };
        let creator = json!({ "name": "counterfoil", "version": env!("CARGO_PKG_VERSION") });
        har.write(&format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":["));
        har
    }

    /// Writes what is left and gives back the writer.
    ///
    /// # Errors
    ///
    /// The first error met while writing.
    pub fn finish(mut self) -> io::Result<W> {
        let comment = match self.left_out {
            0 => String::new(),
            left_out => {
                format!(",\"comment\":\"{left_out} further exchanges are left out: this file is full\"")
            }
        };
        self.write(&format!("\n]{comment}}}}}\n"));
        match self.error {
            Some(error) => Err(error),
            None => {
                self.out.flush()?;
                Ok(self.out)
            }
        }
    }

    fn write(&mut self, text: &str) {
        if self.error.is_none() {
            self.error = self.out.write_all(text.as_bytes()).err();
        }
    }

    fn entry(&mut self, case: &CaseRecord) {
        if self.written > MAX_BYTES {
            self.left_out += 1;
            return;
        }
        let text = entry(self.began, case).to_string();
        self.written += text.len() as u64;
        let comma = if self.entries == 0 { "\n" } else { ",\n" };
        self.entries += 1;
        self.write(&format!("{comma}{text}"));
    }
}

impl<W: Write> EventSink for Har<W> {
    fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted { started_millis, .. } => self.began = *started_millis,
            Event::CaseFinished { case } => self.entry(case),
            _ => {}
        }
    }
}

fn entry(began: u64, case: &CaseRecord) -> Value {
    let exchange = &case.exchange;
    let at =
        i64::try_from(began + exchange.started_micros / 1_000).ok().and_then(DateTime::from_timestamp_millis);
    let at = at.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a time of less than centuries is exact to the microsecond"
    )]
    let elapsed = exchange.elapsed_micros as f64 / 1e3;
    let failed: Vec<&str> = case
        .checks
        .iter()
        .filter(|result| matches!(result.verdict, Verdict::Failed { .. }))
        .map(|result| result.check.as_str())
        .collect();
    let failed = if failed.is_empty() { String::new() } else { format!(", failed {}", failed.join(" ")) };
    json!({
        "startedDateTime": at,
        "time": elapsed,
        "request": request(exchange),
        "response": response(exchange),
        "cache": {},
        "timings": { "send": 0, "wait": elapsed, "receive": 0 },
        "comment": format!("{}{failed}", case.id),
    })
}

fn request(exchange: &RecordedExchange) -> Value {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let query =
        exchange.url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    let query: Vec<Value> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!({ "name": decoded(name), "value": decoded(value) })
        })
        .collect();
    let mut request = json!({
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&exchange.request_headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": exchange.request_body.as_ref().map_or(0, String::len),
    });
    if let Some(body) = &exchange.request_body {
        request["postData"] =
            json!({ "mimeType": header(&exchange.request_headers, "content-type"), "text": body });
    }
    request
}

fn response(exchange: &RecordedExchange) -> Value {
    let body = exchange.response_body.as_deref();
    let mut content = json!({
        "size": body.map_or(0, str::len),
        "mimeType": header(&exchange.response_headers, "content-type"),
    });
    if let Some(body) = body {
        content["text"] = body.into();
    }
    let mut response = json!({
        "status": exchange.status.unwrap_or_default(),
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&exchange.response_headers),
        "content": content,
        "redirectURL": header(&exchange.response_headers, "location"),
        "headersSize": -1,
        "bodySize": body.map_or(-1, |body| i64::try_from(body.len()).unwrap_or(-1)),
    });
    if let Some(error) = &exchange.transport_error {
        response["comment"] = error.as_str().into();
    }
    response
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> &'h str {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}
