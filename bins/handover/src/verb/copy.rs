//! `handoff pull --copy`: what waits at the remote, without taking it from others.

use std::time::Duration;

use handoff_letter::LetterId;
use handoff_mail::Taken;
use handoff_mail::mailroom::{Copied, MailroomError, copy};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use super::import;
use crate::here::Here;

/// How a copy is called in front of people and sessions.
pub(super) const LABEL: &str = "COPY: not taken, others may take it too";

/// Whether the work that came is applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applying {
    pub(super) apply: bool,
    pub(super) allow_config: bool,
}

impl Applying {
    /// Applies the work of the only one that came with some, where that was asked for: what it changed, in lines.
    pub(super) fn of<'t>(
        self,
        here: &Here<'_>,
        came: impl IntoIterator<Item = &'t (LetterId, Taken)>,
    ) -> Option<Result<String, Failure>> {
        let with_work: Vec<_> = came.into_iter().filter_map(|(_, taken)| taken.work.as_ref()).collect();
        match &with_work[..] {
            [work] if self.apply => Some(import::put_in_place(here, work.id.as_str(), self.allow_config)),
            [_, _, ..] if self.apply => {
                Some(Err(Failure::new("more than one came with work; apply one: handoff pickup ID --apply")))
            }
            _ => None,
        }
    }
}

pub(super) fn run(
    here: &Here<'_>,
    id: Option<&str>,
    wait: Option<Duration>,
    applying: Applying,
    is_json: bool,
) -> Result<u8, Failure> {
    let copied = match copy(&here.project, id, wait) {
        // A session's start goes on without what did not come in time, or could not be reached.
        Err(error @ (MailroomError::Slow(_) | MailroomError::Remote(_))) if wait.is_some() => {
            here.output.complain(error);
            return Ok(0);
        }
        copied => copied?,
    };
    let applied = applying.of(here, &copied.copied);
    let is_failed = matches!(applied, Some(Err(_)));
    let changed = applied.as_ref().and_then(|applied| applied.as_ref().ok());
    let code = if is_json {
        here.json(&as_json(&copied, changed.is_some()))
    } else {
        here.print(&as_text(&copied, changed))
    };
    if let Some(Err(failure)) = applied {
        here.output.complain(failure.message);
    }
    Ok(if is_failed { 1 } else { code })
}

/// A letter of which a copy came, and what to do with its work.
pub(super) fn lines(id: &LetterId, taken: &Taken, changed: Option<&String>) -> String {
    let mut text =
        format!("{LABEL}\ncopied     {}; it waits here: {}\n", id.short(), Sanitised::path(&taken.path));
    match (changed, &taken.work) {
        (Some(changed), Some(_)) => text.push_str(changed),
        (None, Some(_)) => text.push_str(&import::work_line(taken)),
        _ => {}
    }
    text
}

pub(super) fn entry(id: &LetterId, taken: &Taken, is_applied: bool) -> Value {
    json!({ "letter": id.as_str(), "path": taken.path.to_string_lossy(), "person": taken.signer.name(), "copy": true,
        "capture": taken.work.as_ref().map(|work| work.id.as_str()),
        "allowed": taken.work.as_ref().map(|work| work.is_allowed), "applied": is_applied && taken.work.is_some() })
}

fn as_text(copied: &Copied, changed: Option<&String>) -> String {
    let mut text: String = copied.copied.iter().map(|(id, taken)| lines(id, taken, changed)).collect();
    if copied.copied.is_empty() {
        text.push_str(&format!("nothing new waits for you at {}\n", copied.remote));
    }
    if copied.strangers > 0 {
        let letters = handoff_capturing::counted(copied.strangers, "letter");
        text.push_str(&format!(
            "strangers  {letters} of people who are not known here: HANDOFF_PEOPLE names them in a sandbox\n"
        ));
    }
    for (id, why) in copied.passed_over.iter().take(10) {
        let why = Sanitised::line(why.as_bytes(), 300);
        text.push_str(&format!("left alone {}: {why}\n", &id[id.len().saturating_sub(8)..]));
    }
    text
}

fn as_json(copied: &Copied, is_applied: bool) -> Value {
    let entries = copied.copied.iter().map(|(id, taken)| entry(id, taken, is_applied));
    json!({ "copied": entries.collect::<Vec<_>>(), "strangers": copied.strangers, "passed_over": copied.passed_over })
}
