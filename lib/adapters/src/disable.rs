//! Taking away what was wired, and nothing else.

use std::path::{Path, PathBuf};

use handoff_agents::Host;
use handoff_edits::{MAX_TEXT_BYTES, Target};
use handoff_wiring::{self as wiring, Malformed};

use crate::enable::{hooks_file, status_line_file};
use crate::error::AdapterError;
use crate::exclude;
use crate::found::Here;
use crate::fragment::FragmentName;
use crate::manifest::{Entry, FragmentRecord, Manifest};
use crate::plan::{Note, Plan};
use crate::planner::{Planner, is_nothing};
use crate::surface::Scope;

/// What stands in everything of ours.
const NAME: &[u8] = b"handover";

/// The plan to take everything of `tools` away that is wired in `manifest`'s scope, recorded or not. A file that was
/// not edited since is as it was before, to the byte. What another tool shares stays. A file that cannot be changed stays as
/// it is, and on record: see [`Plan::left`].
///
/// # Errors
/// As for [`enable`](crate::enable()).
pub fn disable(here: &Here, tools: &[&'static Host], manifest: Manifest) -> Result<Plan, AdapterError> {
    let mut planner = Planner::new(here, manifest)?;
    let may_be_in = may_be_in(&planner, tools);
    for key in planner.manifest.record.edits.keys().cloned().collect::<Vec<_>>() {
        if exclude::is_key(&key) {
            continue;
        }
        let names = may_be_in.iter().find(|(file, _)| *file == key).map(|(_, names)| names.as_slice());
        let fragments =
            planner.manifest.record.edits[&key].fragments.iter().map(|recorded| recorded.fragment);
        let by_hand = to_take_out(&planner, fragments);
        planner.attempt(&by_hand, |planner| recorded(planner, &key, tools, names.unwrap_or_default()));
        let stay = planner.record.edits.get(&key).map(|entry| entry.fragments.clone()).unwrap_or_default();
        let mut go = planner.manifest.record.edits[&key].fragments.clone();
        go.retain(|one| !stay.iter().any(|stays| stays.fragment == one.fragment));
        planner.unwire_former(&key, &go);
    }
    for (key, names) in may_be_in {
        // What does not even name us is not looked into: it may be as broken as it likes.
        if planner.manifest.record.edits.contains_key(&key) || !names_us(&content(&planner.path(&key))) {
            continue;
        }
        let by_hand = to_take_out(&planner, names.iter().copied());
        planner.attempt(&by_hand, |planner| {
            if let Some(target) = planner.read(&key)
                && planner.entry(&target).is_none()
            {
                let after = planner.without(&target, None, &names);
                change(planner, target, after);
            }
        });
    }
    let lines = exclude::by_hand(&planner);
    planner.attempt(&lines, exclude::settle);
    planner.remove_directories();
    planner.finish()
}

/// Every file that something of `tools` may be in, recorded or not, and what.
fn may_be_in(planner: &Planner<'_>, tools: &[&'static Host]) -> Vec<(PathBuf, Vec<FragmentName>)> {
    let scope = planner.manifest.scope();
    let mut files: Vec<(PathBuf, Vec<FragmentName>)> = Vec::new();
    let mut add = |key: PathBuf, names: Vec<FragmentName>| match files
        .iter_mut()
        .find(|(other, _)| *other == key)
    {
        Some((_, other)) => other.extend(names.into_iter().filter(|name| *name != FragmentName::Guidance)),
        None => files.push((key, names)),
    };
    for &tool in tools {
        if scope == Scope::Project {
            let looks =
                tool.guidance.looks.iter().chain(tool.guidance.formerly).chain([&tool.guidance.fresh]);
            looks.for_each(|name| add(name.into(), vec![FragmentName::Guidance]));
        }
        // Without a HOME there is nothing there either.
        if let Ok(key) = hooks_file(planner.here, tool, scope) {
            add(key, FragmentName::hooks(tool).collect());
        }
        if let (Scope::User, Ok(Some(key))) = (scope, status_line_file(planner.here, tool)) {
            add(key, vec![FragmentName::StatusLine]);
        }
    }
    files
}

/// What a user takes out of a file where we cannot.
fn to_take_out(planner: &Planner<'_>, fragments: impl IntoIterator<Item = FragmentName>) -> String {
    handoff_edits::by_hand("", fragments.into_iter().map(|name| planner.fragment(name)))
}

fn content(path: &Path) -> Vec<u8> {
    handoff_files::read_file(path, MAX_TEXT_BYTES).unwrap_or_default()
}

/// Whether anything of ours may be in a file.
fn names_us(content: &[u8]) -> bool {
    content.windows(NAME.len()).any(|bytes| bytes == NAME)
}

/// Takes out of a recorded file what no tool but `tools` wants. `names` is what may be in it without being recorded.
fn recorded(planner: &mut Planner<'_>, key: &Path, tools: &[&'static Host], names: &[FragmentName]) {
    let path = planner.path(key);
    let content = content(&path);
    let is_other = !content.is_empty() && !names_us(&content) && wiring::text(&content).is_err();
    let above = path.ancestors().skip(1).find(|above| handoff_files::is_taken(above));
    if is_other || above.is_some_and(|above| !handoff_files::is_directory(above)) {
        // Ours was taken out by hand, and whatever is wrong with the rest is the user's.
        planner.record.edits.remove(key);
        return;
    }
    let Some(target) = planner.read(key) else { return };
    let Some((key, entry)) = planner.entry(&target).map(|(key, entry)| (key, entry.clone())) else { return };
    if let Some(text) = target.text.as_ref().filter(|text| !names_us(text.as_bytes())) {
        planner.record.edits.remove(&key);
        let after = Some(text.clone()).filter(|text| !(entry.edit.created && is_nothing(text)));
        return change(planner, target, Ok(after));
    }
    let is_disabled = |id: &String| tools.iter().any(|tool| tool.id == id);
    let mut stay: Vec<FragmentRecord> = entry.fragments.clone();
    for fragment in &mut stay {
        fragment.tools.retain(|id| !is_disabled(id));
    }
    let (stay, go): (Vec<_>, Vec<_>) = stay.into_iter().partition(|fragment| !fragment.tools.is_empty());
    let recorded = entry.fragments.iter().map(|recorded| recorded.fragment);
    let all: Vec<FragmentName> = recorded.clone().chain(names.iter().copied()).collect();
    if stay.is_empty() || target.text.is_none() {
        planner.record.edits.remove(&key);
        let after = planner.without(&target, Some(&entry), &all);
        return change(planner, target, after);
    }
    let text = target.text.clone().unwrap_or_default();
    let planned = planner.without(&target, Some(&entry), &recorded.collect::<Vec<_>>()).and_then(|before| {
        let after = planner.take_out(&text, &go)?;
        Ok((wiring::Edit::new(before.as_deref(), &after), after))
    });
    match planned {
        Ok((edit, after)) => {
            planner.record.edits.insert(key, Entry { edit, fragments: stay, was: None });
            change(planner, target, Ok(Some(after)));
        }
        Err(error) => planner.malformed(&target, error),
    }
}

fn change(planner: &mut Planner<'_>, target: Target, after: Result<Option<String>, Malformed>) {
    match after {
        Ok(after) if after == target.text => {}
        Ok(after) => {
            let created = planner.entry(&target).is_some_and(|(_, entry)| entry.edit.created);
            if created && after.is_some() && !planner.record.edits.contains_key(&target.key) {
                planner.note(Note::Stays(target.file.path().to_owned()));
            }
            planner.edit(target, after);
        }
        Err(error) => planner.malformed(&target, error),
    }
}
