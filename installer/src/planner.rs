//! Working out a plan: reads everything, changes nothing.

mod carry;
mod placed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use handoff_agents::Wirable;
use handoff_files::{Dir, FileError, Foreign};
use handoff_wiring::hash;

use crate::error::InstallError;
use crate::fragment::{HostFile, MadeIn, Wired, sandbox_by_hand};
use crate::hosts::named;
use crate::manifest::{Edit, Manifest};
use crate::others::{self, Others};
use crate::places::Places;
use crate::plan::{Change, LARGEST, PRIVATE, PROGRAM};
use crate::programs::COMMANDS;

pub(crate) use placed::{cli_link, is_old_link};

/// The longest file of somebody else's that is edited, in bytes.
const LONGEST: u64 = 16 << 20;

/// A file or directory of the user's that is left as it is, though something of ours belongs there.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) path: PathBuf,
    /// Why, with the path.
    pub(crate) reason: String,
    /// What to put into it by hand; empty where that is a whole file of ours.
    pub(crate) by_hand: String,
}

/// What the user should know.
#[derive(Debug)]
enum Note {
    /// What of handoff-cli's was at this path gives way to ours.
    Replaced(PathBuf),
    /// Anything else.
    Other(String),
}

/// A plan in the making.
pub(crate) struct Planner<'p> {
    places: &'p Places,
    /// What was installed before.
    old: &'p Manifest,
    pub(crate) others: Others,
    /// What will be when it is carried out.
    pub(crate) manifest: Manifest,
    pub(crate) changes: Vec<Change>,
    notes: Vec<Note>,
    problems: Vec<String>,
    /// What cannot be changed; everything else is.
    pub(crate) left: Vec<Left>,
    /// What to put into files by hand, if it turns out that they cannot be changed.
    by_hand: BTreeMap<PathBuf, String>,
    /// What of ours the user changed, which stays.
    pub(crate) changed: Vec<PathBuf>,
    /// The files that are all ours and belong to what is installed now.
    written: BTreeSet<PathBuf>,
}

impl<'p> Planner<'p> {
    pub(crate) fn new(places: &'p Places, old: &'p Manifest) -> Self {
        Self {
            places,
            old,
            others: Others::find(places),
            manifest: old.clone(),
            changes: Vec::new(),
            notes: Vec::new(),
            problems: Vec::new(),
            left: Vec::new(),
            by_hand: BTreeMap::new(),
            changed: Vec::new(),
            written: BTreeSet::new(),
        }
    }

    /// Fails when anything is in the way.
    ///
    /// # Errors
    /// [`InstallError::InTheWay`] with all of it.
    pub(crate) fn check(&mut self) -> Result<(), InstallError> {
        match std::mem::take(&mut self.problems) {
            problems if problems.is_empty() => Ok(()),
            mut problems => {
                problems.dedup();
                Err(InstallError::InTheWay(problems))
            }
        }
    }

    /// Agents that other installations wired are in the way of ours; gives the rest.
    pub(crate) fn without_others(&mut self, agents: &[Wirable]) -> Vec<Wirable> {
        let mut rest = agents.to_vec();
        for other in self.others.of(agents) {
            let wired = other.wired(agents);
            rest.retain(|agent| !wired.contains(agent));
            self.problems.push(format!(
                "could not wire {}: the installation in {} has; to remove what it wired, first run: {}",
                named(&wired),
                self.places.short(&other.prefix),
                other.removal(&wired)
            ));
        }
        rest
    }

    /// Notes what stays because other installations wired it.
    pub(crate) fn note_others(&mut self, agents: &[Wirable]) {
        for other in self.others.of(agents) {
            let wired = other.wired(agents);
            self.notes.push(Note::Other(format!(
                "the installation in {} still has {} wired; to remove that: {}",
                self.places.short(&other.prefix),
                named(&wired),
                other.removal(&wired)
            )));
        }
    }

    /// Has the user know.
    fn note(&mut self, note: String) {
        self.notes.push(Note::Other(note));
    }

    /// What the user should know.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        self.notes.iter().map(|note| match note {
            Note::Replaced(path) => {
                let path = self.places.short(path);
                format!("{path} was handoff-cli's and is ours now; `handoff uninstall` puts it back")
            }
            Note::Other(text) => text.clone(),
        })
    }

    /// Notes that `path` is left as it is, because of `reason`, once.
    pub(crate) fn leave(&mut self, path: &Path, reason: String) {
        let by_hand = self.by_hand.get(path).cloned().unwrap_or_default();
        if let Some(left) = self.left.iter_mut().find(|left| left.reason == reason) {
            return left.by_hand.push_str(&by_hand);
        }
        self.left.push(Left { path: path.to_owned(), reason, by_hand });
    }

    /// A directory and those above it, as far as they are missing. Err with what stands where one of them goes.
    fn directory(&mut self, path: &Path) -> Result<(), Taken> {
        for path in missing(path)? {
            if !self.changes.iter().any(|change| matches!(change, Change::Directory(other) if *other == path))
            {
                self.changes.push(Change::Directory(path.clone()));
            }
            if !self.manifest.directories.contains(&path) {
                self.manifest.directories.push(path);
            }
        }
        Ok(())
    }

    /// The prefix, which is ours also when an installer that was killed made it.
    pub(crate) fn prefix(&mut self) {
        let prefix = &self.places.prefix;
        self.own_directory(prefix);
        if !self.manifest.directories.contains(prefix) {
            self.manifest.directories.push(prefix.clone());
        }
    }

    /// A directory without which nothing can be installed.
    pub(crate) fn own_directory(&mut self, path: &Path) {
        if let Err(taken) = self.directory(path) {
            self.problems.push(taken.to_string());
        }
    }

    /// The state directory, which what first keeps state there creates: what of it was missing goes again with the rest.
    pub(crate) fn state(&mut self) {
        let path = self.places.state.path();
        let missing = path.ancestors().take_while(|path| !handoff_files::is_directory(path));
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        missing.retain(|path| !self.manifest.directories.contains(path));
        self.manifest.directories.extend(missing);
    }

    /// The store, which the agents' sandboxes only open where it is there. It stays when everything else goes.
    pub(crate) fn store(&mut self) {
        let path = self.places.store.clone();
        let is_made = |change: &Change| matches!(change, Change::Directory(made) if *made == path);
        if handoff_files::is_directory(&path) || self.changes.iter().any(is_made) {
            return;
        }
        if handoff_files::is_taken(&path) {
            self.problems.push(Taken(path).to_string());
        } else {
            self.changes.push(Change::Directory(path));
        }
    }

    /// A file that is all ours, in a directory that is too.
    pub(crate) fn write(&mut self, path: PathBuf, content: Vec<u8>, program: bool) {
        if let Some(parent) = path.parent() {
            self.own_directory(parent);
        }
        self.manifest.files.insert(path.clone(), hash(&content));
        self.written.insert(path.clone());
        let there = handoff_files::read_file(&path, LARGEST).ok();
        let runs = !program || handoff_files::is_program(&path);
        if there.as_deref() != Some(&content) || !runs {
            let mode = if program { PROGRAM } else { PRIVATE };
            self.changes.push(Change::Write { path, content, mode });
        }
    }

    /// Removes the commands on PATH that lead into a prefix that is gone.
    pub(crate) fn remove_orphaned_commands(&mut self) {
        for name in COMMANDS {
            let path = self.places.command(name);
            let target = handoff_files::link_target(&path);
            let is_orphan = target.is_some_and(|there| {
                let recorded = self.old.links.get(&path);
                recorded.is_none() && leads_nowhere(&there, name)
                    || recorded != Some(&there) && self.is_own_and_dead(&path, &there)
            });
            if is_orphan {
                self.changes.push(Change::Remove(path));
            }
        }
    }

    /// Removes what an earlier version had in the prefix and this one has not.
    pub(crate) fn remove_stale(&mut self) {
        let prefix = self.places.prefix.clone();
        for path in self.old.files.keys().filter(|path| path.starts_with(&prefix)) {
            if !self.written.contains(path) {
                self.manifest.files.remove(path);
                self.changes.push(Change::Remove(path.clone()));
            }
        }
    }

    /// The commands on PATH. Other programs of their names are left alone.
    pub(crate) fn commands(&mut self) {
        for name in COMMANDS {
            self.command(name);
        }
    }

    fn command(&mut self, name: &str) {
        let (path, target) = (self.places.command(name), self.places.program(name));
        let there = handoff_files::link_target(&path);
        if there.as_ref() == Some(&target) {
            self.manifest.links.insert(path, target);
            return;
        }
        let ours = there.is_some_and(|there| {
            self.old.links.get(&path) == Some(&there)
                || (there.ends_with(Path::new(".agent-handoff/bin").join(name))
                    && others::prefix_of(&there, self.places).is_none())
                || leads_nowhere(&there, name)
                || self.is_own_and_dead(&path, &there)
        });
        if !ours && handoff_files::is_taken(&path) {
            let what = if handoff_files::is_dead_link(&path) {
                "a link that leads nowhere"
            } else {
                "another program"
            };
            let (path, target) = (self.places.short(&path), self.places.short(&target));
            self.note(format!("{path} is {what}, so it stays; ours is {target}"));
            return;
        }
        let directory = self.places.commands();
        if let Some((at, reason)) = unwritable(&path, &directory) {
            return self.leave(&at, reason);
        }
        if let Err(taken) = self.directory(&directory) {
            return self.leave(&taken.0.clone(), taken.to_string());
        }
        self.manifest.links.insert(path.clone(), target.clone());
        self.changes.push(Change::Link { path, target });
    }

    /// Whether the link at `path` leads to what is not there in the directory of our programs.
    fn is_own_and_dead(&self, path: &Path, target: &Path) -> bool {
        let target = path.parent().unwrap_or(Path::new("/")).join(target);
        let bin = target.parent().map(handoff_files::canonical);
        bin == Some(handoff_files::canonical(&self.places.bin())) && !handoff_files::is_taken(&target)
    }

    /// Whether something of ours is in its file, as far as that can be read.
    pub(crate) fn holds(&self, ours: &HostFile) -> bool {
        let file = handoff_files::read_file(&ours.path, LONGEST).unwrap_or_default();
        handoff_wiring::text(&file).is_ok_and(|text| ours.is_in(text) == Ok(true))
    }

    /// Puts ours into its file. One that cannot be changed is noted in [`Planner::left`].
    pub(crate) fn wire(&mut self, ours: &HostFile) {
        let path = ours.path.clone();
        self.by_hand.insert(path.clone(), ours.by_hand());
        match self.try_wire(ours, &path) {
            Ok(()) => self.unwire_former(ours, &path),
            Err(reason) => self.leave(&path, reason),
        }
    }

    fn try_wire(&mut self, ours: &HostFile, path: &Path) -> Result<(), String> {
        let (file, text) = read(path)?;
        let before = self.without(ours, text.as_deref());
        let wired = before.and_then(|before| Ok((before, ours.wire(text.as_deref())?)));
        let (before, Wired { text: after, made, closed }) = wired.map_err(|error| malformed(path, &error))?;
        if let Some(error) = closed {
            let (reason, by_hand) = (malformed(path, &error), sandbox_by_hand(self.places));
            self.left.push(Left { path: path.to_owned(), reason, by_hand });
        }
        let recorded = self.old.edits.get(path);
        // The user may have it be another file later, or a link no more.
        let place = Some(file.place()).filter(|place| place != path);
        if text.as_deref() == Some(&after) {
            self.manifest.set_real(path, place);
            if recorded.is_none() {
                let edit = Edit::new(before.as_deref(), &after, MadeIn::ALL);
                self.manifest.edits.insert(path.to_owned(), edit);
            }
            return Ok(());
        }
        file.check_writable().map_err(|error| error.to_string())?;
        if let Some(directory) = file.directory() {
            self.directory(&directory).map_err(|taken| taken.to_string())?;
        }
        let made = recorded.map_or(made, |recorded| recorded.made().or(made));
        self.manifest.set_real(path, place);
        self.manifest.edits.insert(path.to_owned(), Edit::new(before.as_deref(), &after, made));
        self.changes.push(Change::Edit { file, content: Some(after) });
        Ok(())
    }

    /// Takes ours out of its file. One that cannot be changed is noted in [`Planner::left`], and stays on
    /// record, unless nothing of ours is in it.
    pub(crate) fn unwire(&mut self, ours: &HostFile) {
        let path = ours.path.clone();
        match self.try_unwire(ours, &path) {
            Err(reason) if self.may_hold_ours(&path) => {
                self.left.push(Left { path, reason, by_hand: ours.to_take_out() });
            }
            _ => {
                self.manifest.edits.remove(&path);
                self.unwire_former(ours, &path);
                self.manifest.real.remove(&path);
            }
        }
    }

    /// Takes ours out of the file that `path` led to when it was wired, where that is another file by now.
    fn unwire_former(&mut self, ours: &HostFile, path: &Path) {
        let is_here = |real: &PathBuf| handoff_files::canonical(real) == handoff_files::canonical(path);
        let Some(former) = self.old.real.get(path).filter(|real| !is_here(real)).cloned() else { return };
        if self.old.edits.contains_key(&former) {
            return;
        }
        if let Err(reason) = self.take_out_of(ours, path, &former)
            && self.may_hold_ours(&former)
        {
            self.left.push(Left { path: former, reason, by_hand: ours.to_take_out() });
        }
    }

    /// Takes out of `former` what is ours by its form. The bytes on record are not given back there: who could write the
    /// record could have them written to any file.
    fn take_out_of(&mut self, ours: &HostFile, path: &Path, former: &Path) -> Result<(), String> {
        let (file, Some(text)) = read(former)? else { return Ok(()) };
        let recorded = self.old.edits.get(path);
        let made = recorded.map_or(MadeIn::ALL, Edit::made);
        let failed = |error| malformed(former, &error);
        if !ours.is_in(&text).map_err(failed)? {
            return Ok(());
        }
        let before = ours.unwire(&text, made, self.others.edited(former)).map_err(failed)?;
        file.check_writable().map_err(|error| error.to_string())?;
        let content = (!(is_nothing(&before) && recorded.is_some_and(Edit::created))).then_some(before);
        self.changes.push(Change::Edit { file, content });
        Ok(())
    }

    fn try_unwire(&mut self, ours: &HostFile, path: &Path) -> Result<(), String> {
        let (file, text) = read(path)?;
        let content = self.without(ours, text.as_deref()).map_err(|error| malformed(path, &error))?;
        if content != text {
            file.check_writable().map_err(|error| error.to_string())?;
            self.changes.push(Change::Edit { file, content: content.clone() });
        }
        if let Some(error) = content.as_deref().and_then(|text| ours.left_in(text)) {
            let (reason, by_hand) = (malformed(path, &error), sandbox_by_hand(self.places));
            self.left.push(Left { path: path.to_owned(), reason, by_hand });
        }
        Ok(())
    }

    /// Whether something of ours may be in a file that cannot be edited: it names us, or it cannot be read and is on
    /// record.
    fn may_hold_ours(&self, path: &Path) -> bool {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        let content = match handoff_files::read_file(path, LONGEST) {
            Ok(content) => content,
            Err(error) if matches!(error.kind(), NotADirectory | NotFound) => return false,
            Err(_) => return self.old.edits.contains_key(path),
        };
        let places = [&self.places.prefix, &self.places.store].map(|path| path.display().to_string());
        let names = ["agent-handoff", "session-start", &places[0], &places[1]];
        names.iter().any(|name| content.windows(name.len()).any(|bytes| bytes == name.as_bytes()))
    }

    /// The file as it is without us; None for no file.
    fn without(
        &self,
        ours: &HostFile,
        text: Option<&str>,
    ) -> Result<Option<String>, handoff_wiring::Malformed> {
        let Some(text) = text else { return Ok(None) };
        let path = &ours.path;
        let recorded = self.old.edits.get(path);
        let keeps_store = self.others.edited(path);
        if !keeps_store && let Some(before) = recorded.and_then(|edit| edit.undo(text).ok()) {
            return Ok(before);
        }
        if !ours.is_in(text)? {
            return Ok(Some(text.to_owned()));
        }
        let made = recorded.map_or(MadeIn::ALL, Edit::made);
        let before = ours.unwire(text, made, keeps_store)?;
        Ok((!(is_nothing(&before) && recorded.is_some_and(Edit::created))).then_some(before))
    }
}

/// Whether nothing but what a file of ours begins with is in a text.
fn is_nothing(text: &str) -> bool {
    matches!(text.trim().trim_start_matches('\u{feff}'), "" | "{}")
}

/// Something else stands where a directory goes.
#[derive(Debug, thiserror::Error)]
#[error("could not create {}: it is {}", handoff_text::Sanitised::path(.0), what(.0))]
struct Taken(PathBuf);

fn what(path: &Path) -> &'static str {
    match handoff_files::link_target(path) {
        Some(_) => "a link that does not lead to a directory",
        None => "no directory",
    }
}

/// The directories that are missing down to `path`, outer ones first.
fn missing(path: &Path) -> Result<Vec<PathBuf>, Taken> {
    let missing = path.ancestors().take_while(|path| !handoff_files::is_directory(path));
    let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    missing.reverse();
    // Another installer may have made it since.
    let is_other = |path: &&PathBuf| handoff_files::is_taken(path) && !handoff_files::is_directory(path);
    match missing.iter().find(is_other) {
        Some(taken) => Err(Taken(taken.clone())),
        None => Ok(missing),
    }
}

/// Why no file can be put at `path`: the outermost directory from `top` on that does not take one, and the reason.
fn unwritable(path: &Path, top: &Path) -> Option<(PathBuf, String)> {
    let refusal = |path: &Path| -> Option<FileError> {
        match Dir::open(path) {
            Ok(dir) => dir?.check_writable().err(),
            Err(error) => Some(error),
        }
    };
    let nearest = path.ancestors().skip(1).find(|path| handoff_files::is_directory(path))?;
    let mut found = (nearest, refusal(nearest)?);
    // All that goes there is refused by the same directory then, and it is named once.
    for above in nearest.ancestors().skip(1).take_while(|above| above.starts_with(top)) {
        if let Some(error) = refusal(above).filter(|error| error.kind() == found.1.kind()) {
            found = (above, error);
        }
    }
    Some((found.0.to_owned(), found.1.to_string()))
}

/// A file of somebody else's and its text; why it cannot be had, otherwise.
fn read(path: &Path) -> Result<(Foreign, Option<String>), String> {
    let file = Foreign::read(path, LONGEST).map_err(|error| match path.parent().map(missing) {
        // What looks for a file below a file finds none.
        Some(Err(taken)) if error.kind() == std::io::ErrorKind::NotADirectory => taken.to_string(),
        _ => error.to_string(),
    })?;
    let text = file.content().map(handoff_wiring::text).transpose();
    let text = text.map_err(|error| malformed(path, &error))?.map(str::to_owned);
    Ok((file, text))
}

fn malformed(path: &Path, error: &handoff_wiring::Malformed) -> String {
    let so = if error.is_passed_over { ", and its agent passes over such a file as a whole" } else { "" };
    format!("could not change {}: {error}{so}", handoff_text::Sanitised::path(path))
}

/// Whether a link to the command `name` of an installation leads to a prefix that is gone.
fn leads_nowhere(target: &Path, name: &str) -> bool {
    target.is_absolute()
        && target.ends_with(Path::new("bin").join(name))
        && target.parent().is_some_and(|bin| !handoff_files::is_directory(bin))
}
