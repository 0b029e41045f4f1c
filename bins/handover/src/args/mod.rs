//! What was typed.

mod mail;
mod parse;

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) use mail::{
    Export, Import, KeySource, Letter, Mailroom, MailroomVerb, PassphraseSource, People, PeopleAction, Send,
};
pub(crate) use parse::parse;

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
    Export(Export),
    Import(Import),
    Send(Send),
    People(People),
    Mailroom(Mailroom),
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

/// In which form a session is given it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text.
    #[default]
    Plain,
    /// The JSON that hooks of Claude Code and Codex answer with.
    Json,
}
