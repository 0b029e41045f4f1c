//! `inbox --all`: what is unread in every worktree, grouped by worktree.

use std::path::{Path, PathBuf};

use handoff_process::{Status, quoted};
use handoff_store::{Inbox, is_elsewhere};
use handoff_worktree::Worktree;
use serde_json::{Value, json};

use super::list;
use crate::here::{Failure, Here, Unread};
use crate::row::Drifts;
use crate::table;

/// What is unread for one worktree.
struct Group {
    key: String,
    /// Known only when a handoff there says whom it is for.
    path: Option<PathBuf>,
    unread: Vec<Unread>,
}

impl Group {
    /// The line above its table: the path, for the command that reads there.
    fn heading(&self, here: &Here) -> String {
        let path = match &self.path {
            Some(path) => path.to_string_lossy().into_owned(),
            None => format!("{} (its path is not known)", self.key),
        };
        let gone = match &self.path {
            Some(path) if !handoff_files::is_directory(path) => " (is gone)",
            _ => "",
        };
        let here_too =
            if self.path.as_deref() == Some(here.worktree.top()) { " (this worktree)" } else { "" };
        table::heading(&path, &format!("{gone}{here_too}"), &here.output)
    }

    fn drifts(&self) -> Drifts {
        let worktree = self.path.as_ref().and_then(|path| Worktree::find(path).ok());
        worktree.as_ref().map_or_else(Drifts::none, Drifts::of)
    }
}

pub(crate) fn run(here: &Here) -> Result<Status, Failure> {
    let mut groups = Vec::new();
    for inbox in here.inboxes(true)? {
        match self::groups(here, &inbox) {
            Ok(found) => groups.extend(found),
            // The others can be read.
            Err(error) => here.output.complain(error),
        }
    }
    // This worktree's first, then by path.
    let is_other = |group: &Group| group.path.as_deref() != Some(here.worktree.top());
    groups.sort_by(|one, two| (is_other(one), &one.path).cmp(&(is_other(two), &two.path)));
    if here.json {
        let rows: Vec<Value> = groups.iter().flat_map(entries).collect();
        return Ok(here.output.json(&Value::from(rows)));
    }
    if groups.is_empty() {
        return Ok(here.output.print("nothing unread in any worktree\n"));
    }
    for unread in groups.iter().flat_map(|group| &group.unread) {
        unread.error.iter().for_each(|error| here.output.complain(error));
    }
    let tables = groups
        .iter()
        .map(|group| group.heading(here) + &list::table(here, &group.unread, &mut group.drifts()));
    let tables: Vec<String> = tables.collect();
    let elsewhere = groups
        .iter()
        .filter(|group| is_other(group))
        .find_map(|group| group.path.as_ref().filter(|path| handoff_files::is_directory(path)));
    let hint = elsewhere.map_or_else(String::new, |path| {
        table::hint(&format!("in another one: {} show 1 --root {}", here.called, quoted(path)), &here.output)
    });
    Ok(here.output.print_styled(&format!("{}{hint}", tables.join("\n"))))
}

/// What is unread in `inbox`, by worktree: two paths can have one inbox.
fn groups(here: &Here, inbox: &Inbox) -> Result<Vec<Group>, Failure> {
    let own = inbox.worktree()?;
    let mut groups: Vec<Group> = Vec::new();
    for unread in here.unread_of(inbox, None)? {
        let path = path_of(&unread, own.as_deref());
        match groups.iter_mut().find(|group| group.path == path) {
            Some(group) => group.unread.push(unread),
            None => groups.push(Group { key: inbox.key().to_owned(), path, unread: vec![unread] }),
        }
    }
    Ok(groups)
}

/// The worktree that a handoff in the inbox of `own` is for.
fn path_of(unread: &Unread, own: Option<&Path>) -> Option<PathBuf> {
    let document = unread.document();
    let is_another = own.is_some_and(|own| is_elsewhere(&document, own));
    let to = document.field("to_path").filter(|_| is_another).map(PathBuf::from);
    to.map(|to| handoff_files::canonical(&to)).or_else(|| own.map(Path::to_owned))
}

fn entries(group: &Group) -> Vec<Value> {
    let mut drifts = group.drifts();
    let path = group.path.as_ref().map(|path| path.to_string_lossy());
    let entry = |(number, unread): (usize, &Unread)| {
        let mut entry = list::entry(number + 1, unread, &mut drifts);
        entry["for"] = json!(group.key);
        entry["worktree"] = json!(path);
        entry
    };
    group.unread.iter().enumerate().map(entry).collect()
}
