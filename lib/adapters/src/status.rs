//! How a tool stands.

use std::path::{Path, PathBuf};

use handoff_agents::{
    HookFiles, Host, InboxInstructions, InboxWiring, Linked, McpHost, SessionHook, Wirable,
};
use handoff_edits::MAX_TEXT_BYTES;
use handoff_files::Foreign;
use handoff_process::Environment;
use handoff_wiring::{self as wiring, Call, Hooks, Malformed, NeverRuns};

use crate::enable::{hooks_file, is_read, status_line_file};
use crate::found::{Here, Sign, signs};
use crate::fragment::{FragmentName, Ours, Standing};
use crate::manifest::Manifest;
use crate::planner::guidance_file;
use crate::surface::{Scope, Surface};

/// What our MCP server is called among those of a host.
const SERVER: &str = "agent-handoff";

/// How a tool stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolStatus {
    /// The tool.
    pub tool: &'static Host,
    /// What it was found by; empty when it is not here.
    pub signs: Vec<Sign>,
    /// Each of its surfaces that [`enable`](crate::enable()) wires, those of the project first.
    pub surfaces: Vec<SurfaceStatus>,
    /// Those that the installer wires for its user.
    pub inbox: Vec<SurfaceStatus>,
}

/// How one of its surfaces stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurfaceStatus {
    /// Which.
    pub surface: Surface,
    /// For whom.
    pub scope: Scope,
    /// The file.
    pub path: PathBuf,
    /// How it stands.
    pub state: State,
}

/// How a surface stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing of ours is there.
    Absent,
    /// It is wired, to this program, in this version.
    Wired,
    /// It is wired, but the tool does not read the file before its settings name it with this line.
    Unread(&'static str),
    /// Not all events are wired; these are missing.
    Partly(Vec<&'static str>),
    /// It says what another version said.
    Outdated,
    /// It is wired, but in this worktree the tool runs the hooks of this other file alone.
    NotRun(PathBuf),
    /// It runs another program or another version's command, or runs it more than once: this one.
    Other(String),
    /// It is wired, but the tool does not run what stands on this line.
    Idle {
        /// From 1.
        line: usize,
        /// Why not.
        why: NeverRuns,
    },
    /// The file is not what the tool reads.
    Malformed(Malformed),
    /// The file cannot be read, and why.
    Unreadable(String),
}

impl State {
    /// Whether anything of ours is there, and is run.
    pub fn is_wired(&self) -> bool {
        !matches!(self, Self::Absent | Self::NotRun(_) | Self::Malformed(_) | Self::Unreadable(_))
    }
}

impl ToolStatus {
    /// Whether it is here.
    pub fn is_found(&self) -> bool {
        !self.signs.is_empty()
    }

    /// Whether a surface is wired there.
    pub fn is_wired(&self, surface: Surface, scope: Scope) -> bool {
        self.surfaces.iter().any(|one| one.surface == surface && one.scope == scope && one.state.is_wired())
    }

    /// Whether its hooks are wired for the project and for the user: each event then runs the program twice, which does
    /// no harm.
    pub fn is_hooked_twice(&self) -> bool {
        [Scope::Project, Scope::User].iter().all(|&scope| self.is_wired(Surface::Hooks, scope))
    }
}

/// How `tool` stands; reads files, changes nothing. What `manifests` say that we made is no sign of it.
pub fn status(here: &Here, tool: &'static Host, manifests: &[&Manifest]) -> ToolStatus {
    let is_there = |name: &str| handoff_files::is_file(&here.project.join(name));
    let guidance = guidance_file(&tool.guidance, is_there);
    let mut surfaces = vec![SurfaceStatus {
        surface: Surface::Guidance,
        scope: Scope::Project,
        path: here.project.join(guidance),
        state: guided(here, tool, guidance),
    }];
    for scope in [Scope::Project, Scope::User] {
        let names: Vec<FragmentName> = FragmentName::hooks(tool).collect();
        if let (Ok(key), false) = (hooks_file(here, tool, scope), names.is_empty()) {
            let path = here.project.join(key);
            let state = state(here, &path, &names);
            let (path, state) = match (scope, &tool.hooks, here.main_checkout()) {
                (Scope::Project, Some(files), Some(main)) => linked(here, main, files, (path, state), &names),
                _ => (path, state),
            };
            surfaces.push(SurfaceStatus { surface: Surface::Hooks, scope, path, state });
        }
    }
    if let Ok(Some(path)) = status_line_file(here, tool) {
        let state = state(here, &path, &[FragmentName::StatusLine]);
        surfaces.push(SurfaceStatus { surface: Surface::StatusLine, scope: Scope::User, path, state });
    }
    let mut inbox = Wirable::of(tool).map(|tool| inbox(here, tool)).unwrap_or_default();
    inbox.extend(McpHost::of(tool).and_then(|tool| mcp(here, tool)));
    ToolStatus { tool, signs: signs(tool, here, manifests), surfaces, inbox }
}

/// Which hooks are run in a linked worktree, whose own are `own`, and how they stand.
fn linked(
    here: &Here,
    main: &Path,
    files: &HookFiles,
    own: (PathBuf, State),
    names: &[FragmentName],
) -> (PathBuf, State) {
    let path = main.join(files.project);
    let there = state(here, &path, names);
    match files.linked {
        Linked::MainToo if there.is_wired() && !own.1.is_wired() => (path, there),
        Linked::MainToo => own,
        Linked::MainAlone => {
            let directory = own.0.parent().is_some_and(handoff_files::is_directory);
            if directory && there.is_wired() {
                (path, there)
            } else if own.1.is_wired() {
                (own.0, State::NotRun(path))
            } else {
                own
            }
        }
    }
}

/// The tools that show their user's sessions what other sessions left, as `installer` wires them: their names.
pub fn shows_handoffs(here: &Here) -> Vec<&'static str> {
    let shows = |tool: &Wirable| inbox(here, *tool).iter().any(|surface| surface.state.is_wired());
    Wirable::all().filter(shows).map(|tool| tool.row().name).collect()
}

/// How what `installer` wires for a tool's user stands: whether it is there. What is wrong with it, doctor says.
fn inbox(here: &Here, tool: Wirable) -> Vec<SurfaceStatus> {
    let InboxWiring { hook, instructions, .. } = tool.wiring;
    let Some(directory) = here.directory(&tool) else { return Vec::new() };
    let read =
        |name: &str| handoff_files::read_file(&directory.join(name), MAX_TEXT_BYTES).unwrap_or_default();
    let owns = |call: &Call| Path::new(&call.program).ends_with("session-start");
    let stands_in = |text: &str, hook: &SessionHook| {
        let SessionHook { event, comments, trusted_by_place: keeps_places, flat, .. } = *hook;
        let hooks = Hooks { event, owns: &owns, comments, keeps_places, flat };
        !text.trim().is_empty() && hooks.find(text).is_ok_and(|found| !found.is_empty())
    };
    let file = read(hook.file());
    let has_hook = wiring::text(&file).is_ok_and(|text| match hook.shared() {
        Some(hook) => stands_in(text, hook),
        None => text.contains("session-start"),
    });
    let status = |surface, name: &str, is_wired| SurfaceStatus {
        surface,
        scope: Scope::User,
        path: directory.join(name),
        state: if is_wired { State::Wired } else { State::Absent },
    };
    let hook = status(Surface::InboxHook, hook.file(), has_hook);
    let instructions = instructions.and_then(|InboxInstructions { files, opening, .. }| {
        let tells = |name: &&&str| String::from_utf8_lossy(&read(name)).contains(opening);
        let name = files.iter().find(tells).or(files.last())?;
        Some(status(Surface::InboxInstructions, name, tells(&name)))
    });
    [hook].into_iter().chain(instructions).collect()
}

/// Whether our MCP server is among those of a tool's user. What is wrong with it, doctor says.
fn mcp(here: &Here, tool: McpHost) -> Option<SurfaceStatus> {
    let directory = tool.wiring.place().of(Environment::variable, here.home.as_deref())?;
    let path = tool.file_in(&directory);
    let file = handoff_files::read_file(&path, MAX_TEXT_BYTES).unwrap_or_default();
    let is_wired = String::from_utf8_lossy(&file).contains(SERVER);
    let state = if is_wired { State::Wired } else { State::Absent };
    Some(SurfaceStatus { surface: Surface::Mcp, scope: Scope::User, path, state })
}

fn guided(here: &Here, tool: &Host, name: &str) -> State {
    let state = state(here, &here.project.join(name), &[FragmentName::Guidance]);
    let reader = tool.guidance.reader.as_ref().filter(|reader| !is_read(reader, name, &here.project));
    match (state, reader) {
        (State::Wired, Some(reader)) => State::Unread(reader.line),
        (state, _) => state,
    }
}

/// How `names` stand in a file.
fn state(here: &Here, path: &std::path::Path, names: &[FragmentName]) -> State {
    let file = match Foreign::read(path, MAX_TEXT_BYTES) {
        Ok(file) => file,
        // A file stands where a directory would be.
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return State::Absent,
        Err(error) => return State::Unreadable(handoff_files::reason(&error.source)),
    };
    let text = match file.content().map(handoff_wiring::text).transpose() {
        Ok(Some(text)) => text,
        Ok(None) => return State::Absent,
        Err(error) => return State::Malformed(error),
    };
    let mut missing = Vec::new();
    let program = here.program.to_string_lossy();
    for &name in names {
        match (Ours { name, program: &program }).stands(text) {
            Err(error) => return State::Malformed(error),
            Ok(Standing::Other(command)) => return State::Other(command),
            Ok(Standing::Outdated) => return State::Outdated,
            Ok(Standing::Idle { line, why }) => return State::Idle { line, why },
            Ok(Standing::Absent) => missing.push(name),
            Ok(Standing::Good) => {}
        }
    }
    if missing.len() == names.len() {
        return State::Absent;
    }
    let events = missing.into_iter().filter_map(|name| match name {
        FragmentName::Hook(_, event) => Some(event),
        _ => None,
    });
    match events.collect::<Vec<_>>() {
        missing if missing.is_empty() => State::Wired,
        missing => State::Partly(missing),
    }
}
