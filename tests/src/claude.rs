//! Claude Code, simulated: a process, and the sessions that run in it, each with the transcript that the real one writes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::ran::Ran;
use crate::world::{World, feed};

/// One that runs. It ends with the test, however the test ends.
#[derive(Debug)]
pub struct Claude<'w> {
    world: &'w World,
    dir: PathBuf,
    process: Child,
    session: String,
    variables: Vec<(String, String)>,
    /// What hooks printed that is not in the transcript yet: it is written with the first prompt.
    printed: Vec<Ran>,
}

impl<'w> Claude<'w> {
    /// Opens it in `dir` for the session `session`. Its hook has not run.
    pub fn open(world: &'w World, dir: &Path, session: &str) -> Self {
        Self::with_arguments(world, dir, session, &[])
    }

    /// The same with these words on its command line.
    pub fn with_arguments(world: &'w World, dir: &Path, session: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        // It ends when this process does, since its input does.
        command.args(["-c", "read line", "claude"]).args(arguments);
        let process = command.stdin(Stdio::piped()).spawn().unwrap();
        let variables =
            [("CLAUDECODE", "1"), ("CLAUDE_CODE_ENTRYPOINT", "cli"), ("CLAUDE_CODE_SESSION_ATTENDED", "1")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (dir, session) = (dir.to_owned(), session.to_owned());
        Self { world, dir, process, session, variables, printed: Vec::new() }
    }

    /// Opens it, runs its hook, and gives what that printed.
    pub fn started(world: &'w World, dir: &Path, session: &str) -> (Self, Ran) {
        let mut claude = Self::open(world, dir, session);
        let ran = claude.start("startup");
        (claude, ran)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The id of the session that it runs.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Where the session's transcript is or will be.
    pub fn transcript(&self) -> PathBuf {
        self.world.transcript(&self.session)
    }

    /// Sets a variable for its hooks and shells.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// What it sends to its SessionStart hook.
    pub fn payload(&self, source: &str) -> String {
        let (session, transcript, dir) = (&self.session, self.transcript(), &self.dir);
        let payload = json!({
            "session_id": session, "transcript_path": transcript, "cwd": dir, "hook_event_name": "SessionStart",
            "source": source, "model": "claude-opus-5-5",
        });
        format!("{payload}\n")
    }

    /// One of our programs, as a hook or a shell of the session runs it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.world.command(program, &self.dir);
        command.env("CLAUDE_PID", self.pid().to_string());
        command.env("CLAUDE_CODE_SESSION_ID", &self.session);
        command.env("CLAUDE_PROJECT_DIR", &self.dir);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the hook, and gives what it printed. That stands in the transcript from the next prompt on.
    pub fn start(&mut self, source: &str) -> Ran {
        let ran = feed(self.command("session-start"), self.payload(source).as_bytes());
        self.receive(&ran);
        ran
    }

    /// Takes what a hook printed.
    pub fn receive(&mut self, ran: &Ran) {
        self.printed.push(Ran { code: ran.code, out: ran.out.clone(), err: ran.err.clone() });
    }

    /// Drops what the hooks printed: it does not arrive.
    pub fn drops(&mut self) {
        self.printed.clear();
    }

    /// `/clear`: the same process runs a new session.
    pub fn clear(&mut self, session: &str) -> Ran {
        self.drops();
        session.clone_into(&mut self.session);
        self.start("clear")
    }

    /// Writes a line to the transcript, as a whole or, without its end, in part.
    pub fn write(&self, line: impl AsRef<[u8]>) {
        let path = self.transcript();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(line.as_ref()).unwrap();
    }

    /// Writes an entry to the transcript.
    pub fn writes(&self, entry: &Value) {
        self.write(format!("{entry}\n"));
    }

    /// A person types a prompt: what the hooks printed is written, then the prompt.
    pub fn prompt(&mut self, words: &str) {
        let session = self.session.clone();
        self.writes(&json!({ "type": "mode", "mode": "normal", "sessionId": session }));
        for ran in std::mem::take(&mut self.printed) {
            hook_entries(&ran).into_iter().for_each(|entry| self.writes(&self.entry(entry)));
        }
        self.writes(&self.entry(json!({ "type": "user", "message": { "role": "user", "content": words } })));
    }

    /// The model answers with a text.
    pub fn answer(&self, words: &str) {
        self.says(&json!([{ "type": "text", "text": words }]), &json!({}));
    }

    /// An assistant's entry of this content, with `more` fields.
    pub fn says(&self, content: &Value, more: &Value) {
        let message = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "content": content });
        let mut entry = self.entry(json!({ "type": "assistant", "message": message }));
        for (key, value) in more.as_object().unwrap() {
            entry[key] = value.clone();
        }
        self.writes(&entry);
    }

    /// A prompt and an answer.
    pub fn speak(&mut self, words: &str) {
        self.prompt("go");
        self.answer(words);
    }

    /// Ends it, as SIGKILL does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// What every entry has.
    fn entry(&self, mut entry: Value) -> Value {
        entry["isSidechain"] = json!(false);
        entry["timestamp"] = json!("2020-01-01T20:30:33.391Z");
        entry["cwd"] = json!(self.dir);
        entry["sessionId"] = json!(self.session);
        entry["version"] = json!("2.1.329");
        entry
    }
}

impl Drop for Claude<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What Claude Code writes of a hook that printed this.
fn hook_entries(ran: &Ran) -> Vec<Value> {
    let attachment = |attachment: Value| json!({ "type": "attachment", "attachment": attachment });
    let mut entries = vec![attachment(json!({
        "type": "hook_success", "hookName": "SessionStart:startup", "hookEvent": "SessionStart", "content": "",
        "stdout": ran.out(), "stderr": ran.err(), "exitCode": ran.code,
    }))];
    let Ok(output) = serde_json::from_slice::<Value>(&ran.out) else { return entries };
    entries.push(attachment(json!({ "type": "hook_system_message", "content": output["systemMessage"] })));
    let context = &output["hookSpecificOutput"]["additionalContext"];
    entries.push(attachment(
        json!({ "type": "hook_additional_context", "content": [context], "hookEvent": "SessionStart" }),
    ));
    entries
}
