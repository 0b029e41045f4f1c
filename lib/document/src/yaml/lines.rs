//! The lines of a text and the place reached in them, shared by the readers of each style.

use super::{Problem, YamlError};

/// How deep block and flow collections may nest, each; deeper ones are no handoff, and recursion has a price.
pub(super) const MAX_DEPTH: usize = 64;

/// YAML's limit for a key that shares its line with the colon, kept in bytes to be on the safe side.
pub(super) const MAX_KEY: usize = 1024;

/// The lines of a text, and how far it has been read.
///
/// Columns are byte offsets. Where one serves as an indentation only spaces and dashes stand before it, so it
/// is the column that YAML means.
pub(super) struct Reader<'a> {
    /// Without their ends: a folded break is the same for LF and CRLF.
    lines: Vec<&'a str>,
    /// The line to read next.
    pub(super) line: usize,
    /// The first line after all that belongs to a value so far.
    pub(super) end: usize,
    /// How many block collections are open.
    pub(super) depth: usize,
}

impl<'a> Reader<'a> {
    /// Splits the text, and refuses at once what no line may have in any style.
    pub(super) fn new(text: &'a str) -> Result<Self, YamlError> {
        let mut lines = Vec::new();
        for (index, line) in text.split_terminator('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let problem = if is_document_marker(line) {
                Some(Problem::DocumentMarker)
            } else {
                line.chars().find(|&c| !is_allowed(c)).map(Problem::Character)
            };
            if let Some(problem) = problem {
                return Err(YamlError { line: index + 1, problem });
            }
            lines.push(line);
        }
        Ok(Self { lines, line: 0, end: 0, depth: 0 })
    }

    /// The line to read next, or nothing after the last.
    pub(super) fn current(&self) -> Option<&'a str> {
        self.lines.get(self.line).copied()
    }

    /// The lines not yet read.
    pub(super) fn remaining(&self) -> &[&'a str] {
        self.lines.get(self.line..).unwrap_or_default()
    }

    /// What the line to read next has from `column` on.
    pub(super) fn rest(&self, column: usize) -> &'a str {
        self.current().and_then(|line| line.get(column..)).unwrap_or_default()
    }

    /// Skips blank lines and comments, and tells the indentation of the line then reached, if any.
    pub(super) fn next_content(&mut self) -> Result<Option<usize>, YamlError> {
        while let Some(line) = self.current() {
            let content = line.trim_start_matches(' ');
            if content.starts_with('\t') {
                return Err(self.error(Problem::Tab));
            }
            if !content.is_empty() && !content.starts_with('#') {
                return Ok(Some(line.len() - content.len()));
            }
            self.line += 1;
        }
        Ok(None)
    }

    /// Goes to the next line that is not blank, inside a scalar where `#` starts no comment.
    ///
    /// Tells how many blank lines it passed and how far the line reached is indented; nothing at the end or if
    /// that is no deeper than `parent`.
    pub(super) fn next_continuation(&mut self, parent: usize) -> Result<Option<(usize, usize)>, YamlError> {
        let mut blank = 0;
        loop {
            self.line += 1;
            let Some(line) = self.current() else { return Ok(None) };
            let content = line.trim_start_matches(' ');
            if content.starts_with('\t') {
                return Err(self.error(Problem::Tab));
            }
            if !content.is_empty() {
                let indent = line.len() - content.len();
                return Ok((indent > parent).then_some((blank, indent)));
            }
            blank += 1;
        }
    }

    /// Leaves the current line, the last so far of the value being read.
    pub(super) fn finish_line(&mut self) {
        self.line += 1;
        self.end = self.line;
    }

    /// Leaves the current line where a value ends at `column`: only a comment may follow.
    pub(super) fn finish_value(&mut self, column: usize) -> Result<(), YamlError> {
        let rest = self.rest(column);
        let after = rest.trim_start_matches([' ', '\t']);
        let comment = after.starts_with('#') && after.len() < rest.len();
        if !after.is_empty() && !comment {
            return Err(self.error(Problem::TextAfterValue));
        }
        self.finish_line();
        Ok(())
    }

    /// The problem, on the current line.
    pub(super) fn error(&self, problem: Problem) -> YamlError {
        self.error_at(self.line, problem)
    }

    /// The problem, on a line counted from 0.
    pub(super) fn error_at(&self, line: usize, problem: Problem) -> YamlError {
        YamlError { line: line + 1, problem }
    }
}

/// Whether a character may stand unescaped in a line.
///
/// YAML 1.2's printable characters, but for a byte order mark, which it allows only here and there, and for
/// the separators that are line breaks in YAML 1.1 and text in 1.2.
pub(super) fn is_allowed(c: char) -> bool {
    match c {
        '\t' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => false,
        _ => c >= '\u{A0}',
    }
}

fn is_document_marker(line: &str) -> bool {
    ["---", "..."]
        .iter()
        .filter_map(|marker| line.strip_prefix(marker))
        .any(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}
