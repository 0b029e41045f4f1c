//! `run` and `resume`: a task goes out, the truth comes back.

use std::path::{Path, PathBuf};

use handoff_backends::{Backend, Launch};
use handoff_dispatch::{Native, Notice, Observer, Order, Signals};
use handoff_document::Timestamp;
use handoff_process::{Environment, Failure};
use handoff_runs::{RunId, Runs};
use handoff_text::Sanitised;

use super::conclude::report;
use super::open;
use super::prompt::{self, Prompt};
use crate::args::{Source, Task};
use crate::failure::failure;
use crate::here::{self, Here};

/// `handoff run`.
pub(crate) fn run(here: &Here<'_>, task: &Task) -> Result<u8, Failure> {
    let reserved = match &task.source {
        Some(Source::File(path)) => reserved_for(here, path)?,
        _ => None,
    };
    let prompt = prompt::read(here.output, task)?.ok_or_else(prompt::missing)?;
    let config = here.config()?;
    let backend = config.backend(task.backend.as_deref().or(reserved.as_deref())).map_err(failure)?;
    let runs = here.runs()?;
    let cwd = directory(task.cwd.clone())?;
    dispatch(here, &runs, task, &prompt, backend, &cwd, None)
}

/// The backend that the prompt at `path` is reserved for, if it is.
fn reserved_for(here: &Here<'_>, path: &Path) -> Result<Option<String>, Failure> {
    if !path.to_string_lossy().ends_with(".prompt.md") || !handoff_files::is_directory(here.home()) {
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
    let old = here::resumable(&runs, id, native)?;
    let prompt = match prompt::read(here.output, task)? {
        Some(prompt) => prompt,
        None if task.dry_run => return Err(prompt::missing()),
        None => return open::conversation(here, &runs, &old),
    };
    let config = here.config()?;
    old.check_backend(task.backend.as_deref()).map_err(failure)?;
    let backend = config.backend(old.backend.as_deref()).map_err(failure)?;
    let cwd = directory(Some(task.cwd.clone().unwrap_or_else(|| old.cwd.clone())))?;
    // The conversation goes on with the model that it had last.
    let last = runs.last_on_conversation(&old.session)?;
    let pro = task.pro.or(last.map(|last| last.pro));
    let task = &Task { pro, ..task.clone() };
    dispatch(here, &runs, task, &prompt, backend, &cwd, Some(&old.session))
}

fn directory(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let path = match named {
        Some(path) => std::path::absolute(&path).unwrap_or(path),
        None => Environment::working_directory()?,
    };
    if handoff_files::is_directory(&path) {
        Ok(path)
    } else {
        Err(Failure::usage(format!(
            "could not work in {}: there is no such directory",
            Sanitised::path(&path)
        )))
    }
}

fn dispatch(
    here: &Here<'_>,
    runs: &Runs,
    task: &Task,
    prompt: &Prompt,
    backend: &Backend,
    cwd: &Path,
    resumed: Option<&str>,
) -> Result<u8, Failure> {
    let is_pro = task.pro.unwrap_or_default();
    here.warn(&backend.warnings(is_pro));
    if task.fast {
        here.warn(backend.fast_warning().as_slice());
    }
    // From before there is a run: whatever began has an end in order.
    let signals = Signals::listen()?;
    let caller = Environment::working_directory().ok();
    let order = Order {
        backend,
        prompt: &prompt.bytes,
        prompt_file: match &task.source {
            Some(Source::File(path)) => Some(path),
            _ => None,
        },
        slug: task.slug.as_deref().unwrap_or(if resumed.is_some() { "resume" } else { prompt.slug }),
        cwd,
        is_pro,
        is_fast: task.fast,
        timeout: task.timeout,
        caller: caller.as_deref(),
        to_inbox: task.to_inbox,
        resumed,
        guard: &Environment::own_program()?,
    };
    if task.dry_run {
        let launch = here.dispatcher.preview(&order).map_err(|error| Failure::new(error.to_string()))?;
        here.output.print(&command_line(cwd, &launch));
        return Ok(0);
    }
    let observer = Printer { here, is_quiet: task.quiet, is_verbose: task.verbose };
    let concluded = here.dispatcher.dispatch(runs, &order, &signals, &observer).map_err(failure)?;
    Ok(report(&observer, task.print, &concluded))
}

/// The command as a shell takes it, without secrets.
fn command_line(cwd: &Path, launch: &Launch) -> String {
    format!("cd {} && {launch}\n", handoff_process::quoted(cwd))
}

/// Prints what becomes known of the run.
pub(super) struct Printer<'a> {
    pub(super) here: &'a Here<'a>,
    /// Whether of its progress only warnings are shown.
    is_quiet: bool,
    /// Whether the backend's command is shown.
    is_verbose: bool,
}

impl Observer for Printer<'_> {
    fn began(&self, id: &RunId) {
        self.here.output.print(&format!("RUN_ID={id}\n"));
    }

    fn launching(&self, cwd: &Path, launch: &Launch) {
        if self.is_verbose {
            self.here.output.note(&command_line(cwd, launch));
        }
    }

    /// The file has UTC, a person the time of where they are.
    fn progress(&self, line: &str, is_warning: bool) {
        if !self.is_quiet || is_warning {
            self.here.output.note(&handoff_clock::local_times(line, Timestamp::now()));
        }
    }

    fn notice(&self, notice: &Notice<'_>) {
        self.here.notice(notice);
    }
}
