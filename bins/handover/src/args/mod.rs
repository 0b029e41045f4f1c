//! What was typed.

mod parse;

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) use parse::{Misuse, parse};

/// `--help`.
pub(crate) const HELP: &str = "\
handover: saves the work itself before the wall, and puts it back anywhere, once

saving:
  capture           now                       handover capture --summary 'half of the parser' --next-step 'the tests'
  on-event          from a hook, when a usage window is nearly full, or the host hit its limit

taking over:
  pending           what waits here           handover pending --json; --all: what was taken too
  pickup [ID]       take one: its summary     handover pickup --apply
  pickup --undo     put back what the last pickup changed
  run -- COMMAND    start a tool on it        handover run --pickup -- codex
  inspect [ID]      what is in it             handover inspect --json
  allow ID          trust one that was not made here, after looking at it; --config: settings that came with a clone
  session-start     the summary for a session that begins
  render [--out DIR]  the same as files for other tools, in .handover/rendered or elsewhere

setting up:
  init              the .handover directory and its config.toml
  enable, disable   hooks and guidance for the tools in this project    handover enable --tool claude
  install           the same for this user, in every project
  adapters          the tools, what is found and what is wired
  status            how things stand          print-config   every setting, with its value
  statusline-tap    for Claude Code's statusLine: notes the usage windows, passes on to your own command
                    or, without one, prints them

capture:  [--title T] [--summary S] [--next-step N] [--to NAME] [--tool TOOL] [--session-id ID] [--transcript FILE]
pickup:   [ID] [--from DIR]  out of another worktree or clone      [--again]  also one that was taken
          [--apply]  make its changes here   [--onto-head]  also on another commit, three-way
          [--allow-config]  also files that programs run or obey   [--undo]  put back what the last apply changed
enable, disable, install:  [--tool TOOL]… [--dry-run]; install: [--remove]
-h, --help; -V, --version; --root DIR: another worktree. Exit code: 0 success, 1 not done, 2 usage;
on-event, session-start and statusline-tap without a command never fail their host: 0.
";

/// What to do, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) command: Command,
    /// `--root`: instead of the current directory.
    pub(crate) root: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Version,
    Init,
    /// Wires hooks and guidance.
    Wire(Wire),
    Capture(Capture),
    OnEvent {
        /// `--tool`: whose hook it is.
        tool: Option<String>,
        /// `--detached`: the host may be gone by now, see `on_event`.
        detached: bool,
    },
    SessionStart {
        format: Format,
    },
    Pending {
        /// Also what was taken.
        all: bool,
        json: bool,
    },
    Pickup(Pickup),
    Run {
        pickup: bool,
        command: Vec<OsString>,
    },
    Render {
        /// None: `.handover/rendered`.
        out: Option<PathBuf>,
        id: Option<String>,
        /// `--allow-secrets`: also where the patch has some.
        allow_secrets: bool,
    },
    Inspect {
        id: Option<String>,
        json: bool,
    },
    Status {
        json: bool,
    },
    Adapters {
        json: bool,
    },
    PrintConfig,
    Allow {
        /// None: the settings.
        id: Option<String>,
        /// `-y`: without asking.
        yes: bool,
    },
    StatuslineTap {
        /// The user's own statusline command.
        command: Vec<OsString>,
    },
}

/// `enable`, `disable` and `install`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wire {
    /// For every project of this user, or for this one.
    pub(crate) user: bool,
    /// Away with it.
    pub(crate) remove: bool,
    /// `--tool`: only these.
    pub(crate) tools: Vec<String>,
    /// `--dry-run`: show, change nothing.
    pub(crate) dry_run: bool,
}

/// `capture`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) next_step: Option<String>,
    /// The worktree that it is for.
    pub(crate) to: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) transcript: Option<PathBuf>,
    pub(crate) json: bool,
}

/// `pickup`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pickup {
    pub(crate) id: Option<String>,
    /// Another worktree, or a bundle's directory.
    pub(crate) from: Option<PathBuf>,
    pub(crate) apply: bool,
    pub(crate) onto_head: bool,
    pub(crate) allow_config: bool,
    /// Also one that was picked up already.
    pub(crate) again: bool,
    pub(crate) undo: bool,
}

/// How a session is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text.
    #[default]
    Plain,
    /// The JSON that hooks of Claude Code and Codex answer with.
    Json,
}
