//! What the view is given, and what it gives back.

use std::process::Command;

/// One dispatched run, as a line of the table. Its texts are as others wrote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The run's id, which also names it in [`Source`] and [`Left`].
    pub id: String,
    /// How it stands.
    pub state: State,
    /// When it began, in seconds since 1970.
    pub started: Option<i64>,
    /// When it ended, in seconds since 1970.
    pub ended: Option<i64>,
    /// The backend's name in the configuration.
    pub backend: String,
    /// The model it asked for.
    pub model: String,
    /// Whether it was started with `--pro`.
    pub is_pro: bool,
    /// What it used, where the backend has said it.
    pub tokens: Option<Tokens>,
    /// What it cost in US dollars, where the backend has said it.
    pub cost_usd: Option<f64>,
    /// The name of the worktree that it works in.
    pub project: String,
    /// Whether that is the worktree in which the view was opened.
    pub is_here: bool,
    /// Where it works, as it is to be shown.
    pub cwd: String,
    /// The beginning of the prompt; the caller keeps it to a few hundred bytes.
    pub prompt: String,
    /// The id of the run whose conversation it continues.
    pub continues: Option<String>,
    /// The last step of a run that goes on; of another one the reason why it ended so.
    pub note: String,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its supervisor is alive.
    #[default]
    Running,
    /// The backend came to a result.
    Success,
    /// The backend, or reaching it, failed.
    Error,
    /// It was stopped.
    Interrupted,
    /// Its supervisor died without a word.
    Lost,
}

impl State {
    /// All, as they are sorted.
    pub(crate) const ALL: [Self; 5] =
        [Self::Running, Self::Error, Self::Lost, Self::Interrupted, Self::Success];

    /// The word that the record and the messages use too.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
        }
    }

    /// One column wide, and different for each state: nothing depends on colour.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Running => "●",
            Self::Success => "✓",
            Self::Error => "✗",
            Self::Interrupted => "■",
            Self::Lost => "?",
        }
    }
}

impl Row {
    /// How long it took, or takes so far, in seconds; None where that was not noted.
    pub(crate) fn elapsed(&self, now: i64) -> Option<i64> {
        let end = self.ended.or((self.state == State::Running).then_some(now))?;
        Some(end.saturating_sub(self.started?).max(0))
    }
}

/// Token use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read by the model and not from a cache.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from a cache.
    pub cache_read: u64,
}

impl Tokens {
    /// Those that were not read from a cache.
    pub(crate) fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// One text of a run and the file that has all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The text, or as much of it as the source gives: the end of the progress, all of the rest. The view shows at
    /// most 256 KiB, and says so where it cuts.
    pub text: String,
    /// The path of the file.
    pub path: String,
}

/// What there is to see of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// What was asked, as plain text.
    pub prompt: Document,
    /// What happens, newest last.
    pub progress: Document,
    /// What came of it, as Markdown. None while there is none.
    pub result: Option<Document>,
}

/// What is new since the source was last asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Whether all rows that were given before are void.
    pub is_reset: bool,
    /// Runs that began since, newest first.
    pub newer: Vec<Row>,
    /// Runs that were given before, as they are now.
    pub changed: Vec<Row>,
    /// Further runs, older than all that were given before, newest first.
    pub older: Vec<Row>,
    /// Whether there are older ones still to be given.
    pub has_more: bool,
}

/// What a run's worktree has changed since the run began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    /// It is being found out.
    #[default]
    Pending,
    /// A summary of the files and their differences, as `git diff --stat --patch` has them; empty when there are none.
    Known(String),
    /// Why they are not known.
    Unknown(String),
}

/// What another program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The prompt.
    Prompt,
    /// The progress.
    Progress,
    /// The result, or the progress while there is none.
    Result,
    /// The changes in the worktree.
    Changes,
}

/// The other program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// `$PAGER`.
    Pager,
    /// `$EDITOR`.
    Editor,
}

/// Why the source did not do what it was asked for. Displayed it is a line for the foot of the screen.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// Where the view gets the runs from. It is asked about once a second, from one thread, and answers within
/// milliseconds.
pub trait Source {
    /// What is new since the last call; the first ones give all runs piece by piece.
    ///
    /// # Errors
    /// Why not, for the foot of the screen. The rows of before stay.
    fn news(&mut self) -> Result<News, SourceError>;

    /// The texts of one run.
    ///
    /// # Errors
    /// Why not, for the foot of the screen. The texts of before stay.
    fn detail(&mut self, id: &str) -> Result<Detail, SourceError>;

    /// Starts to find out what the run's worktree has changed, unless that is under way.
    fn ask_changes(&mut self, id: &str);

    /// What [`Source::ask_changes`] found out.
    fn changes(&mut self, id: &str) -> Changes;

    /// Whether the run's conversation can be opened in its agent, as far as is known before.
    ///
    /// # Errors
    /// Why not, for the foot of the screen.
    fn can_open(&mut self, id: &str) -> Result<(), SourceError>;

    /// Asks a run to end. It need not have ended when this returns.
    ///
    /// # Errors
    /// Why not, for the foot of the screen.
    fn stop(&mut self, id: &str) -> Result<(), SourceError>;

    /// Deletes a run that has ended, for good.
    ///
    /// # Errors
    /// Why not, for the foot of the screen.
    fn delete(&mut self, id: &str) -> Result<(), SourceError>;

    /// The ids of all runs, of whatever worktree, that ended longer ago than `age`, which was typed as `30d`.
    ///
    /// # Errors
    /// Why `age` is none, or why they are not known, for the foot of the screen.
    fn ended_before(&mut self, age: &str) -> Result<Vec<String>, SourceError>;

    /// The command that shows a text of a run in another program.
    ///
    /// # Errors
    /// Why there is none, for the foot of the screen.
    fn viewer(&mut self, id: &str, shown: Shown, viewer: Viewer) -> Result<Command, SourceError>;
}

/// Why the view was left, and what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing: the user is done, or the terminal is gone.
    Quit,
    /// Become the interactive agent in this run's conversation.
    Open(String),
    /// End as a process does that got this signal: SIGTERM, SIGHUP or SIGINT from outside.
    Signal(i32),
}

/// How the view tells the time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The seconds since 1970.
    pub now: fn() -> i64,
    /// Seconds since 1970 as day and minute in the user's time zone: `2026-11-21 10:00`, perhaps with the zone behind it.
    pub minute: fn(i64) -> String,
}
