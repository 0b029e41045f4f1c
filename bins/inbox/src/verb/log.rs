//! `inbox log`: what was archived, newest first.

use std::ffi::OsString;

use handoff_document::{Document, Timestamp, age};
use handoff_process::Status;
use handoff_store::Inbox;
use serde_json::{Value, json};

use crate::here::{Failure, Here};
use crate::table::{Cell, Column, Style};
use crate::{id, offer, row, table};

/// A frontmatter fits into this many bytes.
const BEGINNING: u64 = 64 << 10;

pub(crate) fn run(here: &Here, all: bool, most: usize) -> Result<Status, Failure> {
    let inboxes = here.inboxes(all)?;
    let mut archived: Vec<(&Inbox, usize, OsString)> = Vec::new();
    for inbox in &inboxes {
        archived.extend(
            here.archived(inbox, all)?
                .into_iter()
                .enumerate()
                .map(|(number, name)| (inbox, number + 1, name)),
        );
    }
    // Each inbox is sorted already; names start with the time.
    if all {
        archived.sort_by(|(.., a), (.., b)| b.cmp(a));
    }
    archived.truncate(most);
    if here.json {
        let rows: Vec<Value> =
            archived.iter().filter_map(|(inbox, number, name)| entry(here, inbox, *number, name)).collect();
        return Ok(here.output.json(&Value::from(rows)));
    }
    let rows: Vec<_> =
        archived.iter().filter_map(|(inbox, number, name)| cells(here, inbox, *number, name)).collect();
    if rows.is_empty() {
        return Ok(here.output.print("nothing archived\n"));
    }
    let columns = [
        Column::new("#"),
        Column::new("FOR"),
        Column::new("READ"),
        Column::new("DELIVERY"),
        Column::new("FROM"),
        Column::giving("NAME"),
        Column::new("ID"),
    ];
    Ok(here.output.print_styled(&table::render(&columns, &rows, &here.output)))
}

/// Whether an archived handoff went elsewhere after it was listed.
fn is_gone(inbox: &Inbox, name: &OsString) -> bool {
    inbox.archived_at(name).is_none()
}

/// The cells of a row; `None` when the handoff is gone.
fn cells(here: &Here, inbox: &Inbox, number: usize, name: &OsString) -> Option<Vec<Cell>> {
    let content = here.archived_content(inbox, name, BEGINNING);
    if content.is_none() && is_gone(inbox, name) {
        return None;
    }
    let content = content.unwrap_or_default();
    let document = Document::parse(&content);
    let file = id::shown(name);
    let read = document.field("received_at").and_then(Timestamp::parse);
    let title = document.title();
    Some(vec![
        Cell::new(&number.to_string(), Style::Dim),
        Cell::new(inbox.key(), Style::Plain),
        Cell::new(&read.map_or_else(|| "?".to_owned(), |then| age(then, here.now)), Style::Dim),
        Cell::new(offer::receipt(&document), Style::Plain),
        Cell::new(document.field("from").unwrap_or("unknown"), Style::Plain),
        Cell::new(title.as_deref().unwrap_or(&file), Style::Bold),
        Cell::new(&id::of(name), Style::Dim),
    ])
}

/// The same for programs.
fn entry(here: &Here, inbox: &Inbox, number: usize, name: &OsString) -> Option<Value> {
    let content = here.archived_content(inbox, name, BEGINNING);
    if content.is_none() && is_gone(inbox, name) {
        return None;
    }
    let is_readable = content.is_some();
    let content = content.unwrap_or_default();
    let document = Document::parse(&content);
    let mut entry = row::facts(&document, &id::shown(name));
    entry["received_by"] = json!(document.field("received_by"));
    entry["acknowledged"] = json!(document.field("acknowledged") == Some("true"));
    entry["readable"] = json!(is_readable);
    entry["number"] = json!(number);
    entry["for"] = json!(inbox.key());
    entry["path"] = json!(inbox.read_path().join(name).to_string_lossy());
    Some(entry)
}
