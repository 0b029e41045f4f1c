//! The sections of a body.

use std::borrow::Cow;

/// The sections in their order, for `handoff-write --template`. Empty ones are left out of a handoff.
pub const TEMPLATE: &str = "\
# Handoff — <title>

## Status as of <date>
<where the work stands, in two or three sentences>

## Immediate next action
<the one thing to do first; required>

## Decisions made (with evidence)
- <decision>: <why> (<file:line, commit, link>)

## Recently verified / completed — DO NOT REDO
- <what was checked or done>: <how it was seen to be so>

## Open follow-ups
1. <what is left, and what it waits for>

## Assumptions / world-model snapshot
- <what is taken for granted and would change the plan if it were wrong>

## Verification commands
```sh
<command>   # <what it should print>
```

## Files touched this session
- `path/from/the/top`

## What NOT to do on resume
- <dead end that was tried, and why it fails>

## Reader instruction
<anything the next session must know of how to read this>
";

/// Which of the format's sections a heading opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What stands before the first `## ` heading.
    Opening,
    /// `## Immediate next action`, the one that is required.
    NextAction,
    /// `## What NOT to do on resume`.
    DoNotDo,
    /// `## Recently verified / completed — DO NOT REDO`.
    DoNotRedo,
    /// `## Files touched this session`.
    FilesTouched,
    /// Any other.
    Other,
}

/// A heading and what stands below it, up to the next.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// Which one.
    pub part: Part,
    /// The number of its first line, counted from 1 in the body.
    pub line: usize,
    /// The heading's words; empty for the opening.
    pub heading: &'a [u8],
    /// All of it, the heading's line included.
    pub text: &'a [u8],
    /// Without the heading's line.
    pub content: &'a [u8],
}

impl Section<'_> {
    /// Whether there is nothing below the heading.
    pub fn is_empty(&self) -> bool {
        self.content.iter().all(u8::is_ascii_whitespace)
    }
}

/// The first line with text of the next action, trimmed; empty when there is none. It is the summary where none is given.
pub fn next_action(body: &[u8]) -> String {
    let sections = sections(body);
    let next = sections.iter().find(|section| section.part == Part::NextAction);
    let lines = next.map(|section| section.content.split(|&b| b == b'\n'));
    let first = lines.and_then(|mut lines| lines.find(|line| !line.iter().all(u8::is_ascii_whitespace)));
    String::from_utf8_lossy(first.unwrap_or_default()).trim().to_owned()
}

/// The sections of `body`. A heading is a line that markdown takes for one of level 2, outside a fenced code block; what
/// stands before the first is the opening, left out when it is blank.
pub fn sections(body: &[u8]) -> Vec<Section<'_>> {
    let mut starts = Vec::new();
    let mut fence: Option<(u8, usize)> = None;
    let mut at = 0;
    for (number, line) in (1..).zip(body.split_inclusive(|&b| b == b'\n')) {
        match (fence, fence_of(line)) {
            (None, Some((mark, length, _))) => fence = Some((mark, length)),
            (Some((open, length)), Some((mark, longer, true))) if open == mark && longer >= length => {
                fence = None
            }
            (None, None) => starts.extend(heading_of(line, 2).map(|heading| (at, number, line, heading))),
            _ => {}
        }
        at += line.len();
    }
    let first = starts.first().map_or(body.len(), |(start, ..)| *start);
    let mut sections = Vec::with_capacity(starts.len() + 1);
    let opening = &body[..first];
    if !opening.iter().all(u8::is_ascii_whitespace) {
        sections.push(Section {
            part: Part::Opening,
            line: 1,
            heading: b"",
            text: opening,
            content: opening,
        });
    }
    for (index, &(start, number, line, heading)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(body.len(), |(next, ..)| *next);
        let (text, content) = (&body[start..end], &body[start + line.len()..end]);
        sections.push(Section { part: part_of(heading), line: number, heading, text, content });
    }
    sections
}

/// The words of `line` if CommonMark takes it for a heading of `level` in the `#` form: at most three spaces before it,
/// white space behind its `#`, and `#` at its end that do not count.
fn heading_of(line: &[u8], level: usize) -> Option<&[u8]> {
    let indent = line.iter().take_while(|&&b| b == b' ').count();
    let marks = line[indent..].iter().take_while(|&&b| b == b'#').count();
    let rest = &line[indent + marks..];
    let is_heading =
        indent <= MAX_INDENT && marks == level && rest.first().is_none_or(u8::is_ascii_whitespace);
    if !is_heading {
        return None;
    }
    let words = rest.trim_ascii();
    let closing = words.iter().rev().take_while(|&&b| b == b'#').count();
    let (before, _) = words.split_at(words.len() - closing);
    Some(if before.last().is_none_or(u8::is_ascii_whitespace) { before.trim_ascii() } else { words })
}

/// How many spaces may stand before a heading or a fence. With more of them, or with a tab, it is code or a text.
const MAX_INDENT: usize = 3;

/// A line that looks like a heading of any level, wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The line's number, counted from 1 in the body.
    pub line: usize,
    /// The line without white space at its ends: `### 1. Next steps`.
    pub text: &'a [u8],
    /// How many `#` it starts with.
    pub level: usize,
    /// Whether it stands in a fenced code block, where it opens no section.
    pub is_in_code: bool,
    /// Whether so much white space stands before it that it is no heading in markdown.
    pub is_indented: bool,
}

/// The headings in `body`, also those that open no section: for a message that says what a writer meant.
pub fn headings(body: &[u8]) -> Vec<Heading<'_>> {
    let mut found = Vec::new();
    let mut fence: Option<(u8, usize)> = None;
    for (number, line) in body.split(|&b| b == b'\n').enumerate() {
        match (fence, fence_of(line)) {
            (None, Some((mark, length, _))) => fence = Some((mark, length)),
            (Some((open, length)), Some((mark, longer, true))) if open == mark && longer >= length => {
                fence = None
            }
            _ => {}
        }
        let text = line.trim_ascii();
        let level = text.iter().take_while(|&&b| b == b'#').count();
        if level > 0 {
            let before = line.iter().take_while(|b| b.is_ascii_whitespace());
            let is_indented = before.clone().count() > MAX_INDENT || before.clone().any(|&b| b == b'\t');
            found.push(Heading { line: number + 1, text, level, is_in_code: fence.is_some(), is_indented });
        }
    }
    found
}

/// The mark and length of a code fence, and whether it can close one: nothing but blanks may follow then.
fn fence_of(line: &[u8]) -> Option<(u8, usize, bool)> {
    let indent = line.iter().take_while(|&&b| b == b' ').count();
    let rest = &line[indent..];
    let mark = *rest.first().filter(|b| matches!(b, b'`' | b'~'))?;
    let length = rest.iter().take_while(|&&b| b == mark).count();
    let bare = rest[length..].iter().all(u8::is_ascii_whitespace);
    (indent <= MAX_INDENT && length >= 3).then_some((mark, length, bare))
}

/// By the words a heading starts with, whatever the case and the white space between them: writers vary what follows.
fn part_of(heading: &[u8]) -> Part {
    const KNOWN: &[(&str, Part)] = &[
        ("immediate next action", Part::NextAction),
        ("what not to do", Part::DoNotDo),
        ("recently verified", Part::DoNotRedo),
        ("recently completed", Part::DoNotRedo),
        ("do not redo", Part::DoNotRedo),
        ("files touched", Part::FilesTouched),
    ];
    let words: Vec<&[u8]> =
        heading.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(4).collect();
    let heading = words.join(&b' ');
    let starts =
        |words: &str| heading.get(..words.len()).is_some_and(|h| h.eq_ignore_ascii_case(words.as_bytes()));
    KNOWN.iter().find(|(words, _)| starts(words)).map_or(Part::Other, |(_, part)| *part)
}

/// The first heading of level 1 that is not empty, without the template's "Handoff —" before it.
pub(crate) fn title(body: &[u8]) -> Option<Cow<'_, str>> {
    const FURTHEST: usize = 4096;
    let start = &body[..body.len().min(FURTHEST)];
    let headings = start.split(|&b| b == b'\n').filter_map(|line| heading_of(line, 1));
    let line = { headings }.find(|heading| !heading.is_empty())?;
    let title = ["Handoff — ", "Handoff - ", "Handoff: "]
        .iter()
        .find_map(|prefix| line.strip_prefix(prefix.as_bytes()))
        .unwrap_or(line)
        .trim_ascii();
    (!title.is_empty()).then(|| String::from_utf8_lossy(title))
}

/// The paths in a "Files touched" section: of each list item the first word in back-quotes, else the first word.
/// At most 200; relative to the worktree's top or absolute, as the writer gave them.
pub fn touched_files(section: &Section<'_>) -> Vec<String> {
    const MOST: usize = 200;
    section.content.split(|&b| b == b'\n').filter_map(list_item).filter_map(path_in).take(MOST).collect()
}

fn list_item(line: &[u8]) -> Option<Cow<'_, str>> {
    let line = line.trim_ascii();
    let item = [&b"- "[..], b"* ", b"+ "].iter().find_map(|bullet| line.strip_prefix(*bullet));
    item.map(String::from_utf8_lossy)
}

fn path_in(item: Cow<'_, str>) -> Option<String> {
    let quoted = item.split('`').nth(1);
    let word = quoted.or_else(|| item.split_whitespace().next())?;
    // `src/a.rs:42` and `src/a.rs,` name src/a.rs.
    let word = word.trim_end_matches([',', ';', ':']);
    let word = match word.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
            path
        }
        _ => word,
    };
    let path = word.trim_start_matches("./").trim_end_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}
