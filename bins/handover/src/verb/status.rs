//! `handover status`: how things stand here.

use handoff_agents::HOSTS;
use handoff_bundle::{BundleError, Handover};
use handoff_document::Timestamp;
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::json;

use crate::called::called;
use crate::here::Here;
use crate::quota;
use crate::verb::wire;

pub(crate) fn run(here: &Here<'_>, json: bool) -> Result<u8, Failure> {
    let handover = here.handover()?;
    let interrupted = handover.as_ref().and_then(|handover| {
        // To look, nothing of this is needed.
        interrupted(here, handover).unwrap_or_else(|failure| {
            here.output.complain(format_args!("warning: {}", failure.words));
            None
        })
    });
    let (pending, claimed) = match &handover {
        Some(handover) => {
            let all = handover.list()?;
            let claimed = all.iter().filter(|listed| listed.claimed).count();
            (all.len() - claimed, claimed)
        }
        None => (0, 0),
    };
    let state = here.state()?;
    let now = Timestamp::now();
    let (mut windows, mut troubles) = (Vec::new(), Vec::new());
    for host in HOSTS.iter().copied().filter(|host| host.windows) {
        let answer = quota::sources(&here.config, here.environment, &state, Some(host), None).ask(
            Some(host),
            now,
            here.config.budget,
        );
        troubles.extend(answer.errors.iter().map(|(source, error)| format!("{}: {error}", source.name())));
        for window in answer.reading.iter().flat_map(|reading| &reading.windows) {
            let source = answer.reading.as_ref().map(|reading| reading.source.name()).unwrap_or_default();
            windows.push((host.id, window.clone(), source));
        }
    }
    troubles.dedup();
    let wired = wire::wired(here)?;
    if json {
        let windows: Vec<_> = windows
            .iter()
            .map(|(tool, window, source)| {
                json!({
                    "tool": tool, "window": window.name.as_str(), "used_percent": window.used.get(),
                    "resets_at": window.resets_at.map(|reset| reset.to_string()), "source": source,
                })
            })
            .collect();
        let value = json!({
            "shows_handoffs": wire::shown(here)?, "worktree": here.top().to_string_lossy(), "configured": here.config.is_set, "changed_settings": here.config.changed(),
            "settings_ignored": here.config.is_ignored, "wired": wired,
            "pending": pending, "claimed": claimed, "interrupted": interrupted, "windows": windows, "troubles": troubles,
        });
        return Ok(here.json(&value));
    }
    let mut text = format!("worktree   {}\n", Sanitised::path(here.top()));
    let config = match (here.config.is_ignored, here.config.is_set) {
        (true, _) => {
            format!("the defaults: what came with the repository is not allowed; {} allow --config", called())
        }
        (false, true) => ".handover/config.toml".to_owned(),
        (false, false) => "the defaults: handover init".to_owned(),
    };
    text += &format!("settings   {config}\n");
    for changed in here.config.changed() {
        text += &format!("           {}\n", Sanitised::line(changed.as_bytes(), 400));
    }
    let named = if let (true, Some(words)) = (wired.is_empty(), here.outside()) {
        format!("nothing: {words}")
    } else if wired.is_empty() {
        format!("nothing that captures: {} enable here, or handover install for all projects", called())
    } else {
        wired.join(", ")
    };
    text += &format!("wired      {named}\n");
    let shown = wire::shown(here)?;
    if !shown.is_empty() {
        text += &format!("handoffs   shown to sessions of {}\n", shown.join(" and "));
    }
    if let (false, Some(words)) = (wired.is_empty(), here.outside()) {
        text += &format!("note       nothing can be captured: {words}\n");
    }
    text += &format!("captures   {pending} waiting, {claimed} picked up\n");
    if let Some(id) = interrupted {
        text +=
            &format!("interrupted  the apply of {id}; to put everything back: {} pickup --undo\n", called());
    }
    for (tool, window, source) in &windows {
        text += &format!("{tool:<10} {} {} ({source})\n", window.name.as_str(), quota::used(window));
    }
    if windows.is_empty() {
        text += "windows    no source knows how full they are: run openusage, or handover install for the statusline\n";
    }
    for trouble in troubles {
        text += &format!("note       {}\n", Sanitised::line(trouble.as_bytes(), 1_000));
    }
    Ok(here.print(&text))
}

/// The bundle whose apply was interrupted.
fn interrupted(here: &Here<'_>, handover: &Handover) -> Result<Option<String>, Failure> {
    if !handover.may_have_records()? {
        return Ok(None);
    }
    match handover.interrupted(&here.keyring_to_look()?) {
        // It is under way.
        Err(BundleError::Busy) => Ok(None),
        other => Ok(other?),
    }
}
