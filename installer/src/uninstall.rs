//! Taking away what was installed, and nothing else.

use std::path::{Path, PathBuf};

use handoff_adapters::{AdapterError, Records, TOOLS, Tool, disable, tidy};
use handoff_files::Dir;
use handoff_process::{Environment, Output, Status};
use handoff_worktree::Worktree;
use serde_json::json;

use crate::agent::Agent;
use crate::args::Options;
use crate::check;
use crate::error::InstallError;
use crate::install::{LOCK, lock, sweep};
use crate::manifest::{self, Manifest};
use crate::places::Places;
use crate::plan::{Change, LARGEST};
use crate::planner::Planner;
use crate::report::Report;

/// Takes ours out of the agents' files and removes the prefix; with `--only`, only from those agents. The store stays.
///
/// # Errors
/// [`InstallError`]; running it again goes on where it stopped.
pub(crate) fn uninstall(
    options: &Options,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    let places = Places::find(options.home.as_deref(), environment)?;
    let is_here = handoff_files::is_directory(&places.prefix);
    let _lock = if options.dry_run || !is_here { None } else { Some(lock(&places)?) };
    let old = Manifest::load(&places.manifest())?;
    if !options.dry_run {
        sweep(&places, &old);
    }
    if !options.dry_run && handoff_files::is_directory(&places.store.join(".handover")) {
        take_over(&places, environment, output)?;
    }
    // What `handover install` did runs a program that is about to go.
    let captures = without_captures(&places, options, environment)?;
    let projects = without_projects(&places, options, environment)?;
    let mut planner = Planner::new(&places, &old);
    plan(&mut planner, &places, options);
    planner.check()?;
    let mut report = Report::new(&places, options.json);
    if options.dry_run {
        if captures {
            report.note("handover install --remove would be done too".to_owned());
        }
        for (project, _) in &projects {
            report.note(format!("handover disable would be done in {}", places.short(project)));
        }
        planner.notes.iter().for_each(|note| report.note(note.clone()));
        planner.changes.iter().for_each(|change| report.would(change));
        return Ok(report.print(output));
    }
    for change in &planner.changes {
        change.apply()?;
    }
    let what = match &options.only {
        Some(only) => {
            planner.manifest.save(&places.manifest())?;
            only.iter().map(|agent| agent.name()).collect::<Vec<_>>().join(" and ")
        }
        None => {
            // Before the manifest goes, which knows what is to be removed when this is run again after a kill.
            remove_state(&places)?;
            remove_prefix(&places)?;
            // Those that were not empty before.
            for change in &planner.changes {
                if matches!(change, Change::RemoveDirectory(_)) {
                    change.apply()?;
                }
            }
            "everything".to_owned()
        }
    };
    let what = if planner.changes.is_empty() && old.is_empty() && projects.is_empty() {
        "nothing, for nothing was installed".to_owned()
    } else if !is_here && old.is_empty() {
        let prefix = places.short(&places.prefix);
        format!("what was in the agents' files; {prefix} is not there, so programs that were moved away stay")
    } else {
        what
    };
    report.say("removed", &what, "removed", json!(what));
    if captures {
        report.note("the hooks and the statusline that handover install made are gone too".to_owned());
    }
    for (project, failed) in &projects {
        let project = places.short(project);
        report.note(match failed {
            None => format!("what handover enable did in {project} is undone"),
            Some(why) => format!("what handover enable did in {project} is still there: {why}"),
        });
    }
    for note in plugins(&places, options) {
        report.note(note);
    }
    planner.notes.iter().for_each(|note| report.note(note.clone()));
    if has_entries(&places.store) {
        report.note(format!("your handoffs are still in {}", places.short(&places.store)));
    }
    if has_captures(&places) {
        let state = places.short(places.state.path());
        report.note(format!(
            "the key that your captures are known by, and what you allowed, are still in {state}"
        ));
    }
    if let Some(home) = environment.dispatch_home().filter(|home| has_entries(home)) {
        let home = places.short(&home);
        report.note(format!("the backends, prompts and results of your runs are still in {home}"));
    }
    report.done(&planner.changes);
    Ok(report.print(output))
}

/// What is kept in the state directory beside what the user allowed and what was captured.
const STATE: [&str; 4] = ["key", "taken-over", ".taking-over.lock", "statusline.json"];

/// Where the witnesses of offers are.
const OFFERS: &str = "offers";

/// Whether the user allowed something, or a capture is on record: then the key stays too.
fn has_captures(places: &Places) -> bool {
    ["allowed", "captured"].iter().any(|name| handoff_files::is_taken(&places.state.path().join(name)))
}

/// Empties the state directory, unless captures are known by what is in it, and removes it.
fn remove_state(places: &Places) -> Result<(), InstallError> {
    if has_captures(places) {
        return Ok(());
    }
    let Some(state) = Dir::open(places.state.path())? else { return Ok(()) };
    if let Some(offers) = state.child(OFFERS)? {
        for entry in offers.entries()? {
            offers.remove(&entry.name)?;
        }
        state.remove_child(OFFERS)?;
    }
    for name in STATE {
        state.remove(name)?;
    }
    handoff_files::remove_empty_directory(places.state.path()).map(drop)?;
    Ok(())
}

/// Takes away what `handover` wired for this user; whether there was anything.
fn without_captures(
    places: &Places,
    options: &Options,
    environment: &Environment,
) -> Result<bool, InstallError> {
    let here = places.adapters(environment);
    let plan = disable(&here, &tools(options), places.records().user()?)?;
    let any = !plan.is_empty();
    if any && !options.dry_run {
        plan.carry_out()?;
    }
    Ok(any)
}

/// Takes over what an earlier version recorded in the store, once.
///
/// # Errors
/// [`InstallError::Adapters`] when the state directory cannot be used.
pub(crate) fn take_over(
    places: &Places,
    environment: &Environment,
    output: &Output,
) -> Result<(), InstallError> {
    for why in places.records().take_over(&places.store, &places.adapters(environment))? {
        output.complain(format_args!("not taken over: {why}"));
    }
    Ok(())
}

/// The tools whose wiring goes.
fn tools(options: &Options) -> Vec<&'static Tool> {
    let is_meant = |tool: &&Tool| match &options.only {
        Some(only) => only.iter().any(|agent| agent.word() == tool.id),
        None => true,
    };
    TOOLS.iter().filter(is_meant).collect()
}

/// Takes away what `handover enable` did in projects, as far as they are still there; which, and why one still has it.
fn without_projects(
    places: &Places,
    options: &Options,
    environment: &Environment,
) -> Result<Vec<(PathBuf, Option<String>)>, InstallError> {
    let records = places.records();
    let mut done = Vec::new();
    let (projects, unreadable) = records.projects()?;
    for record in unreadable {
        let why = format!("could not read {}; move it away to go on without it", places.short(&record));
        done.push((record, Some(why)));
    }
    for project in projects {
        match without_project(&project, &records, &places.adapters(environment), options) {
            Ok(Undone { any, left }) => {
                if !left && !options.dry_run {
                    records.forget(&project)?;
                }
                if any {
                    done.push((project, None));
                }
            }
            Err(why) => done.push((project, Some(why))),
        }
    }
    Ok(done)
}

/// What became of a project's wiring.
struct Undone {
    /// Whether there was anything to undo.
    any: bool,
    /// Whether other tools are still wired.
    left: bool,
}

fn without_project(
    project: &Path,
    records: &Records,
    here: &handoff_adapters::Here,
    options: &Options,
) -> Result<Undone, String> {
    if !handoff_files::is_directory(project) {
        return Ok(Undone { any: false, left: false });
    }
    let worktree = Worktree::find(project).map_err(|error| handoff_files::reason(&error))?;
    let here = handoff_adapters::Here { project: project.to_owned(), ..here.clone() };
    // One that lies in another repository by now is not that repository's.
    let here = if worktree.top() == project { here.in_worktree(&worktree) } else { here };
    let undo = || {
        let plan = disable(&here, &tools(options), records.project(project)?)?;
        let any = !plan.is_empty();
        if any && !options.dry_run {
            plan.carry_out()?;
            tidy(project)?;
        }
        Ok(Undone { any, left: !records.project(project)?.is_empty() })
    };
    undo().map_err(|error: AdapterError| error.to_string())
}

/// The plugins that are there beside the wiring: they belong to the agents, which alone can take them away.
fn plugins(places: &Places, options: &Options) -> Vec<String> {
    let text = |path: std::path::PathBuf| handoff_files::read_file(&path, LARGEST).unwrap_or_default();
    let (settings, config) =
        (text(places.claude.join("settings.json")), text(places.codex.join("config.toml")));
    let settings = handoff_wiring::text(&settings).unwrap_or_default();
    let config = handoff_wiring::text(&config).unwrap_or_default();
    let enabled = handoff_wiring::enabled(settings, "enabledPlugins").unwrap_or_default();
    let tables = handoff_wiring::Roots::tables(config, "plugins").unwrap_or_default();
    let is_ours = |name: &String| name.split('@').next() == Some("agent-handoff");
    let found = [
        (enabled.iter().any(is_ours), "Claude Code", "claude plugin uninstall agent-handoff"),
        (tables.iter().any(is_ours), "Codex", "codex plugin remove agent-handoff@agent-handoff"),
    ];
    let found = found.into_iter().filter(|(there, ..)| *there && options.only.is_none());
    found
        .map(|(_, agent, way)| format!("{agent} still has the plugin, which runs these programs: {way}"))
        .collect()
}

/// Whether there is such a directory with anything in it.
fn has_entries(path: &Path) -> bool {
    let dir = Dir::open(path).ok().flatten();
    dir.and_then(|dir| dir.entries().ok()).is_some_and(|entries| !entries.is_empty())
}

fn plan(planner: &mut Planner<'_>, places: &Places, options: &Options) {
    let agents = options.only.clone().unwrap_or_else(|| Agent::ALL.to_vec());
    for &agent in &agents {
        for piece in agent.all_pieces(places, &planner.manifest.clone()) {
            planner.unwire(&piece);
        }
        planner.remove_orphans(agent);
        planner.remove_old_links(agent);
        planner.manifest.agents.retain(|other| *other != agent);
        if !planner.manifest.left_out.contains(&agent) {
            planner.manifest.left_out.push(agent);
        }
        if agent == Agent::Codex {
            planner.manifest.codex_hook = false;
            planner.manifest.trusted.clear();
        }
    }
    match &options.only {
        None => {
            planner.remove_orphaned_commands();
            planner.remove(|_| true);
        }
        Some(only) => {
            let theirs: Vec<_> = only
                .iter()
                .flat_map(|agent| [agent.skills_directory(places), agent.directory(places).clone()])
                .collect();
            let is_theirs = |path: &Path| {
                theirs.iter().any(|dir| path.starts_with(dir) || dir.starts_with(path))
                    && !places.prefix.starts_with(path)
            };
            planner.remove(is_theirs);
        }
    }
}

/// The prefix itself, as far as nobody put something of theirs there.
pub(crate) fn remove_prefix(places: &Places) -> Result<(), InstallError> {
    let Some(prefix) = Dir::open(&places.prefix)? else { return Ok(()) };
    handoff_files::Foreign::sweep_directory(&prefix)?;
    for name in [check::STATE, manifest::NAME, LOCK] {
        prefix.remove(name)?;
    }
    if let (Some(parent), Some(name)) = (places.prefix.parent(), places.prefix.file_name())
        && let Some(parent) = Dir::open(parent)?
    {
        parent.remove_child(name)?;
    }
    Ok(())
}
