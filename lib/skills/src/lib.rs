//! The skills `handoff` and `upgrade-handoff`, rendered for Claude Code and for Codex.
//!
//! One source for both, under `skills/`: plain markdown, with two marks.
//!
//! - Lines between `<!-- claude -->` and `<!-- /claude -->` are for Claude Code only, those between
//!   `<!-- codex -->` and `<!-- /codex -->` for Codex only. They do not nest.
//! - `{{handoff-write}}` is that program as a shell takes it; `{{allow handoff-write *}}` is the
//!   frontmatter value that lets Claude Code run it with these arguments. `{{installer}}` likewise.
//!
//! Nothing is read or written here: the installer and the plugin put the texts where they belong.

mod command;
mod template;

use std::path::Path;

/// A skill of this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skill {
    /// Leaves a handoff.
    Handoff,
    /// Upgrades agent-handoff.
    UpgradeHandoff,
}

/// The agent that reads the skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
}

/// Where the skill finds the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs<'a> {
    /// In this directory: absolute, `bin` of the prefix. No skill can name one that is no UTF-8, nor
    /// can Claude Code's name one with a back-quote, a line feed, a backslash before a blank, or what
    /// it fills in (`$0` to `$9`, `$ARGUMENTS`): an installer says so.
    Installed(&'a Path),
    /// Through the plugin: its launchers in Claude Code; in Codex, which fills in no plugin root,
    /// `$AGENT_HANDOFF_HOME/bin`, else `~/.agent-handoff/bin`. Claude Code fills the plugin's path in as
    /// it is, between the double quotes of a shell: one with `$`, a back-quote, `"` or a backslash stops
    /// the skill.
    Plugin,
}

/// For whom a skill is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Who reads it.
    pub host: Host,
    /// What it calls.
    pub programs: Programs<'a>,
}

/// A file of a rendered skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Below the host's skills directory, with `/`: `handoff/SKILL.md`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

impl Skill {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Handoff, Self::UpgradeHandoff];

    /// What it is called by, `/name` in Claude Code and `$name` in Codex; its directory too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::UpgradeHandoff => "upgrade-handoff",
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::Handoff => include_str!("../../../skills/handoff/SKILL.md"),
            Self::UpgradeHandoff => include_str!("../../../skills/upgrade-handoff/SKILL.md"),
        }
    }
}

/// The files of `skill` for `target`.
#[must_use]
pub fn render(skill: Skill, target: Target<'_>) -> Vec<Rendered> {
    let text = template::fill(skill.source(), target);
    vec![Rendered { path: format!("{}/SKILL.md", skill.name()), text }]
}
