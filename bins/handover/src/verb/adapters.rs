//! `handover adapters`: the tools, what is found here, and what is wired.

use std::path::Path;

use handoff_adapters::{Sign, State, SurfaceStatus, ToolStatus};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::json;

use super::wire;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, json: bool) -> Result<u8, Failure> {
    let all = wire::all(here)?;
    if json {
        let entries: Vec<_> = all.iter().map(entry).collect();
        return Ok(here.json(&serde_json::Value::from(entries)));
    }
    let mut text = String::new();
    for tool in &all {
        let found = tool
            .signs
            .first()
            .map_or_else(|| "not found".to_owned(), |sign| format!("found: {}", Sanitised::path(by(sign))));
        text.push_str(&format!("{:<9} {:<18} {found}\n", tool.tool.id, tool.tool.name));
        for surface in &tool.surfaces {
            let name = wire::named(surface.surface, surface.scope);
            text.push_str(&format!(
                "  {name:<14} {:<28} {}\n",
                Sanitised::line(how(surface).as_bytes(), 1_000),
                Sanitised::path(&surface.path)
            ));
        }
    }
    Ok(here.print(&text))
}

fn by(sign: &Sign) -> &Path {
    match sign {
        Sign::Home(path) | Sign::Project(path) | Sign::Program(path) => path,
    }
}

/// How a surface stands, in a few words.
fn how(surface: &SurfaceStatus) -> String {
    match &surface.state {
        State::Absent => "not wired".to_owned(),
        State::Wired => "wired".to_owned(),
        State::Unread(line) => format!("wired, needs `{line}`"),
        State::Partly(missing) => format!("wired but for {}", missing.join(", ")),
        State::Outdated => "wired by another version".to_owned(),
        State::NotRun(path) => {
            format!("not run in this worktree, only {}", handoff_text::Sanitised::path(path))
        }
        State::Other(command) => format!("runs another one: {command}"),
        State::Idle { line, why } => format!("wired, but line {line} is not run: {why}"),
        State::Malformed(error) => format!("cannot be read: {error}"),
        State::Unreadable(why) => format!("cannot be read: {why}"),
    }
}

fn entry(tool: &ToolStatus) -> serde_json::Value {
    let surfaces: Vec<_> = tool
        .surfaces
        .iter()
        .map(|surface| {
            json!({
                "surface": wire::named(surface.surface, surface.scope), "path": surface.path.to_string_lossy(),
                "wired": surface.state.is_wired(), "state": how(surface),
            })
        })
        .collect();
    json!({
        "id": tool.tool.id, "name": tool.tool.name, "found": tool.is_found(),
        "signs": tool.signs.iter().map(|sign| by(sign).to_string_lossy()).collect::<Vec<_>>(), "surfaces": surfaces,
    })
}
