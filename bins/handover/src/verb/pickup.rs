//! `handover pickup`: takes what waits, exactly once.

use handoff_bundle::{Applied, ApplyOptions, Bundle, BundleError, Claim, Handover, Refusal, Trusted, Undone};
use handoff_document::Timestamp;
use handoff_files::canonical;
use handoff_process::Failure;
use handoff_text::Sanitised;

use crate::args::Pickup;
use crate::here::Here;
use crate::words::counted;

/// How many paths are named.
const NAMED: usize = 20;

pub(crate) fn run(here: &Here<'_>, pickup: &Pickup) -> Result<u8, Failure> {
    if pickup.undo {
        return undo(here);
    }
    mend(here, pickup.apply)?;
    let (source, bundle) = find(here, pickup)?;
    let bundle = here.trusted(bundle)?;
    if !pickup.apply {
        let claim = claim(here, &bundle, pickup)?;
        let code = here.print(&told(here, &source, &bundle));
        if code != 0 {
            // Nobody has read it.
            claim.give_back()?;
        }
        return Ok(code);
    }
    here.must_be_inside()?;
    let git = here.git()?;
    let target = Handover::create(here.top(), here.config.track)?;
    let options =
        ApplyOptions { allow_config: pickup.allow_config, onto_head: pickup.onto_head, again: pickup.again };
    let applied = target
        .apply(&git, &bundle, options, &taker(here, pickup), Timestamp::now())
        .map_err(|error| refused(here, &source, error))?;
    let text = told(here, &source, &bundle);
    Ok(here.print(&format!("{text}\n{}", what(&applied))))
}

/// Puts back what an interrupted apply left here. Before anything is looked for, since the bundle waits again only then.
pub(crate) fn mend(here: &Here<'_>, must: bool) -> Result<(), Failure> {
    let Some(handover) = here.handover()? else { return Ok(()) };
    let interrupted = match handover.interrupted() {
        // It is not interrupted, but under way.
        Err(BundleError::Busy) if !must => None,
        other => other?,
    };
    if interrupted.is_some()
        && let Some(Undone { bundle, waits, .. }) = handover.recover(&here.git()?)?
    {
        let note = if waits { format!(", and {bundle} waits again") } else { String::new() };
        here.output.note(&format!("note: an apply of {bundle} was interrupted; it is undone{note}\n"));
    }
    Ok(())
}

/// Takes `bundle` for this worktree.
pub(crate) fn claim(here: &Here<'_>, bundle: &Bundle, pickup: &Pickup) -> Result<Claim, Failure> {
    let (by, at) = (taker(here, pickup), Timestamp::now());
    let claim = if pickup.again { bundle.claim_again(&by, at) } else { bundle.claim(&by, at) };
    claim.map_err(|error| Failure::new(format!("{error}{}", way(&error))))
}

/// Who has it then.
fn taker(here: &Here<'_>, pickup: &Pickup) -> String {
    let how = if pickup.apply { "pickup --apply" } else { "pickup" };
    format!("{how} in {}", here.top().display())
}

/// What can be done where another has it.
fn way(error: &BundleError) -> String {
    match error {
        BundleError::Claimed { id, .. } => {
            format!("; to take it all the same: handover pickup {id} --again")
        }
        _ => String::new(),
    }
}

/// Where the bundle is, and which: here, or where `--from` says.
fn find(here: &Here<'_>, pickup: &Pickup) -> Result<(Handover, Bundle), Failure> {
    let id = pickup.id.as_deref();
    let Some(from) = &pickup.from else {
        if let Some(own) = here.handover()?
            && (id.is_some() || !own.pending()?.is_empty())
        {
            let bundle = here.choose(&own, id)?;
            return Ok((own, bundle));
        }
        if let Some(words) = here.outside() {
            return Err(Failure::new(words));
        }
        return Err(Failure::new(format!("no capture waits here{}", elsewhere(here)?)));
    };
    let from = canonical(from);
    // A bundle's own directory, or a worktree.
    let is_bundle = handoff_files::is_file(&from.join("manifest.json"));
    let (top, id) =
        match (is_bundle, from.file_name().and_then(|name| name.to_str()), from.ancestors().nth(3)) {
            (true, Some(name), Some(top)) => (top.to_owned(), Some(name)),
            _ => (from.clone(), id),
        };
    let source = Handover::open(&top)?
        .ok_or_else(|| Failure::new(format!("there is no .handover in {}", from.display())))?;
    let bundle = here.choose(&source, id)?;
    Ok((source, bundle))
}

/// The other worktrees of this repository where something waits.
fn elsewhere(here: &Here<'_>) -> Result<String, Failure> {
    let worktrees = here.worktree.repository().map(|repository| repository.worktrees()).unwrap_or_default();
    for top in worktrees.iter().filter(|top| *top != here.top()) {
        if let Some(other) = Handover::open(top)?
            && !other.pending()?.is_empty()
        {
            let top = handoff_process::quoted(top);
            return Ok(format!(", and there is one elsewhere: handover pickup --from {top}"));
        }
    }
    Ok(format!(" in {}: handover pending, or --from DIR", here.top().display()))
}

fn told(here: &Here<'_>, source: &Handover, bundle: &Trusted) -> String {
    let summary = Sanitised::text(bundle.summary());
    let mut text = format!("{summary}\n(picked up: {})\n", bundle.path().display());
    let contents = &bundle.manifest().contents;
    let has_changes = !contents.files.is_empty() || !contents.staged.is_empty();
    if has_changes && canonical(source.top()) == canonical(here.top()) {
        text += "The changes are in this worktree, unless somebody took them away: git status.\n";
    }
    text
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
    text + "to put everything back: handover pickup --undo\n"
}

/// A refusal, with the way that is open here.
fn refused(here: &Here<'_>, source: &Handover, error: BundleError) -> Failure {
    let same = canonical(source.top()) == canonical(here.top());
    let is_dirty = matches!(&error, BundleError::Refused(Refusal::Dirty(_)));
    let way = match same && is_dirty {
        true => {
            "; the changes of the capture may still be here: then handover pickup, without --apply, is all"
                .into()
        }
        false => way(&error),
    };
    Failure::new(format!("could not apply it: {error}{way}"))
}

fn undo(here: &Here<'_>) -> Result<u8, Failure> {
    let handover = here.handover()?.ok_or_else(|| Failure::new("there is nothing to undo"))?;
    let Undone { bundle, paths, waits, .. } = handover.undo(&here.git()?)?;
    let note = if waits { ", and waits again" } else { "" };
    Ok(here.print(&format!("undone: {bundle}, {} put back{note}\n", counted(paths.len(), "path"))))
}
