//! Which projects are wired, so that whoever takes the programs away finds the hooks that run them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_files::{Dir, FileError, Foreign, Kind};

/// The directory below the one that is given.
const NAME: &str = "projects";
/// The longest path that is read, in bytes: what systems allow, and more.
const LONGEST: u64 = 64 << 10;

/// The projects that are wired: `projects/<slug>/<key>`, as inboxes are named, each with the project's path in it.
#[derive(Clone, Debug)]
pub struct Projects {
    path: PathBuf,
}

impl Projects {
    /// Those that are remembered below `state`.
    pub fn new(state: &Path) -> Self {
        Self { path: state.join(NAME) }
    }

    /// Remembers a project.
    ///
    /// # Errors
    /// What the system says.
    pub fn add(&self, project: &Path) -> Result<(), FileError> {
        let address = Address::of(project);
        let directory = self.path.join(address.slug());
        Dir::create(&directory)?;
        let file = Foreign::read(&directory.join(address.key()), LONGEST)?;
        let bytes = address.path().as_os_str().as_bytes();
        if file.content() == Some(bytes) { Ok(()) } else { file.replace(bytes) }
    }

    /// Forgets a project, and with the last one that any was remembered.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, project: &Path) -> Result<(), FileError> {
        let address = Address::of(project);
        let directory = self.path.join(address.slug());
        if let Some(dir) = Dir::open(&directory)? {
            dir.remove(address.key())?;
            handoff_files::remove_empty_directory(&directory)?;
            handoff_files::remove_empty_directory(&self.path)?;
        }
        Ok(())
    }

    /// All of them, by path. What is no entry is passed over.
    ///
    /// # Errors
    /// What the system says.
    pub fn all(&self) -> Result<Vec<PathBuf>, FileError> {
        let mut all = Vec::new();
        let Some(dir) = Dir::open(&self.path)? else { return Ok(all) };
        for slug in dir.entries()?.into_iter().filter(|entry| entry.kind == Kind::Directory) {
            let Some(keys) = dir.child(&slug.name)? else { continue };
            for key in keys.entries()?.into_iter().filter(|entry| entry.kind == Kind::File) {
                let path = handoff_files::read_file(&keys.path_of(&key.name), LONGEST).unwrap_or_default();
                let path = PathBuf::from(OsStr::from_bytes(&path));
                if path.is_absolute() && Address::of(&path).key() == key.name {
                    all.push(path);
                }
            }
        }
        all.sort();
        Ok(all)
    }
}

/// Removes a project's `.handover` that has nothing in it but what keeps git from seeing it.
///
/// # Errors
/// What the system says.
pub fn tidy(project: &Path) -> Result<(), FileError> {
    let path = project.join(".handover");
    let Some(dir) = Dir::open(&path)? else { return Ok(()) };
    if dir.entries()?.iter().all(|entry| entry.name == ".gitignore") {
        dir.remove(".gitignore")?;
        handoff_files::remove_empty_directory(&path)?;
    }
    Ok(())
}
