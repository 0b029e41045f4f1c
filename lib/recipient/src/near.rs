//! A name that no worktree has, and that one was meant by.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use handoff_address::WorktreeName;
use handoff_files::{Dir, Kind};
use handoff_nearest::nearest_within;
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::NoRecipient;

/// How many edits make one name of another. With more, `app-web` would be taken for `app-api`.
const MAX_EDITS: usize = 2;

/// At most so many directories beside the sender's are compared.
const MAX_SIBLINGS: usize = 10_000;

/// Fails where `name` is the branch of one of `worktrees`, or like the name of one, of its branch, or of a directory beside
/// `top`.
pub(crate) fn check(name: &WorktreeName, top: &Path, worktrees: &[PathBuf]) -> Result<(), NoRecipient> {
    let names: Vec<String> =
        worktrees.iter().map(PathBuf::as_path).chain([top]).filter_map(name_of).collect();
    let branches: Vec<(String, String)> =
        worktrees.iter().filter_map(|path| Some((branch_of(path)?, name_of(path)?))).collect();
    let siblings = siblings(top);
    let known = || {
        let branches = branches.iter().map(|(branch, _)| branch);
        names.iter().chain(branches).chain(&siblings).map(String::as_str)
    };
    let candidates = known().filter(|known| !is_other_number(name.as_str(), known));
    let exact =
        branches.iter().find(|(branch, _)| branch == name.as_str()).map(|(branch, _)| branch.as_str());
    let Some(near) = exact.or_else(|| nearest_within(name.as_str(), candidates, MAX_EDITS)) else {
        return Ok(());
    };
    let mistyped = |meant: &str, branch: Option<&str>| NoRecipient::Mistyped {
        name: name.to_string(),
        meant: meant.to_owned(),
        branch: branch.map(|branch| Sanitised::line(branch.as_bytes(), 200).to_string()),
    };
    Err(match branches.iter().find(|(branch, _)| branch == near) {
        Some((branch, worktree)) if !names.iter().chain(&siblings).any(|known| known == near) => {
            mistyped(worktree, Some(branch))
        }
        _ => mistyped(near, None),
    })
}

/// The directory's own name, where `--to` takes it.
fn name_of(path: &Path) -> Option<String> {
    as_name(path.file_name()?)
}

fn as_name(name: &OsStr) -> Option<String> {
    name.to_str().filter(|name| WorktreeName::new(name).is_ok()).map(str::to_owned)
}

/// The branch that is checked out there.
fn branch_of(worktree: &Path) -> Option<String> {
    let head = Worktree::find(worktree).ok()?.repository()?.head();
    head.branch.filter(|branch| branch != "HEAD")
}

/// The names of the directories beside `top`, without hidden ones.
fn siblings(top: &Path) -> Vec<String> {
    let entries =
        top.parent().and_then(|parent| Dir::open(parent).ok().flatten()).and_then(|dir| dir.entries().ok());
    let directories = entries.into_iter().flatten().filter(|entry| entry.kind == Kind::Directory);
    let names = directories.filter_map(|entry| as_name(&entry.name));
    names.filter(|name| !name.starts_with('.')).take(MAX_SIBLINGS).collect()
}

/// Whether the two differ in a number alone: who has `app-wt2` and says `app-wt3` means another one.
fn is_other_number(name: &str, other: &str) -> bool {
    let without = |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned();
    let has_number = |name: &str| name.ends_with(|letter: char| letter.is_ascii_digit());
    has_number(name) && without(name) == without(other)
}

#[cfg(test)]
mod tests {
    use super::is_other_number;

    #[test]
    fn another_number_is_another_worktree() {
        assert!(is_other_number("app-wt3", "app-wt2") && is_other_number("app2", "app"));
        assert!(!is_other_number("app-wt", "app-wt2") && !is_other_number("app-w3", "app-wt2"));
    }
}
