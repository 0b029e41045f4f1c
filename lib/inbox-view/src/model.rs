//! What the view is given, and what it asks for.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitStatus};

use handoff_board::SourceError;

/// Where handoffs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// What waits.
    Unread,
    /// What was read.
    Archived,
}

/// Of which worktrees handoffs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of the one that the user is in.
    Here,
    /// Of every one.
    All,
}

/// Where a handoff was seen. The same handoff elsewhere, or changed, is another one to the view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The inbox, as the source names it.
    pub inbox: String,
    /// Unread or archived.
    pub shelf: Shelf,
    /// The file name.
    pub file: OsString,
}

/// How a handoff stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits.
    Waiting,
    /// A session has it and has not answered yet.
    Offered,
    /// It was read or archived.
    Archived,
    /// It was read, and the session repeated its sentinel.
    Acknowledged,
}

impl State {
    /// One column wide, and different for each state: nothing depends on colour.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Waiting => "●",
            Self::Offered => "◐",
            Self::Archived => "·",
            Self::Acknowledged => "✓",
        }
    }
}

/// One handoff, as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it is, which names it.
    pub place: Place,
    /// How it stands.
    pub state: State,
    /// Its title.
    pub title: String,
    /// The sender's worktree.
    pub from: String,
    /// The recipient's worktree, by name.
    pub to: String,
    /// Whether that is the one that the user is in.
    pub is_here: bool,
    /// How long ago it was written: `3 h ago`.
    pub age: String,
    /// What search looks through besides: the text, in any case.
    pub words: String,
}

/// What there is to see of one handoff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// What it says of itself and what became of it, a line each.
    pub facts: Vec<String>,
    /// What the reader should beware of, a line each.
    pub warnings: Vec<String>,
    /// The text, as Markdown.
    pub body: String,
}

/// What is done with one handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Archives an unread one without reading it.
    Archive,
    /// Makes an archived one unread, or takes an offered one back from its session.
    Restore,
    /// Gives it to another worktree, by name or path.
    Forward(String),
    /// Deletes it for good.
    Delete,
}

/// What came of it: a line, with more behind it where one is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it was done.
    pub is_done: bool,
    /// What is said of it.
    pub message: String,
}

/// Lends the terminal to a command.
pub type Lend<'a> = dyn FnMut(&mut Command) -> io::Result<ExitStatus> + 'a;

/// Where the view gets the handoffs from. It is asked about once a second, from one thread. Looking changes nothing.
pub trait Source {
    /// All handoffs of every worktree, newest first.
    ///
    /// # Errors
    /// Why not, for the foot of the screen. The rows of before stay.
    fn rows(&mut self) -> Result<Vec<Row>, SourceError>;

    /// The text of one.
    ///
    /// # Errors
    /// Why not, for the place of the text.
    fn text(&mut self, place: &Place) -> Result<Text, SourceError>;

    /// Names of worktrees that a handoff can be forwarded to.
    fn recipients(&mut self) -> Vec<String>;

    /// Does something with the handoff at `place`, if it still is there.
    fn act(&mut self, place: &Place, act: &Act) -> Outcome;

    /// Has the handoff at `place` edited, if it still is there, by a command that `lend` gives the terminal to.
    fn edit(&mut self, place: &Place, lend: &mut Lend<'_>) -> Outcome;
}

/// Why the view was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The user is done, or the terminal is gone.
    Quit,
    /// End as a process does that got this signal.
    Signal(i32),
}
