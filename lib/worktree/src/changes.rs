//! What is uncommitted.

use std::collections::BTreeMap;

use gix::bstr::BString;
use gix::diff::index::ChangeRef;
use gix::status::Item;
use gix::status::index_worktree;
use gix::status::index_worktree::iter::Summary;

use crate::repository::Repository;

/// One line of `git status --porcelain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The two letters that git prints before it: the index's and the worktree's, `??` for untracked.
    pub code: [char; 2],
    /// The path from the top; an untracked directory ends in `/`.
    pub path: String,
}

impl Repository {
    /// Every change as `git status --porcelain` lists them, so their number is its number of lines. None in a bare
    /// repository, and when the index or worktree cannot be read.
    ///
    /// The user's own configuration counts (`status.showUntrackedFiles`, `core.excludesFile`), as it does for git.
    pub fn changes(&self) -> Option<Vec<Change>> {
        self.gix.workdir()?;
        let status = self.gix.status(gix::progress::Discard).ok()?;
        let items = status.index_worktree_rewrites(None).into_iter(None).ok()?;
        // A file that is both staged and modified comes twice, and is one line.
        let mut tracked: BTreeMap<BString, [char; 2]> = BTreeMap::new();
        let mut untracked: Vec<BString> = Vec::new();
        for item in items {
            match item.ok()? {
                Item::TreeIndex(change) => {
                    tracked.entry(change.location().to_owned()).or_insert([' '; 2])[0] =
                        staged_letter(&change);
                }
                Item::IndexWorktree(index_worktree::Item::DirectoryContents { entry, .. }) => {
                    let is_directory = matches!(
                        entry.disk_kind,
                        Some(gix::dir::entry::Kind::Directory | gix::dir::entry::Kind::Repository)
                    );
                    let mut path = entry.rela_path;
                    if is_directory {
                        path.push(b'/');
                    }
                    untracked.push(path);
                }
                Item::IndexWorktree(item) => {
                    if let Some(summary) = item.summary() {
                        let code = tracked.entry(item.rela_path().to_owned()).or_insert([' '; 2]);
                        mark(code, summary);
                    }
                }
            }
        }
        untracked.sort_unstable();
        let untracked = untracked.into_iter().map(|path| (path, ['?'; 2]));
        let all = tracked.into_iter().chain(untracked);
        Some(all.map(|(path, code)| Change { code, path: path.to_string() }).collect())
    }
}

fn staged_letter(change: &ChangeRef<'_, '_>) -> char {
    match change {
        ChangeRef::Addition { .. } => 'A',
        ChangeRef::Deletion { .. } => 'D',
        ChangeRef::Modification { .. } => 'M',
        ChangeRef::Rewrite { copy: true, .. } => 'C',
        ChangeRef::Rewrite { .. } => 'R',
    }
}

fn mark(code: &mut [char; 2], summary: Summary) {
    match summary {
        Summary::Conflict => *code = ['U'; 2],
        Summary::Removed => code[1] = 'D',
        Summary::Added | Summary::IntentToAdd => code[1] = 'A',
        Summary::Modified => code[1] = 'M',
        Summary::TypeChange => code[1] = 'T',
        Summary::Renamed => code[1] = 'R',
        Summary::Copied => code[1] = 'C',
    }
}
