//! Plain scalars: text without quotes.

use super::lines::Reader;
use super::{Problem, YamlError};

/// The part of a plain scalar that stands on one line.
pub(super) struct PlainLine<'a> {
    /// The text, without the blanks after it.
    pub(super) text: &'a str,
    /// What ends it.
    pub(super) end: PlainEnd,
}

/// What ends a plain scalar's text on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainEnd {
    /// The line does: the next one may continue the scalar.
    Line,
    /// A comment: nothing may continue the scalar.
    Comment,
    /// A colon that makes the text a key, at this byte offset. In a flow collection also one before a comma or
    /// bracket, which not all parsers take for that.
    Colon(usize),
    /// In a flow collection, one of its commas or brackets.
    Flow,
}

/// Where a plain scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// In a block collection: commas and brackets are text.
    Block,
    /// In a flow collection: they are not.
    Flow,
}

/// Reads the part of a plain scalar that `rest` starts with.
pub(super) fn plain_line(rest: &str, context: Context) -> PlainLine<'_> {
    let (mut end, mut stop) = (PlainEnd::Line, rest.len());
    let mut after_blank = false;
    for (at, c) in rest.char_indices() {
        let found = match c {
            '#' if after_blank => Some(PlainEnd::Comment),
            ':' if is_separator(rest, at + 1)
                || context == Context::Flow && rest[at + 1..].starts_with(is_flow_indicator) =>
            {
                Some(PlainEnd::Colon(at))
            }
            _ if context == Context::Flow && is_flow_indicator(c) => Some(PlainEnd::Flow),
            _ => None,
        };
        if let Some(found) = found {
            (end, stop) = (found, at);
            break;
        }
        after_blank = is_blank(c);
    }
    PlainLine { text: rest[..stop].trim_end_matches(is_blank), end }
}

/// Whether a plain scalar may start as `rest` does.
///
/// In a flow collection `?` and `:` are refused altogether: parsers disagree on what they start.
pub(super) fn check_plain_start(rest: &str, context: Context) -> Result<(), Problem> {
    let mut chars = rest.chars();
    let Some(first) = chars.next() else { return Ok(()) };
    let stands_alone = chars
        .next()
        .is_none_or(|second| is_blank(second) || context == Context::Flow && is_flow_indicator(second));
    match first {
        '&' | '*' | '!' => Err(Problem::NodeProperty(first)),
        '?' if stands_alone => Err(Problem::ComplexKey),
        '-' | ':' if stands_alone => Err(Problem::PlainStart(first)),
        '?' | ':' if context == Context::Flow => Err(Problem::PlainStart(first)),
        ',' | '[' | ']' | '{' | '}' | '#' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
            Err(Problem::PlainStart(first))
        }
        _ => Ok(()),
    }
}

impl Reader<'_> {
    /// Reads the plain scalar that starts at `column`, with the lines deeper than `parent` that continue it.
    pub(super) fn plain(&mut self, column: usize, parent: usize) -> Result<String, YamlError> {
        check_plain_start(self.rest(column), Context::Block).map_err(|problem| self.error(problem))?;
        let mut value = String::new();
        let mut column = column;
        loop {
            let line = plain_line(self.rest(column), Context::Block);
            value.push_str(line.text);
            match line.end {
                PlainEnd::Line => self.end = self.line + 1,
                PlainEnd::Comment => {
                    self.finish_line();
                    return Ok(value);
                }
                PlainEnd::Colon(_) | PlainEnd::Flow => return Err(self.error(Problem::ColonInValue)),
            }
            match self.next_continuation(parent)? {
                Some((blank, indent)) if !self.rest(indent).starts_with('#') => {
                    fold(&mut value, blank);
                    column = indent;
                }
                _ => return Ok(value),
            }
        }
    }
}

/// Joins two lines of a scalar: one break is a space, each blank line a line feed.
pub(super) fn fold(value: &mut String, blank: usize) {
    if blank == 0 {
        value.push(' ');
    } else {
        value.extend(std::iter::repeat_n('\n', blank));
    }
}

/// Whether a space, a tab or the end stands at a byte offset.
pub(super) fn is_separator(text: &str, at: usize) -> bool {
    matches!(text.as_bytes().get(at), None | Some(b' ' | b'\t'))
}

/// Whether this separates the entries of a flow collection or stands at its ends.
fn is_flow_indicator(c: char) -> bool {
    matches!(c, ',' | '[' | ']' | '{' | '}')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}
