//! What the writer of a handoff should know before it writes.

use std::path::PathBuf;

use handoff_delivery::{Ledger, Looker, Standing};
use handoff_process::Environment;
use handoff_session::Other;
use handoff_store::{Store, Waiting};
use handoff_worktree::{Change, Repository};

use crate::author::agents_of_shell;
use crate::{PlaceError, Sender, Start};

/// Where a writer is, and what is going on there.
#[derive(Debug)]
pub struct Context {
    /// The top of the worktree that a handoff would be from.
    pub worktree: PathBuf,
    /// The name of its inbox.
    pub key: String,
    /// The worktree of the current directory, or of the session, when that is another one.
    pub other: Option<Other>,
    /// The branch; `None` where git does not say it.
    pub branch: Option<String>,
    /// The commit, in short; `None` where git does not say it.
    pub head: Option<String>,
    /// What is uncommitted; `None` where git does not say it.
    pub changes: Option<Vec<Change>>,
    /// The other worktrees of the repository.
    pub siblings: Vec<PathBuf>,
    /// The agents whose shell this may be, as `session_tool` names them.
    pub agents: Vec<&'static str>,
    /// How many handoffs wait here that no session has used; `None` where the store can't be read.
    pub unread: Option<usize>,
}

impl Context {
    /// That of a writer who is where `start` says.
    ///
    /// # Errors
    /// [`PlaceError::NotLocated`].
    pub fn of(start: &Start, environment: &Environment) -> Result<Self, PlaceError> {
        let sender = Sender::find(start, None, environment)?;
        let head = sender.repository.as_ref().map(Repository::head).unwrap_or_default();
        let worktree = sender.worktree.top().to_owned();
        Ok(Self {
            key: sender.address.key().to_owned(),
            branch: head.branch,
            head: head.short,
            changes: sender.changes(),
            siblings: sender.worktrees().into_iter().filter(|path| *path != worktree).collect(),
            agents: agents_of_shell().iter().map(|host| host.stamp).collect(),
            unread: unread(&sender, environment),
            other: sender.other,
            worktree,
        })
    }
}

fn unread(sender: &Sender, environment: &Environment) -> Option<usize> {
    let Some(store) = Store::open(&environment.store().ok()?).ok()? else { return Some(0) };
    let Some(inbox) = store.inbox(&sender.address).ok()? else { return Some(0) };
    let (looker, listing) = (Looker::outside(environment), inbox.waiting().ok()?);
    let ledger = Ledger::open(&inbox, &looker).ok()?;
    // What a session used waits for no other.
    let is_waiting = |waiting: &&Waiting| !matches!(ledger.standing(waiting), Standing::Delivered(_));
    Some(listing.handoffs.iter().filter(is_waiting).count())
}
