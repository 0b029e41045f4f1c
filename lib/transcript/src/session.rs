//! What is told of a session.

use handoff_agents::Host;
use handoff_stream::Reason;

/// A text as it stands in the transcript, not sanitised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// As much of it as is kept.
    pub text: String,
    /// Whether there was more.
    pub cut: bool,
}

impl Text {
    /// At most `limit` bytes of it.
    #[must_use]
    pub fn up_to(mut self, limit: usize) -> Self {
        let fits = self.text.floor_char_boundary(limit);
        self.cut |= fits < self.text.len();
        self.text.truncate(fits);
        // A short text in a long text's buffer would make the bounds on what is kept mean little.
        self.text.shrink_to_fit();
        self
    }

    /// Its first line that is not blank; cut when there are others.
    #[must_use]
    pub fn first_line(&self) -> Self {
        let told = self.text.trim();
        let line = told.lines().next().unwrap_or_default().trim_end();
        Self { text: line.to_owned(), cut: self.cut || line.len() < told.len() }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), cut: false }
    }
}

/// What a session did, as far as its transcript tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Which agent; None when no line told.
    pub host: Option<&'static Host>,
    /// The agent's id of the session.
    pub session_id: Option<Text>,
    /// The directory that it worked in last.
    pub cwd: Option<Text>,
    /// The branch that was checked out, where the agent noted one.
    pub branch: Option<Text>,
    /// The model that answered last.
    pub model: Option<Text>,
    /// What a person asked for last; of a slash command its name and arguments. What hooks, commands and the agent's
    /// own program put into the conversation is not one.
    pub task: Option<Text>,
    /// The last of these that says what it is about: `go on` does not. None when none does.
    pub subject: Option<Text>,
    /// What a person asked for first, when that is another text.
    pub first_task: Option<Text>,
    /// How many requests of a person were seen.
    pub turns: u64,
    /// The paths of files that it wrote or deleted, the last touched one last, each once. Absolute where the agent says
    /// or the directory is known. What a command changed is not among them, nor an edit that failed.
    pub files: Vec<Text>,
    /// How many touches are not in `files`, because there were too many or their paths were too long.
    pub files_left_out: u64,
    /// The last [`COMMANDS`](crate::COMMANDS) commands, in the order they were begun.
    pub commands: Vec<Command>,
    /// How many commands were seen.
    pub commands_run: u64,
    /// The last text that the agent answered.
    pub last_answer: Option<Text>,
    /// Whether something was asked for after that answer.
    pub answer_is_older: bool,
    /// The agent's plan as it was last, what is completed included.
    pub todos: Vec<Todo>,
    /// What stopped it, when nothing of the session came after.
    pub failure: Option<Failure>,
    /// Whether a person interrupted it, and nothing came after.
    pub interrupted: bool,
    /// How much of the transcript this tells of.
    pub coverage: Coverage,
}

/// A command that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its first line; cut when it has more.
    pub line: Text,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a command or another tool's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ended with this code; 0 for anything but a command that went well.
    Exit(i64),
    /// It failed without a code: refused, timed out, interrupted, not understood.
    Failed,
    /// Nothing is known of its end: it goes on, or the transcript ends before it.
    Unknown,
}

impl Outcome {
    /// Whether it went well; None when that is not known.
    pub fn is_ok(self) -> Option<bool> {
        match self {
            Self::Exit(code) => Some(code == 0),
            Self::Failed => Some(false),
            Self::Unknown => None,
        }
    }
}

/// One thing of the agent's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// What is to be done.
    pub text: Text,
    /// How far it is.
    pub status: Status,
}

/// How far a thing of the plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not begun, or not known.
    Pending,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
}

impl Status {
    /// The word that both agents use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}

/// What stopped a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the agent says of it, and which kind of failure that is.
    pub reason: Reason,
    /// The HTTP status that the service answered with, where it is told.
    pub status: Option<u64>,
    /// The agent's own name for it, as `rate_limit` or `usage_limit_exceeded`.
    pub code: Option<Text>,
}

/// How much of a transcript was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The size of the file in bytes.
    pub size: u64,
    /// How many bytes of it were read; less than its size when only its beginning and end were.
    pub read: u64,
    /// How many lines were read.
    pub lines: u64,
    /// How many of them were no JSON object, the last one of a file that is being written included.
    pub unreadable: u64,
    /// How many had more than 1 MB, so that their strings were cut short.
    pub shortened: u64,
    /// How many were given up because they were too long even so.
    pub lost: u64,
}

impl Coverage {
    /// Whether all of the file was read.
    pub fn is_whole(&self) -> bool {
        self.read == self.size && self.shortened == 0 && self.lost == 0
    }
}
