//! Keeps what was recorded, and the file up to date.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use counterfoil_openapi::Contract;

use super::Sink;
use super::call::Exchange;
use super::tape::{Notation, Tape};
use crate::redact::Secrets;

/// How often the file is brought up to date.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// Records exchanges into a file.
#[derive(Debug)]
pub(crate) struct Recorder {
    path: PathBuf,
    tape: Tape,
    /// Whether something came since the file was written.
    is_dirty: AtomicBool,
    /// Held while the file is written.
    writing: Mutex<()>,
    written: AtomicU64,
}

impl Sink for Recorder {
    fn record(&self, exchange: &Exchange<'_>, secrets: &Secrets) {
        self.tape.record(exchange, secrets);
        self.is_dirty.store(true, Ordering::Release);
    }

    fn skip_streamed(&self) {
        self.tape.skip_streamed();
    }

    fn skip_undocumented(&self) {
        self.tape.skip_undocumented();
    }
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
            tape: Tape::default(),
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
        let is_json = self.path.extension().is_some_and(|extension| extension == "json");
        let notation = if is_json { Notation::Json } else { Notation::Yaml };
        let text = self.tape.script(contracts, "`counterfoil mock --record`", notation);
        self.replace(text.as_bytes()).inspect_err(|_| self.is_dirty.store(true, Ordering::Release))
    }

    /// Where it is written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
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

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    use std::time::Instant;

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
}
