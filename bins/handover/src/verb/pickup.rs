//! `handover pickup`: takes what waits, exactly once.

use std::path::Path;

use handoff_bundle::{
    Applied, ApplyOptions, Bundle, BundleError, Claim, Git, Handover, Keyring, Refusal, Trusted, Undone,
};
use handoff_document::Timestamp;
use handoff_files::canonical;
use handoff_process::Failure;
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use super::capture::{announce_again, withdraw};
use crate::args::Pickup;
use crate::called::called;
use crate::here::{Here, no_capture};
use crate::secrets;
use crate::words::counted;

/// How many paths are named.
const NAMED: usize = 20;

/// How many bundles of another worktree are looked at, the newest first.
const LOOKED_AT: usize = 50;

pub(crate) fn run(here: &Here<'_>, pickup: &Pickup) -> Result<u8, Failure> {
    if pickup.undo {
        return undo(here, pickup);
    }
    recover(here, pickup.apply)?;
    let (source, bundle) = find(here, pickup)?;
    let bundle = here.trusted(bundle)?;
    if !pickup.apply {
        bundle.verify()?;
        let claim = claim(here, &bundle, pickup)?;
        let code = here.print(&told(here, &bundle));
        match code {
            0 => withdraw(here, &bundle),
            // Nobody has read it.
            _ => drop(claim.give_back()?),
        }
        return Ok(code);
    }
    here.must_be_inside()?;
    let git = here.git()?;
    let target = Handover::create(here.top(), here.config.track)
        .map_err(|error| refused(here, &source, &bundle, pickup, error))?
        .leaving_out(&here.own_directories());
    let options =
        ApplyOptions { allow_config: pickup.allow_config, onto_head: pickup.onto_head, again: pickup.again };
    let applied = target
        .apply(&git, &here.keyring()?, &bundle, options, &taker(here, pickup), Timestamp::now())
        .map_err(|error| refused(here, &source, &bundle, pickup, error))?;
    withdraw(here, &bundle);
    // It is done, whether that could be said or not.
    here.print(&format!("{}\n{}{}", summary(&bundle), what(&applied), not_carried(&bundle)));
    Ok(0)
}

/// Rolls an interrupted apply back before anything is looked for, since the bundle waits again only then. With `must`, as
/// before an apply, what is in the way of that is an error; else it is a warning.
pub(crate) fn recover(here: &Here<'_>, must: bool) -> Result<(), Failure> {
    match try_recover(here) {
        // It is not interrupted, but under way.
        Err(BundleError::Busy) if !must => Ok(()),
        Err(error) if !must => {
            here.output.complain(format_args!("warning: {}", not_recovered(&error)));
            Ok(())
        }
        other => Ok(other?),
    }
}

/// The same before a capture, which no record stops: what is in the way of rolling back becomes a note.
///
/// # Errors
/// While an apply is under way: half of one is not this session's work.
pub(crate) fn recover_before_capture(here: &Here<'_>) -> Result<Option<String>, Failure> {
    match try_recover(here) {
        Err(BundleError::Busy) => Err(BundleError::Busy.into()),
        Err(error) => Ok(Some(not_recovered(&error))),
        Ok(()) => Ok(None),
    }
}

fn not_recovered(error: &BundleError) -> String {
    if matches!(error, BundleError::NoUndoDirectory { .. }) {
        return error.to_string();
    }
    format!(
        "an apply may have been interrupted here, and what it changed was not put back: {error}; {} pickup --undo \
         tries again, and to keep what is there now, remove .handover/undo",
        called()
    )
}

fn try_recover(here: &Here<'_>) -> Result<(), BundleError> {
    let Some(handover) = Handover::open(here.top())? else { return Ok(()) };
    if !handover.may_have_records()? {
        return Ok(());
    }
    let keyring = Keyring::open(&here.state().map_err(|_| BundleError::NoKey)?)?;
    name_ignored(here, &handover, &keyring)?;
    if handover.interrupted(&keyring)?.is_some()
        && let Some(Undone { bundle, waits, .. }) =
            handover.recover(&Git::find(here.environment)?, &keyring)?
    {
        let note = if waits.is_some() { format!(", and {bundle} waits again") } else { String::new() };
        announce(here, waits.as_deref());
        here.output.note(&format!("note: an apply of {bundle} was interrupted; it is undone{note}\n"));
    }
    Ok(())
}

/// Names what lies in `undo/` and is not obeyed.
fn name_ignored(here: &Here<'_>, handover: &Handover, keyring: &Keyring) -> Result<(), BundleError> {
    let ignored = handover.ignored_records(keyring)?;
    let Some(first) = ignored.first() else { return Ok(()) };
    let more = if ignored.len() > 1 { format!(" and {} more", ignored.len() - 1) } else { String::new() };
    let path = Sanitised::path(&first.path);
    match &first.made_in {
        Some(top) => here.output.complain(format_args!(
            "warning: {path}{more} was made in {}, from where this worktree was moved or copied, and is ignored here; to \
             undo that apply, move it back there first",
            Sanitised::path(top)
        )),
        None => here.output.complain(format_args!(
            "warning: {path}{more} was not made by you in this worktree, or was changed, and is ignored: rm -r {}",
            handoff_process::quoted(&first.path)
        )),
    }
    Ok(())
}

/// Takes `bundle` for this worktree.
pub(crate) fn claim(here: &Here<'_>, bundle: &Bundle, pickup: &Pickup) -> Result<Claim, Failure> {
    let (by, at) = (taker(here, pickup), Timestamp::now());
    let claim = if pickup.again { bundle.claim_again(&by, at) } else { bundle.claim(&by, at) };
    claim.map_err(|error| {
        let way = if error.is_read_only() {
            outside(here, pickup)
        } else {
            way(here, bundle, pickup.apply, &error)
        };
        Failure::new(format!("{error}{way}"))
    })
}

/// Who has it then.
fn taker(here: &Here<'_>, pickup: &Pickup) -> String {
    let how = if pickup.apply { "pickup --apply" } else { "pickup" };
    format!("{how} in {}", handoff_text::Sanitised::path(here.top()))
}

/// The command whole, to be run where everything can be written to.
fn outside(here: &Here<'_>, pickup: &Pickup) -> String {
    let mut command = format!("cd {} && {} pickup", handoff_process::quoted(here.top()), called());
    if let Some(id) = &pickup.id {
        command += &format!(" {}", handoff_process::quoted(Path::new(id)));
    }
    if let Some(from) = &pickup.from {
        command += &format!(" --from {}", handoff_process::quoted(&canonical(from)));
    }
    command += &options(pickup);
    format!("; run it outside of the sandbox: {command}")
}

/// The options that say how, as they were typed.
fn options(pickup: &Pickup) -> String {
    let mut typed = String::new();
    for (is_given, option) in [
        (pickup.apply, "--apply"),
        (pickup.onto_head, "--onto-head"),
        (pickup.allow_config, "--allow-config"),
        (pickup.again, "--again"),
        (pickup.undo, "--undo"),
    ] {
        if is_given {
            typed += &format!(" {option}");
        }
    }
    typed
}

/// What can be done where another has it.
fn way(here: &Here<'_>, bundle: &Bundle, apply: bool, error: &BundleError) -> String {
    match error {
        BundleError::Claimed { .. } => {
            format!("; to take it all the same: {}", take_again(here, bundle, apply))
        }
        _ => String::new(),
    }
}

/// The command that takes `bundle` once more, from where it lies.
fn take_again(here: &Here<'_>, bundle: &Bundle, apply: bool) -> String {
    let top = bundle.path().ancestors().nth(3).filter(|top| canonical(top) != canonical(here.top()));
    let from = top.map(|top| format!(" --from {}", handoff_process::quoted(top))).unwrap_or_default();
    let apply = if apply { " --apply" } else { "" };
    format!("{} pickup {}{from} --again{apply}", called(), bundle.id())
}

/// Where the bundle is, and which: here, or where `--from` says.
fn find(here: &Here<'_>, pickup: &Pickup) -> Result<(Handover, Bundle), Failure> {
    let id = pickup.id.as_deref();
    let Some(from) = &pickup.from else {
        let own = here.handover()?;
        return match own {
            Some(own) if id.is_some() || pickup.again || !own.pending()?.is_empty() => {
                let bundle = here.choose(&own, id, pickup.again)?;
                Ok((own, bundle))
            }
            own => Err(none_here(here, own.as_ref(), pickup)?),
        };
    };
    let from = canonical(from);
    // A bundle's own directory, or a worktree.
    let is_bundle = handoff_files::is_file(&from.join("manifest.json"));
    let (top, id) =
        match (is_bundle, from.file_name().and_then(|name| name.to_str()), from.ancestors().nth(3)) {
            (true, Some(name), Some(top)) => (top.to_owned(), Some(name)),
            // Any directory of it will do.
            _ => (Worktree::find(&from).map_or(from.clone(), |worktree| worktree.top().to_owned()), id),
        };
    let source = Handover::open(&top)?
        .ok_or_else(|| Failure::new(format!("there is no .handover in {}", Sanitised::path(&top))))?;
    let bundle = here.choose(&source, id, pickup.again)?;
    Ok((source, bundle))
}

/// Why nothing is picked up here.
fn none_here(here: &Here<'_>, own: Option<&Handover>, pickup: &Pickup) -> Result<Failure, Failure> {
    if let Some(words) = here.outside() {
        return Ok(Failure::new(words));
    }
    Ok(match (elsewhere(here)?.first(), own) {
        (Some((other, _)), _) => Failure::new(format!(
            "no capture waits here, and there is one elsewhere: {} pickup --from {}{}",
            called(),
            handoff_process::quoted(other.top()),
            options(pickup)
        )),
        (None, Some(own)) => here.nothing(own),
        (None, None) => Failure::new(no_capture(here.top())),
    })
}

/// The other worktrees of this repository where something waits, with the newest that is for this one.
pub(crate) fn elsewhere(here: &Here<'_>) -> Result<Vec<(Handover, Bundle)>, Failure> {
    let worktrees = here.worktree.repository().map(|repository| repository.worktrees()).unwrap_or_default();
    let mut found = Vec::new();
    for top in worktrees.iter().filter(|top| *top != here.top()) {
        let Some(other) = Handover::open(top)? else { continue };
        let newest = other.pending()?.into_iter().take(LOOKED_AT).filter_map(|id| other.bundle(&id).ok());
        if let Some(bundle) = newest.into_iter().find(|bundle| here.is_for_us(bundle)) {
            found.push((other, bundle));
        }
    }
    Ok(found)
}

fn summary(bundle: &Trusted) -> String {
    let summary = Sanitised::text(bundle.summary());
    format!("{summary}\n(picked up: {})\n", Sanitised::path(bundle.path()))
}

fn told(here: &Here<'_>, bundle: &Trusted) -> String {
    format!("{}{}", summary(bundle), whereabouts(here, bundle))
}

/// Where the changes are that a bundle holds, as far as a look at this worktree tells.
pub(crate) fn whereabouts(here: &Here<'_>, bundle: &Bundle) -> String {
    let contents = &bundle.manifest().contents;
    if contents.is_empty() {
        let is_clean = contents.left_behind().next().is_none();
        let words =
            if is_clean { "Nothing was uncommitted.\n" } else { "Nothing uncommitted could be carried.\n" };
        return words.to_owned();
    }
    let _watch = handoff_files::PipeWatch::over(here.top());
    let changes = here.worktree.repository().and_then(|repository| repository.changes());
    match changes.is_some_and(|changes| changes.is_empty()) {
        true => format!(
            "Nothing is uncommitted in this worktree; to have the changes here: {}\n",
            take_again(here, bundle, true)
        ),
        false => "The changes are in this worktree, unless somebody took them away: git status.\n".to_owned(),
    }
}

fn what(applied: &Applied) -> String {
    let mut text = String::new();
    for (what, paths) in [
        ("written", &applied.written),
        ("removed", &applied.removed),
        ("staged", &applied.staged),
        ("programs run or obey", &applied.config),
    ] {
        if paths.is_empty() {
            continue;
        }
        text += &format!("{what}: {}", paths.len());
        let named = paths
            .iter()
            .take(NAMED)
            .map(|path| Sanitised::line(path.to_string().as_bytes(), 200).to_string());
        text += &format!(" ({})", named.collect::<Vec<_>>().join(", "));
        text += if paths.len() > NAMED { " …\n" } else { "\n" };
    }
    if applied.merged {
        text += "merged with HEAD, which is another commit\n";
    }
    text + &format!("to put everything back: {} pickup --undo\n", called())
}

/// What was uncommitted and is not in the bundle, a line each.
fn not_carried(bundle: &Bundle) -> String {
    let left = bundle.manifest().contents.left_behind().take(NAMED);
    let lines = left.map(|left| format!("not carried: {}: {}\n", secrets::shown(&left.path), left.text()));
    lines.collect()
}

/// A refusal, with the way that is open here.
fn refused(
    here: &Here<'_>,
    source: &Handover,
    bundle: &Bundle,
    pickup: &Pickup,
    error: BundleError,
) -> Failure {
    let same = canonical(source.top()) == canonical(here.top());
    let way = match &error {
        BundleError::Refused(Refusal::Dirty(_)) if same => {
            format!(
                "; the changes of the capture may still be here: then {} pickup, without --apply, is all",
                called()
            )
        }
        BundleError::Refused(Refusal::ChangedMeanwhile(_)) => {
            "; everything else is as it was before: commit or stash that, and try again".into()
        }
        error if error.is_read_only() => outside(here, pickup),
        _ => way(here, bundle, true, &error),
    };
    Failure::new(format!("could not apply it: {error}{way}"))
}

/// Has the handoff that tells of the bundle at `path` wait again, as the bundle does.
fn announce(here: &Here<'_>, path: Option<&Path>) {
    let Some((path, top)) = path.and_then(|path| Some((path, path.ancestors().nth(3)?))) else { return };
    let id = path.file_name().and_then(|name| name.to_str());
    if let (Ok(Some(source)), Some(id)) = (Handover::open(top), id)
        && let Ok(bundle) = here.choose(&source, Some(id), true)
    {
        announce_again(here, &bundle);
    }
}

fn undo(here: &Here<'_>, pickup: &Pickup) -> Result<u8, Failure> {
    let handover = here.handover()?.ok_or_else(|| Failure::new("there is nothing to undo"))?;
    let keyring = here.keyring()?;
    name_ignored(here, &handover, &keyring)?;
    let undone = handover.undo(&here.git()?, &keyring);
    let Undone { bundle, paths, waits, .. } = undone.map_err(|error| {
        let way = if error.is_read_only() { outside(here, pickup) } else { String::new() };
        Failure::new(format!("{error}{way}"))
    })?;
    announce(here, waits.as_deref());
    let note = if waits.is_some() { ", and waits again" } else { "" };
    Ok(here.print(&format!("undone: {bundle}, {} put back{note}\n", counted(paths.len(), "path"))))
}
