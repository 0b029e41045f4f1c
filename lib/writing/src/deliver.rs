//! From an accepted draft to a file in an inbox.

use handoff_address::Address;
use handoff_document::{Draft, FileName, Timestamp, next_action};
use handoff_process::Environment;
use handoff_recipient::Recipient;
use handoff_store::Store;
use handoff_text::Sanitised;
use handoff_worktree::Repository;

use crate::judge::Accepted;
use crate::secrets::redacted;
use crate::{Author, Fields, Note, Reason, Request, Secrets, Sender, Written};

/// The longest title and summary, in bytes.
const MAX_LINE_BYTES: usize = 200;

pub(crate) fn deliver(
    accepted: Accepted,
    request: &Request,
    environment: &Environment,
) -> Result<Written, Reason> {
    let fields = &request.fields;
    let root = environment.store_to_write()?;
    let sender = Sender::find(&request.start, fields.tool.as_deref(), environment)?;
    let Recipient { address: to, note } = sender.recipient(request.to.as_ref(), request.is_new)?;
    let Accepted { redacted, .. } = accepted;
    let author = Author::find(fields);
    let mut notes: Vec<_> = author.note.into_iter().collect();
    let (draft, own_notes) = compose(accepted, fields, &sender, &to);
    notes.extend(own_notes);
    notes.extend(note.map(|note| Note::Recipient(Sanitised::from(note.as_str()))));
    let draft = Draft {
        tool: line(author.tool.as_deref().unwrap_or("unknown")),
        session_id: author.session_id.as_deref().map(line),
        ..draft
    };
    let name = FileName::new(draft.created, &draft.from, draft.topic.as_ref());
    let inbox = Store::create(&root)?.create_inbox(&to)?;
    let path = inbox.deliver(&name, &[&draft.render()])?;
    Ok(Written { path, to, sentinel: draft.sentinel(), name: draft.name, redacted, notes })
}

/// The handoff without its author, and what its writer should know of how the draft was taken.
fn compose(accepted: Accepted, fields: &Fields, sender: &Sender, to: &Address) -> (Draft, Vec<Note>) {
    let Accepted { topic, unknown, body, notes, .. } = accepted;
    let given = |text: &String| {
        if fields.secrets == Secrets::Redact { redacted(text) } else { text.clone() }
    };
    let own_topic = || topic.as_ref().map(ToString::to_string);
    let name = fields.name.as_ref().map(given).or(accepted.name).or_else(own_topic);
    let name = name.unwrap_or_else(|| format!("Handoff from {}", sender.address.key()));
    let description = fields.description.as_ref().map(given).or(accepted.description);
    let description = description.unwrap_or_else(|| next_action(&body));
    let head = sender.repository.as_ref().map(Repository::head).unwrap_or_default();
    let counted = || Some(sender.changes()?.len());
    let draft = Draft {
        name: line(&name),
        description: line(&description),
        from: sender.address.key().to_owned(),
        to: to.key().to_owned(),
        created: Timestamp::now(),
        branch: head.branch.unwrap_or_else(|| "unknown".to_owned()),
        head: head.short.unwrap_or_else(|| "unknown".to_owned()),
        dirty_files: fields.dirty_files.or_else(counted),
        tool: String::new(),
        to_path: to.path().to_string_lossy().into_owned(),
        session_id: None,
        topic,
        unknown,
        body,
    };
    (draft, notes)
}

/// `text` as one line of bounded length.
fn line(text: &str) -> String {
    Sanitised::line(text.as_bytes(), MAX_LINE_BYTES).to_string()
}
