//! Wiring tools.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use handoff_agents::{HOSTS, Host, Linked, Reader};
use handoff_edits::{Fragment, Target};
use handoff_wiring as wiring;

use crate::error::AdapterError;
use crate::exclude;
use crate::found::{Here, signs};
use crate::fragment::FragmentName;
use crate::manifest::{Entry, FragmentRecord, Manifest};
use crate::plan::{Note, Plan};
use crate::planner::{Planner, guidance_file};
use crate::status::status;
use crate::surface::{Scope, Surface};

/// A file that is to have something of ours.
struct Wanted {
    key: PathBuf,
    /// What it begins with when it is new.
    fresh: &'static str,
    fragments: Vec<(FragmentName, &'static Host)>,
}

/// The plan to give `tools` those of `surfaces` that they have in `manifest`'s scope. What is wired already, of whichever
/// prefix, is brought up to date in its place.
///
/// # Errors
/// [`AdapterError::InTheWay`] when nothing can be recorded; [`AdapterError::NoPlace`] when HOME is not known or a path
/// cannot be written into settings. A file that cannot be changed is no error: see [`Plan::left`].
pub fn enable(
    here: &Here,
    tools: &[&'static Host],
    surfaces: &[Surface],
    manifest: Manifest,
) -> Result<Plan, AdapterError> {
    let scope = manifest.scope();
    let mut planner = Planner::new(here, manifest)?;
    let mut wanted = Vec::new();
    let mut trusted = Vec::new();
    if scope == Scope::Project && surfaces.contains(&Surface::Guidance) {
        guidance(&mut planner, tools, surfaces.contains(&Surface::Hooks), &mut wanted);
    }
    for &tool in tools {
        if let (Some(files), true) = (&tool.hooks, surfaces.contains(&Surface::Hooks)) {
            let key = hooks_file(here, tool, scope)?;
            let mut is_run = true;
            if let (Scope::Project, Linked::MainAlone, Some(main)) =
                (scope, files.linked, here.main_checkout())
                && !status(here, tool, &[]).is_wired(Surface::Hooks, Scope::Project)
            {
                let (tool, path, main) = (tool.name, planner.path(&key), main.to_owned());
                planner.note(Note::NotRun { tool, path, main });
                is_run = false;
            }
            // Of hooks that are not run, trust would change nothing.
            if files.trusted_by_place && is_run {
                trusted.push((tool.name, planner.path(&key)));
            }
            let fragments = FragmentName::hooks(tool).map(|fragment| (fragment, tool));
            add(&mut wanted, key, "{}\n", fragments.collect());
        }
        if scope == Scope::User
            && surfaces.contains(&Surface::StatusLine)
            && let Some(key) = status_line_file(here, tool)?
        {
            add(&mut wanted, key, "{}\n", vec![(FragmentName::StatusLine, tool)]);
        }
    }
    for wanted in together(&mut planner, wanted) {
        let by_hand = by_hand(&planner, &wanted.1);
        let key = wanted.0.key.clone();
        planner.attempt(&by_hand, |planner| wire(planner, wanted));
        let recorded = planner.manifest.record.edits.get(&key).map(|entry| entry.fragments.clone());
        planner.unwire_former(&key, &recorded.unwrap_or_default());
    }
    let lines = exclude::by_hand(&planner);
    planner.attempt(&lines, exclude::settle);
    for (tool, path) in trusted {
        if planner.changes(&path) {
            planner.note(Note::Trust { tool, path });
        }
    }
    planner.finish()
}

/// The file of a tool's hooks, as a manifest names it.
pub(crate) fn hooks_file(here: &Here, tool: &Host, scope: Scope) -> Result<PathBuf, AdapterError> {
    let files = tool.hooks.as_ref();
    let files = files.ok_or_else(|| AdapterError::NoPlace(format!("{} has no hooks", tool.name)))?;
    match scope {
        Scope::Project => Ok(files.project.into()),
        Scope::User => of_user(here, tool, files.user),
    }
}

/// The file of a tool's status line; None when it has none.
pub(crate) fn status_line_file(here: &Here, tool: &Host) -> Result<Option<PathBuf>, AdapterError> {
    tool.status_line.map(|name| of_user(here, tool, name)).transpose()
}

fn of_user(here: &Here, tool: &Host, name: &str) -> Result<PathBuf, AdapterError> {
    let directory = here.directory(tool);
    let path = directory.map(|directory| directory.join(name)).ok_or_else(|| {
        AdapterError::NoPlace(format!(
            "HOME is not set, so there is no telling where {} keeps its settings",
            tool.name
        ))
    })?;
    match path.to_str() {
        Some(_) => Ok(path),
        None => Err(AdapterError::NoPlace(format!(
            "{} is no UTF-8, which a record cannot name",
            handoff_text::Sanitised::path(&path)
        ))),
    }
}

/// Finds the files of the tools' guidance: one that is made for one tool is there for the next, until nothing changes.
/// For a tool that gets hooks no file is made that others write too: its hooks do the work.
fn guidance(planner: &mut Planner<'_>, tools: &[&'static Host], with_hooks: bool, wanted: &mut Vec<Wanted>) {
    let project = planner.here.project.clone();
    let is_there = |name: &str| handoff_files::is_file(&project.join(name));
    let hooks_do =
        |tool: &Host, name: &str| with_hooks && tool.hooks.is_some() && tool.guidance.is_shared(name);
    let mut made = BTreeSet::new();
    let mut files: Vec<(&'static Host, &'static str)>;
    loop {
        let known = |name: &str| is_there(name) || made.contains(name);
        let file = |&tool: &&'static Host| {
            let name = guidance_file(&tool.guidance, known);
            (known(name) || !hooks_do(tool, name)).then_some((tool, name))
        };
        files = tools.iter().filter_map(file).collect();
        let before = made.len();
        made.extend(files.iter().map(|(_, name)| *name).filter(|name| !is_there(name)));
        if made.len() == before {
            break;
        }
    }
    // Some were only to be made until a tool looked at the file of another.
    let needed: BTreeSet<_> =
        files.iter().filter(|(tool, name)| !hooks_do(tool, name)).map(|(_, name)| *name).collect();
    files.retain(|(_, name)| is_there(name) || needed.contains(name));
    made.retain(|name| files.iter().any(|(_, file)| file == name));
    hidden(planner, tools, &made, is_there);
    for (tool, name) in files {
        let fresh = if name == tool.guidance.fresh { tool.guidance.preface } else { "" };
        add(wanted, name.into(), fresh, vec![(FragmentName::Guidance, tool)]);
        if let Some(reader) = tool.guidance.reader.as_ref().filter(|reader| !is_read(reader, name, &project))
        {
            planner.note(Note::NotRead {
                tool: tool.name,
                path: project.join(name),
                settings: project.join(reader.file),
                line: reader.line,
            });
        }
    }
}

/// Whether a tool's settings name the file.
pub(crate) fn is_read(reader: &Reader, name: &str, project: &Path) -> bool {
    let settings = handoff_files::read_file(&project.join(reader.file), 1 << 20).unwrap_or_default();
    let text = String::from_utf8_lossy(&settings);
    text.lines().any(|line| line.split('#').next().is_some_and(|line| line.contains(name)))
}

/// Notes which tools, of those that are wired or are here, would not read any more what they read now.
fn hidden(
    planner: &mut Planner<'_>,
    tools: &[&'static Host],
    made: &BTreeSet<&'static str>,
    is_there: impl Fn(&str) -> bool,
) {
    let here = planner.here;
    for tool in HOSTS.iter().copied().filter(|tool| tool.guidance.first_only) {
        let now = tool.guidance.looks.iter().position(|name| is_there(name));
        let then = tool.guidance.looks.iter().position(|name| made.contains(name));
        let (Some(now), Some(then)) = (now, then) else { continue };
        let is_meant = tools.contains(&tool) || !signs(tool, here, &[&planner.manifest]).is_empty();
        if then < now && is_meant {
            planner.note(Note::Hides {
                tool: tool.name,
                path: here.project.join(tool.guidance.looks[then]),
                hidden: here.project.join(tool.guidance.looks[now]),
            });
        }
    }
}

fn add(
    wanted: &mut Vec<Wanted>,
    key: PathBuf,
    fresh: &'static str,
    fragments: Vec<(FragmentName, &'static Host)>,
) {
    match wanted.iter_mut().find(|other| other.key == key) {
        Some(other) => other.fragments.extend(fragments),
        None => wanted.push(Wanted { key, fresh, fragments }),
    }
}

/// The files themselves: two paths that lead to one file are one.
fn together(planner: &mut Planner<'_>, wanted: Vec<Wanted>) -> Vec<(Target, Wanted)> {
    let mut files: Vec<(Target, Wanted)> = Vec::new();
    for one in wanted {
        let by_hand = by_hand(planner, &one);
        let Some(target) = planner.attempt(&by_hand, |planner| planner.read(&one.key)) else { continue };
        let place = target.file.place();
        match files.iter_mut().find(|(other, _)| other.file.place() == place) {
            Some((_, other)) => other.fragments.extend(one.fragments),
            None => files.push((target, one)),
        }
    }
    files
}

/// What a user puts into a file where we cannot: a new one with nothing but ours.
fn by_hand(planner: &Planner<'_>, wanted: &Wanted) -> String {
    let fragments = wanted.fragments.iter().map(|(name, _)| planner.fragment(*name));
    handoff_edits::by_hand(wanted.fresh, fragments)
}

fn wire(planner: &mut Planner<'_>, (target, wanted): (Target, Wanted)) {
    let names: Vec<FragmentName> = wanted.fragments.iter().map(|(fragment, _)| *fragment).collect();
    let recorded = planner.entry(&target).map(|(key, entry)| (key, entry.clone()));
    let entry = recorded.as_ref().map(|(_, entry)| entry);
    let planned = planner.without(&target, entry, &names).and_then(|before| {
        let mut fragments = entry.map(|entry| entry.fragments.clone()).unwrap_or_default();
        let mut text = target.text.clone().unwrap_or_else(|| wanted.fresh.to_owned());
        for (name, tool) in &wanted.fragments {
            let fragment = planner.fragment(*name);
            let was_in = fragment.is_in(&text)?;
            let (wired, made) = fragment.wire(&text)?;
            text = wired;
            note_tool(
                &mut fragments,
                FragmentRecord { fragment: *name, made, tools: vec![tool.id.to_owned()] },
                was_in,
            );
        }
        Ok((before, text, fragments))
    });
    let (before, after, fragments) = match planned {
        Ok(planned) => planned,
        Err(error) => return planner.malformed(&target, error),
    };
    let key = recorded.map_or_else(|| target.key.clone(), |(key, _)| key);
    let edit = wiring::Edit::new(before.as_deref(), &after);
    planner.record_real(&key, target.real());
    planner.record.edits.insert(key, Entry { edit, fragments, was: None });
    if target.text.as_ref() != Some(&after) {
        planner.directory_of(&target);
        planner.edit(target, Some(after));
    }
}

/// Records a fragment that was wired for a tool. What its first wiring made of the surroundings is still ours while it is
/// there.
fn note_tool(fragments: &mut Vec<FragmentRecord>, wired: FragmentRecord, was_in: bool) {
    let Some(recorded) = fragments.iter_mut().find(|recorded| recorded.fragment == wired.fragment) else {
        return fragments.push(wired);
    };
    if !was_in {
        recorded.made = wired.made;
    }
    for tool in wired.tools {
        if !recorded.tools.contains(&tool) {
            recorded.tools.push(tool);
        }
    }
}
