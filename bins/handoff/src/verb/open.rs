//! `handoff open`: the interactive agent in the conversation of a run.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use handoff_backends::{Backend, Config, Conversation, Launch, Task};
use handoff_files::{Dir, FileError, Lock};
use handoff_process::{Environment, Failure};
use handoff_runs::Runs;
use handoff_text::Sanitised;
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use crate::here::Here;
use crate::resumable::{Native, Resumable};
use crate::supervise::Signals;
use crate::supervise::guard::StartError;

/// What the file of an opened run's settings is called: `<id>.open-<process>.settings.json`.
const OPEN: &str = ".open-";
const END: &str = ".settings.json";

/// How often to look whether the agent has ended.
const TICK: Duration = Duration::from_millis(50);

/// How often a file that others tidied away is made again.
const TRIES: usize = 5;

/// The conversation of the run `id`, or `native`.
pub(crate) fn run(here: &Here<'_>, id: Option<&str>, native: Option<Native>) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let old = here.resumable(&runs, id, native)?;
    conversation(here, &runs, &old)
}

/// Checks that the conversation of the run `id` can be opened, as far as can be told without doing it. Prints nothing.
///
/// # Errors
/// Why it can't.
pub(crate) fn check(here: &Here<'_>, runs: &Runs, id: &str) -> Result<(), Failure> {
    let old = here.resumable(runs, Some(id), None)?;
    check_free(runs, &old)?;
    let config = here.read_config()?;
    let backend = backend_of(&config, &old)?;
    find_program(&launch(here, &old, backend, &settings_of(here, &old))?)
}

/// Checks that the program of `launch` is there.
fn find_program(launch: &Launch) -> Result<(), Failure> {
    let path = launch.env.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
    let environment = Environment { path, ..Environment::default() };
    let is_there = launch.program.to_str().is_none_or(|name| environment.find_program(name).is_some());
    // A relative directory on PATH is one of where the agent is to work, which the system looks into.
    if is_there || environment.search_path().iter().any(|directory| directory.is_relative()) {
        return Ok(());
    }
    Err(StartError::NotFound(launch.program.clone()).into())
}

/// Becomes the agent.
pub(crate) fn conversation(here: &Here<'_>, runs: &Runs, old: &Resumable) -> Result<u8, Failure> {
    check_free(runs, old)?;
    let config = here.config()?;
    let backend = backend_of(&config, old)?;
    here.warn(&backend.warnings(old.pro));
    let settings = settings_of(here, old);
    let launch = launch(here, old, backend, &settings)?;
    let mut agent = Command::new(&launch.program);
    agent.args(&launch.args).env_clear().envs(launch.env.iter().cloned()).current_dir(&old.cwd);
    let failed = |error| Failure::from(StartError::of(&launch.program, error));
    let Some(text) = &launch.settings else { return Err(failed(agent.exec())) };
    // Somebody has to be there to remove the token when it is over, also when the terminal is closed.
    let signals = Signals::listen()?;
    let kept = Kept::put(&settings, text)?;
    let status = agent.spawn().and_then(|agent| wait(agent, &signals));
    kept.remove()?;
    let status = status.map_err(failed)?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}

/// Checks that no run is at work on the conversation.
fn check_free(runs: &Runs, old: &Resumable) -> Result<(), Failure> {
    match runs.on_conversation(&old.session)?.first() {
        Some(row) => Err(super::dispatch::at_work(row)),
        None => Ok(()),
    }
}

fn backend_of<'c>(config: &'c Config, old: &Resumable) -> Result<&'c Backend, Failure> {
    config.backend(old.backend.as_deref()).map_err(|error| Failure::usage(error.to_string()))
}

/// Where the settings are as long as the agent runs.
fn settings_of(here: &Here<'_>, old: &Resumable) -> PathBuf {
    here.home.join("runs").join(format!("{}{OPEN}{}{END}", old.name, std::process::id()))
}

/// The command of `backend` that goes on with the conversation `old`.
fn launch(here: &Here<'_>, old: &Resumable, backend: &Backend, settings: &Path) -> Result<Launch, Failure> {
    if !handoff_files::is_directory(&old.cwd) {
        return Err(Failure::new(format!(
            "could not work in {}: there is no such directory",
            Sanitised::path(&old.cwd)
        )));
    }
    let environment = Environment::all();
    Ok(backend.open(&Task {
        cwd: &old.cwd,
        home: here.user(),
        pro: old.pro,
        conversation: Conversation::Resume(&old.session),
        environment: &environment,
        settings,
    })?)
}

/// Waits for the end of `agent`. What is to end us goes on to it, except an interrupt: that is a key, and the terminal
/// gives it to both.
fn wait(mut agent: Child, signals: &Signals) -> std::io::Result<ExitStatus> {
    let mut told = 0;
    loop {
        if let Some(status) = agent.try_wait()? {
            return Ok(status);
        }
        let signal = signals.received().filter(|&signal| signal != told);
        if let Some(signal) = signal {
            told = signal;
            let process = i32::try_from(agent.id()).ok().and_then(Pid::from_raw);
            if let (Some(process), Some(signal)) = (process, Signal::from_named_raw(signal))
                && signal != Signal::INT
            {
                // It may be gone.
                let _ = rustix::process::kill_process(process, signal);
            }
        }
        std::thread::sleep(TICK);
    }
}

/// A file with a token, locked for as long as it is needed.
struct Kept {
    dir: Dir,
    name: OsString,
    _lock: std::fs::File,
}

impl Kept {
    fn put(path: &Path, text: &str) -> Result<Self, Failure> {
        let absent = || Failure::new(format!("could not write {}", Sanitised::path(path)));
        let (parent, name) = path.parent().zip(path.file_name()).ok_or_else(absent)?;
        let dir = Dir::open(parent)?.ok_or_else(absent)?;
        // Somebody may tidy up between the making and the locking.
        for _ in 0..TRIES {
            let Some(file) = dir.create_new(name)? else {
                // Of a process of our number that is no more.
                dir.remove(name)?;
                continue;
            };
            if file.lock()? == Lock::Busy || !dir.open_file(name).is_ok_and(|now| now.is_same(&file)) {
                continue;
            }
            let kept = Self { dir, name: name.to_owned(), _lock: file.into_file() };
            return match (&kept._lock).write_all(text.as_bytes()) {
                Ok(()) => Ok(kept),
                Err(error) => {
                    // The first error is the one to tell.
                    let _ = kept.remove();
                    Err(Failure::new(format!(
                        "could not write {}: {}",
                        Sanitised::path(path),
                        handoff_files::reason(&error)
                    )))
                }
            };
        }
        Err(absent())
    }

    fn remove(self) -> Result<(), FileError> {
        self.dir.remove(&self.name)
    }
}

/// Removes the tokens that killed ones left in `dir`.
pub(crate) fn sweep(dir: &Dir) {
    for entry in dir.entries().unwrap_or_default() {
        let name = entry.name.to_string_lossy();
        let Some((_, process)) = name.strip_suffix(END).and_then(|name| name.rsplit_once(OPEN)) else {
            continue;
        };
        let is_gone = || {
            let process = process.parse().ok().and_then(Pid::from_raw);
            process.is_some_and(|process| rustix::process::test_kill_process(process) == Err(Errno::SRCH))
        };
        let is_free = match dir.open_file(&entry.name).and_then(|file| file.lock()) {
            Ok(Lock::Taken) => true,
            Ok(Lock::Unsupported) => is_gone(),
            _ => false,
        };
        if is_free {
            // What cannot be removed now is the next time.
            let _ = dir.remove(&entry.name);
        }
    }
}
