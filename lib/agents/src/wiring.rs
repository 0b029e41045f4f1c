//! How the installer wires a host for its user: so that its sessions are given their handoffs, and can leave some.

use std::path::{Path, PathBuf};

use crate::{Form, HOSTS, Host};

/// What of ours goes into the files of a host's user. Paths are in its [`Host::directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxWiring {
    /// What gives its sessions what waits.
    pub hook: InboxHook,
    /// What tells a session that goes on of a letter that came meanwhile, where the host was seen to pass on what such a handler
    /// prints; in the file of [`InboxWiring::hook`].
    pub letters: Option<SessionHook>,
    /// What tells its agent to look for handoffs, where the hook may not run.
    pub instructions: Option<InboxInstructions>,
    /// Where the store is opened to its sandbox, where it has one that would keep commands from it.
    pub sandbox: Option<SandboxList>,
    /// Where it looks for skills.
    pub skills: SkillsDirectory,
    /// Where it looks for agents of its own that are files of ours, in its directory.
    pub agents: Option<&'static str>,
    /// Where it looks for its user's commands, in its directory, where a command takes the place of a skill of its name.
    pub commands: Option<&'static str>,
    /// How its plugin of ours is found and removed.
    pub plugin: Option<PluginEntry>,
    /// What else in its settings switches off what is wired, as doctor looks for it.
    pub settings: SettingsRules,
    /// Links that the bash program's installer made, in its directory.
    pub former_links: &'static [&'static str],
}

/// What runs `session-start` for a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxHook {
    /// A handler in a file of settings that are its user's.
    Shared(SessionHook),
    /// A file of ours alone, in a directory that it looks into.
    Own(OwnFile),
}

/// A file of ours alone, which has the host run `session-start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// Its path in the host's directory.
    pub file: &'static str,
    /// The event at which it is run, as the host spells it.
    pub event: &'static str,
    /// How its text is made.
    pub text: OwnText,
    /// Texts that users put there by hand, as our documentation said once. They are ours.
    pub by_hand: &'static [&'static str],
}

/// How the text of a file of ours is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnText {
    /// An object of JSON, `{"version": 1, "hooks": {"<event>": [{"type": "command", "bash": …, "timeoutSec": …}]}}`.
    HookFile {
        /// After how many seconds the host gives up on it.
        timeout_secs: u32,
    },
    /// The plugin that the installer carries at this path of its own files. Its line that begins with [`PLUGIN_PROGRAM`] names
    /// the program.
    Plugin(&'static str),
}

/// What the line of a plugin begins with that names the program.
pub const PLUGIN_PROGRAM: &str = "const PROGRAM =";

impl InboxHook {
    /// The file that it stands in.
    pub fn file(&self) -> &'static str {
        match self {
            Self::Shared(hook) => hook.file,
            Self::Own(own) => own.file,
        }
    }

    /// The event, as the host spells it.
    pub fn event(&self) -> &'static str {
        match self {
            Self::Shared(hook) => hook.event,
            Self::Own(own) => own.event,
        }
    }

    /// The handler in a file of its user's; `None` where it is a file of ours.
    pub fn shared(&self) -> Option<&SessionHook> {
        match self {
            Self::Shared(hook) => Some(hook),
            Self::Own(_) => None,
        }
    }

    /// The file of ours; `None` where it is a handler in a file of its user's.
    pub fn own(&self) -> Option<&OwnFile> {
        match self {
            Self::Shared(_) => None,
            Self::Own(own) => Some(own),
        }
    }

    /// Whether it is wired only when the user asks for it.
    pub fn on_request(&self) -> bool {
        self.shared().is_some_and(|hook| hook.on_request)
    }

    /// Whether the user has to trust it at its place in a list before it runs.
    pub fn trusted_by_place(&self) -> bool {
        self.shared().is_some_and(|hook| hook.trusted_by_place)
    }
}

/// A handler that runs `session-start`, in a file of hooks or settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHook {
    /// The file that it stands in.
    pub file: &'static str,
    /// The event, as the host spells it: the start of a session, or each prompt where what is printed at the start does not
    /// reach the model.
    pub event: &'static str,
    /// The sources of the event that the host names, which a matcher may limit it to.
    pub sources: &'static [&'static str],
    /// How the command is written.
    pub form: Form,
    /// Whether a handler is an entry of the event's list, and in no group, in a file that says `"version": 1`.
    pub flat: bool,
    /// Whether the host puts the values of variables (`$NAME`) into the texts of the file before it uses them.
    pub expands: bool,
    /// After how many [`SessionHook::unit`]s the host gives up on it. Nearly always it takes milliseconds.
    pub timeout: u32,
    /// What the host counts timeouts in.
    pub unit: TimeUnit,
    /// How the host reads the matcher of a group of handlers.
    pub matchers: Matchers,
    /// Whether the host reads a file that has comments in it.
    pub comments: bool,
    /// Whether a handler can limit how much of what it prints is taken (`additionalContextLimit`).
    pub limits_context: bool,
    /// Whether it is wired only when the user asks for it.
    pub on_request: bool,
    /// Whether the user has to trust it before it runs, at the place in the list where it stands: nothing is ever put before
    /// another's then, and none of another's moves.
    pub trusted_by_place: bool,
    /// Whether the host does not read a file that begins with a byte order mark.
    pub refuses_mark: bool,
    /// What the host calls it where it asks for trust, and while it runs.
    pub status_message: Option<&'static str>,
    /// Whether the host does not wait for it, and passes on what it prints with the next request.
    pub in_background: bool,
}

/// What Claude Code and Codex say of how a session started.
pub(crate) const STARTS: &[&str] = &["startup", "resume", "clear", "compact"];

/// What a host counts timeouts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
}

/// How a host reads a matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matchers {
    /// Names with `|` or `,` between them are whole names, anything else is a regular expression.
    Names,
    /// Always a regular expression, which may fit anywhere in the name.
    Expression,
}

/// The file of instructions that tells an agent to run `inbox read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxInstructions {
    /// The files that the host reads, in the order in which it looks for them: the first that holds something wins, and the
    /// last is the one that is made.
    pub files: &'static [&'static str],
    /// What the line before our part of such a file begins with, in every version.
    pub opening: &'static str,
    /// From how many bytes of such a file on the host warns in every session; `None` where it never does.
    pub warns_from: Option<usize>,
}

/// A list of a host's settings that opens directories to its sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxList {
    /// `sandbox.filesystem.allowWrite` in this file of JSON. It takes a path without links.
    AllowWrite(&'static str),
    /// `writable_roots` of `[sandbox_workspace_write]` in this file of TOML.
    WritableRoots(&'static str),
}

/// Where a host looks for its user's skills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkillsDirectory {
    /// In its own directory: this one.
    Own(&'static str),
    /// In HOME, where several hosts look: this one. What lies there names none of them.
    Shared(&'static str),
}

/// How the plugin of ours shows in a host's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginEntry {
    /// Where its settings name the plugins that are on.
    pub list: PluginList,
    /// The command that removes ours; `{plugin}` stands for its name in that list, `name@marketplace`.
    pub remove: &'static str,
    /// How ours is removed without that command; `None` where the settings are edited.
    pub by_hand: Option<&'static str>,
}

/// Where a host's settings name the plugins that are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginList {
    /// The object `enabledPlugins` of this file of JSON.
    Enabled(&'static str),
    /// The tables in `[plugins]` of this file of TOML.
    Tables(&'static str),
}

/// What of a host's settings doctor knows beside what is wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsRules {
    /// What switches hooks off in a file of its settings.
    Hooks(&'static HookSwitches),
    /// Nothing in its files: it runs no hook of a user's where this variable is `1` or `true`.
    Variable(&'static str),
    /// Nothing that is known.
    Unknown,
    /// The settings of Claude Code: what a user, a project and an administrator set, merged.
    ClaudeCode,
    /// The `config.toml` of Codex, and its app-server.
    Codex,
}

/// What in a file of its settings keeps a host from running hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookSwitches {
    /// The file.
    pub file: &'static str,
    /// The setting that switches all of them off, from the outermost key inwards.
    pub all: &'static [&'static str],
    /// Its value when they are off.
    pub off: bool,
    /// The list of those that are off, each by its command.
    pub some: &'static [&'static str],
}

impl SandboxList {
    /// The file.
    pub fn file(self) -> &'static str {
        match self {
            Self::AllowWrite(file) | Self::WritableRoots(file) => file,
        }
    }
}

impl PluginList {
    /// The file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Enabled(file) | Self::Tables(file) => file,
        }
    }
}

impl InboxWiring {
    /// The files of the user's in the host's directory that something of ours may be in, each once.
    pub fn files(&self) -> Vec<&'static str> {
        let instructions =
            self.instructions.iter().flat_map(|instructions| instructions.files.iter().copied());
        let sandbox = self.sandbox.map(SandboxList::file);
        let hook = self.hook.shared().map(|hook| hook.file);
        let mut files: Vec<_> = hook.into_iter().chain(sandbox).chain(instructions).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Where the host looks for its user's skills, when its directory is this one.
    pub fn skills_in(&self, directory: &Path, home: &Path) -> PathBuf {
        match self.skills {
            SkillsDirectory::Own(name) => directory.join(name),
            SkillsDirectory::Shared(name) => home.join(name),
        }
    }
}

/// A host that the installer wires: its row, and how.
#[derive(Clone, Copy, Debug)]
pub struct Wirable {
    row: &'static Host,
    /// How it is wired.
    pub wiring: &'static InboxWiring,
}

impl Wirable {
    /// The host with this row; `None` where the installer does not wire it.
    pub const fn of(row: &'static Host) -> Option<Self> {
        match &row.inbox {
            Some(wiring) => Some(Self { row, wiring }),
            None => None,
        }
    }

    /// All of them, in the order of the rows.
    pub fn all() -> impl Iterator<Item = Self> {
        HOSTS.iter().filter_map(|row| Self::of(row))
    }

    /// The one that goes by this word on the command line.
    pub fn named(word: &str) -> Option<Self> {
        Self::of(Host::named(word)?)
    }

    /// Its row.
    pub fn row(self) -> &'static Host {
        self.row
    }
}

impl std::ops::Deref for Wirable {
    type Target = Host;

    fn deref(&self) -> &Host {
        self.row
    }
}

impl PartialEq for Wirable {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row
    }
}

impl Eq for Wirable {}
