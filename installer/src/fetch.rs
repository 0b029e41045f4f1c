//! What a server or another tool says, bounded in time and size.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use handoff_process::Environment;
use handoff_text::Sanitised;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

/// How long an answer may take, from the question to its last byte.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Far more than a list of a project's files has.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// How much of a tool's complaint is shown, in bytes.
const MAX_STDERR_BYTES: usize = 300;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("there is no curl or wget on PATH")]
    NoClient,
    #[error("only https addresses are asked")]
    NotPrivate,
    #[error("{program} could not be started: {reason}")]
    NotStarted { program: String, reason: String },
    #[error("could not wait for {program}: {reason}")]
    NotWaited { program: String, reason: String },
    #[error("there was no answer within {} seconds", TIMEOUT.as_secs())]
    Timeout,
    #[error("the answer has more than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
    #[error("{program} ended with {status}: {stderr}")]
    Failed { program: String, status: String, stderr: String },
}

/// What is at `url`, redirections followed. Plain HTTP only from this machine; wget is not held to that where it is
/// redirected.
///
/// # Errors
/// [`FetchError`].
pub(crate) fn get(url: &str, environment: &Environment) -> Result<Vec<u8>, FetchError> {
    let is_local = ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| url.starts_with(local));
    if !(url.starts_with("https://") || is_local) {
        return Err(FetchError::NotPrivate);
    }
    let protocols = if is_local { "=http" } else { "=https" };
    let mut command;
    if let Some(curl) = environment.find_program("curl") {
        command = Command::new(curl);
        command.args(["--proto", protocols, "--proto-redir", protocols, "-fsSL", "--", url]);
    } else if let Some(wget) = environment.find_program("wget") {
        command = Command::new(wget);
        command.args(["-q", "-O", "-", url]);
    } else {
        return Err(FetchError::NoClient);
    }
    answer(&mut command)
}

/// What a tool prints. It is ended when that takes too long or is too much.
///
/// # Errors
/// [`FetchError`]; also when it ends with another code than 0.
pub(crate) fn answer(command: &mut Command) -> Result<Vec<u8>, FetchError> {
    let program = Sanitised::path(command.get_program().as_ref()).to_string();
    // Of its own group, so that what it starts is ended with it.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| FetchError::NotStarted {
        program: program.clone(),
        reason: handoff_files::reason(&error),
    })?;
    let until = Instant::now() + TIMEOUT;
    let read = read(&mut child, &program, until).and_then(|read| ended(&mut child, until).map(|()| read));
    if read.is_err()
        && let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
    {
        // It has ended, then.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = child.wait();
    let (stdout, stderr) = read?;
    match status {
        Ok(status) if status.success() => Ok(stdout),
        Ok(status) => Err(FetchError::Failed {
            program,
            status: status.to_string(),
            stderr: Sanitised::line(&stderr, MAX_STDERR_BYTES).to_string(),
        }),
        Err(error) => Err(FetchError::NotStarted { program, reason: handoff_files::reason(&error) }),
    }
}

/// Waits for the end of a program that has closed its outputs.
fn ended(child: &mut Child, until: Instant) -> Result<(), FetchError> {
    const PAUSE: Duration = Duration::from_millis(10);
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() >= until {
            return Err(FetchError::Timeout);
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Both outputs to their ends.
fn read(child: &mut Child, program: &str, until: Instant) -> Result<(Vec<u8>, Vec<u8>), FetchError> {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (mut answer, mut complaint) = (Vec::new(), Vec::new());
    while stdout.is_some() || stderr.is_some() {
        let is_ready = |revents: PollFlags| !revents.is_empty();
        let (from_stdout, from_stderr) = {
            let mut watched = Vec::new();
            watched.extend(stdout.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            watched.extend(stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            wait(&mut watched, until).map_err(|error| match error {
                Some(error) => FetchError::NotWaited {
                    program: program.to_owned(),
                    reason: handoff_files::reason(&error.into()),
                },
                None => FetchError::Timeout,
            })?;
            let mut ready = watched.iter().map(|fd| is_ready(fd.revents()));
            (stdout.is_some() && ready.next() == Some(true), stderr.is_some() && ready.next() == Some(true))
        };
        if from_stdout {
            take(&mut stdout, &mut answer);
        }
        if from_stderr {
            take(&mut stderr, &mut complaint);
        }
        if answer.len() + complaint.len() > MAX_ANSWER_BYTES {
            return Err(FetchError::TooLarge);
        }
    }
    Ok((answer, complaint))
}

/// Waits until one of the pipes has something, or is closed. Err with what the system says, or nothing when it took too
/// long.
fn wait(watched: &mut [PollFd<'_>], until: Instant) -> Result<(), Option<Errno>> {
    let left = until.saturating_duration_since(Instant::now());
    match poll(watched, Timespec::try_from(left).ok().as_ref()) {
        Ok(0) => Err(None),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(Some(error)),
    }
}

/// Takes what a pipe has; none is left of one that is at its end.
fn take(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) {
    let mut bytes = [0; 8192];
    match pipe.as_mut().map(|pipe| pipe.read(&mut bytes)) {
        Some(Ok(count)) if count > 0 => into.extend_from_slice(&bytes[..count]),
        _ => *pipe = None,
    }
}
