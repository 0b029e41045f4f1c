//! Sends a letter through ssh: the same file, on the standard input of `handoff import` over there.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;

use handoff_files::{FileError, Scratch, open_named};
use handoff_process::Environment;
use handoff_state::StateDir;
use handoff_text::{Sanitised, quoted};
use serde::Deserialize;

use crate::error::NotPacked;
use crate::machine::{Machine, MachineError};
use crate::pack::Packed;

/// So much of what the other side says is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Where a letter goes: `[USER@]HOST[:DIRECTORY]`, as ssh and scp have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// What ssh is given.
    host: String,
    /// The worktree over there, from the home directory on.
    directory: Option<String>,
}

/// A text is no destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no destination: [USER@]HOST[:DIRECTORY], for example ann@devbox:src/app")]
pub struct NoDestination(String);

/// What the other side says when it has the letter on disk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Receipt {
    /// The letter's name.
    pub letter: String,
    /// The worktree over there.
    pub worktree: String,
    /// The handoff over there.
    pub path: String,
    /// The capture that the work is over there.
    #[serde(default)]
    pub capture: Option<String>,
    /// Whether it had arrived before.
    #[serde(default)]
    pub before: bool,
}

/// A letter was not sent, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no ssh.
    #[error("could not find ssh: install it, or send the letter as a file: handoff export")]
    NoSsh,
    /// What the system says.
    #[error(transparent)]
    File(#[from] FileError),
    /// This machine's keys can't be used.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The letter can't be written.
    #[error(transparent)]
    NotPacked(#[from] NotPacked),
    /// Ssh could not be run.
    #[error("could not run ssh: {}", handoff_files::reason(.0))]
    Run(std::io::Error),
    /// The other side refused it, or was not reached.
    #[error("{host} did not take it: {said}")]
    Refused {
        /// The host.
        host: String,
        /// What was said.
        said: Sanitised,
    },
    /// Ssh failed: the other side was not reached, or the connection was cut.
    #[error(
        "could not give it to {host}: {said}. Send it again: if it arrived all the same, it is not taken twice"
    )]
    Cut {
        /// The host.
        host: String,
        /// What ssh said.
        said: Sanitised,
    },
    /// There is no agent-handoff there.
    #[error("{0} has no agent-handoff: install it there, or send the letter as a file: handoff export")]
    NotInstalled(String),
    /// It is not known whether it arrived.
    #[error("{0} gave no receipt; send it again: if it arrived all the same, it is not taken twice")]
    NoReceipt(String),
}

impl FromStr for Destination {
    type Err = NoDestination;

    fn from_str(text: &str) -> Result<Self, NoDestination> {
        let (host, directory) = match text.split_once(':') {
            Some((host, directory)) => (host, Some(directory)),
            None => (text, None),
        };
        let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
        // A leading dash would be an option of ssh.
        let is_host = !host.is_empty() && !host.starts_with('-') && host.chars().all(is_plain);
        let directory = directory.filter(|directory| !directory.is_empty());
        let is_directory = directory.is_none_or(|directory| !directory.chars().any(char::is_control));
        if !is_host || host.contains('/') || !is_directory {
            return Err(NoDestination(text.to_owned()));
        }
        Ok(Self { host: host.to_owned(), directory: directory.map(str::to_owned) })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.directory {
            Some(directory) => write!(f, "{}:{directory}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl Destination {
    /// The host alone.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The command that is run over there, for any shell. A login shell need not have our directories on its PATH when it is
    /// given a command.
    fn command(&self, verb: &str) -> String {
        let directory = match &self.directory {
            None => String::new(),
            // Of the home directory, whatever the shell thinks of `~`.
            Some(directory) => {
                let path = directory.strip_prefix("~/").unwrap_or(directory);
                format!(" --root {}", quoted(&PathBuf::from(path)))
            }
        };
        format!("env PATH=\"$HOME/.local/bin:$HOME/.agent-handoff/bin:$PATH\" handoff {verb}{directory}")
    }
}

/// Sends `packed` to `to`, and waits until the other side has it on disk.
///
/// # Errors
/// [`SendError`].
pub fn send(environment: &Environment, packed: &Packed, to: &Destination) -> Result<Receipt, SendError> {
    let scratch = Scratch::new("agent-handoff-send")?;
    let path = scratch.path().join("letter");
    let dir = handoff_files::Dir::create(scratch.path())?;
    let taken = || FileError::new("create", &path)(std::io::Error::from(std::io::ErrorKind::AlreadyExists));
    packed.write_to(dir.create_new("letter")?.ok_or_else(taken)?.into_file())?;
    let input = Stdio::from(open_named(&path)?);
    let said = ssh(environment, to, "import - --json --receipt", input)?;
    let no_receipt = || SendError::NoReceipt(to.host.clone());
    // A shell over there may greet first.
    let line = said.lines().rev().find(|line| line.starts_with('{')).ok_or_else(no_receipt)?;
    let receipt: Receipt = serde_json::from_str(line).map_err(|_| no_receipt())?;
    if receipt.letter == packed.letter.id.as_str() { Ok(receipt) } else { Err(no_receipt()) }
}

/// Has `to` take letters of this machine from now on, as one's own: whoever may log in there may do that anyway.
///
/// # Errors
/// [`SendError`].
pub fn introduce(
    environment: &Environment,
    machine: &Machine,
    mail: &str,
    to: &Destination,
) -> Result<(), SendError> {
    let verb =
        format!("people add @me --machine {} --mail {} --key -", machine.name, quoted(&PathBuf::from(mail)));
    let host = Destination { directory: None, ..to.clone() };
    let scratch = Scratch::new("agent-handoff-send")?;
    let dir = handoff_files::Dir::create(scratch.path())?;
    let recipient = Machine::recipient(&StateDir::of(environment).map_err(MachineError::from)?)?;
    dir.put("key", format!("{}\n{recipient}\n", machine.key()).as_bytes())?;
    let input = Stdio::from(open_named(&dir.path_of("key"))?);
    ssh(environment, &host, &verb, input).map(drop)
}

/// Runs `handoff VERB` at `to`, with `input`; what it prints.
fn ssh(environment: &Environment, to: &Destination, verb: &str, input: Stdio) -> Result<String, SendError> {
    let ssh = environment.find_program("ssh").ok_or(SendError::NoSsh)?;
    let mut command = Command::new(ssh);
    let remote = OsString::from(to.command(verb));
    command.args(["-T", "-o", "ConnectTimeout=10", "--"]).arg(&to.host).arg(remote);
    // What ssh asks a person for, it asks at the terminal.
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.spawn().and_then(std::process::Child::wait_with_output).map_err(SendError::Run)?;
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_ANSWER_BYTES)]).into_owned();
    match output.status.code() {
        Some(0) => Ok(text(&output.stdout)),
        Some(127) => Err(SendError::NotInstalled(to.host.clone())),
        _ => {
            let said = text(&output.stderr);
            let said = if said.trim().is_empty() { output.status.to_string() } else { said };
            let said = Sanitised::line(said.trim().as_bytes(), 1_000);
            let host = to.host.clone();
            // What ssh itself fails with; a signal ended it before it said anything.
            let is_cut = output.status.code().is_none_or(|code| code == 255);
            Err(if is_cut { SendError::Cut { host, said } } else { SendError::Refused { host, said } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_host_and_a_directory_and_never_an_option() {
        for text in ["devbox", "ann@devbox", "ann@devbox:src/app", "devbox:/srv/app x"] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in ["", "-oProxyCommand=x", ":x", "a b", "a/b:c", "a:\n", "../x"] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_run_over_there_quotes_the_directory() {
        let to: Destination = "devbox:~/it's here".parse().unwrap();
        let command = to.command("import - --json");
        assert!(command.ends_with(r"handoff import - --json --root 'it'\''s here'"), "{command}");
    }
}
