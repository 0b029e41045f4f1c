//! Finds named pipes, sockets and devices, of which git says nothing.

use std::collections::HashSet;

use handoff_files::{Dir, FileError, Kind};
use std::os::unix::ffi::OsStrExt;

use crate::error::BundleError;
use crate::path::TreePath;
use crate::policy;
use crate::tree::Tree;

/// How deep directories are looked into, and how many such files are named.
const MAX_DEPTH: usize = 200;
const MAX_NAMED: usize = 1_000;

/// Every one in the tree that is not in an ignored directory or in another repository.
pub(super) fn find(tree: &Tree, ignored: &[TreePath]) -> Result<Vec<TreePath>, BundleError> {
    let ignored: HashSet<&[u8]> = ignored.iter().map(TreePath::as_bytes).collect();
    let mut found = Vec::new();
    walk(tree.top(), &mut Vec::new(), 0, &ignored, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(
    dir: &Dir,
    path: &mut Vec<u8>,
    depth: usize,
    ignored: &HashSet<&[u8]>,
    found: &mut Vec<TreePath>,
) -> Result<(), BundleError> {
    let entries = match dir.entries() {
        Ok(entries) => entries,
        // Git could not look into it either, and said so.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if depth > 0 && entries.iter().any(|entry| entry.name == ".git") {
        return Ok(());
    }
    let length = path.len();
    for entry in entries {
        if depth == 0 && entry.name == ".git" || found.len() == MAX_NAMED {
            continue;
        }
        if !matches!(entry.kind, Kind::Directory | Kind::Special) {
            continue;
        }
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(entry.name.as_bytes());
        let is_own = depth == 1 && policy::is_own_state(&TreePath::new(&path[..]));
        if !is_own && !ignored.contains(&path[..]) {
            match entry.kind {
                Kind::Special => found.push(TreePath::new(&path[..])),
                _ if depth < MAX_DEPTH => match dir.child(&entry.name) {
                    Ok(Some(child)) => walk(&child, path, depth + 1, ignored, found)?,
                    // Gone, replaced or closed to us meanwhile.
                    Ok(None) => {}
                    Err(FileError { source, .. }) if is_passing(source.kind()) => {}
                    Err(error) => return Err(error.into()),
                },
                _ => {}
            }
        }
        path.truncate(length);
    }
    Ok(())
}

fn is_passing(kind: std::io::ErrorKind) -> bool {
    matches!(kind, std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotADirectory)
}
