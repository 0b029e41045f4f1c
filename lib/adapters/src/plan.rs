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
    /// To be made, outer ones first.
    pub(crate) directories: Vec<PathBuf>,
    /// Of ours, to be removed when they are empty, inner ones first.
    pub(crate) removals: Vec<PathBuf>,
    pub(crate) notes: Vec<Note>,
    pub(crate) left: Vec<Left>,
    pub(crate) manifest: Manifest,
    /// What the manifest says when all is done.
    pub(crate) record: Record,
    /// Directories that may have leftovers of killed programs.
    pub(crate) sweep: Vec<PathBuf>,
}

/// One file before and after.
#[derive(Debug)]
pub struct Edit {
    pub(crate) file: Foreign,
    /// None when there is no such file.
    pub before: Option<String>,
    /// None when it is removed, for nobody else had anything in it.
    pub after: Option<String>,
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

    fn apply(&self) -> Result<(), FileError> {
        self.file.sweep()?;
        match &self.after {
            Some(after) => self.file.replace(after.as_bytes()),
            None => self.file.remove(),
        }
    }

    /// Gives the file back as it was, as long as it is what this edit left.
    fn take_back(&self) -> Result<(), FileError> {
        let now = Foreign::read(self.path(), LONGEST)?;
        match &self.before {
            _ if now.content() != self.after.as_deref().map(str::as_bytes) => Ok(()),
            Some(before) => now.replace(before.as_bytes()),
            None => now.remove(),
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
    pub fn left(&self) -> &[Left] {
        &self.left
    }

    /// Whether all is as it should be already.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.directories.is_empty() && self.record == self.manifest.record
    }

    /// Does it, and remembers it. Each file is whole at every moment; cut short, the same plan made anew completes it.
    ///
    /// # Errors
    /// [`AdapterError::File`], `ResourceBusy` among them when somebody changed a file since the plan was made. What was
    /// done before is taken back then.
    pub fn carry_out(self) -> Result<(), AdapterError> {
        for directory in &self.sweep {
            // What cannot be swept now is swept when a file there is changed.
            let _ = Dir::open(directory).map(|dir| dir.as_ref().map(Foreign::sweep_directory));
        }
        let Self { edits, directories, removals, manifest, record, .. } = self;
        let old = manifest.record.clone();
        // First what may be, so that whatever is cut short can be taken back.
        let manifest = manifest.save(record.on_the_way_from(&old))?;
        let make = match manifest.scope() {
            Scope::Project => Dir::create_shared,
            Scope::User => Dir::create,
        };
        let mut done = 0;
        let mut work = || {
            directories.iter().try_for_each(|path| make(path).map(drop))?;
            edits.iter().try_for_each(|edit| edit.apply().map(|()| done += 1))
        };
        if let Err(error) = work() {
            // The first error is the one to tell, and the record still covers what cannot be taken back now.
            let back = edits[..done].iter().rev().try_for_each(Edit::take_back);
            let gone = directories
                .iter()
                .rev()
                .try_for_each(|path| handoff_files::remove_empty_directory(path).map(drop));
            if back.is_ok() && gone.is_ok() {
                let _ = manifest.save(old);
            }
            return Err(error.into());
        }
        for path in &removals {
            handoff_files::remove_empty_directory(path)?;
        }
        manifest.save(record)?;
        Ok(())
    }
}
