//! Says when something may have happened to the watched files.
//!
//! The system tells of changes in their folders; since not every file system does, they are looked at every
//! [`POLL`] too. Whoever saves may write in several steps, delete and rename: so the alarm waits until nothing has
//! happened for [`QUIET`] and no file is open for writing, but never for ever.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use notify::event::{AccessKind, AccessMode, Event, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::trace::Trace;

/// How long nothing must have happened.
const QUIET: Duration = Duration::from_millis(50);
/// How long something may go on happening before the files are read all the same.
const MAX_UNREST: Duration = Duration::from_secs(2);
/// How long a file may stay open for writing before it is read all the same.
const MAX_OPEN: Duration = Duration::from_secs(10);
/// How often the files are looked at, whatever the system tells.
const POLL: Duration = Duration::from_secs(2);
/// A file system may write down times no finer than this.
const COARSEST: Duration = Duration::from_secs(4);

/// Waits for changes.
#[derive(Debug)]
pub(super) struct Alarm {
    shared: Arc<Shared>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    /// The files, as they were when they were looked at last.
    stamps: BTreeMap<PathBuf, Stamp>,
    /// Whether it was told that the system does not tell.
    is_told: bool,
}

#[derive(Debug, Default)]
struct Shared {
    news: Mutex<News>,
    rang: Condvar,
}

/// What was told since it was last heeded.
#[derive(Debug, Default)]
struct News {
    /// The paths that matter.
    paths: BTreeSet<PathBuf>,
    /// When the first thing happened, and the last.
    unrest: Option<(Instant, Instant)>,
    /// The files written to and not closed since.
    open: HashSet<PathBuf>,
}

/// How the wait for changes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calm {
    /// Nothing happens any more.
    Quiet,
    /// Something still happens, and was waited for long enough.
    Unrest,
}

/// What can be told of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: Option<u64>,
    /// Where it leads, if it is there.
    real: Option<PathBuf>,
}

impl Alarm {
    /// An alarm for nothing yet.
    pub(super) fn new() -> Self {
        let shared = Arc::<Shared>::default();
        let heard = Arc::clone(&shared);
        let mut alarm =
            Self { shared, watcher: None, watched: BTreeSet::new(), stamps: BTreeMap::new(), is_told: false };
        match notify::recommended_watcher(move |event| heard.hear(event)) {
            Ok(watcher) => alarm.watcher = Some(watcher),
            Err(error) => alarm.tell(&error),
        }
        alarm
    }

    /// Waits for these files from now on.
    pub(super) fn set<'p>(&mut self, files: impl Iterator<Item = &'p PathBuf>) {
        let mut trace = Trace::default();
        self.stamps = files
            .map(|file| {
                trace.add(file);
                (file.clone(), Stamp::of(file))
            })
            .collect();
        self.shared.lock().paths = trace.paths;
        let Some(mut watcher) = self.watcher.take() else { return };
        for gone in self.watched.difference(&trace.folders) {
            // It may have ended by itself.
            let _ = watcher.unwatch(gone);
        }
        let mut watched = BTreeSet::new();
        for folder in trace.folders {
            // A folder of the same name may be another one now, so it is watched anew.
            if self.watched.contains(&folder) {
                let _ = watcher.unwatch(&folder);
            }
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(watched.insert(folder)),
                Err(error) => self.tell(&error),
            }
        }
        self.watched = watched;
        self.watcher = Some(watcher);
        // Whatever happened before the folders were watched is seen by this.
        if self.stamps.iter().any(|(file, stamp)| Stamp::of(file) != *stamp) {
            self.ring();
        }
    }

    /// Has the next wait end, once all is quiet.
    pub(super) fn ring(&self) {
        self.shared.lock().stir();
    }

    /// Waits until something may have changed, and has calmed down; `false` where it goes on happening.
    pub(super) fn wait(&mut self) -> bool {
        let mut is_calm = true;
        loop {
            match self.shared.wait() {
                Some(Calm::Quiet) => break,
                Some(Calm::Unrest) => {
                    is_calm = false;
                    break;
                }
                None => {}
            }
            if self.stamps.iter().any(|(file, stamp)| stamp.is_fresh() || Stamp::of(file) != *stamp) {
                break;
            }
        }
        for (file, stamp) in &mut self.stamps {
            *stamp = Stamp::of(file);
        }
        is_calm
    }

    fn tell(&mut self, error: &notify::Error) {
        if !self.is_told {
            self.is_told = true;
            let seconds = POLL.as_secs();
            tracing::warn!(
                "the system does not tell of all changes, so the files are looked at every {seconds} seconds: {error}"
            );
        }
    }
}

impl Shared {
    /// Takes note of an event, if it matters.
    fn hear(&self, event: notify::Result<Event>) {
        let mut news = self.lock();
        let event = match event {
            Ok(event) if event.need_rescan() => return self.heard(news),
            Ok(event) => event,
            Err(_) => return self.heard(news),
        };
        let closes = event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write));
        if event.kind.is_access() && !closes {
            return;
        }
        let mut matters = false;
        for path in event.paths {
            if !news.paths.contains(&path) {
                continue;
            }
            matters = true;
            // Only Linux tells when a file is closed.
            if cfg!(target_os = "linux") && matches!(event.kind, EventKind::Modify(ModifyKind::Data(_))) {
                news.open.insert(path);
            } else {
                news.open.remove(&path);
            }
        }
        if matters {
            self.heard(news);
        }
    }

    fn heard(&self, mut news: MutexGuard<'_, News>) {
        news.stir();
        drop(news);
        self.rang.notify_all();
    }

    /// Waits until something was told and has calmed down, or was waited for long enough; nothing when nothing was
    /// told for [`POLL`].
    fn wait(&self) -> Option<Calm> {
        let news = self.lock();
        let waited = self.rang.wait_timeout_while(news, POLL, |news| news.unrest.is_none());
        let (mut news, _) = waited.unwrap_or_else(PoisonError::into_inner);
        loop {
            let (first, last) = news.unrest?;
            let (calm, now) = (calm(first, last, !news.open.is_empty()), Instant::now());
            if calm <= now {
                let is_quiet = news.open.is_empty() && last + QUIET <= now;
                news.unrest = None;
                news.open.clear();
                return Some(if is_quiet { Calm::Quiet } else { Calm::Unrest });
            }
            let waited = self.rang.wait_timeout(news, calm - now);
            (news, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        // Nothing that could panic happens while it is held.
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When what began at `first` and went on until `last` is taken to be over.
fn calm(first: Instant, last: Instant, is_open: bool) -> Instant {
    if is_open { first + MAX_OPEN } else { (last + QUIET).min(first + MAX_UNREST) }
}

impl News {
    fn stir(&mut self) {
        let now = Instant::now();
        let first = self.unrest.map_or(now, |(first, _)| first);
        self.unrest = Some((first, now));
    }
}

impl Stamp {
    fn of(file: &Path) -> Self {
        let metadata = file.metadata().ok();
        Self {
            modified: metadata.as_ref().and_then(|metadata| metadata.modified().ok()),
            length: metadata.as_ref().map(Metadata::len),
            real: file.canonicalize().ok(),
        }
    }

    /// Whether a change could leave it as it is, since it is so new.
    fn is_fresh(&self) -> bool {
        self.modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age < COARSEST)
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, RemoveKind};

    use super::*;

    fn shared() -> Shared {
        let shared = Shared::default();
        shared.lock().paths.insert("/a/pets.yaml".into());
        shared
    }

    fn event(kind: EventKind, path: &str) -> notify::Result<Event> {
        Ok(Event::new(kind).add_path(path.into()))
    }

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));

    #[test]
    fn only_what_is_watched_rings_and_reading_does_not() {
        let rings = |kind, path| {
            let shared = shared();
            shared.hear(event(kind, path));
            shared.lock().unrest.is_some()
        };
        for kind in
            [WRITTEN, CLOSED, EventKind::Create(CreateKind::File), EventKind::Remove(RemoveKind::File)]
        {
            assert!(rings(kind, "/a/pets.yaml"), "{kind:?}");
            assert!(!rings(kind, "/a/other.yaml"), "{kind:?}");
        }
        for kind in [AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read), AccessKind::Read]
        {
            assert!(!rings(EventKind::Access(kind), "/a/pets.yaml"), "{kind:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_being_written_is_waited_for() {
        let shared = shared();
        shared.hear(event(WRITTEN, "/a/pets.yaml"));
        assert!(!shared.lock().open.is_empty());
        shared.hear(event(CLOSED, "/a/pets.yaml"));
        assert!(shared.lock().open.is_empty());
        let begun = Instant::now();
        assert_eq!(calm(begun, begun, false), begun + QUIET);
        assert_eq!(
            calm(begun, begun + MAX_UNREST, false),
            begun + MAX_UNREST,
            "a storm is no reason to wait for ever"
        );
        assert_eq!(calm(begun, begun, true), begun + MAX_OPEN, "and neither is a file that stays open");
    }
}
