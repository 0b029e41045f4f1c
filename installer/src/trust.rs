//! The user's trust in our hooks of Codex's, put where Codex keeps it, by Codex, on the user's word.

use std::path::Path;

use handoff_files::Foreign;
use handoff_process::Environment;
use handoff_wiring::Call;

use crate::app_server::{self, Listed};
use crate::error::InstallError;
use crate::manifest::{Edit, Manifest};
use crate::piece::{MadeIn, Piece, owner};
use crate::places::Places;
use crate::plan::LARGEST;

/// Has Codex trust our hooks; gives the manifest that knows of it.
///
/// # Errors
/// [`InstallError::Codex`] when Codex is not there, or does not list the hook or take the trust.
pub(crate) fn trust(
    places: &Places,
    manifest: &Manifest,
    environment: &Environment,
) -> Result<Manifest, InstallError> {
    let failed = |why: String| InstallError::Codex("trust the hook", why);
    let mut server = app_server::Server::start(places, environment).map_err(failed)?;
    let hooks = server.hooks().map_err(failed)?;
    let shows = session_start(&hooks, places).is_some();
    let hooks = ours(&hooks, places);
    if hooks.is_empty() || (manifest.codex_hook && !shows) {
        return Err(failed("it does not list the hook".to_owned()));
    }
    let mut manifest = manifest.clone();
    let config = Piece::Sandbox(places.clone(), Vec::new()).path();
    let before = read(&config)?;
    for hook in hooks.iter().filter(|hook| hook.status != "trusted") {
        server.trust(&hook.key, &hook.hash).map_err(failed)?;
    }
    // As Codex says afterwards, not as we asked.
    let now = ours(&server.hooks().map_err(failed)?, places);
    if now.len() != hooks.len() || now.iter().any(|hook| hook.status != "trusted") {
        return Err(failed("it took the trust and does not trust the hook".to_owned()));
    }
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
    let file = handoff_files::canonical(&Piece::CodexHook(places.clone()).path());
    let is_ours = |hook: &&Listed| {
        handoff_files::canonical(&hook.source) == file
            && Call::of(&hook.command).is_some_and(|call| owns(&call))
    };
    hooks.iter().filter(is_ours).cloned().collect()
}

fn read(path: &Path) -> Result<Option<String>, InstallError> {
    let file = Foreign::read(path, LARGEST)?;
    Ok(file.content().map(|content| String::from_utf8_lossy(content).into_owned()))
}
