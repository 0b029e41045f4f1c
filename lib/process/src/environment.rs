//! The environment: every variable that any program of the project reads.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use handoff_text::Sanitised;

/// The variables as they were at the start. An empty one is an unset one.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `AGENT_HANDOFF_ROOT`: the store.
    pub root: Option<PathBuf>,
    /// `AGENT_HANDOFF_HOME`: where the programs are installed.
    pub prefix: Option<PathBuf>,
    /// `AGENT_HANDOFF_SKIP`: take nothing from any inbox.
    pub skip: bool,
    /// `AGENT_HANDOFF_UNATTENDED`: what a session without a person in front of it is given.
    pub unattended: Unattended,
    /// `HOME`. Never asked of the user database: a static program cannot.
    pub home: Option<PathBuf>,
    /// `CLAUDE_PROJECT_DIR`: the directory that Claude Code was started in.
    pub claude_project_dir: Option<PathBuf>,
    /// `CLAUDE_CODE_SESSION_ATTENDED` and `CLAUDE_CODE_ENTRYPOINT`: whether Claude Code says that no person sits in front
    /// of this session.
    pub claude_is_unattended: bool,
    /// `CLAUDE_CODE_SKIP_PROMPT_HISTORY`: this session of Claude Code keeps no transcript.
    pub claude_keeps_no_transcript: bool,
    /// `CLAUDE_PID`: Claude Code's own process, as its hooks get it.
    pub claude_pid: Option<u32>,
    /// `AGENT_HANDOFF_NO_UPDATE_CHECK`: never look for a newer version.
    pub no_update_check: bool,
    /// `PATH`.
    pub path: Option<OsString>,
    /// `VISUAL`, else `EDITOR`: the command of the user's editor, as a shell reads it.
    pub editor: Option<OsString>,
    /// `HANDOFF_HOME`: the dispatcher's record and configuration.
    pub handoff_home: Option<PathBuf>,
    /// `NO_COLOR`.
    pub no_color: bool,
    /// `COLUMNS`: the width to print in when the terminal does not tell.
    pub columns: Option<usize>,
    /// `OPENUSAGE_TELEMETRY_SOCKET`: where openusage's daemon listens, instead of its state directory.
    pub openusage_socket: Option<PathBuf>,
    /// `XDG_STATE_HOME`: where programs keep their state, instead of `~/.local/state`.
    pub xdg_state_home: Option<PathBuf>,
}

/// What a session without a person in front of it is given: a script, a scheduled job, a loop of agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unattended {
    /// One line that says what waits.
    #[default]
    Line,
    /// What an attended session is given (`full`).
    Full,
    /// Nothing (`off`).
    Off,
}

/// It is unknown where the store is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStore {
    /// Neither variable is set.
    #[error("could not tell where handoffs are kept: neither AGENT_HANDOFF_ROOT nor HOME is set")]
    Unset,
    /// A relative root would be another store in every directory.
    #[error("could not use {} as the store: AGENT_HANDOFF_ROOT and HOME must be absolute paths", Sanitised::path(.0))]
    Relative(PathBuf),
    /// What root writes into another user's home is in that user's way.
    #[error(
        "could not use {}: HOME belongs to another user (uid {owner}) and this runs as root; run it as that user, or set HOME or AGENT_HANDOFF_ROOT",
        Sanitised::path(home)
    )]
    ForeignHome {
        /// `HOME`.
        home: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
}

/// What root makes in another user's home, as under `sudo`, that user can't use any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "could not use {}: HOME belongs to another user (uid {owner}) and this runs as root; run it as that user, or set HOME to a directory of yours",
    Sanitised::path(home)
)]
pub struct ForeignHome {
    /// `HOME`.
    pub home: PathBuf,
    /// Its owner's user id.
    pub owner: u32,
}

/// The environment does not say where the state directory is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoState {
    /// Neither variable is set.
    #[error("could not find the state directory: neither XDG_STATE_HOME nor HOME is set")]
    Unset,
    /// A relative home would be another directory in every working directory.
    #[error("could not use {} as the home directory: HOME must be an absolute path", Sanitised::path(.0))]
    Relative(PathBuf),
}

impl Environment {
    /// Reads the process's own.
    pub fn read() -> Self {
        let path = |name| set(name).map(PathBuf::from);
        Self {
            root: path("AGENT_HANDOFF_ROOT"),
            prefix: path("AGENT_HANDOFF_HOME"),
            skip: set("AGENT_HANDOFF_SKIP").is_some(),
            unattended: Unattended::read(),
            home: path("HOME"),
            claude_project_dir: path("CLAUDE_PROJECT_DIR"),
            claude_is_unattended: claude_is_unattended(),
            claude_keeps_no_transcript: set("CLAUDE_CODE_SKIP_PROMPT_HISTORY").is_some(),
            claude_pid: set("CLAUDE_PID").and_then(|text| text.to_str()?.parse().ok()),
            no_update_check: set("AGENT_HANDOFF_NO_UPDATE_CHECK").is_some(),
            path: set("PATH"),
            editor: set("VISUAL").or_else(|| set("EDITOR")),
            handoff_home: path("HANDOFF_HOME"),
            no_color: set("NO_COLOR").is_some(),
            columns: set("COLUMNS").and_then(|text| text.to_str()?.parse().ok()),
            openusage_socket: path("OPENUSAGE_TELEMETRY_SOCKET"),
            xdg_state_home: path("XDG_STATE_HOME"),
        }
    }

    /// Where the store is: `AGENT_HANDOFF_ROOT`, else `~/.agent-handoffs`.
    ///
    /// # Errors
    /// [`NoStore`].
    pub fn store(&self) -> Result<PathBuf, NoStore> {
        let path = match (&self.root, &self.home) {
            (Some(root), _) => root.clone(),
            (None, Some(home)) => home.join(".agent-handoffs"),
            (None, None) => return Err(NoStore::Unset),
        };
        if path.is_absolute() { Ok(path) } else { Err(NoStore::Relative(path)) }
    }

    /// A variable that only one caller knows, or that a table names: a row of `lib/agents`, a preset of `lib/backends`.
    pub fn variable(name: &str) -> Option<OsString> {
        set(name)
    }

    /// The user's state directory, for what must be trusted: `agent-handoff` in `XDG_STATE_HOME`, else in
    /// `~/.local/state`. A relative `XDG_STATE_HOME` counts as unset, as the XDG specification wants it.
    ///
    /// # Errors
    /// [`NoState`].
    pub fn state_dir(&self) -> Result<PathBuf, NoState> {
        if let Some(base) = self.xdg_state_home.as_ref().filter(|path| path.is_absolute()) {
            return Ok(base.join("agent-handoff"));
        }
        match &self.home {
            Some(home) if home.is_absolute() => Ok(home.join(".local/state/agent-handoff")),
            Some(home) => Err(NoState::Relative(home.clone())),
            None => Err(NoState::Unset),
        }
    }

    /// The same, for what is about to write there.
    ///
    /// # Errors
    /// [`NoStore`]; also when `HOME` is another user's and this is root, as under `sudo`: what is made there could not
    /// be used by that user any more.
    pub fn store_to_write(&self) -> Result<PathBuf, NoStore> {
        let store = self.store()?;
        match (&self.root, &self.home) {
            (None, Some(_)) => match self.check_home() {
                Ok(()) => Ok(store),
                Err(ForeignHome { home, owner }) => Err(NoStore::ForeignHome { home, owner }),
            },
            _ => Ok(store),
        }
    }

    /// Checks that what is about to be written below `HOME` can be used by its owner.
    ///
    /// # Errors
    /// [`ForeignHome`].
    pub fn check_home(&self) -> Result<(), ForeignHome> {
        let Some(home) = self.home.as_ref().filter(|_| rustix::process::geteuid().is_root()) else {
            return Ok(());
        };
        match rustix::fs::stat(home) {
            Ok(stat) if stat.st_uid != 0 => Err(ForeignHome { home: home.to_owned(), owner: stat.st_uid }),
            _ => Ok(()),
        }
    }

    /// The directory for drafts that the store can't take: one for each user.
    pub fn last_resort() -> PathBuf {
        PathBuf::from(format!("/tmp/agent-handoff-drafts-{}", rustix::process::geteuid().as_raw()))
    }

    /// Where dispatched runs are recorded: `HANDOFF_HOME`, else `~/.handoff`, handoff-cli's place.
    pub fn dispatch_home(&self) -> Option<PathBuf> {
        self.handoff_home.clone().or_else(|| Some(self.home.as_ref()?.join(".handoff")))
    }

    /// The command line without the program's name.
    pub fn arguments() -> impl Iterator<Item = OsString> {
        std::env::args_os().skip(1)
    }

    /// The name that the program was started with (`argv[0]`).
    pub fn started_as() -> Option<OsString> {
        std::env::args_os().next()
    }

    /// All variables, for a program that hands some of them on.
    pub fn all() -> Vec<(OsString, OsString)> {
        std::env::vars_os().collect()
    }

    /// Where the programs are installed: `AGENT_HANDOFF_HOME`, else `~/.agent-handoff`.
    pub fn install_prefix(&self) -> Option<PathBuf> {
        self.prefix.clone().or_else(|| Some(self.home.as_ref()?.join(".agent-handoff")))
    }

    /// The working directory.
    ///
    /// # Errors
    /// When it was removed or cannot be reached.
    pub fn working_directory() -> std::io::Result<PathBuf> {
        std::env::current_dir()
    }

    /// Where this program lies, links followed.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn own_program() -> std::io::Result<PathBuf> {
        std::env::current_exe()?.canonicalize()
    }

    /// The directories on PATH.
    pub fn search_path(&self) -> Vec<PathBuf> {
        self.path.as_ref().map(|path| std::env::split_paths(path).collect()).unwrap_or_default()
    }

    /// The program that a shell would find for `name`.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let mut places =
            self.search_path().into_iter().filter(|dir| dir.is_absolute()).map(|dir| dir.join(name));
        places.find(|path| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file())
    }

    /// The program `name` as a person would type it here: its path when it lies beside this one, else just its name.
    pub fn sibling(name: &str) -> PathBuf {
        let beside = std::env::current_exe().ok().map(|own| own.with_file_name(name));
        beside.filter(|path| Path::is_file(path)).unwrap_or_else(|| PathBuf::from(name))
    }
}

impl Unattended {
    /// Any other value than the two is the default: a hook has no place to refuse it.
    fn read() -> Self {
        match set("AGENT_HANDOFF_UNATTENDED") {
            Some(value) if value == "full" => Self::Full,
            Some(value) if value == "off" => Self::Off,
            _ => Self::Line,
        }
    }
}

/// Where Claude Code says nothing of it, a person is there.
fn claude_is_unattended() -> bool {
    let is_sdk = |entry: OsString| entry.as_encoded_bytes().starts_with(b"sdk-");
    set("CLAUDE_CODE_SESSION_ATTENDED").is_some_and(|attended| attended == "0")
        || set("CLAUDE_CODE_ENTRYPOINT").is_some_and(is_sdk)
}

/// The longest session id that is taken from the environment, in bytes. Those of the agents are UUIDs.
pub const MAX_SESSION_ID_BYTES: usize = 128;

/// Whether `text` is a session's id as the environment may name it: letters, digits, `_` and `-`.
pub fn is_session_id(text: &str) -> bool {
    text.len() <= MAX_SESSION_ID_BYTES
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
