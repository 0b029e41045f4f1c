//! `inbox worktrees`: every inbox, its counts, and those whose path is gone.

use std::path::PathBuf;

use handoff_process::Status;
use handoff_store::Inbox;
use serde_json::{Value, json};

use crate::here::{Failure, Here};
use crate::table::{self, Cell, Column, Style};

struct Row {
    key: String,
    unread: usize,
    read: usize,
    /// Known only when some handoff there says whom it is for.
    path: Option<PathBuf>,
}

impl Row {
    fn of(inbox: &Inbox) -> Result<Self, Failure> {
        Ok(Self {
            key: inbox.key().to_owned(),
            unread: inbox.waiting()?.handoffs.len(),
            read: inbox.archived()?.len(),
            path: inbox.worktree()?,
        })
    }

    fn is_orphan(&self) -> bool {
        self.path.as_ref().is_some_and(|path| !handoff_files::is_directory(path))
    }
}

pub(crate) fn run(here: &Here) -> Result<Status, Failure> {
    let rows: Vec<Row> = here.inboxes(true)?.iter().map(Row::of).collect::<Result<_, _>>()?;
    if here.json {
        let entries: Vec<Value> = rows.iter().map(entry).collect();
        return Ok(here.output.json(&Value::from(entries)));
    }
    if rows.is_empty() {
        return Ok(here.output.print("no inbox yet\n"));
    }
    let columns = [
        Column::new("WORKTREE"),
        Column::new("UNREAD"),
        Column::new("READ"),
        Column::giving("PATH"),
        Column::new(""),
    ];
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let hint = if rows.iter().any(Row::is_orphan) {
        let hint = format!("a renamed worktree gets its handoffs back with: {} move OLD NEW", here.called);
        table::hint(&hint, &here.output)
    } else {
        String::new()
    };
    Ok(here.output.print_styled(&format!("{}{hint}", table::render(&columns, &cells, &here.output))))
}

fn cells(row: &Row) -> Vec<Cell> {
    let unread = if row.unread > 0 { Style::Bold } else { Style::Dim };
    let path = row.path.as_ref().map_or_else(|| "?".into(), |path| path.to_string_lossy());
    let orphan = if row.is_orphan() { "path is gone" } else { "" };
    vec![
        Cell::new(&row.key, Style::Plain),
        Cell::new(&row.unread.to_string(), unread),
        Cell::new(&row.read.to_string(), Style::Dim),
        Cell::new(&path, Style::Plain),
        Cell::new(orphan, Style::Warn),
    ]
}

fn entry(row: &Row) -> Value {
    let path = row.path.as_ref().map(|path| path.to_string_lossy());
    json!({ "key": row.key, "unread": row.unread, "read": row.read, "path": path, "orphan": row.is_orphan() })
}
