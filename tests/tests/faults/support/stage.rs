//! One inbox of one directory outside git, where nothing but the store's own work happens on the disk.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tests::{Ran, World, feed};

use super::sample::{self, Place, Sample};

/// A world with one inbox.
pub(crate) struct Stage {
    pub(crate) world: World,
    /// The worktree, a plain directory: reading git's files changes nothing on the disk, and would only make each
    /// trace longer.
    pub(crate) dir: PathBuf,
    /// `<slug>/<key>` in the store.
    pub(crate) inbox: PathBuf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let dir = world.dir("app");
        let inbox = world.inbox(&dir);
        Self { world, dir, inbox }
    }

    pub(crate) fn unread(&self) -> PathBuf {
        self.inbox.join("unread")
    }

    pub(crate) fn read(&self) -> PathBuf {
        self.inbox.join("read")
    }

    /// Puts `samples` into `unread/`.
    pub(crate) fn plant(&self, samples: &[Sample]) {
        std::fs::create_dir_all(self.unread()).unwrap();
        std::fs::create_dir_all(self.read()).unwrap();
        for sample in samples {
            std::fs::write(self.unread().join(sample.name()), &sample.text).unwrap();
        }
    }

    /// Removes the store, as for a new world.
    pub(crate) fn clear(&self) {
        let root = self.world.root();
        if root.exists() {
            std::fs::remove_dir_all(root).unwrap();
        }
    }

    /// Where each of `samples` is: whole in exactly one place.
    #[track_caller]
    pub(crate) fn places(&self, samples: &[Sample]) -> Vec<Place> {
        sample::places(&self.world.root(), samples)
    }

    /// Fails unless every one of `samples` is in `read/`, with a receipt where there can be one, and `unread/` holds
    /// at most temporary files.
    #[track_caller]
    pub(crate) fn all_archived(&self, samples: &[Sample]) {
        assert_eq!(self.places(samples), vec![Place::Archived; samples.len()]);
        for (index, path) in sample::files(&self.world.root(), samples) {
            let receipts = std::fs::read_to_string(&path)
                .unwrap()
                .lines()
                .filter(|l| l.starts_with("received_at: "))
                .count();
            let wanted = usize::from(samples[index].text.starts_with("---"));
            assert_eq!(receipts, wanted, "receipts on {}", path.display());
        }
    }

    /// The hook as a command.
    pub(crate) fn hook(&self) -> Command {
        self.world.command("session-start", &self.dir)
    }

    /// What a host sends to the hook.
    pub(crate) fn payload(&self, session: &str) -> Vec<u8> {
        let (dir, event) = (&self.dir, "SessionStart");
        let payload = serde_json::json!({ "session_id": session, "cwd": dir, "hook_event_name": event, "source": "startup" });
        payload.to_string().into_bytes()
    }

    /// A whole, undisturbed session start.
    #[track_caller]
    pub(crate) fn session(&self) -> Ran {
        let ran = feed(self.hook(), &self.payload("undisturbed"));
        assert_eq!((ran.code, ran.err()), (0, ""));
        ran
    }

    /// What must hold after hooks were killed that had printed `out` in all: nothing is lost, nothing was archived that
    /// no session was given, one undisturbed session is given exactly the rest, and what the dead left behind is gone
    /// after an hour. Gives how many were shown again, and how many temporary files were swept.
    #[track_caller]
    pub(crate) fn recovers(&self, samples: &[Sample], out: &[u8]) -> (usize, usize) {
        let places = self.places(samples);
        let after = self.session();
        let mut again = 0;
        for (sample, place) in samples.iter().zip(&places) {
            let before = sample.shown_in(out);
            let archived = usize::from(*place == Place::Archived);
            assert!(before >= archived, "{} was archived unseen", sample.marker);
            assert_eq!(sample.shown_in(&after.out), 1 - archived, "{}, then in {place:?}", sample.marker);
            again += before * (1 - archived);
        }
        self.all_archived(samples);
        (again, self.sweeps())
    }

    /// The temporary files anywhere in the store.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let is_temporary = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(".tmp-");
        walk(&self.world.root()).into_iter().filter(is_temporary).collect()
    }

    /// Lets an hour pass for the temporary files and fails unless the next session start sweeps them; gives how many
    /// there were.
    #[track_caller]
    pub(crate) fn sweeps(&self) -> usize {
        let leftovers = self.leftovers();
        for path in &leftovers {
            age(path, Duration::from_secs(7200));
        }
        self.session().is_silent();
        assert_eq!(self.leftovers(), Vec::<PathBuf>::new(), "left behind for ever");
        leftovers.len()
    }
}

/// Sets the modification time of `path` to `age` ago; the time of reading too, as fuse may pass on only both.
pub(crate) fn age(path: &Path, age: Duration) {
    let then = SystemTime::now() - age;
    let times = std::fs::FileTimes::new().set_accessed(then).set_modified(then);
    std::fs::File::open(path).unwrap().set_times(times).unwrap();
}

/// Every file under `dir`; nothing when it is not there.
pub(crate) fn walk(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
