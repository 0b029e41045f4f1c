//! What keeps git from seeing the files that are made for one tool on one machine: a block in the repository's
//! `info/exclude`.
//!
//! That file is of the repository and not of the project: all worktrees of it share one, with one block. So the block
//! stays while any of them has files in it. A manifest calls it by a name that is no path, since where it lies only git
//! knows, and a manifest that came with a clone must not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use handoff_agents::HOSTS;
use handoff_edits::{MAX_TEXT_BYTES, Target};
use handoff_wiring::{self as wiring, Block, Made, Malformed};

use crate::found::Here;
use crate::fragment::FragmentName;
use crate::manifest::{Entry, FragmentRecord, Record};
use crate::planner::Planner;
use crate::surface::Scope;

/// What a project's manifest calls the file.
pub(crate) const KEY: &str = ".git/info/exclude";
/// What it calls the directory that the file is in.
pub(crate) const DIRECTORY: &str = ".git/info";

/// The lines around ours.
pub(crate) const BLOCK: Block =
    Block { begin: "# BEGIN handover (managed: edits are lost)", end: "# END handover" };

/// Whether a manifest's name is one of these two.
pub(crate) fn is_key(key: &Path) -> bool {
    key.as_os_str() == KEY || key.as_os_str() == DIRECTORY
}

/// Where that is. Outside of git a place in which nothing is.
pub(crate) fn path(here: &Here, key: &Path) -> PathBuf {
    let git = here.git.clone().unwrap_or_else(|| here.project.join(".git"));
    git.join(key.strip_prefix(".git").unwrap_or(key))
}

/// Where the file is as long as it is no link.
pub(crate) fn place(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) => handoff_files::canonical(directory).join(name),
        _ => path.to_owned(),
    }
}

/// Brings the block in line with what the record names by now: the last step of every plan.
pub(crate) fn settle(planner: &mut Planner<'_>) {
    let recorded = planner.record.edits.get(Path::new(KEY)).cloned();
    if planner.manifest.scope() != Scope::Project || planner.here.git.is_none() {
        planner.record.edits.remove(Path::new(KEY));
        return;
    }
    let own = lines(&planner.record);
    // Without a record, as after the project was moved, the block is there all the same.
    let is_there = || {
        let text =
            handoff_files::read_file(&planner.path(Path::new(KEY)), MAX_TEXT_BYTES).unwrap_or_default();
        wiring::text(&text).is_ok_and(|text| matches!(BLOCK.find(text), Ok(Some(_))))
    };
    if own.is_empty() && recorded.is_none() && !is_there() {
        return;
    }
    let Some(target) = planner.read(Path::new(KEY)) else { return };
    let planned = block(planner, &target, recorded.as_ref(), own);
    let (entry, after) = match planned {
        Ok(planned) => planned,
        Err(error) => return planner.malformed(&target, error),
    };
    match entry {
        Some(entry) => planner.record.edits.insert(KEY.into(), entry),
        None => planner.record.edits.remove(Path::new(KEY)),
    };
    if after != target.text {
        if after.is_some() {
            planner.directory_of(&target);
        }
        planner.edit(target, after);
    }
}

/// What a user puts there where we cannot.
pub(crate) fn by_hand(planner: &Planner<'_>) -> String {
    lines(&planner.record).iter().map(|line| format!("{line}\n")).collect()
}

/// What is recorded of the file, and what is in it then.
fn block(
    planner: &Planner<'_>,
    target: &Target,
    recorded: Option<&Entry>,
    mut own: BTreeSet<String>,
) -> Result<(Option<Entry>, Option<String>), Malformed> {
    let text = target.text.as_deref().unwrap_or_default();
    let shared = is_shared(planner);
    if own.is_empty() && shared {
        return Ok((None, target.text.clone()));
    }
    let before = planner.without(target, recorded, &[FragmentName::Exclude])?;
    if own.is_empty() {
        return Ok((None, before));
    }
    if shared && let Some(range) = BLOCK.find(text)? {
        let theirs = text[range].lines().map(str::trim).filter(|line| !line.starts_with('#'));
        own.extend(theirs.map(str::to_owned));
    }
    let body: String = own.iter().map(|line| format!("{line}\n")).collect();
    let after = BLOCK.wire(text, &body)?;
    let was_in = BLOCK.find(text)?.is_some();
    let made = match recorded.and_then(|entry| entry.fragments.first()).filter(|_| was_in) {
        Some(fragment) => fragment.made,
        None if text.trim_start_matches('\u{feff}').trim().is_empty() => Made::Item,
        None => Made::Parent,
    };
    let fragments = vec![FragmentRecord { fragment: FragmentName::Exclude, made, tools: Vec::new() }];
    let edit = wiring::Edit::new(before.as_deref(), &after);
    Ok((Some(Entry { edit, fragments, was: None }), Some(after)))
}

/// The lines for the files that were made, and that only we and one tool on this machine write.
fn lines(record: &Record) -> BTreeSet<String> {
    let is_own = |path: &Path| HOSTS.iter().copied().any(|tool| tool.has_for_itself(path));
    let own = record.edits.iter().filter(|(path, entry)| entry.edit.created && is_own(path));
    own.map(|(path, _)| format!("/{}", path.display())).collect()
}

/// Whether another worktree of the repository has files in the block.
fn is_shared(planner: &Planner<'_>) -> bool {
    let here = planner.here;
    let project = handoff_files::canonical(&here.project);
    let others = here.worktrees.iter().filter(|path| handoff_files::canonical(path) != project);
    let manifests = others.map(|path| planner.manifest.of_other(path));
    manifests.flatten().any(|manifest| manifest.record.edits.contains_key(Path::new(KEY)))
}
