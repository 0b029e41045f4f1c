//! What is known of a tool.

use crate::table::TOOLS;

/// A coding tool.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// What it is called on the command line.
    pub id: &'static str,
    /// Other words for it there.
    pub also: &'static [&'static str],
    /// Its name.
    pub name: &'static str,
    /// How it is found.
    pub signs: Signs,
    /// Where it reads standing instructions in a project.
    pub guidance: Guidance,
    /// Where it reads hooks, for those that can capture by themselves.
    pub hooks: Option<HookFiles>,
    /// The file in its user's directory that names the command of its status line, where that is told of usage windows.
    pub status_line: Option<&'static str>,
}

/// What shows that a user or a project has a tool. A name that ends in `*` stands for every name that begins so.
#[derive(Debug, PartialEq, Eq)]
pub struct Signs {
    /// Whose directory it is, for those that can be told to keep it elsewhere.
    pub host: Option<Host>,
    /// Below HOME.
    pub home: &'static [&'static str],
    /// Below the project.
    pub project: &'static [&'static str],
    /// On PATH.
    pub programs: &'static [&'static str],
}

/// A tool whose directory an environment variable names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Claude Code: `CLAUDE_CONFIG_DIR`, else `~/.claude`.
    Claude,
    /// Codex: `CODEX_HOME`, else `~/.codex`.
    Codex,
}

/// Where a tool reads standing instructions.
#[derive(Debug, PartialEq, Eq)]
pub struct Guidance {
    /// Files that others write too, in the order in which the tool looks for them. The first that is there gets ours.
    pub looks: &'static [&'static str],
    /// Whether the first hides all that come after it, so that making one can take another from the tool.
    pub first_only: bool,
    /// Files that an earlier version put ours into, and this one does not.
    pub formerly: &'static [&'static str],
    /// The file that is made when there is none of them.
    pub fresh: &'static str,
    /// What a file that is ours alone begins with, for the tool to always read it.
    pub preface: &'static str,
    /// What has to name the file before the tool reads it.
    pub reader: Option<Reader>,
}

/// A file of settings that must name an instructions file.
#[derive(Debug, PartialEq, Eq)]
pub struct Reader {
    /// The file, in the project.
    pub file: &'static str,
    /// The line to put there.
    pub line: &'static str,
}

/// Where and how a tool reads hooks.
#[derive(Debug, PartialEq, Eq)]
pub struct HookFiles {
    /// Whose they are.
    pub host: Host,
    /// The file in a project.
    pub project: &'static str,
    /// The file in its user's directory.
    pub user: &'static str,
    /// How a command is written.
    pub form: Form,
    /// The events that are wired.
    pub events: &'static [Event],
    /// Which hooks it runs in a linked worktree.
    pub linked: Linked,
    /// Whether its user has to trust each hook before it runs, at the place in the list where it stands: then nothing is
    /// ever put before another's, and none of another's moves.
    pub trusted_by_place: bool,
}

/// Which hooks a tool runs in a linked worktree of a repository. Measured of Claude Code 2.1.329 and Codex 0.169.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// Those of the worktree and those of the main checkout.
    MainToo,
    /// Those of the main checkout alone, and only where the worktree has a directory of the same name.
    MainAlone,
}

/// How a tool wants a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A program and its arguments: no shell, so no quoting.
    Exec,
    /// A line for the shell.
    Shell,
}

/// An event that a tool runs hooks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name, as the tool spells it.
    pub name: &'static str,
    /// After how many seconds the tool gives up on the hook. Nearly always it takes milliseconds; a capture of a large
    /// repository takes longer, and is lost when it is cut.
    pub timeout: u32,
}

/// For whom something is wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// For one project, in its own files.
    Project,
    /// For all of a user's projects, in the tools' own directories.
    User,
}

/// A way in which a tool is told or tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// Standing instructions. Only in projects.
    Guidance,
    /// Hooks that capture.
    Hooks,
    /// A tap before the user's own status line. Only for users.
    StatusLine,
}

impl Surface {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Guidance, Self::Hooks, Self::StatusLine];
}

impl Guidance {
    /// Whether others write a file of that name too.
    pub(crate) fn is_shared(&self, name: &str) -> bool {
        self.looks.contains(&name)
    }
}

impl Tool {
    /// The tool of that name; None when there is none.
    pub fn named(word: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.id == word || tool.also.contains(&word))
    }

    /// Whether a file of a project is one that ours may be put into for it.
    pub(crate) fn reads(&self, path: &std::path::Path) -> bool {
        let hooks = self.hooks.iter().map(|hooks| hooks.project);
        let guidance = self.guidance.looks.iter().chain(self.guidance.formerly).copied();
        let mut files = guidance.chain([self.guidance.fresh]).chain(hooks);
        files.any(|file| path == std::path::Path::new(file))
    }

    /// Whether a file is called like one of its user's that ours may be put into. Where its directory is, an environment
    /// variable may have said.
    pub(crate) fn reads_for_user(&self, path: &std::path::Path) -> bool {
        let files = self.hooks.iter().map(|hooks| hooks.user).chain(self.status_line);
        files.into_iter().any(|name| path.file_name().is_some_and(|file| file == name))
    }

    /// Whether a file of a project is one that nobody but us and this tool, on this machine, writes.
    pub(crate) fn has_for_itself(&self, path: &std::path::Path) -> bool {
        let hooks = self.hooks.as_ref().map(|hooks| hooks.project);
        let guidance = Some(self.guidance.fresh).filter(|name| !self.guidance.is_shared(name));
        let formerly = self.guidance.formerly.iter().copied();
        hooks.into_iter().chain(guidance).chain(formerly).any(|file| path == std::path::Path::new(file))
    }

    /// Whether it has such a surface there.
    pub fn has(&self, surface: Surface, scope: Scope) -> bool {
        match (surface, scope) {
            (Surface::Guidance, Scope::Project) => true,
            (Surface::Hooks, _) => self.hooks.is_some(),
            (Surface::StatusLine, Scope::User) => self.status_line.is_some(),
            _ => false,
        }
    }
}
