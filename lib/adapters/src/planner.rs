//! What enabling and disabling have in common: reads everything, changes nothing.

use std::path::{Path, PathBuf};

use handoff_agents::{Guidance, HOSTS, Host};
use handoff_edits::{Edit, Leftovers, MAX_TEXT_BYTES, Problem, Target, former, missing, without};
use handoff_files::{Dir, Foreign};
use handoff_wiring::{self as wiring, Malformed};

use crate::error::AdapterError;
use crate::exclude;
use crate::found::Here;
use crate::fragment::{FragmentName, Ours};
use crate::manifest::{Entry, FragmentRecord, Manifest, Record, is_git};
use crate::plan::{Note, Plan};
use crate::surface::Scope;

/// A plan in the making.
pub(crate) struct Planner<'p> {
    pub(crate) here: &'p Here,
    program: &'p str,
    pub(crate) manifest: Manifest,
    pub(crate) record: Record,
    edits: Vec<Edit>,
    directories: Vec<(PathBuf, Option<PathBuf>)>,
    removals: Vec<PathBuf>,
    notes: Vec<Note>,
    left: Leftovers,
    problems: Vec<Problem>,
    /// What to put by hand into the file that is being planned, or to take out.
    by_hand: String,
}

impl<'p> Planner<'p> {
    pub(crate) fn new(here: &'p Here, manifest: Manifest) -> Result<Self, AdapterError> {
        Ok(Self {
            here,
            program: here.check_program()?,
            record: manifest.record.clone(),
            manifest,
            edits: Vec::new(),
            directories: Vec::new(),
            removals: Vec::new(),
            notes: Vec::new(),
            left: Leftovers::default(),
            problems: Vec::new(),
            by_hand: String::new(),
        })
    }

    pub(crate) fn fragment(&self, name: FragmentName) -> Ours<'p> {
        Ours { name, program: self.program }
    }

    pub(crate) fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(crate) fn problem(&mut self, problem: impl Into<Problem>) {
        let problem = problem.into();
        // A disk that is read-only is so for every file.
        let is_same = |other: &Problem| other.to_string() == problem.to_string();
        if !self.problems.iter().any(is_same) {
            self.problems.push(problem);
        }
    }

    /// Plans one file. Where that is not possible, the plan is as before, and the file is left, with `by_hand` to put in.
    pub(crate) fn attempt<T>(&mut self, by_hand: &str, plan: impl FnOnce(&mut Self) -> T) -> T {
        let record = self.record.clone();
        let (edits, directories, problems) = (self.edits.len(), self.directories.len(), self.problems.len());
        self.by_hand = by_hand.to_owned();
        let planned = plan(self);
        if self.problems.len() > problems {
            self.record = record;
            self.edits.truncate(edits);
            self.directories.truncate(directories);
            for problem in self.problems.split_off(problems) {
                self.left.add(problem, by_hand);
            }
        }
        planned
    }

    pub(crate) fn malformed(&mut self, target: &Target, error: Malformed) {
        self.problem(Problem::Malformed { path: target.file.path().to_owned(), error });
    }

    /// What the manifest names `key`.
    pub(crate) fn path(&self, key: &Path) -> PathBuf {
        path(self.here, self.manifest.scope(), key)
    }

    /// The file of that key; None, with the reason noted, when it cannot be had or is not ours to change.
    pub(crate) fn read(&mut self, key: &Path) -> Option<Target> {
        let path = self.path(key);
        let target = match Target::read(&path, key) {
            Ok(target) => target,
            Err(problem) => {
                self.problem(problem);
                return None;
            }
        };
        if self.manifest.scope() == Scope::Project {
            let place = target.file.place();
            let project = handoff_files::canonical(&self.here.project);
            let inside = place.strip_prefix(&project);
            let is_inside = inside.is_ok_and(|inside| inside.iter().all(|name| !is_git(name)));
            let is_exclude = exclude::is_key(key) && place == exclude::place(&path);
            if !is_inside && !is_exclude {
                self.note(Note::LeadsOut { path, place });
                return None;
            }
        }
        Some(target)
    }

    /// The entry of a file, by whichever of its paths it was recorded.
    pub(crate) fn entry(&self, target: &Target) -> Option<(PathBuf, &Entry)> {
        let place = target.file.place();
        let is_same = |key: &Path| {
            key == target.key
                || Foreign::read(&self.path(key), MAX_TEXT_BYTES).is_ok_and(|file| file.place() == place)
        };
        let edits = &self.manifest.record.edits;
        let known = edits.get_key_value(&target.key);
        let known = known.or_else(|| edits.iter().find(|(key, _)| is_same(key)));
        known.map(|(key, entry)| (key.clone(), entry))
    }

    /// The file as it is without us; None for no file. `names` is what of ours it may have.
    pub(crate) fn without(
        &self,
        target: &Target,
        entry: Option<&Entry>,
        names: &[FragmentName],
    ) -> Result<Option<String>, Malformed> {
        let Some(text) = &target.text else { return Ok(None) };
        let undone = entry.and_then(|entry| entry.undo(text).ok());
        let made_by_us = entry.map_or(names == [FragmentName::Guidance], |entry| entry.edit.created);
        let fragments = fragments_of(entry, names);
        without(text, undone, made_by_us, is_nothing, |text| self.take_out(text, &fragments))
    }

    /// The text without `fragments`.
    pub(crate) fn take_out(&self, text: &str, fragments: &[FragmentRecord]) -> Result<String, Malformed> {
        take_out(self.program, text, fragments)
    }

    /// Changes a file to `after`, None for no file.
    pub(crate) fn edit(&mut self, mut target: Target, after: Option<String>) {
        if let Some((key, _)) = self.entry(&target) {
            target.key = key;
        }
        match target.edit(after, self.by_hand.clone()) {
            // What lies in a project is for all who work on it; what is in HOME may have secrets in it.
            Ok(edit) if self.manifest.scope() == Scope::Project => self.edits.push(edit.shared()),
            Ok(edit) => self.edits.push(edit),
            Err(problem) => self.problem(problem),
        }
    }

    /// Records where the file that `key` names really is: the user may have it be another one later, or a link no more.
    pub(crate) fn record_real(&mut self, key: &Path, real: Option<PathBuf>) {
        match real.filter(|_| self.manifest.scope() == Scope::User) {
            Some(real) => drop(self.record.real.insert(key.to_owned(), real)),
            None => drop(self.record.real.remove(key)),
        }
    }

    /// Takes `fragments` out of the file that `key` led to when it was wired, where that is another file by now. Where that is
    /// not possible, it stays on record.
    pub(crate) fn unwire_former(&mut self, key: &Path, fragments: &[FragmentRecord]) {
        let recorded = &self.manifest.record;
        let Some(entry) = recorded.edits.get(key).cloned() else { return };
        let former = former(&recorded.real, key).filter(|former| !recorded.edits.contains_key(*former));
        let Some(former) = former.cloned() else { return };
        let by_hand = handoff_edits::by_hand("", fragments.iter().map(|one| self.fragment(one.fragment)));
        let is_left = self.attempt(&by_hand, |planner| {
            let problems = planner.problems.len();
            if let Some(target) = planner.read(&former) {
                planner.take_out_of(Target { key: key.to_owned(), ..target }, &entry, fragments);
            }
            planner.problems.len() > problems
        });
        if is_left {
            self.record.edits.entry(key.to_owned()).or_insert(entry);
            self.record.real.insert(key.to_owned(), former);
        }
    }

    fn take_out_of(&mut self, target: Target, entry: &Entry, fragments: &[FragmentRecord]) {
        let out = |text: &str| self.take_out(text, fragments);
        match target.take_out(entry.edit.created, is_nothing, out, self.by_hand.clone()) {
            Ok(edit) => self.edits.extend(edit),
            Err(problem) => self.problem(problem),
        }
    }

    /// Whether the file at `path` is changed.
    pub(crate) fn changes(&self, path: &Path) -> bool {
        self.edits.iter().any(|edit| edit.path() == path)
    }

    /// Makes the directory that `target` goes to, and those above it, as far as they are missing.
    pub(crate) fn directory_of(&mut self, target: &Target) {
        let Some(directory) = target.file.directory() else { return };
        let missing = match missing(&directory) {
            Ok(missing) => missing,
            Err(taken) => return self.problem(taken),
        };
        for path in missing {
            let key = match self.manifest.scope() {
                Scope::Project => {
                    let real = handoff_files::canonical(&self.here.project);
                    let below = path.strip_prefix(&self.here.project).or_else(|_| path.strip_prefix(&real));
                    if exclude::is_key(&target.key) {
                        Some(exclude::DIRECTORY.into())
                    } else {
                        below.map(Path::to_owned).ok()
                    }
                }
                Scope::User => Some(path.clone()),
            };
            if let Some(key) = key.clone().filter(|key| !self.record.directories.contains(key)) {
                self.record.directories.push(key);
            }
            if !self.directories.iter().any(|(other, _)| *other == path) {
                self.directories.push((path, key));
            }
        }
    }

    /// Removes the directories that we made and need no more.
    pub(crate) fn remove_directories(&mut self) {
        let needed = |directory: &Path| self.record.edits.keys().any(|path| path.starts_with(directory));
        let (keep, remove): (Vec<_>, Vec<_>) =
            self.record.directories.iter().cloned().partition(|path| needed(path));
        self.removals = remove.iter().rev().map(|key| self.path(key)).collect();
        self.record.directories = keep;
    }

    /// The plan, unless something is in the way of all of it.
    pub(crate) fn finish(mut self) -> Result<Plan, AdapterError> {
        let Record { edits, real, .. } = &mut self.record;
        real.retain(|key, _| edits.contains_key(key));
        if let Err(error) = self.manifest.check_writable() {
            self.problem(error);
        }
        if !self.problems.is_empty() {
            return Err(AdapterError::InTheWay(self.problems));
        }
        Ok(Plan {
            edits: self.edits,
            directories: self.directories,
            removals: self.removals,
            notes: self.notes,
            left: self.left,
            manifest: self.manifest,
            record: self.record,
        })
    }
}

/// Removes what killed programs left beside the files that `manifest` names, and gives back those that they had not written as a
/// whole. For a plan that is to be carried out, and before it is made: a plan reads the files.
pub fn recover(here: &Here, manifest: &Manifest) {
    for directory in directories(here, manifest) {
        // What cannot be swept now is swept when a file there is changed.
        let _ = Dir::open(&directory).map(|dir| dir.as_ref().map(Foreign::sweep_directory));
    }
}

/// The directories of the files that `manifest` names, links followed, and its own.
fn directories(here: &Here, manifest: &Manifest) -> Vec<PathBuf> {
    let known = manifest.record.edits.keys().map(|key| path(here, manifest.scope(), key));
    // A file that cannot be read is left alone, and so is its directory.
    let known = known.chain([manifest.path()]).filter_map(|path| Foreign::read(&path, MAX_TEXT_BYTES).ok());
    let mut all: Vec<PathBuf> = known.filter_map(|file| file.directory()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What a manifest of that scope names `key`.
fn path(here: &Here, scope: Scope, key: &Path) -> PathBuf {
    match scope {
        Scope::Project if exclude::is_key(key) => exclude::path(here, key),
        Scope::Project => here.project.join(key),
        Scope::User => key.to_owned(),
    }
}

/// The text without `fragments` of the `handover` at `program`.
pub(crate) fn take_out(program: &str, text: &str, fragments: &[FragmentRecord]) -> Result<String, Malformed> {
    let recorded =
        fragments.iter().map(|recorded| (Ours { name: recorded.fragment, program }, recorded.made));
    handoff_edits::take_out(text, recorded)
}

/// What of ours may be in a file: what is recorded, in its order, and the rest of `names`.
fn fragments_of(entry: Option<&Entry>, names: &[FragmentName]) -> Vec<FragmentRecord> {
    let mut fragments: Vec<FragmentRecord> = entry.map(|entry| entry.fragments.clone()).unwrap_or_default();
    for &fragment in names {
        if !fragments.iter().any(|recorded| recorded.fragment == fragment) {
            let made = wiring::Made::Parent;
            // What made the surroundings goes last.
            fragments.insert(0, FragmentRecord { fragment, made, tools: Vec::new() });
        }
    }
    fragments
}

/// Whether nothing but what a file of ours begins with is in a text.
pub(crate) fn is_nothing(text: &str) -> bool {
    let visible = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let is_preface = |tool: &&Host| visible.trim() == tool.guidance.preface.trim();
    handoff_edits::is_nothing(text) || HOSTS.iter().copied().any(|tool| is_preface(&tool))
}

/// The file in a project that a tool's guidance goes to. `is_there` also knows of those that are about to be.
pub(crate) fn guidance_file(guidance: &Guidance, is_there: impl Fn(&str) -> bool) -> &'static str {
    guidance.looks.iter().copied().find(|name| is_there(name)).unwrap_or(guidance.fresh)
}
