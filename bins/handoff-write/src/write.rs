//! Writes the handoff, or checks its draft, and reports it.

use handoff_process::{Environment, Output, Status};
use handoff_text::Sanitised;
use handoff_writing::{Note, Request, Written};
use serde_json::json;

use crate::args::Args;
use crate::{line, refuse, typed};

pub(crate) fn run(args: Args, environment: &Environment, output: &Output) -> Status {
    let source = match typed::source(&args, environment) {
        Ok(source) => source.of_length(args.length),
        Err(no_draft) => return no_draft.reported(environment, output),
    };
    let request = Request { source, ..args.request };
    if args.check {
        return check(&request, args.json, output);
    }
    match handoff_writing::write(&request, environment) {
        Ok(written) => report(&written, args.json, output),
        Err(refused) => refuse::draft(&refused, &request.source, args.json, output),
    }
}

/// `--check`: the same judgement, nothing kept.
fn check(request: &Request, json: bool, output: &Output) -> Status {
    let checked = handoff_writing::check(request);
    if let Ok(notes) = &checked {
        notes.iter().for_each(|note| output.note(&line::note(note)));
    }
    let faults: Vec<_> = checked.err().unwrap_or_default().iter().map(line::reason).collect();
    if json {
        output.json(&json!({ "ok": faults.is_empty(), "reasons": faults }));
    }
    for fault in &faults {
        output.complain(fault);
    }
    if !faults.is_empty() {
        Status::NotDone
    } else if json {
        Status::Done
    } else {
        output.print("ok\n")
    }
}

fn report(written: &Written, json: bool, output: &Output) -> Status {
    let Written { path, to, sentinel, name, redacted, notes } = written;
    notes.iter().for_each(|note| output.note(&line::note(note)));
    if *redacted > 0 {
        output.note(&format!("note: {redacted} redacted\n"));
    }
    let printed = if json {
        let recipient_note = notes.iter().find_map(|note| match note {
            Note::Recipient(note) => Some(note.as_str()),
            _ => None,
        });
        output.json(&json!({
            "written": true, "path": path.to_string_lossy(), "to": to.key(), "to_path": to.path().to_string_lossy(),
            "sentinel": sentinel, "name": name, "redacted": redacted, "recipient_note": recipient_note,
        }))
    } else {
        output.print(&format!(
            "handoff written\npath:     {}\nto:       {} ({})\nsentinel: {sentinel}\n",
            Sanitised::path(path),
            to.key(),
            Sanitised::path(to.path())
        ))
    };
    if printed != Status::Done {
        // A report that could not be printed must not look like a handoff that was not written.
        output.complain(format_args!(
            "the handoff was written, only its report was not; do not write it again: {} (sentinel {sentinel})",
            Sanitised::path(path)
        ));
    }
    printed
}
