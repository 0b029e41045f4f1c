//! The handoffs themselves.

use std::path::{Path, PathBuf};

use handoff_delivery::{Ledger, Looker, Standing};
use handoff_files::FileError;
use handoff_process::quoted;
use handoff_store::{Inbox, Store, Waiting};
use handoff_worktree::Worktree;

use super::Diagnosis;
use super::directories::is_of_file_system;

/// At most so many inboxes that cannot be used are named one by one.
const MAX_FINDINGS: usize = 3;

/// What it means that the store cannot be written to.
const EFFECT: &str = "no handoff can be left or archived";

impl Diagnosis<'_> {
    pub(super) fn store(&mut self) {
        self.area = "store";
        let path = self.places.store.clone();
        let shown = self.places.short(&path);
        let store = match Store::open(&path) {
            Ok(Some(store)) => store,
            Ok(None) if self.is_in_the_way(&path, EFFECT) => return,
            Ok(None) => return self.note(format!("there is no {shown} yet: no handoff was ever written")),
            Err(_) if self.is_in_the_way(&path, EFFECT) => return,
            Err(error) => return self.problem(error.to_string(), format!("ls -ld {}", quoted(&path))),
        };
        if let Err(error) = store.trust() {
            let path = quoted(&path);
            return self
                .problem(error.to_string(), format!("chown -R \"$(id -u)\" {path} && chmod 700 {path}"));
        }
        let (inboxes, mut failed) = match store.inboxes_and_faults() {
            Ok(found) => found,
            Err(error) => return self.problem(error.to_string(), format!("ls -la {}", quoted(&path))),
        };
        let (mut unread, mut worktrees) = (0, 0);
        for inbox in &inboxes {
            match self.inbox(inbox) {
                Ok(waiting) => {
                    unread += waiting;
                    worktrees += usize::from(waiting > 0);
                }
                Err(error) => failed.push(error),
            }
        }
        let takes_files = match handoff_files::Dir::open(&path) {
            Ok(Some(dir)) => self.takes_files(&path, &dir, EFFECT),
            // Said of what is in it.
            _ => true,
        };
        if !takes_files {
            failed.retain(|error| !is_of_file_system(error));
        }
        self.failed(&path, &failed);
        if failed.is_empty() && takes_files {
            let waiting = match (unread, worktrees) {
                (0, _) => "nothing unread".to_owned(),
                (_, 1) => format!("{unread} unread for 1 worktree"),
                _ => format!("{unread} unread for {worktrees} worktrees"),
            };
            self.well(format!("{shown} is yours; {waiting}"));
        }
        let drafts = handoff_files::Dir::open(&path.join(".drafts")).ok().flatten();
        let drafts = drafts.and_then(|drafts| drafts.entries().ok()).map_or(0, |drafts| drafts.len());
        if drafts > 0 {
            let drafts = if drafts == 1 {
                "1 refused draft is".to_owned()
            } else {
                format!("{drafts} refused drafts are")
            };
            self.note(format!("{drafts} in {shown}/.drafts, yours to fix or delete"));
        }
    }

    /// The inboxes that cannot be used. Many are one finding, for what is wrong is mostly the same.
    fn failed(&mut self, store: &Path, failed: &[FileError]) {
        let fix = |path: &Path| {
            let path = quoted(path);
            format!("chown -R \"$(id -u)\" {path} && chmod -R u+rwX {path}")
        };
        if failed.len() > MAX_FINDINGS {
            let (count, first) = (failed.len(), &failed[0]);
            return self.problem(format!("{count} inboxes cannot be used, as this one: {first}"), fix(store));
        }
        for error in failed {
            self.problem(error.to_string(), fix(&error.path));
        }
    }

    /// Looks at one inbox; gives how many wait there.
    fn inbox(&mut self, inbox: &Inbox) -> Result<usize, FileError> {
        let looker = Looker::outside(self.environment);
        let ledger = Ledger::open(inbox, &looker)?;
        ledger.settle(&inbox.waiting()?);
        let waiting = inbox.waiting()?.handoffs;
        let is_on_offer = |waiting: &&Waiting| matches!(ledger.standing(waiting), Standing::OnOffer { .. });
        let on_offer = waiting.iter().filter(is_on_offer).count();
        let read = self.program("inbox");
        let worktree = inbox.worktree()?;
        let gone = worktree.as_deref().filter(|path| !handoff_files::is_directory(path));
        let key = inbox.key();
        if on_offer > 0 {
            let handoffs = if on_offer == 1 { "1 handoff" } else { &format!("{on_offer} handoffs") };
            self.note(format!("{handoffs} for {key} on offer to a session that has not spoken yet"));
        }
        if let (Some(gone), false) = (gone, waiting.is_empty()) {
            self.problem(
                format!(
                    "{} unread for {}, which is gone",
                    waiting.len(),
                    handoff_text::Sanitised::path(gone)
                ),
                format!("{read} move {} NEW   # where it is now", quoted(gone)),
            );
        }
        if let (Some(path), false) = (worktree.as_deref(), waiting.is_empty())
            && let Some(top) = absorbed_by(path)
        {
            self.problem(
                format!(
                    "{} unread for {}, which is a part of the worktree {} by now, so no session is shown them",
                    waiting.len(),
                    handoff_text::Sanitised::path(path),
                    handoff_text::Sanitised::path(&top)
                ),
                format!("{read} move {} {}", quoted(path), quoted(&top)),
            );
        }
        let left = waiting.iter().filter(|waiting| waiting.was_left_behind()).count();
        if left > 0 && gone.is_none() {
            let read = worktree.as_deref().map_or_else(
                || format!("{read} read   # in the worktree {key}"),
                |path| format!("{read} read --root {}", quoted(path)),
            );
            self.problem(
                match left {
                    1 => format!("1 handoff for {key} was taken by a session that died; the next one there is shown it"),
                    _ => format!("{left} handoffs for {key} were taken by a session that died; the next one there is shown them"),
                },
                read,
            );
        }
        // What cannot be written cannot be archived.
        if !waiting.is_empty() {
            inbox.archive()?;
        }
        Ok(waiting.len())
    }
}

/// The worktree that a directory is a part of, where it was one of its own when a handoff was written for it: `git init` was
/// run above it since.
fn absorbed_by(path: &Path) -> Option<PathBuf> {
    let top = Worktree::find(path).ok()?.top().to_owned();
    (top != handoff_files::canonical(path)).then_some(top)
}
