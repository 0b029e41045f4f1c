//! From a checkout, or programs that lie ready, to agents that carry handoffs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use handoff_agents::Wirable;
use handoff_edits::{Cause as _, Change, MAX_FILE_BYTES};
use handoff_files::{Dir, Foreign, Lock, OpenFile};
use handoff_process::{Environment, Output, Status};
use semver::Version;

use crate::args::Options;
use crate::codex::{self, Review};
use crate::doctor;
use crate::error::{InstallError, Obstacle};
use crate::fragment::{HostFile, Looks};
use crate::git::Checkout;
use crate::hosts;
use crate::manifest::{Manifest, is_hash_of};
use crate::mcp_servers;
use crate::places::Places;
use crate::planner::{Leftovers, Planner};
use crate::plugin;
use crate::programs::{self, FRONT_DOOR, Source};
use crate::prove::prove;
use crate::report::Report;
use crate::uninstall::take_over;
use crate::way::{self, Package};

/// Its file name in the prefix: held while the prefix is changed.
pub(crate) const LOCK: &str = ".lock";

/// Installs, wires and proves.
///
/// # Errors
/// [`InstallError`]; then programs that were installed before are as they were, and no file of the user's was changed
/// unless the error is of Codex's app-server.
pub(crate) fn install(
    options: &Options,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    let places = Places::find(options.home.as_deref(), environment)?;
    let old = Manifest::load(&places)?;
    let agents = chosen(options, &places, environment);
    let source = Source::find()?;
    not_older(&places, &source, &old, options)?;
    if options.trust_codex_hook {
        codex::check_there(environment)?;
    }
    let is_trusted_by_place = |host: &Wirable| host.wiring.hook.trusted_by_place();
    let has_trust = agents.iter().any(is_trusted_by_place);
    let review = if has_trust { codex::review(&places, &old, environment) } else { None };
    let has_server = mcp_servers::is_in(&source);
    // Before the minutes that a build takes.
    let mut planner = Planner::new(&places, &old);
    planner.prefix();
    planner.state();
    planner.commands();
    wiring(&mut planner, &places, &agents, options, review.as_ref());
    mcp_servers::wire(&mut planner, &places, options, has_server);
    planner.check()?;
    if options.dry_run {
        return Ok(dry_run(&places, &old, &agents, &source, options, review.as_ref(), output));
    }
    let missing = planner.manifest.directories;
    let made: Vec<_> = missing.iter().filter(|path| !old.directories.contains(path)).cloned().collect();
    let _lock = lock(&places)?;
    let built = programs::read(&source.take(output)?)?;
    let old = Manifest::load(&places)?;
    unchanged(&places, &source, &old, &built)?;
    sweep(&places, &old);
    let mut planner = Planner::new(&places, &old);
    planner.manifest.directories = missing;
    files(&mut planner, &places, &source, built);
    let first_wiring = planner.changes.len();
    planner.commands();
    wiring(&mut planner, &places, &agents, options, review.as_ref());
    mcp_servers::wire(&mut planner, &places, options, has_server);
    planner.check()?;
    planner.manifest.on_the_way_from(&old).save(&places.manifest())?;
    let wiring = planner.changes.split_off(first_wiring);
    let proof = put_programs(&planner.changes, &places).inspect_err(|_| {
        // What failed is what there is to say.
        let _ = put_back(&places, &old, &made);
    })?;
    keep_state(&mut planner, &places, environment, output);
    planner.carry_out(wiring);
    planner.manifest.save(&places.manifest())?;
    let done = Done { planner, agents, proof, old: &old, review };
    done.report(&places, options, environment, output)
}

/// Takes over what an earlier version recorded, and makes the key of captures.
fn keep_state(planner: &mut Planner<'_>, places: &Places, environment: &Environment, output: &Output) {
    let state = places.state.path();
    let is_named = planner.left.iter().any(|left| state.starts_with(left.problem.path()));
    if let Err(error) = take_over(places, environment, output)
        && !is_named
    {
        planner.leave(Obstacle::Captures { path: state.to_owned(), error }, "");
    }
    // Made here, where no sandbox is, it is there for captures in one. One that cannot be used is doctor's to name.
    let _ = handoff_bundle::Keyring::create(state);
}

/// What an installation did, to be said.
struct Done<'p> {
    planner: Planner<'p>,
    agents: Vec<Wirable>,
    proof: String,
    old: &'p Manifest,
    review: Option<Review>,
}

impl Done<'_> {
    /// Says it, once Codex trusts our hooks where that was asked for.
    fn report(
        mut self,
        places: &Places,
        options: &Options,
        environment: &Environment,
        output: &Output,
    ) -> Result<Status, InstallError> {
        let mut report = Report::new(places, options.json);
        let servers = mcp_servers::chosen(options, places);
        report.installed(&self.planner, (&self.agents, &servers), &self.proof, environment);
        way::replaced(self.old, &self.planner.manifest, places, environment)
            .into_iter()
            .for_each(|note| report.note(note));
        if options.trust_codex_hook {
            match trust_hook(places, &mut self.planner, environment) {
                Ok(trusting) => report.trusted(&trusting),
                Err(error) => {
                    report.untrusted(None);
                    report.print(output);
                    say_left(&self.planner.left, &places.program(FRONT_DOOR), options, output);
                    return Err(error);
                }
            }
        } else if self.planner.manifest.hook_on_request && self.planner.manifest.looks() == Looks::Agent {
            report.untrusted(self.review.and_then(|review| review.idle));
        }
        report.switched_off(&doctor::switched_off(places, &self.planner.manifest, environment));
        let printed = report.print(output);
        let installer = places.program(FRONT_DOOR);
        Ok(say_left(&self.planner.left, &installer, options, output).unwrap_or(printed))
    }
}

/// Has Codex trust our hooks, and its instructions leave the work to them.
fn trust_hook(
    places: &Places,
    planner: &mut Planner<'_>,
    environment: &Environment,
) -> Result<Manifest, InstallError> {
    let trusting = codex::trust(places, &planner.manifest, environment)?;
    trusting.save(&places.manifest())?;
    planner.left.extend(codex::leave_it_to_the_hook(places, &trusting)?);
    Ok(trusting)
}

/// Names what could not be changed, with what to put in by hand; [`Status::NotDone`] when there is any. `installer` is
/// what does the rest later.
fn say_left(left: &Leftovers, installer: &Path, options: &Options, output: &Output) -> Option<Status> {
    if left.is_empty() {
        return None;
    }
    let messages = left.messages("the rest is done", "To put in by hand");
    messages.for_each(|message| output.complain(format_args!("{message}")));
    let (installer, scope) = (handoff_process::quoted(installer), options.scope());
    output.complain(format_args!("to finish, once that can be changed: {installer} install{scope}"));
    Some(Status::NotDone)
}

/// Fails when the installed programs themselves are the source and one is not what was installed: that would make a
/// damaged program the right one.
fn unchanged(
    places: &Places,
    source: &Source,
    old: &Manifest,
    built: &[(&'static str, Vec<u8>)],
) -> Result<(), InstallError> {
    if !matches!(source, Source::Built(dir) if *dir == handoff_files::canonical(&places.bin())) {
        return Ok(());
    }
    let changed = |(name, content): &&(&'static str, Vec<u8>)| {
        let recorded = old.files.get(&places.program(name));
        recorded.is_some_and(|recorded| !is_hash_of(recorded, content))
    };
    match built.iter().find(changed) {
        None => Ok(()),
        Some((name, _)) => Err(InstallError::InTheWay(vec![format!(
            "could not install from {}: {name} there is not what was installed; install from a checkout, or from where the \
             programs came from",
            places.short(&places.bin())
        )])),
    }
}

/// Fails when released programs would take the place of newer ones, unless that was asked for.
fn not_older(
    places: &Places,
    source: &Source,
    old: &Manifest,
    options: &Options,
) -> Result<(), InstallError> {
    let installed = old.version.parse::<Version>();
    let is_newer = installed
        .is_ok_and(|installed| env!("CARGO_PKG_VERSION").parse::<Version>().is_ok_and(|own| installed > own));
    if options.downgrade || !is_newer || matches!(source, Source::Checkout(_)) {
        return Ok(());
    }
    Err(InstallError::InTheWay(vec![format!(
        "could not install {}: {} has {}, which is newer; to go back to the older one, add --downgrade",
        env!("CARGO_PKG_VERSION"),
        places.short(&places.prefix),
        old.version
    )]))
}

/// The agents that are meant.
pub(crate) fn chosen(options: &Options, places: &Places, environment: &Environment) -> Vec<Wirable> {
    match &options.only {
        Some(only) => only.clone(),
        None => Wirable::all().filter(|host| hosts::is_here(*host, places, environment)).collect(),
    }
}

/// What goes to the prefix, and the link to it.
fn files(planner: &mut Planner<'_>, places: &Places, source: &Source, built: Vec<(&'static str, Vec<u8>)>) {
    planner.own_directory(&places.prefix);
    planner.manifest.version = env!("CARGO_PKG_VERSION").to_owned();
    match source {
        Source::Checkout(checkout) => {
            planner.manifest.commit = Checkout::new(checkout).head();
            planner.manifest.checkout = Some(checkout.clone());
            planner.manifest.origin = None;
            planner.manifest.package = None;
        }
        // The installed ones: where they came from stays.
        Source::Built(dir) if *dir == handoff_files::canonical(&places.bin()) => {}
        Source::Built(dir) => {
            planner.manifest.origin = Some(dir.clone());
            let package = Package::of(dir);
            planner.manifest.checkout = None;
            let commit = package.as_ref().map(|package| package.commit.clone());
            planner.manifest.commit = commit.filter(|commit| !commit.is_empty());
            planner.manifest.package = package;
        }
    }
    for (name, content) in built {
        planner.write(places.program(name), content, true);
    }
    for host in Wirable::all() {
        for file in hosts::skills(host, places) {
            let path = places.prefix.join("skills").join(host.id).join(file.name);
            planner.write(path, file.text.into_bytes(), false);
        }
    }
    for file in plugin::FILES {
        planner.write(places.prefix.join(file.path), file.text.into(), file.is_program());
    }
    planner.remove_stale();
}

/// What goes to the hosts.
fn wiring(
    planner: &mut Planner<'_>,
    places: &Places,
    agents: &[Wirable],
    options: &Options,
    review: Option<&Review>,
) {
    if let Some(review) = review {
        review.record(&mut planner.manifest);
    }
    // To trust what is there is not to ask for more; where nothing is, it is the hook that is to be trusted.
    planner.manifest.hook_on_request |=
        options.codex_hook || options.trust_codex_hook && !codex::saves_work(places);
    if options.only.is_some() {
        for host in Wirable::all() {
            if agents.contains(&host) || planner.manifest.agents.contains(host) {
                planner.manifest.left_out.remove(host);
            } else {
                planner.manifest.left_out.insert_in_order(host);
            }
        }
    }
    agents.iter().for_each(|host| planner.manifest.left_out.remove(*host));
    for host in planner.without_others(agents) {
        planner.manifest.agents.insert(host);
        for file in hosts::placed(host, places, &planner.manifest) {
            planner.put(file);
        }
        planner.store();
        if let Some(file) = HostFile::of_hook(host, places).filter(|_| host.wiring.hook.on_request()) {
            // A hook that is there, of the bash program or another installation, was asked for once.
            planner.manifest.hook_on_request |= planner.holds(&file);
        }
        planner.remove_old_links(host);
        for file in hosts::files(host, places, &planner.manifest.clone()) {
            planner.wire(&file);
        }
    }
}

/// Carries the changes of the prefix out and proves the programs there; when they fail, all is put back as it was.
fn put_programs(changes: &[Change], places: &Places) -> Result<String, InstallError> {
    let before: Vec<Change> = changes.iter().rev().filter_map(Change::restoring).collect();
    let put = || {
        for change in changes {
            change.apply()?;
        }
        prove(&places.bin())
    };
    put().inspect_err(|_| {
        for change in &before {
            // The first error is the one to tell.
            let _ = change.apply();
        }
    })
}

/// Makes the prefix what it was before an installation that failed: with the manifest of what is still there, or gone.
fn put_back(places: &Places, old: &Manifest, made: &[PathBuf]) -> Result<(), InstallError> {
    if !old.is_empty() {
        return Ok(old.save(&places.manifest())?);
    }
    crate::uninstall::remove_prefix(places)?;
    for path in made.iter().rev() {
        Change::RemoveDirectory(path.clone()).apply()?;
    }
    Ok(())
}

/// Removes what killed installers left wherever they may have been at work.
pub(crate) fn sweep(places: &Places, manifest: &Manifest) {
    let files = manifest.files.keys().chain(manifest.links.keys()).filter_map(|path| path.parent());
    // The agents' also when nothing is on record: an old file that could not be removed may be there still.
    let own = Wirable::all().map(|host| places.directory(host)).chain([places.prefix.as_path()]);
    let directories: BTreeSet<&Path> = files.chain(own).collect();
    // What cannot be swept now is swept when its file is changed.
    for directory in directories {
        let _ = Dir::open(directory).map(|dir| dir.as_ref().map(Foreign::sweep_directory));
    }
    for path in manifest.edits.keys() {
        let _ = Foreign::read(path, MAX_FILE_BYTES).map(|file| file.sweep());
    }
}

/// Takes the prefix for this process alone.
pub(crate) fn lock(places: &Places) -> Result<OpenFile, InstallError> {
    let prefix = Dir::create(&places.prefix)?;
    prefix.append(LOCK, b"")?;
    let file = prefix.open_file(LOCK)?;
    match file.lock()? {
        Lock::Busy => Err(InstallError::Busy(places.short(&places.prefix))),
        Lock::Taken | Lock::Unsupported => Ok(file),
    }
}

fn dry_run(
    places: &Places,
    old: &Manifest,
    agents: &[Wirable],
    source: &Source,
    options: &Options,
    review: Option<&Review>,
    output: &Output,
) -> Status {
    let mut planner = Planner::new(places, old);
    if let Source::Built(dir) = source
        && let Ok(built) = programs::read(dir)
    {
        files(&mut planner, places, source, built);
    } else {
        planner.own_directory(&places.prefix);
    }
    planner.commands();
    wiring(&mut planner, places, agents, options, review);
    let has_server = mcp_servers::is_in(source);
    mcp_servers::wire(&mut planner, places, options, has_server);
    let mut report = Report::new(places, options.json);
    if let Source::Checkout(path) = source {
        report.note(format!(
            "would build {} and put it into {}",
            handoff_text::Sanitised::path(path),
            places.short(&places.bin())
        ));
    }
    planner.notes().for_each(|note| report.note(note));
    if !has_server {
        let servers = mcp_servers::chosen(options, places);
        mcp_servers::missing(&servers).into_iter().for_each(|note| report.note(note));
    }
    // What is the user's own first.
    let rank = |change: &&Change| match change {
        Change::Edit(_) => 0,
        change if !change.path().starts_with(&places.prefix) => 1,
        _ => 2,
    };
    let mut changes: Vec<&Change> = planner.changes.iter().collect();
    changes.sort_by_key(rank);
    changes.into_iter().for_each(|change| report.would(change));
    report.left(&planner.left);
    let printed = report.print(output);
    say_left(&planner.left, &places.program(FRONT_DOOR), options, output).unwrap_or(printed)
}
