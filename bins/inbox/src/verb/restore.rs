//! `inbox restore`: what was archived is unread again.

use handoff_process::Status;
use serde_json::json;

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};

pub(crate) fn run(here: &Here, ids: &[String]) -> Result<Status, Failure> {
    let unknown = || Unclear::Unknown(ids.first().cloned().unwrap_or_default());
    let inbox = here.own_inbox()?.ok_or_else(unknown)?;
    let archived = here.archived(&inbox, false)?;
    let chosen: Result<Vec<usize>, Unclear> =
        ids.iter().map(|id| id::resolve(id, archived.iter().map(|name| name.as_os_str()))).collect();
    let mut done = Vec::new();
    for index in chosen? {
        let shown = id::shown(&archived[index]);
        if !inbox.restore(&archived[index])? {
            return Err(format!("could not restore {shown}: one of that name is unread").into());
        }
        done.push(shown);
    }
    if here.json {
        return Ok(here.output.json(&json!({ "restored": done })));
    }
    Ok(here.output.print(&done.iter().map(|name| format!("restored: {name}\n")).collect::<String>()))
}
