//! Where we are: the worktree, its address, the store.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_agents::Host;
use handoff_cli::CalledAs;
use handoff_delivery::{Ledger, Looker, Standing};
use handoff_document::{Document, Timestamp};
use handoff_process::{Environment, Output, Status, is_session_id};
use handoff_store::{Inbox, Listing, Store, Waiting, is_elsewhere};
use handoff_text::{Sanitised, quoted};
use handoff_worktree::Worktree;
use serde_json::json;

use crate::args::Args;
use crate::id;

/// What keeps a verb from being done, in words.
pub(crate) type Failure = Box<dyn std::error::Error>;

pub(crate) struct Here {
    /// The words before a verb, as its reader types them.
    pub(crate) called: CalledAs,
    pub(crate) environment: Environment,
    pub(crate) output: Output,
    pub(crate) json: bool,
    pub(crate) worktree: Worktree,
    pub(crate) address: Address,
    pub(crate) now: Timestamp,
    /// The worktree that was named on the command line.
    pub(crate) root: Option<PathBuf>,
    /// Who looks: the session in whose shell this runs, where there is one.
    pub(crate) looker: Looker,
}

/// A handoff that is unread, with the beginning of its text.
pub(crate) struct Unread {
    pub(crate) waiting: Waiting,
    pub(crate) beginning: Vec<u8>,
    /// Whether a session has it.
    pub(crate) standing: Standing,
    /// Why it could not be read.
    pub(crate) error: Option<String>,
}

impl Here {
    pub(crate) fn find(
        args: &Args,
        environment: Environment,
        output: Output,
        called: CalledAs,
    ) -> Result<Self, Failure> {
        let start = match args.root.as_ref().or(environment.claude_project_dir.as_ref()) {
            Some(root) => root.clone(),
            None => Environment::working_directory().map_err(|error| {
                format!("could not tell the current directory: {}", handoff_files::reason(&error))
            })?,
        };
        let worktree = match Worktree::find(&start) {
            Ok(worktree) => worktree,
            Err(error) => match gone(args, &environment) {
                Some(worktree) => worktree,
                None => return Err(not_entered(&start, &error, args, &called).into()),
            },
        };
        if args.root.is_none() {
            name_other_worktree(&worktree, &output);
        }
        let address = Address::of(worktree.top());
        let looker = Looker { session: session_id(), ..Looker::outside(&environment) };
        Ok(Self {
            called,
            environment,
            output,
            json: args.json,
            worktree,
            address,
            now: Timestamp::now(),
            root: args.root.clone(),
            looker,
        })
    }

    /// The store, when there is one. Somebody else's is read, with a warning.
    pub(crate) fn store(&self) -> Result<Option<Store>, Failure> {
        let store = Store::open(&self.environment.store()?)?;
        if let Some(Err(error)) = store.as_ref().map(Store::trust) {
            self.output.complain(format_args!("be careful: {error}"));
        }
        Ok(store)
    }

    /// This worktree's inbox, when there is one, its offers settled.
    pub(crate) fn inbox(&self) -> Result<Option<Inbox>, Failure> {
        let Some(store) = self.store()? else { return Ok(None) };
        Ok(store.inbox(&self.address)?.inspect(|inbox| self.settle(&store, inbox)))
    }

    /// This worktree's inbox for a verb that takes from it or changes it: only in a store that nobody else can write to.
    pub(crate) fn own_inbox(&self) -> Result<Option<Inbox>, Failure> {
        let Some(store) = Store::open(&self.environment.store()?)? else { return Ok(None) };
        store.trust()?;
        Ok(store.inbox(&self.address)?.inspect(|inbox| self.settle(&store, inbox)))
    }

    /// The same looker, for a look that begins now: a person or an editor took their time before.
    pub(crate) fn looker_now(&self) -> Looker {
        Looker { session: self.looker.session.clone(), ..Looker::outside(&self.environment) }
    }

    /// This worktree's inbox or every one.
    pub(crate) fn inboxes(&self, all: bool) -> Result<Vec<Inbox>, Failure> {
        let Some(store) = self.store()? else { return Ok(Vec::new()) };
        let inboxes = if all {
            let (inboxes, faults) = store.inboxes_and_faults()?;
            faults.iter().for_each(|error| self.output.complain(error));
            inboxes
        } else {
            store.inbox(&self.address)?.into_iter().collect()
        };
        inboxes.iter().for_each(|inbox| self.settle(&store, inbox));
        Ok(inboxes)
    }

    /// Archives what sessions used since the last look. Failing is no error of the verb: the next look does it.
    fn settle(&self, store: &Store, inbox: &Inbox) {
        if store.trust().is_err() {
            return;
        }
        if let (Ok(ledger), Ok(listing)) = (Ledger::open(inbox, &self.looker), inbox.waiting()) {
            ledger.settle(&listing);
        }
    }

    /// What is unread in `inbox` and not addressed to another worktree that shares it, newest first.
    pub(crate) fn unread(&self, inbox: &Inbox) -> Result<Vec<Unread>, Failure> {
        self.unread_of(inbox, Some(self.worktree.top()))
    }

    /// What is unread in `inbox`, newest first: what the worktree at `of` is given, or all of it.
    pub(crate) fn unread_of(&self, inbox: &Inbox, of: Option<&Path>) -> Result<Vec<Unread>, Failure> {
        let Listing { handoffs, oddities, .. } = inbox.waiting()?;
        for oddity in oddities {
            let (name, kind) = (id::shown(&oddity.name), oddity.kind.name());
            self.output.complain(format_args!("{name} in unread/ is a {kind}, no handoff; it is left alone"));
        }
        let ledger = Ledger::open(inbox, &self.looker)?;
        let read = handoffs.into_iter().filter_map(|waiting| Unread::read(inbox, waiting, &ledger));
        let is_here = |unread: &Unread| of.is_none_or(|top| !is_elsewhere(&unread.document(), top));
        Ok(read.filter(is_here).collect())
    }
}

impl Here {
    /// Says which handoffs were `done` (`archived`, `restored`), and what kept the rest from it, if anything did: what was
    /// done before that is done.
    pub(crate) fn report(&self, verb: &str, done: &[String], failed: Option<Failure>) -> Status {
        let printed = if self.json && (failed.is_none() || !done.is_empty()) {
            self.output.json(&json!({ verb: done }))
        } else if self.json {
            Status::Done
        } else {
            self.output.print(&done.iter().map(|name| format!("{verb}: {name}\n")).collect::<String>())
        };
        let Some(failure) = failed else { return printed };
        self.output.complain(id::explained(&failure, &self.called));
        Status::NotDone
    }

    /// What is archived in `inbox` and not addressed to another worktree that shares it, newest first; with `all`,
    /// whatever is there.
    pub(crate) fn archived(&self, inbox: &Inbox, all: bool) -> Result<Vec<OsString>, Failure> {
        const BEGINNING: u64 = 64 << 10;
        let mut names = inbox.archived()?;
        if !all {
            names.retain(|name| {
                let beginning = inbox.read_archived(name, BEGINNING).unwrap_or_default();
                !is_elsewhere(&Document::parse(&beginning), self.worktree.top())
            });
        }
        Ok(names)
    }
}

impl Here {
    /// At most `limit` bytes of the archived handoff `name`; `None`, with a message, where it cannot be read, and without one
    /// where it went elsewhere after it was listed.
    pub(crate) fn archived_content(&self, inbox: &Inbox, name: &OsStr, limit: u64) -> Option<Vec<u8>> {
        match inbox.read_archived(name, limit) {
            Ok(content) => Some(content),
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    self.output.complain(error);
                }
                None
            }
        }
    }
}

/// The worktree that `--root` names, which is not there any more, where it has an inbox.
fn gone(args: &Args, environment: &Environment) -> Option<Worktree> {
    let root = Environment::working_directory().ok()?.join(args.root.as_ref()?);
    let path = handoff_files::canonical(&root);
    let store = Store::open(&environment.store().ok()?).ok()??;
    store.inbox(&Address::of(&path)).ok()?.map(|_| Worktree::gone(path))
}

fn not_entered(start: &Path, error: &std::io::Error, args: &Args, called: &CalledAs) -> String {
    let text = format!("could not enter {}: {}", Sanitised::path(start), handoff_files::reason(error));
    match args.root {
        Some(_) => format!("{text}, and it has no inbox; {called} worktrees lists those that have"),
        None => text,
    }
}

/// Says whose inbox this is where the shell is in another worktree than the one that the session was started in.
fn name_other_worktree(used: &Worktree, output: &Output) {
    let shell = Environment::working_directory().ok().and_then(|directory| Worktree::find(&directory).ok());
    let Some(shell) = shell.filter(|shell| shell.top() != used.top()) else { return };
    output.note(&format!(
        "note: this is the inbox of {}, where the session was started (CLAUDE_PROJECT_DIR); for this directory's: --root \
         {}\n",
        Sanitised::path(used.top()),
        quoted(shell.top())
    ));
}

impl Unread {
    /// `None` when another process took it since it was listed.
    fn read(inbox: &Inbox, waiting: Waiting, ledger: &Ledger<'_>) -> Option<Self> {
        let standing = ledger.standing(&waiting);
        let (beginning, error) = match inbox.peek(&waiting) {
            Ok(beginning) => (beginning, None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Some(Self { waiting, beginning, standing, error })
    }

    pub(crate) fn document(&self) -> Document<'_> {
        Document::parse(&self.beginning)
    }
}

/// The session of the agent in whose shell this runs; `None` where there is none, or more than one.
fn session_id() -> Option<String> {
    let sessions = Host::sessions(Environment::variable);
    let [(_, id)] = sessions.as_slice() else { return None };
    id.to_str().filter(|id| is_session_id(id)).map(str::to_owned)
}
