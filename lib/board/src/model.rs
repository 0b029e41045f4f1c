//! What the view is given, and what it gives back.

/// One dispatched run, as a line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The run's id, which also names it in [`Source`] and [`Left`].
    pub id: String,
    /// When it began, for people: `2026-11-21 10:00`.
    pub started: String,
    /// How long ago that was: `2m`.
    pub age: String,
    /// How it stands.
    pub state: State,
    /// The backend's name in the configuration.
    pub backend: String,
    /// The model it asked for.
    pub model: String,
    /// What it used, when the backend has told.
    pub tokens: Option<Tokens>,
    /// What it cost in US dollars, when the backend has told.
    pub cost_usd: Option<f64>,
    /// Where it works, as it is to be shown.
    pub cwd: String,
    /// The first line of the prompt; the caller keeps it to a few hundred bytes.
    pub prompt: String,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its supervisor is alive.
    Running,
    /// The backend came to a result.
    Success,
    /// The backend, or reaching it, failed.
    Error,
    /// Somebody stopped it.
    Interrupted,
    /// Its supervisor died without a word.
    Lost,
}

impl State {
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

/// Token use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Read by the model and not from a cache.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from a cache.
    pub cache_read: u64,
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

/// Where the view gets the runs from. It is asked about once a second, from one thread.
pub trait Source {
    /// All runs, newest first.
    ///
    /// # Errors
    ///
    /// Why not, for the foot of the screen. The rows of before stay.
    fn rows(&mut self) -> Result<Vec<Row>, String>;

    /// The texts of one run.
    ///
    /// # Errors
    ///
    /// Why not, for the foot of the screen. The texts of before stay.
    fn detail(&mut self, id: &str) -> Result<Detail, String>;

    /// Asks a run to end. It need not have ended when this returns.
    ///
    /// # Errors
    ///
    /// Why not, for the foot of the screen.
    fn stop(&mut self, id: &str) -> Result<(), String>;
}

/// Why the view was left, and what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing: somebody is done, or the terminal is gone.
    Quit,
    /// Become the interactive agent in this run's conversation.
    Open(String),
    /// Follow this run's progress.
    Follow(String),
    /// End as a process does that got this signal: SIGTERM, SIGHUP or SIGINT from outside.
    Signal(i32),
}
