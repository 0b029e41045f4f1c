//! The handoff that announces a capture to the next session: written with it, archived once the capture is taken, unread
//! again where it waits again.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use handoff_bundle::{Bundle, Contents, Trust};
use handoff_process::{HandoffRequest, SendError};
use handoff_text::Sanitised;
use serde_json::Value;

use crate::summary::Summary;
use crate::{Notice, Project};

/// Writes the summary of `bundle` as a handoff for the worktree `to`, from the agent `tool`; returns its path.
pub(crate) fn write(
    project: &Project<'_>,
    bundle: &Bundle,
    summary: &Summary,
    to: Option<&str>,
    tool: &str,
) -> Result<Option<PathBuf>, SendError> {
    let manifest = bundle.manifest();
    let request = HandoffRequest {
        tool,
        name: &format!("Captured: {}", summary.title),
        topic: "capture",
        worktree: project.top(),
        to,
        session_id: manifest.origin.session_id.as_deref(),
        dirty_files: Some(dirty_files(&manifest.contents)),
    };
    let path = Sanitised::path(bundle.path());
    let whole = if summary.whole == summary.text {
        String::new()
    } else {
        format!("The whole of it: {path}/summary.md\n")
    };
    let body = format!("{}\nThe bundle: {path}\n{whole}", summary.text.trim_end());
    let sent = request.send(&body)?;
    let report: Value = serde_json::from_slice(&sent.report).unwrap_or_default();
    // As that the recipient does not exist yet.
    if let Some(note) = report["recipient_note"].as_str() {
        project.notice(&Notice::Recipient(note));
    }
    Ok(report["path"].as_str().map(PathBuf::from))
}

/// How many files are uncommitted.
fn dirty_files(contents: &Contents) -> usize {
    let mut dirty: Vec<_> = contents.files.iter().map(|file| &file.path).collect();
    dirty.extend(contents.staged.iter().map(|staged| &staged.path));
    dirty.extend(contents.left_behind().map(|left| &left.path));
    dirty.sort();
    dirty.dedup();
    dirty.len()
}

/// Archives the handoff that announces a bundle of ours, if it is still unread, since its capture is already taken. It is
/// where the bundle was made, or in this worktree, for which it was made.
pub(crate) fn withdraw(project: &Project<'_>, bundle: &Bundle) {
    if let Some(path) = path(project, bundle).filter(|path| handoff_files::is_file(path)) {
        act_on(project, bundle, &path, HandoffRequest::withdraw);
    }
}

/// Makes that handoff unread again, since the bundle waits again.
pub(crate) fn restore(project: &Project<'_>, bundle: &Bundle) {
    if let Some(path) = path(project, bundle) {
        act_on(project, bundle, &path, HandoffRequest::restore);
    }
}

/// Where the handoff that announces a bundle of ours was written. What a stranger's bundle names is a stranger's choice,
/// allowed or not.
fn path(project: &Project<'_>, bundle: &Bundle) -> Option<PathBuf> {
    let is_own = project.keyring().is_ok_and(|keyring| matches!(keyring.trust(bundle), Ok(Trust::Own)));
    bundle.handoff().filter(|_| is_own)
}

/// Does `act` with it in this worktree's inbox, else in that of the worktree where the bundle lies.
fn act_on(project: &Project<'_>, bundle: &Bundle, path: &Path, act: fn(&Path, &OsStr) -> bool) {
    let Some(name) = path.file_name() else { return };
    // `TOP/.handover/bundles/ID`.
    let source = bundle.path().ancestors().nth(3).filter(|top| *top != project.top());
    if !act(project.top(), name)
        && let Some(source) = source
    {
        act(source, name);
    }
}
