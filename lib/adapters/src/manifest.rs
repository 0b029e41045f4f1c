//! What was changed, so that exactly that is taken back.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use handoff_agents::HOSTS;
use handoff_files::{Dir, FileError, Foreign};
use handoff_wiring::{self as wiring, Edited, Made};
use serde::{Deserialize, Serialize};

use crate::error::AdapterError;
use crate::exclude;
use crate::fragment::FragmentName;
use crate::records;
use crate::surface::Scope;

/// Far more than any has.
const LONGEST: u64 = 4 << 20;

/// The record of what we changed for a project or a user.
///
/// One of a project names its files from there. None can name a file that no tool reads, or a path with `..`.
#[derive(Debug)]
pub struct Manifest {
    scope: Scope,
    file: Foreign,
    pub(crate) record: Record,
    /// The project, where the record is kept outside of it.
    project: Option<PathBuf>,
}

/// A record as it is written.
#[derive(Serialize, Deserialize)]
struct Stored<R> {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    project: Option<PathText>,
    #[serde(flatten)]
    record: R,
}

/// A path; its bytes where it is no UTF-8.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PathText {
    Text(String),
    Bytes(Vec<u8>),
}

impl PathText {
    fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(path.as_os_str().as_bytes().to_vec()),
        }
    }

    fn path(self) -> PathBuf {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes(bytes) => OsString::from_vec(bytes).into(),
        }
    }
}

/// What is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// The files with something of ours in them.
    pub(crate) edits: BTreeMap<PathBuf, Entry>,
    /// Where files of the user's really are, by their names in [`Record::edits`], where links lead elsewhere.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) real: BTreeMap<PathBuf, PathBuf>,
    /// Directories that were not there before, outer ones first.
    pub(crate) directories: Vec<PathBuf>,
}

/// What we did to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub(crate) edit: wiring::Edit,
    /// What of ours is in it, in the order it was put there.
    #[serde(rename = "pieces")]
    pub(crate) fragments: Vec<FragmentRecord>,
    /// The edit that this one takes the place of, while it is on its way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) was: Option<wiring::Edit>,
}

/// One thing of ours in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FragmentRecord {
    #[serde(rename = "piece")]
    pub(crate) fragment: FragmentName,
    pub(crate) made: Made,
    /// The tools that want it.
    pub(crate) tools: Vec<String>,
}

impl Entry {
    /// What was there before, when `now` is what we left.
    pub(crate) fn undo(&self, now: &str) -> Result<Option<String>, Edited> {
        let was = || self.was.as_ref().ok_or(Edited)?.undo(now);
        self.edit.undo(now).or_else(|Edited| was())
    }
}

impl Manifest {
    /// Reads the one at `path`; an empty one when there is none.
    ///
    /// # Errors
    /// [`AdapterError::Manifest`] when it is no manifest, or names other files than tools read there;
    /// [`AdapterError::File`] when it cannot be read.
    pub fn load(path: &Path, scope: Scope) -> Result<Self, AdapterError> {
        let file = Foreign::read(path, LONGEST)?;
        let record = match file.content() {
            Some(content) => Self::parse(content, path, scope)?,
            None => Record::default(),
        };
        Ok(Self { scope, file, record, project: None })
    }

    /// Reads the one of `project` in `directory`, which has those of all projects.
    ///
    /// # Errors
    /// As for [`Manifest::load`].
    pub(crate) fn of_project(directory: &Path, project: &Path) -> Result<Self, AdapterError> {
        let project = handoff_files::canonical(project);
        let manifest = Self::load(&directory.join(records::file_name(&project)), Scope::Project)?;
        Ok(Self { project: Some(project), ..manifest })
    }

    /// The one of another project of the same user.
    ///
    /// # Errors
    /// As for [`Manifest::load`].
    pub(crate) fn of_other(&self, project: &Path) -> Result<Self, AdapterError> {
        let path = self.path();
        Self::of_project(path.parent().unwrap_or(Path::new("/")), project)
    }

    /// The record in `content`, which was read from `path`.
    ///
    /// # Errors
    /// [`AdapterError::Manifest`], as for [`Manifest::load`].
    pub(crate) fn parse(content: &[u8], path: &Path, scope: Scope) -> Result<Record, AdapterError> {
        let wrong = |reason: String| AdapterError::Manifest { path: path.to_owned(), reason };
        let record: Record = serde_json::from_slice(content).map_err(|error| wrong(error.to_string()))?;
        let is_known = |path: &Path| match scope {
            Scope::Project => {
                path == Path::new(exclude::KEY) || HOSTS.iter().copied().any(|tool| tool.reads(path))
            }
            Scope::User => HOSTS.iter().copied().any(|tool| tool.reads_for_user(path)),
        };
        let is_meant = |path: &Path| is_plain(path, scope);
        let stray = record.edits.keys().find(|path| !is_meant(path) || !is_known(path));
        // What is ours by its form is taken out of such a file, whatever it is called.
        let is_real = |(key, real): &(&PathBuf, &PathBuf)| {
            scope == Scope::User && record.edits.contains_key(*key) && is_meant(real)
        };
        let real = record.real.iter().find(|pair| !is_real(pair)).map(|(_, real)| real);
        match stray.or(real).or_else(|| record.directories.iter().find(|path| !is_meant(path))) {
            Some(path) => Err(wrong(format!(
                "it names {}, which is nothing that is wired",
                handoff_text::Sanitised::path(path)
            ))),
            None => Ok(record),
        }
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.record == Record::default()
    }

    /// The files of its project that something of ours is in.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.record.edits.keys().map(PathBuf::as_path).filter(|path| !exclude::is_key(path))
    }

    /// Where it is kept.
    pub(crate) fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether we made what stands at `path`, and so what is in it is no sign of anything.
    pub(crate) fn made(&self, base: &Path, path: &Path) -> bool {
        let created = self.record.edits.iter().filter(|(_, entry)| entry.edit.created).map(|(path, _)| path);
        created.chain(&self.record.directories).any(|made| base.join(made) == path)
    }

    /// Writes `record` in its place, when it is another one; an empty one is no file. Gives the manifest as it is then.
    ///
    /// # Errors
    /// What the system says; `ResourceBusy` when another process wrote it since it was read.
    pub(crate) fn save(self, record: Record) -> Result<Self, FileError> {
        if record == self.record {
            return Ok(self);
        }
        if record == Record::default() {
            self.file.remove()?;
        } else {
            if let Some(dir) = self.file.directory() {
                Dir::create(&dir)?;
            }
            self.file.sweep()?;
            let text = text(self.project.as_deref(), &record);
            self.file.put(text.as_bytes(), self.file.mode(), true)?;
        }
        let file = Foreign::read(self.file.path(), LONGEST)?;
        Ok(Self { file, record, ..self })
    }

    /// Fails unless it can be written.
    pub(crate) fn check_writable(&self) -> Result<(), FileError> {
        self.file.check_writable()
    }
}

impl Record {
    /// This one while it takes the place of `old`: if the work is cut short, every file is as one or the other says.
    pub(crate) fn on_the_way_from(&self, old: &Self) -> Self {
        let mut both = self.clone();
        for (path, before) in &old.edits {
            match both.edits.get_mut(path) {
                Some(entry) if entry.edit != before.edit => entry.was = Some(before.edit.clone()),
                Some(_) => {}
                None => drop(both.edits.insert(path.clone(), before.clone())),
            }
        }
        for (path, real) in &old.real {
            both.real.entry(path.clone()).or_insert_with(|| real.clone());
        }
        both.directories = old.directories.clone();
        both.directories
            .extend(self.directories.iter().filter(|path| !old.directories.contains(path)).cloned());
        both
    }
}

/// Whether a name is that of git's own directory, also where the file system does not tell letters apart.
pub(crate) fn is_git(name: &std::ffi::OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

/// Whether a record may name such a path at all.
fn is_plain(path: &Path, scope: Scope) -> bool {
    let parts = || path.components();
    match scope {
        // Names of their own for what is found through git alone, see there.
        Scope::Project if exclude::is_key(path) => true,
        Scope::Project => {
            parts().all(|part| matches!(part, Component::Normal(name) if !is_git(name)))
                && parts().next().is_some()
        }
        Scope::User => handoff_edits::is_plain(path),
    }
}

/// A record as it is written, for `project` where it is kept outside of that.
pub(crate) fn text(project: Option<&Path>, record: &Record) -> String {
    let stored = Stored { project: project.map(PathText::of), record };
    // Only maps with keys that are no strings fail, and every path was checked to be UTF-8 where it was recorded.
    serde_json::to_string_pretty(&stored).unwrap_or_default() + "\n"
}

/// The project that the record at `path` is of; `None` when it is no such record.
pub(crate) fn project_in(path: &Path) -> Option<PathBuf> {
    let content = handoff_files::read_file(path, LONGEST).ok()?;
    let stored: Stored<serde::de::IgnoredAny> = serde_json::from_slice(&content).ok()?;
    stored.project.map(PathText::path)
}
