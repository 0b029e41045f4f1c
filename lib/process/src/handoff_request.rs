//! Sends a handoff by running `handoff-write`.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::environment::Environment;

/// A handoff that a program writes for the next session of a worktree.
#[derive(Clone, Copy, Debug)]
pub struct HandoffRequest<'a> {
    /// Which program or agent writes, as the field `session_tool` has it.
    pub tool: &'a str,
    /// The handoff's title.
    pub name: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// The worktree that it is written from.
    pub worktree: &'a Path,
    /// Another worktree that it is for, as `handoff-write --to` takes it.
    pub to: Option<&'a str>,
    /// The session that it is about.
    pub session_id: Option<&'a str>,
    /// How many files are uncommitted, where that is known: counting them is a look at every file.
    pub dirty_files: Option<usize>,
}

/// A handoff that was written.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The report of `handoff-write`: one JSON object.
    pub report: Vec<u8>,
}

/// Why a handoff was not written.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// `handoff-write` could not be run.
    #[error(transparent)]
    Run(#[from] std::io::Error),
    /// It refused; its message, for the user.
    #[error("{0}")]
    Refused(String),
}

fn sibling(name: &str) -> Command {
    Command::new(Environment::own_program().unwrap_or_default().with_file_name(name))
}

/// Whether `inbox` did this with the handoff `name` of the worktree `root`.
fn is_done(verb: &[&str], root: &Path, name: &OsStr) -> bool {
    let mut inbox = sibling("inbox");
    inbox.args(verb).arg("--root").arg(root).arg("--").arg(name).current_dir(root);
    inbox.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    inbox.status().is_ok_and(|status| status.success())
}

impl HandoffRequest<'_> {
    /// Sends the handoff with the text `body`, whose secrets are taken out.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send(&self, body: &str) -> Result<Sent, SendError> {
        let mut write = self.command(body);
        write.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut write = write.spawn()?;
        if let Some(mut stdin) = write.stdin.take() {
            // The exit code says whether it was taken.
            let _ = stdin.write_all(body.as_bytes());
        }
        let done = write.wait_with_output()?;
        if done.status.success() {
            Ok(Sent { report: done.stdout })
        } else {
            Err(SendError::Refused(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
        }
    }

    /// The command that writes it. It is given the length: if this process is killed while it sends, what arrived before
    /// looks whole.
    fn command(&self, body: &str) -> Command {
        let mut write = sibling("handoff-write");
        write.args(["--json", "--redact", "--tool", self.tool, "--name", self.name, "--topic", self.topic]);
        if let Some(to) = self.to {
            write.args(["--to", to]);
        }
        if let Some(session_id) = self.session_id {
            write.args(["--session-id", session_id]);
        }
        if let Some(count) = self.dirty_files {
            write.args(["--dirty-files", &count.to_string()]);
        }
        write.args(["--length", &body.len().to_string()]);
        write.arg("--root").arg(self.worktree).current_dir(self.worktree);
        write
    }

    /// Archives the unread handoff `name` of the worktree `root`, which is no longer needed. Returns false if that was not
    /// done, as where a session has read it.
    pub fn withdraw(root: &Path, name: &OsStr) -> bool {
        is_done(&["archive"], root, name)
    }

    /// Makes the archived handoff `name` of the worktree `root` unread again. Returns false if that was not done, as where
    /// there is none.
    pub fn restore(root: &Path, name: &OsStr) -> bool {
        is_done(&["restore", "--archived"], root, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_knows_how_long_the_body_is() {
        let word = HandoffRequest {
            tool: "handoff-run",
            name: "title",
            topic: "result",
            worktree: Path::new("/"),
            to: None,
            session_id: None,
            dirty_files: None,
        };
        let command = word.command("höchstens");
        let arguments: Vec<_> = command.get_args().collect();
        assert!(arguments.windows(2).any(|pair| pair == ["--length", "10"]), "{arguments:?}");
    }
}
