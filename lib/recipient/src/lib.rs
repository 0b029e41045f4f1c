//! Whom a handoff is for: which worktree the NAME or PATH behind `--to` means. The rule is `spec/storage.md`.

mod near;

use std::path::{Path, PathBuf};

use handoff_address::{Address, WorktreeName};
use handoff_text::{Sanitised, quoted};
use handoff_worktree::Worktree;

/// The worktree that a handoff is for.
#[derive(Debug)]
pub struct Recipient {
    /// Its address.
    pub address: Address,
    /// What the sender should know of it, a line; `None` when there is nothing to say.
    pub note: Option<String>,
}

/// Why a name or a path names no recipient.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRecipient {
    /// Two worktrees of the repository have this name.
    #[error(
        "could not tell which worktree {name} is: {} and {} both are",
        Sanitised::path(one),
        Sanitised::path(other)
    )]
    Ambiguous {
        /// As it was given.
        name: String,
        /// The one.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// No worktree has this name, and one that is there has a name like it, or has a branch of that name.
    #[error(
        "no worktree is called {name}; did you mean {meant}{}? For one that is still to be made, add --new",
        branch.as_ref().map(|branch| format!(", which has the branch {branch}")).unwrap_or_default()
    )]
    Mistyped {
        /// As it was given.
        name: String,
        /// The name of the worktree or directory that is there.
        meant: String,
        /// The branch that it has, where `name` is like that.
        branch: Option<String>,
    },
    /// Something else than a directory stands there.
    #[error("no session can be started in {}: it is not a directory", Sanitised::path(.0))]
    NotADirectory(PathBuf),
    /// Nothing stands there.
    #[error("could not find {}: there is no such directory", Sanitised::path(.0))]
    Missing(PathBuf),
}

impl NoRecipient {
    /// Whether the command line is at fault, not what it names.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::Mistyped { .. })
    }
}

impl Recipient {
    /// The worktree called `name` of the sender's repository, else the directory of that name beside the sender.
    /// That need not exist where `is_new` says that it is still to be made, or where nothing that is there has a name
    /// like it.
    ///
    /// # Errors
    /// [`NoRecipient`].
    pub fn named(name: &WorktreeName, sender: &Worktree, is_new: bool) -> Result<Self, NoRecipient> {
        let (top, worktrees) = (sender.top(), sender.worktrees());
        let linked: Vec<&PathBuf> = worktrees.iter().filter(|path| path.ends_with(name.as_str())).collect();
        match linked.as_slice() {
            [] => {
                let path = name.beside(top);
                if !is_new && !handoff_files::is_taken(&path) {
                    near::check(name, top, &worktrees)?;
                }
                Self::beside(&path)
            }
            [one] => Ok(Self { address: Address::of(one), note: None }),
            [one, other, ..] => Err(NoRecipient::Ambiguous {
                name: name.to_string(),
                one: (*one).clone(),
                other: (*other).clone(),
            }),
        }
    }

    /// The worktree that the directory at `path` is in. It must exist: a mistyped path is the inbox of no session.
    ///
    /// # Errors
    /// [`NoRecipient`].
    pub fn at(path: &Path) -> Result<Self, NoRecipient> {
        let path = handoff_files::canonical(path);
        if !handoff_files::is_directory(&path) {
            let is_taken = handoff_files::is_taken(&path);
            return Err(if is_taken { NoRecipient::NotADirectory(path) } else { NoRecipient::Missing(path) });
        }
        Ok(Self::containing(&path))
    }

    /// The recipient at `path`, a sibling directory that need not exist: the worktree that a session there would have.
    fn beside(path: &Path) -> Result<Self, NoRecipient> {
        let here = handoff_files::canonical(path);
        if handoff_files::is_directory(&here) {
            return Ok(Self::containing(&here));
        }
        if handoff_files::is_taken(&here) {
            return Err(NoRecipient::NotADirectory(here));
        }
        let outer =
            here.parent().and_then(|parent| Worktree::find(parent).ok()).filter(Worktree::is_repository);
        let shown = Sanitised::path(&here);
        let note = match outer {
            Some(outer) => format!(
                "{shown} does not exist yet and lies in the repository {}: only a worktree or repository of its own there gets it",
                Sanitised::path(outer.top())
            ),
            None => format!("{shown} does not exist yet; the first session there gets it"),
        };
        let back = format!("to give it to another worktree: handoff inbox move {} WORKTREE", quoted(&here));
        Ok(Self { address: Address::of(&here), note: Some(format!("{note}; {back}")) })
    }

    /// The worktree of a session that is started in the directory `here`.
    fn containing(here: &Path) -> Self {
        let top = Worktree::find(here).map_or_else(|_| here.to_owned(), |worktree| worktree.top().to_owned());
        let note = (top != here).then(|| {
            format!(
                "{} is a part of {}, so the sessions of that worktree get it",
                Sanitised::path(here),
                Sanitised::path(&top)
            )
        });
        Self { address: Address::of(&top), note }
    }
}
