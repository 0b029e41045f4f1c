//! Block collections: mappings and sequences by indentation, and what may stand as a value in them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::lines::{MAX_DEPTH, MAX_KEY, Reader};
use super::plain::{Context, PlainEnd, check_plain_start, is_separator, plain_line};
use super::quoted::{QuotedEnd, quoted_line};
use super::{Field, Problem, Value, YamlError};

/// A key, and where its value may start.
struct Key {
    text: String,
    plain: bool,
    /// The column after its colon.
    after: usize,
}

/// What a value follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// A key's colon. A sequence may then be indented no deeper than the key, but no collection may start on
    /// the key's line.
    Colon,
    /// A sequence's dash: the other way round.
    Dash,
}

impl Reader<'_> {
    /// Reads the mapping whose first key stands at `indent` on the current line.
    pub(super) fn mapping(&mut self, indent: usize) -> Result<Vec<Field>, YamlError> {
        self.enter()?;
        let mut fields = Vec::new();
        let mut first_lines = HashMap::new();
        loop {
            let start = self.line;
            let key = self.required_key(indent)?;
            match first_lines.entry(key.text.clone()) {
                Entry::Occupied(first) => {
                    return Err(self.error(Problem::DuplicateKey { first: *first.get() }));
                }
                Entry::Vacant(vacant) => vacant.insert(start + 1),
            };
            let value = self.value(key.after, indent, After::Colon)?;
            fields.push(Field { key: key.text, value, lines: start..self.end });
            if !self.continues(indent)? {
                break;
            }
        }
        self.depth -= 1;
        Ok(fields)
    }

    /// Reads the sequence whose first dash stands at `indent` on the current line.
    fn sequence(&mut self, indent: usize) -> Result<(), YamlError> {
        self.enter()?;
        loop {
            self.value(indent + 1, indent, After::Dash)?;
            // Under a key at the same indentation, a line without a dash is the mapping's next key.
            if !self.continues(indent)? || !is_dash(self.rest(indent)) {
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Whether the collection at `indent` has another entry on the next line with content.
    fn continues(&mut self, indent: usize) -> Result<bool, YamlError> {
        match self.next_content()? {
            Some(deeper) if deeper > indent => Err(self.error(Problem::Indentation)),
            Some(same) => Ok(same == indent),
            None => Ok(false),
        }
    }

    fn enter(&mut self) -> Result<(), YamlError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(Problem::TooDeep));
        }
        self.depth += 1;
        Ok(())
    }

    /// Reads the value after the colon or dash that ends before `column`, in a collection at `parent`.
    fn value(&mut self, column: usize, parent: usize, after: After) -> Result<Value, YamlError> {
        let rest = self.rest(column);
        let text = rest.trim_start_matches(' ');
        if text.starts_with('\t') {
            return Err(self.error(Problem::Tab));
        }
        if text.is_empty() || text.starts_with('#') {
            self.finish_line();
            return self.value_below(parent, after);
        }
        let start = column + rest.len() - text.len();
        match after {
            After::Colon => self.scalar_or_flow(start, parent),
            After::Dash => self.node(start, parent),
        }
    }

    /// Reads the value that starts on a line of its own, or else is empty.
    fn value_below(&mut self, parent: usize, after: After) -> Result<Value, YamlError> {
        match self.next_content()? {
            Some(indent) if indent > parent => {
                // YAML allows it; nobody writes it, and parsers disagree on its indentation.
                if self.rest(indent).starts_with(['|', '>']) {
                    return Err(self.error(Problem::BlockIndentation));
                }
                self.node(indent, parent)
            }
            Some(indent) if indent == parent && after == After::Colon && is_dash(self.rest(indent)) => {
                self.sequence(indent)?;
                Ok(Value::Collection)
            }
            _ => Ok(Value::Scalar(String::new())),
        }
    }

    /// Reads what starts at `column`, where a block collection may stand too.
    fn node(&mut self, column: usize, parent: usize) -> Result<Value, YamlError> {
        if is_dash(self.rest(column)) {
            self.sequence(column)?;
            Ok(Value::Collection)
        } else if self.key(column)?.is_some() {
            self.mapping(column)?;
            Ok(Value::Collection)
        } else {
            self.scalar_or_flow(column, parent)
        }
    }

    /// Reads the scalar or flow collection at `column`.
    fn scalar_or_flow(&mut self, column: usize, parent: usize) -> Result<Value, YamlError> {
        let first = self.rest(column).chars().next();
        match first {
            Some('|' | '>') => self.block_scalar(column, parent).map(Value::Scalar),
            Some('\'' | '"') => {
                let (value, end) = self.quoted(column, parent)?;
                self.finish_value(end)?;
                Ok(Value::Scalar(value))
            }
            Some('[' | '{') => {
                let end = self.flow(column, parent)?;
                self.finish_value(end)?;
                Ok(Value::Collection)
            }
            _ => self.plain(column, parent).map(Value::Scalar),
        }
    }

    /// Reads the key at `column`, where there must be one.
    fn required_key(&self, column: usize) -> Result<Key, YamlError> {
        let rest = self.rest(column);
        if column == 0 && rest.starts_with('%') {
            return Err(self.error(Problem::Directive));
        }
        let Some(key) = self.key(column)? else {
            let problem = match check_plain_start(rest, Context::Block) {
                Err(problem @ (Problem::NodeProperty(_) | Problem::ComplexKey)) => problem,
                _ => Problem::NotAField,
            };
            return Err(self.error(problem));
        };
        let top_level = self.depth == 1;
        if top_level && key.plain && !key.text.bytes().all(is_name_byte) {
            return Err(self.error(Problem::FieldName));
        }
        Ok(key)
    }

    /// Reads the key at `column`, if a key is what stands there.
    fn key(&self, column: usize) -> Result<Option<Key>, YamlError> {
        let rest = self.rest(column);
        let found = match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => quoted_key(rest, quote),
            _ => plain_key(rest),
        };
        let Some((text, colon)) = found.map_err(|problem| self.error(problem))? else {
            return Ok(None);
        };
        if colon > MAX_KEY {
            return Err(self.error(Problem::LongKey));
        }
        let plain = !rest.starts_with(['\'', '"']);
        if plain && text == "<<" {
            return Err(self.error(Problem::MergeKey));
        }
        Ok(Some(Key { text, plain, after: column + colon + 1 }))
    }
}

/// The text of the quoted key that a line starts with, and where its colon is.
fn quoted_key(rest: &str, quote: char) -> Result<Option<(String, usize)>, Problem> {
    let mut text = String::new();
    // An escape that is wrong here is as wrong in the scalar that this would else be.
    let QuotedEnd::Closed(length) = quoted_line(&rest[1..], quote, &mut text)? else { return Ok(None) };
    let after = &rest[1 + length..];
    let colon = rest.len() - after.trim_start_matches(' ').len();
    let is_key = rest[colon..].starts_with(':') && is_separator(rest, colon + 1);
    Ok(is_key.then_some((text, colon)))
}

/// The text of the plain key that a line starts with, and where its colon is.
fn plain_key(rest: &str) -> Result<Option<(String, usize)>, Problem> {
    let line = plain_line(rest, Context::Block);
    let PlainEnd::Colon(colon) = line.end else { return Ok(None) };
    if line.text.is_empty() || matches!(rest.chars().next(), Some('[' | '{')) {
        return Ok(None);
    }
    check_plain_start(rest, Context::Block)?;
    Ok(Some((line.text.to_owned(), colon)))
}

/// Whether a line starts with the dash of a sequence's entry.
fn is_dash(rest: &str) -> bool {
    rest.starts_with('-') && is_separator(rest, 1)
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')
}
