//! `handoff push --via branch`, `handoff pull --via branch`: letters in the message of an empty commit.

use handoff_letter::LetterId;
use handoff_mail::mailroom::{AtTip, Branch, Connection, MailroomError};
use handoff_mail::{PackRequest, Taken, pack};
use handoff_process::Failure;
use serde_json::json;

use super::copy::{self, Applying};
use super::export::{say, work, work_as_json};
use super::wire;
use crate::args;
use crate::here::Here;

pub(super) fn push(
    here: &Here<'_>,
    id: Option<&str>,
    typed: &args::Letter,
    is_private: bool,
    is_json: bool,
) -> Result<u8, Failure> {
    let branch = Branch::open(&here.project, None, is_private)?;
    // Before anything is captured.
    branch.check_audience()?;
    let to = branch.mailbox();
    let request = PackRequest {
        id,
        to: Some(&to),
        with_work: typed.with_work,
        with_commits: false,
        allow_secrets: typed.allow_secrets,
        repository: None,
        again: &|_| None,
        own: &|| wire::own(here),
    };
    let packed = pack(&here.project, &request)?;
    let pushed = branch.push(&packed, typed.allow_secrets)?;
    say(here, &packed);
    let letter = &packed.letter;
    if is_json {
        let json = json!({ "letter": pushed.id.as_str(), "remote": branch.remote, "branch": branch.name,
            "commit": pushed.commit, "before": pushed.was_there, "here": pushed.is_here, "handoff": packed.name,
            "archived": pushed.is_archived, "work": work_as_json(letter), "not_carried": packed.not_carried });
        return Ok(here.json(&json));
    }
    let (remote, name) = (&branch.remote, &branch.name);
    let mut text = if pushed.was_there {
        format!(
            "there      {}: an earlier push of this handoff had arrived on {name} at {remote}\n",
            pushed.id.short()
        )
    } else {
        format!(
            "pushed     {} \"{}\" on {name} at {remote}, with the branch's own commits; for whoever reads that branch\n{}",
            pushed.id.short(),
            letter.title,
            work(letter)
        )
    };
    text.push_str(&format!("in another clone: handoff pull --via branch:{name}\n"));
    if !pushed.is_here {
        text.push_str(&format!(
            "{name} moved here meanwhile; to have the commit here too: git pull {remote} {name}\n"
        ));
    }
    if pushed.is_archived {
        text.push_str("here it is archived\n");
    }
    Ok(here.print(&text))
}

/// The letter that the newest commit of the checked out branch carries at its remote, where the clone knows the branch there. What
/// keeps one from being taken is said; a remote that is not reached is not.
pub(super) fn here(here: &Here<'_>, connection: Connection) -> Option<(LetterId, Taken)> {
    let branch = Branch::open(&here.project, None, false).ok().filter(Branch::is_tracked)?;
    let branch = branch.through(connection);
    match branch.pull(false) {
        Ok(AtTip::Taken(id, taken)) => Some((id, *taken)),
        Err(error @ (MailroomError::NotTaken(_) | MailroomError::Mail(_) | MailroomError::Odd(_))) => {
            here.output
                .complain(format_args!("the handoff on {} at {}: {error}", branch.name, branch.remote));
            None
        }
        _ => None,
    }
}

pub(super) fn pull(
    here: &Here<'_>,
    branch: Option<&str>,
    apply: bool,
    allow_config: bool,
    is_json: bool,
) -> Result<u8, Failure> {
    let branch = Branch::open(&here.project, branch, false)?;
    let at_tip = branch.pull(true)?;
    let (remote, name) = (&branch.remote, &branch.name);
    let nothing = |why: String| {
        if is_json {
            here.json(&json!({ "copied": [], "why": why }))
        } else {
            here.print(&format!("{why}\n"))
        }
    };
    let came = match at_tip {
        AtTip::NoBranch => return Ok(nothing(format!("{remote} has no branch {name}"))),
        AtTip::Nothing => {
            return Ok(nothing(format!("the newest commit of {name} at {remote} carries no handoff")));
        }
        AtTip::Before(id) => {
            return Ok(nothing(format!("{} on {name} at {remote} was taken here before", id.short())));
        }
        AtTip::Taken(id, taken) => [(id, *taken)],
    };
    let applied = Applying { apply, allow_config }.of(here, &came);
    let changed = applied.as_ref().and_then(|applied| applied.as_ref().ok());
    let [(id, taken)] = &came;
    let code = if is_json {
        here.json(&json!({ "copied": [copy::entry(id, taken, changed.is_some())] }))
    } else {
        let dropping = format!(
            "its empty commit stays on {name}, and changes no file; a squash, or git rebase --no-keep-empty, drops it\n"
        );
        here.print(&format!("{}{dropping}", copy::lines(id, taken, changed)))
    };
    match applied {
        Some(Err(failure)) => Err(failure),
        _ => Ok(code),
    }
}
