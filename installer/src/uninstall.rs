//! Taking away what was installed, and nothing else.

use std::path::Path;

use handoff_files::Dir;
use handoff_process::{Environment, Output, Status};
use serde_json::json;

use crate::agent::Agent;
use crate::args::Options;
use crate::check;
use crate::error::InstallError;
use crate::install::{LOCK, lock, sweep};
use crate::manifest::{self, Manifest};
use crate::places::Places;
use crate::plan::Change;
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
    let mut planner = Planner::new(&places, &old);
    plan(&mut planner, &places, options);
    planner.check()?;
    let mut report = Report::new(&places, options.json);
    if options.dry_run {
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
    report.say("removed", &what, "removed", json!(what));
    planner.notes.iter().for_each(|note| report.note(note.clone()));
    if handoff_files::is_directory(&places.store) {
        report.note(format!("your handoffs are still in {}", places.short(&places.store)));
    }
    report.done(&planner.changes);
    Ok(report.print(output))
}

fn plan(planner: &mut Planner<'_>, places: &Places, options: &Options) {
    let agents = options.only.clone().unwrap_or_else(|| Agent::ALL.to_vec());
    for &agent in &agents {
        for piece in agent.all_pieces(places, &planner.manifest.clone()) {
            planner.unwire(&piece);
        }
        planner.remove_old_links(agent);
        planner.manifest.agents.retain(|other| *other != agent);
        if agent == Agent::Codex {
            planner.manifest.codex_hook = false;
            planner.manifest.trusted = None;
        }
    }
    match &options.only {
        None => planner.remove(|_| true),
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
