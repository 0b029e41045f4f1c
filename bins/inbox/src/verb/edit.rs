//! `inbox edit`: another text for an unread handoff, checked as a new one is.
//!
//! The copy that is edited is a draft from the start, so no end of this process, of the editor or of the machine loses
//! what was typed. The handoff itself is claimed only when the new text was accepted.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_delivery::Ledger;
use handoff_document::{Document, FileName, Malformed, Timestamp, next_action, sentinel, stamped, yaml};
use handoff_files::FileError;
use handoff_process::{EditorError, Environment, Status, edit};
use handoff_store::{Inbox, LARGEST, Store};
use handoff_text::{Sanitised, quoted};
use serde_json::json;

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};
use crate::one::{One, Shelf, busy, check_not_on_offer};

/// The longest title and summary, in bytes.
const MAX_LINE_BYTES: usize = 200;

/// The fields that can be changed.
const EDITABLE: [&str; 2] = ["name", "description"];

pub(crate) fn run(
    here: &Here,
    id: &str,
    file: Option<&Path>,
    allow_secrets: bool,
) -> Result<Status, Failure> {
    let unknown = || Unclear::Unknown(id.to_owned());
    let inbox = here.own_inbox()?.ok_or_else(unknown)?;
    let one = One::find(here, &inbox, id, Some(Shelf::Unread))?;
    let Some(waiting) = &one.waiting else { return Err(unknown().into()) };
    // Before the editor, whose work would be for nothing; and again when nothing can change any more.
    check_not_on_offer(here, &Ledger::open(&inbox, &here.looker)?, waiting, "edit")?;
    let store = Store::create(&here.environment.store_to_write()?)?;
    let before = editable(&one.content);
    let draft = match file {
        Some(file) => file.to_owned(),
        None => {
            let name = FileName::new(Timestamp::now(), "edit", None);
            let path = store.keep_draft(&name, &before)?;
            if let Err(error) = edit(&path, &here.environment) {
                return Err(abandoned(here, &store, error, &path, &before, &one));
            }
            path
        }
    };
    let after = read(&draft)?;
    if file.is_none() && (after == before || after.iter().all(u8::is_ascii_whitespace)) {
        store.discard_draft(&draft)?;
        return Ok(here.output.print(&format!("nothing was changed: {}\n", one.shown())));
    }
    let refused = |failure: Failure| kept(here, failure.to_string(), &draft, &one);
    if !is_accepted(here, &draft, allow_secrets).map_err(refused)? {
        return Err(refused(format!("could not change {}", one.shown()).into()));
    }
    let content = composed(here, &one.content, &before, &after).map_err(refused)?;
    put(here, &inbox, &one, &content).map_err(refused)?;
    // Left behind it is a copy too many, and no harm.
    let _ = store.discard_draft(&draft);
    report(here, &one, &content)
}

fn report(here: &Here, one: &One, content: &[u8]) -> Result<Status, Failure> {
    let (file, token) = (one.shown(), sentinel(Document::parse(content).body()));
    if here.json {
        return Ok(here.output.json(&json!({ "changed": [file], "sentinel": token })));
    }
    Ok(here.output.print(&format!("changed: {file} (sentinel {token})\n")))
}

/// The failure of an editor that ended with `error`: what was typed is kept, if anything was.
fn abandoned(
    here: &Here,
    store: &Store,
    error: EditorError,
    draft: &Path,
    before: &[u8],
    one: &One,
) -> Failure {
    if read(draft).is_ok_and(|content| content == before) && store.discard_draft(draft).is_ok() {
        return error.into();
    }
    kept(here, error.to_string(), draft, one)
}

/// `why`, where the text is, and how to go on with it.
fn kept(here: &Here, why: String, draft: &Path, one: &One) -> Failure {
    format!(
        "{why}\ndraft kept: {}\nto go on with it: {} edit {} --file {}",
        Sanitised::path(draft),
        here.called,
        id::of(&one.name),
        quoted(draft)
    )
    .into()
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    handoff_files::read_file(path, LARGEST)
}

/// What is put before the user: title, summary and text; all of a file whose frontmatter cannot be read.
fn editable(content: &[u8]) -> Vec<u8> {
    let document = Document::parse(content);
    if document.problem().is_some() {
        return content.to_owned();
    }
    let line = |key: &str| format!("{key}: {}\n", yaml::scalar(document.field(key).unwrap_or_default()));
    let front: String = EDITABLE.iter().map(|key| line(key)).collect();
    [format!("---\n{front}---\n").as_bytes(), document.body()].concat()
}

/// Whether `handoff-write` would take the draft. It says itself what is wrong.
fn is_accepted(here: &Here, draft: &Path, allow_secrets: bool) -> Result<bool, Failure> {
    let program: PathBuf = Environment::own_program()?.with_file_name("handoff-write");
    let mut check = Command::new(&program);
    check.arg("--check").arg("--file").arg(draft).args(allow_secrets.then_some("--allow-secrets"));
    check.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let checked = check.output().map_err(|error| {
        format!("could not run {}: {}", Sanitised::path(&program), handoff_files::reason(&error))
    })?;
    here.output.note(&String::from_utf8_lossy(&checked.stderr));
    Ok(checked.status.success())
}

/// The handoff `original` with the title, summary and text of `after`. A title or
/// summary that came from the text, and was left as it was in `before`, is derived from the new text.
fn composed(here: &Here, original: &[u8], before: &[u8], after: &[u8]) -> Result<Vec<u8>, Failure> {
    if Document::parse(original).problem().is_some() {
        return Ok(after.to_owned());
    }
    let (old, new) = (Document::parse(before), Document::parse(after));
    let is_plain = match new.problem() {
        None => false,
        Some(Malformed::NoFrontmatter | Malformed::Empty) => true,
        Some(problem) => return Err(format!("its frontmatter cannot be read: {problem}").into()),
    };
    for (key, _) in new.fields().filter(|(key, _)| !is_plain && !EDITABLE.contains(key)) {
        here.output.note(&format!(
            "note: `{}` was left out: title, summary and text can be changed\n",
            id::shown(OsStr::new(key))
        ));
    }
    let body = framed(if is_plain { after } else { new.body() });
    let heading = |body: &[u8]| Document::parse(body).title().map(|title| title.into_owned());
    let name = changed(old.field("name"), new.field("name"), heading(old.body()), heading(&body));
    let summary = |body: &[u8]| Some(next_action(body)).filter(|line| !line.is_empty());
    let description =
        changed(old.field("description"), new.field("description"), summary(old.body()), summary(&body));
    let token = sentinel(&body);
    let fields = [
        ("name", name.as_deref()),
        ("description", description.as_deref()),
        ("sentinel", Some(token.as_str())),
    ];
    let Some((head, _)) = stamped(original, &fields) else { return Ok(after.to_owned()) };
    Ok([head, body].concat())
}

/// A field that was `old` and is `new`, as one line: where neither was typed, what is made of the text now.
fn changed(
    old: Option<&str>,
    new: Option<&str>,
    made_before: Option<String>,
    made: Option<String>,
) -> Option<String> {
    let line = |text: &str| Sanitised::line(text.as_bytes(), MAX_LINE_BYTES).to_string();
    let was_made = old.is_some() && old == made_before.as_deref().map(line).as_deref();
    let text = match new {
        Some(new) if Some(new) != old || !was_made => Some(new.to_owned()),
        _ => made.or_else(|| new.or(old).map(str::to_owned)),
    };
    text.as_deref().map(line)
}

/// The body as a writer frames it: a blank line after the frontmatter, a line end at the end.
fn framed(text: &[u8]) -> Vec<u8> {
    let start = text.iter().position(|&b| b != b'\n' && b != b'\r').unwrap_or(text.len());
    let end: &[u8] = if text.ends_with(b"\n") { b"" } else { b"\n" };
    [b"\n", &text[start..], end].concat()
}

/// Puts `content` in the place of the handoff, if that still is what was edited.
fn put(here: &Here, inbox: &Inbox, one: &One, content: &[u8]) -> Result<(), Failure> {
    let looker = here.looker_now();
    let Some(ledger) = Ledger::take_turn_alone(inbox, &looker)? else {
        return Err(format!("could not change {}: a session starts at this moment", one.shown()).into());
    };
    let taken = || busy("change", &one.name);
    let waiting = inbox.waiting()?.handoffs.into_iter().find(|waiting| *waiting.name() == *one.name);
    let waiting = waiting.ok_or_else(taken)?;
    check_not_on_offer(here, &ledger, &waiting, "change")?;
    let mut claim = inbox.claim(&waiting, &inbox.archive()?)?.ok_or_else(taken)?;
    // A hook that did not wait for its turn may have offered it before it was claimed.
    check_not_on_offer(here, &Ledger::open(inbox, &looker)?, &waiting, "change")?;
    if claim.read()? != one.content {
        return Err(format!("could not change {}: it was changed meanwhile", one.shown()).into());
    }
    claim.rewrite(content)?;
    Ok(())
}
