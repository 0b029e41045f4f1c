//! The directory that the session is in whose shell this is.
//!
//! Neither agent says it to the commands that it runs. Claude Code's process stays where it was started while its shell
//! goes elsewhere, so that process is asked, and where it cannot be seen (a sandbox with processes of its own) the
//! session's transcript. Of Codex it is the transcript alone: one process may serve sessions in several directories.
//!
//! Nothing is an error here: what cannot be known is not known, and the current directory counts.

use std::path::{Path, PathBuf};

use handoff_agents::{CLAUDE_CODE, CODEX, Dialect, Host};
use handoff_document::Timestamp;
use handoff_files::{Dir, Kind as Entry, OpenFile};
use handoff_process::{Environment, directory_of_ancestor};
use serde_json::Value;

use crate::agent::Agent;

/// How much is read of a transcript's beginning and of its end, in bytes.
const READ: u64 = 4 << 20;

/// How long ago the transcript may have been written to, in seconds: an agent notes a command before it runs it. An older
/// one is of a session that is over, whose variables outlived it in the shells of a terminal.
const MAX_AGE: i64 = 3600;

/// How many days of Codex's sessions are looked through, the newest first.
const DAYS: usize = 1000;

/// The directory of the session of the only agent whose shell this is; `--tool` says which of two.
pub(crate) fn find(tool: Option<&str>, environment: &Environment) -> Option<PathBuf> {
    let agents = Agent::all(tool);
    let [agent] = agents.as_slice() else { return None };
    let id = agent.session()?;
    let found = match agent.host.transcript? {
        Dialect::ClaudeCode => claude(id, environment),
        Dialect::Codex => codex(id, environment),
        Dialect::Gemini | Dialect::Droid | Dialect::Qwen | Dialect::Copilot => None,
    };
    found.filter(|path| path.is_absolute() && handoff_files::is_directory(path))
}

fn claude(id: &str, environment: &Environment) -> Option<PathBuf> {
    if let Some(directory) = environment.claude_pid.and_then(directory_of_ancestor) {
        return Some(directory);
    }
    let projects = transcripts(&CLAUDE_CODE, environment)?;
    let name = format!("{id}.jsonl");
    let mut transcripts =
        directories(&projects).into_iter().map(|project| projects.join(project).join(&name));
    let transcript = current(&transcripts.find(|path| handoff_files::is_file(path))?)?;
    let beginning = transcript.read_at(0, READ).ok()?;
    beginning.split(|&byte| byte == b'\n').find_map(|line| directory(line, |line| line.get("cwd")))
}

fn codex(id: &str, environment: &Environment) -> Option<PathBuf> {
    let sessions = transcripts(&CODEX, environment)?;
    let below = |dirs: Vec<PathBuf>| -> Vec<PathBuf> {
        let inner = |dir: PathBuf| directories(&dir).into_iter().map(move |name| dir.join(name));
        dirs.into_iter().flat_map(inner).take(DAYS).collect()
    };
    let days = below(below(below(vec![sessions])));
    let rollout = days.iter().find_map(|day| rollout(day, &format!("-{id}.jsonl")))?;
    let rollout = current(&rollout)?;
    // A session that is resumed elsewhere is there.
    let end = rollout.read_at(rollout.size().saturating_sub(READ), READ).ok()?;
    let turn = |line: &[u8]| directory(line, |line| of_type(line, "turn_context")?.get("cwd"));
    let meta = |line: &[u8]| directory(line, |line| of_type(line, "session_meta")?.get("cwd"));
    end.rsplit(|&byte| byte == b'\n').find_map(turn).or_else(|| {
        let beginning = rollout.read_at(0, READ).ok()?;
        beginning.split(|&byte| byte == b'\n').find_map(meta)
    })
}

/// Where the agent keeps its transcripts.
fn transcripts(host: &Host, environment: &Environment) -> Option<PathBuf> {
    host.transcripts_in(&host.directory?.of(Environment::variable, environment.home.as_deref())?)
}

/// The names of the directories in `path`, the greatest first.
fn directories(path: &Path) -> Vec<std::ffi::OsString> {
    let entries = Dir::open(path).ok().flatten().and_then(|dir| dir.entries().ok()).unwrap_or_default();
    let directories = entries.into_iter().filter(|entry| entry.kind == Entry::Directory);
    let mut names: Vec<_> = directories.map(|entry| entry.name).collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    names
}

/// The file in `day` whose name ends in `end`.
fn rollout(day: &Path, end: &str) -> Option<PathBuf> {
    let entries = Dir::open(day).ok()??.entries().ok()?;
    let found = entries.into_iter().find(|entry| entry.name.as_encoded_bytes().ends_with(end.as_bytes()))?;
    Some(day.join(found.name))
}

/// The transcript at `path`, opened, if its session may still be running.
fn current(path: &Path) -> Option<OpenFile> {
    let file = handoff_files::open_regular(path).ok()?;
    (Timestamp::now().seconds() - file.changed() < MAX_AGE).then_some(file)
}

/// The content of a line of Codex's that is of type `kind`.
fn of_type<'v>(line: &'v Value, kind: &str) -> Option<&'v Value> {
    if line.get("type")? == kind { line.get("payload") } else { None }
}

fn directory(line: &[u8], pick: impl Fn(&Value) -> Option<&Value>) -> Option<PathBuf> {
    // Most lines are long and of no use.
    if !line.windows(5).any(|word| word == b"\"cwd\"") {
        return None;
    }
    let line: Value = serde_json::from_slice(line).ok()?;
    pick(&line)?.as_str().map(PathBuf::from)
}
