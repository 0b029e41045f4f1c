//! What was typed.

mod parse;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use parse::parse;

use handoff_dispatch::Native;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Become the program beside this one.
    Sibling {
        /// The program.
        name: &'static str,
        /// How its reader types it.
        called: String,
        /// Its first argument, where the verb is one of its own.
        first: Option<&'static str>,
        /// The rest of the line.
        rest: Vec<OsString>,
    },
    /// Dispatch a task.
    Run(Task),
    /// Go on in the conversation of a run.
    Resume {
        /// None for the newest of this worktree.
        id: Option<String>,
        /// The conversation by the backend's own id, instead.
        native: Option<Native>,
        /// What to say there.
        task: Task,
    },
    /// Reserve an id and a prompt file.
    New(New),
    /// Show runs.
    List(List),
    /// Delete runs.
    Delete {
        /// Which.
        ids: Vec<String>,
    },
    /// Delete the runs that ended long ago.
    Prune {
        /// How long ago.
        older_than: Duration,
        /// Say which, and delete none.
        dry_run: bool,
    },
    /// Become the interactive agent.
    Open {
        /// None for the newest of this worktree.
        id: Option<String>,
        /// The conversation by the backend's own id, instead.
        native: Option<Native>,
    },
    /// Show progress.
    Tail {
        /// None for the newest of this worktree.
        id: Option<String>,
        /// Until it ends.
        follow: bool,
    },
    /// Wait for the end.
    Wait {
        /// None for those of this worktree.
        ids: Vec<String>,
        /// For ever without one.
        timeout: Option<Duration>,
    },
    /// End a run.
    Stop {
        /// None for the newest that is at work in this worktree.
        id: Option<String>,
    },
    /// Write config and skills.
    Init {
        /// Without asking.
        yes: bool,
    },
    /// Show where everything is.
    Env,
    /// Print the completions for a shell.
    Completions {
        /// Its name.
        shell: String,
        /// None for `handoff`.
        program: Option<String>,
    },
    /// Print a man page.
    Man {
        /// None for `handoff`.
        program: Option<String>,
    },
    /// Print the names of a kind, for completions.
    Complete {
        /// As `handoff_cli::table::Known` has it.
        kind: String,
    },
    /// Show the handoffs as a screen.
    InboxScreen {
        /// The worktree, instead of the current directory's.
        root: Option<PathBuf>,
        /// Those of every worktree.
        all: bool,
    },
    /// What a backend is started through, see `leash`.
    Leash {
        /// The guard's process, the prompt and the backend's command.
        command: Vec<OsString>,
    },
    /// What a run is started through, see `guard`.
    Guard {
        /// The backend's command.
        command: Vec<OsString>,
    },
}

/// A task for a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Task {
    /// The prompt.
    pub(crate) source: Option<Source>,
    /// `--backend`.
    pub(crate) backend: Option<String>,
    /// `--pro` or `--no-pro`; None where neither is given: then a conversation goes on as it last was.
    pub(crate) pro: Option<bool>,
    /// `--fast`: for this run alone.
    pub(crate) fast: bool,
    /// `--dry-run`: the backend's command on standard output, and no run.
    pub(crate) dry_run: bool,
    /// `--cwd`.
    pub(crate) cwd: Option<PathBuf>,
    /// `--slug`.
    pub(crate) slug: Option<String>,
    /// `--print`: the result on standard output too.
    pub(crate) print: bool,
    /// `--timeout`.
    pub(crate) timeout: Option<Duration>,
    /// `--to-inbox`: the result as a handoff too.
    pub(crate) to_inbox: bool,
    /// `--quiet`: no progress on standard error.
    pub(crate) quiet: bool,
    /// `--verbose`: the backend's command on standard error.
    pub(crate) verbose: bool,
}

/// Where a prompt comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Input,
    /// The command line, word for word.
    Text(Vec<u8>),
}

/// `new`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct New {
    /// `--write`: fill it from standard input.
    pub(crate) write: bool,
    /// `--backend`.
    pub(crate) backend: Option<String>,
    /// `--slug`.
    pub(crate) slug: Option<String>,
}

/// `list`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// Only this one.
    pub(crate) id: Option<String>,
    /// `--json`.
    pub(crate) json: bool,
    /// `--all`.
    pub(crate) all: bool,
    /// `-n`.
    pub(crate) number: Option<usize>,
}
