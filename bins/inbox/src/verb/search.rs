//! `inbox search`: where a text stands, unread and archived.

use handoff_document::Document;
use handoff_process::Status;
use handoff_store::{Inbox, LARGEST, is_elsewhere};
use handoff_text::Sanitised;
use serde_json::{Value, json};

use crate::here::{Failure, Here};
use crate::id;

/// How many lines of one handoff are shown.
const LINES: usize = 3;

struct Hit {
    key: String,
    id: String,
    is_unread: bool,
    lines: Vec<(usize, Sanitised)>,
}

pub(crate) fn run(here: &Here, text: &str, all: bool) -> Result<Status, Failure> {
    if text.is_empty() {
        return Err("could not search for nothing: name a TEXT".into());
    }
    let needle = text.to_lowercase();
    let mut hits = Vec::new();
    for inbox in here.inboxes(all)? {
        search(here, &inbox, &needle, all, &mut hits)?;
    }
    let status = if hits.is_empty() { Status::NotDone } else { Status::Done };
    let printed = if here.json {
        let rows: Vec<Value> = hits.iter().map(entry).collect();
        here.output.json(&Value::from(rows))
    } else {
        if hits.is_empty() {
            here.output.complain(format_args!("could not find {text:?} in any handoff here"));
        }
        here.output.print(&hits.iter().map(|hit| lines(hit, all)).collect::<String>())
    };
    Ok(if printed == Status::Done { status } else { printed })
}

fn search(here: &Here, inbox: &Inbox, needle: &str, all: bool, hits: &mut Vec<Hit>) -> Result<(), Failure> {
    let mut look = |name: &std::ffi::OsStr, is_unread: bool, content: Vec<u8>| {
        let lines = matching(&content, needle);
        if !lines.is_empty() {
            hits.push(Hit { key: inbox.key().to_owned(), id: id::of(name), is_unread, lines });
        }
    };
    for waiting in inbox.waiting()?.handoffs {
        match inbox.peek_whole(&waiting) {
            Ok(content) if all || !is_elsewhere(&Document::parse(&content), here.worktree.top()) => {
                look(waiting.name(), true, content);
            }
            Ok(_) => {}
            Err(error) => here.output.complain(error),
        }
    }
    for name in here.archived(inbox, all)? {
        if let Some(content) = here.archived_content(inbox, &name, LARGEST) {
            look(&name, false, content);
        }
    }
    Ok(())
}

fn matching(content: &[u8], needle: &str) -> Vec<(usize, Sanitised)> {
    let text = String::from_utf8_lossy(content);
    let lines = text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(needle));
    lines
        .take(LINES)
        .map(|(number, line)| (number + 1, Sanitised::line(line.trim().as_bytes(), 160)))
        .collect()
}

fn lines(hit: &Hit, all: bool) -> String {
    let place = if hit.is_unread { "unread" } else { "read" };
    let key = if all { format!("{} ", Sanitised::line(hit.key.as_bytes(), 255)) } else { String::new() };
    let mut text = format!("{key}{place} {}\n", hit.id);
    for (number, line) in &hit.lines {
        text.push_str(&format!("  {number}: {line}\n"));
    }
    text
}

fn entry(hit: &Hit) -> Value {
    let lines: Vec<Value> =
        hit.lines.iter().map(|(number, line)| json!({ "line": number, "text": line.as_str() })).collect();
    json!({ "for": hit.key, "id": hit.id, "unread": hit.is_unread, "lines": lines })
}
