//! A world of its own for each test: a home, repositories, a state directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_bundle::{
    Applied, ApplyOptions, Bundle, BundleError, BundleId, Description, Draft, Git, Handover, Keyring, Limits,
    Origin, Refusal, Trusted,
};
use handoff_document::Timestamp;
use handoff_process::Environment;

pub(crate) struct World {
    pub(crate) place: tempfile::TempDir,
    pub(crate) git: Git,
}

/// Everything that a user could tell two worktrees apart by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: String,
    pub(crate) cached: String,
    pub(crate) index: String,
    pub(crate) files: BTreeMap<OsString, (u32, Vec<u8>)>,
}

pub(crate) fn program() -> PathBuf {
    Environment::read().find_program("git").unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    /// The same in memory, where the system has a place for that.
    pub(crate) fn in_memory() -> Self {
        let place = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self::at(place.unwrap())
    }

    fn at(place: tempfile::TempDir) -> Self {
        std::fs::create_dir(place.path().join("home")).unwrap();
        let environment = vec![
            ("HOME".into(), place.path().join("home").into()),
            ("PATH".into(), Environment::read().path.unwrap()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
            // What a hook could inherit, and must not be heard.
            ("GIT_DIR".into(), "/nowhere".into()),
            ("GIT_INDEX_FILE".into(), "/nowhere/index".into()),
        ];
        let world = Self { git: Git::new(program(), environment), place };
        world.config("user.name", "Somebody");
        world.config("user.email", "some@body");
        world.config("init.defaultBranch", "main");
        world.config("protocol.file.allow", "always");
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn config(&self, name: &str, value: &str) {
        self.run(self.place.path(), &["config", "--global", name, value]);
    }

    pub(crate) fn command(&self, at: &Path) -> Command {
        let mut command = Command::new(program());
        for (name, _) in Environment::all() {
            if name.as_encoded_bytes().starts_with(b"GIT_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(at)
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        command
    }

    /// Git's stdout; it must succeed.
    #[track_caller]
    pub(crate) fn run(&self, at: &Path, arguments: &[&str]) -> String {
        let output = self.command(at).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whatever comes of it.
    pub(crate) fn try_run(&self, at: &Path, arguments: &[&str]) -> bool {
        self.command(at)
            .args(arguments)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    /// A repository with a few files and one commit.
    pub(crate) fn repository(&self, name: &str) -> PathBuf {
        let at = self.path(name);
        std::fs::create_dir_all(at.join("dir/deep")).unwrap();
        self.run(&at, &["init", "-q"]);
        for (path, content) in [
            ("README", "one\ntwo\nthree\n"),
            ("dir/a", "a\n"),
            ("dir/b", "b\n"),
            ("dir/deep/c", "c\n"),
            ("run.sh", "#!/bin/sh\n"),
            ("empty", ""),
            ("no-newline", "x"),
            (".gitignore", "*.ignored\nignored/\n"),
        ] {
            std::fs::write(at.join(path), content).unwrap();
        }
        std::fs::write(at.join("binary"), (0..=255).cycle().take(5000).collect::<Vec<u8>>()).unwrap();
        std::fs::set_permissions(at.join("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("README", at.join("link")).unwrap();
        self.commit(&at, "first");
        at
    }

    #[track_caller]
    pub(crate) fn commit(&self, at: &Path, message: &str) {
        self.run(at, &["add", "-A"]);
        self.run(at, &["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// A clone of `from` at the same commit.
    #[track_caller]
    pub(crate) fn clone_of(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.path(name);
        self.run(self.place.path(), &["clone", "-q", from.to_str().unwrap(), to.to_str().unwrap()]);
        to
    }

    pub(crate) fn keyring(&self) -> Keyring {
        Keyring::create(&self.path("state")).unwrap()
    }

    #[track_caller]
    pub(crate) fn draft(&self, at: &Path) -> (Handover, Draft) {
        let handover = Handover::create(at, false).unwrap();
        let draft = handover.capture(&self.git, Limits::default(), &[]).unwrap();
        (handover, draft)
    }

    #[track_caller]
    pub(crate) fn capture(&self, at: &Path) -> (Handover, Bundle) {
        let (handover, draft) = self.draft(at);
        let bundle = draft.publish(&description("Fix it"), &self.keyring()).unwrap();
        (handover, bundle)
    }

    /// Copies a bundle's files, and nothing of its claim, into the worktree at `to`.
    pub(crate) fn carry(&self, bundle: &Bundle, to: &Path) -> (Handover, BundleId) {
        let handover = Handover::create(to, false).unwrap();
        let target = to.join(".handover/bundles").join(bundle.id().as_str());
        std::fs::create_dir_all(&target).unwrap();
        for name in ["summary.md", "manifest.json", "workspace.patch", "index.patch"] {
            if target == bundle.path() {
                continue;
            }
            std::fs::copy(bundle.path().join(name), target.join(name)).unwrap();
        }
        (handover, bundle.id().clone())
    }

    #[track_caller]
    pub(crate) fn trusted(&self, handover: &Handover, id: &BundleId) -> Trusted {
        handover.bundle(id).unwrap().trusted(&self.keyring()).unwrap()
    }

    pub(crate) fn apply(
        &self,
        bundle: &Bundle,
        to: &Path,
        options: ApplyOptions,
    ) -> Result<Applied, BundleError> {
        let (handover, id) = self.carry(bundle, to);
        self.apply_in(&handover, &id, options)
    }

    /// Applies the bundle `id`, whoever has it.
    pub(crate) fn apply_in(
        &self,
        handover: &Handover,
        id: &BundleId,
        options: ApplyOptions,
    ) -> Result<Applied, BundleError> {
        let options = ApplyOptions { again: true, ..options };
        handover.apply(
            &self.git,
            &self.keyring(),
            &self.trusted(handover, id),
            options,
            "a test",
            Timestamp::now(),
        )
    }

    /// Captures `from`, applies it to a fresh clone of it, and compares everything.
    #[track_caller]
    pub(crate) fn round_trip(&self, from: &Path, clone: &str) -> PathBuf {
        let to = self.clone_of(from, clone);
        self.round_trip_to(from, &to);
        to
    }

    #[track_caller]
    pub(crate) fn round_trip_to(&self, from: &Path, to: &Path) -> Bundle {
        let before = self.seen(to);
        let (_, bundle) = self.capture(from);
        self.apply(&bundle, to, ALLOW).unwrap();
        self.same(from, to);
        self.run(to, &["fsck", "--no-dangling"]);
        let handover = Handover::open(to).unwrap().unwrap();
        handover.undo(&self.git, &self.keyring()).unwrap();
        assert_eq!(self.seen(to), before, "undo left something");
        self.apply(&bundle, to, ALLOW).unwrap();
        self.same(from, to);
        bundle
    }

    #[track_caller]
    pub(crate) fn same(&self, one: &Path, other: &Path) {
        let (one, other) = (self.seen(one), self.seen(other));
        assert_eq!(one.files.keys().collect::<Vec<_>>(), other.files.keys().collect::<Vec<_>>());
        for (path, file) in &one.files {
            assert!(other.files[path] == *file, "{path:?} differs: {:o} {:o}", file.0, other.files[path].0);
        }
        assert_eq!(one, other);
    }

    /// Looks without changing anything: git's optional locks are off.
    #[track_caller]
    pub(crate) fn seen(&self, at: &Path) -> Seen {
        let ask = |arguments: &[&str]| {
            let output = self.command(at).env("GIT_OPTIONAL_LOCKS", "0").args(arguments).output().unwrap();
            assert!(
                output.status.success(),
                "git {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let mut files = BTreeMap::new();
        walk(at, at, &mut files);
        let ignored = |path: &[u8]| path.ends_with(b".ignored") || path.starts_with(b"ignored/");
        files.retain(|path, _| !ignored(path.as_encoded_bytes()));
        Seen {
            status: ask(&["status", "--porcelain=v2", "-z", "-uall"]),
            cached: ask(&["diff", "--cached", "--no-ext-diff", "--no-textconv", "--binary", "--full-index"]),
            index: ask(&["ls-files", "-s", "-z"]),
            files,
        }
    }
}

pub(crate) const ALLOW: ApplyOptions = ApplyOptions { allow_config: true, onto_head: false, again: false };
pub(crate) const PLAIN: ApplyOptions = ApplyOptions { allow_config: false, onto_head: false, again: false };
pub(crate) const ONTO: ApplyOptions = ApplyOptions { allow_config: false, onto_head: true, again: false };

pub(crate) fn description(topic: &str) -> Description<'_> {
    Description {
        transcript: None,
        topic,
        created: Timestamp::parse("2026-11-21T10:00:00Z").unwrap(),
        origin: Origin { tool: "claude-code".into(), session_id: Some("s-1".into()), event: "manual".into() },
        recipient: None,
        summary: b"# What was going on\n",
    }
}

/// Every file and link below `at`, with its mode, without git's own and ours.
pub(crate) fn walk(top: &Path, at: &Path, files: &mut BTreeMap<OsString, (u32, Vec<u8>)>) {
    for entry in std::fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(top).unwrap().as_os_str().to_owned();
        if at == top && (name == ".git" || name == ".handover") {
            continue;
        }
        let found = path.symlink_metadata().unwrap();
        if found.is_dir() {
            walk(top, &path, files);
        } else if found.is_symlink() {
            let target = std::fs::read_link(&path).unwrap().into_os_string().into_vec();
            files.insert(name, (0o120000, target));
        } else if found.is_file() {
            files.insert(name, (found.mode() & 0o777, std::fs::read(&path).unwrap()));
        }
    }
}

/// Every file below `at` with its bytes: for what must not change at all.
pub(crate) fn all(at: &Path) -> BTreeMap<OsString, (u32, Vec<u8>)> {
    let mut files = BTreeMap::new();
    walk(at.parent().unwrap(), at, &mut files);
    files
}

#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, BundleError>) -> Refusal {
    match result {
        Err(BundleError::Refused(refusal)) => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

pub(crate) fn write(at: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = at.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

pub(crate) fn chmod(at: &Path, path: &str, mode: u32) {
    std::fs::set_permissions(at.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Makes a named pipe.
pub(crate) fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
