//! `inbox show`: one handoff, unread or archived, as it is.

use handoff_document::{Document, Seal};
use handoff_files::FileError;
use handoff_process::Status;
use handoff_store::LARGEST;
use handoff_text::Sanitised;
use serde_json::{Map, Value, json};

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};
use crate::row::words;

struct Found {
    file: String,
    path: std::path::PathBuf,
    is_unread: bool,
    content: Vec<u8>,
}

pub(crate) fn run(here: &Here, id: &str) -> Result<Status, Failure> {
    let found = found(here, id)?;
    let document = Document::parse(&found.content);
    let (seal, own) = document.seal();
    if here.json {
        let fields: Map<String, Value> =
            document.fields().map(|(key, value)| (words(key), json!(value.map(words)))).collect();
        let shown = json!({
            "file": found.file, "path": found.path.to_string_lossy(), "unread": found.is_unread, "fields": fields,
            "body": Sanitised::text(document.body()).as_str(), "sentinel": own, "intact": seal == Seal::Intact,
            "problem": document.problem().map(ToString::to_string),
        });
        return Ok(here.output.json(&shown));
    }
    if let Some(problem) = document.problem() {
        here.output.complain(format_args!("malformed handoff: {problem}"));
    }
    if let Seal::Broken(written) = seal {
        here.output.complain(format_args!(
            "its sentinel says {written}, the body has {own}: it was changed after it was written"
        ));
    }
    let text = Sanitised::text(&found.content);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    Ok(here.output.print(&format!("{text}{end}")))
}

/// How often a handoff is looked for that other processes move at the same time.
const TRIES: usize = 5;

fn found(here: &Here, id: &str) -> Result<Found, Failure> {
    for _ in 1..TRIES {
        match find(here, id) {
            Err(failure) if is_gone(&failure) => {}
            other => return other,
        }
    }
    find(here, id)
}

/// Whether it went elsewhere after it was listed.
fn is_gone(failure: &Failure) -> bool {
    failure.downcast_ref::<FileError>().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn find(here: &Here, id: &str) -> Result<Found, Failure> {
    let unknown = || Unclear::Unknown(id.to_owned());
    let inbox = here.inbox()?.ok_or_else(unknown)?;
    let unread = here.unread(&inbox)?;
    match id::resolve(id, unread.iter().map(|unread| unread.waiting.name())) {
        Ok(index) => {
            let waiting = &unread[index].waiting;
            let (file, path) = (id::shown(waiting.name()), inbox.unread_path().join(waiting.name()));
            Ok(Found { file, path, is_unread: true, content: inbox.peek_whole(waiting)? })
        }
        Err(Unclear::Unknown(_)) => {
            let archived = here.archived(&inbox, false)?;
            let name = &archived[id::resolve(id, archived.iter().map(|name| name.as_os_str()))?];
            let content = inbox.read_archived(name, LARGEST)?;
            Ok(Found { file: id::shown(name), path: inbox.read_path().join(name), is_unread: false, content })
        }
        Err(ambiguous) => Err(ambiguous.into()),
    }
}
