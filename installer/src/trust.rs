//! The user's trust in Codex's hook, put where Codex keeps it, by Codex, on the user's word.

use std::path::Path;

use handoff_files::Foreign;
use handoff_process::Environment;
use handoff_wiring::{Call, Made};

use crate::app_server::{self, Listed};
use crate::error::InstallError;
use crate::manifest::{Edit, Manifest};
use crate::piece::{Piece, owner};
use crate::places::Places;
use crate::plan::LARGEST;

/// Has Codex trust our hook; gives the manifest that knows of it.
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
    let hook = ours(&hooks, places).ok_or_else(|| failed("it does not list the hook".to_owned()))?;
    let mut manifest = manifest.clone();
    let config = Piece::Sandbox(places.clone(), None).path();
    let before = read(&config)?;
    if hook.status != "trusted" {
        server.trust(&hook.key, &hook.hash).map_err(failed)?;
    }
    // As Codex says afterwards, not as we asked.
    let hooks = server.hooks().map_err(failed)?;
    if ours(&hooks, places).is_none_or(|hook| hook.status != "trusted") {
        return Err(failed("it took the trust and does not trust the hook".to_owned()));
    }
    let after = read(&config)?;
    manifest.trusted = Some(hook.key.clone());
    if let (Some(after), true) = (&after, before != after) {
        let recorded = manifest.edits.get(&config);
        let undone = recorded.and_then(|edit| edit.undo(before.as_deref().unwrap_or("")).ok());
        let original = undone.unwrap_or(before);
        let made = recorded.map_or(Made::Parent, Edit::made);
        manifest.edits.insert(config, Edit::new(original.as_deref(), after, made));
    }
    Ok(manifest)
}

/// Our hook among those that Codex lists.
pub(crate) fn ours(hooks: &[Listed], places: &Places) -> Option<Listed> {
    let owns = owner(places);
    let file = Piece::CodexHook(places.clone()).path();
    let file = handoff_files::canonical(&file);
    let is_ours = |hook: &&Listed| {
        handoff_files::canonical(&hook.source) == file
            && Call::of(&hook.command).is_some_and(|call| owns(&call))
    };
    hooks.iter().find(is_ours).cloned()
}

fn read(path: &Path) -> Result<Option<String>, InstallError> {
    let file = Foreign::read(path, LARGEST)?;
    Ok(file.content().map(|content| String::from_utf8_lossy(content).into_owned()))
}
