//! One handoff in the message.

use std::path::Path;

use handoff_document::{Document, Part, Seal, Timestamp, age, sections};
use handoff_text::{Excerpt, Sanitised};
use handoff_worktree::{Drift, Head};

use crate::frame::{self, quoted};
use crate::{cut, drift, size};

/// The longest name of a handoff that is shown, in bytes.
const NAME: usize = 120;

/// The longest next action in the line for the person, in bytes.
const ACTION: usize = 100;

/// The longest other field that is shown, in bytes.
const FIELD: usize = 80;

/// How much stands before the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// Everything.
    Full,
    /// What is needed, where that makes room for the whole body.
    Brief,
}

/// A handoff and what its reader knows.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The handoff as it was read.
    pub document: &'a Document<'a>,
    /// What its sentinel says, and the body's own: taken once, since that reads the whole body.
    pub seal: (Seal, String),
    /// Its file name's bytes.
    pub file_name: &'a [u8],
    /// Where the whole file is, or will be once this message was delivered.
    pub path: &'a Path,
    /// Where it will be once the session has answered, when that is another place.
    pub later: Option<&'a Path>,
    /// The file's size in bytes.
    pub size: u64,
    /// Whether it was read whole; of a very large file only the beginning is.
    pub whole: bool,
    /// What is checked out here.
    pub head: &'a Head,
    /// What became of the commit it was written at.
    pub drift: Option<&'a Drift>,
    /// The offer of before, when no session gave a sign that it read it.
    pub before: Option<&'a Before<'a>>,
    /// The time of reading.
    pub now: Timestamp,
}

/// An earlier offer.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// When.
    pub at: Timestamp,
    /// To which session.
    pub session: Option<&'a str>,
}

/// A handoff as it will stand between two dividers.
pub(crate) struct Block {
    pub(crate) name: Sanitised,
    pub(crate) sentinel: String,
    pub(crate) text: String,
    /// What the person in front of the session decides by.
    pub(crate) gist: Gist,
}

/// A handoff in a few words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gist {
    /// How old it is.
    pub(crate) age: Option<String>,
    /// Where it was written and what this is, when these are different branches.
    pub(crate) branches: Option<(Sanitised, Sanitised)>,
    /// The beginning of its next action.
    pub(crate) action: Option<Sanitised>,
}

impl Incoming<'_> {
    /// What it is called.
    pub(crate) fn name(&self) -> Sanitised {
        name(self.document, self.file_name)
    }

    /// The whole handoff; None when that takes more than `room` bytes.
    pub(crate) fn whole(&self, room: usize, header: Header) -> Option<Block> {
        let (header, sentinel) = self.header(header);
        let Excerpt { text, whole } = Sanitised::up_to(self.document.body(), room.checked_sub(header.len())?);
        if !whole || !self.whole {
            return None;
        }
        let body = quoted(&text);
        let text = format!("{header}\n{}\n", body.trim_matches('\n'));
        (text.len() <= room).then(|| Block { name: self.name(), sentinel, text, gist: self.gist() })
    }

    /// What matters most of it in at most `room` bytes, with the path of the whole.
    pub(crate) fn cut(&self, room: usize) -> Block {
        let (mut header, sentinel) = self.header(Header::Full);
        let path = Sanitised::line(self.path.as_os_str().as_encoded_bytes(), 400);
        let later = self.later.map(|later| Sanitised::line(later.as_os_str().as_encoded_bytes(), 400));
        let later = later.map(|later| format!("; after your answer {later}")).unwrap_or_default();
        header.push_str(&format!("whole:    {path} ({}, cut to fit here){later}\n", size(self.size)));
        let body = cut::most_important(self.document.body(), room.saturating_sub(header.len() + 1));
        Block { name: self.name(), sentinel, text: format!("{header}\n{body}"), gist: self.gist() }
    }

    /// The same in a few words, for the person.
    fn gist(&self) -> Gist {
        let document = self.document;
        let then = document.field("created").and_then(Timestamp::parse);
        let written = document.field("branch").filter(|branch| *branch != "unknown");
        let branches = match (written, &self.head.branch) {
            (Some(written), Some(here)) if written != here => {
                Some((Sanitised::line(written.as_bytes(), FIELD), Sanitised::line(here.as_bytes(), FIELD)))
            }
            _ => None,
        };
        Gist {
            age: then.map(|then| age(then, self.now)),
            branches,
            action: next_action(document.body(), ACTION),
        }
    }

    /// The lines before the body, and the body's sentinel.
    fn header(&self, header: Header) -> (String, String) {
        let document = self.document;
        let shown = |value: Option<&str>| frame::name(value.unwrap_or("unknown"), FIELD);
        let field = |key: &str| shown(document.field(key));
        let here = |known: &Option<String>| shown(known.as_deref());
        let tool = document.field("session_tool").map(|tool| format!(" ({})", frame::name(tool, FIELD)));
        // Only a letter's receiver sets it.
        let sender =
            document.field("sender").map(|sender| format!(", sent by {}", frame::name(sender, FIELD)));
        let old = document
            .field("created")
            .and_then(Timestamp::parse)
            .map(|then| format!(", {}", age(then, self.now)));
        let (seal, sentinel) = &self.seal;
        let (branch, head) = (field("branch"), field("head"));
        let (here_branch, here_head) = (here(&self.head.branch), here(&self.head.short));
        let created = match (header, &old) {
            (Header::Brief, Some(_)) => String::new(),
            _ => format!(", created {}", field("created")),
        };
        let mut lines = vec![format!(
            "from:     {}{}{}{created}{}",
            field("from"),
            or_empty(tool),
            or_empty(sender),
            or_empty(old)
        )];
        if let Some(before) = self.before {
            let session = Sanitised::line(before.session.unwrap_or("unknown").as_bytes(), FIELD);
            lines.push(format!("offered before: {}, session {session}, no sign that it was read", before.at));
        }
        if header == Header::Brief && branch == here_branch && head == here_head {
            lines.push(format!("at:       {branch} {head}, as here"));
        } else {
            lines.push(format!("branch:   {branch} (handoff) | {here_branch} (current)"));
            lines.push(format!("head:     {head} (handoff) | {here_head} (current)"));
        }
        // Only the program that takes in a letter sets it.
        if document.field("copy").is_some() {
            lines.push("!! COPY: not taken, others may take it too".to_owned());
        }
        lines.extend(drift::drift_lines(document, self.head, self.drift));
        if let Some(problem) = document.problem() {
            let problem = Sanitised::line(problem.to_string().as_bytes(), 200);
            lines.push(format!("!! WARNING: malformed handoff: {problem}"));
        }
        if !self.whole {
            let all = size(self.size);
            lines.push(format!(
                "!! WARNING: the file has {all}; only its beginning was read, its sentinel not checked"
            ));
        } else if let Seal::Broken(written) = seal {
            let written = frame::name(written, FIELD);
            lines.push(format!(
                "!! SENTINEL: this body is not the one that was signed ({written}): it was changed after it was written"
            ));
        }
        lines.push(format!("sentinel: {sentinel}"));
        (lines.iter().map(|line| format!("{line}\n")).collect(), sentinel.clone())
    }
}

/// The beginning of the next action that `body` names, in one line of at most `limit` bytes.
pub fn next_action(body: &[u8], limit: usize) -> Option<Sanitised> {
    let sections = sections(body);
    let action = sections.iter().find(|section| section.part == Part::NextAction)?;
    // A long one is cut before it is sanitised, so that a large file costs no more than a small one.
    let beginning = &action.content[..action.content.len().min(limit * 8)];
    let line = Sanitised::line(beginning, limit);
    // It stands in a sentence of ours.
    let line = Sanitised::from(line.trim_end_matches(['.', ';', ':', ',']));
    (!line.is_empty()).then_some(line)
}

/// What a handoff is called in a line of ours: its title without markdown, else its file name.
pub(crate) fn name(document: &Document<'_>, file_name: &[u8]) -> Sanitised {
    let title = document.title().map(|title| frame::title(title.as_bytes(), NAME));
    title.filter(|title| !title.is_empty()).unwrap_or_else(|| frame::title(file_name, NAME))
}

fn or_empty(text: Option<String>) -> String {
    text.unwrap_or_default()
}
