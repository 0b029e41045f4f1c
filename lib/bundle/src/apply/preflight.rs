//! What can be said of the patches and of the worktree before anything is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read, Write};

use handoff_files::{Dir, FileError};

use super::ApplyOptions;
use crate::bundle::Trusted;
use crate::error::{BundleError, Refusal};
use crate::manifest::{Change, Contents, Staged};
use crate::patch::{self, Outcome, Section};
use crate::path::TreePath;
use crate::policy;
use crate::repository::{Progress, Repository, is_one, taken};
use crate::status::{ChangeKind, Status};

/// The most content that is taken out of one patch, in bytes: zlib makes a thousand of one.
const MAX_LITERAL_BYTES: u64 = 64 << 30;

/// A patch that was copied to where only we write, and read.
#[derive(Debug)]
pub(super) struct Patch {
    /// Its name in the bundle, and in the workshop.
    pub(super) name: &'static str,
    pub(super) sections: Vec<Section>,
}

/// Both.
#[derive(Debug)]
pub(super) struct Patches {
    pub(super) workspace: Patch,
    pub(super) index: Patch,
}

/// What the bundle is applied to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) head: Option<String>,
    pub(super) base: Option<String>,
}

impl Target {
    pub(super) fn is_merge(&self) -> bool {
        self.head != self.base
    }
}

/// Copies the patches, checks their hashes on the way, reads them, and holds them against the rules and the manifest.
pub(super) fn patches(bundle: &Trusted, workshop: &Dir) -> Result<Patches, BundleError> {
    let mut read = Vec::new();
    for (name, part) in bundle.patches() {
        let mut source = bundle.dir().open_to_read(name)?;
        let mut target = workshop.create_new(name)?.ok_or_else(|| taken(workshop, name))?;
        let wrong = || Refusal::WrongHash { id: bundle.id().to_string(), file: name };
        if source.size() != part.size {
            return Err(wrong().into());
        }
        let mut hasher = blake3::Hasher::new();
        let mut limited = source.stream().take(part.size.saturating_add(1));
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count =
                limited.read(&mut buffer).map_err(FileError::new("read", &bundle.dir().path_of(name)))?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            let written = target.stream().write_all(&buffer[..count]);
            written.map_err(FileError::new("write", &workshop.path_of(name)))?;
        }
        if hasher.finalize().to_hex().as_str() != part.blake3 {
            return Err(wrong().into());
        }
        let file = workshop.open_to_read(name)?.into_file();
        let sections = patch::parse(BufReader::with_capacity(1 << 16, file))
            .map_err(|reason| Refusal::Malformed { file: name, reason })?;
        read.push(Patch { name, sections });
    }
    let (Some(index), Some(workspace)) = (read.pop(), read.pop()) else {
        unreachable!("there are two patches")
    };
    let patches = Patches { workspace, index };
    check(&patches, &bundle.manifest().contents, workshop)?;
    Ok(patches)
}

/// Holds the patches against the rules and the manifest. What is one file is asked in `dir`.
pub(super) fn check(patches: &Patches, contents: &Contents, dir: &Dir) -> Result<(), Refusal> {
    let both = [&patches.workspace, &patches.index];
    let sections = || both.into_iter().flat_map(|patch| &patch.sections);
    // Of each path whether something comes there, in the working tree or in the index.
    let mut paths: BTreeMap<&TreePath, bool> =
        sections().flat_map(Section::paths).map(|path| (path, false)).collect();
    let new = sections().filter_map(|section| section.new.as_ref()).map(|new| (&new.path, true));
    let files = contents.files.iter().map(|file| (&file.path, file.mode.is_some()));
    let staged = contents.staged.iter().chain(&contents.intent_to_add);
    for (path, comes) in new.chain(files).chain(staged.map(|one| (&one.path, one.mode.is_some()))) {
        *paths.entry(path).or_default() |= comes;
    }
    policy::check(paths, &mut |one, other| is_one(dir, one, other))?;
    for section in sections() {
        for side in section.old.iter().chain(&section.new) {
            check_mode(&side.path, side.mode.as_deref())?;
        }
        if section.literal.is_some_and(|(size, _)| size > MAX_LITERAL_BYTES) {
            let path = section.paths().next().cloned().unwrap_or_default();
            return Err(Refusal::Path { path, reason: "whose content is larger than any that is carried" });
        }
    }
    for promised in &contents.intent_to_add {
        check_mode(&promised.path, promised.mode.as_deref())?;
    }
    let outcomes = |patch: &Patch| {
        patch::outcomes(&patch.sections).map_err(|path| Refusal::Path { path, reason: "twice" })
    };
    let (workspace, index) = (outcomes(&patches.workspace)?, outcomes(&patches.index)?);
    for made in [&workspace, &index] {
        check_nesting(made)?;
    }
    let in_patch = contents.files.iter().filter(|file| file.change != Change::AsCommitted);
    let files = in_patch.map(|file| (&file.path, file.mode.as_deref(), None));
    agree(&workspace, files)?;
    let staged = contents
        .staged
        .iter()
        .map(|staged: &Staged| (&staged.path, staged.mode.as_deref(), staged.blob.as_deref()));
    agree(&index, staged)
}

fn check_mode(path: &TreePath, mode: Option<&str>) -> Result<(), Refusal> {
    match mode {
        None | Some("100644" | "100755" | "120000") => Ok(()),
        Some(mode) => Err(Refusal::Mode { path: path.clone(), mode: mode.to_owned() }),
    }
}

/// No patch makes a file or a link, and another below it.
fn check_nesting(outcomes: &BTreeMap<TreePath, Outcome>) -> Result<(), Refusal> {
    for (path, _) in outcomes.iter().filter(|(_, outcome)| outcome.new.is_some()) {
        for through in path.parents() {
            if let Some(new) = outcomes.get(&through).and_then(|outcome| outcome.new.as_ref()) {
                let what = if new.mode.as_deref() == Some("120000") { "a symbolic link" } else { "a file" };
                return Err(Refusal::Through { path: path.clone(), through, what });
            }
        }
    }
    Ok(())
}

/// The manifest lists the patch's paths, with what becomes of them.
fn agree<'m>(
    outcomes: &BTreeMap<TreePath, Outcome>,
    listed: impl Iterator<Item = (&'m TreePath, Option<&'m str>, Option<&'m str>)>,
) -> Result<(), Refusal> {
    let mismatch = |path: &TreePath, reason| Refusal::Mismatch { path: path.clone(), reason };
    let mut left: BTreeSet<&TreePath> = outcomes.keys().collect();
    for (path, mode, blob) in listed {
        let Some(outcome) = outcomes.get(path) else {
            return Err(mismatch(path, "only the manifest names it"));
        };
        if !left.remove(path) {
            return Err(mismatch(path, "the manifest names it twice"));
        }
        let differs = |said: Option<&str>, listed: Option<&str>| {
            said.zip(listed).is_some_and(|(said, listed)| said != listed)
        };
        match &outcome.new {
            None if mode.is_none() => {}
            Some(new) if mode.is_some() => {
                if differs(new.mode.as_deref(), mode) || differs(new.blob.as_deref(), blob) {
                    return Err(mismatch(path, "they make something else of it"));
                }
            }
            _ => return Err(mismatch(path, "only one of them removes it")),
        }
    }
    match left.first() {
        Some(path) => Err(mismatch(path, "only the patch names it")),
        None => Ok(()),
    }
}

/// Whether the worktree can take a bundle at all, and on which commit.
pub(super) fn target(
    repository: &Repository<'_>,
    bundle: &Trusted,
    options: ApplyOptions,
) -> Result<Target, BundleError> {
    let contents = &bundle.manifest().contents;
    if contents.object_format != repository.format_name() {
        let here = repository.format_name().to_owned();
        return Err(Refusal::ObjectFormat { bundle: contents.object_format.clone(), here }.into());
    }
    let under_way = repository.progress()?.into_iter().find(|progress| *progress != Progress::Bisect);
    if let Some(progress) = under_way {
        return Err(Refusal::InProgress(progress).into());
    }
    let status = Status::read(repository, false)?;
    let changed = uncommitted(&status);
    if !changed.is_empty() {
        return Err(Refusal::Dirty(changed).into());
    }
    let base = contents.base.clone();
    if let Some(base) = &base {
        let digits = base.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || base.len() != repository.format.len_in_hex() || !repository.has_commit(base)? {
            return Err(Refusal::MissingBase(base.clone()).into());
        }
    }
    let target = Target { base: same_content(repository, status.head.as_deref(), base)?, head: status.head };
    if target.is_merge() && !(options.onto_head && target.head.is_some()) {
        return Err(Refusal::OtherHead { head: target.head, base: target.base }.into());
    }
    Ok(target)
}

/// `base`, but HEAD where both commits hold the same files: a commit without changes between them, as one that carries a letter,
/// makes no difference to what is applied.
fn same_content(
    repository: &Repository<'_>,
    head: Option<&str>,
    base: Option<String>,
) -> Result<Option<String>, BundleError> {
    let (Some(head), Some(then)) = (head, base.as_deref()) else { return Ok(base) };
    if head == then {
        return Ok(base);
    }
    let tree = |commit: &str| {
        repository.call("rev-parse").arg(format!("{commit}^{{tree}}")).output(Vec::new(), 1 << 10)
    };
    Ok(if tree(head)?.0 == tree(then)?.0 { Some(head.to_owned()) } else { base })
}

/// Refuses when something was changed since [`target`] looked: what was copied by then as the old content holds it.
pub(super) fn still_clean(repository: &Repository<'_>) -> Result<(), BundleError> {
    let changed = uncommitted(&Status::read(repository, false)?);
    if changed.is_empty() { Ok(()) } else { Err(Refusal::ChangedMeanwhile(changed).into()) }
}

/// What is in the way. Another repository is only in the way of what is inside it, which is looked at path by path.
pub(crate) fn uncommitted(status: &Status) -> Vec<TreePath> {
    let changes = status.changes.iter().filter(|change| !matches!(change.kind, ChangeKind::Nested));
    changes.map(|change| change.path.clone()).collect()
}
