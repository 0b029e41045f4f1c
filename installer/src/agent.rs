//! The agents that are wired, and what each is given.

use std::path::{Path, PathBuf};

use handoff_agents::{CLAUDE_CODE, CODEX, Host};
use handoff_process::Environment;
use handoff_skills::{Kind, Programs, Rendered, Skill, Target};
use serde::{Deserialize, Serialize};

use crate::cli_agent;
use crate::manifest::Manifest;
use crate::piece::{Looks, Piece};
use crate::places::Places;

/// An agent that carries handoffs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
}

/// A file that an agent finds in its own directories: a skill, or an agent that it gives tasks to.
pub(crate) struct Placed {
    pub(crate) kind: Kind,
    /// What it is called below its directory, with `/`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Placed {
    /// What it is.
    pub(crate) fn word(&self) -> &'static str {
        match self.kind {
            Kind::Skill => "skill",
            Kind::Agent => "agent",
        }
    }
}

impl Agent {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Claude, Self::Codex];

    /// Its name on the command line, and of its program.
    pub fn word(self) -> &'static str {
        self.host().id
    }

    /// Its row.
    pub(crate) fn host(self) -> &'static Host {
        match self {
            Self::Claude => &CLAUDE_CODE,
            Self::Codex => &CODEX,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.host().name
    }

    /// How its user calls the skill that leaves a handoff.
    pub(crate) fn skill_call(self) -> String {
        format!("{}handoff in {}", self.skill_prefix(), self.name())
    }

    /// What its user types before a skill's name.
    pub(crate) fn skill_prefix(self) -> char {
        self.host().skills.map_or('/', |form| form.prefix)
    }

    /// Whether this user has it: its directory, or its program on PATH.
    pub(crate) fn is_here(self, places: &Places, environment: &Environment) -> bool {
        handoff_files::is_directory(self.directory(places)) || environment.find_program(self.word()).is_some()
    }

    /// What it keeps its settings in.
    pub(crate) fn directory(self, places: &Places) -> &PathBuf {
        match self {
            Self::Claude => &places.claude,
            Self::Codex => &places.codex,
        }
    }

    /// What is put into its files. Codex's hook only where it was asked for.
    pub(crate) fn pieces(self, places: &Places, manifest: &Manifest) -> Vec<Piece> {
        match self {
            Self::Claude => vec![Piece::ClaudeHook(places.clone())],
            Self::Codex => {
                let mut pieces = vec![
                    Piece::instructions(places, manifest.looks()),
                    Piece::Sandbox(places.clone(), manifest.trusted.clone()),
                ];
                if manifest.codex_hook {
                    pieces.push(Piece::CodexHook(places.clone()));
                }
                pieces
            }
        }
    }

    /// Every file that something of ours may be in: also one that the agent does not read any more, and those of
    /// directories that it was wired in.
    pub(crate) fn all_pieces(self, places: &Places, manifest: &Manifest) -> Vec<Piece> {
        let mut directories = vec![self.directory(places).as_path()];
        let names: &[&str] = match self {
            Self::Claude => &["settings.json"],
            Self::Codex => &["config.toml", "hooks.json", "AGENTS.md", "AGENTS.override.md"],
        };
        let wired = manifest.edits.keys().filter(|path| names.iter().any(|name| path.ends_with(name)));
        directories.extend(wired.filter_map(|path| path.parent()));
        directories.sort_unstable();
        directories.dedup();
        directories.into_iter().flat_map(|directory| self.pieces_in(directory, places, manifest)).collect()
    }

    fn pieces_in(self, directory: &Path, places: &Places, manifest: &Manifest) -> Vec<Piece> {
        let mut places = places.clone();
        match self {
            Self::Claude => {
                places.claude = directory.to_owned();
                vec![Piece::ClaudeHook(places)]
            }
            Self::Codex => {
                places.codex = directory.to_owned();
                vec![
                    Piece::Instructions(places.clone(), directory.join("AGENTS.md"), Looks::Agent),
                    Piece::Instructions(places.clone(), directory.join("AGENTS.override.md"), Looks::Agent),
                    Piece::Sandbox(places.clone(), manifest.trusted.clone()),
                    Piece::CodexHook(places),
                ]
            }
        }
    }

    /// Where it looks for skills.
    pub(crate) fn skills_directory(self, places: &Places) -> PathBuf {
        match self {
            Self::Claude => places.claude.join("skills"),
            Self::Codex => places.home.join(".agents/skills"),
        }
    }

    /// Its skills' files, and where it looks for them.
    pub(crate) fn skills(self, places: &Places) -> Vec<Placed> {
        let bin = places.bin();
        let host = self.host();
        let target = Target { host, programs: Programs::Installed(&bin) };
        let placed = |Rendered { kind, path: name, text }| {
            let directory = match kind {
                Kind::Skill => self.skills_directory(places),
                Kind::Agent => self.directory(places).join("agents"),
            };
            Placed { kind, path: directory.join(&name), name, text }
        };
        // Where both agents read one file, Codex's text goes there: it names no agent and needs nothing filled in.
        let shared = places.home.join(".agents/skills");
        let host_of = |skill: Skill| {
            let name = Path::new(skill.name()).join("SKILL.md");
            let here = handoff_files::canonical(&self.skills_directory(places).join(&name));
            if here == handoff_files::canonical(&shared.join(name)) { &CODEX } else { host }
        };
        let render = |skill: Skill| {
            let read_by_both = matches!(skill, Skill::Handoff | Skill::UpgradeHandoff);
            let host = if read_by_both { host_of(skill) } else { host };
            handoff_skills::render(skill, Target { host, ..target })
        };
        Skill::ALL.into_iter().flat_map(render).map(placed).collect()
    }

    /// Its skills' files, and those that stand where handoff-cli placed others.
    pub(crate) fn placed(self, places: &Places, manifest: &Manifest) -> Vec<Placed> {
        let mut all = self.skills(places);
        if self == Self::Codex {
            let more = cli_agent::found(&places.codex.join("agents"), &all, &places.bin(), manifest);
            all.extend(more);
        }
        all
    }
}
