//! What the worktrees of a repository share, and where they are: read from git's own small files, without opening the
//! repository.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, Kind, canonical};

use crate::Worktree;

/// The most that is read of one of these files, in bytes.
const MAX_BYTES: u64 = 64 << 10;

impl Worktree {
    /// The directory that all worktrees of its repository share: objects, branches, `info/exclude`. `None` outside git.
    pub fn common_dir(&self) -> Option<PathBuf> {
        let own = self.own_git_dir()?;
        Some(match line(&own, "commondir") {
            Some(common) => canonical(&own.join(common)),
            None => canonical(&own),
        })
    }

    /// The worktrees of its repository that exist, the main one first.
    pub fn worktrees(&self) -> Vec<PathBuf> {
        let (Some(own), Some(common)) = (self.own_git_dir(), self.common_dir()) else { return Vec::new() };
        let main = match common.parent() {
            Some(parent) if common.ends_with(".git") => (!is_bare(&common)).then(|| parent.to_owned()),
            // A submodule's git directory lies in its parent's; its worktree is the one we are in.
            _ => (canonical(&own) == common && self.top != common).then(|| self.top.clone()),
        };
        let within = Dir::open(&common).ok().flatten().and_then(|dir| dir.child("worktrees").ok().flatten());
        let mut linked = within.as_ref().and_then(|dir| dir.entries().ok()).unwrap_or_default();
        linked.retain(|entry| entry.kind == Kind::Directory);
        linked.sort_by(|one, other| one.name.cmp(&other.name));
        let linked = linked.iter().filter_map(|entry| {
            let directory = within.as_ref()?.path_of(&entry.name);
            // The `.git` of that worktree; its path may be relative.
            Some(directory.join(line(&directory, "gitdir")?).parent()?.to_owned())
        });
        main.into_iter()
            .chain(linked)
            .filter_map(|path| path.canonicalize().ok())
            .filter(|path| path.is_dir())
            .collect()
    }

    /// Its own git directory. A worktree's `.git` may be a file that says where that is.
    fn own_git_dir(&self) -> Option<PathBuf> {
        let git_dir = self.git_dir.clone()?;
        if git_dir.is_dir() {
            return Some(git_dir);
        }
        let text = handoff_files::read_file(&git_dir, MAX_BYTES).ok()?;
        let path = text.trim_ascii_end().strip_prefix(b"gitdir: ")?;
        Some(git_dir.parent()?.join(OsStr::from_bytes(path)))
    }
}

/// The path that the file `name` of `directory` holds.
fn line(directory: &Path, name: &str) -> Option<PathBuf> {
    let text = handoff_files::read_file(&directory.join(name), MAX_BYTES).ok()?;
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    (!text.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(text)))
}

/// Whether the repository's own configuration says that it has no working tree.
fn is_bare(common: &Path) -> bool {
    let text = handoff_files::read_file(&common.join("config"), MAX_BYTES).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    text.lines().any(|line| line.split_whitespace().collect::<String>() == "bare=true")
}
