//! The skills `handoff` and `upgrade-handoff`, rendered for Claude Code, and in one text for all hosts that look for skills
//! in one directory; those that give a task to another
//! agent, for Claude Code; and those of these that are agents in Codex.
//!
//! One source for all hosts, under `skills/`: plain markdown, with two marks.
//!
//! - Lines between `<!-- claude -->` and `<!-- /claude -->` are for Claude Code only; so with the id of each host that has a
//!   text of its own. Those between `<!-- shared -->` and `<!-- /shared -->` are for all other hosts. They do not nest.
//! - `{{handoff-write}}` is that program as a shell takes it; `{{allow handoff-write *}}` is the
//!   frontmatter value that lets Claude Code run it with these arguments. So with all programs.
//!
//! Those that give a task away have one source, `skills/handoff-backend`, in which `{{skill}}`, `{{agent}}` and
//! `{{backend}}` are the names, also within other marks.
//!
//! Nothing is read or written here: the installer and the plugin put the texts where they belong.

mod command;
mod template;

use std::path::Path;

use handoff_agents::{CODEX, Host, TaskForm};

/// A skill of this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skill {
    /// Leaves a handoff.
    Handoff,
    /// Upgrades agent-handoff.
    UpgradeHandoff,
    /// Gives a task to DeepSeek.
    HandoffDs,
    /// Gives a task to Codex.
    HandoffCodex,
    /// Gives a task to Opus.
    HandoffOpus,
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
    pub host: &'static Host,
    /// What it calls.
    pub programs: Programs<'a>,
}

/// What a host reads a file as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A skill: in its skills directory.
    Skill,
    /// An agent of its own that tasks are given to: in its agents directory.
    Agent,
    /// A command that its user types: in its commands directory.
    Command,
}

/// A file of a rendered skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Says in which of the host's directories it belongs.
    pub kind: Kind,
    /// Below that directory, with `/`: `handoff/SKILL.md`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Who is given a task, and the name in `config.yaml` that it goes by.
struct Taker<'a> {
    agent: &'a str,
    backend: &'a str,
}

impl Skill {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Handoff, Self::UpgradeHandoff, Self::HandoffDs, Self::HandoffCodex, Self::HandoffOpus];

    /// What it is called by, `/name` in Claude Code and `$name` in Codex; its directory too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::UpgradeHandoff => "upgrade-handoff",
            Self::HandoffDs => "handoff-ds",
            Self::HandoffCodex => "handoff-codex",
            Self::HandoffOpus => "handoff-opus",
        }
    }

    /// Whom it gives tasks to; None for what carries handoffs.
    const fn taker(self) -> Option<Taker<'static>> {
        match self {
            Self::Handoff | Self::UpgradeHandoff => None,
            Self::HandoffDs => Some(Taker { agent: "DeepSeek", backend: "deepseek" }),
            Self::HandoffCodex => Some(Taker { agent: "Codex", backend: "codex" }),
            Self::HandoffOpus => Some(Taker { agent: "Opus", backend: "opus" }),
        }
    }

    /// What it is rendered from for `target`, and as what; None when that has no use for it. The plugin has none
    /// of those that give a task away.
    fn source(self, target: Target<'_>) -> Option<(Kind, &'static str)> {
        let form = target.host.skills?;
        match (self, target.programs) {
            (Self::Handoff, _) => Some((Kind::Skill, include_str!("../../../skills/handoff/SKILL.md"))),
            (Self::UpgradeHandoff, _) => {
                Some((Kind::Skill, include_str!("../../../skills/upgrade-handoff/SKILL.md")))
            }
            (_, Programs::Plugin) => None,
            (_, Programs::Installed(_)) => match form.tasks {
                TaskForm::Skill => {
                    Some((Kind::Skill, include_str!("../../../skills/handoff-backend/SKILL.md")))
                }
                // It would give the task to itself.
                TaskForm::Agent if self.taker().is_some_and(|taker| taker.backend == target.host.id) => None,
                TaskForm::Agent => {
                    Some((Kind::Agent, include_str!("../../../skills/handoff-backend/agent.toml")))
                }
                TaskForm::None => None,
            },
        }
    }
}

/// The files of `skill` for `target`: none when that has no use for it.
#[must_use]
pub fn render(skill: Skill, target: Target<'_>) -> Vec<Rendered> {
    let Some((kind, source)) = skill.source(target) else { return Vec::new() };
    let is_command = target.host.inbox.is_some_and(|wiring| wiring.commands.is_some());
    let name = skill.name();
    let source = match skill.taker() {
        Some(taker) => &named(source, name, taker),
        None => source,
    };
    let mut files = vec![rendered(kind, name, source, target)];
    if is_command && kind == Kind::Skill && matches!(target.programs, Programs::Installed(_)) {
        files.push(rendered(Kind::Command, name, source, target));
    }
    files
}

/// The agent of Codex's `name` that gives tasks to `backend` of `config.yaml`, for one that [`Skill::ALL`] does not have.
/// Both have letters, digits, `-` and `_` only.
#[must_use]
pub fn render_agent(name: &str, backend: &str, programs: Programs<'_>) -> Rendered {
    let mut agent = backend.to_owned();
    if let Some(first) = agent.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let source = named(
        include_str!("../../../skills/handoff-backend/agent.toml"),
        name,
        Taker { agent: &agent, backend },
    );
    rendered(Kind::Agent, name, &source, Target { host: &CODEX, programs })
}

/// `source` with the names of what it gives tasks to filled in.
fn named(source: &str, name: &str, Taker { agent, backend }: Taker<'_>) -> String {
    source.replace("{{skill}}", name).replace("{{agent}}", agent).replace("{{backend}}", backend)
}

fn rendered(kind: Kind, name: &str, source: &str, target: Target<'_>) -> Rendered {
    let (path, text) = match kind {
        Kind::Skill => (format!("{name}/SKILL.md"), template::fill(source, target, str::to_owned)),
        Kind::Command => (format!("{name}.md"), template::fill(source, target, str::to_owned)),
        Kind::Agent => (format!("{name}.toml"), template::fill(source, target, command::toml)),
    };
    Rendered { kind, path, text }
}
