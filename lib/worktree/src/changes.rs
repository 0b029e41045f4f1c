//! What is uncommitted.

use std::collections::{BTreeMap, BTreeSet};

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::diff::index::ChangeRef;
use gix::status::Item;
use gix::status::index_worktree;
use gix::status::index_worktree::iter::Summary;
use gix::status::plumbing::index_as_worktree::{Conflict, EntryStatus};
use gix::status::tree_index::TrackRenames;

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
        let mut status = self.gix.status(gix::progress::Discard).ok()?;
        let config = self.gix.config_snapshot();
        if config.boolean("status.renames").or_else(|| config.boolean("diff.renames")) == Some(false) {
            status = status.tree_index_track_renames(TrackRenames::Disabled);
        }
        let one_by_one =
            config.string("status.showUntrackedFiles").is_some_and(|value| value.as_slice() == b"all");
        let index = self.gix.index_or_empty().ok()?;
        let status = status.index_worktree_rewrites(None);
        let items: Box<dyn Iterator<Item = Option<Item>>> = if self.nothing_is_staged(&index) {
            let items = status.into_index_worktree_iter(None).ok()?;
            Box::new(items.map(|item| item.ok().map(Item::IndexWorktree)))
        } else {
            Box::new(status.into_iter(None).ok()?.map(Result::ok))
        };
        let mut lines = Lines::default();
        for item in items {
            lines.add(item?, |path| if one_by_one { path } else { collapsed(path, &index) });
        }
        Some(lines.changes())
    }

    /// Whether the index says that it holds what HEAD's tree holds: git keeps the id of the tree that a commit would
    /// make, and drops it with the first change. False where it does not say so; then both have to be compared, which
    /// reads every directory of HEAD.
    fn nothing_is_staged(&self, index: &gix::index::State) -> bool {
        let Some(tree) = index.tree() else { return false };
        let is_whole =
            tree.num_entries.is_some_and(|number| usize::try_from(number) == Ok(index.entries().len()));
        is_whole && self.gix.head_tree_id().is_ok_and(|head| head == tree.id)
    }
}

/// The lines of a status, in the making.
#[derive(Default)]
struct Lines {
    /// A file that is both staged and modified comes twice, and is one line.
    tracked: BTreeMap<BString, [char; 2]>,
    /// Items of both comparisons come in any order; a conflict overrides what else is said of its file.
    conflicts: Vec<(BString, [char; 2])>,
    untracked: BTreeSet<BString>,
}

impl Lines {
    /// Adds an item. `shown` gives what is shown for the path of an untracked one.
    fn add(&mut self, item: Item, shown: impl Fn(&BStr) -> &BStr) {
        match item {
            Item::TreeIndex(change) => {
                self.code(change.location())[0] = staged_letter(&change);
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
                self.untracked.insert(shown(path.as_ref()).to_owned());
            }
            Item::IndexWorktree(index_worktree::Item::Modification {
                rela_path,
                status: EntryStatus::Conflict { summary, .. },
                ..
            }) => {
                self.conflicts.push((rela_path, conflict_letters(summary)));
            }
            Item::IndexWorktree(item) => {
                if let Some(summary) = item.summary() {
                    mark(self.code(item.rela_path()), summary);
                }
            }
        }
    }

    fn code(&mut self, path: &BStr) -> &mut [char; 2] {
        self.tracked.entry(path.to_owned()).or_insert([' '; 2])
    }

    fn changes(self) -> Vec<Change> {
        let Self { mut tracked, conflicts, mut untracked } = self;
        tracked.extend(conflicts);
        // What lies where a tracked file is missing or in conflict goes with that file.
        untracked.retain(|path| {
            let path = path.strip_suffix(b"/").unwrap_or(path);
            tracked.get(path.as_bstr()).is_none_or(|code| code[1] == ' ')
        });
        let untracked = untracked.into_iter().map(|path| (path, ['?'; 2]));
        let all = tracked.into_iter().chain(untracked);
        all.map(|(path, code)| Change { code, path: path.to_string() }).collect()
    }
}

/// The highest directory above `path` that has nothing tracked in it, which git prints instead; or `path` itself.
fn collapsed<'a>(path: &'a BStr, index: &gix::index::State) -> &'a BStr {
    let above = path.find_iter("/").map(|slash| path[..=slash].as_bstr());
    above.into_iter().find(|above| index.prefixed_entries(above).is_none()).unwrap_or(path)
}

fn conflict_letters(conflict: Conflict) -> [char; 2] {
    match conflict {
        Conflict::BothDeleted => ['D', 'D'],
        Conflict::AddedByUs => ['A', 'U'],
        Conflict::DeletedByThem => ['U', 'D'],
        Conflict::AddedByThem => ['U', 'A'],
        Conflict::DeletedByUs => ['D', 'U'],
        Conflict::BothAdded => ['A', 'A'],
        Conflict::BothModified => ['U', 'U'],
    }
}

fn staged_letter(change: &ChangeRef<'_, '_>) -> char {
    match change {
        ChangeRef::Addition { .. } => 'A',
        ChangeRef::Deletion { .. } => 'D',
        ChangeRef::Modification { previous_entry_mode: before, entry_mode: after, .. } => {
            // A file that became executable is still a file.
            let kind = |mode: &gix::index::entry::Mode| mode.bits() & 0o170_000;
            if kind(before) == kind(after) { 'M' } else { 'T' }
        }
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
