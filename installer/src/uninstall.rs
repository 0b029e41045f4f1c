//! Taking away what was installed, and nothing else.

use std::path::{Path, PathBuf};

use handoff_adapters::{AdapterError, disable, recover, tidy};
use handoff_agents::{HOSTS, Host, McpHost, Wirable};
use handoff_edits::{Cause as _, Change, MAX_FILE_BYTES};
use handoff_files::{Dir, FileError};
use handoff_process::{Environment, Output, Status};
use handoff_worktree::Worktree;
use serde_json::json;

use crate::args::Options;
use crate::check;
use crate::codex;
use crate::error::{InstallError, Obstacle};
use crate::hosts::{self, joined};
use crate::install::{LOCK, lock, sweep};
use crate::kept::{self, Kept};
use crate::manifest::{self, Manifest};
use crate::mcp_servers;
use crate::others::{Other, Others};
use crate::places::Places;
use crate::planner::{Leftovers, Planner};
use crate::programs::{FRONT_DOOR, INSTALLER};
use crate::report::Report;

/// Takes ours out of the agents' files and removes the prefix; with `--only`, only from those agents. The store stays.
/// A file that cannot be changed is named, with what to take out by hand, and everything else is removed all the same,
/// except for what is needed to run it again: this installer and its manifest.
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
    let sealed = unwritable(&places.prefix);
    // Where nothing can be written, no other installer is at work either.
    let is_locked = is_here && !options.dry_run && sealed.is_none();
    let _lock = if is_locked { Some(lock(&places)?) } else { None };
    let old = Manifest::load(&places)?;
    if !options.dry_run {
        sweep(&places, &old);
    }
    let mut planner = Planner::new(&places, &old);
    // Before what is wired goes, by which worktrees are known.
    let kept = Kept::find(&places);
    let mut captures = without_captures(&places, &planner.others, options, environment, output);
    planner.left.extend(std::mem::take(&mut captures.left));
    plan(&mut planner, &places, options);
    let is_whole = options.only.is_none() && planner.others.is_empty();
    let kept_notes = kept.notes(&places, environment, is_whole);
    let is_sealed = sealed.is_some();
    sealed.into_iter().for_each(|error| planner.leave(error, ""));
    let mut report = Report::new(&places, options.json);
    captures.kept.iter().for_each(|note| report.note(note.clone()));
    if options.dry_run {
        would(&mut report, &planner, &captures, &places);
    } else {
        let any = !planner.changes.is_empty() || !old.is_empty() || !captures.projects.is_empty();
        let moved = !is_here && old.is_empty() && planner.others.is_empty();
        carry_out(&mut planner, &places, options, &old, &kept, is_sealed)?;
        let what = removed(&places, options, &planner, any, moved, !kept_notes.is_empty());
        report.say("removed", &what, "removed", json!(what));
        if captures.user {
            report.note("the hooks and the statusline that handover install made are gone too".to_owned());
        }
        for project in &captures.projects {
            report.note(format!("what handover enable did in {} is undone", places.short(project)));
        }
        plugins(&places, options).into_iter().for_each(|note| report.note(note));
        planner.notes().for_each(|note| report.note(note));
        if options.only.is_none()
            && let Some(package) = &old.package
        {
            let note = package.stays(old.origin.as_deref(), &places, environment);
            note.into_iter().for_each(|note| report.note(note));
        }
        report.done(&planner.changes);
    }
    kept_notes.into_iter().for_each(|note| report.note(note));
    report.left(&planner.left);
    let printed = report.print(output);
    Ok(say_left(&planner.left, &places, options, output).unwrap_or(printed))
}

/// Says what would be done.
fn would(report: &mut Report<'_>, planner: &Planner<'_>, captures: &Captures, places: &Places) {
    if captures.user {
        report.note("handover install --remove would be done too".to_owned());
    }
    for project in &captures.projects {
        report.note(format!("handover disable would be done in {}", places.short(project)));
    }
    planner.notes().for_each(|note| report.note(note));
    planner.changes.iter().for_each(|change| report.would(change));
}

/// Why nothing can be removed from the prefix, if that is so: everything else is.
fn unwritable(prefix: &Path) -> Option<FileError> {
    Dir::open(prefix).ok()??.check_writable().err()
}

/// Does what was planned; what was done is what the planner has then. What cannot be done is added to what it left; then what
/// it takes to do that later stays.
fn carry_out(
    planner: &mut Planner<'_>,
    places: &Places,
    options: &Options,
    old: &Manifest,
    kept: &Kept,
    is_sealed: bool,
) -> Result<(), InstallError> {
    let stays = |path: &Path| is_installer(path, places) || is_sealed && path.starts_with(&places.prefix);
    let changes = std::mem::take(&mut planner.changes);
    let (last, first): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| stays(change.path()));
    planner.carry_out(first);
    if is_sealed {
        // The record is as it was, and what it names beside the prefix is found to be undone.
        return Ok(());
    }
    if !planner.left.is_empty() {
        return Ok(unfinished(planner, old, places).save(&places.manifest())?);
    }
    for change in &last {
        change.apply()?;
    }
    planner.changes.extend(last);
    // Its directory was not empty before.
    remove_directories(planner)?;
    if options.only.is_some() {
        // Where nothing is installed, nothing is recorded either.
        let is_here = !old.is_empty() && handoff_files::is_directory(&places.prefix);
        return if is_here { Ok(planner.manifest.save(&places.manifest())?) } else { Ok(()) };
    }
    remove_the_last(planner, places, old, kept)
}

/// Whether `path` is one of the programs that remove all others.
fn is_installer(path: &Path, places: &Places) -> bool {
    INSTALLER.iter().any(|name| places.program(name) == path)
}

/// Removes what knows what is installed, and what is only empty without it.
fn remove_the_last(
    planner: &Planner<'_>,
    places: &Places,
    old: &Manifest,
    kept: &Kept,
) -> Result<(), InstallError> {
    // Before the manifest goes, which knows what is to be removed when this is run again after a kill. Other installations
    // of this user keep theirs in the same place.
    let is_alone = planner.others.is_empty();
    let handed_on = if is_alone { kept::handed_on(places) } else { Vec::new() };
    if is_alone {
        kept.remove_state(places)?;
    }
    remove_prefix(places)?;
    remove_directories(planner)?;
    for path in handed_on.into_iter().rev() {
        Change::RemoveDirectory(path).apply()?;
    }
    // What of the state directory's surroundings was made goes with it, by whichever installation that is removed.
    if !is_alone || kept.needs_state() {
        kept::hand_on(places, &old.directories)?;
    }
    Ok(())
}

/// Removes the directories of ours that were not empty before.
fn remove_directories(planner: &Planner<'_>) -> Result<(), FileError> {
    let is_directory = |change: &&Change| matches!(change, Change::RemoveDirectory(_));
    planner.changes.iter().filter(is_directory).try_for_each(Change::apply)
}

/// What is still installed when something could not be removed.
fn unfinished(planner: &Planner<'_>, old: &Manifest, places: &Places) -> Manifest {
    let left = &planner.left;
    let mut manifest = planner.manifest.clone();
    let stays =
        |path: &Path| is_installer(path, places) || left.iter().any(|left| left.problem.path() == path);
    let is_above = |path: &Path| left.any_below(path);
    let files = old.files.iter().filter(|(path, _)| stays(path));
    manifest.files.extend(files.map(|(path, hash)| (path.clone(), hash.clone())));
    let real = old.real.iter().filter(|(path, real)| stays(path) || stays(real));
    for (path, real) in real {
        manifest.real.insert(path.clone(), real.clone());
        manifest.files.extend(old.files.get_key_value(path).map(|(path, hash)| (path.clone(), hash.clone())));
        manifest.edits.extend(old.edits.get_key_value(path).map(|(path, edit)| (path.clone(), edit.clone())));
    }
    let links = old.links.iter().filter(|(path, _)| stays(path));
    manifest.links.extend(links.map(|(path, target)| (path.clone(), target.clone())));
    let replaced = old.replaced.iter().filter(|(path, _)| is_above(path));
    manifest.replaced.extend(replaced.map(|(path, original)| (path.clone(), original.clone())));
    let edits = old.edits.iter().filter(|(path, _)| stays(path));
    manifest.edits.extend(edits.map(|(path, edit)| (path.clone(), edit.clone())));
    let directories = old.directories.iter().filter(|path| handoff_files::is_directory(path));
    manifest.directories = directories.cloned().collect();
    // Codex's trust in our hooks stands there.
    if left.iter().any(|left| codex::keeps_trust(left.problem.path())) {
        manifest.trusted.clone_from(&old.trusted);
    }
    manifest
}

/// Names what could not be removed, with what to take out by hand; [`Status::NotDone`] when there is any.
fn say_left(left: &Leftovers, places: &Places, options: &Options, output: &Output) -> Option<Status> {
    let messages = left.messages("the rest is removed", "To take out by hand");
    messages.for_each(|message| output.complain(format_args!("{message}")));
    let installer = places.program(FRONT_DOOR);
    if !left.is_empty() && handoff_files::is_program(&installer) {
        let (installer, scope) = (handoff_process::quoted(&installer), options.scope());
        output.complain(format_args!("to finish, once that can be changed: {installer} uninstall{scope}"));
    }
    (!left.is_empty()).then_some(Status::NotDone)
}

/// What was removed, in words.
fn removed(
    places: &Places,
    options: &Options,
    planner: &Planner<'_>,
    any: bool,
    moved: bool,
    keeps: bool,
) -> String {
    let what = match &options.only {
        Some(_) => joined(&options.only_rows().map(|host| host.name).collect::<Vec<_>>()),
        None if keeps => "everything but what is yours".to_owned(),
        None => "everything".to_owned(),
    };
    let left = planner.left.iter();
    let stay = left.map(|left| left.problem.path()).chain(planner.changed.iter().map(PathBuf::as_path));
    let mut files: Vec<_> = stay.map(|path| places.short(path)).collect();
    files.dedup();
    if !files.is_empty() {
        return format!("{what}, except for {}", files.join(", "));
    }
    if !any {
        return "nothing, for nothing was installed".to_owned();
    }
    if moved {
        let prefix = places.short(&places.prefix);
        return format!(
            "what was in the agents' files; {prefix} is not there, so programs that were moved away stay"
        );
    }
    what
}

/// What `handover` had wired, and was taken away.
#[derive(Default)]
struct Captures {
    /// Whether anything was wired for this user.
    user: bool,
    /// The projects in which something was.
    projects: Vec<PathBuf>,
    /// What could not be removed.
    left: Leftovers,
    /// What another installation runs, and keeps.
    kept: Vec<String>,
}

impl Captures {
    /// Notes what could not be dealt with.
    fn failed(&mut self, problem: Obstacle) {
        self.left.add(problem, "");
    }

    /// Notes that what is wired `where_` runs another installation's program.
    fn keep(&mut self, other: &Other, where_: &str, places: &Places) {
        let prefix = places.short(&other.prefix);
        self.kept.push(format!("what handover wired {where_} stays: it runs the installation in {prefix}"));
    }
}

/// Removes what `handover` wired for this user and in projects: it runs a program that is about to go.
fn without_captures(
    places: &Places,
    others: &Others,
    options: &Options,
    environment: &Environment,
    output: &Output,
) -> Captures {
    let mut captures = Captures::default();
    // Below something else than a directory nothing is kept.
    let above = places.state.path().ancestors().find(|path| handoff_files::is_taken(path));
    if above.is_some_and(|above| !handoff_files::is_directory(above)) {
        return captures;
    }
    let store = places.store.join(".handover");
    if !options.dry_run
        && handoff_files::is_directory(&store)
        && let Err(error) = take_over(places, environment, output)
    {
        captures.failed(Obstacle::Captures { path: store, error });
    }
    if let Err(error) = without_user(places, others, options, environment, &mut captures) {
        captures.failed(Obstacle::Captures { path: places.state.path().to_owned(), error });
    }
    match places.records().projects() {
        Ok((projects, unreadable)) => {
            for path in unreadable {
                let shown = places.short(&path);
                captures.failed(Obstacle::Record { path, shown });
            }
            for project in projects {
                if let Err(error) =
                    without_project(&project, places, others, options, environment, &mut captures)
                {
                    let shown = places.short(&project);
                    captures.failed(Obstacle::Project { path: project, shown, error });
                }
            }
        }
        // Said of the user's record already.
        Err(_) if !captures.left.is_empty() => {}
        Err(error) => captures.failed(Obstacle::Captures { path: places.state.path().to_owned(), error }),
    }
    captures
}

/// Removes what is wired for this user.
fn without_user(
    places: &Places,
    others: &Others,
    options: &Options,
    environment: &Environment,
    captures: &mut Captures,
) -> Result<(), AdapterError> {
    let here = places.adapters(environment);
    let record = places.records().user()?;
    if let Some(other) = others.saving(record.files().map(Path::to_owned)) {
        captures.keep(other, "for you", places);
        return Ok(());
    }
    if !options.dry_run {
        recover(&here, &record);
    }
    let plan = disable(&here, &tools(options), record)?;
    captures.user = !plan.is_empty();
    if captures.user && !options.dry_run {
        captures.left.extend(plan.carry_out()?.left);
    } else {
        captures.left.extend(plan.into_left());
    }
    Ok(())
}

/// Takes over what an earlier version recorded in the store, once.
///
/// # Errors
/// [`AdapterError::State`] when the state directory cannot be used.
pub(crate) fn take_over(
    places: &Places,
    environment: &Environment,
    output: &Output,
) -> Result<(), AdapterError> {
    for why in places.records().take_over(&places.store, &places.adapters(environment))? {
        output.complain(format_args!("not taken over: {why}"));
    }
    Ok(())
}

/// The tools whose wiring goes.
fn tools(options: &Options) -> Vec<&'static Host> {
    let is_meant = |tool: &&Host| match &options.only {
        Some(only) => {
            let servers = options.only_servers.iter().map(|host| host.row());
            only.iter().map(|host| host.row()).chain(servers).any(|row| row == *tool)
        }
        None => true,
    };
    HOSTS.iter().copied().filter(is_meant).collect()
}

/// Removes what `handover enable` did in a project, as far as that is still there.
fn without_project(
    project: &Path,
    places: &Places,
    others: &Others,
    options: &Options,
    environment: &Environment,
    captures: &mut Captures,
) -> Result<(), AdapterError> {
    let records = places.records();
    if !handoff_files::is_directory(project) {
        return if options.dry_run { Ok(()) } else { records.forget(project) };
    }
    let here = handoff_adapters::Here { project: project.to_owned(), ..places.adapters(environment) };
    let worktree = Worktree::find(project).map_err(FileError::new("look at", project))?;
    // One that lies in another repository by now is not that repository's.
    let here = if worktree.top() == project { here.in_worktree(&worktree) } else { here };
    let record = records.project(project)?;
    if let Some(other) = others.saving(record.files().map(|file| project.join(file))) {
        captures.keep(other, &format!("in {}", places.short(project)), places);
        return Ok(());
    }
    if !options.dry_run {
        recover(&here, &record);
    }
    let plan = disable(&here, &tools(options), record)?;
    let any = !plan.is_empty();
    if any && !options.dry_run {
        captures.left.extend(plan.carry_out()?.left);
        tidy(project)?;
    } else {
        captures.left.extend(plan.into_left());
    }
    if any {
        captures.projects.push(project.to_owned());
    }
    if !options.dry_run && records.project(project)?.is_empty() {
        records.forget(project)?;
    }
    Ok(())
}

/// The plugins that are there beside the wiring: they belong to the hosts, which alone can take them away.
fn plugins(places: &Places, options: &Options) -> Vec<String> {
    if options.only.is_some() {
        return Vec::new();
    }
    let note = |host: Wirable| {
        let plugin = host.wiring.plugin?;
        let file = handoff_files::read_file(&places.directory(host).join(plugin.list.file()), MAX_FILE_BYTES);
        let file = file.unwrap_or_default();
        let text = handoff_wiring::text(&file).unwrap_or_default();
        let removal = hosts::plugin_removal(plugin, text)?;
        Some(format!("{} still has the plugin, which runs these programs: {removal}", host.name))
    };
    Wirable::all().filter_map(note).collect()
}

fn plan(planner: &mut Planner<'_>, places: &Places, options: &Options) {
    let agents = options.only.clone().unwrap_or_else(|| Wirable::all().collect());
    for &host in &agents {
        for file in hosts::all_files(host, places, &planner.manifest.clone()) {
            planner.unwire(&file);
        }
        planner.remove_orphans(host);
        planner.remove_old_links(host);
        // One that was never wired is not one that the user wants left alone.
        if options.only.is_some() || planner.manifest.agents.contains(host) {
            planner.manifest.left_out.insert_in_order(host);
        }
        planner.manifest.agents.remove(host);
        if host.wiring.hook.on_request() {
            planner.manifest.hook_on_request = false;
            planner.manifest.trusted.clear();
            planner.manifest.trust_lost = false;
        }
    }
    mcp_servers::unwire(planner, places, options);
    planner.note_others(&agents);
    match &options.only {
        None => {
            planner.remove_orphaned_commands();
            planner.remove(|_| true);
        }
        Some(only) => {
            let of =
                |host: Wirable| [hosts::skills_directory(host, places), places.directory(host).to_owned()];
            let servers = |hosts: &[McpHost]| mcp_servers::directories(hosts.iter().copied(), places);
            let theirs = only.iter().copied().flat_map(of).chain(servers(&options.only_servers));
            let theirs: Vec<_> = theirs.collect();
            // What a host that stays wired reads too stays with it.
            let wired: Vec<_> = mcp_servers::wired(&planner.manifest).collect();
            let kept = planner.manifest.agents.known().flat_map(of).chain(servers(&wired));
            let kept: Vec<_> = kept.collect();
            // How deep the innermost of some directories is that a path is in.
            let depth = |path: &Path, directories: &[PathBuf]| {
                let around = directories.iter().filter(|dir| path.starts_with(dir));
                around.map(|dir| dir.components().count()).max()
            };
            let is_above =
                |path: &Path, directories: &[PathBuf]| directories.iter().any(|dir| dir.starts_with(path));
            let is_theirs = |path: &Path| {
                (depth(path, &theirs) > depth(path, &kept) || is_above(path, &theirs))
                    && !is_above(path, &kept)
                    && !places.prefix.starts_with(path)
            };
            planner.remove(is_theirs);
        }
    }
}

/// The prefix itself, as far as nothing of others is in it.
pub(crate) fn remove_prefix(places: &Places) -> Result<(), InstallError> {
    let Some(prefix) = Dir::open(&places.prefix)? else { return Ok(()) };
    handoff_files::Foreign::sweep_directory(&prefix)?;
    for name in [check::STATE, manifest::NAME, LOCK] {
        prefix.remove(name)?;
    }
    if let (Some(parent), Some(name)) = (places.prefix.parent(), places.prefix.file_name())
        && let Some(parent) = Dir::open(parent)?
    {
        match parent.remove_child(name) {
            // A mount point, which only who mounted it can remove.
            Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {}
            removed => drop(removed?),
        }
    }
    Ok(())
}
