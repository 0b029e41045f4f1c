//! What of ours an agent has by now, read from its files: a report states nothing that is not there.

use std::path::Path;

use handoff_skills::Kind;
use handoff_wiring::AllowWrite;

use crate::agent::Agent;
use crate::manifest::Manifest;
use crate::piece::{Piece, owner, sandboxed};
use crate::places::Places;
use crate::plan::LARGEST;

/// The line of a report about an agent.
pub(crate) fn summary(agent: Agent, places: &Places, manifest: &Manifest) -> String {
    let mut parts = match agent {
        Agent::Claude => claude(places),
        Agent::Codex => codex(places, manifest),
    };
    let placed = placed(agent, places, manifest);
    let names = |kind| placed.iter().filter(move |(of, _)| *of == kind).map(|(_, name)| name.clone());
    let prefix = agent.skill_prefix();
    let skills: Vec<String> = names(Kind::Skill).map(|name| format!("{prefix}{name}")).collect();
    let agents: Vec<String> = names(Kind::Agent).collect();
    let lists = [("skill", skills), ("agent", agents)];
    let lists: Vec<String> = lists.iter().filter_map(|(what, names)| list(what, names)).collect();
    if lists.is_empty() {
        parts.push("no skill".to_owned());
        return parts.join(", ");
    }
    format!("{}; {}", parts.join(", "), lists.join(", "))
}

/// Whether the skill that leaves a handoff is there.
pub(crate) fn can_write(agent: Agent, places: &Places, manifest: &Manifest) -> bool {
    placed(agent, places, manifest).iter().any(|(kind, name)| *kind == Kind::Skill && name == "handoff")
}

fn claude(places: &Places) -> Vec<String> {
    let piece = Piece::ClaudeHook(places.clone());
    let text = text(&piece.path());
    let has_store = sandboxed(places).first().is_some_and(|path| AllowWrite { path }.find(&text) == Ok(true));
    vec![
        present(has_hook(&piece, places, &text), "SessionStart hook in", &places.short(&piece.path())),
        if has_store { "the store open to its sandbox" } else { "the store not open to its sandbox" }
            .to_owned(),
    ]
}

fn codex(places: &Places, manifest: &Manifest) -> Vec<String> {
    let instructions = Piece::instructions(places, manifest.looks());
    let (sandbox, hook) = (Piece::Sandbox(places.clone(), Vec::new()), Piece::CodexHook(places.clone()));
    let is_in = |piece: &Piece| piece.is_in(&text(&piece.path())) == Ok(true);
    let mut parts = vec![
        present(is_in(&instructions), "instructions in", &places.short(&instructions.path())),
        match is_in(&sandbox) {
            true => "the store among the sandbox's writable roots",
            false => "the store not among the sandbox's writable roots",
        }
        .to_owned(),
    ];
    if manifest.codex_hook {
        let has_hook = has_hook(&hook, places, &text(&hook.path()));
        parts.push(present(has_hook, "SessionStart hook in", "hooks.json"));
    }
    parts
}

fn present(is_there: bool, what: &str, place: &str) -> String {
    format!("{}{what} {place}", if is_there { "" } else { "no " })
}

fn has_hook(piece: &Piece, places: &Places, text: &str) -> bool {
    let found = piece.hooks(&owner(places)).find(text).unwrap_or_default();
    found.iter().any(|found| piece.handler(places).is(found))
}

/// The skills and agents of ours that are there, by their names.
fn placed(agent: Agent, places: &Places, manifest: &Manifest) -> Vec<(Kind, String)> {
    let placed = agent.placed(places, manifest).into_iter();
    let placed =
        placed.filter(|file| manifest.files.contains_key(&file.path) && handoff_files::is_file(&file.path));
    let name = |name: &str| name.trim_end_matches("/SKILL.md").trim_end_matches(".toml").to_owned();
    placed.map(|file| (file.kind, name(&file.name))).collect()
}

/// `skills a, b and c`; `None` for none.
fn list(what: &str, names: &[String]) -> Option<String> {
    let (last, others) = names.split_last()?;
    Some(match others {
        [] => format!("{what} {last}"),
        others => format!("{what}s {} and {last}", others.join(", ")),
    })
}

/// What cannot be read has nothing of ours, as far as can be said.
fn text(path: &Path) -> String {
    let content = handoff_files::read_file(path, LARGEST).unwrap_or_default();
    handoff_wiring::text(&content).map(str::to_owned).unwrap_or_default()
}
