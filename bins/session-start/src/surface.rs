//! From the host's payload to a message.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use handoff_address::Address;
use handoff_agents::{Delivers, OutputForm, SessionStart, Source};
use handoff_delivery::{Ledger, Looker, Offer};
use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_process::{Environment, Output, Unattended, quoted};
use handoff_reader::{Candidates, Mode, Outcome, Request, mention};
use handoff_store::{Inbox, Store};
use handoff_surface::{REMINDER, SMALLEST};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::archiver::Archiver;
use crate::args::{Args, Format};
use crate::format::Message;
use crate::host::Input;
use crate::session::Session;

/// How long the hook may take in all. A host that waits longer ends it at its own limit, and what it has printed by then
/// is thrown away.
const DEADLINE: Duration = Duration::from_millis(2_800);

/// What of that is for printing.
const RESERVE: Duration = Duration::from_millis(300);

/// Anything that keeps the hook from looking; its words go to the session in one line.
type Failure = Box<dyn std::error::Error>;

pub(crate) fn run(args: Args, environment: Environment, output: &Output) {
    let began = Instant::now();
    let start = match Input::read() {
        Input::Other => return,
        Input::Session(start) if start.host.delivers == Delivers::Nothing => return,
        Input::Session(start) => Some(start),
        Input::Plain => None,
    };
    let form = match (args.format, &start) {
        (Format::Form(form), _) => form,
        (Format::Auto, Some(start)) => start.host.output,
        (Format::Auto, None) => OutputForm::Plain,
    };
    let event = start.as_ref().and_then(|start| start.event).unwrap_or("SessionStart");
    let deliver = |message: &Message| {
        let text = message.printed(form, event);
        // A message that does not arrive is no evidence: what was in it waits again.
        let _ = output.deliver(&text);
    };
    let place = match Place::find(&args, &environment, start.as_ref()) {
        Ok(Some(place)) => place,
        Ok(None) => return,
        Err(error) => return deliver(&Message::failure(&*error)),
    };
    let until = began + DEADLINE;
    let command = list_command(&place.start);
    let hook = Hook { args, environment, place, until };
    let answer = in_time(until, move || {
        hook.answer(start).unwrap_or_else(|error| Answer::only(Message::failure(&*error)))
    });
    match answer {
        Some(answer) => {
            if let Some(message) = &answer.message {
                deliver(message);
            }
            if let Some(archiver) = answer.archiver {
                archiver.wait();
            }
        }
        None => deliver(&Message::notice(format!(
            "agent-handoff: handoffs may wait here; looking at them took too long. To see them: {command}"
        ))),
    }
}

/// What `work` gives, if it does so until then. What the file system does not answer in time is not waited for: the
/// process ends, and the thread with it.
fn in_time<T: Send + 'static>(until: Instant, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let slot = Arc::new(Mutex::new(None));
    let (filled, waiting) = (Arc::clone(&slot), std::thread::current());
    std::thread::spawn(move || {
        let done = work();
        *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        waiting.unpark();
    });
    loop {
        if let Some(done) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Some(done);
        }
        let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        std::thread::park_timeout(left);
    }
}

/// Where the hook looks, when something may wait there.
struct Place {
    store: Store,
    start: PathBuf,
    /// What waits at the repository's remote.
    mail: Option<String>,
}

impl Place {
    /// `None` when nothing is unread: then nothing more is looked at.
    fn find(
        args: &Args,
        environment: &Environment,
        session: Option<&SessionStart>,
    ) -> Result<Option<Self>, Failure> {
        let root = environment.store()?;
        let named = args.root.as_ref().or(session.and_then(|session| session.cwd.as_ref()));
        let start = match named.or(environment.claude_project_dir.as_ref()) {
            Some(path) => path.clone(),
            None => Environment::working_directory().map_err(|error| {
                format!("could not tell the current directory: {}", handoff_files::reason(&error))
            })?,
        };
        let Some(store) = Store::open(&root)? else { return Ok(None) };
        let is_compact = session.is_some_and(|session| session.source == Source::Compact);
        let unread = Unread::above(&store, &start);
        Ok((is_compact || unread.is_there || unread.mail.is_some()).then_some(Self {
            store,
            start,
            mail: unread.mail,
        }))
    }
}

/// What the hook says, and who archives meanwhile what earlier sessions used.
struct Answer {
    message: Option<Message>,
    archiver: Option<Archiver>,
}

impl Answer {
    fn only(message: Message) -> Self {
        Self { message: Some(message), archiver: None }
    }

    const NOTHING: Self = Self { message: None, archiver: None };
}

struct Hook {
    args: Args,
    environment: Environment,
    place: Place,
    until: Instant,
}

impl Hook {
    fn answer(&self, start: Option<SessionStart>) -> Result<Answer, Failure> {
        let Place { store, start: directory, mail } = &self.place;
        let worktree = Worktree::find(directory).map_err(|error| {
            format!("could not enter {}: {}", Sanitised::path(directory), handoff_files::reason(&error))
        })?;
        let Some(inbox) = store.inbox(&Address::of(worktree.top()))? else { return Ok(Answer::NOTHING) };
        let listing = inbox.waiting()?;
        let now = Timestamp::now();
        let reminder = self.reminder(start.as_ref(), &inbox, now)?;
        if listing.is_empty() && reminder.is_none() && mail.is_none() {
            return Ok(Answer::NOTHING);
        }
        store.trust().map_err(|error| format!("{} waiting, not shown: {error}", listing.handoffs.len()))?;

        let session = Session::look(start, &self.environment);
        let until = self.until - RESERVE;
        let looker = Looker { until, now, ..session.looker(&self.environment) };
        let makes_offers = !self.args.peek && !self.only_mentions(&session) && !listing.handoffs.is_empty();
        let ledger =
            if makes_offers { Ledger::take_turn(&inbox, &looker)? } else { Ledger::open(&inbox, &looker)? };
        let mut candidates = Candidates::of(listing, &ledger);
        let told = session.start.as_ref().map_or(Vec::new(), |start| told(start, &inbox));
        if !told.is_empty() {
            candidates.keep_only(&told);
        }
        let archives = !candidates.delivered.is_empty() && !self.args.peek;
        // What is archived meanwhile is named where it will be.
        let reminder = match (&session.start, reminder) {
            (Some(start), Some(_)) if archives => {
                handoff_reader::remind(&inbox, &start.session, &candidates.delivered)?
            }
            (_, reminder) => reminder,
        };
        let archiver = if archives { Archiver::start(worktree.top()) } else { None };
        let record = |name: &OsStr, frame: &str, sentinel: &str| {
            let offer = session.offer(frame, sentinel, &looker);
            record(&inbox, &ledger, &session, name, offer)
        };
        let read_command = read_command(directory);
        let mail = mail.as_ref().map(|line| (line, crate::mail::message(line)));
        let beside = reminder.as_ref().map_or(0, String::len)
            + mail.as_ref().map_or(0, |(_, message)| message.text().len() + 1);
        let request = Request {
            worktree: &worktree,
            inbox: &inbox,
            budget: self.budget(reminder.is_some()).saturating_sub(beside),
            mode: if self.args.peek { Mode::Peek } else { Mode::Offer(&record) },
            own_sessions: &session.own,
            read_command: &read_command,
            now,
            until: Some(until),
        };
        let message = if self.only_mentions(&session) {
            self.mention(&session, &request, &candidates)
        } else {
            message(request.take(&candidates)?)
        };
        let is_told = |line| !self.is_silent(&session) && self.may_tell(&session, &inbox, line);
        let mail = mail.filter(|(line, _)| is_told(line)).map(|(_, message)| message);
        Ok(Answer { message: with_mail(with_reminder(message, reminder), mail), archiver })
    }

    /// Whether the session is told `line` of letters: not twice, unless its context was compacted since.
    fn may_tell(&self, session: &Session, inbox: &Inbox, line: &str) -> bool {
        let start = session.start.as_ref().filter(|_| !self.args.peek);
        start.is_none_or(|start| inbox.may_tell(&start.session, line) || start.source == Source::Compact)
    }

    /// Whether a session without a person is told nothing at all.
    fn is_silent(&self, session: &Session) -> bool {
        session.is_unattended && self.environment.unattended == Unattended::Off
    }

    /// A session that no person sits in front of takes nothing, unless it is asked to; nor does one to which the text may
    /// not come.
    fn only_mentions(&self, session: &Session) -> bool {
        session.start.as_ref().is_some_and(is_uncertain)
            || session.is_unattended && self.environment.unattended != Unattended::Full
    }

    fn mention(&self, session: &Session, request: &Request<'_>, candidates: &Candidates) -> Option<Message> {
        if self.is_silent(session) {
            return None;
        }
        let line = mention(request, candidates)?;
        let is_uncertain = session.start.as_ref().is_some_and(is_uncertain);
        // Such a host may run the hook of another host beside its own.
        let is_told = !is_uncertain || self.may_tell(session, request.inbox, &line);
        is_told.then(|| Message::notice(format!("agent-handoff: {line}")))
    }

    fn reminder(
        &self,
        start: Option<&SessionStart>,
        inbox: &Inbox,
        now: Timestamp,
    ) -> Result<Option<String>, Failure> {
        let compacted = start.filter(|start| start.source == Source::Compact);
        let Some(start) = compacted else { return Ok(None) };
        let reminder = handoff_reader::remind(inbox, &start.session, &[])?;
        let is_first = || self.args.peek || inbox.may_remind(&start.session, now.seconds());
        Ok(reminder.filter(|_| is_first()))
    }

    /// Enough for the frame, and for a reminder beside it.
    fn budget(&self, reminds: bool) -> usize {
        self.args.max_bytes.max(if reminds { SMALLEST + REMINDER } else { SMALLEST })
    }
}

/// Whether it is not certain that the model is given what the hook prints.
fn is_uncertain(start: &SessionStart) -> bool {
    start.host.delivers == Delivers::Mentions
}

/// What this session was given at an earlier prompt. It is given that again when it lost it, and nothing that came later:
/// that is for the session after it.
fn told(start: &SessionStart, inbox: &Inbox) -> Vec<OsString> {
    if start.host.runs_at_each_prompt { inbox.recall(&start.session) } else { Vec::new() }
}

/// Records the offer of one handoff, and for the reminder after compaction what the session was given.
fn record(
    inbox: &Inbox,
    ledger: &Ledger<'_>,
    session: &Session,
    name: &OsStr,
    offer: Offer,
) -> Result<(), FileError> {
    ledger.offer(name, offer)?;
    if let Some(start) = &session.start {
        // A reminder is a courtesy.
        let _ = inbox.remember(&start.session, name);
    }
    Ok(())
}

fn message(outcome: Outcome<handoff_reader::Reading<'_>>) -> Option<Message> {
    match outcome {
        Outcome::Ready(reading) => {
            let surfaced = reading.surfaced();
            Some(Message::new(surfaced.text.clone(), surfaced.summary.clone()))
        }
        Outcome::Line(line) => Some(Message::notice(format!("agent-handoff: {}", line.text))),
        Outcome::Nothing => None,
    }
}

fn with_reminder(message: Option<Message>, reminder: Option<String>) -> Option<Message> {
    let Some(reminder) = reminder else { return message };
    Some(match message {
        Some(message) => message.followed_by(&reminder),
        None => {
            let summary = "agent-handoff: reminded the session of its handoffs after compaction";
            Message::new(reminder, summary.to_owned())
        }
    })
}

/// The message with the one on what waits at the remote behind it.
fn with_mail(message: Option<Message>, mail: Option<Message>) -> Option<Message> {
    match (message, mail) {
        (Some(message), Some(mail)) => Some(message.followed_by(&format!("\n{}", mail.text()))),
        (message, mail) => message.or(mail),
    }
}

/// What is unread for a directory or one above it. The worktree is one of them, so when nothing is, git need not be asked which:
/// no HEAD is read and no repository is looked for.
#[derive(Default)]
struct Unread {
    is_there: bool,
    /// What waits at the repository's remote.
    mail: Option<String>,
}

impl Unread {
    fn above(store: &Store, start: &Path) -> Self {
        let mut unread = Self::default();
        for directory in handoff_files::canonical(start).ancestors() {
            match store.inbox(&Address::of(directory)) {
                Ok(None) => {}
                Ok(Some(inbox)) => match inbox.waiting() {
                    Ok(listing) => {
                        unread.is_there |= !listing.is_empty();
                        if listing.has_mail_notice && unread.mail.is_none() {
                            unread.mail = crate::mail::line(&inbox, directory);
                        }
                    }
                    Err(_) => unread.is_there = true,
                },
                // What is wrong is said further on.
                Err(_) => unread.is_there = true,
            }
            if unread.is_there {
                break;
            }
        }
        unread
    }
}

/// The command that reads one handoff from the worktree that `start` is in.
fn read_command(start: &Path) -> String {
    let program = Environment::sibling("inbox");
    format!("{} read --root {}", quoted(&program), quoted(start))
}

/// The command that lists what is unread there.
fn list_command(start: &Path) -> String {
    let program = Environment::sibling("inbox");
    format!("{} --root {}", quoted(&program), quoted(start))
}
