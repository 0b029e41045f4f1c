//! From the host's payload to a delivered message.

use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_document::Timestamp;
use handoff_process::{Environment, Output, quoted};
use handoff_reader::{Outcome, Reading, Request};
use handoff_store::{Inbox, Receipt, Store};
use handoff_surface::{REMINDER, SMALLEST};
use handoff_worktree::Worktree;

use crate::args::{Args, Format};
use crate::format::Message;
use crate::host::Payload;

/// Anything that keeps the hook from looking; its words go to the session in one line.
type Failure = Box<dyn std::error::Error>;

pub(crate) fn run(args: &Args, environment: &Environment, output: &Output) {
    let payload = Payload::read();
    let json = match args.format {
        Format::Auto => payload.is_some(),
        Format::Plain => false,
        Format::Json => true,
    };
    let payload = payload.unwrap_or(Payload { is_session_start: true, ..Payload::default() });
    if !payload.is_session_start {
        return;
    }
    let session = Session { args, environment, payload, json, output };
    if let Err(error) = session.serve() {
        session.deliver(&Message::notice(format!("agent-handoff: could not look for handoffs: {error}")));
    }
}

struct Session<'a> {
    args: &'a Args,
    environment: &'a Environment,
    payload: Payload,
    json: bool,
    output: &'a Output,
}

impl Session<'_> {
    fn serve(&self) -> Result<(), Failure> {
        let root = self.environment.store()?;
        let start = self.start()?;
        let Some(store) = Store::open(&root)? else { return Ok(()) };
        if !self.payload.is_compact && !has_unread_above(&store, &start) {
            return Ok(());
        }
        let worktree = Worktree::find(&start).map_err(|error| {
            format!("could not enter {}: {}", start.display(), handoff_files::reason(&error))
        })?;
        let Some(inbox) = store.inbox(&Address::of(worktree.top()))? else { return Ok(()) };
        let listing = inbox.waiting()?;
        let now = Timestamp::now();
        let reminder = self.reminder(&inbox, now)?;
        if listing.is_empty() && reminder.is_none() {
            return Ok(());
        }
        store.trust().map_err(|error| format!("{} waiting, not shown: {error}", listing.handoffs.len()))?;

        let command = read_command(&start);
        let reminded = reminder.as_ref().map_or(0, String::len);
        let request = Request {
            worktree: &worktree,
            inbox: &inbox,
            budget: self.budget().saturating_sub(reminded),
            peek: self.args.peek,
            read_command: &command,
            now,
        };
        self.hand_over(request.take(&listing)?, reminder, &inbox, now);
        Ok(())
    }

    fn hand_over(
        &self,
        outcome: Outcome<Reading<'_>>,
        reminder: Option<String>,
        inbox: &Inbox,
        now: Timestamp,
    ) {
        let reminder_too = |text: &str| format!("{text}{}", reminder.as_deref().unwrap_or_default());
        match outcome {
            Outcome::Ready(reading) => {
                let surfaced = reading.surfaced();
                let message = Message::new(reminder_too(&surfaced.text), surfaced.summary.clone());
                if self.deliver(&message) {
                    let receipt = Receipt { at: now, by: self.payload.session_id.clone() };
                    // What could not be archived is unread again, and shown again.
                    let _ = reading.settle(inbox, &receipt);
                }
            }
            Outcome::CannotShow(line) => {
                let notice = Message::notice(line);
                let summary = notice.plain().trim_end().to_owned();
                self.deliver(&Message::new(reminder_too(&notice.plain()), summary));
            }
            Outcome::Nothing => {
                if let Some(text) = reminder {
                    let summary =
                        "agent-handoff: reminded the session of its handoffs after compaction".to_owned();
                    self.deliver(&Message::new(text, summary));
                }
            }
        }
    }

    fn reminder(&self, inbox: &Inbox, now: Timestamp) -> Result<Option<String>, Failure> {
        let session = self.payload.session_id.as_ref().filter(|_| self.payload.is_compact);
        let Some(session) = session else { return Ok(None) };
        let reminder = handoff_reader::remind(inbox, session)?;
        let is_first = || self.args.peek || inbox.may_remind(session, now.seconds());
        Ok(reminder.filter(|_| is_first()))
    }

    /// Enough for the frame, and for a reminder beside it.
    fn budget(&self) -> usize {
        self.args.max_bytes.max(if self.payload.is_compact { SMALLEST + REMINDER } else { SMALLEST })
    }

    /// Where to look from: what was asked for, what the host says, where we are.
    fn start(&self) -> Result<PathBuf, Failure> {
        let named = self
            .args
            .root
            .as_ref()
            .or(self.payload.cwd.as_ref())
            .or(self.environment.claude_project_dir.as_ref());
        match named {
            Some(path) => Ok(path.clone()),
            None => Ok(Environment::working_directory().map_err(|error| {
                format!("could not tell the current directory: {}", handoff_files::reason(&error))
            })?),
        }
    }

    fn deliver(&self, message: &Message) -> bool {
        let text = if self.json { message.json() } else { message.plain() };
        self.output.deliver(&text).is_ok()
    }
}

/// Whether something is unread for `start` or a directory above it. The worktree is one of them, so when nothing is, git
/// need not be asked which: no HEAD is read and no repository is looked for.
fn has_unread_above(store: &Store, start: &Path) -> bool {
    let has_unread = |directory: &Path| match store.inbox(&Address::of(directory)) {
        Ok(None) => false,
        Ok(Some(inbox)) => inbox.waiting().map_or(true, |listing| !listing.is_empty()),
        // What is wrong is said further on.
        Err(_) => true,
    };
    handoff_files::canonical(start).ancestors().any(has_unread)
}

/// The command that reads one handoff from the worktree that `start` is in.
fn read_command(start: &Path) -> String {
    let program = Environment::sibling("inbox");
    format!("{} read --root {}", quoted(&program), quoted(start))
}
