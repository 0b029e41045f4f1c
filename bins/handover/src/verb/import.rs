//! `handoff import`: takes in a letter that came as a file.

use std::cell::Cell;
use std::path::Path;

use handoff_bundle::ApplyOptions;
use handoff_capturing::{AppliedCapture, PickupRequest, apply, counted};
use handoff_files::{Dir, Scratch};
use handoff_mail::{NotTaken, Opened, Signer, TakeOptions, Taken, take};
use handoff_process::{Failure, quoted, read_whole_input};
use handoff_text::Sanitised;
use serde_json::{Value, json};

use super::{passphrase, pickup};
use crate::args::{Import, Pickup};
use crate::here::Here;

/// So much of standard input is taken, in bytes.
const MAX_INPUT_BYTES: usize = 514 << 20;

pub(crate) fn run(here: &Here<'_>, typed: &Import) -> Result<u8, Failure> {
    let (opened, _scratch) = open(here, &typed.file, typed.passphrase_file.as_deref())?;
    let options = TakeOptions { any_repository: typed.any_repository, ..TakeOptions::default() };
    let taken = match take(&here.project, &opened, options) {
        Err(NotTaken::Already { path, .. }) if typed.receipt => {
            let json = json!({ "letter": opened.id().as_str(), "title": opened.letter.title, "before": true,
                "worktree": here.top().to_string_lossy(), "path": path.to_string_lossy() });
            return Ok(here.json(&json));
        }
        taken => taken.map_err(|error| failure(error, &typed.file))?,
    };
    if let Some(mailbox) = &taken.meant_for {
        here.output
            .note(&format!("note: it was written to {mailbox}, and git does not know you by that here\n"));
    }
    // From here on it waits here, whatever else goes wrong.
    let applied = match &taken.work {
        Some(work) if typed.apply => Some(put_in_place(here, work.id.as_str(), typed.allow_config)),
        _ => None,
    };
    let is_failed = matches!(applied, Some(Err(_)));
    let code = if typed.json {
        let is_applied = applied.as_ref().is_some_and(Result::is_ok);
        here.json(&as_json(here, &opened, &taken, is_applied))
    } else {
        here.print(&as_text(&opened, &taken, applied.as_ref().and_then(|applied| applied.as_ref().ok())))
    };
    if let Some(Err(failure)) = applied {
        here.output.complain(failure.message);
    }
    Ok(if is_failed { 1 } else { code })
}

/// Opens the letter in `file`, or on standard input; where that was put goes with the second value.
pub(super) fn open(
    here: &Here<'_>,
    file: &Path,
    passphrase_file: Option<&Path>,
) -> Result<(Opened, Option<Scratch>), Failure> {
    let environment = here.project.environment;
    let given = passphrase_file.map(passphrase::of_file).transpose()?;
    let passphrase = Cell::new(given);
    let passphrase = || passphrase.take().or_else(passphrase::known);
    if file != Path::new("-") {
        return Ok((Opened::read(environment, file, &passphrase)?, None));
    }
    let input = read_whole_input(MAX_INPUT_BYTES)?;
    let input =
        input.ok_or_else(|| Failure::usage("standard input is a terminal; name a file instead of -"))?;
    let scratch = Scratch::new("agent-handoff-import")?;
    Dir::create(scratch.path())?.put("letter", &input)?;
    let opened = Opened::read(environment, &scratch.path().join("letter"), &passphrase)?;
    Ok((opened, Some(scratch)))
}

/// The message, with the file's name in the command that it names.
fn failure(error: NotTaken, file: &Path) -> Failure {
    let message = error.to_string();
    let message = match error {
        NotTaken::Stranger { .. } | NotTaken::OtherKey { .. } => message.replace("FILE", &quoted(file)),
        _ => message,
    };
    Failure::new(message)
}

/// Applies the capture `id`; what it changed, in lines.
pub(super) fn put_in_place(here: &Here<'_>, id: &str, allow_config: bool) -> Result<String, Failure> {
    let options = ApplyOptions { allow_config, ..ApplyOptions::default() };
    let request = PickupRequest { id: Some(id), from: None, options };
    let typed = Pickup { id: Some(id.to_owned()), apply: true, allow_config, ..Pickup::default() };
    match apply(&here.project, &request) {
        Ok(AppliedCapture { applied, brought, .. }) => Ok(pickup::changed(&applied, brought.as_ref())),
        Err(error) => Err(pickup::failure(here, &typed, error)),
    }
}

fn as_text(opened: &Opened, taken: &Taken, applied: Option<&String>) -> String {
    let title = Sanitised::line(opened.letter.title.as_bytes(), 200);
    let who = match &taken.signer {
        Signer::This => "this machine".to_owned(),
        Signer::Known(person, _) => format!("{}, known here as {}", opened.sender(), person.name),
    };
    let mut text =
        format!("taken      \"{title}\" from {who}; it waits here: {}\n", Sanitised::path(&taken.path));
    match applied {
        Some(changed) => text.push_str(changed),
        None => text.push_str(&work_line(taken)),
    }
    text
}

/// The work that came with it, and how to have it here; a line, or nothing.
pub(super) fn work_line(taken: &Taken) -> String {
    let Some(work) = &taken.work else { return String::new() };
    let count = |number: u64, one: &str| counted(usize::try_from(number).unwrap_or(usize::MAX), one);
    let what = format!("{} and {}", count(work.commits, "commit"), count(work.files, "changed file"));
    let id = &work.id;
    if work.is_allowed {
        format!("work       {what}; to have it here: handoff pickup {id} --apply\n")
    } else {
        format!(
            "work       {what}; look at it, allow it, then have it here: handoff inspect {id}; handoff allow {id}; handoff pickup \
             {id} --apply\n"
        )
    }
}

fn as_json(here: &Here<'_>, opened: &Opened, taken: &Taken, is_applied: bool) -> Value {
    let from = &opened.letter.from;
    json!({
        "letter": opened.id().as_str(),
        "title": opened.letter.title,
        "from": { "person": taken.signer.name(), "name": from.name, "mail": from.mail, "machine": from.machine },
        "worktree": here.top().to_string_lossy(),
        "path": taken.path.to_string_lossy(),
        "capture": taken.work.as_ref().map(|work| work.id.as_str()),
        "allowed": taken.work.as_ref().map(|work| work.is_allowed),
        "applied": is_applied,
    })
}
