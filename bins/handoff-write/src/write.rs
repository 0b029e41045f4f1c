//! From a draft to a delivered handoff.

use std::path::PathBuf;

use handoff_address::Address;
use handoff_document::{Draft, FileName, Timestamp, Topic, next_action};
use handoff_process::{Environment, NoStore, Output, Status};
use handoff_recipient::Recipient;
use handoff_store::{Store, StoreError};
use handoff_text::Sanitised;
use handoff_worktree::Repository;
use serde_json::json;

use crate::args::{Args, Secrets};
use crate::draft::Source;
use crate::parts::Parts;
use crate::place::{PlaceError, Sender};
use crate::{judge, refuse, session, tool, typed};

/// The longest title and summary, in bytes.
const TITLE: usize = 200;

pub(crate) fn run(args: &Args, environment: &Environment, output: &Output) -> Status {
    let source = match typed::source(args, environment, output) {
        Ok(source) => source.of_length(args.length),
        Err(refused) => return refused.reported(output),
    };
    if args.check {
        return check(&source, args, output);
    }
    let accepted = match accepted(&source, args) {
        Ok(accepted) => accepted,
        Err(reasons) => return refuse::draft(&source, &reasons, args.json, environment, output),
    };
    match written(accepted, args, environment, output) {
        Ok(written) => {
            source.discard(environment);
            written.report(args.json, output)
        }
        Err(error) => {
            let refused = refuse::draft(&source, &[error.to_string()], args.json, environment, output);
            if error.is_misuse() { Status::Usage } else { refused }
        }
    }
}

/// `--check`: the same judgement, nothing kept.
fn check(source: &Source, args: &Args, output: &Output) -> Status {
    let accepted = accepted(source, args);
    if let Ok(accepted) = &accepted {
        accepted.notes.iter().for_each(|note| output.note(note));
    }
    let faults = accepted.err().unwrap_or_default();
    if args.json {
        output.json(&json!({ "ok": faults.is_empty(), "reasons": faults }));
    }
    for fault in &faults {
        output.complain(fault);
    }
    match (faults.is_empty(), args.json) {
        (true, false) => output.print("ok\n"),
        (true, true) => Status::Done,
        (false, _) => Status::NotDone,
    }
}

/// A draft that may be written.
struct Accepted {
    name: Option<String>,
    description: Option<String>,
    topic: Option<Topic>,
    unknown: Vec<String>,
    body: Vec<u8>,
    redacted: usize,
    /// What the writer should know of how it was taken; each is a line.
    notes: Vec<String>,
}

fn accepted(source: &Source, args: &Args) -> Result<Accepted, Vec<String>> {
    if let Some(cut) = &source.cut {
        return Err(vec![cut.clone()]);
    }
    let (draft, redacted) = judge::without_secrets(source.bytes.clone(), args)?;
    let parts = Parts::of(&draft);
    let mut faults = judge::faults(&parts, &draft);
    let own_topic = parts.topic.as_deref().filter(|_| args.topic.is_none()).map(Topic::new).transpose();
    let own_topic = own_topic.unwrap_or_else(|error| {
        faults.push(error.to_string());
        None
    });
    if !faults.is_empty() {
        return Err(faults);
    }
    let kept = parts.kept_in_body.map(|reason| format!("note: {reason}: it was kept in the body, whole\n"));
    Ok(Accepted {
        name: parts.name.filter(|name| !typed::is_of_template(name)),
        description: parts.description,
        topic: args.topic.clone().or(own_topic),
        unknown: parts.unknown,
        body: body(&typed::filled_in(parts.body)),
        redacted,
        notes: kept.into_iter().collect(),
    })
}

/// A handoff in its inbox.
struct Written {
    path: PathBuf,
    to: Address,
    sentinel: String,
    name: String,
    redacted: usize,
    notes: Vec<String>,
    /// The one of them that is about the recipient, without `note: `.
    recipient_note: Option<Sanitised>,
}

/// Why a good draft was not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    NoStore(#[from] NoStore),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WriteError {
    /// Whether the command line is at fault.
    fn is_misuse(&self) -> bool {
        matches!(self, Self::Place(error) if error.is_misuse())
    }
}

fn written(
    accepted: Accepted,
    args: &Args,
    environment: &Environment,
    output: &Output,
) -> Result<Written, WriteError> {
    let root = environment.store_to_write()?;
    let sender = Sender::find(&args.start, args.tool.as_deref(), environment)?;
    let Recipient { address: to, note } = sender.recipient(args.to.as_ref(), args.is_new)?;
    let redacted = accepted.redacted;
    let mut notes = accepted.notes.clone();
    let recipient_note = note.map(|note| Sanitised::from(note.as_str()));
    notes.extend(recipient_note.iter().map(|note| format!("note: {note}\n")));
    let tool = tool::find(args);
    let session_id = session::id(args, &tool, output);
    let draft = Draft {
        tool: line(tool.name.as_deref().unwrap_or("unknown")),
        session_id: session_id.as_deref().map(line),
        ..compose(accepted, args, &sender, &to)
    };
    let name = FileName::new(draft.created, &draft.from, draft.topic.as_ref());
    let inbox = Store::create(&root)?.create_inbox(&to)?;
    let path = inbox.deliver(&name, &[&draft.render()])?;
    Ok(Written { path, to, sentinel: draft.sentinel(), name: draft.name, redacted, notes, recipient_note })
}

fn compose(accepted: Accepted, args: &Args, sender: &Sender, to: &Address) -> Draft {
    let Accepted { topic, unknown, body, .. } = accepted;
    let typed =
        |text: &String| if args.secrets == Secrets::Redact { judge::redacted(text) } else { text.clone() };
    let name =
        args.name.as_ref().map(typed).or(accepted.name).or_else(|| topic.as_ref().map(ToString::to_string));
    let name = name.unwrap_or_else(|| format!("Handoff from {}", sender.address.key()));
    let description = args.description.as_ref().map(typed).or(accepted.description);
    let description = description.unwrap_or_else(|| next_action(&body));
    let head = sender.repository.as_ref().map(Repository::head).unwrap_or_default();
    let counted = || Some(sender.changes()?.len());
    Draft {
        name: line(&name),
        description: line(&description),
        from: sender.address.key().to_owned(),
        to: to.key().to_owned(),
        created: Timestamp::now(),
        branch: head.branch.unwrap_or_else(|| "unknown".to_owned()),
        head: head.short.unwrap_or_else(|| "unknown".to_owned()),
        dirty_files: args.dirty_files.or_else(counted),
        tool: String::new(),
        to_path: to.path().to_string_lossy().into_owned(),
        session_id: None,
        topic,
        unknown,
        body,
    }
}

/// `text` as one line of bounded length.
fn line(text: &str) -> String {
    Sanitised::line(text.as_bytes(), TITLE).to_string()
}

/// The body as it is written: a blank line after the frontmatter, a line end at the end.
fn body(draft: &[u8]) -> Vec<u8> {
    let start = draft.iter().position(|&b| b != b'\n' && b != b'\r').unwrap_or(draft.len());
    let mut body = b"\n".to_vec();
    body.extend_from_slice(&draft[start..]);
    if !body.ends_with(b"\n") {
        body.push(b'\n');
    }
    body
}

impl Written {
    fn report(&self, json: bool, output: &Output) -> Status {
        let Self { path, to, sentinel, name, redacted, notes, recipient_note } = self;
        notes.iter().for_each(|note| output.note(note));
        if *redacted > 0 {
            output.note(&format!("note: {redacted} redacted\n"));
        }
        if json {
            let report = json!({
                "written": true, "path": path.to_string_lossy(), "to": to.key(), "to_path": to.path().to_string_lossy(),
                "sentinel": sentinel, "name": name, "redacted": redacted,
                "recipient_note": recipient_note.as_ref().map(Sanitised::as_str),
            });
            return self.printed(output.json(&report), output);
        }
        let recipient = format!("{} ({})", to.key(), Sanitised::path(to.path()));
        let report = format!(
            "handoff written\npath:     {}\nto:       {recipient}\nsentinel: {sentinel}\n",
            Sanitised::path(path)
        );
        self.printed(output.print(&report), output)
    }

    /// A report that could not be printed must not look like a handoff that was not written.
    fn printed(&self, status: Status, output: &Output) -> Status {
        if status != Status::Done {
            output.complain(format_args!(
                "the handoff was written, only its report was not; do not write it again: {} (sentinel {})",
                Sanitised::path(&self.path),
                self.sentinel
            ));
        }
        status
    }
}
