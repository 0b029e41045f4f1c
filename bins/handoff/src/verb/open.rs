//! `handoff open`: the interactive agent in the conversation of a run.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use handoff_backends::{Backend, Conversation, Launch, LaunchError, Task, UnknownBackend};
use handoff_dispatch::guard::StartError;
use handoff_dispatch::{
    ConversationError, DispatchError, Native, NoConfig, OpenedSettings, Resumable, Signals, check_free,
};
use handoff_process::{Environment, Failure};
use handoff_runs::Runs;
use handoff_text::Sanitised;
use rustix::process::{Pid, Signal};

use crate::failure::{Misuse, failure};
use crate::here::{self, Here};

/// How often to look whether the agent has ended.
const TICK: Duration = Duration::from_millis(50);

/// Why a conversation is not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotOpened {
    #[error(transparent)]
    Conversation(#[from] ConversationError),
    #[error(transparent)]
    NotFree(#[from] DispatchError),
    #[error(transparent)]
    Config(#[from] NoConfig),
    #[error(transparent)]
    Backend(#[from] UnknownBackend),
    #[error("could not work in {}: there is no such directory", Sanitised::path(.0))]
    NoDirectory(PathBuf),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Misuse for NotOpened {
    fn is_misuse(&self) -> bool {
        match self {
            Self::Conversation(error) => error.is_misuse(),
            Self::NotFree(error) => error.is_misuse(),
            Self::Backend(_) => true,
            _ => false,
        }
    }
}

/// The conversation of the run `id`, or `native`.
pub(crate) fn run(here: &Here<'_>, id: Option<&str>, native: Option<Native>) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let old = here::resumable(&runs, id, native)?;
    conversation(here, &runs, &old)
}

/// Checks that the conversation of the run `id` can be opened, as far as is known without doing it. Prints nothing.
///
/// # Errors
/// Why it can't.
pub(crate) fn check(here: &Here<'_>, runs: &Runs, id: &str) -> Result<(), NotOpened> {
    let old = Resumable::find(runs, Some(id), None)?;
    check_free(runs, &old)?;
    let config = here.dispatcher.config()?;
    let backend = config.backend(old.backend.as_deref())?;
    let settings = here.dispatcher.opened_settings(&old.name);
    find_program(&launch(here, &old, backend, &settings)?)
}

/// Checks that the program of `launch` is there.
fn find_program(launch: &Launch) -> Result<(), NotOpened> {
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
    check_free(runs, old).map_err(failure)?;
    let config = here.config()?;
    let backend = config.backend(old.backend.as_deref()).map_err(failure)?;
    here.warn(&backend.warnings(old.pro));
    let settings = here.dispatcher.opened_settings(&old.name);
    let launch = launch(here, old, backend, &settings).map_err(failure)?;
    let mut agent = Command::new(&launch.program);
    agent.args(&launch.args).env_clear().envs(launch.env.iter().cloned()).current_dir(&old.cwd);
    let failed = |error| Failure::from(StartError::of(&launch.program, error));
    let Some(text) = &launch.settings else { return Err(failed(agent.exec())) };
    // A process has to be there to remove the token when it is over, also when the terminal is closed.
    let signals = Signals::listen()?;
    let kept = OpenedSettings::write(&settings, text)?;
    let status = agent.spawn().and_then(|agent| wait(agent, &signals));
    kept.remove()?;
    let status = status.map_err(failed)?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}

/// The command of `backend` that goes on with the conversation `old`.
fn launch(here: &Here<'_>, old: &Resumable, backend: &Backend, settings: &Path) -> Result<Launch, NotOpened> {
    if !handoff_files::is_directory(&old.cwd) {
        return Err(NotOpened::NoDirectory(old.cwd.clone()));
    }
    let environment = Environment::all();
    Ok(backend.open(&Task {
        cwd: &old.cwd,
        home: here.user(),
        pro: old.pro,
        fast: false,
        conversation: Conversation::Resume(&old.session),
        environment: &environment,
        settings,
    })?)
}

/// Waits for the end of `agent`. What is to end us goes on to it, except an interrupt: that is a key, and the terminal
/// gives it to both.
fn wait(mut agent: Child, signals: &Signals) -> std::io::Result<ExitStatus> {
    let mut passed_on = 0;
    loop {
        if let Some(status) = agent.try_wait()? {
            return Ok(status);
        }
        let signal = signals.received().filter(|&signal| signal != passed_on);
        if let Some(signal) = signal {
            passed_on = signal;
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
