//! What will be done, before anything is done: the same plan is shown, and carried out.

use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Foreign};
use handoff_text::Sanitised;

use crate::error::{AdapterError, Problem};
use crate::manifest::{Manifest, Record};
use crate::planner::LONGEST;
use crate::surface::Scope;

/// Edits of files, and what is remembered of them. Nothing was changed yet.
#[derive(Debug)]
pub struct Plan {
    pub(crate) edits: Vec<Edit>,
    /// To be made, outer ones first, with what the record calls each.
    pub(crate) directories: Vec<(PathBuf, Option<PathBuf>)>,
    /// Of ours, to be removed when they are empty, inner ones first.
    pub(crate) removals: Vec<PathBuf>,
    pub(crate) notes: Vec<Note>,
    pub(crate) left: Vec<Left>,
    pub(crate) manifest: Manifest,
    /// What the manifest says when all is done.
    pub(crate) record: Record,
}

/// One file before and after.
#[derive(Debug)]
pub struct Edit {
    pub(crate) file: Foreign,
    /// What the record calls it.
    pub(crate) key: PathBuf,
    /// What to put into it by hand, or to take out, if it turns out that it cannot be changed.
    pub(crate) by_hand: String,
    /// None when there is no such file.
    pub before: Option<String>,
    /// None when it is removed, for nobody else had anything in it.
    pub after: Option<String>,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Done {
    /// The files that were changed.
    pub edits: Vec<Edit>,
    /// What could not be changed, known before or not.
    pub left: Vec<Left>,
}

/// A file that is left as it is, though something of ours belongs into it, or out of it.
#[derive(Debug)]
pub struct Left {
    /// Why it cannot be changed, with its path.
    pub problem: Problem,
    /// What to put into it by hand, or to take out.
    pub by_hand: String,
}

/// What a user should know of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The tool runs the hooks of this file only once its user trusts them.
    Trust {
        /// The tool's name.
        tool: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A file that is made hides another from a tool that reads only the first.
    Hides {
        /// The tool's name.
        tool: &'static str,
        /// The new file.
        path: PathBuf,
        /// The one it does not read any more.
        hidden: PathBuf,
    },
    /// A link leads out of the project, or into git's own directory, and what it leads to is left alone.
    LeadsOut {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        place: PathBuf,
    },
    /// The tool does not read the file before a line is put into its settings.
    NotRead {
        /// The tool's name.
        tool: &'static str,
        /// The file.
        path: PathBuf,
        /// The settings.
        settings: PathBuf,
        /// The line.
        line: &'static str,
    },
    /// In a linked worktree the tool does not run the hooks of this file, only those of the main checkout.
    NotRun {
        /// The tool's name.
        tool: &'static str,
        /// The file.
        path: PathBuf,
        /// The main checkout.
        main: PathBuf,
    },
    /// A file that we made has something else in it now, and stays.
    Stays(PathBuf),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trust { tool, path } => write!(
                f,
                "{tool} runs the hooks of {} once you trust them, for which it asks at its next interactive start",
                Sanitised::path(path)
            ),
            Self::Hides { tool, path, hidden } => write!(
                f,
                "{tool} reads only one file of instructions: with {} it does not read {} any more",
                Sanitised::path(path),
                Sanitised::path(hidden)
            ),
            Self::LeadsOut { path, place } => {
                write!(
                    f,
                    "{} leads to {}, so it stays as it is",
                    Sanitised::path(path),
                    Sanitised::path(place)
                )
            }
            Self::NotRead { tool, path, settings, line } => {
                write!(
                    f,
                    "{tool} reads {} once {} has the line `{line}`",
                    Sanitised::path(path),
                    Sanitised::path(settings)
                )
            }
            Self::NotRun { tool, path, main } => write!(
                f,
                "in a linked worktree {tool} does not run the hooks of {}, only those of the main checkout: handover enable in \
                 {}, or handover install for all projects",
                Sanitised::path(path),
                Sanitised::path(main)
            ),
            Self::Stays(path) => {
                write!(f, "{} has something else in it by now, so it stays", Sanitised::path(path))
            }
        }
    }
}

impl Edit {
    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What it changes, as `diff -u` prints it.
    pub fn diff(&self) -> String {
        let name = Sanitised::path(self.path()).to_string();
        handoff_wiring::unified(&name, self.before.as_deref(), self.after.as_deref())
    }

    fn apply(&self) -> Result<(), FileError> {
        self.file.sweep()?;
        match &self.after {
            Some(after) => self.file.replace(after.as_bytes()),
            None => self.file.remove(),
        }
    }

    /// Whether the file is as it is to be, though an error came after.
    fn is_done(&self) -> bool {
        let now = Foreign::read(self.path(), LONGEST);
        now.is_ok_and(|now| now.content() == self.after.as_deref().map(str::as_bytes))
    }
}

impl Plan {
    /// The files that are changed, in the order in which that is done.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// What the user should know, whether it is carried out or not.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The files that cannot be changed; the plan has everything else.
    pub fn left(&self) -> &[Left] {
        &self.left
    }

    /// Whether all is as it should be already.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.directories.is_empty() && self.record == self.manifest.record
    }

    /// Does it, and remembers it. Each file is whole at every moment; cut short, the same plan made anew completes it. A
    /// file that cannot be changed is left as it is, everything else is done.
    ///
    /// # Errors
    /// [`AdapterError::File`] when nothing can be recorded, `ResourceBusy` among them when another process recorded
    /// something since the plan was made.
    pub fn carry_out(self) -> Result<Done, AdapterError> {
        let Self { edits, directories, removals, manifest, record, left, .. } = self;
        let old = manifest.record.clone();
        // First what may be, so that whatever is cut short can be taken back.
        let manifest = manifest.save(record.on_the_way_from(&old))?;
        let mut work = Work { record, old, done: Done { edits: Vec::new(), left } };
        let make = match manifest.scope() {
            Scope::Project => Dir::create_shared,
            Scope::User => Dir::create,
        };
        let mut not_made: Vec<&Path> = Vec::new();
        for (path, _) in &directories {
            if not_made.iter().any(|above| path.starts_with(above)) {
                continue;
            }
            if let Err(error) = make(path) {
                not_made.push(path);
                work.leave(FileError { verb: "create", path: path.clone(), ..error }, "");
            }
        }
        for edit in edits {
            let place = edit.file.place();
            match not_made.iter().find(|above| edit.path().starts_with(above) || place.starts_with(above)) {
                Some(above) => work.is_below(above, &edit),
                None => work.edit(edit),
            }
        }
        work.tidy(&directories, &removals);
        manifest.save(work.record)?;
        Ok(work.done)
    }
}

/// A plan that is being carried out.
struct Work {
    /// What will be on record.
    record: Record,
    /// What was.
    old: Record,
    done: Done,
}

impl Work {
    fn leave(&mut self, error: FileError, by_hand: &str) {
        self.done.left.push(Left { problem: error.into(), by_hand: by_hand.to_owned() });
    }

    fn edit(&mut self, edit: Edit) {
        match edit.apply() {
            Ok(()) => self.done.edits.push(edit),
            Err(error) => {
                self.leave(
                    FileError { verb: "change", path: edit.path().to_owned(), ..error },
                    &edit.by_hand,
                );
                // What was done and may be lost in a crash is on record all the same.
                if !edit.is_done() {
                    self.forget(&edit.key);
                }
            }
        }
    }

    /// Leaves a file whose directory could not be made, which was named.
    fn is_below(&mut self, directory: &Path, edit: &Edit) {
        self.forget(&edit.key);
        let named = self.done.left.iter_mut().find(|left| left.problem.path() == directory);
        if let Some(left) = named {
            left.by_hand += &edit.by_hand;
        }
    }

    /// Has the record say of a file what it said before.
    fn forget(&mut self, key: &Path) {
        match self.old.edits.get(key) {
            Some(entry) => drop(self.record.edits.insert(key.to_owned(), entry.clone())),
            None => drop(self.record.edits.remove(key)),
        }
        for directory in self.old.directories.iter().filter(|directory| key.starts_with(directory)) {
            if !self.record.directories.contains(directory) {
                self.record.directories.push(directory.clone());
            }
        }
        self.record.directories.sort_unstable();
    }

    /// Removes the directories that are not needed any more, and those that were made for what could not be written.
    fn tidy(&mut self, directories: &[(PathBuf, Option<PathBuf>)], removals: &[PathBuf]) {
        for (path, key) in directories.iter().rev() {
            let is_needed = self.done.edits.iter().any(|edit| edit.file.place().starts_with(path));
            // One that is not empty is somebody's by now, or of a file that was written after all.
            let is_empty = || handoff_files::remove_empty_directory(path).unwrap_or(false);
            if !is_needed && (!handoff_files::is_taken(path) || is_empty()) {
                self.record.directories.retain(|directory| Some(directory) != key.as_ref());
            }
        }
        for path in removals {
            let is_left = self.done.left.iter().any(|left| left.problem.path().starts_with(path));
            if let Err(error) = handoff_files::remove_empty_directory(path)
                && !is_left
            {
                self.leave(FileError { verb: "remove", path: path.clone(), ..error }, "");
            }
        }
    }
}
