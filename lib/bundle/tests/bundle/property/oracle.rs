//! What must hold of a capture, an apply and an undo, with git as the judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;

use handoff_bundle::{BundleError, Contents, Draft, Handover, Limits, Reason, Refusal};

use super::build::{Made, Workshop, shown};
use super::scenario::{Scenario, Step, os};
use super::snapshot::{Thing, copy, differences, files, tree};
use crate::support::{ALLOW, World, description};

/// What came of a scenario that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Applied,
    Nothing,
    /// Git takes no such commit, or its own checkout of it is not clean.
    Unusable,
}

macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(format!($($message)*));
        }
    };
}

/// What git says of a worktree.
struct Said {
    /// Each path of `git status`, with its record. None where git gives up.
    status: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// The entries of the index that are no conflict's: mode and blob.
    index: BTreeMap<Vec<u8>, Vec<u8>>,
    unmerged: BTreeSet<Vec<u8>>,
    /// Paths that git was told not to look at.
    flagged: BTreeSet<Vec<u8>>,
}

fn ask(world: &World, at: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut command = world.command(at);
    command.env("GIT_OPTIONAL_LOCKS", "0").args(arguments).stderr(Stdio::null());
    let output = command.output().unwrap();
    output.status.success().then_some(output.stdout)
}

fn said(world: &World, at: &Path, all: bool) -> Said {
    let untracked = if all { "-uall" } else { "-uno" };
    let status = ask(
        world,
        at,
        &[
            "-c",
            "core.ignoreCase=false",
            "-c",
            "status.branch=false",
            "status",
            "--porcelain=v2",
            "-z",
            untracked,
            "--ignore-submodules=none",
            "--no-renames",
        ],
    );
    let path_of = |record: &[u8]| {
        let fields = match record[0] {
            b'1' => 8,
            b'u' => 10,
            _ => 1,
        };
        record.splitn(fields + 1, |byte| *byte == b' ').last().unwrap_or_default().to_owned()
    };
    let records = |out: Vec<u8>| {
        let records = out.split(|byte| *byte == 0).filter(|record| !record.is_empty() && record[0] != b'#');
        records.map(|record| (path_of(record), record.to_owned())).collect()
    };
    let mut said = Said {
        status: status.map(records),
        index: BTreeMap::new(),
        unmerged: BTreeSet::new(),
        flagged: BTreeSet::new(),
    };
    let listed = ask(world, at, &["ls-files", "-s", "-v", "-z"]).unwrap_or_default();
    for record in listed.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let tab = record.iter().position(|byte| *byte == b'\t').unwrap();
        let (path, entry) = (record[tab + 1..].to_owned(), &record[2..tab]);
        if record[0].is_ascii_lowercase() || record[0] == b'S' {
            said.flagged.insert(path.clone());
        }
        if entry.ends_with(b" 0") {
            said.index.insert(path, entry.to_owned());
        } else {
            said.unmerged.insert(path);
        }
    }
    said
}

/// What the manifest says.
struct Listed {
    files: BTreeSet<Vec<u8>>,
    staged: BTreeSet<Vec<u8>>,
    /// Not carried, nor below one that is not.
    named: BTreeSet<Vec<u8>>,
    /// Of these the file is carried, and not what the index has.
    unmerged: BTreeSet<Vec<u8>>,
}

impl Listed {
    fn of(contents: &Contents) -> Self {
        let mut listed = Self {
            files: BTreeSet::new(),
            staged: BTreeSet::new(),
            named: BTreeSet::new(),
            unmerged: BTreeSet::new(),
        };
        listed.files.extend(contents.files.iter().map(|file| file.path.as_bytes().to_owned()));
        let staged = contents.staged.iter().chain(&contents.intent_to_add);
        listed.staged.extend(staged.map(|staged| staged.path.as_bytes().to_owned()));
        for left in &contents.not_carried {
            let set = if left.reason == Reason::UnmergedIndexEntry {
                &mut listed.unmerged
            } else {
                &mut listed.named
            };
            set.insert(left.path.as_bytes().to_owned());
        }
        listed
    }

    fn names(&self, path: &[u8]) -> bool {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let parents = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at]);
        parents.chain([path]).any(|path| self.named.contains(path))
    }

    fn has(&self, path: &[u8]) -> bool {
        self.files.contains(path)
            || self.staged.contains(path)
            || self.unmerged.contains(path)
            || self.names(path)
    }
}

fn show(path: &[u8]) -> String {
    path.escape_ascii().to_string()
}

/// Whether `git status` means a worktree of the repository itself.
fn is_linked(at: &Path, path: &[u8]) -> bool {
    let Some(directory) = path.strip_suffix(b"/") else { return false };
    let git = at.join(os(directory)).join(".git");
    std::fs::read(git).is_ok_and(|text| String::from_utf8_lossy(&text).contains("/at/.git/worktrees/"))
}

/// Checks a scenario.
pub(super) fn check(workshop: &mut Workshop, scenario: &Scenario) -> Result<Outcome, String> {
    let Some(mut made) = workshop.make(scenario) else { return Ok(Outcome::Unusable) };
    let result = check_made(&workshop.world, scenario, &mut made, &mut workshop.reasons);
    result.map_err(|error| {
        let status =
            ask(&workshop.world, &made.at, &["status", "--porcelain=v2", "-uall"]).unwrap_or_default();
        format!(
            "{error}\nwhere the work is:\n{}{}\nwhere it goes:\n{}",
            shown(&made.at),
            status.escape_ascii().to_string().replace("\\n", "\n"),
            shown(&made.to)
        )
    })
}

fn check_made(
    world: &World,
    scenario: &Scenario,
    made: &mut Made,
    reasons: &mut BTreeSet<Reason>,
) -> Result<Outcome, String> {
    let all = shows_untracked(scenario);
    let draft = capture(world, made)?;
    reasons.extend(draft.contents().not_carried.iter().map(|left| left.reason));
    let listed = Listed::of(draft.contents());
    let here = said(world, &made.at, all);
    let clean = files(&made.to);
    everything_is_named(scenario, made, &here, &listed, &clean)?;
    let lists = here.status.iter().flatten().filter(|(path, _)| !is_linked(&made.at, path)).count();
    ensure!(lists == 0 || !draft.is_empty(), "\"nothing was uncommitted\", and git lists {lists} paths");
    if scenario.stash {
        stash_is_named(world, made, &listed, all)?;
    }
    if draft.is_empty() {
        return Ok(Outcome::Nothing);
    }
    let bundle = draft
        .publish(&description("Fix it"), &world.keyring())
        .map_err(|error| format!("publish: {error}"))?;
    let there = said(world, &made.to, true);
    Handover::create(&made.to, false).map_err(|error| error.to_string())?;
    let untouched = without_objects(&made.to);
    let listing = there.status.as_ref().map(|status| !status.is_empty());
    match world.apply(&bundle, &made.to, ALLOW) {
        Ok(_) => {}
        Err(BundleError::Refused(Refusal::Dirty(_))) if listing != Some(false) => {
            return Ok(Outcome::Unusable);
        }
        Err(BundleError::Git(_)) if listing.is_none() => return Ok(Outcome::Unusable),
        Err(BundleError::Refused(Refusal::Hidden(_))) if !there.flagged.is_empty() => {
            return Ok(Outcome::Unusable);
        }
        Err(error) => return Err(format!("apply: {error}")),
    }
    same_files(made, &here, &listed, &clean)?;
    let now = said(world, &made.to, true);
    same_index(&here, &there, &now, &listed)?;
    if !converts(scenario, made, &clean) {
        what_is_left_out_is_unchanged(made, &here, &now, &listed)?;
    }
    let applied = Handover::open(&made.to).unwrap().unwrap();
    applied.undo(&world.git, &world.keyring()).map_err(|error| format!("undo: {error}"))?;
    let undone = without_objects(&made.to);
    ensure!(untouched == undone, "the undo left something:\n{}", differences(&untouched, &undone).join("\n"));
    Ok(Outcome::Applied)
}

/// Captures, which changes no byte and no time; what grows meanwhile does so no longer.
fn capture(world: &World, made: &mut Made) -> Result<Draft, String> {
    let handover = Handover::create(&made.at, false).map_err(|error| error.to_string())?;
    let growing = made.growing.as_ref().map(|growing| growing.path.clone());
    let skipped: Vec<&[u8]> = growing.as_deref().into_iter().collect();
    let before = tree(&made.at, &skipped);
    let draft =
        handover.capture(&world.git, Limits::default(), &[]).map_err(|error| format!("capture: {error}"))?;
    let after = tree(&made.at, &skipped);
    ensure!(
        before == after,
        "the capture changed the worktree:\n{}",
        differences(&before, &after).join("\n")
    );
    if let Some(growing) = &mut made.growing {
        growing.stop();
    }
    Ok(draft)
}

/// Whether the scenario's configuration lets git list untracked files.
fn shows_untracked(scenario: &Scenario) -> bool {
    let later = scenario.steps.iter().filter_map(|step| match step {
        Step::Configure(setting) => Some(setting),
        _ => None,
    });
    let mut all = scenario.settings.iter().chain(later);
    let last = all.rfind(|setting| setting.1.starts_with("showUntrackedFiles"));
    last.is_none_or(|setting| setting.1 != "showUntrackedFiles = no")
}

/// Everything in and around a worktree but objects, which nothing names.
fn without_objects(at: &Path) -> BTreeMap<Vec<u8>, Thing> {
    tree(at, &[b".git/objects"]).into_iter().map(|(path, (thing, _))| (path, thing)).collect()
}

/// Everything that git lists is in the manifest; and everything in the manifest is what git lists, or was told not to
/// look at, or cannot see.
fn everything_is_named(
    scenario: &Scenario,
    made: &Made,
    here: &Said,
    listed: &Listed,
    clean: &BTreeMap<Vec<u8>, Thing>,
) -> Result<(), String> {
    if let Some(status) = &here.status {
        for (path, record) in status.iter().filter(|(path, _)| !is_linked(&made.at, path)) {
            ensure!(listed.has(path), "neither carried nor named: {}", record.escape_ascii());
        }
        let grows = |path: &[u8]| made.growing.as_ref().is_some_and(|growing| growing.path == path);
        for path in listed.files.iter().chain(&listed.staged) {
            ensure!(
                status.contains_key(path) || grows(path),
                "carried, and git does not list it: {}",
                show(path)
            );
        }
    }
    if converts(scenario, made, clean) {
        return Ok(());
    }
    let now = files(&made.at);
    for path in
        here.flagged.iter().filter(|path| now.contains_key(*path) && now.get(*path) != clean.get(*path))
    {
        // Other permission bits that git does not know are no difference.
        let same = matches!((now.get(path), clean.get(path)), (Some(Thing::File(_, one)), Some(Thing::File(_, other))) if one == other);
        let staged = here.status.as_ref().is_some_and(|status| status.contains_key(path));
        ensure!(
            same || staged || listed.has(path),
            "told not to look at, changed and not named: {}",
            show(path)
        );
    }
    Ok(())
}

/// Whether git may make something else of a file on its way in or out.
fn converts(scenario: &Scenario, made: &Made, clean: &BTreeMap<Vec<u8>, Thing>) -> bool {
    !scenario.attributes.is_empty()
        || !scenario.settings.is_empty()
        || made.configured
        || clean.keys().chain(files(&made.at).keys()).any(|path| path.ends_with(b".gitattributes"))
}

/// What is not checked out is, where it is applied, what the index has.
fn what_is_left_out_is_unchanged(
    made: &Made,
    here: &Said,
    now: &Said,
    listed: &Listed,
) -> Result<(), String> {
    let source = files(&made.at);
    for path in here.index.keys().filter(|path| not_checked_out(here, &source, path)) {
        let record = now.status.as_ref().and_then(|status| status.get(path));
        let unchanged = listed.names(path) || record.is_none_or(|record| record.get(3) == Some(&b'.'));
        ensure!(unchanged, "not checked out, and changed where it is applied: {}", show(path));
    }
    Ok(())
}

/// `git stash` takes nothing that the capture neither carries nor names.
fn stash_is_named(world: &World, made: &Made, listed: &Listed, all: bool) -> Result<(), String> {
    let other = made.at.parent().unwrap().join("stashed");
    copy(&made.at, &other);
    let push: &[&str] = if all { &["stash", "push", "-q", "-u"] } else { &["stash", "push", "-q"] };
    if ask(world, &other, push).is_some() {
        for arguments in [
            &["diff-tree", "-r", "-z", "--name-only", "--no-renames", "stash@{0}^1", "stash@{0}"][..],
            &["diff-tree", "-r", "-z", "--name-only", "--no-renames", "stash@{0}^1", "stash@{0}^2"],
            &["ls-tree", "-r", "-z", "--name-only", "stash@{0}^3"],
        ] {
            let paths = ask(world, &other, arguments).unwrap_or_default();
            for path in paths.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
                ensure!(
                    listed.has(path),
                    "git stash takes it, and it is neither carried nor named: {}",
                    show(path)
                );
            }
        }
    }
    std::fs::remove_dir_all(other).unwrap();
    Ok(())
}

/// Whether a path is one that a sparse checkout leaves out.
fn not_checked_out(here: &Said, source: &BTreeMap<Vec<u8>, Thing>, path: &Vec<u8>) -> bool {
    here.flagged.contains(path) && here.index.contains_key(path) && !source.contains_key(path)
}

/// What git lists is as it was; everything else as it was here before.
fn same_files(
    made: &Made,
    here: &Said,
    listed: &Listed,
    clean: &BTreeMap<Vec<u8>, Thing>,
) -> Result<(), String> {
    let (source, result) = (files(&made.at), files(&made.to));
    let all: BTreeSet<&Vec<u8>> = source.keys().chain(result.keys()).chain(clean.keys()).collect();
    for path in all {
        let lists = |path: &Vec<u8>| {
            here.status.as_ref().map_or(listed.files.contains(path), |status| status.contains_key(path))
        };
        let named = listed.names(path) && !listed.files.contains(path);
        if !named && not_checked_out(here, &source, path) {
            // Git says below whether it is what is staged.
            continue;
        }
        let expected = if lists(path) && !named { source.get(path) } else { clean.get(path) };
        let result = result.get(path);
        let same = match (expected, result) {
            (Some(Thing::File(_, one)), Some(Thing::File(_, other)))
                if made.growing.as_ref().is_some_and(|growing| growing.path == **path) =>
            {
                one.starts_with(other)
            }
            (Some(Thing::File(mode, one)), Some(Thing::File(other_mode, other))) => {
                mode | 0o400 == *other_mode && one == other
            }
            (one, other) => one == other,
        };
        // A directory of what stays behind may have to give way to a file that is carried, and the reverse.
        ensure!(same, "{} (named: {named}): expected {expected:?}, found {result:?}", show(path));
    }
    Ok(())
}

fn same_index(here: &Said, before: &Said, now: &Said, listed: &Listed) -> Result<(), String> {
    let all: BTreeSet<&Vec<u8>> =
        here.index.keys().chain(&here.unmerged).chain(now.index.keys()).chain(before.index.keys()).collect();
    for path in all {
        let stays = listed.names(path) && !listed.staged.contains(path) || here.unmerged.contains(path);
        let expected = if stays { before.index.get(path) } else { here.index.get(path) };
        let shown = |entry: Option<&Vec<u8>>| entry.map(|entry| entry.escape_ascii().to_string());
        let found = now.index.get(path);
        ensure!(
            expected == found,
            "index entry of {} (stays: {stays}): expected {:?}, found {:?}",
            show(path),
            shown(expected),
            shown(found)
        );
    }
    Ok(())
}
