//! The programs that are installed, and where they come from.

use std::path::{Path, PathBuf};

use handoff_edits::MAX_FILE_BYTES;
use handoff_process::{Environment, Output};
use handoff_text::Sanitised;

use crate::build::{ORIGIN, build};
use crate::error::InstallError;
use crate::manifest::Manifest;
use crate::places::Places;

/// What is always installed.
pub const PROGRAMS: [&str; 5] = ["session-start", "handoff-write", "inbox", FRONT_DOOR, "handover"];

/// The program whose verbs install, check and take away all of them.
pub(crate) const FRONT_DOOR: &str = "handoff";

/// The programs that those verbs take: what removes all others goes last.
pub(crate) const INSTALLER: [&str; 2] = [FRONT_DOOR, "handover"];

/// What is installed where it lies beside these. Released, it has an archive of its own: most users need no MCP server.
pub const OPTIONAL: [&str; 1] = ["handoff-mcp"];

/// Every program that may be installed.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    PROGRAMS.into_iter().chain(OPTIONAL)
}

/// The names of the programs that an installation has.
pub(crate) fn installed(manifest: &Manifest, places: &Places) -> Vec<&'static str> {
    all().filter(|name| manifest.files.contains_key(&places.program(name))).collect()
}

/// Those that people and agents type, so they are linked into a directory on PATH.
pub(crate) const COMMANDS: [&str; 2] = ["handoff", "handover"];

/// Where programs come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Built ones lie in this directory.
    Built(PathBuf),
    /// They are built from this checkout.
    Checkout(PathBuf),
}

impl Source {
    /// The programs beside this one, unless it was just built by cargo itself: then what lies beside it may be of any
    /// age and is not static. A released one never was: a mark as cargo's build directory has is then of another tool's
    /// cache, which it may well run from.
    ///
    /// # Errors
    /// [`InstallError::Tool`] when there is neither.
    pub(crate) fn find() -> Result<Self, InstallError> {
        let own = Environment::own_program().ok();
        let beside = own.as_deref().and_then(Path::parent);
        let beside = beside.filter(|dir| !(ORIGIN.is_some() && is_build_directory(dir)));
        let is_missing =
            |program: &&str| beside.is_none_or(|dir| !handoff_files::is_file(&dir.join(program)));
        let missing: Vec<&str> = PROGRAMS.into_iter().filter(is_missing).collect();
        match (beside, checkout()) {
            (Some(dir), _) if missing.is_empty() => Ok(Self::Built(dir.to_owned())),
            (_, Some(checkout)) if own.as_deref().is_none_or(was_built_here) => Ok(Self::Checkout(checkout)),
            _ => Err(InstallError::Tool(missing_beside(&missing, own.as_deref()))),
        }
    }

    /// The directory they are in, built now where they have to be.
    ///
    /// # Errors
    /// [`InstallError::Tool`].
    pub(crate) fn take(&self, output: &Output) -> Result<PathBuf, InstallError> {
        match self {
            Self::Built(dir) => Ok(dir.clone()),
            Self::Checkout(checkout) => {
                output.note("building the release programs: some minutes the first time\n");
                build(checkout)
            }
        }
    }
}

/// That programs are not where they have to be, for an error.
fn missing_beside(missing: &[&str], own: Option<&Path>) -> String {
    let own = own.map(|own| format!(", {}", Sanitised::path(own))).unwrap_or_default();
    let lie = if missing.len() == 1 { "does" } else { "do" };
    format!("find the programs: {} {lie} not lie beside this one{own}", missing.join(", "))
}

/// Whether cargo put the program where it is: then the checkout that it was built from is one of this machine's.
fn was_built_here(own: &Path) -> bool {
    let installed = |dir: &Path| handoff_files::is_file(&dir.join(".crates.toml"));
    own.parent().is_some_and(|dir| is_build_directory(dir) || dir.ancestors().any(installed))
}

/// Whether cargo builds into this directory. It locks it while it does; the tag stands in the directory above, and only
/// where cargo has made that one itself.
fn is_build_directory(dir: &Path) -> bool {
    handoff_files::is_file(&dir.join(".cargo-lock"))
        || dir.ancestors().any(|dir| handoff_files::is_file(&dir.join("CACHEDIR.TAG")))
}

/// The programs' bytes.
///
/// # Errors
/// What the system says.
pub(crate) fn read(dir: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, InstallError> {
    let read = |program| Ok((program, handoff_files::read_file(&dir.join(program), MAX_FILE_BYTES)?));
    let optional = OPTIONAL.into_iter().filter(|program| handoff_files::is_file(&dir.join(program)));
    PROGRAMS.into_iter().chain(optional).map(read).collect()
}

/// The checkout that this installer was built from; `None` when it is gone, and for a released program.
pub(crate) fn checkout() -> Option<PathBuf> {
    let checkout = Path::new(ORIGIN?.package).parent()?;
    handoff_files::is_file(&checkout.join("Cargo.toml")).then(|| checkout.to_owned())
}
