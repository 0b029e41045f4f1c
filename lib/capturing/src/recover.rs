//! An apply that was interrupted, rolled back before anything else is done.

use std::path::Path;

use handoff_bundle::{BundleError, Git, Handover, Keyring, Undone};

use crate::called::called;
use crate::{Notice, Project, announcement};

/// Why an apply that may have been interrupted was not undone.
#[derive(Debug, thiserror::Error)]
#[error("{}", message(.0))]
pub struct NotRecovered(pub BundleError);

fn message(error: &BundleError) -> String {
    if matches!(error, BundleError::NoUndoDirectory { .. }) {
        return error.to_string();
    }
    format!(
        "an apply may have been interrupted here, and what it changed was not put back: {error}; {} pickup --undo \
         tries again, and to keep what is there now, remove .handover/undo",
        called()
    )
}

/// Rolls an interrupted apply back before anything is looked for, since the bundle waits again only then. With `must`, as
/// before an apply, what is in the way of that is an error; else it is a notice.
///
/// # Errors
/// [`BundleError`], only with `must`.
pub fn recover(project: &Project<'_>, must: bool) -> Result<(), BundleError> {
    match try_recover(project) {
        // It is not interrupted, but under way.
        Err(BundleError::Busy) if !must => Ok(()),
        Err(error) if !must => {
            project.notice(&Notice::NotRecovered(&NotRecovered(error)));
            Ok(())
        }
        other => other,
    }
}

/// The same before a capture, which no record stops: what is in the way of rolling back is returned.
///
/// # Errors
/// While an apply is under way: half of one is not this session's work.
pub(crate) fn recover_before_capture(project: &Project<'_>) -> Result<Option<NotRecovered>, BundleError> {
    match try_recover(project) {
        Err(BundleError::Busy) => Err(BundleError::Busy),
        Err(error) => Ok(Some(NotRecovered(error))),
        Ok(()) => Ok(None),
    }
}

fn try_recover(project: &Project<'_>) -> Result<(), BundleError> {
    let Some(handover) = Handover::open(project.top())? else { return Ok(()) };
    if !handover.may_have_records()? {
        return Ok(());
    }
    let keyring = Keyring::open(&project.state().map_err(|_| BundleError::NoKey)?)?;
    name_ignored(project, &handover, &keyring)?;
    if handover.interrupted(&keyring)?.is_some()
        && let Some(Undone { bundle, waits, .. }) =
            handover.recover(&Git::find(project.environment)?, &keyring)?
    {
        announce(project, waits.as_deref());
        project.notice(&Notice::Undone { bundle: &bundle, waits: waits.is_some() });
    }
    Ok(())
}

/// Names what lies in `undo/` and is not obeyed.
pub(crate) fn name_ignored(
    project: &Project<'_>,
    handover: &Handover,
    keyring: &Keyring,
) -> Result<(), BundleError> {
    let ignored = handover.ignored_records(keyring)?;
    if let Some(first) = ignored.first() {
        project.notice(&Notice::RecordIgnored {
            path: &first.path,
            more: ignored.len() - 1,
            made_in: first.made_in.as_deref(),
        });
    }
    Ok(())
}

/// Has the handoff that announces the bundle at `path` wait again, as the bundle does.
pub(crate) fn announce(project: &Project<'_>, path: Option<&Path>) {
    let Some((path, top)) = path.and_then(|path| Some((path, path.ancestors().nth(3)?))) else { return };
    let id = path.file_name().and_then(|name| name.to_str());
    if let (Ok(Some(source)), Some(id)) = (Handover::open(top), id)
        && let Ok(bundle) = project.choose(&source, Some(id), true)
    {
        announcement::restore(project, &bundle);
    }
}
