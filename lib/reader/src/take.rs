//! From a listing to a message.

use std::path::PathBuf;

use handoff_document::{Document, Timestamp, age};
use handoff_files::{Dir, FileError};
use handoff_store::{LARGEST, Listing, Waiting, is_elsewhere};
use handoff_surface::{Composer, Frame, Incoming, Placed, Preview, Settled, Tail};
use handoff_text::Sanitised;
use handoff_worktree::{Head, Repository};

use crate::{Outcome, Reading, Request, Taken, drift_of};

/// How many of the handoffs that stay unread are looked into for their names.
const PREVIEWS: usize = 5;

/// How many bad files are named.
const NAMED: usize = 3;

pub(crate) fn take<'r>(
    request: &'r Request<'_>,
    listing: &Listing,
    frame: Frame,
) -> Result<Outcome<Reading<'r>>, FileError> {
    let archive = if request.peek { None } else { Some(request.inbox.archive()) };
    let archive = match archive.transpose() {
        Ok(archive) => archive,
        Err(error) => return Ok(cannot_show(&for_here(request, listing), &error.to_string())),
    };
    let mut work = Work::new(request, listing, archive, frame);
    work.run();
    Ok(work.finish())
}

struct Work<'r, 'l> {
    request: &'r Request<'r>,
    listing: &'l Listing,
    archive: Option<Dir>,
    composer: Composer,
    /// Opened when the first handoff is to be shown: nothing waiting means no HEAD read.
    repository: Option<Repository>,
    head: Option<Head>,
    taken: Vec<Taken<'r>>,
    shown: usize,
    /// Those of another worktree that has the same inbox, and those that somebody else is reading.
    not_ours: usize,
    unread: Vec<&'l Waiting>,
    bad: Vec<String>,
    stopped: Option<FileError>,
}

impl<'r, 'l> Work<'r, 'l> {
    fn new(request: &'r Request<'r>, listing: &'l Listing, archive: Option<Dir>, frame: Frame) -> Self {
        let inbox = request.inbox;
        let (settled, place) = match archive {
            Some(_) => (Settled::Archived, inbox.read_path()),
            None => (Settled::StillUnread, inbox.unread_path()),
        };
        let mut composer = Composer::new(frame, inbox.key(), request.budget, settled, &place);
        if let Some(note) = oddities(listing) {
            composer.note(&note);
        }
        Self {
            request,
            listing,
            archive,
            composer,
            repository: None,
            head: None,
            taken: Vec::new(),
            shown: 0,
            not_ours: 0,
            unread: Vec::new(),
            bad: Vec::new(),
            stopped: None,
        }
    }

    fn run(&mut self) {
        let handoffs = &self.listing.handoffs;
        for (number, waiting) in handoffs.iter().enumerate() {
            match self.one(waiting) {
                Ok(Next::Go) => {}
                Ok(Next::Full) => {
                    self.unread.extend(&handoffs[number..]);
                    return;
                }
                Err(error) => {
                    let hopeless = is_hopeless(&error);
                    self.stopped.get_or_insert(error);
                    if hopeless {
                        self.unread.extend(&handoffs[number..]);
                        return;
                    }
                    self.unread.push(waiting);
                }
            }
        }
    }

    /// Puts one handoff into the message if it is ours and can be read.
    fn one(&mut self, waiting: &'l Waiting) -> Result<Next, FileError> {
        let inbox = self.request.inbox;
        match inbox.peek(waiting) {
            Ok(beginning) if is_elsewhere(&Document::parse(&beginning), self.request.worktree.top()) => {
                self.not_ours += 1;
                return Ok(Next::Go);
            }
            Ok(_) => {}
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
        let Some(archive) = &self.archive else { return self.peek(waiting) };
        let Some(mut claim) = inbox.claim(waiting, archive)? else {
            self.not_ours += 1;
            return Ok(Next::Go);
        };
        let content = claim.read()?;
        let (path, size) = (claim.archive_path(), claim.size());
        match self.offer(waiting, &content, path, size) {
            Placed::NoRoom => Ok(Next::Full),
            Placed::Whole | Placed::Cut => {
                self.taken.push(Taken { claim, content });
                Ok(Next::Go)
            }
        }
    }

    fn peek(&mut self, waiting: &'l Waiting) -> Result<Next, FileError> {
        let content = self.request.inbox.peek_whole(waiting)?;
        let path = self.request.inbox.unread_path().join(waiting.name());
        let size = content.len() as u64;
        let placed = self.offer(waiting, &content, path, size);
        Ok(if placed == Placed::NoRoom { Next::Full } else { Next::Go })
    }

    fn offer(&mut self, waiting: &Waiting, content: &[u8], path: PathBuf, size: u64) -> Placed {
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
            size,
            whole: size <= LARGEST,
            head: self.head.as_ref().unwrap_or(&Head { branch: None, short: None }),
            drift: drift.as_ref(),
            now: self.request.now,
        };
        let after = self.listing.handoffs.len() - self.shown - self.not_ours - 1;
        let placed = self.composer.offer(&incoming, after);
        if placed != Placed::NoRoom {
            self.shown += 1;
        }
        placed
    }

    fn finish(mut self) -> Outcome<Reading<'r>> {
        if let Some(note) = bad_files(&self.bad) {
            self.composer.note(&note);
        }
        if self.shown == 0 {
            let reason = self.stopped.map(|error| error.to_string());
            return match (reason.or_else(|| bad_files(&self.bad)), oddities(self.listing)) {
                (Some(reason), _) => cannot_show(&self.unread, &reason),
                (None, Some(note)) => Outcome::CannotShow(format!("agent-handoff: {note}")),
                (None, None) => Outcome::Nothing,
            };
        }
        if let Some(error) = &self.stopped {
            self.composer.note(&error.to_string());
        }
        let previews = previews(self.request, &mut self.unread);
        let tail =
            Tail { unread: self.unread.len(), previews: &previews, read_command: self.request.read_command };
        let surfaced = self.composer.finish(tail);
        Outcome::Ready(Reading { surfaced, taken: self.taken, archive: self.archive })
    }
}

/// Whether what the system refused for one handoff it will refuse for each.
fn is_hopeless(error: &FileError) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | StorageFull)
}

enum Next {
    Go,
    Full,
}

fn cannot_show<R>(unread: &[&Waiting], reason: &str) -> Outcome<R> {
    match unread.len() {
        0 => Outcome::Nothing,
        1 => Outcome::CannotShow(format!(
            "agent-handoff: 1 handoff is waiting here but was not shown: {reason}"
        )),
        n => Outcome::CannotShow(format!(
            "agent-handoff: {n} handoffs are waiting here but were not shown: {reason}"
        )),
    }
}

/// What of the listing is not another worktree's, as far as it can be read.
fn for_here<'l>(request: &Request<'_>, listing: &'l Listing) -> Vec<&'l Waiting> {
    listing.handoffs.iter().filter(|waiting| !is_known_elsewhere(request, waiting)).collect()
}

fn is_known_elsewhere(request: &Request<'_>, waiting: &Waiting) -> bool {
    let beginning = request.inbox.peek(waiting);
    beginning.is_ok_and(|beginning| is_elsewhere(&Document::parse(&beginning), request.worktree.top()))
}

/// The newest that stay unread, each in a line. Those of another worktree are taken off `unread` as they are met.
fn previews(request: &Request<'_>, unread: &mut Vec<&Waiting>) -> Vec<Preview> {
    let mut previews = Vec::new();
    let mut number = 0;
    while previews.len() < PREVIEWS && number < unread.len() {
        let waiting = unread[number];
        if is_known_elsewhere(request, waiting) {
            unread.remove(number);
            continue;
        }
        previews.push(preview(request, waiting));
        number += 1;
    }
    previews
}

fn preview(request: &Request<'_>, waiting: &Waiting) -> Preview {
    let name = Sanitised::line(waiting.name().as_encoded_bytes(), 120);
    let id = name.strip_suffix(".md").unwrap_or(&name).to_owned();
    let Ok(beginning) = request.inbox.peek(waiting) else {
        return Preview { id, about: "(unreadable)".to_owned() };
    };
    let document = Document::parse(&beginning);
    let title = document.title().map(|title| Sanitised::line(title.as_bytes(), 60).to_string());
    let old = document
        .field("created")
        .and_then(Timestamp::parse)
        .map(|then| format!("({})", age(then, request.now)));
    let about: Vec<String> = title.into_iter().chain(old).collect();
    Preview { id, about: about.join(" ") }
}

fn oddities(listing: &Listing) -> Option<String> {
    let named = listing.oddities.iter().take(NAMED).map(|oddity| {
        format!("{} ({})", Sanitised::line(oddity.name.as_encoded_bytes(), 60), oddity.kind.name())
    });
    let named: Vec<String> = named.collect();
    let rest = more(listing.oddities.len());
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
