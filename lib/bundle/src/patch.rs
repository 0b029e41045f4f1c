//! Reads a patch as git writes it, and nothing else.
//!
//! Git's own reader is forgiving: it skips what it does not know, and a name can stand in four places. Here every byte
//! must belong to a file's section, and every name of a section must be the same, so that there is one reading of a patch
//! and what was checked is what git applies. Content is counted and passed over: memory does not grow with the patch.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use crate::literal;
use crate::path::{TreePath, quoted, unquoted};
use crate::status::Entry;

/// The longest line. Files of a longer one are written as literals, see [`crate::capture`].
const MAX_LINE_BYTES: u64 = 4 << 20;

/// The most sections that are read.
const MAX_SECTIONS: usize = 200_000;

/// The largest binary content that git may have to hold, and the largest that a delta may make, in bytes. Git makes no
/// delta of what is larger than [`crate::repository::LARGE`]; a few bytes of one can ask for all memory there is.
const MAX_BINARY_BYTES: u64 = 8 << 20;

/// What is wrong, and on which line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PatchError {
    /// Counted from 1.
    pub line: u64,
    /// In words.
    pub reason: String,
}

/// One file of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Where it starts, and where the next one does, in bytes.
    pub span: (u64, u64),
    /// The path before; None when the section makes the file.
    pub old: Option<Side>,
    /// The path after; None when the section removes the file.
    pub new: Option<Side>,
    /// Whether the old path stays (a copy).
    pub copy: bool,
    /// The size of the content that is there in full (`literal`), and where its lines start.
    pub literal: Option<(u64, u64)>,
    /// How much binary content git makes of it, both ways, in bytes.
    pub inflated: u64,
}

/// A file before or after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Where.
    pub path: TreePath,
    /// Its mode as git has it, six octal digits. None when the section does not say, as for a pure rename.
    pub mode: Option<String>,
    /// Its blob, in full. None when the content does not change.
    pub blob: Option<String>,
}

impl Section {
    /// Every path that it names.
    pub fn paths(&self) -> impl Iterator<Item = &TreePath> {
        self.old.iter().chain(&self.new).map(|side| &side.path)
    }
}

/// Whether `side` of a section is `entry`, where the other side is `other`. What a section does not say does not change.
pub(crate) fn is(side: Option<&Side>, entry: Option<&Entry>, other: Option<&Entry>) -> bool {
    match (side, entry) {
        (None, None) => true,
        (Some(side), Some(entry)) => {
            let unchanged = |value: fn(&Entry) -> &str| other.map(value) == Some(value(entry));
            side.mode.as_ref().map_or_else(|| unchanged(|entry| &entry.mode), |mode| *mode == entry.mode)
                && side
                    .blob
                    .as_ref()
                    .map_or_else(|| unchanged(|entry| &entry.blob), |blob| *blob == entry.blob)
        }
        _ => false,
    }
}

/// What a patch makes of one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
}

/// What a patch makes of each path that it names. A path may be in two sections only where one removes it and the next
/// makes it again: a file that becomes a link. Otherwise the path is the error.
pub(crate) fn outcomes(sections: &[Section]) -> Result<BTreeMap<TreePath, Outcome>, TreePath> {
    let mut outcomes: BTreeMap<TreePath, Outcome> = BTreeMap::new();
    let mut add = |path: &TreePath, old: Option<Side>, new: Option<Side>| match outcomes.get_mut(path) {
        None => {
            outcomes.insert(path.clone(), Outcome { old, new });
            Ok(())
        }
        Some(there) if there.new.is_none() && old.is_none() && new.is_some() => {
            there.new = new;
            Ok(())
        }
        Some(_) => Err(path.clone()),
    };
    for Section { old, new, copy, .. } in sections {
        match (old, new) {
            (Some(old), Some(new)) if old.path != new.path => {
                if !copy {
                    add(&old.path, Some(old.clone()), None)?;
                }
                add(&new.path, None, Some(new.clone()))?;
            }
            (old, new) => {
                if let Some(side) = old.as_ref().or(new.as_ref()) {
                    add(&side.path, old.clone(), new.clone())?;
                }
            }
        }
    }
    Ok(outcomes)
}

/// Reads a whole patch.
///
/// # Errors
/// [`PatchError`]; a failure to read is one too.
pub fn parse(source: impl BufRead) -> Result<Vec<Section>, PatchError> {
    let mut parser = Parser { source, line: Vec::new(), held: false, number: 0, at: 0 };
    let mut sections = Vec::new();
    while parser.next()? {
        if sections.len() == MAX_SECTIONS {
            return Err(parser.error("too many files"));
        }
        sections.push(parser.section()?);
    }
    Ok(sections)
}

struct Parser<S> {
    source: S,
    line: Vec<u8>,
    /// The line was looked at, and is to be read again.
    held: bool,
    number: u64,
    /// Where the line behind this one starts.
    at: u64,
}

#[derive(Default)]
struct Header {
    old_mode: Option<String>,
    new_mode: Option<String>,
    added: bool,
    deleted: bool,
    from: Option<TreePath>,
    to: Option<TreePath>,
    copy: bool,
    blobs: Option<(String, String)>,
}

impl<S: BufRead> Parser<S> {
    fn error(&self, reason: &str) -> PatchError {
        PatchError { line: self.number, reason: reason.to_owned() }
    }

    /// Reads the next line, without its end; false when there is none.
    fn next(&mut self) -> Result<bool, PatchError> {
        if std::mem::take(&mut self.held) {
            return Ok(true);
        }
        self.line.clear();
        self.number += 1;
        let read = self.source.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut self.line);
        let count = read.map_err(|error| self.error(&handoff_files::reason(&error)))?;
        self.at += count as u64;
        match self.line.pop() {
            None => Ok(false),
            Some(b'\n') => Ok(true),
            Some(_) if count as u64 == MAX_LINE_BYTES => Err(self.error("a line that is too long")),
            Some(_) => Err(self.error("a line without an end")),
        }
    }

    fn start(&self) -> u64 {
        self.at - self.line.len() as u64 - 1
    }

    fn section(&mut self) -> Result<Section, PatchError> {
        let start = self.start();
        let Some(names) = self.line.strip_prefix(b"diff --git ").map(<[u8]>::to_owned) else {
            return Err(self.error("something else than a file's section"));
        };
        let mut header = Header::default();
        let (mut literal, mut inflated) = (None, 0);
        while self.next()? {
            if self.extended(&mut header)? {
                continue;
            }
            match &self.line[..] {
                b"GIT binary patch" => {
                    self.needs_blobs(&header)?;
                    (literal, inflated) = self.binary()?;
                }
                line if line.starts_with(b"--- ") => {
                    self.needs_blobs(&header)?;
                    self.text(&mut header)?;
                }
                line if line.starts_with(b"diff --git ") => self.held = true,
                _ => return Err(self.error("something that does not belong to a file's section")),
            }
            break;
        }
        let end = if self.held { self.start() } else { self.at };
        self.sides(&names, header).map(|(old, new, copy)| Section {
            span: (start, end),
            old,
            new,
            copy,
            literal,
            inflated,
        })
    }

    /// Takes an extended header line; false when it is none.
    fn extended(&self, header: &mut Header) -> Result<bool, PatchError> {
        let line = &self.line[..];
        let once = |taken: bool| if taken { Err(self.error("the same said twice")) } else { Ok(()) };
        if let Some(mode) = line.strip_prefix(b"old mode ") {
            once(header.old_mode.is_some())?;
            header.old_mode = Some(self.mode(mode)?);
        } else if let Some(mode) = line.strip_prefix(b"new mode ") {
            once(header.new_mode.is_some())?;
            header.new_mode = Some(self.mode(mode)?);
        } else if let Some(mode) = line.strip_prefix(b"new file mode ") {
            once(header.added || header.deleted || header.new_mode.is_some())?;
            header.added = true;
            header.new_mode = Some(self.mode(mode)?);
        } else if let Some(mode) = line.strip_prefix(b"deleted file mode ") {
            once(header.added || header.deleted || header.old_mode.is_some())?;
            header.deleted = true;
            header.old_mode = Some(self.mode(mode)?);
        } else if let Some(name) = line.strip_prefix(b"rename from ") {
            once(header.from.is_some())?;
            header.from = Some(self.name(name)?);
        } else if let Some(name) = line.strip_prefix(b"copy from ") {
            once(header.from.is_some())?;
            header.from = Some(self.name(name)?);
            header.copy = true;
        } else if let Some(name) = line.strip_prefix(b"rename to ") {
            once(header.to.is_some() || header.copy)?;
            header.to = Some(self.name(name)?);
        } else if let Some(name) = line.strip_prefix(b"copy to ") {
            once(header.to.is_some() || !header.copy)?;
            header.to = Some(self.name(name)?);
        } else if line.starts_with(b"similarity index ") || line.starts_with(b"dissimilarity index ") {
        } else if let Some(blobs) = line.strip_prefix(b"index ") {
            once(header.blobs.is_some())?;
            self.blobs(blobs, header)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn blobs(&self, text: &[u8], header: &mut Header) -> Result<(), PatchError> {
        let text = std::str::from_utf8(text).map_err(|_| self.error("no blobs"))?;
        let (blobs, mode) = text.split_once(' ').map_or((text, None), |(blobs, mode)| (blobs, Some(mode)));
        let (old, new) = blobs.split_once("..").ok_or_else(|| self.error("no blobs"))?;
        let full = |blob: &str| {
            matches!(blob.len(), 40 | 64)
                && blob.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !full(old) || !full(new) || old.len() != new.len() {
            return Err(self.error("blobs that are not named in full"));
        }
        header.blobs = Some((old.to_owned(), new.to_owned()));
        if let Some(mode) = mode {
            if header.old_mode.is_some() || header.new_mode.is_some() {
                return Err(self.error("the same said twice"));
            }
            let mode = self.mode(mode.as_bytes())?;
            (header.old_mode, header.new_mode) = (Some(mode.clone()), Some(mode));
        }
        Ok(())
    }

    fn mode(&self, text: &[u8]) -> Result<String, PatchError> {
        let octal = text.len() == 6 && text.iter().all(|digit| matches!(digit, b'0'..=b'7'));
        octal.then(|| String::from_utf8_lossy(text).into_owned()).ok_or_else(|| self.error("no mode"))
    }

    /// A name that ends with the line, quoted or not.
    fn name(&self, text: &[u8]) -> Result<TreePath, PatchError> {
        let name = match text.first() {
            Some(b'"') => match unquoted(text) {
                Some((name, b"")) => name,
                _ => return Err(self.error("a name that cannot be read")),
            },
            _ => text.to_owned(),
        };
        if name.is_empty() || name.contains(&0) {
            return Err(self.error("a name that cannot be read"));
        }
        Ok(TreePath::new(name))
    }

    fn needs_blobs(&self, header: &Header) -> Result<(), PatchError> {
        header.blobs.is_some().then_some(()).ok_or_else(|| self.error("content without its blobs"))
    }

    /// `---`, `+++` and the hunks. The names are put into `header`, or must be those that are there.
    fn text(&mut self, header: &mut Header) -> Result<(), PatchError> {
        let old = self.file_line(b"--- ", b"a/")?;
        if !self.next()? {
            return Err(self.error("an end in a file's section"));
        }
        let new = self.file_line(b"+++ ", b"b/")?;
        if old.is_none() != header.added || new.is_none() != header.deleted {
            return Err(self.error("a file that is there, and is not"));
        }
        for (place, name) in [(&mut header.from, old), (&mut header.to, new)] {
            match (&place, name) {
                (_, None) => {}
                (None, name) => *place = name,
                (Some(there), Some(name)) if *there == name => {}
                _ => return Err(self.error("two names for one file")),
            }
        }
        let mut hunks = 0;
        while self.next()? {
            if !self.line.starts_with(b"@@ -") {
                self.held = true;
                break;
            }
            self.hunk()?;
            hunks += 1;
        }
        if hunks == 0 { Err(self.error("no change in a file's section")) } else { Ok(()) }
    }

    fn file_line(&self, mark: &[u8], prefix: &[u8]) -> Result<Option<TreePath>, PatchError> {
        let Some(text) = self.line.strip_prefix(mark) else {
            return Err(self.error("a missing name"));
        };
        if text == b"/dev/null" {
            return Ok(None);
        }
        // Git ends a name with a space in it with a tab.
        let text = text.strip_suffix(b"\t").unwrap_or(text);
        let name = self.name(text)?;
        let bare = name.as_bytes().strip_prefix(prefix).filter(|bare| !bare.is_empty());
        bare.map(|bare| Some(TreePath::new(bare))).ok_or_else(|| self.error("a name without its prefix"))
    }

    fn hunk(&mut self) -> Result<(), PatchError> {
        let range = |text: &str| -> Option<u64> {
            let (start, count) = text.split_once(',').unwrap_or((text, "1"));
            let number = |text: &str| {
                (!text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()))
                    .then(|| text.parse::<u64>().ok())
                    .flatten()
            };
            number(start).and(number(count))
        };
        let head = self.line.iter().take(100).copied().collect::<Vec<_>>();
        let head = String::from_utf8_lossy(&head);
        let ranges = head.strip_prefix("@@ -").and_then(|rest| {
            let (old, rest) = rest.split_once(" +")?;
            let (new, _) = rest.split_once(" @@")?;
            Some((range(old)?, range(new)?))
        });
        let Some((mut old, mut new)) = ranges else {
            return Err(self.error("a hunk that cannot be read"));
        };
        let mut unended = false;
        while old > 0 || new > 0 {
            if !self.next()? {
                return Err(self.error("an end in a hunk"));
            }
            let (takes_old, takes_new) = match self.line.first() {
                Some(b' ') => (1, 1),
                Some(b'-') => (1, 0),
                Some(b'+') => (0, 1),
                Some(b'\\') if !unended => {
                    unended = true;
                    continue;
                }
                _ => return Err(self.error("a line that does not belong to a hunk")),
            };
            unended = false;
            let left = (|| Some((old.checked_sub(takes_old)?, new.checked_sub(takes_new)?)))();
            (old, new) = left.ok_or_else(|| self.error("a hunk that is longer than it says"))?;
        }
        // "\ No newline at end of file" may belong to the last line.
        if self.next()? && !self.line.starts_with(b"\\ ") {
            self.held = true;
        }
        Ok(())
    }

    /// One or two pieces of binary content. Where the first one is in full: its size, and where its lines start. And how
    /// much both become.
    fn binary(&mut self) -> Result<(Option<(u64, u64)>, u64), PatchError> {
        let (mut first, mut inflated, mut bytes) = (None, 0_u64, [0; literal::LINE]);
        let too_large = |number: u64| PatchError {
            line: number,
            reason: "binary content that is larger than any that is carried".to_owned(),
        };
        for piece in 0..2 {
            if !self.next()? {
                break;
            }
            let number = |prefix: &[u8]| {
                let digits = std::str::from_utf8(self.line.strip_prefix(prefix)?).ok()?;
                let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
                plain.then(|| digits.parse::<u64>().ok()).flatten()
            };
            let (literal, delta) = (number(b"literal "), number(b"delta "));
            let Some(size) = literal.or(delta) else {
                if piece == 0 {
                    return Err(self.error("binary content of no known form"));
                }
                self.held = true;
                break;
            };
            // The first one, where it is in full, git may be spared.
            if size > MAX_BINARY_BYTES && (piece > 0 || delta.is_some()) {
                return Err(too_large(self.number));
            }
            if piece == 0 {
                first = literal.map(|size| (size, self.at));
            }
            let mut head = delta.map(|_| literal::DeltaHead::default());
            loop {
                if !self.next()? {
                    return Err(self.error("an end in binary content"));
                }
                if self.line.is_empty() {
                    break;
                }
                self.line.push(b'\n');
                let Some(count) = literal::decode(&self.line, &mut bytes) else {
                    return Err(self.error("binary content that cannot be read"));
                };
                if let Some(head) = &mut head {
                    head.take(&bytes[..count]);
                }
            }
            let made = match head.map(|head| head.result()) {
                None => 0,
                Some(Some(made)) if made <= MAX_BINARY_BYTES => made,
                Some(Some(_)) => return Err(too_large(self.number)),
                Some(None) => return Err(self.error("a delta that cannot be read")),
            };
            inflated = inflated.saturating_add(size).saturating_add(made);
        }
        Ok((first, inflated))
    }

    /// Puts together what the section says of the file before and after.
    fn sides(&self, names: &[u8], header: Header) -> Result<(Option<Side>, Option<Side>, bool), PatchError> {
        let renamed = matches!((&header.from, &header.to), (Some(from), Some(to)) if from != to);
        let from = header.from.clone().or_else(|| header.to.clone());
        let to = header.to.clone().or_else(|| header.from.clone());
        let (from, to) = match (from, to) {
            (Some(from), Some(to)) => (from, to),
            _ => {
                let name = same_name(names).ok_or_else(|| self.error("two names for one file"))?;
                (name.clone(), name)
            }
        };
        if !says(names, &from, &to) {
            return Err(self.error("two names for one file"));
        }
        if (header.added || header.deleted) && (renamed || header.copy) || header.added && header.deleted {
            return Err(self.error("a file that is there, and is not"));
        }
        let (old_blob, new_blob) = header.blobs.unzip();
        let null = |blob: &Option<String>| blob.as_ref().is_some_and(|blob| blob.bytes().all(|b| b == b'0'));
        if old_blob.is_some() && (null(&old_blob) != header.added || null(&new_blob) != header.deleted) {
            return Err(self.error("a file that is there, and is not"));
        }
        if !header.added && !header.deleted && header.old_mode.is_some() != header.new_mode.is_some() {
            return Err(self.error("a mode of one side only"));
        }
        let old = Side { path: from, mode: header.old_mode, blob: old_blob };
        let new = Side { path: to, mode: header.new_mode, blob: new_blob };
        Ok(((!header.added).then_some(old), (!header.deleted).then_some(new), header.copy))
    }
}

/// Whether `names`, the rest of a `diff --git` line, is `from` and `to`, however they are quoted.
fn says(names: &[u8], from: &TreePath, to: &TreePath) -> bool {
    let ways = |prefix: &[u8], path: &TreePath| {
        let plain = [prefix, path.as_bytes()].concat();
        [quoted(prefix, path.as_bytes()), plain]
    };
    let read = |text: &[u8], prefix: &[u8], path: &TreePath| match text.first() {
        Some(b'"') => unquoted(text).is_some_and(|(name, rest)| {
            rest.is_empty() && name.strip_prefix(prefix) == Some(path.as_bytes())
        }),
        _ => text.strip_prefix(prefix) == Some(path.as_bytes()),
    };
    if names.first() == Some(&b'"') {
        return unquoted(names).is_some_and(|(name, rest)| {
            name.strip_prefix(b"a/") == Some(from.as_bytes())
                && rest.strip_prefix(b" ").is_some_and(|rest| read(rest, b"b/", to))
        });
    }
    ways(b"a/", from).iter().any(|first| {
        let rest = names.strip_prefix(&first[..]).and_then(|rest| rest.strip_prefix(b" "));
        rest.is_some_and(|rest| read(rest, b"b/", to))
    })
}

/// The name in the rest of a `diff --git` line, where it is the same twice.
fn same_name(names: &[u8]) -> Option<TreePath> {
    let name = if names.first() == Some(&b'"') {
        unquoted(names)?.0.strip_prefix(b"a/")?.to_owned()
    } else {
        // "a/" name " b/" name
        let length = names.len().checked_sub(5).filter(|length| length % 2 == 0)? / 2;
        names.strip_prefix(b"a/")?.get(..length)?.to_owned()
    };
    (!name.is_empty() && !name.contains(&0)).then(|| TreePath::new(name))
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
