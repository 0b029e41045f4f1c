//! `handover pickup`: takes a capture over, and with `--apply` its changes; `--undo` puts everything back.

use std::path::{Path, PathBuf};

use handoff_bundle::{
    Applied, ApplyOptions, Brought, Bundle, BundleError, BundleId, Refusal, Trusted, Undone,
};
use handoff_capturing::secrets;
use handoff_capturing::{
    AppliedCapture, PickupError, PickupRequest, Whereabouts, again, apply, called, counted, take, undo,
};
use handoff_files::canonical;
use handoff_process::{Failure, quoted};
use handoff_text::Sanitised;

use crate::args::Pickup;
use crate::here::Here;

/// How many paths are named.
const MAX_NAMED: usize = 20;

/// The longest path in a line, in bytes.
const MAX_PATH_BYTES: usize = 200;

pub(crate) fn run(here: &Here<'_>, pickup: &Pickup) -> Result<u8, Failure> {
    let project = &here.project;
    let fail = |error| failure(here, pickup, error);
    if pickup.undo {
        let undone = undo(project).map_err(fail)?;
        return Ok(here.print(&put_back(&undone)));
    }
    let request = PickupRequest {
        id: pickup.id.as_deref(),
        from: pickup.from.as_deref(),
        options: ApplyOptions {
            allow_config: pickup.allow_config,
            onto_head: pickup.onto_head,
            again: pickup.again,
        },
    };
    if pickup.apply {
        let AppliedCapture { bundle, applied, brought } = apply(project, &request).map_err(fail)?;
        // It is done, whether that could be said or not.
        here.print(&format!(
            "{}\n{}{}",
            summary(&bundle),
            changed(&applied, brought.as_ref()),
            not_carried(&bundle)
        ));
        return Ok(0);
    }
    let picked_up = take(project, &request).map_err(fail)?;
    let bundle = &picked_up.bundle;
    let whereabouts = Whereabouts::of(project, bundle).describe(project, bundle);
    let code = here.print(&format!("{}{whereabouts}", summary(bundle)));
    if code == 0 {
        picked_up.confirm(project);
    } else {
        picked_up.give_back()?;
    }
    Ok(code)
}

/// What an undo did.
fn put_back(undone: &Undone) -> String {
    let note = if undone.waits.is_some() { ", and waits again" } else { "" };
    let paths = counted(undone.paths.len(), "path");
    let branch = match &undone.branch {
        None => String::new(),
        Some((from, true)) => format!("the branch is back at {}\n", short(from)),
        Some((from, false)) => format!(
            "the branch was not moved back to {}: another one is checked out, or something is in the way\n",
            short(from)
        ),
    };
    format!("undone: {}, {paths} put back{note}\n{branch}", undone.bundle)
}

/// A commit as it is named to people.
fn short(commit: &str) -> &str {
    &commit[..commit.floor_char_boundary(10)]
}

/// The message of `error`, with the way that is open here.
pub(crate) fn failure(here: &Here<'_>, pickup: &Pickup, error: PickupError) -> Failure {
    let message = error.to_string();
    let way = match &error {
        PickupError::Elsewhere(_) => options(pickup),
        PickupError::NotClaimed { error, .. } if error.is_read_only() => outside(here, pickup),
        PickupError::NotClaimed { id, from, error } => way(id, from.as_ref(), pickup.apply, error),
        PickupError::NotUndone(error) if error.is_read_only() => outside(here, pickup),
        PickupError::NotApplied { id, from, error } => not_applied(here, pickup, id, from.as_ref(), error),
        _ => String::new(),
    };
    Failure::new(format!("{message}{way}"))
}

/// What can be done where the changes were not applied.
fn not_applied(
    here: &Here<'_>,
    pickup: &Pickup,
    id: &BundleId,
    from: Option<&PathBuf>,
    error: &BundleError,
) -> String {
    match error {
        BundleError::Refused(Refusal::Dirty(_)) if from.is_none() => {
            format!(
                "; the changes of the capture may still be here: then {} pickup, without --apply, is all",
                called()
            )
        }
        BundleError::Refused(Refusal::Diverged { tip, file, .. }) => {
            let branch = format!("came-{}", short(tip));
            let get = format!("git fetch {} HEAD:{branch}", quoted(file));
            let from = from.map(|top| format!(" --from {}", quoted(top))).unwrap_or_default();
            let pickup = format!("{} pickup {id}{from} --apply", called());
            format!(
                ". To have both, merge them first: {get} && git merge --no-edit {branch} && {pickup} --onto-head. To have it as it \
                 was made, beside what is here: {get} && git switch {branch} && {pickup}"
            )
        }
        BundleError::Refused(Refusal::ChangedMeanwhile(_)) => {
            "; everything else is as it was before: commit or stash that, and try again".to_owned()
        }
        error if error.is_read_only() => outside(here, pickup),
        _ => way(id, from, true, error),
    }
}

/// What can be done where another has it.
fn way(id: &BundleId, from: Option<&PathBuf>, is_applied: bool, error: &BundleError) -> String {
    match error {
        BundleError::Claimed { .. } => {
            let command = again(id, from.map(PathBuf::as_path), is_applied);
            format!("; to take it all the same: {command}")
        }
        _ => String::new(),
    }
}

/// The command whole, to be run where everything can be written to.
fn outside(here: &Here<'_>, pickup: &Pickup) -> String {
    let mut command = format!("cd {} && {} pickup", quoted(here.top()), called());
    if let Some(id) = &pickup.id {
        command.push_str(&format!(" {}", quoted(Path::new(id))));
    }
    if let Some(from) = &pickup.from {
        command.push_str(&format!(" --from {}", quoted(&canonical(from))));
    }
    command.push_str(&options(pickup));
    format!("; run it outside of the sandbox: {command}")
}

/// The options that say how, as they were typed.
fn options(pickup: &Pickup) -> String {
    let mut typed = String::new();
    for (is_given, option) in [
        (pickup.apply, " --apply"),
        (pickup.onto_head, " --onto-head"),
        (pickup.allow_config, " --allow-config"),
        (pickup.again, " --again"),
        (pickup.undo, " --undo"),
    ] {
        if is_given {
            typed.push_str(option);
        }
    }
    typed
}

fn summary(bundle: &Trusted) -> String {
    let summary = Sanitised::text(bundle.summary());
    format!("{summary}\n(picked up: {})\n", Sanitised::path(bundle.path()))
}

/// What was changed, a line for each kind.
pub(super) fn changed(applied: &Applied, brought: Option<&Brought>) -> String {
    let mut text = String::new();
    let mut all = "";
    if let Some(Brought { tip, moved }) = brought {
        let new = short(tip);
        text.push_str(&match moved {
            Some(moved) => {
                all = ", the branch too";
                format!("commits: the branch went on from {} to {new}\n", short(&moved.from))
            }
            None => format!("commits: HEAD has what is in those up to {new}\n"),
        });
    }
    for (what, paths) in [
        ("written", &applied.written),
        ("removed", &applied.removed),
        ("staged", &applied.staged),
        ("programs run or obey", &applied.config),
    ] {
        if paths.is_empty() {
            continue;
        }
        let line = |path: &handoff_bundle::TreePath| {
            Sanitised::line(path.to_string().as_bytes(), MAX_PATH_BYTES).to_string()
        };
        let named: Vec<_> = paths.iter().take(MAX_NAMED).map(line).collect();
        let more = if paths.len() > MAX_NAMED { " …" } else { "" };
        text.push_str(&format!("{what}: {} ({}){more}\n", paths.len(), named.join(", ")));
    }
    if applied.merged {
        text.push_str("merged with HEAD, which is another commit\n");
    }
    text.push_str(&format!("to put everything back{all}: {} pickup --undo\n", called()));
    text
}

/// What was uncommitted and is not in the bundle, a line each.
fn not_carried(bundle: &Bundle) -> String {
    let left = bundle.manifest().contents.left_behind().take(MAX_NAMED);
    let lines = left.map(|left| format!("not carried: {}: {}\n", secrets::shown(&left.path), left.text()));
    lines.collect()
}
