//! Which tools are here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handoff_agents::{HOSTS, Host};
use handoff_files::Dir;
use handoff_process::Environment;
use handoff_worktree::Worktree;

use crate::error::AdapterError;
use crate::manifest::Manifest;
use crate::surface::Scope;

/// Where everything is. All paths absolute.
#[derive(Clone, Debug)]
pub struct Here {
    /// HOME.
    pub home: Option<PathBuf>,
    /// The directories of hosts' settings, by the host's id.
    pub directories: BTreeMap<&'static str, PathBuf>,
    /// The directories on PATH.
    pub path: Vec<PathBuf>,
    /// The project: the worktree's top level.
    pub project: PathBuf,
    /// The `handover` that hooks run.
    pub program: PathBuf,
    /// The directory that the project's repository shares between its worktrees; None outside of git.
    pub git: Option<PathBuf>,
    /// The worktrees of that repository, this one among them.
    pub worktrees: Vec<PathBuf>,
}

/// What a tool was found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Something of its user's.
    Home(PathBuf),
    /// Something in the project.
    Project(PathBuf),
    /// Its program.
    Program(PathBuf),
}

impl Here {
    /// As an environment says.
    pub fn new(environment: &Environment, project: &Path, program: &Path) -> Self {
        let home = environment.home.clone().filter(|home| home.is_absolute());
        Self {
            directories: Self::directories(environment),
            path: environment.search_path(),
            project: project.to_owned(),
            program: program.to_owned(),
            home,
            git: None,
            worktrees: Vec::new(),
        }
    }

    /// The same for the project that is this worktree.
    #[must_use]
    pub fn in_worktree(self, worktree: &Worktree) -> Self {
        Self {
            project: worktree.top().to_owned(),
            git: worktree.common_dir(),
            worktrees: worktree.worktrees(),
            ..self
        }
    }

    /// The repository's main checkout, where the project is a linked worktree of it.
    pub(crate) fn main_checkout(&self) -> Option<&Path> {
        let main = handoff_files::canonical(self.git.as_ref()?.parent()?);
        let known = self.worktrees.iter().find(|worktree| **worktree == main)?;
        (*known != handoff_files::canonical(&self.project)).then_some(known)
    }

    /// The directories of hosts' settings, as an environment says.
    pub fn directories(environment: &Environment) -> BTreeMap<&'static str, PathBuf> {
        let directory = |host: &&Host| {
            Some((host.id, host.directory?.of(Environment::variable, environment.home.as_deref())?))
        };
        HOSTS.iter().filter_map(directory).collect()
    }

    pub(crate) fn directory(&self, host: &Host) -> Option<&PathBuf> {
        self.directories.get(host.id)
    }

    /// Fails when the program cannot stand in a file that has to name it.
    pub(crate) fn check_program(&self) -> Result<&str, AdapterError> {
        let program = self.program.to_str().filter(|program| !program.contains(['\n', '\r', '\0']));
        program.filter(|_| self.program.is_absolute()).ok_or_else(|| {
            AdapterError::NoPlace(format!(
                "{} is no absolute path that settings can name",
                handoff_text::Sanitised::path(&self.program)
            ))
        })
    }
}

/// What shows that a host is here: of its user, of its program, then of the project. What `manifests` say that we made
/// ourselves is no sign.
pub fn signs(host: &Host, here: &Here, manifests: &[&Manifest]) -> Vec<Sign> {
    let is_ours = |path: &Path| {
        let of_scope = |manifest: &&&Manifest| manifest.scope() == Scope::Project;
        manifests.iter().filter(of_scope).any(|manifest| manifest.made(&here.project, path))
    };
    let own = here.directory(host);
    let own = own.filter(|path| handoff_files::is_directory(path)).cloned();
    let home = here.home.iter().flat_map(|home| host.signs.home.iter().filter_map(|name| look(home, name)));
    let programs = host.signs.programs.iter().flat_map(|name| {
        let places = here.path.iter().filter(|dir| dir.is_absolute()).map(move |dir| dir.join(name));
        places.filter(|path| handoff_files::is_program(path)).take(1)
    });
    let project = host.signs.project.iter().filter_map(|name| look(&here.project, name));
    let project = project.filter(|path| !is_ours(path));
    let user = own.into_iter().chain(home).map(Sign::Home);
    user.chain(programs.map(Sign::Program)).chain(project.map(Sign::Project)).collect()
}

/// What stands at `name` in `directory`.
fn look(directory: &Path, name: &str) -> Option<PathBuf> {
    let path = directory.join(name);
    let Some(start) = name.strip_suffix('*') else { return handoff_files::is_taken(&path).then_some(path) };
    let start = directory.join(start);
    let (parent, start) = (start.parent()?, start.file_name()?.to_str()?);
    let mut names: Vec<_> = Dir::open(parent).ok()??.entries().ok()?;
    names.retain(|entry| entry.name.to_str().is_some_and(|name| name.starts_with(start)));
    names.into_iter().map(|entry| parent.join(entry.name)).min()
}
