//! `inbox`: what is unread here.

use handoff_process::Status;
use serde_json::{Value, json};

use crate::here::{Failure, Here, Unread};
use crate::row::{self, Drifts};
use crate::table::Column;
use crate::{id, offer, stranded, table};

pub(crate) fn run(here: &Here) -> Result<Status, Failure> {
    let inbox = here.inbox()?;
    let unread = inbox.as_ref().map(|inbox| here.unread(inbox)).transpose()?.unwrap_or_default();
    let mut drifts = Drifts::of(&here.worktree);
    if here.json {
        let rows: Vec<Value> =
            unread.iter().enumerate().map(|(n, unread)| entry(n + 1, unread, &mut drifts)).collect();
        return Ok(here.output.json(&Value::from(rows)));
    }
    stranded::warn(here);
    if unread.is_empty() {
        return Ok(here.output.print(&format!("nothing unread for {}\n", here.address.key())));
    }
    for unread in unread.iter().filter_map(|unread| unread.error.as_ref()) {
        here.output.complain(unread);
    }
    let hint = format!(
        "{0} read shows and archives them, {0} show 1 only shows; {0} -i is a screen of them",
        here.called
    );
    let table = table(here, &unread, &mut drifts);
    Ok(here.output.print_styled(&format!("{table}{}", table::hint(&hint, &here.output))))
}

/// The table of what is unread in one worktree.
pub(super) fn table(here: &Here, unread: &[Unread], drifts: &mut Drifts) -> String {
    let rows = unread.iter().enumerate().map(|(n, unread)| {
        let file = id::shown(unread.waiting.name());
        let mut cells = row::cells(n + 1, &unread.document(), &file, drifts, here.now);
        cells.push(offer::cell(&unread.standing, here.now));
        cells
    });
    let columns = [&row::COLUMNS[..], &[Column::new("OFFERED")]].concat();
    // Most inboxes have nothing to say there.
    let is_plain = unread.iter().all(|unread| offer::of(&unread.standing).is_none());
    let count = columns.len() - usize::from(is_plain);
    let rows: Vec<Vec<_>> = rows
        .map(|mut row| {
            row.truncate(count);
            row
        })
        .collect();
    table::render(&columns[..count], &rows, &here.output)
}

pub(super) fn entry(number: usize, unread: &Unread, drifts: &mut Drifts) -> Value {
    let document = unread.document();
    let mut entry = row::facts(&document, &id::shown(unread.waiting.name()));
    entry["number"] = json!(number);
    entry["drift"] = row::drift(&document, drifts);
    entry["offer"] = offer::entry(&unread.standing);
    entry["error"] = json!(unread.error);
    entry
}
