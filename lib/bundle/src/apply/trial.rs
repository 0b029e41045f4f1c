//! Tries what a capture wrote as an apply would, on the commit that it was made on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;

use handoff_files::Dir;

use super::build::{Made, differences, try_patch};
use super::preflight::{Patch, Patches, check};
use crate::error::{BundleError, Refusal};
use crate::layout::{INDEX, WORKSPACE};
use crate::manifest::Contents;
use crate::patch::{self, Section};
use crate::path::TreePath;
use crate::repository::{Repository, Scratch};

/// The paths that could not be applied again from the patches in `dir`. What can never be put back has to come to light
/// while the original is still there.
///
/// # Errors
/// As for an apply, where no path is to blame.
pub(crate) fn refused(
    scratch: &Scratch<'_>,
    repository: &Repository<'_>,
    dir: &Dir,
    contents: &Contents,
) -> Result<Vec<TreePath>, BundleError> {
    // The patches are tried where an apply has them, and come back.
    for name in [WORKSPACE, INDEX] {
        dir.rename_into(name, scratch.dir(), name)?;
    }
    let patches = Patches { workspace: read(scratch, WORKSPACE)?, index: read(scratch, INDEX)? };
    let empty = repository.empty_tree();
    let base = contents.base.as_deref().unwrap_or(&empty);
    let mut refused = match check(&patches, contents, scratch.dir()) {
        Ok(()) => BTreeSet::new(),
        Err(refusal) => match refusal.paths() {
            paths if paths.is_empty() => return Err(refusal.into()),
            paths => paths.into_iter().collect(),
        },
    };
    if refused.is_empty() {
        for patch in [&patches.workspace, &patches.index] {
            refused.extend(refused_of(scratch, repository, patch, base)?);
        }
    }
    for name in [WORKSPACE, INDEX] {
        scratch.dir().rename_into(name, dir, name)?;
    }
    Ok(refused.into_iter().collect())
}

fn read(scratch: &Scratch<'_>, name: &'static str) -> Result<Patch, BundleError> {
    let file = scratch.dir().open_to_read(name)?.into_file();
    let sections = patch::parse(BufReader::with_capacity(1 << 16, file))
        .map_err(|reason| Refusal::Malformed { file: name, reason })?;
    Ok(Patch { name, sections })
}

fn refused_of(
    scratch: &Scratch<'_>,
    repository: &Repository<'_>,
    patch: &Patch,
    base: &str,
) -> Result<Vec<TreePath>, BundleError> {
    if patch.sections.is_empty() {
        return Ok(Vec::new());
    }
    match try_patch(scratch, repository, patch, base) {
        Ok(tried) => {
            let mut made = differences(scratch, base, &tried.tree)?;
            made.extend(tried.large.into_iter().map(|(path, made)| (path, Some(made))));
            Ok(others(patch, &made))
        }
        Err(BundleError::Refused(Refusal::DoesNotApply { .. })) => {
            // The sections of one path stay together.
            let mut groups: BTreeMap<TreePath, Vec<Section>> = BTreeMap::new();
            for section in &patch.sections {
                let path = section.paths().next().cloned().unwrap_or_default();
                groups.entry(path).or_default().push(section.clone());
            }
            let groups: Vec<_> = groups.into_iter().collect();
            find(scratch, repository, patch.name, base, &groups)
        }
        Err(error) => Err(error),
    }
}

/// The paths of which something else came than the patch says.
fn others(patch: &Patch, made: &BTreeMap<TreePath, Option<Made>>) -> Vec<TreePath> {
    let outcomes = patch::outcomes(&patch.sections).unwrap_or_default();
    let differs = |path: &TreePath| match (outcomes.get(path), made.get(path)) {
        (Some(outcome), Some(made)) => match (&outcome.new, made) {
            (None, None) => false,
            (Some(new), Some(made)) => {
                let other =
                    |said: &Option<String>, made: &str| said.as_ref().is_some_and(|said| said != made);
                other(&new.blob, &made.entry.blob) || other(&new.mode, &made.entry.mode)
            }
            _ => true,
        },
        _ => true,
    };
    let all: BTreeSet<_> = outcomes.keys().chain(made.keys()).collect();
    all.into_iter().filter(|path| differs(path)).cloned().collect()
}

/// The paths that git does not apply, found by halves.
fn find(
    scratch: &Scratch<'_>,
    repository: &Repository<'_>,
    name: &'static str,
    base: &str,
    groups: &[(TreePath, Vec<Section>)],
) -> Result<Vec<TreePath>, BundleError> {
    let sections = groups.iter().flat_map(|(_, sections)| sections.iter().cloned()).collect();
    match try_patch(scratch, repository, &Patch { name, sections }, base) {
        Ok(_) => return Ok(Vec::new()),
        Err(BundleError::Refused(Refusal::DoesNotApply { .. })) => {}
        Err(error) => return Err(error),
    }
    let paths = || groups.iter().map(|(path, _)| path.clone()).collect();
    if groups.len() < 2 {
        return Ok(paths());
    }
    let (one, other) = groups.split_at(groups.len() / 2);
    let mut found: Vec<TreePath> = find(scratch, repository, name, base, one)?;
    found.extend(find(scratch, repository, name, base, other)?);
    // Each half by itself applies: then it is what they are together.
    Ok(if found.is_empty() { paths() } else { found })
}
