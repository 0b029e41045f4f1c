//! `handover adapters`: the tools, what is found here, what is wired, and how sure it is that it works.

use std::path::Path;

use handoff_adapters::{Sign, State, SurfaceStatus, ToolStatus};
use handoff_agents::{Certainty, Delivers, Host};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use super::wire;
use crate::here::Here;

/// A way into a tool.
struct Line<'a> {
    name: &'static str,
    /// In a few words.
    state: String,
    is_wired: bool,
    certainty: Certainty,
    path: Option<&'a Path>,
}

pub(crate) fn run(here: &Here<'_>, json: bool) -> Result<u8, Failure> {
    let all = wire::all(here)?;
    if json {
        let entries: Vec<_> = all.iter().map(entry).collect();
        return Ok(here.json(&Value::from(entries)));
    }
    let mut text = String::new();
    for tool in &all {
        let found = tool
            .signs
            .first()
            .map_or_else(|| "not found".to_owned(), |sign| format!("found: {}", Sanitised::path(by(sign))));
        text.push_str(&format!("{:<11} {:<16} {found}\n", tool.tool.id, tool.tool.name));
        for line in lines(tool) {
            text.push_str(&shown(&line));
        }
    }
    Ok(here.print(&text))
}

fn by(sign: &Sign) -> &Path {
    match sign {
        Sign::Home(path) | Sign::Project(path) | Sign::Program(path) => path,
    }
}

/// Every way into a tool: what is wired there by us, then what its user can put there.
fn lines(tool: &ToolStatus) -> Vec<Line<'_>> {
    let surfaces = tool.surfaces.iter().chain(&tool.inbox).map(|surface| Line {
        name: wire::named(surface.surface, surface.scope),
        state: how(surface),
        is_wired: surface.state.is_wired(),
        certainty: surface.surface.certainty(tool.tool),
        path: Some(&surface.path),
    });
    surfaces.chain(by_hand(tool.tool)).collect()
}

/// What the tool's user can put there by hand.
fn by_hand<'a>(host: &Host) -> impl Iterator<Item = Line<'a>> + use<'a> {
    let hook = match host.delivers {
        Delivers::Nothing => "not supported yet",
        Delivers::Mentions | Delivers::Offers => "by hand: docs/hosts.md",
    };
    let hook = Some(("inbox hook", host.certain.hook, hook)).filter(|_| host.inbox.is_none());
    let mcp = ("mcp", host.certain.mcp, "by hand: docs/mcp.md");
    hook.into_iter().chain([mcp]).map(|(name, certainty, state)| Line {
        name,
        state: if certainty == Certainty::Unknown { "no way is known" } else { state }.to_owned(),
        is_wired: false,
        certainty,
        path: None,
    })
}

fn shown(line: &Line<'_>) -> String {
    let Line { name, state, certainty, path, .. } = line;
    let (state, certainty) = (Sanitised::line(state.as_bytes(), 1_000), certainty.to_string());
    let path = path.map(|path| Sanitised::path(path).to_string()).unwrap_or_default();
    format!("  {name:<18} {state:<28} {certainty:<15} {path}").trim_end().to_owned() + "\n"
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

fn entry(tool: &ToolStatus) -> Value {
    let surfaces: Vec<_> = lines(tool)
        .iter()
        .map(|line| {
            json!({
                "surface": line.name, "path": line.path.map(Path::to_string_lossy),
                "wired": line.is_wired, "state": line.state,
                "certainty": line.certainty.word(), "version": line.certainty.version(),
            })
        })
        .collect();
    json!({
        "id": tool.tool.id, "name": tool.tool.name, "found": tool.is_found(),
        "signs": tool.signs.iter().map(|sign| by(sign).to_string_lossy()).collect::<Vec<_>>(), "surfaces": surfaces,
    })
}
