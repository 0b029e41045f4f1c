//! `handover enable`, `disable` and `install`: hooks and guidance for the tools, in this project or for this user.

use handoff_adapters::{
    Here as Place, Manifest, Plan, Scope, Surface, TOOLS, Tool, ToolStatus, disable, enable, status,
};
use handoff_bundle::Handover;
use handoff_process::{Environment, Failure};
use similar::TextDiff;

use crate::args::Wire;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, wire: &Wire) -> Result<u8, Failure> {
    let place = place(here)?;
    let scope = if wire.user { Scope::User } else { Scope::Project };
    let manifest = manifest(here, scope)?;
    let tools = chosen(here, &place, wire)?;
    if tools.is_empty() {
        return Ok(here.print("no tool was found here: handover adapters, or --tool TOOL\n"));
    }
    let plan = match wire.remove {
        true => disable(&place, &tools, manifest)?,
        false => enable(&place, &tools, &Surface::ALL, manifest)?,
    };
    let mut text = String::new();
    if wire.dry_run {
        plan.edits().iter().for_each(|edit| text += &diff(edit));
        text += if plan.is_empty() { "nothing would change\n" } else { "" };
    } else {
        text += &done(here, wire, plan)?;
        return Ok(here.print(&text));
    }
    plan.notes().iter().for_each(|note| text += &format!("note: {note}\n"));
    Ok(here.print(&text))
}

fn done(here: &Here<'_>, wire: &Wire, plan: Plan) -> Result<String, Failure> {
    let mut text = String::new();
    for edit in plan.edits() {
        let what = match (&edit.before, &edit.after) {
            (None, _) => "made",
            (_, None) => "removed",
            _ => "changed",
        };
        text += &format!("{what}: {}\n", edit.path().display());
    }
    if plan.is_empty() {
        text += if wire.remove { "nothing of ours is there\n" } else { "all is wired already\n" };
    }
    plan.notes().iter().for_each(|note| text += &format!("note: {note}\n"));
    if !wire.user && !wire.remove {
        // What is remembered of the edits lies there.
        Handover::create(here.top(), here.config.track)?;
    }
    plan.carry_out()?;
    if !wire.user && wire.remove {
        tidy(here)?;
    }
    Ok(text)
}

/// Removes a `.handover` that has nothing in it but what keeps git from seeing it.
fn tidy(here: &Here<'_>) -> Result<(), Failure> {
    let path = here.top().join(".handover");
    let Some(dir) = handoff_files::Dir::open(&path)? else { return Ok(()) };
    if dir.entries()?.iter().all(|entry| entry.name == ".gitignore") {
        dir.remove(".gitignore")?;
        handoff_files::remove_empty_directory(&path)?;
    }
    Ok(())
}

fn diff(edit: &handoff_adapters::Edit) -> String {
    let (before, after) = (edit.before.as_deref().unwrap_or(""), edit.after.as_deref().unwrap_or(""));
    let name = edit.path().display().to_string();
    let (old, new) = (
        if edit.before.is_some() { &*name } else { "/dev/null" },
        if edit.after.is_some() { &*name } else { "/dev/null" },
    );
    TextDiff::from_lines(before, after).unified_diff().header(old, new).to_string()
}

/// Where tools and their files are.
fn place(here: &Here<'_>) -> Result<Place, Failure> {
    Ok(Place::new(here.environment, here.top(), &Environment::own_program()?))
}

/// What is remembered of what was changed.
fn manifest(here: &Here<'_>, scope: Scope) -> Result<Manifest, Failure> {
    let path = match scope {
        Scope::Project => here.top().join(".handover/wired.json"),
        Scope::User => here.state()?.join("wired.json"),
    };
    Ok(Manifest::load(&path, scope)?)
}

/// The named tools; else all that may be wired to undo it, and those that are found to do it.
fn chosen(here: &Here<'_>, place: &Place, wire: &Wire) -> Result<Vec<&'static Tool>, Failure> {
    if wire.tools.is_empty() {
        let all = statuses(here, place)?;
        let wanted = all.into_iter().filter(|tool| wire.remove || tool.is_found());
        return Ok(wanted.map(|tool| tool.tool).collect());
    }
    let known = || TOOLS.iter().map(|tool| tool.id).collect::<Vec<_>>().join(", ");
    let named = |word: &String| {
        Tool::named(word).ok_or_else(|| Failure::usage(format!("there is no tool `{word}`: {}", known())))
    };
    wire.tools.iter().map(named).collect()
}

/// How every tool stands.
pub(crate) fn statuses(here: &Here<'_>, place: &Place) -> Result<Vec<ToolStatus>, Failure> {
    let (project, user) = (manifest(here, Scope::Project)?, manifest(here, Scope::User)?);
    Ok(TOOLS.iter().map(|tool| status(place, tool, &[&project, &user])).collect())
}

/// All of them, for whoever has no place yet.
pub(crate) fn all(here: &Here<'_>) -> Result<Vec<ToolStatus>, Failure> {
    statuses(here, &place(here)?)
}

/// What is wired, in words.
pub(crate) fn wired(here: &Here<'_>) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    for tool in all(here)? {
        for surface in tool.surfaces.iter().filter(|surface| surface.state.is_wired()) {
            let word = format!("{} {}", tool.tool.id, named(surface.surface, surface.scope));
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    Ok(words)
}

/// A surface in words.
pub(crate) fn named(surface: Surface, scope: Scope) -> &'static str {
    match (surface, scope) {
        (Surface::Guidance, _) => "guidance",
        (Surface::Hooks, Scope::Project) => "hooks",
        (Surface::Hooks, Scope::User) => "hooks (user)",
        (Surface::StatusLine, _) => "statusline",
    }
}
