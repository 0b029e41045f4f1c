//! Working out a plan: reads everything, changes nothing.

mod carry;
mod placed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use handoff_agents::Wirable;
use handoff_edits::{
    Change, MAX_FILE_BYTES, MAX_TEXT_BYTES, PRIVATE, PROGRAM, Problem, Target, former, is_nothing, missing,
    without,
};
use handoff_files::{Dir, FileError};
use handoff_wiring::{Malformed, hash};

use crate::error::{InstallError, Obstacle};
use crate::fragment::{HostFile, MadeIn, Wired, sandbox_by_hand};
use crate::hosts::named;
use crate::manifest::{Edit, Manifest};
use crate::others::{self, Others};
use crate::places::Places;
use crate::programs::COMMANDS;

pub(crate) use placed::{cli_link, is_old_link};

/// The files and directories of the user's that are left as they are, though something of ours belongs there.
pub(crate) type Leftovers = handoff_edits::Leftovers<Obstacle>;

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
    pub(crate) left: Leftovers,
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
            left: Leftovers::default(),
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

    /// Notes that a file or directory is left as it is, once for each reason, with what to put in by hand.
    pub(crate) fn leave(&mut self, problem: impl Into<Obstacle>, by_hand: &str) {
        self.left.add(problem, by_hand);
    }

    /// A directory and those above it, as far as they are missing. Err with what stands where one of them goes.
    fn directory(&mut self, path: &Path) -> Result<(), Problem> {
        for path in missing(path)? {
            if !self.makes(&path) {
                self.changes.push(Change::Directory { path: path.clone(), shared: false });
            }
            if !self.manifest.directories.contains(&path) {
                self.manifest.directories.push(path);
            }
        }
        Ok(())
    }

    /// Whether the plan makes the directory at `path`.
    fn makes(&self, path: &Path) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change, Change::Directory { path: made, .. } if made == path))
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
        if handoff_files::is_directory(&path) || self.makes(&path) {
            return;
        }
        if handoff_files::is_taken(&path) {
            self.problems.push(Problem::Taken(path).to_string());
        } else {
            self.changes.push(Change::Directory { path, shared: false });
        }
    }

    /// A file that is all ours, in a directory that is too.
    pub(crate) fn write(&mut self, path: PathBuf, content: Vec<u8>, program: bool) {
        if let Some(parent) = path.parent() {
            self.own_directory(parent);
        }
        self.manifest.files.insert(path.clone(), hash(&content));
        self.written.insert(path.clone());
        let there = handoff_files::read_file(&path, MAX_FILE_BYTES).ok();
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
        if let Some(error) = unwritable(&path, &directory) {
            return self.leave(error, "");
        }
        if let Err(taken) = self.directory(&directory) {
            return self.leave(taken, "");
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
        let file = handoff_files::read_file(&ours.path, MAX_TEXT_BYTES).unwrap_or_default();
        handoff_wiring::text(&file).is_ok_and(|text| ours.is_in(text) == Ok(true))
    }

    /// Puts ours into its file. One that cannot be changed is noted in [`Planner::left`].
    pub(crate) fn wire(&mut self, ours: &HostFile) {
        match self.try_wire(ours) {
            Ok(()) => self.unwire_former(ours),
            Err(problem) => self.leave(problem, &ours.by_hand()),
        }
    }

    fn try_wire(&mut self, ours: &HostFile) -> Result<(), Problem> {
        let path = &ours.path;
        let target = Target::read(path, path)?;
        let text = target.text.as_deref();
        let wired = self.without(ours, text).and_then(|before| Ok((before, ours.wire(text)?)));
        let (before, Wired { text: after, made, closed }) = wired.map_err(malformed(path))?;
        self.leave_sandbox(path, closed);
        let recorded = self.old.edits.get(path);
        // The user may have it be another file later, or a link no more.
        let real = target.real();
        if text == Some(&after) {
            self.manifest.set_real(path, real);
            if recorded.is_none() {
                let edit = Edit::new(before.as_deref(), &after, MadeIn::ALL);
                self.manifest.edits.insert(path.clone(), edit);
            }
            return Ok(());
        }
        let recorded = Edit::new(before.as_deref(), &after, recorded.map_or(made, |old| old.made().or(made)));
        let edit = target.edit(Some(after), ours.by_hand())?;
        if let Some(directory) = edit.directory() {
            self.directory(&directory)?;
        }
        self.manifest.set_real(path, real);
        self.manifest.edits.insert(path.clone(), recorded);
        self.changes.push(Change::Edit(edit));
        Ok(())
    }

    /// Notes that settings of the sandbox are broken, and stay.
    fn leave_sandbox(&mut self, path: &Path, broken: Option<Malformed>) {
        if let Some(error) = broken {
            self.leave(malformed(path)(error), &sandbox_by_hand(self.places));
        }
    }

    /// Takes ours out of its file. One that cannot be changed is noted in [`Planner::left`], and stays on record, unless
    /// nothing of ours is in it.
    pub(crate) fn unwire(&mut self, ours: &HostFile) {
        let path = &ours.path;
        match self.try_unwire(ours) {
            Err(problem) if self.may_hold_ours(path) => {
                self.leave(problem, &ours.to_take_out());
            }
            _ => {
                self.manifest.edits.remove(path);
                self.unwire_former(ours);
                self.manifest.real.remove(path);
            }
        }
    }

    fn try_unwire(&mut self, ours: &HostFile) -> Result<(), Problem> {
        let path = &ours.path;
        let target = Target::read(path, path)?;
        let content = self.without(ours, target.text.as_deref()).map_err(malformed(path))?;
        let broken = content.as_deref().and_then(|text| ours.left_in(text));
        if content != target.text {
            self.changes.push(Change::Edit(target.edit(content, ours.to_take_out())?));
        }
        self.leave_sandbox(path, broken);
        Ok(())
    }

    /// Takes ours out of the file that its path led to when it was wired, where that is another file by now.
    fn unwire_former(&mut self, ours: &HostFile) {
        let path = &ours.path;
        let Some(former) =
            former(&self.old.real, path).filter(|former| !self.old.edits.contains_key(*former))
        else {
            return;
        };
        if let Err(problem) = self.take_out_of(ours, former)
            && self.may_hold_ours(former)
        {
            self.leave(problem, &ours.to_take_out());
        }
    }

    /// Takes out of `former` what is ours by its form.
    fn take_out_of(&mut self, ours: &HostFile, former: &Path) -> Result<(), Problem> {
        let target = Target::read(former, former)?;
        let created = self.old.edits.get(&ours.path).is_some_and(Edit::created);
        let out = |text: &str| self.out_of(ours, text, former);
        let edit = target.take_out(created, is_nothing, out, ours.to_take_out())?;
        self.changes.extend(edit.map(Change::Edit));
        Ok(())
    }

    /// Whether something of ours may be in a file that cannot be edited: it names us, or it cannot be read and is on
    /// record.
    fn may_hold_ours(&self, path: &Path) -> bool {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        let content = match handoff_files::read_file(path, MAX_TEXT_BYTES) {
            Ok(content) => content,
            Err(error) if matches!(error.kind(), NotADirectory | NotFound) => return false,
            Err(_) => return self.old.edits.contains_key(path),
        };
        let places = [&self.places.prefix, &self.places.store].map(|path| path.display().to_string());
        let names = ["agent-handoff", "session-start", &places[0], &places[1]];
        names.iter().any(|name| content.windows(name.len()).any(|bytes| bytes == name.as_bytes()))
    }

    /// The file as it is without us; None for no file.
    fn without(&self, ours: &HostFile, text: Option<&str>) -> Result<Option<String>, Malformed> {
        let Some(text) = text else { return Ok(None) };
        let path = &ours.path;
        let recorded = self.old.edits.get(path);
        let keeps_store = self.others.edited(path);
        let undone = recorded.filter(|_| !keeps_store).and_then(|edit| edit.undo(text).ok());
        let created = recorded.is_some_and(Edit::created);
        without(text, undone, created, is_nothing, |text| self.out_of(ours, text, path))
    }

    /// The text of the file at `path` without what of ours is in it.
    fn out_of(&self, ours: &HostFile, text: &str, path: &Path) -> Result<String, Malformed> {
        if !ours.is_in(text)? {
            return Ok(text.to_owned());
        }
        let made = self.old.edits.get(&ours.path).map_or(MadeIn::ALL, Edit::made);
        ours.unwire(text, made, self.others.edited(path))
    }
}

/// For `map_err`: that the file at `path` is not what it must be.
fn malformed(path: &Path) -> impl FnOnce(Malformed) -> Problem {
    move |error| Problem::Malformed { path: path.to_owned(), error }
}

/// Why no file can be put at `path`: what the outermost directory from `top` on says that does not take one.
fn unwritable(path: &Path, top: &Path) -> Option<FileError> {
    let refusal = |path: &Path| -> Option<FileError> {
        match Dir::open(path) {
            Ok(dir) => dir?.check_writable().err(),
            Err(error) => Some(error),
        }
    };
    let nearest = path.ancestors().skip(1).find(|path| handoff_files::is_directory(path))?;
    let mut found = refusal(nearest)?;
    // All that goes there is refused by the same directory then, and it is named once.
    for above in nearest.ancestors().skip(1).take_while(|above| above.starts_with(top)) {
        if let Some(error) = refusal(above).filter(|error| error.kind() == found.kind()) {
            found = error;
        }
    }
    Some(found)
}

/// Whether a link to the command `name` of an installation leads to a prefix that is gone.
fn leads_nowhere(target: &Path, name: &str) -> bool {
    target.is_absolute()
        && target.ends_with(Path::new("bin").join(name))
        && target.parent().is_some_and(|bin| !handoff_files::is_directory(bin))
}
