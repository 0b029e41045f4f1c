//! From candidates to a message.

use std::path::PathBuf;
use std::time::Instant;

use handoff_document::{Document, Timestamp, age};
use handoff_files::{Dir, FileError};
use handoff_store::{LARGEST, Waiting, is_elsewhere};
use handoff_surface::{Before, Composer, Frame, Incoming, Placed, Preview, Settled, Tail};
use handoff_text::Sanitised;
use handoff_worktree::{Head, Repository};

use crate::mention::{MAX_NAME_BYTES, is_for, on_offer, worn};
use crate::{Candidate, Candidates, Line, Mode, Outcome, Reading, Request, Taken, drift_of};

/// How many of the handoffs that stay unread are looked into for their names.
const PREVIEWS: usize = 5;

/// The longest note on files that cannot be read, in bytes.
const MAX_BAD_FILES_BYTES: usize = 300;

/// How many bad files are named.
const NAMED: usize = 3;

/// How many handoffs that cannot be taken are passed over before no other is tried.
const MAX_REFUSED: usize = 100;

pub(crate) fn take<'r>(
    request: &'r Request<'_>,
    candidates: &Candidates,
    frame: Frame,
) -> Result<Outcome<Reading<'r>>, FileError> {
    let archive = matches!(request.mode, Mode::Take).then(|| request.inbox.archive());
    let archive = match archive.transpose() {
        Ok(archive) => archive,
        Err(error) => return Ok(cannot_show(&for_here(request, candidates), &error.to_string())),
    };
    let mut work = Work::new(request, candidates, archive, frame);
    work.run();
    Ok(work.finish())
}

struct Work<'r, 'l> {
    request: &'r Request<'r>,
    candidates: &'l Candidates,
    archive: Option<Dir>,
    composer: Composer,
    /// Opened when the first handoff is to be shown: nothing waiting means no HEAD read.
    repository: Option<Repository>,
    head: Option<Head>,
    taken: Vec<Taken<'r>>,
    /// Those that are in the message, with their sentinels.
    shown: Vec<(&'l Waiting, String)>,
    /// Those of another worktree that has the same inbox, the reader's own, and those that another process is reading.
    not_ours: usize,
    /// Those that were offered too often to be shown again.
    worn: Vec<&'l Candidate>,
    unread: Vec<&'l Waiting>,
    bad: Vec<String>,
    stopped: Option<FileError>,
}

impl<'r, 'l> Work<'r, 'l> {
    fn new(request: &'r Request<'r>, candidates: &'l Candidates, archive: Option<Dir>, frame: Frame) -> Self {
        let inbox = request.inbox;
        let (settled, place) = match request.mode {
            Mode::Take => (Settled::Archived, inbox.read_path()),
            Mode::Offer(_) => (Settled::Offered, inbox.read_path()),
            Mode::Peek => (Settled::StillUnread, inbox.unread_path()),
        };
        let mut composer = Composer::new(frame, inbox.key(), request.budget, settled, &place);
        let notes = [oddities(candidates), on_offer(request, &candidates.on_offer)];
        notes.iter().flatten().for_each(|note| composer.note(note));
        Self {
            request,
            candidates,
            archive,
            composer,
            repository: None,
            head: None,
            taken: Vec::new(),
            shown: Vec::new(),
            not_ours: 0,
            worn: Vec::new(),
            unread: Vec::new(),
            bad: Vec::new(),
            stopped: None,
        }
    }

    fn run(&mut self) {
        let handoffs = &self.candidates.handoffs;
        for (number, candidate) in handoffs.iter().enumerate() {
            let rest = || handoffs[number..].iter().map(|candidate| &candidate.waiting);
            if self.is_late() {
                self.unread.extend(rest());
                return;
            }
            match self.one(candidate) {
                Ok(Next::Go) => {}
                // Another process took it since it was listed.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.not_ours += 1,
                Ok(Next::Full) => {
                    self.unread.extend(rest());
                    return;
                }
                Err(error) if self.is_hopeless(&error) => {
                    self.stopped = Some(error);
                    self.unread.extend(rest());
                    return;
                }
                Err(error) => {
                    self.bad.push(error.to_string());
                    self.unread.push(&candidate.waiting);
                }
            }
        }
    }

    /// Whether what the system refused for one handoff it will refuse for each.
    fn is_hopeless(&self, error: &FileError) -> bool {
        use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
        match error.kind() {
            ReadOnlyFilesystem | StorageFull => true,
            // One may be immutable. A sandbox may refuse what the directories' modes allow.
            PermissionDenied => {
                let can_move = |archive: &Dir| self.request.inbox.check_movable(archive).is_ok();
                self.bad.len() >= MAX_REFUSED || !self.archive.as_ref().is_none_or(can_move)
            }
            _ => false,
        }
    }

    fn is_late(&self) -> bool {
        self.request.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Puts one handoff into the message if it is ours and can be read.
    fn one(&mut self, candidate: &'l Candidate) -> Result<Next, FileError> {
        let inbox = self.request.inbox;
        let waiting = &candidate.waiting;
        match inbox.peek(waiting) {
            Ok(beginning) => {
                let document = Document::parse(&beginning);
                if is_elsewhere(&document, self.request.worktree.top()) || self.request.is_own(&document) {
                    self.not_ours += 1;
                    return Ok(Next::Go);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.not_ours += 1;
                return Ok(Next::Go);
            }
            Err(error) => {
                self.bad.push(error.to_string());
                self.unread.push(waiting);
                return Ok(Next::Go);
            }
        }
        if matches!(self.request.mode, Mode::Offer(_)) && candidate.is_only_mentioned() {
            self.worn.push(candidate);
            self.unread.push(waiting);
            return Ok(Next::Go);
        }
        let Some(archive) = &self.archive else { return self.in_place(candidate) };
        let Some(mut claim) = inbox.claim(waiting, archive)? else {
            self.not_ours += 1;
            return Ok(Next::Go);
        };
        let content = claim.read()?;
        let (path, size) = (claim.archive_path(), claim.size());
        match self.offer(candidate, &content, Whole { path, later: None, size }) {
            Placed::NoRoom => Ok(Next::Full),
            Placed::Whole | Placed::Cut => {
                self.taken.push(Taken { claim, content });
                Ok(Next::Go)
            }
        }
    }

    fn in_place(&mut self, candidate: &'l Candidate) -> Result<Next, FileError> {
        let (content, size) = self.request.inbox.read_in_place(&candidate.waiting)?;
        let path = self.request.inbox.unread_path().join(candidate.waiting.name());
        let later = matches!(self.request.mode, Mode::Offer(_))
            .then(|| self.request.inbox.read_path().join(candidate.waiting.name()));
        let placed = self.offer(candidate, &content, Whole { path, later, size });
        Ok(if placed == Placed::NoRoom { Next::Full } else { Next::Go })
    }

    fn offer(&mut self, candidate: &'l Candidate, content: &[u8], whole: Whole) -> Placed {
        let Whole { path, later, size } = whole;
        let waiting = &candidate.waiting;
        let before = candidate
            .past
            .offered
            .as_ref()
            .map(|offer| Before { at: offer.at, session: offer.session.as_deref() });
        let worktree = self.request.worktree;
        if self.head.is_none() {
            self.repository = worktree.repository();
            self.head = Some(self.repository.as_ref().map(Repository::head).unwrap_or_default());
        }
        let document = Document::parse(content);
        let drift = drift_of(&document, worktree, self.repository.as_ref());
        let incoming = Incoming {
            document: &document,
            seal: document.seal(),
            file_name: waiting.name().as_encoded_bytes(),
            path: &path,
            later: later.as_deref(),
            size,
            whole: size <= LARGEST,
            head: self.head.as_ref().unwrap_or(&Head { branch: None, short: None }),
            drift: drift.as_ref(),
            before: before.as_ref(),
            now: self.request.now,
        };
        let after = self.candidates.handoffs.len() - self.shown.len() - self.not_ours - 1;
        let placed = self.composer.offer(&incoming, after);
        if placed != Placed::NoRoom {
            self.shown.push((waiting, incoming.seal.1));
        }
        placed
    }

    fn finish(mut self) -> Outcome<Reading<'r>> {
        if let Some(note) = bad_files(&self.bad) {
            self.composer.note(&Sanitised::line(note.as_bytes(), MAX_BAD_FILES_BYTES));
        }
        if self.shown.is_empty() {
            return self.one_line();
        }
        if let Some(error) = &self.stopped {
            self.composer.note(&Sanitised::line(error.to_string().as_bytes(), MAX_BAD_FILES_BYTES));
        }
        if let Mode::Offer(record) = self.request.mode {
            let frame = self.composer.frame().to_owned();
            let recorded: Result<(), FileError> = self
                .shown
                .iter()
                .try_for_each(|(waiting, sentinel)| record(waiting.name(), &frame, sentinel));
            if let Err(error) = recorded {
                let why = format!("it could not be noted that this session was given this: {error}");
                self.composer.keep_unread(&why, &self.request.inbox.unread_path());
            }
        }
        let previews = previews(self.request, &mut self.unread);
        let tail =
            Tail { unread: self.unread.len(), previews: &previews, read_command: self.request.read_command };
        let surfaced = self.composer.finish(tail);
        Outcome::Ready(Reading { surfaced, taken: self.taken, archive: self.archive })
    }

    /// What to say when nothing is shown: why it could not be, what was shown too often, what another session has.
    fn one_line(self) -> Outcome<Reading<'r>> {
        let late = self.is_late().then(|| "reading it took too long".to_owned());
        let reason = self.stopped.map(|error| error.to_string());
        if let Some(reason) = reason.or_else(|| bad_files(&self.bad)).or(late) {
            return cannot_show(&self.unread, &reason);
        }
        let worn = worn(self.request, &self.worn);
        let said = [worn, on_offer(self.request, &self.candidates.on_offer), oddities(self.candidates)];
        let said: Vec<String> = said.into_iter().flatten().collect();
        if said.is_empty() {
            return Outcome::Nothing;
        }
        Outcome::Line(Line { text: said.join("; "), reason: None })
    }
}

/// The file of a handoff.
struct Whole {
    path: PathBuf,
    /// Where it will be once the session has answered.
    later: Option<PathBuf>,
    size: u64,
}

enum Next {
    Go,
    Full,
}

fn cannot_show<R>(unread: &[&Waiting], reason: &str) -> Outcome<R> {
    let waits = match unread.len() {
        0 => return Outcome::Nothing,
        1 => "1 handoff is waiting here but was not shown".to_owned(),
        n => format!("{n} handoffs are waiting here but were not shown"),
    };
    Outcome::Line(Line { text: format!("{waits}: {reason}"), reason: Some(reason.to_owned()) })
}

/// What of the candidates is this reader's, as far as it can be read.
fn for_here<'l>(request: &Request<'_>, candidates: &'l Candidates) -> Vec<&'l Waiting> {
    let waiting = candidates.handoffs.iter().map(|candidate| &candidate.waiting);
    waiting.filter(|waiting| is_for(request, waiting)).collect()
}

/// The newest that stay unread, each in a line. Those of another worktree are taken off `unread` as they are met.
fn previews(request: &Request<'_>, unread: &mut Vec<&Waiting>) -> Vec<Preview> {
    let mut previews = Vec::new();
    let mut number = 0;
    while previews.len() < PREVIEWS && number < unread.len() {
        let waiting = unread[number];
        if !is_for(request, waiting) {
            unread.remove(number);
            continue;
        }
        previews.push(preview(request, waiting));
        number += 1;
    }
    previews
}

fn preview(request: &Request<'_>, waiting: &Waiting) -> Preview {
    let name = Sanitised::line(waiting.name().as_encoded_bytes(), MAX_NAME_BYTES);
    let id = name.strip_suffix(".md").unwrap_or(&name).to_owned();
    let Ok(beginning) = request.inbox.peek(waiting) else {
        return Preview { id, about: "(unreadable)".to_owned() };
    };
    let document = Document::parse(&beginning);
    let title = document.title().map(|title| handoff_surface::title(title.as_bytes(), 60).to_string());
    let old = document
        .field("created")
        .and_then(Timestamp::parse)
        .map(|then| format!("({})", age(then, request.now)));
    let about: Vec<String> = title.into_iter().chain(old).collect();
    Preview { id, about: about.join(" ") }
}

fn oddities(candidates: &Candidates) -> Option<String> {
    let named = candidates.oddities.iter().take(NAMED).map(|oddity| {
        let name = handoff_surface::name(&oddity.name.to_string_lossy(), 60);
        format!("{name} ({})", oddity.kind.name())
    });
    let named: Vec<String> = named.collect();
    let rest = more(candidates.oddities.len());
    (!named.is_empty())
        .then(|| format!("left alone in unread/, no regular files: {}{rest}", named.join(", ")))
}

fn bad_files(bad: &[String]) -> Option<String> {
    let named: Vec<&str> = bad.iter().take(NAMED).map(String::as_str).collect();
    (!bad.is_empty()).then(|| format!("{}{}", named.join("; "), more(bad.len())))
}

fn more(count: usize) -> String {
    let rest = count.saturating_sub(NAMED);
    if rest > 0 { format!(" and {rest} more") } else { String::new() }
}
