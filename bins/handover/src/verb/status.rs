//! `handover status`: how things stand here.

use handoff_agents::HOSTS;
use handoff_bundle::{BundleError, Handover};
use handoff_document::Timestamp;
use handoff_process::Failure;
use handoff_quota::Window;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use crate::here::Here;
use crate::verb::wire;
use handoff_capturing::called;
use handoff_capturing::windows;

/// How things stand in a worktree.
struct Standing {
    /// How many captures wait, and how many were picked up.
    pending: usize,
    claimed: usize,
    /// The bundle whose apply was interrupted.
    interrupted: Option<String>,
    windows: Vec<Known>,
    /// Why sources of the windows could not be asked.
    troubles: Vec<String>,
    /// What captures here.
    wired: Vec<String>,
    /// The tools whose sessions are shown handoffs.
    shown: Vec<&'static str>,
}

/// A usage window, and who knows of it.
struct Known {
    tool: &'static str,
    window: Window,
    source: &'static str,
}

pub(crate) fn run(here: &Here<'_>, json: bool) -> Result<u8, Failure> {
    let standing = Standing::of(here)?;
    Ok(if json { here.json(&standing.as_json(here)) } else { here.print(&standing.as_text(here)) })
}

impl Standing {
    fn of(here: &Here<'_>) -> Result<Self, Failure> {
        let handover = here.project.handover()?;
        let interrupted = handover.as_ref().and_then(|handover| {
            // To look, nothing of this is needed.
            interrupted(here, handover).unwrap_or_else(|failure| {
                here.output.complain(format_args!("warning: {}", failure.message));
                None
            })
        });
        let all = handover.as_ref().map(Handover::list).transpose()?.unwrap_or_default();
        let claimed = all.iter().filter(|listed| listed.claimed).count();
        let (windows, troubles) = windows(here)?;
        let (wired, shown) = (wire::wired(here)?, wire::shown(here)?);
        Ok(Self { pending: all.len() - claimed, claimed, interrupted, windows, troubles, wired, shown })
    }

    fn as_json(&self, here: &Here<'_>) -> Value {
        let window = |Known { tool, window, source }: &Known| {
            json!({
                "tool": tool, "window": window.name.as_str(), "used_percent": window.used.get(),
                "resets_at": window.resets_at.map(|reset| reset.to_string()), "source": source,
            })
        };
        json!({
            "shows_handoffs": self.shown, "worktree": here.top().to_string_lossy(),
            "configured": here.project.settings.is_set, "changed_settings": here.project.settings.changed(),
            "settings_ignored": here.project.settings.is_ignored, "wired": self.wired,
            "pending": self.pending, "claimed": self.claimed, "interrupted": self.interrupted,
            "windows": self.windows.iter().map(window).collect::<Vec<_>>(), "troubles": self.troubles,
        })
    }

    fn as_text(&self, here: &Here<'_>) -> String {
        let mut text =
            format!("worktree   {}\n{}{}", Sanitised::path(here.top()), settings(here), self.wiring(here));
        text.push_str(&format!("captures   {} waiting, {} picked up\n", self.pending, self.claimed));
        if let Some(id) = &self.interrupted {
            let called = called();
            text +=
                &format!("interrupted  the apply of {id}; to put everything back: {called} pickup --undo\n");
        }
        for Known { tool, window, source } in &self.windows {
            text.push_str(&format!(
                "{tool:<10} {} {} ({source})\n",
                window.name.as_str(),
                windows::used(window)
            ));
        }
        if self.windows.is_empty() {
            text += "windows    no source knows how full they are: run openusage, or handover install for the statusline\n";
        }
        for trouble in &self.troubles {
            text.push_str(&format!("note       {}\n", Sanitised::line(trouble.as_bytes(), 1_000)));
        }
        text
    }

    /// What captures here, and what shows handoffs.
    fn wiring(&self, here: &Here<'_>) -> String {
        let outside = here.project.outside();
        let named = match (&outside, self.wired.is_empty()) {
            (Some(words), true) => format!("nothing: {words}"),
            (None, true) => {
                format!(
                    "nothing that captures: {} enable here, or handover install for all projects",
                    called()
                )
            }
            (_, false) => self.wired.join(", "),
        };
        let mut text = format!("wired      {named}\n");
        if !self.shown.is_empty() {
            text.push_str(&format!("handoffs   shown to sessions of {}\n", self.shown.join(" and ")));
        }
        if let (false, Some(words)) = (self.wired.is_empty(), outside) {
            text.push_str(&format!("note       nothing can be captured: {words}\n"));
        }
        text
    }
}

/// Where the settings are from, and which are not the defaults.
fn settings(here: &Here<'_>) -> String {
    let from = match (here.project.settings.is_ignored, here.project.settings.is_set) {
        (true, _) => {
            format!("the defaults: what came with the repository is not allowed; {} allow --config", called())
        }
        (false, true) => ".handover/config.toml".to_owned(),
        (false, false) => "the defaults: handover init".to_owned(),
    };
    let mut text = format!("settings   {from}\n");
    for changed in here.project.settings.changed() {
        text.push_str(&format!("           {}\n", Sanitised::line(changed.as_bytes(), 400)));
    }
    text
}

/// The usage windows of every tool that has some, and why sources could not be asked.
fn windows(here: &Here<'_>) -> Result<(Vec<Known>, Vec<String>), Failure> {
    let (state, now) = (here.project.state()?, Timestamp::now());
    let (mut windows, mut troubles) = (Vec::new(), Vec::new());
    for host in HOSTS.iter().copied().filter(|host| host.windows) {
        let sources =
            windows::sources(&here.project.settings, here.project.environment, &state, Some(host), None);
        let answer = sources.ask(Some(host), now, here.project.settings.budget);
        troubles.extend(answer.errors.iter().map(|(source, error)| format!("{}: {error}", source.name())));
        if let Some(reading) = &answer.reading {
            let source = reading.source.name();
            let known = |window: &Window| Known { tool: host.id, window: window.clone(), source };
            windows.extend(reading.windows.iter().map(known));
        }
    }
    troubles.dedup();
    Ok((windows, troubles))
}

/// The bundle whose apply was interrupted.
fn interrupted(here: &Here<'_>, handover: &Handover) -> Result<Option<String>, Failure> {
    if !handover.may_have_records()? {
        return Ok(None);
    }
    match handover.interrupted(&here.project.keyring_to_look()?) {
        // It is under way.
        Err(BundleError::Busy) => Ok(None),
        other => Ok(other?),
    }
}
