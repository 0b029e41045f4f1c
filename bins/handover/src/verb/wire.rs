//! `handover enable`, `disable` and `install`: hooks and guidance for the tools, in this project or for this user.

use std::os::unix::ffi::OsStrExt;

use handoff_adapters::{
    Done, Edit, Here as Place, Leftovers, Manifest, Note, Plan, Scope, State, Surface, ToolStatus, disable,
    enable, recover, shows_handoffs, status, tidy,
};
use handoff_agents::{HOSTS, Host};
use handoff_bundle::{Handover, Own, TreePath};
use handoff_process::{Environment, Failure};
use handoff_text::Sanitised;

use crate::args::Wire;
use crate::here::{Here, take_over};
use handoff_capturing::called;
use handoff_capturing::secrets;

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
    if !wire.dry_run {
        recover(&place, &manifest);
    }
    let plan = if wire.remove {
        disable(&place, &tools, manifest)?
    } else {
        enable(&place, &tools, &Surface::ALL, manifest)?
    };
    if !wire.dry_run {
        if !wire.remove {
            // Made here, where no sandbox is, it is there for captures in one.
            here.project.keyring()?;
        }
        let notes = plan.notes().to_vec();
        let is_empty = plan.is_empty() && plan.left().is_empty();
        let (done, seen) = carry_out(here, wire, plan)?;
        let mut text = changed(&done.edits);
        if is_empty {
            text += if wire.remove { "nothing of ours is there\n" } else { "all is wired already\n" };
        }
        text += &noted(&notes, wire);
        text += &seen;
        let printed = here.print(&text);
        return Ok(if say_left(here, wire, &done.left) { 1 } else { printed });
    }
    let mut text: String = plan.edits().iter().map(handoff_adapters::Edit::diff).collect();
    text += if plan.is_empty() { "nothing would change\n" } else { "" };
    plan.notes().iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    let printed = here.print(&text);
    Ok(if say_left(here, wire, plan.left()) { 1 } else { printed })
}

/// Names what could not be changed, with what to do by hand; whether there is any.
fn say_left(here: &Here<'_>, wire: &Wire, left: &Leftovers) -> bool {
    let (rest, way) = if wire.remove {
        ("the rest is removed", "To take out by hand")
    } else {
        ("the rest is wired", "To put in by hand")
    };
    left.messages(rest, way).for_each(|message| here.output.complain(format_args!("{message}")));
    !left.is_empty()
}

/// What was done to files, in lines.
fn changed(edits: &[Edit]) -> String {
    let line = |edit: &Edit| {
        let what = match (&edit.before, &edit.after) {
            (None, _) => "made",
            (_, None) => "removed",
            _ => "changed",
        };
        format!("{what}: {}\n", Sanitised::path(edit.path()))
    };
    edits.iter().map(line).collect()
}

/// What the user should know, in lines.
fn noted(notes: &[Note], wire: &Wire) -> String {
    let mut text: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
    if wire.user && notes.iter().any(|note| matches!(note, Note::Trust { .. })) {
        text += "note: `codex exec` never asks; to trust them from here: handoff install --only codex \
                 --trust-codex-hook\n";
    }
    text
}

/// Does it; gives what was done, and what git sees of it.
fn carry_out(here: &Here<'_>, wire: &Wire, plan: Plan) -> Result<(Done, String), Failure> {
    if wire.user {
        return Ok((plan.carry_out()?, String::new()));
    }
    if !wire.remove {
        let handover = Handover::create(here.top(), here.project.settings.track)?;
        let done = plan.carry_out()?;
        return Ok((done, seen(here, &handover)?));
    }
    let done = plan.carry_out()?;
    if manifest(here, Scope::Project)?.is_empty() {
        here.records()?.forget(here.top())?;
    }
    tidy(here.top())?;
    Ok((done, String::new()))
}

/// What git sees of what is wired here, in a line; nothing when it sees nothing.
fn seen(here: &Here<'_>, handover: &Handover) -> Result<String, Failure> {
    // Without git it would not be committed.
    let uncommitted =
        here.project.git().ok().and_then(|git| handover.uncommitted(&git).ok()).unwrap_or_default();
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
    take_over(here.project.environment, here.output);
    let Ok(manifest) = manifest(here, Scope::Project) else { return Vec::new() };
    let own = manifest.own(here.top()).into_iter().map(|own| Own {
        path: TreePath::new(own.path.as_os_str().as_bytes()),
        before: own.before.map(String::into_bytes),
        now: own.now.into_bytes(),
    });
    own.collect()
}

/// Where tools and their files are.
fn place(here: &Here<'_>) -> Result<Place, Failure> {
    let place = Place::new(here.project.environment, here.top(), &Environment::own_program()?);
    Ok(place.in_worktree(&here.project.worktree))
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
fn chosen(here: &Here<'_>, place: &Place, wire: &Wire) -> Result<Vec<&'static Host>, Failure> {
    if wire.tools.is_empty() {
        let all = statuses(here, place)?;
        let wanted = all.into_iter().filter(|tool| wire.remove || tool.is_found());
        return Ok(wanted.map(|tool| tool.tool).collect());
    }
    let known = || HOSTS.iter().map(|tool| tool.id).collect::<Vec<_>>().join(", ");
    let named = |word: &String| {
        Host::named(word).ok_or_else(|| Failure::usage(format!("there is no tool `{word}`: {}", known())))
    };
    wire.tools.iter().map(named).collect()
}

/// How every tool stands.
pub(crate) fn statuses(here: &Here<'_>, place: &Place) -> Result<Vec<ToolStatus>, Failure> {
    let (project, user) = (manifest(here, Scope::Project)?, manifest(here, Scope::User)?);
    Ok(HOSTS.iter().map(|tool| status(place, tool, &[&project, &user])).collect())
}

/// All of them, for callers that have no place yet.
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
                State::Idle { line, why } => format!("{name} (line {line} is not run: {why})"),
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
        (Surface::InboxHook, _) => "inbox hook",
        (Surface::InboxInstructions, _) => "inbox instructions",
    }
}
