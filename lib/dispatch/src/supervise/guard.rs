//! The process between the supervisor and its backend: whatever happens to the supervisor, kill -9 too, the backend and
//! all that it started end.
//!
//! It has another name than the supervisor, so what ends all processes of that name leaves it to do its work; and a guard
//! that is killed all the same takes its backend along, by the system's own means where there are any ([`leash`]). It holds
//! a lock on the prompt's file as long as it lives: [`handoff_runs::Runs::is_guarded`].
//!
//! It leads the backend's process group. Its standard input is a socket whose other end only the supervisor holds: when
//! that is closed, the supervisor has done with the group, or is dead. Until then it stays, also after the backend, which
//! may leave children behind; how the backend ended goes back through the socket. The backend's own input is the
//! prompt's file, so prompts of any size and any bytes arrive as they are, and stand in no argument list.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use handoff_agents::{Protocol, StopRequest};
use handoff_files::FileError;
use handoff_text::Sanitised;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};

use super::phase::KILL_GRACE;
use super::{Plan, descendants, leash};

/// What a guard that cannot start its backend exits with, as shells do.
pub const CANNOT_START: u8 = 127;

/// What an agent with `protocol` is asked to end with.
pub(crate) fn stop_signal(protocol: Protocol) -> Signal {
    match protocol.program().stop {
        StopRequest::Interrupt => Signal::INT,
        StopRequest::Terminate => Signal::TERM,
    }
}

/// A guard, as its supervisor has it.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) child: Child,
    /// While this is open, the group may live.
    lifeline: UnixStream,
}

impl Guard {
    /// Starts the backend of `plan` under a guard: nothing but the launch's own in its environment.
    ///
    /// # Errors
    /// What the system says of the guard; of the backend it is the guard that says it, on standard error.
    pub(crate) fn start(plan: &Plan<'_>) -> std::io::Result<Self> {
        let (lifeline, other) = UnixStream::pair()?;
        lifeline.set_nonblocking(true)?;
        let mut guard = Command::new(plan.guard);
        guard
            .args(["guard", plan.protocol.name()])
            .args([plan.prompt, plan.settings])
            .arg(&plan.launch.program)
            .args(&plan.launch.args);
        guard.env_clear().envs(plan.launch.env.iter().cloned()).current_dir(plan.cwd);
        guard.stdin(OwnedFd::from(other)).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        Ok(Self { child: guard.spawn()?, lifeline })
    }

    /// How the backend ended, once it has.
    pub(crate) fn ended(&mut self) -> Option<Exit> {
        let mut code = [0];
        match self.lifeline.read(&mut code) {
            Ok(1) => Some(Exit::Code(code[0])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            // The guard itself is gone.
            _ => Some(Exit::Unknown),
        }
    }

    /// Asks the group to end, or ends it.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may be gone.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// Ends what is left of the group, and with `all` also what the backend started in groups of their own; gives how the
    /// backend ended.
    pub(crate) fn end(mut self, all: bool) -> Exit {
        let reported = self.ended();
        if all && let Some(guard) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            descendants::end(guard);
        }
        self.signal(Signal::KILL);
        let own = self.child.wait().ok().and_then(|status| status.code());
        match reported {
            Some(Exit::Code(code)) => Exit::Code(code),
            _ if own == Some(i32::from(CANNOT_START)) => Exit::NotStarted,
            _ => Exit::Unknown,
        }
    }
}

/// How a backend's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It never began.
    NotStarted,
    /// With this code; 128 + n for a signal.
    Code(u8),
    /// It was ended before it was known.
    Unknown,
}

/// `handoff guard KIND PROMPT SETTINGS PROGRAM ARGS…`: is the guard, until the supervisor has done with its backend.
///
/// # Errors
/// Why the backend could not be started or waited for, for the supervisor: [`CANNOT_START`] is the exit code then.
pub fn run(command: &[OsString]) -> Result<(), StartError> {
    let [protocol, prompt, settings, program, args @ ..] = command else {
        return Err(StartError::NoCommand);
    };
    let protocol = protocol.to_str().and_then(Protocol::from_name).ok_or(StartError::NoCommand)?;
    #[cfg(target_os = "linux")]
    {
        // Without them it does less, and no harm.
        let _ = rustix::thread::set_name(c"agent-guard");
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
    // A group that is asked to end must not lose its leader before it has.
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    guarded(protocol, prompt, settings, program, args).inspect_err(|_| forget(settings))
}

/// Why a backend could not be started or waited for.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The guard was not given a backend's command.
    #[error("the guard was not given a command")]
    NoCommand,
    /// Its program is not on PATH.
    #[error("could not find {}: install it, or set PATH to where it is", Sanitised::path(.0.as_ref()))]
    NotFound(OsString),
    /// Its program was refused by the system.
    #[error("could not start {}: {}", Sanitised::path(.0.as_ref()), handoff_files::reason(.1))]
    NotStarted(OsString, std::io::Error),
    /// What the leash reported before it could become the backend.
    #[error("{0}")]
    Reported(String),
    /// The guard was gone before the backend began.
    #[cfg(target_os = "linux")]
    #[error("its guard was killed")]
    GuardKilled,
    /// The prompt's file.
    #[error(transparent)]
    Prompt(#[from] FileError),
    /// Its input could not be set, or it could not be waited for.
    #[error("{}", handoff_files::reason(.0))]
    System(std::io::Error),
}

impl StartError {
    /// The system's `error` on starting `program`.
    pub fn of(program: &OsStr, error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound(program.to_owned()),
            _ => Self::NotStarted(program.to_owned(), error),
        }
    }
}

/// Stays until the supervisor has done with the group, and ends with it.
fn guarded(
    protocol: Protocol,
    prompt: &OsStr,
    settings: &OsStr,
    program: &OsStr,
    args: &[OsString],
) -> Result<(), StartError> {
    // Held to the end of this process. Where there are no locks, no `resume` waits.
    let lock = handoff_files::open_regular(Path::new(prompt))?;
    let _ = lock.lock();
    let backend = leash::start(prompt, program, args)?;
    let (of_watched, first) = (settings.to_owned(), stop_signal(protocol));
    let watch = std::thread::spawn(move || {
        handoff_process::read_input(handoff_process::InputLimits { time: None, size: usize::MAX }, |_| false);
        let own = rustix::process::getpgid(None);
        let end = |signal| own.map(|group| rustix::process::kill_process_group(group, signal));
        let _ = end(first);
        std::thread::sleep(KILL_GRACE / 2);
        if first != Signal::TERM {
            let _ = end(Signal::TERM);
        }
        std::thread::sleep(KILL_GRACE / 2);
        forget(&of_watched);
        descendants::end(rustix::process::getpid());
        let _ = end(Signal::KILL);
    });
    let code = exit_code(backend)?;
    forget(settings);
    // A supervisor that is gone gets nothing.
    let _ = rustix::io::write(rustix::stdio::stdin(), &[code]);
    // Only what the backend left behind is to hold its output now. We write there no more.
    let _ = rustix::stdio::dup2_stdout(rustix::stdio::stdin());
    let _ = rustix::stdio::dup2_stderr(rustix::stdio::stdin());
    let _ = watch.join();
    drop(lock);
    Ok(())
}

/// Waits for the end of `backend`, and takes note of other processes that were left to us; gives its exit code, 128 + n for
/// a signal.
fn exit_code(backend: Pid) -> Result<u8, StartError> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((process, status))) if process == backend => {
                let signal = status.terminating_signal().map(|signal| 128 + signal);
                return Ok(u8::try_from(status.exit_status().or(signal).unwrap_or(1)).unwrap_or(1));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(StartError::System(error.into())),
        }
    }
}

/// Removes a file that may hold a token, if it was needed.
pub(crate) fn forget(settings: &OsStr) {
    if let Ok(file) = handoff_files::Foreign::read(Path::new(settings), 1 << 20) {
        // What cannot be removed the user alone can read.
        let _ = file.remove();
    }
}
