//! A run that is asked for: begun in the record, launched, and seen through to its end.

use std::path::Path;
use std::time::{Duration, Instant};

use handoff_backends::{Backend, Conversation as Talk, Launch, LaunchError, Task};
use handoff_files::FileError;
use handoff_process::Environment;
use handoff_runs::{AdoptError, Conversation, NewRun, RecordError, Row, Run, RunId, Runs, RunsError};
use handoff_text::Sanitised;
use rustix::io::Errno;
use rustix::process::Pid;

use crate::conclude::{Concluded, End, conclude};
use crate::dispatcher::{Dispatcher, settings_file};
use crate::journal::Journal;
use crate::supervise::{Plan, Signals, Supervised, Watch, guard, supervise};
use crate::{Notice, Observer, Resumable};

/// How long the guard of a killed run may take to end its agent: it needs the grace of [`supervise`].
const GUARD_TIMEOUT: Duration = Duration::from_secs(10);
const GUARD_TICK: Duration = Duration::from_millis(50);

/// What a new conversation is called in a preview.
const PREVIEW_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// The longest directory in a line of progress, in bytes.
const MAX_DIRECTORY_BYTES: usize = 400;

/// A run that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who does it.
    pub backend: &'a Backend,
    /// What is to be done.
    pub prompt: &'a [u8],
    /// The file that the prompt comes from; it may be the one of a run that was reserved.
    pub prompt_file: Option<&'a Path>,
    /// The last part of the run's id, before it is cleaned.
    pub slug: &'a str,
    /// Where the backend works.
    pub cwd: &'a Path,
    /// Whether with the larger model.
    pub is_pro: bool,
    /// Whether in the backend's fast mode.
    pub is_fast: bool,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where it was asked for, if that is known.
    pub caller: Option<&'a Path>,
    /// Whether the result is wanted as a handoff there.
    pub to_inbox: bool,
    /// The conversation that goes on; `None` begins a new one.
    pub resumed: Option<&'a str>,
    /// The program whose `guard` and `leash` start the backend: `handoff`.
    pub guard: &'a Path,
}

/// Why there is no run. Once there is one, all that happens is in [`Concluded`].
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// Another run is at work on the conversation.
    #[error(transparent)]
    AtWork(#[from] AtWork),
    /// The agent that was last on the conversation goes on without its supervisor.
    #[error("the agent of {0} has not ended yet, and two must not be on one conversation: try again later")]
    NotEnded(RunId),
    /// The prompt's file is not taken for that of a reserved run.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// The run's files can't be made.
    #[error(transparent)]
    Runs(#[from] RunsError),
    /// The list can't be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It can't be seen whether an agent goes on.
    #[error(transparent)]
    File(#[from] FileError),
}

impl DispatchError {
    /// Whether the order can't be meant as it is.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::Adopt(_))
    }
}

/// A conversation is not taken up, since a run is at work on it: two agents must not be on one.
#[derive(Debug, thiserror::Error)]
pub enum AtWork {
    /// This one.
    #[error("{0} is at work on this conversation: handoff wait {0}, or handoff stop {0}")]
    Run(RunId),
    /// One that the list does not have.
    #[error("another run is at work on this conversation: try again when it has ended")]
    Unknown,
}

/// Why a backend could not be launched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotLaunched {
    /// Its entry makes no command.
    #[error(transparent)]
    Backend(#[from] handoff_backends::LaunchError),
    /// Its settings could not be written.
    #[error(transparent)]
    Settings(#[from] FileError),
    /// Its guard could not be started.
    #[error("it could not be started: {}", handoff_files::reason(.0))]
    NotStarted(std::io::Error),
}

/// Checks that no run is at work on `conversation`.
///
/// The run that it was chosen by counts by its state: its backend may name the conversation anew between one look at the
/// list and the next.
///
/// # Errors
/// [`DispatchError::AtWork`], and [`DispatchError::Record`] when the list can't be read.
pub fn check_free(runs: &Runs, conversation: &Resumable) -> Result<(), DispatchError> {
    if let Some(id) = &conversation.at_work {
        return Err(AtWork::Run(id.clone()).into());
    }
    match runs.on_conversation(&conversation.session)?.into_iter().next() {
        Some(row) => Err(AtWork::Run(row.id).into()),
        None => Ok(()),
    }
}

impl Dispatcher<'_> {
    /// Begins the run of `order` in `runs`, sees it through to its end or until one of `signals` comes, and records how it
    /// ended.
    ///
    /// # Errors
    /// [`DispatchError`]: there is no run then.
    pub fn dispatch(
        &self,
        runs: &Runs,
        order: &Order<'_>,
        signals: &Signals,
        observer: &dyn Observer,
    ) -> Result<Concluded, DispatchError> {
        let parent = rustix::process::getppid();
        let conversation = match order.resumed {
            Some(session) => take_over(runs, session)?,
            None => Conversation::New,
        };
        // Where the list does not say, all that the conversation used counts as this run's.
        let earlier = order.resumed.and_then(|session| runs.used_by(session).ok().flatten());
        let mut run = begin(runs, order, conversation)?;
        observer.began(run.id());
        if let Some(error) = run.unrecorded() {
            observer.notice(&Notice::NotListed(error));
        }
        let out = run.create_out();
        if let Err(error) = &out {
            observer.notice(&Notice::ProgressNotKept(error));
        }
        let mut journal = Journal::new(out.ok(), observer);
        let ended = self.carry_out(order, &mut run, signals, &mut journal, observer);
        let end = End { ended, earlier, order, is_orphan: is_orphan(parent) };
        Ok(conclude(run, &end, journal, observer))
    }

    /// The command that [`dispatch`](Self::dispatch) would start for `order`, with stand-ins for what the run would be
    /// named by. There is no run, and nothing is written.
    ///
    /// # Errors
    /// What is wrong with the backend's entry.
    pub fn preview(&self, order: &Order<'_>) -> Result<Launch, LaunchError> {
        let settings = settings_file(self.home(), "RUN_ID");
        self.launch(order, PREVIEW_UUID, &settings)
    }

    /// Launches the backend and sees it through.
    fn carry_out(
        &self,
        order: &Order<'_>,
        run: &mut Run<'_>,
        signals: &Signals,
        journal: &mut Journal<'_>,
        observer: &dyn Observer,
    ) -> Result<Supervised, NotLaunched> {
        let settings = settings_file(self.home(), run.id().as_str());
        let launch = self.launch(order, run.uuid(), &settings)?;
        if let Some(text) = &launch.settings {
            // A file of the user's alone.
            handoff_files::Foreign::read(&settings, 1 << 20)?.replace(text.as_bytes())?;
        }
        observer.launching(order.cwd, &launch);
        let directory = Sanitised::line(order.cwd.as_os_str().as_encoded_bytes(), MAX_DIRECTORY_BYTES);
        journal.line(&format!("start: {} in {directory}", order.backend.name));
        let prompt = run.files().prompt.clone();
        let stream = run.create_stream();
        if let Err(error) = &stream {
            journal.line(&format!("note: the stream is not kept: {error}"));
        }
        let plan = Plan {
            guard: order.guard,
            launch: &launch,
            protocol: order.backend.protocol,
            cwd: order.cwd,
            prompt: &prompt,
            settings: &settings,
            timeout: order.timeout,
        };
        supervise(&plan, signals, stream.ok(), journal, &mut Notes(run)).map_err(|error| {
            guard::forget(settings.as_os_str());
            NotLaunched::NotStarted(error)
        })
    }

    /// The backend's command, with the settings in the file `settings`; `uuid` names a new conversation.
    fn launch(&self, order: &Order<'_>, uuid: &str, settings: &Path) -> Result<Launch, LaunchError> {
        let environment = Environment::all();
        order.backend.run(&Task {
            cwd: order.cwd,
            home: self.user(),
            pro: order.is_pro,
            fast: order.is_fast,
            conversation: order.resumed.map_or(Talk::New(uuid), Talk::Resume),
            environment: &environment,
            settings,
        })
    }
}

/// A new run, or the one that the prompt's file was reserved for.
fn begin<'r>(
    runs: &'r Runs,
    order: &Order<'_>,
    conversation: Conversation,
) -> Result<Run<'r>, DispatchError> {
    let new = NewRun {
        backend: &order.backend.name,
        slug: order.slug,
        cwd: order.cwd,
        prompt: order.prompt,
        model: order.backend.model(order.is_pro),
        pro: order.is_pro,
        caller: order.caller,
        to_inbox: order.to_inbox,
        conversation,
    };
    match order.prompt_file.and_then(|path| runs.prompt_of(path)) {
        Some(id) => Ok(runs.adopt(&id, new)?),
        None => Ok(runs.begin(new)?),
    }
}

/// The conversation `session`, held by no other run.
fn take_over(runs: &Runs, session: &str) -> Result<Conversation, DispatchError> {
    let Some(lock) = runs.lock_conversation(session)? else {
        let by = runs.on_conversation(session).unwrap_or_default().into_iter().next();
        return Err(by.map_or(AtWork::Unknown, |row: Row| AtWork::Run(row.id)).into());
    };
    wait_for_guard(runs, session)?;
    Ok(Conversation::Old(lock))
}

/// Whether the process that started us, `parent` then, is gone.
fn is_orphan(parent: Option<Pid>) -> bool {
    let now = rustix::process::getppid();
    // A parent that ended before we looked has left us to process 1; but in a container that may be the parent itself, and
    // then it leads our process group, or we do.
    let is_alone = || rustix::process::test_kill_process(rustix::process::getpgrp()) == Err(Errno::SRCH);
    now != parent || (now.is_some_and(Pid::is_init) && is_alone())
}

/// Waits until the agent of the run that was last on the conversation `session` is gone: its supervisor may have been
/// killed, and then its guard needs a moment to end it.
fn wait_for_guard(runs: &Runs, session: &str) -> Result<(), DispatchError> {
    let Some(last) = runs.last_on_conversation(session)? else { return Ok(()) };
    let start = Instant::now();
    while runs.is_guarded(&last)? {
        if start.elapsed() > GUARD_TIMEOUT {
            return Err(DispatchError::NotEnded(last.id));
        }
        std::thread::sleep(GUARD_TICK);
    }
    Ok(())
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
