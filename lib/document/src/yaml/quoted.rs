//! Single- and double-quoted scalars.

use super::lines::Reader;
use super::plain::fold;
use super::{Problem, YamlError};

/// How a quoted scalar's text on one line ends.
pub(super) enum QuotedEnd {
    /// With the closing quote; the byte offset after it.
    Closed(usize),
    /// With the line.
    Open,
    /// With a `\` before the line's end: the break is no part of the text.
    EscapedBreak,
}

/// Reads the part of a quoted scalar that stands on one line, opening quote excluded, onto `value`.
///
/// # Errors
/// [`Problem::Escape`].
pub(super) fn quoted_line(rest: &str, quote: char, value: &mut String) -> Result<QuotedEnd, Problem> {
    // Blanks before a break are no text, unless they are escapes.
    let mut text_end = value.len();
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if quote == '"' || chars.next_if(|&(_, next)| next == '\'').is_none() {
                return Ok(QuotedEnd::Closed(at + 1));
            }
            value.push('\'');
            text_end = value.len();
        } else if c == '\\' && quote == '"' {
            let Some(escaped) = chars.next() else { return Ok(QuotedEnd::EscapedBreak) };
            value.push(unescape(escaped.1, || chars.next().map(|(_, c)| c)).ok_or(Problem::Escape)?);
            text_end = value.len();
        } else {
            value.push(c);
            if !matches!(c, ' ' | '\t') {
                text_end = value.len();
            }
        }
    }
    value.truncate(text_end);
    Ok(QuotedEnd::Open)
}

/// The character that `\` and `escaped` stand for; `next` gives the digits of those that have some.
fn unescape(escaped: char, next: impl FnMut() -> Option<char>) -> Option<char> {
    let digits = match escaped {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return simple_escape(escaped),
    };
    let code = std::iter::from_fn(next)
        .take(digits)
        .map(|digit| digit.to_digit(16))
        .chain(std::iter::repeat(None))
        .take(digits)
        .try_fold(0_u32, |code, digit| Some(code << 4 | digit?))?;
    char::from_u32(code)
}

fn simple_escape(escaped: char) -> Option<char> {
    Some(match escaped {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0B',
        'f' => '\x0C',
        'r' => '\r',
        'e' => '\x1B',
        ' ' | '"' | '/' | '\\' => escaped,
        'N' => '\u{85}',
        '_' => '\u{A0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

impl Reader<'_> {
    /// Reads the quoted scalar whose opening quote stands at `column`, with the lines deeper than `parent`
    /// that it reaches over. Gives its text, and the column after its end on the line where that is.
    pub(super) fn quoted(&mut self, column: usize, parent: usize) -> Result<(String, usize), YamlError> {
        let start = self.line;
        let quote = if self.rest(column).starts_with('"') { '"' } else { '\'' };
        let mut value = String::new();
        let mut column = column + 1;
        loop {
            let end =
                quoted_line(self.rest(column), quote, &mut value).map_err(|problem| self.error(problem))?;
            if let QuotedEnd::Closed(length) = end {
                return Ok((value, column + length));
            }
            let Some((blank, indent)) = self.next_continuation(parent)? else {
                return Err(self.error_at(start, Problem::UnterminatedQuote));
            };
            if blank > 0 || matches!(end, QuotedEnd::Open) {
                fold(&mut value, blank);
            }
            column = indent;
        }
    }
}
