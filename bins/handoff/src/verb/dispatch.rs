//! `run` and `resume`: a task goes out, the truth comes back.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_backends::{Backend, Conversation as Talk, Kind};
use handoff_process::{Environment, Failure};
use handoff_runs::{Conversation, Ending, NewRun, Run, Runs, State, Usage};
use handoff_stream::Dialect;
use handoff_text::Sanitised;
use rustix::io::Errno;
use rustix::process::Pid;

use super::prompt::{self, Prompt};
use super::{deliver, open};
use crate::args::{Source, Task};
use crate::here::{Here, settings_file};
use crate::resumable::Native;
use crate::supervise::{Ended, Journal, Plan, Signals, Watch, guard, notify, supervise};

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
    let Some(prompt) = prompt::read(here.output, task)? else { return open::conversation(here, &old) };
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
    let conversation = match resumed {
        None => Conversation::New,
        Some(session) => match runs.lock_conversation(session)? {
            Some(lock) => {
                wait_for_guard(runs, session)?;
                Conversation::Old(lock)
            }
            None => return Err(busy(runs, session)),
        },
    };
    // A list that cannot tell is no hindrance: then all of it is this run's.
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
    let run = match reserved {
        Some(id) => runs.adopt(&id, new).map_err(|error| Failure::usage(error.to_string()))?,
        None => runs.begin(new)?,
    };
    here.output.print(&format!("RUN_ID={}\n", run.id()));
    unrecorded(here, run.unrecorded(), "the run goes on without being listed");
    let mut run = run;
    let out = run.create_out();
    if let Err(error) = &out {
        here.output.note(&format!("warning: {error}; the progress is not kept\n"));
    }
    let mut journal = Journal::new(out.ok(), here.output, task.quiet);
    let order = Order { task, backend, cwd: &cwd, resumed };
    let ended = carry_out(here, &order, &mut run, &signals, &mut journal);
    let is_orphan = is_orphan(caller);
    let end = End { ended, earlier, from: from.as_deref(), is_orphan, backend, prompt: &prompt.bytes };
    conclude(here, task, run, end, journal)
}

/// Whether whoever started us, `caller` then, is gone.
fn is_orphan(caller: Option<Pid>) -> bool {
    let now = rustix::process::getppid();
    // Whoever went before we looked had left us to process 1 by then; but in a container that may be the caller itself,
    // and then it leads our process group, or we do.
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
    let by = runs.on_conversation(session).ok().and_then(|rows| rows.first().map(|row| row.id.to_string()));
    let by = by.unwrap_or_else(|| "another run".to_owned());
    Failure::new(format!("{by} is at work on this conversation: handoff wait, or handoff stop"))
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

/// Launches the backend and sees it through; Err is why it could not be launched.
fn carry_out(
    here: &Here<'_>,
    order: &Order<'_>,
    run: &mut Run<'_>,
    signals: &Signals,
    journal: &mut Journal,
) -> Result<Ended, String> {
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
    let launch = launch.map_err(|error| error.to_string())?;
    if let Some(text) = &launch.settings {
        put(&settings, text).map_err(|error| error.to_string())?;
    }
    if task.verbose {
        here.output.note(&format!("cd {} && {launch}\n", handoff_process::quoted(cwd)));
    }
    journal.line(&format!(
        "start: {} in {}",
        backend.name,
        Sanitised::line(cwd.as_os_str().as_encoded_bytes(), 400)
    ));
    let dialect = match backend.kind {
        Kind::Claude => Dialect::Claude,
        Kind::Codex => Dialect::Codex,
    };
    let files = run.files().clone();
    let stream =
        run.create_stream().map_err(|error| journal.line(&format!("note: the stream is not kept: {error}")));
    let plan = Plan {
        launch: &launch,
        kind: backend.kind,
        dialect,
        cwd,
        prompt: &files.prompt,
        settings: &settings,
        timeout: task.timeout,
    };
    let ended = supervise(&plan, signals, stream.ok(), journal, &mut Notes(run));
    ended.map_err(|error| {
        guard::forget(settings.as_os_str());
        format!("it could not be started: {}", handoff_files::reason(&error))
    })
}

/// Writes a file of the user's alone.
fn put(path: &Path, text: &str) -> Result<(), handoff_files::FileError> {
    handoff_files::Foreign::read(path, 1 << 20)?.replace(text.as_bytes())
}

/// What there is to tell at the end.
struct End<'a> {
    /// Err is why it could not be launched.
    ended: Result<Ended, String>,
    /// What the conversation had used before.
    earlier: Option<Usage>,
    /// Where it was asked for.
    from: Option<&'a Path>,
    is_orphan: bool,
    backend: &'a Backend,
    prompt: &'a [u8],
}

/// Writes how it ended, says so, and tells whoever has to know.
fn conclude(
    here: &Here<'_>,
    task: &Task,
    run: Run<'_>,
    end: End<'_>,
    mut journal: Journal,
) -> Result<u8, Failure> {
    let End { ended, earlier, from, is_orphan, backend, prompt } = end;
    let id = run.id().to_string();
    let files = run.files().clone();
    let (state, reason, mut text, usage, signal) = match &ended {
        Ok(ended) => (
            ended.state,
            ended.reason.clone(),
            text_of(ended, &files),
            usage_of(ended, earlier.as_ref()),
            ended.signal,
        ),
        Err(reason) => {
            (State::Error, Some(reason.clone()), format!("The run failed: {reason}\n"), None, None)
        }
    };
    let hint = reason.as_deref().filter(|_| state == State::Error).and_then(|reason| backend.hint(reason));
    if let Some(hint) = &hint {
        text.push_str(&format!("\nHint: {hint}\n"));
    }
    let (usage, conversation_usage) = usage.unzip();
    // One that ended without a count leaves what was there for the next.
    let conversation_usage = conversation_usage.or(earlier);
    let ending =
        Ending { state, reason: reason.as_deref(), text: text.as_bytes(), usage, conversation_usage };
    let done = run.finish(&ending, |state| {
        if task.to_inbox || is_orphan {
            let about = deliver::About { id: &id, backend: &backend.name, prompt: &files.prompt };
            let told = deliver::result(here, &about, state, &text, &files.result, from);
            if let Err(why) = &told {
                here.output.complain(format_args!("{id}: could not leave the result in the inbox: {why}"));
            }
            return told.is_ok();
        }
        true
    });
    unrecorded(here, done.unrecorded.as_ref(), "how the run ended is not in the list yet");
    // In one line: a reason is a backend's words, and no line may begin with them.
    let reason = reason.map(|reason| Sanitised::line(reason.as_bytes(), 500));
    if let Some(reason) = &reason {
        here.output.complain(format_args!("{id}: {}: {reason}", state.name()));
    }
    if let Some(hint) = &hint {
        here.output.note(&format!("hint: {hint}\n"));
    }
    let ended = notify::Ended {
        id: &id,
        backend: &backend.name,
        state: done.state.name(),
        prompt,
        result: &files.result,
    };
    if let Err(why) = notify::tell(&backend.notify, &ended) {
        here.output.note(&format!("warning: {why}\n"));
    }
    let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    journal.ended(done.state.name(), &why);
    let shown = task.print || here.output.is_terminal();
    if shown || (done.result.is_err() && state == State::Success) {
        here.output.print(&unforged(&text));
    }
    match &done.result {
        Ok(path) => {
            journal.end(&format!("RESULT={}", path.display()));
            here.output.print_exact(&format!("RESULT={}\n", path.display()));
        }
        Err(error) => here.output.complain(format_args!("{id}: {error}")),
    }
    Ok(match (done.state, signal) {
        // Also one that was asked to end: what it was for is done.
        (State::Success, _) => 0,
        (_, Some(signal)) => u8::try_from(128 + signal).unwrap_or(1),
        _ => 1,
    })
}

fn unrecorded(here: &Here<'_>, error: Option<&handoff_runs::RecordError>, so: &str) {
    if let Some(error) = error {
        here.output.note(&format!("warning: {error}; {so}\n"));
    }
}

/// The result, or all that there is to say instead.
fn text_of(ended: &Ended, files: &handoff_runs::Files) -> String {
    let said = ended.outcome.text.trim();
    if ended.state == State::Success {
        return if ended.outcome.cut {
            format!("{said}\n\n[cut: the whole is in {}]\n", Sanitised::path(&files.stream))
        } else {
            ended.outcome.text.clone()
        };
    }
    let reason = ended.reason.as_deref().unwrap_or("nobody knows why");
    let mut text = format!("The run did not succeed ({}): {reason}\n", ended.state.name());
    for denied in &ended.outcome.denied {
        text.push_str(&format!("It was not allowed: {denied}\n"));
    }
    if !said.is_empty() {
        text.push_str(&format!("\nWhat the agent said last, which is no result:\n\n{said}\n"));
    }
    let (out, stream) = (Sanitised::path(&files.out), Sanitised::path(&files.stream));
    text.push_str(&format!("\nProgress: {out}\nStream: {stream}\n"));
    text
}

/// What the run itself used, and its conversation with what it had used `earlier`.
fn usage_of(ended: &Ended, earlier: Option<&Usage>) -> Option<(Usage, Usage)> {
    let outcome = &ended.outcome;
    let used = outcome.usage?;
    let before = earlier.map(|earlier| handoff_stream::Usage {
        input: earlier.input_tokens,
        output: earlier.output_tokens,
        cache_read: earlier.cache_read_input_tokens,
        cache_write: earlier.cache_creation_input_tokens,
        reasoning: earlier.reasoning_output_tokens,
    });
    // Without that it counts from the beginning of this run: a backend may have forgotten what was before.
    let share = before.and_then(|before| used.since(before, outcome.own_usage.unwrap_or_default()));
    let (cost, turns) = (outcome.cost_usd.unwrap_or_default(), outcome.turns.unwrap_or_default());
    let cost_before = share.and(earlier).map_or(0.0, |earlier| earlier.cost_usd);
    let own = usage(share.unwrap_or(used), (cost - cost_before).max(0.0), turns);
    Some((own, usage(used, cost, turns)))
}

fn usage(used: handoff_stream::Usage, cost_usd: f64, turns: u64) -> Usage {
    Usage {
        turns,
        input_tokens: used.input,
        output_tokens: used.output,
        cache_read_input_tokens: used.cache_read,
        cache_creation_input_tokens: used.cache_write,
        cached_input_tokens: used.cache_read,
        reasoning_output_tokens: used.reasoning,
        total_tokens: used.input + used.output,
        cost_usd,
    }
}

/// `text` for standard output: no line of it can be taken for one of ours.
fn unforged(text: &str) -> String {
    let sanitised = Sanitised::from(text);
    let line = |line: &str| match line.starts_with("RESULT=") || line.starts_with("RUN_ID=") {
        true => format!(" {line}"),
        false => line.to_owned(),
    };
    let mut text: String = sanitised.split_inclusive('\n').map(line).collect();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
