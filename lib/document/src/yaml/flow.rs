//! Flow collections: `[…]` and `{…}`, checked for where they end and that they are whole.

use std::collections::HashMap;

use super::lines::{MAX_DEPTH, MAX_KEY, Reader};
use super::plain::{Context, PlainEnd, check_plain_start, plain_line};
use super::{Problem, YamlError};

/// A collection that is open.
struct Open {
    kind: Kind,
    expected: Expected,
}

enum Kind {
    Sequence,
    /// The keys so far, each with its line counted from 1.
    Mapping(HashMap<String, usize>),
}

/// What may stand next in a collection, its closing bracket aside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// An entry of a sequence, or a key of a mapping.
    Entry,
    /// The value after a key's colon, or the comma after no value.
    Value,
    /// The comma after an entry.
    Comma,
}

impl Open {
    fn new(bracket: char) -> Self {
        let kind = if bracket == '[' { Kind::Sequence } else { Kind::Mapping(HashMap::new()) };
        Self { kind, expected: Expected::Entry }
    }

    fn closing(&self) -> char {
        match self.kind {
            Kind::Sequence => ']',
            Kind::Mapping(_) => '}',
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.kind, Kind::Mapping(_)) && self.expected == Expected::Entry
    }
}

/// A scalar in a flow collection.
struct FlowScalar {
    text: String,
    quoted: bool,
    /// On one line, as a key must be.
    one_line: bool,
    /// The column after it.
    end: usize,
}

/// The place reached in a flow collection.
struct FlowReader<'r, 'a> {
    reader: &'r mut Reader<'a>,
    column: usize,
    /// Every line must be indented deeper than this.
    parent: usize,
    start: usize,
}

impl Reader<'_> {
    /// Passes the flow collection whose opening bracket stands at `column`, with the lines deeper than
    /// `parent` that it reaches over. Gives the column after its end on the line where that is.
    pub(super) fn flow(&mut self, column: usize, parent: usize) -> Result<usize, YamlError> {
        let start = self.line;
        FlowReader { reader: self, column, parent, start }.read()
    }
}

impl<'a> FlowReader<'_, 'a> {
    fn read(mut self) -> Result<usize, YamlError> {
        let mut opened = Vec::new();
        // The bracket that the caller saw; the loop ends when the last one is closed.
        let mut current = Open::new(self.bump());
        loop {
            let next = self.next_token()?;
            match (next, current.expected) {
                (c, _) if c == current.closing() => {
                    self.bump();
                    let Some(outer) = opened.pop() else { return Ok(self.column) };
                    current = outer;
                }
                (',', Expected::Comma | Expected::Value) => {
                    self.bump();
                    current.expected = Expected::Entry;
                }
                (_, Expected::Comma) | (',' | ']' | '}', _) => return Err(self.error(Problem::FlowSyntax)),
                ('[' | '{', _) if current.expects_key() => return Err(self.error(Problem::ComplexKey)),
                ('[' | '{', _) => {
                    if opened.len() + 1 == MAX_DEPTH {
                        return Err(self.error(Problem::TooDeep));
                    }
                    current.expected = Expected::Comma;
                    opened.push(std::mem::replace(&mut current, Open::new(self.bump())));
                }
                _ => self.entry(&mut current)?,
            }
        }
    }

    /// Reads a scalar, and the colon after it if it is a key.
    fn entry(&mut self, current: &mut Open) -> Result<(), YamlError> {
        let line = self.reader.line;
        let start = self.column;
        let scalar = self.scalar()?;
        self.column = scalar.end;
        let is_key = current.expects_key();
        current.expected = Expected::Comma;
        let Some(colon) = self.colon(&scalar)? else {
            return if is_key { self.add_key(current, scalar, line) } else { Ok(()) };
        };
        if !is_key || !scalar.one_line {
            return Err(self.error(Problem::ColonInValue));
        }
        if colon - start > MAX_KEY {
            return Err(self.error(Problem::LongKey));
        }
        self.add_key(current, scalar, line)?;
        self.column = colon + 1;
        current.expected = Expected::Value;
        Ok(())
    }

    fn add_key(&self, current: &mut Open, key: FlowScalar, line: usize) -> Result<(), YamlError> {
        if !key.quoted && key.text == "<<" {
            return Err(self.error(Problem::MergeKey));
        }
        let Kind::Mapping(keys) = &mut current.kind else { return Ok(()) };
        match keys.insert(key.text, line + 1) {
            Some(first) => Err(self.reader.error_at(line, Problem::DuplicateKey { first })),
            None => Ok(()),
        }
    }

    /// The column of the colon after a scalar, if there is one.
    ///
    /// Straight after a quoted key it needs no space behind it, as in JSON.
    fn colon(&self, scalar: &FlowScalar) -> Result<Option<usize>, YamlError> {
        let rest = self.rest();
        let after = rest.trim_start_matches(' ');
        let Some(behind) = after.strip_prefix(':') else { return Ok(None) };
        let adjacent = scalar.quoted && after.len() == rest.len();
        if !(adjacent || behind.is_empty() || behind.starts_with(' ')) {
            return Err(self.error(Problem::FlowSyntax));
        }
        Ok(Some(self.column + rest.len() - after.len()))
    }

    fn scalar(&mut self) -> Result<FlowScalar, YamlError> {
        let start = self.reader.line;
        let quoted = self.rest().starts_with(['\'', '"']);
        let (text, end) = if quoted { self.reader.quoted(self.column, self.parent)? } else { self.plain()? };
        Ok(FlowScalar { text, quoted, one_line: self.reader.line == start, end })
    }

    /// Passes a plain scalar. Gives its first line's text, all that a key has, and the column after its end.
    fn plain(&mut self) -> Result<(String, usize), YamlError> {
        check_plain_start(self.rest(), Context::Flow).map_err(|problem| self.error(problem))?;
        let (text, mut end) = self.plain_line()?;
        while end == PlainEnd::Line {
            let line = self.reader.line;
            match self.next_token()? {
                ',' | ']' | '}' => break,
                _ if self.reader.line > line + 1 => return Err(self.error(Problem::FlowSyntax)),
                _ => {}
            }
            check_plain_start(self.rest(), Context::Flow).map_err(|problem| self.error(problem))?;
            (_, end) = self.plain_line()?;
        }
        Ok((text.to_owned(), self.column))
    }

    /// Passes the part of a plain scalar on the current line.
    fn plain_line(&mut self) -> Result<(&'a str, PlainEnd), YamlError> {
        let line = plain_line(self.reader.rest(self.column), Context::Flow);
        let mut words = line.text.split(' ');
        // A tab between words, or a dash as a word before a bracket, is text to some parsers and not to others.
        if line.text.contains('\t') {
            return Err(self.error(Problem::Tab));
        }
        if line.end == PlainEnd::Flow && words.next_back() == Some("-") {
            return Err(self.error(Problem::FlowSyntax));
        }
        self.column += line.text.len();
        Ok((line.text, line.end))
    }

    /// Goes to the next character that is neither blank nor in a comment.
    fn next_token(&mut self) -> Result<char, YamlError> {
        loop {
            let rest = self.rest();
            let text = rest.trim_start_matches(' ');
            let separated = text.len() < rest.len();
            self.column += rest.len() - text.len();
            match text.chars().next() {
                Some('\t') => return Err(self.error(Problem::Tab)),
                Some('#') if !separated => return Err(self.error(Problem::PlainStart('#'))),
                Some(c) if c != '#' => return Ok(c),
                _ => self.next_line()?,
            }
        }
    }

    /// Goes to the next line with content.
    fn next_line(&mut self) -> Result<(), YamlError> {
        self.reader.line += 1;
        match self.reader.next_content()? {
            Some(indent) if indent > self.parent => {
                self.column = indent;
                Ok(())
            }
            _ => Err(self.reader.error_at(self.start, Problem::UnterminatedCollection)),
        }
    }

    fn rest(&self) -> &'a str {
        self.reader.rest(self.column)
    }

    /// Passes one character, which is a bracket or a comma.
    fn bump(&mut self) -> char {
        let c = self.rest().chars().next().unwrap_or_default();
        self.column += c.len_utf8();
        c
    }

    fn error(&self, problem: Problem) -> YamlError {
        self.reader.error(problem)
    }
}
