//! `run` and `resume`: a task goes out, the truth comes back.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_backends::{Backend, Conversation as Talk};
use handoff_process::{Environment, Failure};
use handoff_runs::{Conversation, NewRun, Row, Run, Runs};
use handoff_text::Sanitised;
use rustix::io::Errno;
use rustix::process::Pid;

use super::conclude::{End, conclude, unrecorded};
use super::open;
use super::prompt::{self, Prompt};
use crate::args::{Source, Task};
use crate::here::{Here, settings_file};
use crate::resumable::Native;
use crate::supervise::{Ended, Journal, Plan, Signals, Watch, guard, supervise};

/// How long the guard of a killed run may take to end its agent: it needs the grace of [`supervise`].
const GUARD_TIMEOUT: Duration = Duration::from_secs(10);
const GUARD_TICK: Duration = Duration::from_millis(50);

/// `handoff run`.
pub(crate) fn run(here: &Here<'_>, task: &Task) -> Result<u8, Failure> {
    let reserved = match &task.source {
        Some(Source::File(path)) => reserved_for(here, path)?,
        _ => None,
    };
    let prompt = prompt::read(here.output, task)?.ok_or_else(prompt::missing)?;
    let config = here.config()?;
    let backend = config
        .backend(task.backend.as_deref().or(reserved.as_deref()))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let runs = here.runs()?;
    let cwd = directory(task.cwd.clone())?;
    dispatch(here, &runs, task, prompt, backend, cwd, None)
}

/// The backend that the prompt at `path` is reserved for, if it is.
fn reserved_for(here: &Here<'_>, path: &Path) -> Result<Option<String>, Failure> {
    if !path.to_string_lossy().ends_with(".prompt.md") || !handoff_files::is_directory(&here.home) {
        return Ok(None);
    }
    let runs = here.runs()?;
    let reserved = match runs.prompt_of(path) {
        Some(id) => runs.reserved_for(&id)?,
        None => None,
    };
    if reserved.is_some() && !handoff_files::is_taken(path) {
        return Err(Failure::usage(format!("write the prompt to {} first", Sanitised::path(path))));
    }
    Ok(reserved)
}

/// `handoff resume`: the same conversation, with the same backend.
pub(crate) fn resume(
    here: &Here<'_>,
    id: Option<&str>,
    native: Option<Native>,
    task: &Task,
) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let old = here.resumable(&runs, id, native)?;
    let Some(prompt) = prompt::read(here.output, task)? else { return open::conversation(here, &runs, &old) };
    let config = here.config()?;
    old.check_backend(task.backend.as_deref())?;
    let backend =
        config.backend(old.backend.as_deref()).map_err(|error| Failure::usage(error.to_string()))?;
    let cwd = directory(Some(task.cwd.clone().unwrap_or_else(|| old.cwd.clone())))?;
    // The conversation goes on with the model that it had last.
    let last = runs.last_on_conversation(&old.session)?;
    let pro = task.pro.or(last.map(|last| last.pro));
    let task = &Task { pro, ..task.clone() };
    dispatch(here, &runs, task, prompt, backend, cwd, Some(&old.session))
}

fn directory(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let path = match named {
        Some(path) => std::path::absolute(&path).unwrap_or(path),
        None => Environment::working_directory()?,
    };
    match handoff_files::is_directory(&path) {
        true => Ok(path),
        false => Err(Failure::usage(format!(
            "could not work in {}: there is no such directory",
            Sanitised::path(&path)
        ))),
    }
}

fn dispatch(
    here: &Here<'_>,
    runs: &Runs,
    task: &Task,
    prompt: Prompt,
    backend: &Backend,
    cwd: PathBuf,
    resumed: Option<&str>,
) -> Result<u8, Failure> {
    let pro = task.pro.unwrap_or_default();
    here.warn(&backend.warnings(pro));
    let caller = rustix::process::getppid();
    // From before there is a run: whatever began has an end in order.
    let signals = Signals::listen()?;
    let from = Environment::working_directory().ok();
    let conversation = resumed.map_or(Ok(Conversation::New), |session| take_over(runs, session))?;
    // Where the list does not say, all that the conversation used counts as this run's.
    let earlier = resumed.and_then(|session| runs.used_by(session).ok().flatten());
    let slug = task.slug.as_deref().unwrap_or(if resumed.is_some() { "resume" } else { prompt.slug });
    let new = NewRun {
        backend: &backend.name,
        slug,
        cwd: &cwd,
        prompt: &prompt.bytes,
        model: backend.model(pro),
        pro,
        caller: from.as_deref(),
        to_inbox: task.to_inbox,
        conversation,
    };
    let reserved = match &task.source {
        Some(Source::File(path)) => runs.prompt_of(path),
        _ => None,
    };
    let mut run = match reserved {
        Some(id) => runs.adopt(&id, new).map_err(|error| Failure::usage(error.to_string()))?,
        None => runs.begin(new)?,
    };
    here.output.print(&format!("RUN_ID={}\n", run.id()));
    unrecorded(here, run.unrecorded(), "the run goes on without being listed");
    let out = run.create_out();
    if let Err(error) = &out {
        here.output.note(&format!("warning: {error}; the progress is not kept\n"));
    }
    let mut journal = Journal::new(out.ok(), here.output, task.quiet);
    let order = Order { task, backend, cwd: &cwd, resumed };
    let ended = carry_out(here, &order, &mut run, &signals, &mut journal);
    let is_orphan = is_orphan(caller);
    let end = End { ended, earlier, from: from.as_deref(), is_orphan, backend, prompt: &prompt.bytes };
    conclude(here, task, run, &end, journal)
}

/// The conversation `session`, held by no other run.
fn take_over(runs: &Runs, session: &str) -> Result<Conversation, Failure> {
    let Some(lock) = runs.lock_conversation(session)? else { return Err(busy(runs, session)) };
    wait_for_guard(runs, session)?;
    Ok(Conversation::Old(lock))
}

/// Whether the process that started us, `caller` then, is gone.
fn is_orphan(caller: Option<Pid>) -> bool {
    let now = rustix::process::getppid();
    // A caller that ended before we looked has left us to process 1; but in a container that may be the caller itself, and
    // then it leads our process group, or we do.
    let is_alone = || rustix::process::test_kill_process(rustix::process::getpgrp()) == Err(Errno::SRCH);
    now != caller || (now.is_some_and(Pid::is_init) && is_alone())
}

/// Waits until the agent of the run that was last on the conversation `session` is gone: its supervisor may have been
/// killed, and then its guard needs a moment to end it.
fn wait_for_guard(runs: &Runs, session: &str) -> Result<(), Failure> {
    let Some(last) = runs.last_on_conversation(session)? else { return Ok(()) };
    let start = Instant::now();
    while runs.is_guarded(&last)? {
        if start.elapsed() > GUARD_TIMEOUT {
            return Err(Failure::new(format!(
                "the agent of {} has not ended yet, and two must not be on one conversation: try again later",
                last.id
            )));
        }
        std::thread::sleep(GUARD_TICK);
    }
    Ok(())
}

fn busy(runs: &Runs, session: &str) -> Failure {
    let by = runs.on_conversation(session).ok().and_then(|rows| rows.into_iter().next());
    by.map_or_else(
        || Failure::new("another run is at work on this conversation: try again when it has ended"),
        |row| at_work(&row),
    )
}

/// Why the conversation of `row`, which is at work, is not taken up: two agents must not be on one.
pub(super) fn at_work(row: &Row) -> Failure {
    let id = &row.id;
    Failure::new(format!("{id} is at work on this conversation: handoff wait {id}, or handoff stop {id}"))
}

/// The run's own notes of what the supervisor learns.
struct Notes<'n, 'r>(&'n mut Run<'r>);

impl Watch for Notes<'_, '_> {
    fn begun(&mut self, process: i32) {
        self.0.note_process(process);
    }

    fn session(&mut self, id: &str) {
        // Two runs on one conversation are the backend's doing; each has its own result.
        let _ = self.0.note_session(id);
    }
}

/// What a run is to do.
struct Order<'a> {
    task: &'a Task,
    backend: &'a Backend,
    cwd: &'a Path,
    /// The conversation that goes on.
    resumed: Option<&'a str>,
}

/// Launches the backend and sees it through.
fn carry_out(
    here: &Here<'_>,
    order: &Order<'_>,
    run: &mut Run<'_>,
    signals: &Signals,
    journal: &mut Journal,
) -> Result<Ended, LaunchError> {
    let Order { task, backend, cwd, resumed } = *order;
    let environment = Environment::all();
    let uuid = run.uuid().to_owned();
    let settings = settings_file(&here.home, run.id().as_str());
    let launch = backend.run(&handoff_backends::Task {
        cwd,
        home: here.user(),
        pro: task.pro.unwrap_or_default(),
        conversation: resumed.map_or(Talk::New(&uuid), Talk::Resume),
        environment: &environment,
        settings: &settings,
    });
    let launch = launch?;
    if let Some(text) = &launch.settings {
        put(&settings, text)?;
    }
    if task.verbose {
        here.output.note(&format!("cd {} && {launch}\n", handoff_process::quoted(cwd)));
    }
    journal.line(&format!(
        "start: {} in {}",
        backend.name,
        Sanitised::line(cwd.as_os_str().as_encoded_bytes(), 400)
    ));
    let files = run.files().clone();
    let stream =
        run.create_stream().map_err(|error| journal.line(&format!("note: the stream is not kept: {error}")));
    let plan = Plan {
        launch: &launch,
        protocol: backend.protocol,
        cwd,
        prompt: &files.prompt,
        settings: &settings,
        timeout: task.timeout,
    };
    let ended = supervise(&plan, signals, stream.ok(), journal, &mut Notes(run));
    ended.map_err(|error| {
        guard::forget(settings.as_os_str());
        LaunchError::NotStarted(error)
    })
}

/// Why a backend could not be launched.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    /// Its entry makes no command.
    #[error(transparent)]
    Backend(#[from] handoff_backends::LaunchError),
    /// Its settings could not be written.
    #[error(transparent)]
    Settings(#[from] handoff_files::FileError),
    /// Its guard could not be started.
    #[error("it could not be started: {}", handoff_files::reason(.0))]
    NotStarted(std::io::Error),
}

/// Writes a file of the user's alone.
fn put(path: &Path, text: &str) -> Result<(), handoff_files::FileError> {
    handoff_files::Foreign::read(path, 1 << 20)?.replace(text.as_bytes())
}
