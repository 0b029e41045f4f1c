//! Runs `git` in a bare repository of ours, and asks the user's for a setting.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use handoff_bundle::GitError;
use handoff_process::Environment;

use crate::config::Config;

/// So much of what git says is kept, in bytes.
const MAX_MESSAGE_BYTES: u64 = 8 << 10;

/// The longest first line of an answer, in bytes.
const MAX_ANSWER_BYTES: u64 = 1 << 10;

/// So much of a repository's settings is read, in bytes.
const MAX_CONFIG_BYTES: u64 = 16 << 20;

/// The most that git may ask for in one piece in a repository of ours: what others sent can say that an object of a few bytes
/// becomes one of gigabytes. Larger files are streamed and need no such piece.
const MAX_ALLOCATION: &str = "128m";

/// What is passed by environment to a git that is called for a mailroom needs this version: `GIT_CONFIG_COUNT`.
pub(crate) const OLDEST: (u32, u32) = (2, 31);

/// What holds for each call in a repository of ours, whatever the user has set: no hook of the user's runs there, nothing is
/// tidied up behind our back, and every object that comes in is looked at.
const SETTINGS: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.bigFileThreshold=1m",
    "gc.auto=0",
    "maintenance.auto=false",
    "transfer.fsckObjects=true",
    "pack.threads=1",
    "protocol.version=2",
];

/// A worktree, and its settings.
type Known = Option<(PathBuf, Arc<Config>)>;

/// The program, and the environment that it runs in.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
    /// The user's own settings by environment, for the user's own repository.
    configuration: Vec<(OsString, OsString)>,
    ssh_command: Option<OsString>,
    /// When a call that still runs is ended, with all that it started.
    deadline: Option<Instant>,
    /// The settings of the worktree that was asked last.
    config: Arc<Mutex<Known>>,
}

impl Git {
    /// Finds it on PATH.
    pub(crate) fn find(environment: &Environment) -> Result<Self, GitError> {
        let program = environment.find_program("git").ok_or(GitError::Missing)?;
        let is_git = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_");
        let is_setting = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_CONFIG_");
        let (git, mut rest): (Vec<_>, Vec<_>) =
            Environment::all().into_iter().partition(|(name, _)| is_git(name));
        let ssh_command =
            git.iter().find(|(name, _)| name == "GIT_SSH_COMMAND").map(|(_, value)| value.clone());
        let configuration = git.into_iter().filter(|(name, _)| is_setting(name)).collect();
        rest.push(("LC_ALL".into(), "C".into()));
        rest.push(("GIT_TERMINAL_PROMPT".into(), "0".into()));
        Ok(Self {
            program,
            environment: rest,
            configuration,
            ssh_command,
            deadline: None,
            config: Arc::default(),
        })
    }

    /// The same, whose calls are ended at `deadline`.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// Whether calls are ended at once by now.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// A call of `verb` in the bare repository at `directory`; `is_durable` when what it writes has to be on the disk when it
    /// ends.
    pub(crate) fn call(&self, directory: &Path, verb: &'static str, is_durable: bool) -> Call {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env("GIT_DIR", directory)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command.current_dir(directory);
        // What a fetch left out is not fetched behind our back: that would be by another connection.
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOC_LIMIT", MAX_ALLOCATION);
        // Whatever later versions of git make by themselves: locks of killed processes are known of this format alone.
        command.env("GIT_DEFAULT_REF_FORMAT", "files");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(["-c", if is_durable { "core.fsync=all" } else { "core.fsync=none" }]).arg(verb);
        Call { command, verb, input: None, deadline: self.deadline }
    }

    /// A call of `verb` in the user's worktree at `top`, as the user would make it, but that no hook runs and nothing is tidied
    /// up. With `attended`, a person can be asked for a password.
    pub(crate) fn by_user(&self, top: &Path, verb: &'static str, attended: bool) -> Call {
        let mut command = Command::new(&self.program);
        let environment = self.environment.iter().chain(&self.configuration);
        command.env_clear().envs(environment.map(|(name, value)| (name, value)));
        command.envs(self.ssh_command.iter().map(|value| ("GIT_SSH_COMMAND", value)));
        command.env("GIT_TERMINAL_PROMPT", if attended { "1" } else { "0" }).current_dir(top);
        for setting in ["core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false"] {
            command.args(["-c", setting]);
        }
        command.arg(verb);
        Call { command, verb, input: None, deadline: self.deadline }
    }

    /// The same, but no file that it writes has more than `blocks` blocks of 512 bytes, and it is durable.
    pub(crate) fn bounded(&self, directory: &Path, verb: &'static str, blocks: &str) -> Call {
        let inner = self.call(directory, verb, true);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ulimit -f \"$0\" && exec \"$@\"", blocks]).arg(&self.program);
        command.args(inner.command.get_args()).current_dir(directory).env_clear();
        for (name, value) in inner.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Call { command, ..inner }
    }

    /// Its version, where that is too old for mailrooms.
    pub(crate) fn too_old(&self) -> Option<String> {
        let said = self.ask(Path::new("/"), &["--version"]).ok().flatten()?;
        let version = said.split_whitespace().nth(2)?.to_owned();
        let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
        let is_old = (numbers.next()?, numbers.next()?) < OLDEST;
        is_old.then_some(version)
    }

    /// `GIT_SSH_COMMAND`, as the user has it.
    pub(crate) fn ssh_command(&self) -> Option<OsString> {
        self.ssh_command.clone()
    }

    /// What the shell command `line` prints in this environment; `None` where it fails.
    pub(crate) fn shell(&self, line: &OsStr) -> Option<String> {
        let mut command = Command::new("/bin/sh");
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.arg("-c").arg(line);
        let said = Call { command, verb: "ssh", input: None, deadline: None }.output(1 << 16).ok()?;
        Some(String::from_utf8_lossy(&said).into_owned())
    }

    /// What git answers to `arguments` in the user's worktree at `top`; `None` where it says with exit code 1 that there is
    /// nothing.
    pub(crate) fn ask(&self, top: &Path, arguments: &[&str]) -> Result<Option<String>, GitError> {
        self.asked(top, arguments, 1 << 20)
    }

    /// The settings that hold in the user's worktree at `top`. Git is asked once for all of them.
    pub(crate) fn config(&self, top: &Path) -> Result<Arc<Config>, GitError> {
        let mut known = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = known.as_ref().filter(|(there, _)| there == top) {
            return Ok(Arc::clone(config));
        }
        let listed = self.asked(top, &["config", "--list", "--null", "--show-scope"], MAX_CONFIG_BYTES)?;
        let config = Arc::new(Config::parse(&listed.unwrap_or_default()));
        *known = Some((top.to_owned(), Arc::clone(&config)));
        Ok(config)
    }

    fn asked(&self, top: &Path, arguments: &[&str], limit: u64) -> Result<Option<String>, GitError> {
        let mut command = Command::new(&self.program);
        let environment = self.environment.iter().chain(&self.configuration);
        command.env_clear().envs(environment.map(|(name, value)| (name, value)));
        command.current_dir(top).args(arguments);
        let call = Call { command, verb: "config", input: None, deadline: self.deadline };
        match call.output(limit) {
            Ok(said) => Ok(Some(String::from_utf8_lossy(&said).trim_end_matches('\n').to_owned())),
            Err(GitError::Failed { code: Some(1), .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// One run of git.
pub(crate) struct Call {
    command: Command,
    verb: &'static str,
    input: Option<Vec<u8>>,
    deadline: Option<Instant>,
}

impl Call {
    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives `bytes` as standard input.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Starts it, for questions and answers.
    pub(crate) fn start(mut self) -> Result<Running, GitError> {
        let verb = self.verb;
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(failed(verb))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else { return Err(GitError::Missing) };
        let message = std::thread::spawn(move || message_in(stderr));
        Ok(Running {
            verb,
            child,
            stdin: Some(stdin),
            stdout: BufReader::new(stdout),
            message: Some(message),
        })
    }

    /// Runs it; standard output is dropped.
    pub(crate) fn run(self) -> Result<(), GitError> {
        self.output(1 << 16).map(drop)
    }

    /// Standard output as one line of text.
    pub(crate) fn line(self) -> Result<String, GitError> {
        Ok(String::from_utf8_lossy(&self.output(1 << 16)?).trim().to_owned())
    }

    /// Standard output, at most `limit` bytes of it.
    pub(crate) fn output(self, limit: u64) -> Result<Vec<u8>, GitError> {
        let verb = self.verb;
        self.read(Stdio::piped(), |stdout| {
            let mut bytes = Vec::new();
            stdout.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed(verb))?;
            if bytes.len() as u64 > limit {
                return Err(GitError::Output {
                    verb: verb.to_owned(),
                    reason: format!("more than {limit} bytes"),
                });
            }
            Ok(bytes)
        })
    }

    /// Standard output, at most `limit` bytes of it, and how it failed, where it did.
    pub(crate) fn said(self, limit: u64) -> Result<(Vec<u8>, Option<GitError>), GitError> {
        let mut said = Vec::new();
        let ended = self.read(Stdio::piped(), |stdout| {
            // What is over the limit is dropped with the pipe.
            let _ = stdout.take(limit).read_to_end(&mut said);
            Ok(())
        });
        match ended {
            Err(error @ GitError::Failed { .. }) => Ok((said, Some(error))),
            ended => ended.map(|()| (said, None)),
        }
    }

    /// Has `take` read standard output to its end. Where `take` fails, that is the error.
    pub(crate) fn pipe<E: From<GitError>>(
        self,
        take: impl FnOnce(&mut dyn Read) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut taken = Ok(());
        let ended = self.read(Stdio::piped(), |stdout| {
            taken = take(stdout);
            Ok(())
        });
        // Git fails too when what it says is not read.
        taken.and(ended.map_err(E::from))
    }

    /// Standard output goes to `file`.
    pub(crate) fn into_file(self, file: File) -> Result<(), GitError> {
        self.read(file.into(), |_| Ok(()))
    }

    /// Has `take` read standard output as it comes.
    fn read<T>(
        mut self,
        stdout: Stdio,
        take: impl FnOnce(&mut dyn Read) -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let verb = self.verb;
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        if self.deadline.is_some() {
            // A group of its own, so that what it starts ends with it.
            self.command.process_group(0);
        }
        let mut child = self.command.spawn().map_err(failed(verb))?;
        let input = self.input.take().unwrap_or_default();
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let group = rustix::process::Pid::from_child(&child);
        let (is_done, done) = mpsc::channel::<()>();
        let (taken, message) = std::thread::scope(|scope| {
            if let Some(deadline) = self.deadline {
                scope.spawn(move || {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if done.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
                        // It was not waited for yet, so the number is still its own.
                        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                    }
                });
            }
            scope.spawn(move || {
                if let Some(mut stdin) = stdin {
                    // What git did not take, its exit code says.
                    let _ = stdin.write_all(&input);
                }
            });
            let message = scope.spawn(move || message_in(stderr));
            let taken = match stdout {
                Some(mut stdout) => take(&mut stdout),
                None => take(&mut std::io::empty()),
            };
            let message = message.join().unwrap_or_default();
            drop(is_done);
            (taken, message)
        });
        ended(child, verb, &message)?;
        taken
    }
}

/// A git that answers one question after the other. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    verb: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    message: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    /// Asks `line`, and gives the first line of the answer, without its end.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String, GitError> {
        let mut answer = String::new();
        let asked = match &mut self.stdin {
            Some(stdin) => stdin.write_all(format!("{line}\n").as_bytes()),
            None => Ok(()),
        };
        let asked = asked.and_then(|()| self.stdout.by_ref().take(MAX_ANSWER_BYTES).read_line(&mut answer));
        match asked {
            Ok(_) if answer.ends_with('\n') => {
                answer.truncate(answer.len() - 1);
                Ok(answer)
            }
            _ => Err(self.failure()),
        }
    }

    /// What comes behind the first line of an answer.
    pub(crate) fn rest(&mut self) -> &mut impl Read {
        &mut self.stdout
    }

    /// Why it gives no answer.
    pub(crate) fn failure(&mut self) -> GitError {
        let status = self.end();
        let message = self.message.take().and_then(|message| message.join().ok()).unwrap_or_default();
        let (verb, code) = (self.verb.to_owned(), status.and_then(|status| status.code()));
        let message = String::from_utf8_lossy(&message).trim().to_owned();
        let message = if message.is_empty() { "it ended too early".to_owned() } else { message };
        GitError::Failed { verb, code, message }
    }

    fn end(&mut self) -> Option<ExitStatus> {
        drop(self.stdin.take());
        // It may write what nobody reads any more.
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The beginning of what git says of a failure. The rest is dropped, so that git can end.
fn message_in(stderr: Option<ChildStderr>) -> Vec<u8> {
    let mut message = Vec::new();
    if let Some(mut stderr) = stderr {
        let _ = (&mut stderr).take(MAX_MESSAGE_BYTES).read_to_end(&mut message);
        let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    }
    message
}

fn ended(mut child: Child, verb: &'static str, message: &[u8]) -> Result<(), GitError> {
    let status = child.wait().map_err(failed(verb))?;
    if status.success() {
        return Ok(());
    }
    let message = match String::from_utf8_lossy(message).trim() {
        "" => status.to_string(),
        text => without_passwords(text),
    };
    Err(GitError::Failed { verb: verb.to_owned(), code: status.code(), message })
}

/// `text` without who asks in the URLs in it: git leaves that out itself, but not everywhere.
fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(part.len());
        let host = part[..end].rfind('@').map_or(0, |at| at + 1);
        clean.push_str("://");
        clean.push_str(&part[host..]);
    }
    clean
}

fn failed(verb: &str) -> impl FnOnce(std::io::Error) -> GitError + use<> {
    let verb = verb.to_owned();
    move |source| GitError::Run { verb, source }
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn who_asks_is_taken_out_of_every_url_and_nothing_else_is() {
        for (said, clean) in [
            (
                "no DAV locking support on http://ann:s@cret@host/x.git/",
                "no DAV locking support on http://host/x.git/",
            ),
            ("https://token@host: failed; ssh://git@host", "https://host: failed; ssh://host"),
            ("mail ann@acme.io about http://host/a@b", "mail ann@acme.io about http://host/a@b"),
            ("", ""),
        ] {
            assert_eq!(without_passwords(said), clean);
        }
    }
}
