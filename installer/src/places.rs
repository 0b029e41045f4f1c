//! Where everything is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handoff_adapters::Records;
use handoff_agents::Wirable;
use handoff_process::Environment;
use handoff_state::StateDir;
use handoff_text::Sanitised;

use crate::error::InstallError;
use crate::manifest;

/// All paths of an installation, absolute.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What everything of ours is in, but for what agents must find in their own directories.
    pub(crate) prefix: PathBuf,
    /// The user's directory.
    pub(crate) home: PathBuf,
    /// The directory of each host that can be wired, by its id.
    pub(crate) directories: BTreeMap<&'static str, PathBuf>,
    /// The handoffs.
    pub(crate) store: PathBuf,
    /// What must be trusted.
    pub(crate) state: StateDir,
}

impl Places {
    /// Looks at the environment and at where this program lies.
    ///
    /// # Errors
    /// [`InstallError::NoPlace`] when HOME is missing or a path cannot stand in the files that have to name it.
    pub(crate) fn find(home: Option<&Path>, environment: &Environment) -> Result<Self, InstallError> {
        let user = environment.home.clone().ok_or_else(|| {
            InstallError::NoPlace(
                "HOME is not set, so there is no telling where agents keep their settings".to_owned(),
            )
        })?;
        if !user.is_absolute() {
            return Err(InstallError::NoPlace(format!(
                "HOME is {}, which is no absolute path",
                handoff_text::Sanitised::path(&user)
            )));
        }
        let prefix = match home {
            Some(home) => home.to_owned(),
            None => {
                environment.prefix.clone().or_else(installed).unwrap_or_else(|| user.join(".agent-handoff"))
            }
        };
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let directory = |host: Wirable| {
            let directory = host.directory.and_then(|known| known.of(Environment::variable, Some(&user)));
            Some((host.row().id, directory?))
        };
        let places = Self {
            prefix: absolute(prefix),
            directories: Wirable::all().filter_map(directory).collect(),
            store: environment.store().map_err(|error| InstallError::NoPlace(error.to_string()))?,
            state: StateDir::of(environment).map_err(|error| InstallError::NoPlace(error.to_string()))?,
            home: absolute(user),
        };
        let own = [&places.prefix, &places.home, &places.store];
        for path in own.into_iter().chain(places.directories.values()) {
            if path.to_str().is_none_or(|path| path.contains(['\n', '\r', '\0'])) {
                let path = handoff_text::Sanitised::path(path);
                return Err(InstallError::NoPlace(format!(
                    "{path} is no UTF-8 or has a line break, which the agents' settings cannot name"
                )));
            }
        }
        Ok(places)
    }

    /// What a host keeps its user's settings in.
    pub(crate) fn directory(&self, host: Wirable) -> &Path {
        // HOME is absolute, so each row with a directory has one here; a test holds that each has.
        self.directories.get(host.id).unwrap_or(&self.home)
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.prefix.join("bin")
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin().join(name)
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.prefix.join(manifest::NAME)
    }

    /// The directory on PATH that gets the commands.
    pub(crate) fn commands(&self) -> PathBuf {
        self.home.join(".local/bin")
    }

    /// A command on PATH.
    pub(crate) fn command(&self, name: &str) -> PathBuf {
        self.commands().join(name)
    }

    /// `handoff` or `handover` as the user types it where the shell finds ours, else with the path of the program.
    pub(crate) fn command_word(&self, name: &str, environment: &Environment) -> String {
        let ours = self.program(name);
        let found = environment.find_program(name);
        let is_ours = |found: PathBuf| handoff_files::canonical(&found) == handoff_files::canonical(&ours);
        if found.is_some_and(is_ours) { name.to_owned() } else { handoff_process::quoted(&ours) }
    }

    /// The records of what `handover` wired.
    pub(crate) fn records(&self) -> Records {
        Records::new(self.state.clone())
    }

    /// Where `handover install` finds the tools, and the program that their hooks run.
    pub(crate) fn adapters(&self, environment: &Environment) -> handoff_adapters::Here {
        handoff_adapters::Here {
            home: Some(self.home.clone()),
            directories: self.directories.clone(),
            path: environment.search_path(),
            project: self.home.clone(),
            program: self.program("handover"),
            git: None,
            worktrees: Vec::new(),
        }
    }

    /// `path` as a person reads it: with `~` where it is below HOME, and without what would move a terminal's cursor.
    pub(crate) fn short(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(below) if !below.as_os_str().is_empty() => format!("~/{}", Sanitised::path(below)),
            _ => Sanitised::path(path).to_string(),
        }
    }
}

/// The prefix that this program was installed to; None when it runs from elsewhere.
fn installed() -> Option<PathBuf> {
    let prefix = Environment::own_program().ok()?.parent()?.parent()?.to_owned();
    handoff_files::is_file(&prefix.join(manifest::NAME)).then_some(prefix)
}
