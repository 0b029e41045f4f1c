//! From whom, to whom.

use std::path::{Path, PathBuf};

use handoff_address::{Address, WorktreeName};
use handoff_process::Environment;
use handoff_text::Sanitised;
use handoff_worktree::{Repository, Worktree};

/// The writing worktree and what git says of it.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) worktree: Worktree,
    pub(crate) address: Address,
    pub(crate) repository: Option<Repository>,
}

impl Sender {
    /// The worktree to write from: `--root`, what Claude Code was started in, or the current directory.
    pub(crate) fn find(root: Option<&Path>, environment: &Environment) -> Result<Self, String> {
        let reason = |error| handoff_files::reason(&error);
        let start = match root.or(environment.claude_project_dir.as_deref()) {
            Some(root) => root.to_owned(),
            None => Environment::working_directory()
                .map_err(|error| format!("could not tell the current directory: {}", reason(error)))?,
        };
        let worktree = Worktree::find(&start)
            .map_err(|error| format!("could not enter {}: {}", Sanitised::path(&start), reason(error)))?;
        let address = Address::of(worktree.top());
        let repository = worktree.repository();
        Ok(Self { worktree, address, repository })
    }

    /// The recipient: this worktree, a linked one of the repository with that basename, else the sibling directory.
    pub(crate) fn recipient(&self, to: Option<&WorktreeName>) -> Result<Address, String> {
        let Some(name) = to else { return Ok(self.address.clone()) };
        let linked: Vec<PathBuf> =
            self.worktrees().into_iter().filter(|path| path.ends_with(name.as_str())).collect();
        match linked.as_slice() {
            [] => Ok(Address::of(&handoff_files::canonical(&name.beside(self.worktree.top())))),
            [one] => Ok(Address::of(one)),
            [one, other, ..] => Err(format!(
                "could not tell which worktree {name} is: {} and {} both are; run handoff-write with --root in the one you mean, without --to",
                Sanitised::path(one),
                Sanitised::path(other)
            )),
        }
    }

    /// The worktrees of the repository, this one included.
    pub(crate) fn worktrees(&self) -> Vec<PathBuf> {
        self.repository.as_ref().map(Repository::worktrees).unwrap_or_default()
    }
}
