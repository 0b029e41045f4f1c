//! The row.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Guidance, HOSTS, HookFiles, InboxWiring,
    McpWiring, OutputForm, PayloadForm, Signs, SkillForm, Unproven,
};

/// One agent host. Two are equal when their `id` is.
#[derive(Clone, Copy)]
pub struct Host {
    /// What it is called on the command line and in files of ours: `claude`.
    pub id: &'static str,
    /// Other words for it on the command line.
    pub also: &'static [&'static str],
    /// Its name, for people.
    pub name: &'static str,
    /// Its name in the field `session_tool` of a handoff, and in offers.
    pub stamp: &'static str,
    /// What shows that a user or a project has it.
    pub signs: Signs,
    /// The directory of its user's settings, where something of ours can be wired there.
    pub directory: Option<Directory>,

    /// What it sets in the environment of the commands that it runs: one of them is enough.
    pub shell_variables: &'static [&'static str],
    /// Which of these holds the session's id.
    pub session_variable: Option<&'static str>,

    /// What tells the payload of its hook when a session starts: each form that it has. Empty where none is known.
    pub payloads: &'static [PayloadForm],
    /// In which form its hook prints.
    pub output: OutputForm,
    /// What its sessions are told.
    pub delivers: Delivers,
    /// Whether a hook of it runs again in the same session, at each prompt. A session is told once.
    pub runs_at_each_prompt: bool,
    /// The format of its transcripts; `None` where none is known.
    pub transcript: Option<Dialect>,
    /// Where in its directory the transcript of a session is, before and behind the session's id, for a host whose payload
    /// does not say it.
    pub transcript_of: Option<(&'static str, &'static str)>,
    /// Where in its directory they lie, where it has such a directory.
    pub transcripts: Option<&'static str>,
    /// What to do with a handoff where no transcript can show that a session used it.
    pub unproven: Unproven,
    /// What tells a session without a person in front of it.
    pub attendance: Attendance,
    /// An argument of a process that serves several sessions at once. Such a process says nothing of one session's end.
    pub server_argument: Option<&'static str>,

    /// Where it reads standing instructions in a project.
    pub guidance: Guidance,
    /// Where it reads hooks, for a host that can capture by itself.
    pub hooks: Option<HookFiles>,
    /// The file in its directory that names the command of its status line, where that receives usage windows.
    pub status_line: Option<&'static str>,
    /// How the installer wires it for its user; `None` where it does not.
    pub inbox: Option<InboxWiring>,
    /// How the installer gives it our MCP server; `None` where it does not.
    pub mcp: Option<McpWiring>,

    /// How sure it is that each way into it works.
    pub certain: Certainties,

    /// Whether something on this machine says how full its usage windows are.
    pub windows: bool,

    /// How its skills are written; `None` where it has none of ours.
    pub skills: Option<SkillForm>,
}

impl Host {
    /// What is true of a host of which nothing else is known. Each row ends with it.
    pub(crate) const UNKNOWN: Self = Self {
        id: "",
        also: &[],
        name: "",
        stamp: "",
        signs: Signs { home: &[], project: &[], programs: &[] },
        directory: None,
        shell_variables: &[],
        session_variable: None,
        payloads: &[],
        output: OutputForm::Plain,
        delivers: Delivers::Nothing,
        runs_at_each_prompt: false,
        transcript: None,
        transcript_of: None,
        transcripts: None,
        unproven: Unproven::Wait,
        attendance: Attendance::Argument(&[]),
        server_argument: None,
        guidance: Guidance::first_of(&["AGENTS.md"], "AGENTS.md"),
        hooks: None,
        status_line: None,
        inbox: None,
        mcp: None,
        certain: Certainties::UNKNOWN,
        windows: false,
        skills: None,
    };

    /// The host that goes by this word on the command line.
    pub fn named(word: &str) -> Option<&'static Self> {
        HOSTS.iter().copied().find(|host| host.id == word || host.also.contains(&word))
    }

    /// The host whose stamp this is.
    pub fn stamped(stamp: &str) -> Option<&'static Self> {
        HOSTS.iter().copied().find(|host| host.stamp == stamp)
    }

    /// Where it keeps transcripts that sandboxed agents can't write to, when its directory is this one; `None` where that is
    /// not known.
    pub fn transcripts_in(&self, directory: &Path) -> Option<PathBuf> {
        Some(directory.join(self.transcripts?))
    }

    /// The transcript of `session`, when its directory is this one; `None` where the row does not say where it is.
    pub fn transcript_in(&self, directory: &Path, session: &str) -> Option<PathBuf> {
        let (before, behind) = self.transcript_of?;
        let is_one_name = !session.starts_with('.') && !session.contains('/');
        is_one_name.then(|| directory.join(format!("{before}{session}{behind}")))
    }

    /// The hosts in whose shell a program may run, by which variables are set there. More than one where an agent was
    /// started in the shell of another.
    pub fn of_shell(is_set: impl Fn(&str) -> bool) -> Vec<&'static Self> {
        let runs = |host: &&Self| host.shell_variables.iter().any(|name| is_set(name));
        HOSTS.iter().copied().filter(runs).collect()
    }

    /// The hosts that name their session in the environment, with what each says there. More than one where an agent was
    /// started in the shell of another.
    pub fn sessions(variable: impl Fn(&str) -> Option<OsString>) -> Vec<(&'static Self, OsString)> {
        let session = |host: &&'static Self| Some((*host, variable(host.session_variable?)?));
        HOSTS.iter().filter_map(session).collect()
    }

    /// Whether a file of a project is one that ours may be put into for it.
    pub fn reads(&self, path: &Path) -> bool {
        let hooks = self.hooks.iter().map(|hooks| hooks.project);
        let guidance = self.guidance.looks.iter().chain(self.guidance.formerly).copied();
        let mut files = guidance.chain([self.guidance.fresh]).chain(hooks);
        files.any(|file| path == Path::new(file))
    }

    /// Whether a file is called like one of its user's that ours may be put into. Where its directory is, an environment
    /// variable may have said.
    pub fn reads_for_user(&self, path: &Path) -> bool {
        let files = self.hooks.iter().map(|hooks| hooks.user).chain(self.status_line);
        files.into_iter().any(|name| path.file_name().is_some_and(|file| file == name))
    }

    /// Whether a file of a project is one that only we and this host, on this machine, write.
    pub fn has_for_itself(&self, path: &Path) -> bool {
        let hooks = self.hooks.as_ref().map(|hooks| hooks.project);
        let guidance = Some(self.guidance.fresh).filter(|name| !self.guidance.is_shared(name));
        let formerly = self.guidance.formerly.iter().copied();
        hooks.into_iter().chain(guidance).chain(formerly).any(|file| path == Path::new(file))
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Host {}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
