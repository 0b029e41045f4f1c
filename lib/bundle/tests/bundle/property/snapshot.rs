//! Every byte below a directory.

use std::collections::BTreeMap;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

/// What stands at a path.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Directory(u32),
    File(u32, Vec<u8>),
    Link(Vec<u8>),
    Special,
}

impl std::fmt::Debug for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(mode) => write!(f, "directory {mode:o}"),
            Self::File(mode, bytes) => {
                write!(f, "file {mode:o} {} \"{}\"", bytes.len(), bytes[..bytes.len().min(80)].escape_ascii())
            }
            Self::Link(target) => write!(f, "link to \"{}\"", target.escape_ascii()),
            Self::Special => write!(f, "special"),
        }
    }
}

/// By path, with the time of its last change in nanoseconds.
pub(super) type Tree = BTreeMap<Vec<u8>, (Thing, i128)>;

/// Everything below `top` but our own directory and what `skipped` names.
pub(super) fn tree(top: &Path, skipped: &[&[u8]]) -> Tree {
    let mut tree = Tree::new();
    walk(top, &mut Vec::new(), skipped, &mut tree);
    tree
}

fn walk(at: &Path, path: &mut Vec<u8>, skipped: &[&[u8]], tree: &mut Tree) {
    let found = at.symlink_metadata().unwrap();
    // Git marks what it uses, so that no cleanup takes it away: without a change to a byte.
    let marked = path.starts_with(b".git/objects/") || path.starts_with(b".git/sharedindex.");
    let time =
        if marked { 0 } else { i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec()) };
    let mode = found.mode() & 0o7777;
    let thing = match found.file_type() {
        kind if kind.is_dir() => Thing::Directory(mode),
        kind if kind.is_symlink() => Thing::Link(std::fs::read_link(at).unwrap().into_os_string().into_vec()),
        kind if kind.is_file() => Thing::File(mode, std::fs::read(at).unwrap()),
        _ => Thing::Special,
    };
    let descend = matches!(thing, Thing::Directory(_));
    tree.insert(path.clone(), (thing, time));
    if !descend {
        return;
    }
    let length = path.len();
    for entry in std::fs::read_dir(at).unwrap() {
        let entry = entry.unwrap();
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(entry.file_name().as_bytes());
        if path != b".handover" && !skipped.contains(&&path[..]) {
            walk(&entry.path(), path, skipped, tree);
        }
        path.truncate(length);
    }
}

/// Every file and link of a working tree, without what is git's own.
pub(super) fn files(top: &Path) -> BTreeMap<Vec<u8>, Thing> {
    let is_git = |path: &[u8]| path.split(|byte| *byte == b'/').any(|part| part == b".git");
    let all = tree(top, &[b".git"]).into_iter().map(|(path, (thing, _))| (path, thing));
    all.filter(|(path, thing)| !is_git(path) && !matches!(thing, Thing::Directory(_))).collect()
}

/// Copies a directory with modes and links.
pub(super) fn copy(from: &Path, to: &Path) {
    for (path, (thing, _)) in tree(from, &[]) {
        let at = to.join(super::scenario::os(&path));
        match thing {
            Thing::Directory(mode) => {
                std::fs::create_dir_all(&at).unwrap();
                std::fs::set_permissions(&at, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            Thing::File(mode, bytes) => {
                std::fs::write(&at, bytes).unwrap();
                std::fs::set_permissions(&at, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            Thing::Link(target) => symlink(super::scenario::os(&target), &at).unwrap(),
            Thing::Special => crate::support::pipe(&at),
        }
    }
}

/// What differs between two, for a failure's message.
pub(super) fn differences<K: Ord + AsRef<[u8]>, V: PartialEq + std::fmt::Debug>(
    one: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
) -> Vec<String> {
    let all: std::collections::BTreeSet<&K> = one.keys().chain(other.keys()).collect();
    let differing = all.into_iter().filter(|key| one.get(key) != other.get(key));
    differing
        .map(|key| format!("{}: {:?} | {:?}", key.as_ref().escape_ascii(), one.get(key), other.get(key)))
        .collect()
}
