//! What is carried where not everything can be.

use std::collections::BTreeMap;

use super::Limits;
use super::plan::{Plan, Planned};
use crate::bundle::LARGEST_MANIFEST;
use crate::manifest::{NotCarried, Reason};
use crate::path::TreePath;

/// How much of the manifest the carried paths may fill, in bytes. The rest is for those that stay behind.
const CARRIED_BYTES: u64 = LARGEST_MANIFEST / 8 * 7;
/// What the manifest says of a path besides its name, in bytes: of its file, and of what is staged of it.
const FILE_BYTES: u64 = 210;
const STAGED_BYTES: u64 = 180;
/// From more paths than these on, those that stay behind are named by their directories.
const NAMED_PATHS: usize = 100;
/// The most directories that are named, besides the top.
const NAMED_DIRECTORIES: usize = 500;

/// Leaves behind what is more than a capture may hold, or than its manifest can name. What git tracks is carried first;
/// then untracked files, those first of whose top-level directory there are few, since many are seldom written by hand;
/// of these the small ones first.
pub(super) fn keep(plan: &mut Plan, limits: Limits) {
    let untracked = plan.paths.iter().filter(|(_, planned)| !is_tracked(planned));
    let mut siblings: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (path, _) in untracked {
        *siblings.entry(top_level(path).to_owned()).or_default() += 1;
    }
    let mut order: Vec<_> = plan.paths.iter().collect();
    order.sort_by_cached_key(|(path, planned)| {
        let siblings = siblings.get(top_level(path)).copied().unwrap_or(0);
        (!is_tracked(planned), if is_tracked(planned) { 0 } else { siblings }, size(planned))
    });
    let (mut files, mut bytes, mut manifest, mut over) = (0, 0_u64, 0_u64, Vec::new());
    for (path, planned) in order {
        let (more, line) = (bytes.saturating_add(size(planned)), manifest + in_manifest(path, planned));
        if files < limits.max_files && more <= limits.max_total_bytes && line <= CARRIED_BYTES {
            (files, bytes, manifest) = (files + 1, more, line);
        } else {
            over.push((path.clone(), size(planned)));
        }
    }
    leave(plan, over);
}

fn is_tracked(planned: &Planned) -> bool {
    planned.head.is_some() || planned.index.is_some() || planned.intent || planned.unmerged
}

fn top_level(path: &TreePath) -> &[u8] {
    path.components().next().unwrap_or_default()
}

fn size(planned: &Planned) -> u64 {
    let staged = if planned.is_staged() { planned.index_size } else { 0 };
    planned.found.map_or(0, |found| found.size).saturating_add(staged)
}

/// How many bytes the manifest needs for a path, at most.
fn in_manifest(path: &TreePath, planned: &Planned) -> u64 {
    let name = match serde_json::to_string(path) {
        Ok(name) => name.len() as u64,
        Err(error) => unreachable!("a path is always JSON: {error}"),
    };
    let staged = if planned.is_staged() || planned.intent { name + STAGED_BYTES } else { 0 };
    name + FILE_BYTES + staged
}

fn leave(plan: &mut Plan, over: Vec<(TreePath, u64)>) {
    if over.len() <= NAMED_PATHS {
        for (path, size) in over {
            plan.drop_path(path, Reason::OverLimit, Some(size));
        }
        return;
    }
    let mut directories: BTreeMap<TreePath, (usize, u64)> = BTreeMap::new();
    for (path, size) in over {
        plan.remove_path(&path);
        let mut name = TreePath::new(top_level(&path));
        if directories.len() >= NAMED_DIRECTORIES && !directories.contains_key(&name) {
            name = TreePath::new(".");
        }
        let (files, bytes) = directories.entry(name).or_default();
        (*files, *bytes) = (*files + 1, bytes.saturating_add(size));
    }
    for (path, (files, bytes)) in directories {
        let left = NotCarried::new(path, Reason::OverLimit, Some(bytes));
        plan.not_carried.insert(NotCarried { files: Some(files), ..left });
    }
}
