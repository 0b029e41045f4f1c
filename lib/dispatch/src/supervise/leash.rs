//! A backend that does not outlive its guard: a process that asks the system for that and then becomes the backend.
//!
//! It is a process of its own, because what a process asks for itself its children do not have, and because between a
//! fork and an exec there is no safe way to ask.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use handoff_process::Environment;
use rustix::process::Pid;

use super::guard::{self, StartError};

/// Starts `program` with the file `prompt` as its input.
///
/// # Errors
/// [`StartError`].
pub(crate) fn start(prompt: &OsStr, program: &OsStr, args: &[OsString]) -> Result<Pid, StartError> {
    let cannot_start = |error: std::io::Error| StartError::of(program, error);
    let (mut report, other) = UnixStream::pair().map_err(cannot_start)?;
    let mut leash = Command::new(Environment::own_program().map_err(cannot_start)?);
    leash.arg("leash").arg(std::process::id().to_string()).args([prompt, program]).args(args);
    let mut child = leash.stdin(OwnedFd::from(other)).spawn().map_err(cannot_start)?;
    // Our copy of its end.
    drop(leash);
    let mut failed = String::new();
    // It is closed without a word when the program has begun.
    let _ = report.read_to_string(&mut failed);
    let started = i32::try_from(child.id()).ok().and_then(Pid::from_raw).filter(|_| failed.is_empty());
    started.ok_or_else(|| {
        // It has ended, or will at once.
        let _ = child.wait();
        StartError::Reported(failed)
    })
}

/// `handoff leash GUARD PROMPT PROGRAM ARGS…`: becomes the program. Returns the exit code only if it could not.
pub fn run(command: &[OsString]) -> u8 {
    let [guard, prompt, program, args @ ..] = command else { return guard::CANNOT_START };
    let Ok(report) = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) else {
        return guard::CANNOT_START;
    };
    let error = become_program(guard, prompt, program, args);
    // The guard may be gone.
    let _ = std::fs::File::from(report).write_all(error.to_string().as_bytes());
    guard::CANNOT_START
}

/// Returns only if it could not.
fn become_program(guard: &OsStr, prompt: &OsStr, program: &OsStr, args: &[OsString]) -> StartError {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        // Without it the guard's own watch is what there is.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        let parent = getppid().map(|parent| parent.as_raw_nonzero().to_string());
        if parent.as_deref().map(OsStr::new) != Some(guard) {
            return StartError::GuardKilled;
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = guard;
    let prompt = match handoff_files::open_named(Path::new(prompt)) {
        Ok(prompt) => prompt,
        Err(error) => return error.into(),
    };
    if let Err(error) = rustix::stdio::dup2_stdin(&prompt) {
        return StartError::System(error.into());
    }
    drop(prompt);
    StartError::of(program, Command::new(program).args(args).exec())
}
