//! `inbox`: what is unread here.

use handoff_process::Status;
use serde_json::{Value, json};

use crate::here::{Failure, Here, Unread};
use crate::row::{self, Drifts};
use crate::{id, table};

pub(crate) fn run(here: &Here) -> Result<Status, Failure> {
    let inbox = here.inbox()?;
    let unread = inbox.as_ref().map(|inbox| here.unread(inbox)).transpose()?.unwrap_or_default();
    let mut drifts = Drifts::of(here);
    if here.json {
        let rows: Vec<Value> =
            unread.iter().enumerate().map(|(n, unread)| entry(n + 1, unread, &mut drifts)).collect();
        return Ok(here.output.json(&Value::from(rows)));
    }
    if unread.is_empty() {
        return Ok(here.output.print(&format!("nothing unread for {}\n", here.address.key())));
    }
    for unread in unread.iter().filter_map(|unread| unread.error.as_ref()) {
        here.output.complain(unread);
    }
    let rows: Vec<_> = unread
        .iter()
        .enumerate()
        .map(|(n, unread)| {
            let file = id::shown(unread.waiting.name());
            row::cells(n + 1, &unread.document(), &file, &mut drifts, here.now)
        })
        .collect();
    let hint = table::hint("inbox read shows and archives them, inbox show 1 only shows", &here.output);
    Ok(here.output.print_styled(&format!("{}{hint}", table::render(&row::COLUMNS, &rows, &here.output))))
}

fn entry(number: usize, unread: &Unread, drifts: &mut Drifts) -> Value {
    let document = unread.document();
    let mut entry = row::facts(&document, &id::shown(unread.waiting.name()));
    entry["number"] = json!(number);
    entry["drift"] = row::drift(&document, drifts);
    entry["error"] = json!(unread.error);
    entry
}
