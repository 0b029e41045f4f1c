//! One handoff in a list.

use std::collections::HashMap;

use handoff_document::{Document, Timestamp, age};
use handoff_text::Sanitised;
use handoff_worktree::{Head, Relation, Repository, Worktree};
use serde_json::{Value, json};

use crate::table::{Cell, Column, Style};

/// What is checked out in a worktree, and how it relates to the commits that handoffs name.
pub(crate) struct Drifts {
    repository: Option<Repository>,
    head: Head,
    known: HashMap<String, Option<Relation>>,
}

impl Drifts {
    /// For a worktree that is not there: nothing drifts.
    pub(crate) fn none() -> Self {
        Self { repository: None, head: Head::default(), known: HashMap::new() }
    }

    pub(crate) fn of(worktree: &Worktree) -> Self {
        let repository = worktree.repository();
        let head = repository.as_ref().map(Repository::head).unwrap_or_default();
        Self { repository, head, known: HashMap::new() }
    }

    /// Handoffs of one session name one commit, so each is looked up once.
    fn relation(&mut self, document: &Document<'_>) -> Option<Relation> {
        let id = document.field("head")?;
        let repository = self.repository.as_ref()?;
        *self.known.entry(id.to_owned()).or_insert_with(|| repository.relation_to(id))
    }

    /// Whether the commit on which `document` was written is in this repository; `None` where it names no commit, and
    /// outside git.
    pub(crate) fn knows_head(&mut self, document: &Document<'_>) -> Option<bool> {
        self.relation(document).map(|relation| relation != Relation::Gone)
    }

    fn is_other_branch(&self, document: &Document<'_>) -> bool {
        let then = document.field("branch").filter(|&branch| branch != "unknown");
        matches!((then, &self.head.branch), (Some(then), Some(now)) if then != now)
    }
}

pub(crate) const COLUMNS: [Column; 6] = [
    Column::new("#"),
    Column::new("AGE"),
    Column::new("FROM"),
    Column::giving("NAME"),
    Column::new("BRANCH"),
    Column::new("DRIFT"),
];

/// The cells of an unread handoff.
pub(crate) fn cells(
    number: usize,
    document: &Document<'_>,
    file: &str,
    drifts: &mut Drifts,
    now: Timestamp,
) -> Vec<Cell> {
    let relation = drifts.relation(document);
    let branch = if drifts.is_other_branch(document) { Style::Warn } else { Style::Plain };
    let title = document.title();
    let title = title.as_deref().unwrap_or(file);
    let title = if is_copy(document) { format!("{title} (COPY: not taken)") } else { title.to_owned() };
    vec![
        Cell::new(&number.to_string(), Style::Dim),
        Cell::new(&age_of(document, file, now), Style::Dim),
        Cell::new(document.field("from").unwrap_or("unknown"), Style::Plain),
        Cell::new(&title, Style::Bold),
        Cell::new(document.field("branch").unwrap_or("unknown"), branch),
        Cell::new(&mark(relation), Style::Warn),
    ]
}

/// Whether it came with a letter that others may take too.
fn is_copy(document: &Document<'_>) -> bool {
    document.field("copy").is_some()
}

/// When it was written: by its own account, else by its file name.
pub(crate) fn created(document: &Document<'_>, file: &str) -> Option<Timestamp> {
    let own = document.field("created").and_then(Timestamp::parse);
    own.or_else(|| Timestamp::parse_compact(file.as_bytes()))
}

pub(crate) fn age_of(document: &Document<'_>, file: &str, now: Timestamp) -> String {
    created(document, file).map_or_else(|| "?".to_owned(), |then| age(then, now))
}

/// How far HEAD has moved: nothing when it has not, `↑3` ahead, `↓2` behind.
fn mark(relation: Option<Relation>) -> String {
    match relation {
        None | Some(Relation::Same) => String::new(),
        Some(Relation::Ahead(ahead)) => format!("↑{}", ahead.number()),
        Some(Relation::Behind(behind)) => format!("↓{}", behind.number()),
        Some(Relation::Diverged { ahead, behind }) => format!("↑{} ↓{}", ahead.number(), behind.number()),
        Some(Relation::Gone) => "gone".to_owned(),
        Some(Relation::Unclear) => "?".to_owned(),
    }
}

/// The fields of a handoff that a program wants in a list, sanitised as in the table, but whole.
pub(crate) fn facts(document: &Document<'_>, file: &str) -> Value {
    let field = |key: &str| document.field(key).map(words);
    json!({
        "id": file.strip_suffix(".md").unwrap_or(file),
        "file": file,
        "name": document.title().map(|title| words(&title)),
        "copy": is_copy(document),
        "description": field("description"),
        "from": field("from"),
        "tool": field("session_tool"),
        "created": created(document, file).map(|time| time.to_string()),
        "branch": field("branch"),
        "head": field("head"),
        "topic": field("topic"),
        "received_at": field("received_at"),
        "problem": document.problem().map(ToString::to_string),
    })
}

/// Text of others for a program that shows it.
pub(crate) fn words(text: &str) -> String {
    Sanitised::from(text).to_string()
}

/// The drift as a program wants it.
pub(crate) fn drift(document: &Document<'_>, drifts: &mut Drifts) -> Value {
    let (relation, ahead, behind) = match drifts.relation(document) {
        None => return Value::Null,
        Some(Relation::Same) => ("same", 0, 0),
        Some(Relation::Ahead(ahead)) => ("ahead", ahead.number(), 0),
        Some(Relation::Behind(behind)) => ("behind", 0, behind.number()),
        Some(Relation::Diverged { ahead, behind }) => ("diverged", ahead.number(), behind.number()),
        Some(Relation::Gone) => ("gone", 0, 0),
        Some(Relation::Unclear) => ("unclear", 0, 0),
    };
    json!({ "relation": relation, "ahead": ahead, "behind": behind, "other_branch": drifts.is_other_branch(document) })
}
