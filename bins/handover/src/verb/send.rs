//! `handoff send`: gives a handoff to another machine through ssh.

use std::ffi::OsStr;

use handoff_mail::{Identity, Machine, NotPacked, Unreceipted, introduce, send};
use handoff_process::{Failure, HandoffRequest};
use handoff_state::StateDir;
use handoff_text::Sanitised;
use serde_json::json;

use super::export::{make_again, misused, say, work, work_as_json};
use crate::args::Send;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, typed: &Send) -> Result<u8, Failure> {
    let environment = here.project.environment;
    let unreceipted = Unreceipted::open(environment, here.top(), &typed.to).map_err(NotPacked::from)?;
    let again = |name: &str| unreceipted.letter_of(name);
    let packed = make_again(here, typed.id.as_deref(), &typed.letter, &again).map_err(misused)?;
    if typed.introduce {
        let machine = Machine::open(&StateDir::of(environment)?)?;
        let Identity { mail, .. } = packed.sender();
        introduce(environment, &machine, &mail, &typed.to)?;
        here.output.note(&format!("{} takes letters of {} from now on\n", typed.to.host(), machine.name));
    }
    unreceipted.note(&packed.name, &packed.letter.id)?;
    let receipt = send(environment, &packed, &typed.to)?;
    say(here, &packed);
    // It waits over there now, and no longer here.
    let is_archived = packed.is_unread && HandoffRequest::withdraw(here.top(), OsStr::new(&packed.name));
    unreceipted.forget(&packed.name)?;
    let letter = &packed.letter;
    if typed.json {
        let json = json!({ "letter": letter.id.as_str(), "host": typed.to.host(), "worktree": receipt.worktree,
            "path": receipt.path, "capture": receipt.capture, "handoff": packed.name, "archived": is_archived, "before": receipt.before,
            "work": work_as_json(letter), "not_carried": packed.not_carried });
        return Ok(here.json(&json));
    }
    let there = Sanitised::line(receipt.worktree.as_bytes(), 400);
    let (title, host) = (&letter.title, typed.to.host());
    let mut text = if receipt.before {
        format!("sent \"{title}\" to {host}: it had arrived there before, in {there}\n")
    } else {
        format!("sent \"{title}\" to {host}: it waits in {there}\n{}", work(letter))
    };
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
