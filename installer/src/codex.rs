//! What is of Codex's own protocol: the user's trust in our hooks, put where Codex keeps it, by Codex, on the user's word.

mod app_server;

use std::path::{Path, PathBuf};

use handoff_agents::{CODEX, Wirable};
use handoff_edits::MAX_FILE_BYTES;
use handoff_files::Foreign;
use handoff_process::Environment;
use handoff_wiring::{Call, Found, Roots};

use crate::error::InstallError;
use crate::fragment::{MadeIn, hook, owner};
use crate::handler::faults;
use crate::hosts::{self, hook_file};
use crate::manifest::{Edit, Manifest};
use crate::places::Places;
use crate::planner::{Leftovers, Planner};
use app_server::TrustStatus;

pub use app_server::CodexError;
pub(crate) use app_server::{Listed, Server};

/// The row: what is in this file is of Codex's own protocol.
pub(crate) const HOST: Wirable = Wirable::of(&CODEX).expect("the row says how Codex is wired");

/// The settings, in its directory.
const CONFIG: &str = "config.toml";

/// How the user has Codex trust a hook.
pub(crate) const HOW_TO_TRUST: &str =
    "choose \"Trust all and continue\" when `codex` next asks, or run install again with --trust-codex-hook";

/// Fails where there is no `codex` to trust a hook.
///
/// # Errors
/// [`InstallError::InTheWay`].
pub(crate) fn check_there(environment: &Environment) -> Result<(), InstallError> {
    if hosts::program(HOST, environment).is_some() {
        return Ok(());
    }
    Err(InstallError::InTheWay(vec![
        "could not trust Codex's hook: there is no `codex` on PATH to do it; put it there, or install without \
         --trust-codex-hook"
            .to_owned(),
    ]))
}

/// What Codex says of the hook that the user trusted through us.
#[derive(Debug, Default)]
pub(crate) struct Review {
    /// That Codex does not run the hook, why, and what to do; `None` when it runs it.
    pub(crate) idle: Option<String>,
    /// The keys under which the user has trusted a hook of another program since.
    others: Vec<String>,
}

/// Looks whether Codex still runs the hook that `manifest` says is trusted: the user may have moved, changed or
/// disabled it. `None` where the manifest has no such trust. When Codex cannot be asked, the hook counts as idle: a
/// session then looks for handoffs twice, and in the other case never.
pub(crate) fn review(places: &Places, manifest: &Manifest, environment: &Environment) -> Option<Review> {
    if !manifest.was_trusted() {
        return None;
    }
    let idle = |text: String| Some(Review { idle: Some(text), others: Vec::new() });
    if !is_in_place(places) {
        return idle(stopped("it is not in hooks.json as it was trusted", HOW_TO_TRUST));
    }
    if hooks_are_off(places) {
        let why = "config.toml turns hooks off: [features] hooks = false";
        return idle(stopped(why, "take that out, and run install again"));
    }
    let hooks = Server::start(places, environment).and_then(|mut server| server.hooks());
    let hooks = match hooks {
        Ok(hooks) => hooks,
        Err(why) => {
            return idle(format!(
                "whether Codex still runs our hook could not be asked of its app-server: {why}; run install again where it \
                 can be asked"
            ));
        }
    };
    let text = match session_start(&hooks, places) {
        None => Some(stopped("its app-server does not list it", HOW_TO_TRUST)),
        Some(hook) if !hook.enabled => Some(stopped(
            "it was disabled in Codex",
            "enable it under /hooks in `codex`, and run install again",
        )),
        Some(hook) if !hook.runs() => {
            Some(stopped(&format!("its app-server says that it is {}", hook.trust), HOW_TO_TRUST))
        }
        Some(_) => None,
    };
    Some(Review { idle: text, others: of_others(&hooks, places, manifest) })
}

fn stopped(why: &str, way_out: &str) -> String {
    format!("Codex does not run our hook any more: {why}. To have it run again: {way_out}")
}

impl Review {
    /// Puts what was found on record.
    pub(crate) fn record(&self, manifest: &mut Manifest) {
        manifest.trust_lost = self.idle.is_some();
        manifest.trusted.retain(|key| !self.others.contains(key));
    }
}

/// Whether our handler stands in `hooks.json` as this version writes it, so that Codex runs it at every start of a
/// session once it is trusted: a change of the command ends the trust.
fn is_in_place(places: &Places) -> bool {
    let owns = owner(places);
    let Ok(Some(text)) = read(&hook_file(HOST, places)) else { return false };
    let Some(row) = HOST.wiring.hook.shared() else { return false };
    let hook = hook(HOST, row, places, &owns);
    let found = hook.find(&text).unwrap_or_default();
    let is_run = |found: &Found| faults(&found.conditions, HOST, row).is_empty();
    found.iter().any(|found| hook.handler.is(found) && is_run(found))
}

/// Whether the user turned Codex's hooks off as a whole.
pub(crate) fn hooks_are_off(places: &Places) -> bool {
    let config = read(&config(places)).ok().flatten();
    let setting = Roots::setting(config.as_deref().unwrap_or(""), &["features", "hooks"]);
    setting.ok().flatten().as_deref() == Some("false")
}

/// The settings, in which Codex keeps trust too.
pub(crate) fn config(places: &Places) -> PathBuf {
    places.directory(HOST).join(CONFIG)
}

/// Whether the user's trust is kept in the file at `path`.
pub(crate) fn keeps_trust(path: &Path) -> bool {
    path.ends_with(CONFIG)
}

/// Whether Codex has hooks for this user that save the work.
pub(crate) fn saves_work(places: &Places) -> bool {
    let hooks = handoff_files::read_file(&hook_file(HOST, places), MAX_FILE_BYTES).unwrap_or_default();
    let program = places.program("handover");
    // In JSON a path may be spelled with escapes; then the hook for handoffs comes along, and nothing is lost.
    String::from_utf8_lossy(&hooks).contains(&format!("{} on-event", handoff_process::quoted(&program)))
}

/// The recorded keys under which a hook of another program is trusted by now: a key names a place in the file.
fn of_others(hooks: &[Listed], places: &Places, manifest: &Manifest) -> Vec<String> {
    let ours = ours(hooks, places);
    let is_theirs = |hook: &&Listed| {
        hook.trust == TrustStatus::Trusted && !ours.iter().any(|other| other.key == hook.key)
    };
    let keys = hooks.iter().filter(is_theirs).map(|hook| hook.key.clone());
    keys.filter(|key| manifest.trusted.contains(key)).collect()
}

/// Has Codex trust our hooks; gives the manifest that knows of it.
///
/// # Errors
/// [`InstallError::Codex`] when Codex is not there, or does not list the hook or take the trust.
pub(crate) fn trust(
    places: &Places,
    manifest: &Manifest,
    environment: &Environment,
) -> Result<Manifest, InstallError> {
    let mut server = Server::start(places, environment)?;
    let listed_now = server.hooks()?;
    let shows = session_start(&listed_now, places).is_some();
    let hooks = ours(&listed_now, places);
    if hooks.is_empty() || (manifest.hook_on_request && !shows) {
        return Err(CodexError::NotListed.into());
    }
    let mut manifest = manifest.clone();
    let others = of_others(&listed_now, places, &manifest);
    manifest.trusted.retain(|key| !others.contains(key));
    let config = config(places);
    let before = read(&config)?;
    for hook in hooks.iter().filter(|hook| hook.trust != TrustStatus::Trusted) {
        server.trust(&hook.key, &hook.hash)?;
    }
    // As Codex says afterwards, not as we asked.
    let listed_after = server.hooks()?;
    let now = ours(&listed_after, places);
    if now.len() != hooks.len() || now.iter().any(|hook| hook.trust != TrustStatus::Trusted) {
        return Err(CodexError::NotTrusted.into());
    }
    // What turns all hooks off is not a matter of trust.
    manifest.trust_lost =
        hooks_are_off(places) || session_start(&listed_after, places).is_some_and(|hook| !hook.enabled);
    let after = read(&config)?;
    for hook in hooks {
        if !manifest.trusted.contains(&hook.key) {
            manifest.trusted.push(hook.key);
        }
    }
    if let (Some(after), true) = (&after, before != after) {
        let recorded = manifest.edits.get(&config);
        let undone = recorded.and_then(|edit| edit.undo(before.as_deref().unwrap_or("")).ok());
        let original = undone.unwrap_or(before);
        let made = recorded.map_or(MadeIn::ALL, Edit::made);
        manifest.edits.insert(config, Edit::new(original.as_deref(), after, made));
    }
    Ok(manifest)
}

/// Has Codex's instructions leave it to the hook to look for handoffs, now that Codex runs that; gives what could not be
/// changed.
///
/// # Errors
/// [`InstallError::File`] when nothing can be recorded.
pub(crate) fn leave_it_to_the_hook(places: &Places, manifest: &Manifest) -> Result<Leftovers, InstallError> {
    let mut planner = Planner::new(places, manifest);
    let instructions = hosts::instructions(HOST, places, manifest.looks());
    instructions.iter().for_each(|file| planner.wire(file));
    planner.check()?;
    let changes = std::mem::take(&mut planner.changes);
    planner.carry_out(changes);
    planner.manifest.save(&places.manifest())?;
    Ok(planner.left)
}

/// Our hooks among those that Codex lists: what shows handoffs, and what saves the work.
pub(crate) fn ours(hooks: &[Listed], places: &Places) -> Vec<Listed> {
    let (shows, saves) = (owner(places), saver(places));
    listed(hooks, places, |call| shows(call) || saves(call))
}

/// Those that save the work.
pub(crate) fn saving(hooks: &[Listed], places: &Places) -> Vec<Listed> {
    listed(hooks, places, saver(places))
}

fn saver(places: &Places) -> impl Fn(&Call) -> bool {
    let program = places.program("handover");
    move |call| Path::new(&call.program) == program
}

/// The one that shows handoffs.
pub(crate) fn session_start(hooks: &[Listed], places: &Places) -> Option<Listed> {
    listed(hooks, places, owner(places)).into_iter().next()
}

fn listed(hooks: &[Listed], places: &Places, owns: impl Fn(&Call) -> bool) -> Vec<Listed> {
    let file = handoff_files::canonical(&hook_file(HOST, places));
    let is_ours = |hook: &&Listed| {
        handoff_files::canonical(&hook.source) == file
            && Call::of(&hook.command).is_some_and(|call| owns(&call))
    };
    hooks.iter().filter(is_ours).cloned().collect()
}

fn read(path: &Path) -> Result<Option<String>, InstallError> {
    let file = Foreign::read(path, MAX_FILE_BYTES)?;
    Ok(file.content().map(|content| String::from_utf8_lossy(content).into_owned()))
}
