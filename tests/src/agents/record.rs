//! Recordings of what the agents write, for the tests of the rule that looks at it: `lib/delivery/tests/recorded`.
//!
//! With `HANDOFF_TESTS_RECORD` set to a directory, a second hook notes what each session's hooks are given, or where the
//! command line takes none, one in front of ours; what a machine's agents wrote is left in that directory when its test
//! has passed.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::trim::{is_left_out, trimmed};
use super::{Host, Machine};

/// What is left of the sessions of one host in one test.
struct Recording {
    /// By their names.
    transcripts: BTreeMap<String, String>,
    starts: Vec<Value>,
}

/// Notes its input, its environment, and how long the transcript is.
const HOOK: &str = r#"#!/bin/sh
note=$(mktemp "$(dirname "$0")/start.XXXXXXXX") || exit 0
cat >"$note"
transcript=$(sed -n -e 's/.*"transcript_path":"\([^"]*\)".*/\1/p' \
  -e "s#.*\"sessionId\":\"\\([^\"]*\\)\".*#$HOME/.copilot/session-state/\\1/events.jsonl#p" "$note")
{ wc -c <"$transcript" || echo 0; } >"$note.length" 2>/dev/null
env | grep -e '^CLAUDECODE=' -e '^CLAUDE_CODE_ENTRYPOINT=' -e '^CLAUDE_CODE_SESSION_ATTENDED=' \
  -e '^CLAUDE_CODE_SKIP_PROMPT_HISTORY=' >"$note.environment"
if [ -x "$0.next" ]; then exec "$0.next" <"$note"; fi
exit 0
"#;

/// Where recordings go.
fn place() -> Option<PathBuf> {
    std::env::var_os("HANDOFF_TESTS_RECORD").map(PathBuf::from)
}

impl Machine {
    /// The arguments that have `host` run the second hook; none where nothing is recorded.
    pub(super) fn recording(&self, host: Host) -> Vec<String> {
        if place().is_none() {
            return Vec::new();
        }
        let command = format!("sh '{}'", self.note_hook(host).display());
        match host {
            Host::Claude => {
                let hooks =
                    json!({ "SessionStart": [{ "hooks": [{ "type": "command", "command": command }] }] });
                vec!["--settings".to_owned(), json!({ "hooks": hooks }).to_string()]
            }
            Host::Codex => {
                let set =
                    format!("hooks.SessionStart=[{{hooks=[{{type=\"command\",command={command:?}}}]}}]");
                vec!["--dangerously-bypass-hook-trust".to_owned(), "-c".to_owned(), set]
            }
            // They take no hook on their command line.
            _ => Vec::new(),
        }
    }

    /// A hook that notes and then goes on as `program`, for a host that takes no second one on its command line.
    pub(super) fn noting(&self, host: Host, program: &Path) -> Option<PathBuf> {
        if place().is_none() || Host::BOTH.contains(&host) {
            return None;
        }
        let hook = self.note_hook(host);
        std::os::unix::fs::symlink(program, hook.with_extension("next")).unwrap();
        Some(hook)
    }

    fn note_hook(&self, host: Host) -> PathBuf {
        // Named as ours is: a shell that runs it alone is not taken for the host.
        let hook = self.world.dir(self.notes(host)).join("session-start");
        std::fs::write(&hook, HOOK).unwrap();
        std::fs::set_permissions(&hook, Permissions::from_mode(0o755)).unwrap();
        hook
    }

    fn notes(&self, host: Host) -> PathBuf {
        self.world.path(format!("notes-{host:?}"))
    }

    /// Leaves the recordings of this test, when it has passed.
    pub(super) fn record(&self) {
        let Some(place) = place().filter(|_| !std::thread::panicking()) else { return };
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("test").rsplit("::").next().unwrap_or_default().to_owned();
        for host in Host::ALL {
            let dir = place.join(format!("{}-{}", host.row().id, host.version()));
            let case = |number: usize| format!("{test}-{number}");
            let is_free = |number: &usize| !dir.join(format!("{}.starts.json", case(*number))).exists();
            let case = case((1..).find(is_free).expect("a number"));
            let recording = self.recording_of(host, &case);
            // Where nothing was offered, there is nothing to look for.
            if recording.starts.is_empty() {
                continue;
            }
            std::fs::create_dir_all(&dir).unwrap();
            let text = serde_json::to_string_pretty(&recording.starts).expect("JSON");
            std::fs::write(dir.join(format!("{case}.starts.json")), text + "\n").unwrap();
            for (name, text) in recording.transcripts {
                std::fs::write(dir.join(name), text).unwrap();
            }
        }
    }

    /// What the second hook noted, in order: the payload, the environment, the length.
    fn starts(&self, host: Host) -> Vec<(Value, Value, u64)> {
        let mut notes: Vec<_> = std::fs::read_dir(self.notes(host))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".length"))
            .map(|entry| (entry.metadata().and_then(|meta| meta.modified()).ok(), entry.path()))
            .collect();
        notes.sort();
        let start = |(_, length): (_, PathBuf)| {
            let note = length.with_extension("");
            let environment = std::fs::read_to_string(note.with_extension(format!(
                "{}.environment",
                note.extension().unwrap_or_default().to_string_lossy()
            )))
            .unwrap_or_default();
            let pairs = environment.lines().filter_map(|line| line.split_once('='));
            let environment: Map<String, Value> =
                pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
            let length = std::fs::read_to_string(&length).ok()?.trim().parse().unwrap_or(0);
            let payload = serde_json::from_slice(&std::fs::read(&note).ok()?).ok()?;
            Some((payload, Value::Object(environment), length))
        };
        notes.into_iter().filter_map(start).collect()
    }

    /// The transcripts that the payloads name, and what is known of each start in which something was offered.
    fn recording_of(&self, host: Host, case: &str) -> Recording {
        let (mut transcripts, mut starts): (BTreeMap<String, String>, Vec<Value>) = Default::default();
        let mut paths: Vec<PathBuf> = Vec::new();
        for (payload, environment, length) in self.starts(host) {
            let session = payload["sessionId"].as_str().unwrap_or_default();
            let told = payload["transcript_path"].as_str().map(PathBuf::from);
            let path =
                told.or_else(|| host.row().transcript_in(&self.world.home().join(".copilot"), session));
            let Some(path) = path.filter(|path| path.exists()) else { continue };
            let (text, length) = self.recorded(&path, length);
            let Some(frame) = frame(&text[length..]) else { continue };
            let number = paths.iter().position(|known| *known == path).unwrap_or(paths.len());
            let name = match number {
                0 => format!("{case}.jsonl"),
                number => format!("{case}.{}.jsonl", number + 1),
            };
            let stdin: Value = serde_json::from_str(&self.anywhere(&payload.to_string())).expect("JSON");
            starts.push(json!({
                "stdin": stdin, "environment": environment, "frame": frame, "transcript": name,
                "length": length, "used": is_used(host, &text[length..], frame),
            }));
            transcripts.insert(name, text);
            if number == paths.len() {
                paths.push(path);
            }
        }
        Recording { transcripts, starts }
    }

    /// The transcript trimmed, and how much of that was there when it was `length` bytes long.
    fn recorded(&self, path: &Path, length: u64) -> (String, usize) {
        let whole = std::fs::read_to_string(path).unwrap_or_default();
        let (mut text, mut read, mut before) = (String::new(), 0, 0);
        for line in whole.split_inclusive('\n') {
            read += line.len() as u64;
            if let Ok(value) = serde_json::from_str::<Value>(line)
                && !is_left_out(&value)
            {
                text.push_str(&self.anywhere(&trimmed(value).to_string()));
                text.push('\n');
            }
            if read <= length {
                before = text.len();
            }
        }
        (text, before)
    }

    /// The text without the paths of this machine.
    fn anywhere(&self, text: &str) -> String {
        let slug =
            |path: &Path| path.to_string_lossy().replace(|letter: char| !letter.is_alphanumeric(), "-");
        let (home, top) = (self.world.home(), self.world.top());
        let text = text.replace(&*home.to_string_lossy(), "/home/u").replace(&slug(top), "-home-u");
        let text = text.replace(&*top.to_string_lossy(), "/home/u");
        let mut parts = text.split("127.0.0.1:");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            format!("{text}127.0.0.1:1{}", part.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        })
    }
}

/// The digits of the first frame in `text`.
fn frame(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("=== agent-handoff ")?;
    after.get(..8).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Whether an answer of the model stands behind the frame: to be checked by whoever takes the recording over.
fn is_used(host: Host, text: &str, frame: &str) -> bool {
    let after = text.lines().skip_while(|line| frame.is_empty() || !line.contains(frame)).skip(1);
    let has = |line: &str, marks: &[&str]| marks.iter().any(|mark| line.contains(mark));
    after.into_iter().any(|line| match host {
        Host::Claude => {
            has(line, &["\"type\":\"assistant\""])
                && has(line, &["\"type\":\"text\"", "\"type\":\"tool_use\""])
                && !has(
                    line,
                    &["\"isApiErrorMessage\":true", "\"isAbortedMidStream\":true", "\"isSidechain\":true"],
                )
        }
        Host::Codex => {
            has(line, &["\"type\":\"response_item\""])
                && has(line, &["\"type\":\"output_text\"", "_call\""])
                && !has(line, &["\"compaction_output\":true"])
        }
        Host::Gemini => has(line, &["\"type\":\"gemini\""]),
        Host::Droid => has(line, &["\"role\":\"assistant\""]),
        Host::Qwen => has(line, &["\"type\":\"assistant\""]),
        Host::Copilot => has(line, &["\"type\":\"assistant.message\""]),
        Host::OpenCode => false,
    })
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.record();
    }
}
