//! `handoff send`: gives a handoff to another machine through ssh.

use std::ffi::OsStr;

use handoff_mail::{Identity, Machine, introduce, send};
use handoff_process::{Failure, HandoffRequest};
use handoff_state::StateDir;
use handoff_text::Sanitised;
use serde_json::json;

use super::export::{make, say, work, work_as_json};
use crate::args::Send;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, typed: &Send) -> Result<u8, Failure> {
    let environment = here.project.environment;
    let packed = make(here, typed.id.as_deref(), &typed.letter, None)?;
    if typed.introduce {
        let machine = Machine::open(&StateDir::of(environment)?)?;
        let Identity { mail, .. } = packed.sender();
        introduce(environment, &machine, &mail, &typed.to)?;
        here.output.note(&format!("{} takes letters of {} from now on\n", typed.to.host(), machine.name));
    }
    let receipt = send(environment, &packed, &typed.to)?;
    say(here, &packed);
    // It waits over there now, and no longer here.
    let is_archived = packed.is_unread && HandoffRequest::withdraw(here.top(), OsStr::new(&packed.name));
    let letter = &packed.letter;
    if typed.json {
        let json = json!({ "letter": letter.id.as_str(), "host": typed.to.host(), "worktree": receipt.worktree,
            "path": receipt.path, "capture": receipt.capture, "handoff": packed.name, "archived": is_archived,
            "work": work_as_json(letter), "not_carried": packed.not_carried });
        return Ok(here.json(&json));
    }
    let there = Sanitised::line(receipt.worktree.as_bytes(), 400);
    let mut text =
        format!("sent \"{}\" to {}: it waits in {there}\n{}", letter.title, typed.to.host(), work(letter));
    if let Some(capture) = &receipt.capture {
        let capture = Sanitised::line(capture.as_bytes(), 100);
        text.push_str(&format!("there: handoff pickup {capture} --apply\n"));
    }
    if packed.is_unread {
        text.push_str(if is_archived {
            "here it is archived\n"
        } else {
            "here it is unread still: it could not be archived\n"
        });
    }
    Ok(here.print(&text))
}
