//! `handoff mail --local`: what is known on this machine of its mailrooms, for other programs of ours. No network is reached.

use handoff_mail::ME;
use handoff_mail::mailroom::{MailroomError, Overview, RoomOverview};
use handoff_process::Failure;
use handoff_text::Sanitised;

use crate::here::Here;

/// At most so many people, and so many machines, are named.
const MAX_NAMES: usize = 20;

pub(crate) fn run(here: &Here<'_>, is_json: bool) -> Result<u8, Failure> {
    let overview = Overview::of(&here.project, is_json)?;
    if is_json {
        let json = serde_json::to_value(&overview)
            .map_err(|error| MailroomError::Record { path: "mail.json".into(), error })?;
        return Ok(here.json(&json));
    }
    let room = overview.rooms.iter().find(|room| room.is_here);
    Ok(room.map_or(0, |room| here.print(&addresses(&overview, room))))
}

/// Whom letters from here can be addressed to, one line.
fn addresses(overview: &Overview, room: &RoomOverview) -> String {
    let others = overview.people.iter().filter(|name| *name != ME).take(MAX_NAMES).cloned();
    let machines = overview.machines.iter().take(MAX_NAMES).map(|machine| format!("host:{machine}"));
    let fixed = ["branch[:NAME]", "anyone", "a mail address"].map(str::to_owned);
    let all: Vec<_> = std::iter::once(ME.to_owned()).chain(others).chain(machines).chain(fixed).collect();
    format!("{}; through {}\n", all.join(", "), Sanitised::line(room.remote.as_bytes(), 100))
}
