//! From whom, to whom.

use std::path::{Path, PathBuf};

use handoff_address::{Address, WorktreeName};
use handoff_files::PipeWatch;
use handoff_process::Environment;
use handoff_session::{Located, NotLocated, Other};
use handoff_text::Sanitised;
use handoff_worktree::{Change, Repository, Worktree};

/// Where the command line says that it is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// `--root`: the writing worktree, whatever else is known.
    pub(crate) root: Option<PathBuf>,
    /// `--project-dir`: the directory that the session was started in.
    pub(crate) project_dir: Option<PathBuf>,
}

/// The writing worktree and what git says of it.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) worktree: Worktree,
    pub(crate) address: Address,
    pub(crate) repository: Option<Repository>,
    /// The worktree of the current directory, or of the session, when that is another one than the sender's.
    pub(crate) other: Option<Other>,
}

/// Why sender or recipient is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// Where this runs.
    #[error(transparent)]
    NotLocated(#[from] NotLocated),
    /// A directory that was named.
    #[error("could not enter {}: {}", Sanitised::path(.0), handoff_files::reason(.1))]
    NotEntered(PathBuf, std::io::Error),
    /// Two worktrees of the repository have the recipient's name.
    #[error(
        "could not tell which worktree {name} is: {} and {} both are; run handoff-write with --root in the one you mean, without --to",
        Sanitised::path(.one),
        Sanitised::path(.other)
    )]
    Ambiguous { name: WorktreeName, one: PathBuf, other: PathBuf },
    /// Something else has the recipient's path.
    #[error("no session can be started in {}: it is not a directory", Sanitised::path(.0))]
    NotADirectory(PathBuf),
}

/// Whom a handoff is for.
#[derive(Debug)]
pub(crate) struct Recipient {
    pub(crate) address: Address,
    /// What the writer should know of it: lines without `note: `.
    pub(crate) note: Option<String>,
}

impl Sender {
    /// What is uncommitted in its worktree; `None` where that cannot be told.
    pub(crate) fn changes(&self) -> Option<Vec<Change>> {
        let _watch = PipeWatch::over(self.worktree.top());
        self.repository.as_ref()?.changes()
    }

    /// The worktree to write from: `--root`; what the session was started in (`--project-dir`, else what Claude Code or
    /// the session of the agent `tool` says); or the current directory.
    pub(crate) fn find(
        start: &Start,
        tool: Option<&str>,
        environment: &Environment,
    ) -> Result<Self, PlaceError> {
        if let Some(root) = &start.root {
            return Ok(Self::of(find(root)?, None));
        }
        let located = Located::find(start.project_dir.as_deref(), tool, environment)?;
        Ok(Self::of(located.worktree, located.other))
    }

    fn of(worktree: Worktree, other: Option<Other>) -> Self {
        let address = Address::of(worktree.top());
        let repository = worktree.repository();
        Self { worktree, address, repository, other }
    }

    /// The recipient: this worktree, a linked one of the repository with that basename, else the sibling directory.
    pub(crate) fn recipient(&self, to: Option<&WorktreeName>) -> Result<Recipient, PlaceError> {
        let Some(name) = to else {
            return Ok(Recipient {
                address: self.address.clone(),
                note: self
                    .other
                    .as_ref()
                    .map(|other| other.note(self.worktree.top(), "it is for", "To leave it there")),
            });
        };
        let linked: Vec<PathBuf> =
            self.worktrees().into_iter().filter(|path| path.ends_with(name.as_str())).collect();
        match linked.as_slice() {
            [] => beside(&name.beside(self.worktree.top())),
            [one] => Ok(Recipient { address: Address::of(one), note: None }),
            [one, other, ..] => {
                Err(PlaceError::Ambiguous { name: name.clone(), one: one.clone(), other: other.clone() })
            }
        }
    }

    /// The worktrees of the repository, this one included.
    pub(crate) fn worktrees(&self) -> Vec<PathBuf> {
        self.repository.as_ref().map(Repository::worktrees).unwrap_or_default()
    }
}

fn find(start: &Path) -> Result<Worktree, PlaceError> {
    Worktree::find(start).map_err(|error| PlaceError::NotEntered(start.to_owned(), error))
}

/// The recipient at `path`, a sibling directory that need not exist: the worktree that a session there would have.
fn beside(path: &Path) -> Result<Recipient, PlaceError> {
    let here = handoff_files::canonical(path);
    if handoff_files::is_directory(&here) {
        let top = Worktree::find(&here).map_or_else(|_| here.clone(), |worktree| worktree.top().to_owned());
        let note = (top != here).then(|| {
            format!(
                "{} is a part of {}, so the sessions of that worktree get it",
                Sanitised::path(&here),
                Sanitised::path(&top)
            )
        });
        return Ok(Recipient { address: Address::of(&top), note });
    }
    if handoff_files::is_taken(&here) {
        return Err(PlaceError::NotADirectory(here));
    }
    let outer = here.parent().and_then(|parent| Worktree::find(parent).ok()).filter(Worktree::is_repository);
    let note = match outer {
        Some(outer) => format!(
            "{} does not exist yet and lies in the repository {}: only a worktree or repository of its own there gets it",
            Sanitised::path(&here),
            Sanitised::path(outer.top())
        ),
        None => format!("{} does not exist yet; the first session there gets it", Sanitised::path(&here)),
    };
    Ok(Recipient { address: Address::of(&here), note: Some(note) })
}
