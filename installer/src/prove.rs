//! The main job, done once with the installed programs: a handoff is written, shown to a session, and archived once that
//! has answered.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_files::{Dir, Scratch};
use serde_json::json;

use crate::error::InstallError;

/// The transcript of that session, in its HOME.
const TRANSCRIPT: &str = "session.jsonl";

const BODY: &str = "## Immediate next action\nNothing: this handoff proves the installation.\n";

/// The session that the proof plays, as Claude Code announces it.
const SESSION: &str = "proof";

/// Passes a handoff through the programs in `bin`, in a temporary inbox; says in a line what was seen.
///
/// # Errors
/// [`InstallError::Proof`] with the first thing that was not as it must be.
pub fn prove(bin: &Path) -> Result<String, InstallError> {
    let scratch = Scratch::new("agent-handoff-proof")?;
    let world = World { bin, home: scratch.path() };
    let written = world.run("handoff-write", &["--name", "proof"], BODY)?;
    let sentinel = field(&written, "sentinel:").ok_or_else(|| failed("handoff-write printed no sentinel"))?;
    let shown = world.start(SESSION)?;
    let frame = shown.split_once("agent-handoff ").and_then(|(_, rest)| rest.get(..8)).unwrap_or_default();
    if !(shown.contains(&sentinel) && shown.contains("Nothing: this handoff proves the installation.")) {
        return Err(failed("session-start did not show the handoff that was written"));
    }
    if !world.start(SESSION)?.is_empty() {
        return Err(failed("session-start showed the handoff to one session twice"));
    }
    world.answer(frame, &sentinel)?;
    let log = world.run("inbox", &["log", "--json"], "")?;
    if !log.contains("\"acknowledged\":true") {
        return Err(failed("the handoff was not archived once the session had answered"));
    }
    if !world.start("another")?.is_empty() {
        return Err(failed("session-start showed the handoff again after it was used"));
    }
    Ok(format!(
        "a handoff was written, shown to one session, and archived once that had answered (sentinel {sentinel})"
    ))
}

struct World<'a> {
    bin: &'a Path,
    home: &'a Path,
}

impl World<'_> {
    /// Starts the session `id` as Claude Code does; gives what its hook prints.
    fn start(&self, id: &str) -> Result<String, InstallError> {
        let payload = json!({
            "session_id": id, "transcript_path": self.transcript(), "cwd": self.home,
            "hook_event_name": "SessionStart", "source": "startup",
        });
        self.run("session-start", &[], &payload.to_string())
    }

    /// Has the session answer with the line that it was asked for.
    fn answer(&self, frame: &str, sentinel: &str) -> Result<(), InstallError> {
        let given = json!({
            "type": "attachment",
            "attachment": { "type": "hook_additional_context", "content": [format!("{frame} {sentinel}")] },
        });
        let content =
            json!([{ "type": "text", "text": format!("**Handoff loaded: proof — sentinel {sentinel}**") }]);
        let answered = json!({ "type": "assistant", "message": { "model": "proof", "content": content } });
        let home = Dir::open(self.home)?.ok_or_else(|| failed("the temporary directory is gone"))?;
        Ok(home.append(TRANSCRIPT, format!("{given}\n{answered}\n").as_bytes())?)
    }

    fn transcript(&self) -> PathBuf {
        self.home.join(TRANSCRIPT)
    }

    /// Why a program does not start.
    fn not_started(&self, error: &std::io::Error) -> String {
        let way_out = if handoff_files::is_on_no_exec(self.bin) {
            ", for no program may run on its file system (noexec); choose another place with --home"
        } else {
            ""
        };
        format!("does not start: {}{way_out}", handoff_files::reason(error))
    }

    /// Runs a program in a HOME that holds nothing; it must exit 0.
    fn run(&self, program: &str, args: &[&str], input: &str) -> Result<String, InstallError> {
        let trouble = |what: String| failed(&format!("{program} {what}"));
        let mut child = Command::new(self.bin.join(program))
            .args(args)
            .env_clear()
            .env("HOME", self.home)
            .current_dir(self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| trouble(self.not_started(&error)))?;
        if let Some(mut stdin) = child.stdin.take() {
            // Whether it wanted to read it is seen by what it does.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| trouble(format!("was lost: {error}")))?;
        if !output.status.success() {
            return Err(trouble(format!("ended with {}", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|_| trouble("printed what is no UTF-8".to_owned()))
    }
}

fn failed(what: &str) -> InstallError {
    InstallError::Proof(what.to_owned())
}

fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}
