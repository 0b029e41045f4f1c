//! What the tests share: a repository with every kind of change, a fake openusage, and what two worktrees have to agree
//! in.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use handoff_document::Timestamp;
use serde_json::{Value, json};
use tests::{Ran, World, feed};

/// A world with the repository `app`.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) app: PathBuf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        tests::program("handover");
        let world = World::new();
        let app = world.repo("app");
        Self { world, app }
    }

    /// One whose repository has changes of every kind.
    pub(crate) fn changed() -> Self {
        let stage = Self::new();
        stage.write("docs/old.md", "old\n".repeat(50));
        stage.write("tool.sh", "#!/bin/sh\n");
        stage.write("gone.txt", "gone\n");
        stage.write("image.bin", [0, 255, 1, 254].repeat(100));
        std::os::unix::fs::symlink("src/a.rs", stage.app.join("link")).unwrap();
        stage.write(".gitignore", "ignored/\n");
        stage.world.commit(&stage.app, "more");
        stage.change();
        stage
    }

    /// Staged, unstaged, both, untracked, binary, mode, link, deletion, rename, empty, and awkward names.
    pub(crate) fn change(&self) {
        self.write("src/a.rs", "a\nstaged\n");
        self.git(&["add", "src/a.rs"]);
        self.write("src/a.rs", "a\nstaged\nunstaged\n");
        self.write("src/b.rs", "b\nunstaged\n");
        self.write("image.bin", [9, 0, 255, 13, 10].repeat(300));
        std::fs::set_permissions(self.app.join("tool.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::remove_file(self.app.join("gone.txt")).unwrap();
        self.git(&["mv", "docs/old.md", "docs/new.md"]);
        std::fs::remove_file(self.app.join("link")).unwrap();
        std::os::unix::fs::symlink("src/b.rs", self.app.join("link")).unwrap();
        self.write("empty", "");
        self.write("notes/new file \"quoted\".txt", "no line end");
        self.write("-dash", "x\r\ny\r\n");
        self.write("umlaut ü\n.txt", "line break in the name\n");
        self.write("ignored/secret", "not carried\n");
    }

    /// One change, not staged.
    pub(crate) fn change_one(&self) {
        self.write("src/a.rs", "a\nmore\n");
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.app.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.world.git(&self.app, args)
    }

    /// A clone of the repository, at the same commit.
    pub(crate) fn clone(&self, name: &str) -> PathBuf {
        let path = self.world.path(name);
        self.world.git(self.world.top(), &["clone", "--quiet", "app", name]);
        path
    }

    pub(crate) fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let mut command = self.world.command("handover", dir);
        command.args(args);
        command
    }

    /// `handover` in `dir`.
    pub(crate) fn handover(&self, dir: &Path, args: &[&str]) -> Ran {
        feed(self.command(dir, args), b"")
    }

    /// The same in the repository, which must go well; gives its output.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ran = self.handover(&self.app, args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
        ran.out().to_owned()
    }

    /// Captures; gives the bundle's directory.
    #[track_caller]
    pub(crate) fn capture(&self, args: &[&str]) -> PathBuf {
        let args: Vec<&str> = ["capture", "--json"].iter().chain(args).copied().collect();
        let saved: Value = serde_json::from_str(&self.ok(&args)).unwrap();
        PathBuf::from(saved["path"].as_str().unwrap())
    }

    pub(crate) fn pending(&self, dir: &Path) -> Vec<Value> {
        let ran = self.handover(dir, &["pending", "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.err());
        serde_json::from_slice(&ran.out).unwrap()
    }

    /// What a hook of `tool` runs, with the payload of `event`.
    pub(crate) fn event(&self, tool: &str, payload: &Value, daemon: Option<&Path>) -> Ran {
        let mut command = self.command(&self.app, &["on-event", "--tool", tool]);
        if let Some(daemon) = daemon {
            command.env("OPENUSAGE_TELEMETRY_SOCKET", daemon);
        }
        feed(command, payload.to_string().as_bytes())
    }

    /// Waits until `count` captures are there; gives the newest one's summary.
    #[track_caller]
    pub(crate) fn appears(&self, count: usize) -> String {
        let start = std::time::Instant::now();
        while self.pending(&self.app).len() < count {
            assert!(start.elapsed() < Duration::from_secs(60), "there are not {count} captures");
            std::thread::sleep(Duration::from_millis(20));
        }
        let path = self.pending(&self.app)[0]["path"].as_str().unwrap().to_owned();
        std::fs::read_to_string(Path::new(&path).join("summary.md")).unwrap()
    }

    /// Waits until no capture is under way: what was captured for is noted.
    #[track_caller]
    pub(crate) fn settles(&self) {
        let start = std::time::Instant::now();
        loop {
            let found = Command::new("find").arg(self.world.top()).args(["-name", "captured.json"]).output();
            let paths = String::from_utf8(found.unwrap().stdout).unwrap();
            let notes: String =
                paths.lines().map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
            if !notes.is_empty() && !notes.contains("\"done\":false") {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "a capture does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fails when there are more than `count` captures soon.
    #[track_caller]
    pub(crate) fn stays(&self, count: usize) {
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(self.pending(&self.app).len(), count);
    }

    /// A payload.
    pub(crate) fn payload(&self, event: &str) -> Value {
        json!({ "hook_event_name": event, "session_id": "s-1", "cwd": self.app })
    }
}

/// Fails unless git and the file system say the same of both worktrees.
#[track_caller]
pub(crate) fn agree(world: &World, one: &Path, other: &Path) {
    for args in [
        &["status", "--porcelain=v2", "-z", "--untracked-files=all"][..],
        &["ls-files", "--stage", "-z"],
        &["diff", "--cached", "--binary"],
        &["diff", "--binary"],
    ] {
        assert_eq!(world.git(one, args), world.git(other, args), "{args:?}");
    }
    assert_eq!(tree(one), tree(other));
}

/// Every path but git's and ours: its kind, its mode, its content.
pub(crate) fn tree(top: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut all = Vec::new();
    let mut left = vec![top.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let relative = path.strip_prefix(top).unwrap().to_owned();
            if relative.starts_with(".git") && !relative.ends_with(".gitignore")
                || relative.starts_with(".handover")
                || relative.starts_with("ignored")
            {
                continue;
            }
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                left.push(path);
                continue;
            }
            let content = match metadata.is_symlink() {
                true => std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
                false => std::fs::read(&path).unwrap(),
            };
            all.push((relative, metadata.permissions().mode() & 0o7777, content));
        }
    }
    all.sort();
    all
}

/// A daemon that says of Claude's five hours, and of Codex's primary window, that they are used so far.
pub(crate) fn openusage(world: &World, used: u32) -> PathBuf {
    let path = world.path(format!("usage-{used}.sock"));
    let listener = UnixListener::bind(&path).unwrap();
    let time = |seconds: u64| {
        let then = SystemTime::now() + Duration::from_secs(seconds);
        let since = then.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        Timestamp::from_seconds(i64::try_from(since).unwrap()).to_string()
    };
    let (now, reset) = (time(0), time(7_200));
    let snapshot = |provider: &str, account: &str, metric: &str| {
        json!({
            "provider_id": provider, "account_id": account, "timestamp": now, "status": "OK",
            "metrics": { metric: { "limit": 100, "used": used, "unit": "%", "window": "5h" } },
            "resets": { metric: reset },
        })
    };
    let body = json!({ "snapshots": {
        "claude-code": snapshot("claude_code", "claude-code", "usage_five_hour"),
        "codex-cli": snapshot("codex", "codex-cli", "rate_limit_primary"),
    }})
    .to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    path
}
