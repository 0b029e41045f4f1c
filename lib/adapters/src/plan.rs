//! What will be done, before anything is done: the same plan is shown, and carried out.

use std::path::PathBuf;

use handoff_edits::{Account, Change, Edit, Leftovers, Problem, reset};
use handoff_text::Sanitised;

use crate::error::AdapterError;
use crate::manifest::{Manifest, Record};
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
    pub(crate) left: Leftovers,
    pub(crate) manifest: Manifest,
    /// What the manifest says when all is done.
    pub(crate) record: Record,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Done {
    /// The files that were changed.
    pub edits: Vec<Edit>,
    /// What could not be changed, known before or not.
    pub left: Leftovers,
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
    pub fn left(&self) -> &Leftovers {
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
        let mut work = Work { record, old, left };
        let shared = manifest.scope() == Scope::Project;
        let make = |path: &PathBuf| Change::Directory { path: path.clone(), shared };
        let made = directories.iter().map(|(path, _)| make(path));
        let done =
            handoff_edits::carry_out(made.chain(edits.into_iter().map(Change::Edit)).collect(), &mut work);
        let edit = |change| if let Change::Edit(edit) = change { Some(edit) } else { None };
        let edits: Vec<Edit> = done.into_iter().filter_map(edit).collect();
        work.tidy(&edits, &directories, &removals);
        manifest.save(work.record)?;
        Ok(Done { edits, left: work.left })
    }

    /// The files that cannot be changed, of a plan that is not carried out.
    pub fn into_left(self) -> Leftovers {
        self.left
    }
}

/// A plan that is being carried out.
struct Work {
    /// What will be on record.
    record: Record,
    /// What was.
    old: Record,
    left: Leftovers,
}

impl Account for Work {
    type Cause = Problem;

    fn forget(&mut self, change: &Change) {
        // Which directories are needed is seen when all is done.
        let Change::Edit(Edit { key, .. }) = change else { return };
        reset(&mut self.record.edits, &self.old.edits, key);
        reset(&mut self.record.real, &self.old.real, key);
        for directory in self.old.directories.iter().filter(|directory| key.starts_with(directory)) {
            if !self.record.directories.contains(directory) {
                self.record.directories.push(directory.clone());
            }
        }
        self.record.directories.sort_unstable();
    }

    fn left(&mut self) -> &mut Leftovers {
        &mut self.left
    }
}

impl Work {
    /// Removes the directories that are not needed any more, and those that were made for what could not be written.
    fn tidy(&mut self, edits: &[Edit], directories: &[(PathBuf, Option<PathBuf>)], removals: &[PathBuf]) {
        for (path, key) in directories.iter().rev() {
            let is_needed = edits.iter().any(|edit| edit.place().starts_with(path));
            // One that is not empty has something of others in it by now, or a file that was written after all.
            let is_empty = || handoff_files::remove_empty_directory(path).unwrap_or(false);
            if !is_needed && (!handoff_files::is_taken(path) || is_empty()) {
                self.record.directories.retain(|directory| Some(directory) != key.as_ref());
            }
        }
        handoff_edits::carry_out(removals.iter().cloned().map(Change::RemoveDirectory).collect(), self);
    }
}
