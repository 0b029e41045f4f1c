//! Running `git`, bounded in time and size.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// The most that is kept of each output; a git server's answer to this question has a tenth of it.
const MAX_OUTPUT_BYTES: u64 = 256 << 10;
/// How long it is waited between two looks whether a program that closed its outputs has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// What git did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) is_success: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Why git was stopped, or did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It was not done in time.
    Timeout,
    /// It printed more than [`MAX_OUTPUT_BYTES`].
    TooLong,
    /// It could not be started, or not be waited for.
    Failed,
}

/// Runs `command` to its end. What it started is ended with it.
pub(crate) fn bounded(command: &mut Command, timeout: Duration) -> Result<Ran, Stop> {
    let until = Instant::now() + timeout;
    // Of a group of its own, so that the program that speaks HTTP is ended too.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|_| Stop::Failed)?;
    let ran = read(&mut child, until);
    if ran.is_err() {
        // It was not waited for, so that its id is still its own.
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
    }
    ran
}

/// Both outputs to their ends, and how it ended.
fn read(child: &mut Child, until: Instant) -> Result<Ran, Stop> {
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let (stdout, stderr) = (taken(&stdout, until)?, taken(&stderr, until)?);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Ran { is_success: status.success(), stdout, stderr }),
            Ok(None) if Instant::now() >= until => return Err(Stop::Timeout),
            Ok(None) => std::thread::sleep(PAUSE),
            Err(_) => return Err(Stop::Failed),
        }
    }
}

/// Reads a pipe in a thread, which ends with the pipe or at the limit.
fn reader(pipe: Option<impl Read + Send + 'static>) -> Receiver<Result<Vec<u8>, Stop>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.map(|pipe| pipe.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut bytes));
        let is_too_long = bytes.len() as u64 > MAX_OUTPUT_BYTES;
        let all = match read {
            Some(Ok(_)) if is_too_long => Err(Stop::TooLong),
            Some(Ok(_)) => Ok(bytes),
            Some(Err(_)) | None => Err(Stop::Failed),
        };
        // The other end is gone where it took too long.
        let _ = sender.send(all);
    });
    receiver
}

fn taken(reader: &Receiver<Result<Vec<u8>, Stop>>, until: Instant) -> Result<Vec<u8>, Stop> {
    match reader.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(read) => read,
        Err(RecvTimeoutError::Timeout) => Err(Stop::Timeout),
        Err(RecvTimeoutError::Disconnected) => Err(Stop::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> Result<Ran, Stop> {
        bounded(Command::new("sh").args(["-c", script]), timeout)
    }

    #[test]
    fn output_without_end_is_given_up() {
        let long = Duration::from_secs(60);
        for script in ["head -c 300000 /dev/zero", "head -c 300000 /dev/zero >&2", "yes"] {
            assert_eq!(shell(script, long).unwrap_err(), Stop::TooLong, "{script}");
        }
        let ran = shell("head -c 200000 /dev/zero; echo no >&2; exit 3", long).unwrap();
        assert_eq!(
            (ran.is_success, ran.stdout.len(), ran.stderr.as_slice()),
            (false, 200_000, b"no\n".as_slice())
        );
    }

    #[test]
    fn what_a_command_leaves_running_is_ended_with_it() {
        let begun = Instant::now();
        let stop = shell("sleep 600 & echo left", Duration::from_millis(300)).unwrap_err();
        assert_eq!(stop, Stop::Timeout);
        assert!(begun.elapsed() < Duration::from_secs(300));
    }
}
