//! `handover enable`, `disable` and `install`: hooks and guidance for the tools, in this project or for this user.

use std::os::unix::ffi::OsStrExt;

use handoff_adapters::{
    Here as Place, Manifest, Note, Plan, Scope, State, Surface, TOOLS, Tool, ToolStatus, disable, enable,
    shows_handoffs, status, tidy,
};
use handoff_bundle::{Handover, Own, TreePath};
use handoff_process::{Environment, Failure};
use handoff_text::Sanitised;
use similar::TextDiff;

use crate::args::Wire;
use crate::called::called;
use crate::here::{Here, take_over};
use crate::secrets;

pub(crate) fn run(here: &Here<'_>, wire: &Wire) -> Result<u8, Failure> {
    let place = place(here)?;
    let scope = if wire.user { Scope::User } else { Scope::Project };
    if scope == Scope::Project && !wire.remove {
        here.check_captures()?;
    }
    let manifest = manifest(here, scope)?;
    let tools = chosen(here, &place, wire)?;
    if tools.is_empty() {
        return Ok(here.print(&format!("no tool was found here: {} adapters, or --tool TOOL\n", called())));
    }
    let plan = match wire.remove {
        true => disable(&place, &tools, manifest)?,
        false => enable(&place, &tools, &Surface::ALL, manifest)?,
    };
    let left: Vec<String> = plan
        .left()
        .iter()
        .map(|left| match wire.remove {
            true => format!("{}; the rest is removed. To take out by hand:\n{}", left.problem, left.by_hand),
            false => format!("{}; the rest is wired. To put in by hand:\n{}", left.problem, left.by_hand),
        })
        .collect();
    let end = |printed: u8| {
        left.iter().for_each(|left| here.output.complain(left));
        if left.is_empty() { printed } else { 1 }
    };
    let mut text = String::new();
    if wire.dry_run {
        plan.edits().iter().for_each(|edit| text += &diff(edit));
        text += if plan.is_empty() { "nothing would change\n" } else { "" };
    } else {
        if !wire.remove {
            // Made here, where no sandbox is, it is there for captures in one.
            here.keyring()?;
        }
        text += &done(here, wire, plan)?;
        return Ok(end(here.print(&text)));
    }
    plan.notes().iter().for_each(|note| text += &format!("note: {note}\n"));
    Ok(end(here.print(&text)))
}

fn done(here: &Here<'_>, wire: &Wire, plan: Plan) -> Result<String, Failure> {
    let mut text = String::new();
    for edit in plan.edits() {
        let what = match (&edit.before, &edit.after) {
            (None, _) => "made",
            (_, None) => "removed",
            _ => "changed",
        };
        text += &format!("{what}: {}\n", handoff_text::Sanitised::path(edit.path()));
    }
    if plan.is_empty() && plan.left().is_empty() {
        text += if wire.remove { "nothing of ours is there\n" } else { "all is wired already\n" };
    }
    plan.notes().iter().for_each(|note| text += &format!("note: {note}\n"));
    if wire.user && plan.notes().iter().any(|note| matches!(note, Note::Trust { .. })) {
        text += "note: `codex exec` never asks; to trust them from here: handoff install --only codex \
                 --trust-codex-hook\n";
    }
    if wire.user {
        plan.carry_out()?;
        return Ok(text);
    }
    if !wire.remove {
        let handover = Handover::create(here.top(), here.config.track)?;
        plan.carry_out()?;
        text += &seen(here, &handover)?;
        return Ok(text);
    }
    plan.carry_out()?;
    if manifest(here, Scope::Project)?.is_empty() {
        here.records()?.forget(here.top())?;
    }
    tidy(here.top())?;
    Ok(text)
}

/// What git sees of what is wired here, in a line; nothing when it sees nothing.
fn seen(here: &Here<'_>, handover: &Handover) -> Result<String, Failure> {
    // Without a git that can be asked there is nobody who would commit it.
    let uncommitted = here.git().and_then(|git| Ok(handover.uncommitted(&git)?)).unwrap_or_default();
    let wired = manifest(here, Scope::Project)?;
    let is_wired =
        |path: &&TreePath| wired.files().any(|file| file.as_os_str().as_bytes() == path.as_bytes());
    let seen: Vec<_> =
        uncommitted.iter().filter(is_wired).map(|path| secrets::shown(path).to_string()).collect();
    if seen.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("git sees: {}; commit no hooks, whose paths are of this machine alone\n", seen.join(", ")))
}

/// What of the worktree's changes may be nothing but what was wired. A record that cannot be read must not keep the work
/// from being saved.
pub(crate) fn own(here: &Here<'_>) -> Vec<Own> {
    take_over(here.environment, here.output);
    let Ok(manifest) = manifest(here, Scope::Project) else { return Vec::new() };
    let own = manifest.own(here.top()).into_iter().map(|own| Own {
        path: TreePath::new(own.path.as_os_str().as_bytes()),
        before: own.before.map(String::into_bytes),
        now: own.now.into_bytes(),
    });
    own.collect()
}

fn diff(edit: &handoff_adapters::Edit) -> String {
    let (before, after) = (edit.before.as_deref().unwrap_or(""), edit.after.as_deref().unwrap_or(""));
    let name = handoff_text::Sanitised::path(edit.path()).to_string();
    let (old, new) = (
        if edit.before.is_some() { &*name } else { "/dev/null" },
        if edit.after.is_some() { &*name } else { "/dev/null" },
    );
    TextDiff::from_lines(before, after).unified_diff().header(old, new).to_string()
}

/// Where tools and their files are.
fn place(here: &Here<'_>) -> Result<Place, Failure> {
    let place = Place::new(here.environment, here.top(), &Environment::own_program()?);
    Ok(place.in_worktree(&here.worktree))
}

/// What is remembered of what was changed.
fn manifest(here: &Here<'_>, scope: Scope) -> Result<Manifest, Failure> {
    let records = here.records()?;
    Ok(match scope {
        Scope::Project => records.project(here.top())?,
        Scope::User => records.user()?,
    })
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
        for surface in &tool.surfaces {
            let name = format!("{} {}", tool.tool.id, named(surface.surface, surface.scope));
            let is_of_main = surface.scope == Scope::Project && !surface.path.starts_with(here.top());
            let word = match &surface.state {
                State::NotRun(path) => {
                    format!("{name} (not run in this worktree, only those of {})", Sanitised::path(path))
                }
                state if !state.is_wired() => continue,
                _ if is_of_main => format!("{name} (of the main checkout)"),
                _ => name,
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    Ok(words)
}

/// The tools that show handoffs to their user's sessions.
pub(crate) fn shown(here: &Here<'_>) -> Result<Vec<&'static str>, Failure> {
    Ok(shows_handoffs(&place(here)?))
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
