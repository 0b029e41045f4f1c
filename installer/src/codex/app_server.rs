//! Codex's own word on its hooks: `codex app-server`, JSON-RPC in lines over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use handoff_process::Environment;
use serde_json::{Value, json};

use crate::places::Places;

/// How long an answer may take. It takes tens of milliseconds; the first start on a machine seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// How many lines may wait to be read, and how long one may be. None of its answers comes near.
const QUEUE: usize = 64;
const MAX_LINE_BYTES: u64 = 16 << 20;

/// Why Codex's app-server could not be asked, or did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CodexError {
    /// There is no such program.
    #[error("there is no `codex` on PATH")]
    NotOnPath,
    /// It could not be started or written to.
    #[error("{}", handoff_files::reason(.0))]
    Io(std::io::Error),
    /// It ended before it read the request.
    #[error("it ended before it was asked")]
    Ended,
    /// It ended before it answered this method.
    #[error("it ended before it answered {0}")]
    NoAnswer(&'static str),
    /// It did not answer this method in time.
    #[error("no answer to {0} in {s} s", s = ANSWER_TIMEOUT.as_secs())]
    Late(&'static str),
    /// It refused this method, with these words.
    #[error("{0}: {1}")]
    Refused(&'static str, String),
    /// Its answer has no list of hooks where one is expected.
    #[error("its list of hooks is of another shape")]
    NoList,
    /// The hook is not in its list.
    #[error("it does not list the hook")]
    NotListed,
    /// It stored the trust, and does not count the hook as trusted.
    #[error("it took the trust and does not trust the hook")]
    NotTrusted,
}

/// A hook as Codex lists it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) key: String,
    pub(crate) command: String,
    pub(crate) source: PathBuf,
    pub(crate) hash: String,
    pub(crate) trust: TrustStatus,
    pub(crate) enabled: bool,
}

impl Listed {
    /// Whether Codex runs it, provided that hooks are on.
    pub(crate) fn runs(&self) -> bool {
        self.enabled && self.trust.is_given()
    }
}

/// What Codex says of the trust in a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TrustStatus {
    /// The user gave it.
    Trusted,
    /// An administrator's settings give it.
    Managed,
    /// Not given: `untrusted`, `modified`, or a word that is not known.
    Not(String),
}

impl TrustStatus {
    fn of(word: &str) -> Self {
        match word {
            "trusted" => Self::Trusted,
            "managed" => Self::Managed,
            other => Self::Not(other.to_owned()),
        }
    }

    /// Whether Codex runs such a hook.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self, Self::Trusted | Self::Managed)
    }
}

impl std::fmt::Display for TrustStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Trusted => "trusted",
            Self::Managed => "managed",
            Self::Not(word) => word,
        })
    }
}

/// A running app-server; it ends with this.
pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Vec<u8>>,
    requests: u64,
    cwd: PathBuf,
}

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// [`CodexError`].
    pub(crate) fn start(places: &Places, environment: &Environment) -> Result<Self, CodexError> {
        let codex = environment.find_program("codex").ok_or(CodexError::NotOnPath)?;
        let child = Command::new(codex)
            .args(["app-server", "-c", "analytics.enabled=false"])
            .current_dir(&places.home)
            .env("CODEX_HOME", places.directory(super::HOST))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Whatever it starts ends with it.
            .process_group(0)
            .spawn();
        let mut child = child.map_err(CodexError::Io)?;
        // What floods it waits, instead of filling the memory.
        let (sender, lines) = sync_channel(QUEUE);
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut stdout = BufReader::new(stdout);
                while let Some(line) = next_line(&mut stdout) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let stdin = child.stdin.take().ok_or(CodexError::Ended)?;
        let mut server = Self { child, stdin, lines, requests: 0, cwd: places.home.clone() };
        let client = json!({"name": "agent-handoff", "version": env!("CARGO_PKG_VERSION")});
        server.ask("initialize", json!({"clientInfo": client, "capabilities": {"experimentalApi": true}}))?;
        server.send(&json!({"method": "initialized"}))?;
        Ok(server)
    }

    /// The hooks that it sees from the user's own directory.
    ///
    /// # Errors
    /// [`CodexError`].
    pub(crate) fn hooks(&mut self) -> Result<Vec<Listed>, CodexError> {
        let answer = self.ask("hooks/list", json!({"cwds": [self.cwd]}))?;
        let data = answer["data"].as_array().ok_or(CodexError::NoList)?;
        let hooks = data.iter().filter_map(|place| place["hooks"].as_array()).flatten();
        let text = |hook: &Value, key: &str| hook[key].as_str().unwrap_or_default().to_owned();
        Ok(hooks
            .map(|hook| Listed {
                key: text(hook, "key"),
                command: text(hook, "command"),
                source: text(hook, "sourcePath").into(),
                hash: text(hook, "currentHash"),
                trust: TrustStatus::of(&text(hook, "trustStatus")),
                enabled: hook["enabled"].as_bool().unwrap_or(true),
            })
            .collect())
    }

    /// Stores the user's trust in the hook `key` as it is now.
    ///
    /// # Errors
    /// [`CodexError`].
    pub(crate) fn trust(&mut self, key: &str, hash: &str) -> Result<(), CodexError> {
        let edit = json!({"keyPath": "hooks.state", "value": {key: {"trusted_hash": hash}}, "mergeStrategy": "upsert"});
        self.ask("config/batchWrite", json!({"edits": [edit], "reloadUserConfig": true})).map(drop)
    }

    fn ask(&mut self, method: &'static str, params: Value) -> Result<Value, CodexError> {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"id": id, "method": method, "params": params}))?;
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        loop {
            // Also when there is always another line.
            let left = deadline.checked_duration_since(Instant::now()).ok_or(CodexError::Late(method))?;
            let line = self.lines.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => CodexError::Late(method),
                RecvTimeoutError::Disconnected => CodexError::NoAnswer(method),
            })?;
            // Notifications come in between, and what is no JSON is a log line.
            let Ok(mut message) = serde_json::from_slice::<Value>(&line) else { continue };
            if message["id"] == json!(id) {
                return match message["error"]["message"].as_str() {
                    Some(error) => Err(CodexError::Refused(method, error.to_owned())),
                    None => Ok(message["result"].take()),
                };
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<(), CodexError> {
        let line = format!("{message}\n");
        self.stdin.write_all(line.as_bytes()).map_err(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => CodexError::Ended,
            _ => CodexError::Io(error),
        })
    }
}

/// The next line; None at the end, or when it has none.
fn next_line(stdout: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    stdout.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).ok()?;
    line.ends_with(b"\n").then_some(line)
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}
