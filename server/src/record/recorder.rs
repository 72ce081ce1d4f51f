//! Keeps what was recorded, and the file up to date.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_openapi::{Contract, Severity};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::call::{Exchange, Unsayable};
use super::rules::Recorded;
use super::text::{self, Entry};
use crate::redact::Secrets;
use crate::script::{self, Script};

/// The most bytes recorded, over all replies that differ; what comes beyond is counted, and not recorded.
pub const MAX_RECORDED_BYTES: usize = 16 * 1024 * 1024;
/// The most replies recorded, those not counted that are as the one before.
pub const MAX_RECORDED_REPLIES: usize = 10_000;
/// How often the file is brought up to date.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// Records exchanges into a file.
#[derive(Debug)]
pub(crate) struct Recorder {
    path: PathBuf,
    state: Mutex<State>,
    /// Whether something came since the file was written.
    is_dirty: AtomicBool,
    /// Held while the file is written.
    writing: Mutex<()>,
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// By document and operation, in the order of the first calls.
    operations: IndexMap<(String, String), Recorded>,
    bytes: usize,
    replies: usize,
    left_out: LeftOut,
}

/// How many calls are not in the file, by reason.
#[derive(Debug, Default)]
struct LeftOut {
    binary: u64,
    conditional: u64,
    beyond: u64,
    streamed: u64,
    undocumented: u64,
}

impl Recorder {
    /// A recorder into a file, which is written once there is something to write.
    ///
    /// # Errors
    ///
    /// When nothing can be written beside the file.
    pub(crate) fn new(path: PathBuf) -> io::Result<Self> {
        let recorder = Self {
            path,
            state: Mutex::default(),
            is_dirty: AtomicBool::new(false),
            writing: Mutex::default(),
            written: AtomicU64::new(0),
        };
        if recorder.path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let trial = recorder.beside();
        private(&trial)?;
        fs::remove_file(&trial)?;
        Ok(recorder)
    }

    /// Records an exchange.
    pub(crate) fn record(&self, exchange: &Exchange<'_>, secrets: &Secrets) {
        let call = exchange.call(secrets);
        let mut state = self.lock();
        match call {
            Ok(_) if state.bytes > MAX_RECORDED_BYTES || state.replies >= MAX_RECORDED_REPLIES => {
                if state.left_out.beyond == 0 {
                    tracing::warn!("the recording has reached its limit; what comes now is not recorded");
                }
                state.left_out.beyond += 1;
            }
            Ok(call) => {
                let document = exchange.operation.document().name().to_owned();
                let key = (document, exchange.operation.id().as_str().to_owned());
                let (bytes, replies) = state.operations.entry(key).or_default().add(call);
                state.bytes += bytes;
                state.replies += replies;
            }
            Err(Unsayable::Binary) => state.left_out.binary += 1,
            Err(Unsayable::Conditional) => state.left_out.conditional += 1,
        }
        self.is_dirty.store(true, Ordering::Release);
    }

    /// Counts an exchange whose body was passed on as it came.
    pub(crate) fn skip_streamed(&self) {
        self.lock().left_out.streamed += 1;
    }

    /// Counts an exchange that no operation documents.
    pub(crate) fn skip_undocumented(&self) {
        self.lock().left_out.undocumented += 1;
    }

    /// Brings the file up to date, where something came since the last time. The file is never half written: it is
    /// the old one until the new one is whole on the disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written; what was recorded is kept, and tried again the next time.
    pub(crate) fn save(&self, contracts: &[Contract]) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let text = self.text(contracts);
        self.replace(text.as_bytes()).inspect_err(|_| self.is_dirty.store(true, Ordering::Release))
    }

    /// Where it is written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn text(&self, contracts: &[Contract]) -> String {
        let (mut entries, remarks) = {
            let state = self.lock();
            let rules = state.operations.iter().map(|((document, operation), recorded)| {
                (document.clone(), Entry { operation: operation.clone(), rules: recorded.rules() })
            });
            (rules.collect::<Vec<_>>(), state.left_out.remarks())
        };
        for (document, entry) in &mut entries {
            settle(document, entry, contracts);
        }
        let entries: Vec<Entry> =
            entries.into_iter().map(|(_, entry)| entry).filter(|entry| !entry.rules.is_empty()).collect();
        if self.path.extension().is_some_and(|extension| extension == "json") {
            return text::json(&entries);
        }
        let text = text::yaml(&remarks, &entries);
        // What our own reader would not take back is written in the simpler notation.
        match Script::load("recording", text.as_bytes(), contracts) {
            Ok(_) => text,
            Err(_) => text::json(&entries),
        }
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let unfinished = self.beside();
        let written = private(&unfinished).and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        });
        let replaced = written.and_then(|()| fs::rename(&unfinished, &self.path));
        if replaced.is_err() {
            // It may never have been there.
            let _ = fs::remove_file(&unfinished);
        }
        replaced?;
        // The name is as lasting as the content once the folder is on the disk; not every system can say so.
        if let Some(Ok(folder)) = self.path.parent().map(|folder| File::open(non_empty(folder))) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// A name beside the file that nobody else takes.
    fn beside(&self) -> PathBuf {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{}-{number}.unfinished", std::process::id()));
        name.into()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it was held may have lost a call, and nothing else.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn non_empty(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// A new file that only its owner reads: hidden or not, what an upstream says is nobody else's affair.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // Left behind by a process of the same number that was killed.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Makes the rules of an operation such that they load: what the reader finds wrong with a reply is wrong on purpose,
/// and a rule that cannot be read all the same goes.
fn settle(document: &str, entry: &mut Entry, contracts: &[Contract]) {
    let mut found = contracts.iter().filter(|contract| contract.document().name() == document);
    let operation = found.find_map(|contract| contract.operation(&entry.operation));
    let Some(operation) = operation else {
        // The document was reloaded without it.
        entry.rules.clear();
        return;
    };
    for attempt in 0..2 {
        let rules: Value = entry.rules.iter().cloned().map(Value::Object).collect();
        let Err(error) = script::check_entry(rules.to_string().as_bytes(), operation) else { return };
        let errors = error.findings().iter().filter(|finding| finding.severity == Severity::Error);
        let mut wrong: Vec<usize> =
            errors.filter_map(|finding| finding.pointer.tokens().next()?.parse().ok()).collect();
        wrong.retain(|index| *index < entry.rules.len());
        wrong.sort_unstable();
        wrong.dedup();
        for index in wrong.into_iter().rev() {
            if attempt == 0 {
                allow(&mut entry.rules[index]);
            } else {
                entry.rules.remove(index);
            }
        }
    }
    let rules: Value = entry.rules.iter().cloned().map(Value::Object).collect();
    if script::check_entry(rules.to_string().as_bytes(), operation).is_err() {
        entry.rules.clear();
    }
}

fn allow(rule: &mut Map<String, Value>) {
    let allowed = || ("allow_invalid".to_owned(), Value::Bool(true));
    match rule.get_mut("respond").and_then(Value::as_array_mut) {
        Some(replies) => {
            replies.iter_mut().filter_map(Value::as_object_mut).for_each(|reply| reply.extend([allowed()]))
        }
        None => rule.extend([allowed()]),
    }
}

impl LeftOut {
    fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![
            "What an upstream answered, recorded by `counterfoil mock --record`. Secrets are hidden: ***"
                .to_owned(),
        ];
        let pairs = [
            (self.binary, "whose bodies are no text"),
            (self.conditional, "that depend on what the client had already"),
            (self.streamed, "that were streamed"),
            (self.undocumented, "to what the document does not describe"),
            (self.beyond, "beyond the limit of a recording"),
        ];
        remarks.extend(
            pairs
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, which)| format!("Not recorded: {count} replies {which}.")),
        );
        remarks
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use counterfoil_openapi::validate::Reading;
    use counterfoil_openapi::{Operation, Request};
    use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

    use super::*;

    /// How large each file of the test below is: more than is written at once.
    const LENGTH: usize = 300_000;
    const TARGET: &str = "COUNTERFOIL_TEST_RECORDING";
    /// The test below, as the test binary knows it.
    const NAME: &str =
        "record::recorder::tests::a59_a_process_that_is_killed_leaves_the_old_file_or_the_new_one";

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("counterfoil-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn first_byte(path: &Path) -> u8 {
        let mut byte = [0];
        File::open(path).unwrap().read_exact(&mut byte).unwrap();
        byte[0]
    }

    fn write_until_killed(path: PathBuf) {
        let recorder = Recorder::new(path).unwrap();
        for letter in [b'a', b'b', b'c'].into_iter().cycle() {
            recorder.replace(&vec![letter; LENGTH]).unwrap();
        }
    }

    #[test]
    fn a59_a_process_that_is_killed_leaves_the_old_file_or_the_new_one() {
        // The process that is killed is this very test, told where to write.
        if let Some(path) = std::env::var_os(TARGET) {
            return write_until_killed(path.into());
        }
        let folder = folder("killed");
        let path = folder.join("recorded.yaml");
        for round in 0_u64..20 {
            fs::write(&path, vec![b'o'; LENGTH]).unwrap();
            let mut writer = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", NAME])
                .env(TARGET, &path)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let start = Instant::now();
            while first_byte(&path) == b'o' {
                assert!(start.elapsed() < Duration::from_mins(1), "round {round}: nothing is written");
                std::thread::yield_now();
            }
            // Anywhere in the making of the next few files.
            let moment = Instant::now() + Duration::from_micros(round * 577 % 5_000);
            while Instant::now() < moment {
                std::hint::spin_loop();
            }
            writer.kill().unwrap();
            writer.wait().unwrap();
            let bytes = fs::read(&path).unwrap();
            assert_eq!(bytes.len(), LENGTH, "round {round}");
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "round {round}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_recording_has_a_limit() {
        let text = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        let operation: &std::sync::Arc<Operation> = &contract.operations()[0];
        let folder = folder("limit");
        let recorder = Recorder::new(folder.join("recorded.yaml")).unwrap();
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
        let request = Request::new(Method::GET, "/a");
        for number in 0..40 {
            let body = bytes::Bytes::from(format!("{number}{}", "x".repeat(1 << 20)));
            let exchange = Exchange {
                operation,
                request: &request,
                reading: &Reading::default(),
                status: StatusCode::OK,
                headers: &headers,
                body: &body,
            };
            recorder.record(&exchange, &Secrets::default());
        }
        let state = recorder.lock();
        assert!(state.bytes < 2 * MAX_RECORDED_BYTES && state.left_out.beyond > 20, "{}", state.bytes);
        drop(state);
        fs::remove_dir_all(&folder).unwrap();
    }
}
