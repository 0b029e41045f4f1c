//! What of ours a host has by now, read from its files: a report states nothing that is not there.

use std::path::Path;

use handoff_agents::{SandboxList, Wirable};
use handoff_edits::MAX_FILE_BYTES;
use handoff_wiring::AllowWrite;

use crate::fragment::{Fragment, HostFile, hook, owner, sandboxed};
use crate::hosts::{self, PlacedKind};
use crate::manifest::Manifest;
use crate::own_file;
use crate::places::Places;

/// The line of a report about a host.
pub(crate) fn summary(host: Wirable, places: &Places, manifest: &Manifest) -> String {
    let mut parts = parts(host, places, manifest);
    let placed = placed(host, places, manifest);
    let names = |kind| placed.iter().filter(move |(of, _)| *of == kind).map(|(_, name)| name.clone());
    let prefix = hosts::skill_prefix(host);
    let skills: Vec<String> = names(PlacedKind::Skill).map(|name| format!("{prefix}{name}")).collect();
    let agents: Vec<String> = names(PlacedKind::Agent).collect();
    let lists = [("skill", skills), ("agent", agents)];
    let lists: Vec<String> = lists.iter().filter_map(|(what, names)| list(what, names)).collect();
    if lists.is_empty() {
        parts.push("no skill".to_owned());
        return parts.join(", ");
    }
    format!("{}; {}", parts.join(", "), lists.join(", "))
}

/// Whether the skill that leaves a handoff is there.
pub(crate) fn can_write(host: Wirable, places: &Places, manifest: &Manifest) -> bool {
    placed(host, places, manifest).iter().any(|(kind, name)| *kind == PlacedKind::Skill && name == "handoff")
}

/// What stands in its files, in the order in which it does the work.
fn parts(host: Wirable, places: &Places, manifest: &Manifest) -> Vec<String> {
    let hook = host.wiring.hook;
    let text_of = |name: &str| text(&places.directory(host).join(name));
    let what = format!("{} hook in", hook.event());
    let mut parts = Vec::new();
    if let Some(file) = hosts::instructions(host, places, manifest.looks()) {
        let is_in = file.is_in(&text(&file.path)) == Ok(true);
        parts.push(present(is_in, "instructions in", &places.short(&file.path)));
    }
    if !hook.on_request() {
        let path = hosts::hook_file(host, places);
        parts.push(present(has_hook(host, places, &text(&path)), &what, &places.short(&path)));
    }
    parts.extend(host.wiring.sandbox.map(|list| sandbox(list, host, places, &text_of(list.file()))));
    if hook.on_request() && manifest.hook_on_request {
        let has_hook = has_hook(host, places, &text_of(hook.file()));
        parts.push(present(has_hook, &what, hook.file()));
    }
    parts
}

/// Whether its sandbox lets commands write to the store.
fn sandbox(list: SandboxList, host: Wirable, places: &Places, text: &str) -> String {
    match list {
        SandboxList::AllowWrite(_) => {
            let is_open =
                sandboxed(places).first().is_some_and(|path| AllowWrite { path }.find(text) == Ok(true));
            format!("the store {}open to its sandbox", if is_open { "" } else { "not " })
        }
        SandboxList::WritableRoots(name) => {
            let path = places.directory(host).join(name);
            let file = HostFile::new(places, path, vec![Fragment::WritableRoots]);
            let is_open = file.is_in(text) == Ok(true);
            format!("the store {}among the sandbox's writable roots", if is_open { "" } else { "not " })
        }
    }
}

fn present(is_there: bool, what: &str, place: &str) -> String {
    format!("{}{what} {place}", if is_there { "" } else { "no " })
}

fn has_hook(host: Wirable, places: &Places, text: &str) -> bool {
    let Some(row) = host.wiring.hook.shared() else { return own_file::runs(text.as_bytes(), places) };
    let owns = owner(places);
    let hook = hook(host, row, places, &owns);
    hook.find(text).unwrap_or_default().iter().any(|found| hook.handler.is(found))
}

/// The skills and agents of ours that are there, by their names.
fn placed(host: Wirable, places: &Places, manifest: &Manifest) -> Vec<(PlacedKind, String)> {
    let placed = hosts::placed(host, places, manifest).into_iter();
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
    let content = handoff_files::read_file(path, MAX_FILE_BYTES).unwrap_or_default();
    handoff_wiring::text(&content).map(str::to_owned).unwrap_or_default()
}
