//! The process between the supervisor and its backend: whatever happens to the supervisor, kill -9 too, the backend and
//! all that it started end.
//!
//! It leads the backend's process group. Its standard input is a pipe that only the supervisor holds open: when that
//! ends while the backend runs, the supervisor is dead. The backend's own input is the prompt's file, so prompts of any
//! size and any bytes arrive as they are, and stand in no argument list.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use handoff_process::{Environment, Output};
use rustix::process::{Pid, Signal};

use super::Plan;

/// What a guard that cannot start its backend exits with, as shells do.
pub(crate) const CANNOT_START: u8 = 127;

/// Between asking a group to end and ending it.
pub(crate) const MERCY: Duration = Duration::from_secs(2);

/// Starts the backend of `plan` under a guard: nothing but the launch's own in its environment.
///
/// # Errors
/// What the system says of the guard; of the backend it is the guard that says it, on standard error.
pub(crate) fn start(plan: &Plan<'_>) -> std::io::Result<Child> {
    let mut guard = Command::new(Environment::own_program()?);
    guard.arg("guard").args([plan.prompt, plan.settings]).arg(&plan.launch.program).args(&plan.launch.args);
    guard.env_clear().envs(plan.launch.env.iter().cloned()).current_dir(plan.cwd);
    guard.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    guard.spawn()
}

/// Asks the group of a guard to end, or ends it.
pub(crate) fn signal(guard: &Child, signal: Signal) {
    if let Some(group) = i32::try_from(guard.id()).ok().and_then(Pid::from_raw) {
        // It may be gone.
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

/// `handoff guard PROMPT SETTINGS PROGRAM ARGS…`: is the guard.
pub(crate) fn run(command: &[OsString], output: &Output) -> u8 {
    let [prompt, settings, program, args @ ..] = command else { return CANNOT_START };
    // A group that is asked to end must not lose its leader before it has.
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    let code = guarded(prompt, settings, program, args).unwrap_or_else(|error| {
        output.complain(error);
        CANNOT_START
    });
    forget(settings);
    code
}

fn guarded(prompt: &OsStr, settings: &OsStr, program: &OsStr, args: &[OsString]) -> Result<u8, String> {
    let prompt = handoff_files::open_named(Path::new(prompt)).map_err(|error| error.to_string())?;
    let mut backend = Command::new(program).args(args).stdin(prompt).spawn().map_err(|error| {
        format!("could not start {}: {}", Path::new(program).display(), handoff_files::reason(&error))
    })?;
    let settings = settings.to_owned();
    std::thread::spawn(move || {
        handoff_process::read_input(handoff_process::Patience { time: None, size: usize::MAX }, |_| false);
        let own = rustix::process::getpgid(None);
        let end = |signal| own.map(|group| rustix::process::kill_process_group(group, signal));
        let _ = end(Signal::TERM);
        std::thread::sleep(MERCY);
        forget(&settings);
        let _ = end(Signal::KILL);
    });
    let status = backend.wait().map_err(|error| handoff_files::reason(&error))?;
    let signal = status.signal().map(|signal| 128 + signal);
    Ok(u8::try_from(status.code().or(signal).unwrap_or(1)).unwrap_or(1))
}

/// Removes a file that may hold a token, if it was needed.
fn forget(settings: &OsStr) {
    if let Ok(file) = handoff_files::Foreign::read(Path::new(settings), 1 << 20) {
        // What cannot be removed the user alone can read.
        let _ = file.remove();
    }
}
