//! What handing a task to another agent costs beside the agent itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Failure;
use crate::cases::Row;
use crate::measure::{beside, peak};

/// The configuration of a backend for `handoff`.
pub(crate) const CONFIG: &str = "backends:\n  fake: { type: claude, model: m }\n";

/// A HOME with a backend that says what a file holds, and a dispatcher.
pub(crate) struct Stage {
    dir: TempDir,
    program: PathBuf,
}

pub(crate) fn all(programs: &Path) -> Result<Vec<Row>, Failure> {
    let stage = Stage::new(&programs.join("handoff"), CONFIG)?;
    let mut rows = Vec::new();
    for verb in [&["--help"][..], &["run", "--help"], &["env"]] {
        let times = beside(200, || Ok(()), || stage.handoff(verb), nothing)?;
        rows.push(Row::ratio(&format!("handoff {}", verb.join(" ")), times, "/bin/true", 4.0));
    }
    stage.says(&result("done"))?;
    let overhead = beside(40, || Ok(()), || stage.run(), || stage.backend())?;
    let truth = beside(100, || Ok(()), nothing, nothing)?.0;
    let over = overhead.0.saturating_sub(overhead.1);
    rows.push(Row::ratio("dispatch over the backend itself", (over, truth), "/bin/true", 35.0));
    rows.extend(stream(&stage, "100 MB of events", &events(100_000_000), 5.0, 30_000_000)?);
    let line = result(&"x".repeat(20_000_000));
    rows.extend(stream(&stage, "one line of 20 MB", &line, 10.0, 60_000_000)?);
    stage.fill(10_000)?;
    let times = beside(40, || Ok(()), || stage.handoff(&["list", "--json"]), nothing)?;
    rows.push(Row::ratio("list --json, the newest 50 of 10,000 runs", times, "/bin/true", 40.0));
    rows.extend(crate::board::all(&stage, 10_000)?);
    stage.inboxes(100)?;
    let times = beside(40, || Ok(()), || stage.handoff(&[]), nothing)?;
    rows.push(Row::ratio("handoff alone, 100 inboxes, 10,000 runs", times, "/bin/true", 15.0));
    for kind in ["runs", "worktrees", "unread"] {
        let times = beside(40, || Ok(()), || stage.handoff(&["complete", kind]), nothing)?;
        let case = format!("the names of {kind} for a completion");
        rows.push(Row::number(&case, micros(times.0), 30_000, "µs"));
    }
    Ok(rows)
}

fn stream(stage: &Stage, case: &str, says: &str, limit: f64, memory: u64) -> Result<[Row; 2], Failure> {
    stage.says(says)?;
    let times = beside(5, || Ok(()), || stage.run(), || stage.copy())?;
    let most = peak(&stage.run(), std::process::Stdio::null());
    Ok([
        Row::ratio(case, times, "cat | tee of it", limit),
        Row::number(&format!("memory, {case}"), most, memory, "B"),
    ])
}

pub(crate) fn micros(time: std::time::Duration) -> Option<u64> {
    u64::try_from(time.as_micros()).ok()
}

fn nothing() -> Command {
    let mut command = Command::new("/bin/true");
    command.env_clear();
    command
}

/// A backend's last word.
pub(crate) fn result(text: &str) -> String {
    format!("{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"{text}\"}}\n")
}

/// `size` bytes of what `claude --include-partial-messages` says, with its result.
pub(crate) fn events(size: usize) -> String {
    let event = "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"some words of an answer that takes its time, and more of them in each event of the stream\"}},\"session_id\":\"0b5a1a3e-1111-2222-3333-444455556666\",\"parent_tool_use_id\":null,\"uuid\":\"0b5a1a3e-1111-2222-3333-444455556667\"}\n";
    let mut text = event.repeat(size / event.len());
    text.push_str(&result("done"));
    text
}

impl Stage {
    pub(crate) fn new(program: &Path, config: &str) -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let stage = Self { program: program.to_owned(), dir };
        fs::create_dir_all(stage.path("home/.handoff"))?;
        fs::create_dir(stage.path("bin"))?;
        let backend = format!("#!/bin/sh\nexec cat '{}'\n", stage.path("says").display());
        fs::write(stage.path("bin/claude"), backend)?;
        fs::set_permissions(stage.path("bin/claude"), fs::Permissions::from_mode(0o755))?;
        fs::write(stage.path("home/.handoff/config.yaml"), config)?;
        fs::write(stage.path("says"), "")?;
        fs::write(stage.path("prompt"), "do it\n")?;
        Ok(stage)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn says(&self, text: &str) -> Result<(), Failure> {
        Ok(fs::write(self.path("says"), text)?)
    }

    fn plain(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        command.env_clear().env("PATH", path).env("HOME", self.path("home"));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn handoff(&self, args: &[&str]) -> Command {
        let mut command = self.plain(&self.program);
        command.args(args);
        command
    }

    pub(crate) fn run(&self) -> Command {
        let mut command = self.handoff(&["run"]);
        command.arg(self.path("prompt"));
        command
    }

    fn backend(&self) -> Command {
        self.plain(&self.path("bin/claude"))
    }

    /// The least that anybody needs to keep a copy of what a backend says.
    fn copy(&self) -> Command {
        let mut command = self.plain(Path::new("/bin/sh"));
        command.args(["-c", "cat says | tee copy >/dev/null"]);
        command
    }

    /// So many worktrees, with a handoff that waits in each; one is where all of this works.
    fn inboxes(&self, count: usize) -> Result<(), Failure> {
        fs::write(self.path("draft"), "# Handoff\n\n## Immediate next action\nGo on.\n")?;
        for number in 0..count {
            let directory =
                if number == 0 { self.path("") } else { self.path(&format!("worktree-{number}")) };
            fs::create_dir_all(&directory)?;
            let draft = self.path("draft");
            let mut write = self.handoff(&["write", "--root"]);
            write.arg(directory).arg("--file").arg(draft).stdout(Stdio::null());
            if !write.status()?.success() {
                return Err("a handoff is not written".into());
            }
        }
        Ok(())
    }

    /// A list of `count` runs.
    pub(crate) fn fill(&self, count: usize) -> Result<(), Failure> {
        self.says(&result("done"))?;
        if !self.run().stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
            return Err("a run does not succeed".into());
        }
        let list = rusqlite::Connection::open(self.path("home/.handoff/runs/handoff.db"))?;
        let copies = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             INSERT INTO runs (seq, seq_code, run_id, run_day, uuid, session_id, cwd, prompt, jsonl_path, status, backend, runtime_info) \
             SELECT 100000 + i, 'Z' || i, '251121-fa-Z' || i || '-copy', run_day, uuid || i, session_id || i, cwd, prompt, jsonl_path, \
             status, backend, runtime_info FROM n, (SELECT * FROM runs ORDER BY id DESC LIMIT 1)"
        );
        list.execute(&copies, [])?;
        Ok(())
    }
}
