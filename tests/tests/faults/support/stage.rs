//! One inbox of one directory outside git, where nothing but the store's own work happens on the disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use tests::{Ran, World, feed};

use super::Ends;
use super::sample::{self, Place, Sample};

/// A world with one inbox.
pub(crate) struct Stage {
    pub(crate) world: World,
    /// The worktree, a plain directory: reading git's files changes nothing on the disk, and would only make each
    /// trace longer.
    pub(crate) dir: PathBuf,
    /// `<slug>/<key>` in the store.
    pub(crate) inbox: PathBuf,
    /// The process that all sessions run in, one after the other.
    host: Mutex<Option<Ends>>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let dir = world.dir("app");
        let inbox = world.inbox(&dir);
        Self { world, dir, inbox, host: Mutex::new(None) }
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

    /// Removes the store and the state directory, as for a new world.
    pub(crate) fn clear(&self) {
        for path in [self.world.root(), self.world.home().join(".local")] {
            if path.exists() {
                std::fs::remove_dir_all(path).unwrap();
            }
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
        let mut hook = self.world.command("session-start", &self.dir);
        hook.env("CLAUDE_PID", self.host().to_string());
        hook
    }

    fn host(&self) -> u32 {
        let start = || Command::new("sh").args(["-c", "read line"]).stdin(Stdio::piped()).spawn().unwrap();
        self.host.lock().unwrap().get_or_insert_with(|| Ends(start())).0.id()
    }

    /// What a host sends to the hook.
    pub(crate) fn payload(&self, session: &str) -> Vec<u8> {
        let (dir, event, transcript) = (&self.dir, "SessionStart", self.world.transcript(session));
        let payload = serde_json::json!({
            "session_id": session, "transcript_path": transcript, "cwd": dir, "hook_event_name": event, "source": "startup",
        });
        payload.to_string().into_bytes()
    }

    /// An agent that asks for what waits, as a command.
    pub(crate) fn reader(&self) -> Command {
        let mut command = self.world.command("inbox", &self.dir);
        command.arg("read");
        command
    }

    /// Ends the process that the sessions run in.
    pub(crate) fn end_sessions(&self) {
        self.host.lock().unwrap().take();
    }

    /// What such an agent is given, undisturbed, when all sessions are over.
    #[track_caller]
    pub(crate) fn reads(&self) -> Ran {
        self.end_sessions();
        let ran = feed(self.reader(), b"");
        assert_eq!((ran.code, ran.err()), (0, ""));
        ran
    }

    /// A whole, undisturbed start of a session that no other call starts.
    #[track_caller]
    pub(crate) fn session(&self) -> Ran {
        static SESSIONS: AtomicUsize = AtomicUsize::new(0);
        let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
        let ran = feed(self.hook(), &self.payload(&format!("undisturbed-{number}")));
        assert_eq!((ran.code, ran.err()), (0, ""));
        ran
    }

    /// What must hold after a hook was killed or refused something, that had printed `out`: nothing is lost, nothing was
    /// archived, an undisturbed session is given all, told which of it was offered before, and what the dead left behind
    /// is gone after an hour. Gives how many were shown again, and how many temporary files were swept.
    #[track_caller]
    pub(crate) fn recovers(&self, samples: &[Sample], out: &[u8]) -> (usize, usize) {
        let places = self.places(samples);
        assert!(!places.contains(&Place::Archived), "archived although no session used it: {places:?}");
        self.end_sessions();
        let after = self.session();
        let mut again = 0;
        for (sample, place) in samples.iter().zip(&places) {
            assert_eq!(sample.shown_in(&after.out), 1, "{}, then in {place:?}", sample.marker);
            if sample.shown_in(out) > 0 {
                let is_said = sample.is_again_in(&after.out);
                assert!(is_said || says_that_it_is_not_noted(out), "{} comes twice unsaid", sample.marker);
                again += 1;
            }
        }
        self.is_taken(samples);
        (again, self.sweeps())
    }

    /// One that asks is given all of `samples`, which are archived then; after that nobody is given anything.
    #[track_caller]
    pub(crate) fn is_taken(&self, samples: &[Sample]) {
        let ran = self.reads();
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        self.all_archived(samples);
        self.session().is_silent();
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
        self.session();
        assert_eq!(self.leftovers(), Vec::<PathBuf>::new(), "left behind for ever");
        leftovers.len()
    }
}

/// Whether the session that was given `out` was told that this could not be noted.
pub(crate) fn says_that_it_is_not_noted(out: &[u8]) -> bool {
    String::from_utf8_lossy(out).contains("it could not be noted that this session was given this: ")
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
