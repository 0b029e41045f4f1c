//! The frontmatter's YAML: a strict reader of the subset that handoffs use, and a writer of one-line scalars.
//!
//! Not a YAML library. It reads one block mapping with string scalars and keeps everything nested unread,
//! though checked. Its rule: whatever it accepts, a YAML 1.2 parser accepts too, with the same scalars;
//! whatever it cannot read exactly so, it refuses with the line and the reason. A field misread is worse
//! than a field refused, since a refused file is still shown, with a warning.
//!
//! The subset is narrower than YAML also where real parsers disagree among themselves: tabs between tokens,
//! Unicode line separators, `[a: b]` pairs, and keys that are collections are refused.

mod block;
mod block_scalar;
mod flow;
mod lines;
mod plain;
mod quoted;
mod write;

use std::ops::Range;

pub use write::scalar;

/// A top-level field of the frontmatter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key's text, without quotes.
    pub key: String,
    /// What stands after the colon.
    pub value: Value,
    /// The lines it takes, counted from 0 in the text given: from the key to the last line of the value.
    /// Blank lines and comments after the value are not among them, unless they are its text.
    pub lines: Range<usize>,
}

/// The value of a [`Field`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The text of a scalar of any style, untyped: `3` and `"3"` are the same. No value is the empty text.
    Scalar(String),
    /// A sequence or a mapping, block or flow: checked and kept in the file, never read.
    Collection,
}

/// Why a text is not frontmatter, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct YamlError {
    /// The line, counted from 1 in the text given. For what is never closed, where it was opened.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
///
/// Messages repeat no text of the file: it is untrusted, and a quoted key may hold any character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A tab in indentation, or as the space between two tokens.
    #[error("a tab where only spaces may stand")]
    Tab,
    /// A character that YAML forbids, or that its versions disagree about.
    #[error("the character U+{:04X}, which may stand in YAML only as an escape in double quotes", u32::from(*.0))]
    Character(char),
    /// `---` or `...` at the start of a line.
    #[error("a document marker inside the frontmatter")]
    DocumentMarker,
    /// A `%` at the start of a line.
    #[error("a directive, which has no place in frontmatter")]
    Directive,
    /// Neither a key with its colon and space nor anything that continues the field above.
    #[error("neither a `key: value` field nor the continuation of one")]
    NotAField,
    /// A plain top-level key with other characters than letters, digits, `_`, `.` and `-`.
    #[error("a field name may have letters, digits, `_`, `.` and `-`; put any other in quotes")]
    FieldName,
    /// A key that its mapping already has.
    #[error("the same key as on line {first}")]
    DuplicateKey {
        /// The line of the first one, counted from 1.
        first: usize,
    },
    /// The key `<<`.
    #[error("a merge key (`<<`), which is not supported")]
    MergeKey,
    /// A key marked by `? `, or a collection as a key.
    #[error("a complex key, which is not supported")]
    ComplexKey,
    /// A key longer than the 1024 characters that YAML allows.
    #[error("a key longer than 1024 bytes")]
    LongKey,
    /// A value that starts with `&`, `*` or `!`.
    #[error("an anchor, alias or tag, which is not supported; put a text that starts with `{0}` in quotes")]
    NodeProperty(char),
    /// A plain scalar that starts with a character reserved by YAML.
    #[error("a text that starts with `{0}` must be in quotes")]
    PlainStart(char),
    /// A `: ` in a plain scalar, where no key may stand.
    #[error("a second `: ` in one field; put the text in quotes")]
    ColonInValue,
    /// A quote that is never closed, or whose next line is not indented.
    #[error("a quote that is never closed, or whose next line is not indented")]
    UnterminatedQuote,
    /// An escape that YAML does not know, or that is no character, such as half a surrogate pair.
    #[error("an unknown escape after `\\` in double quotes")]
    Escape,
    /// Something after a closing quote or bracket that is no comment.
    #[error("text after the end of the value")]
    TextAfterValue,
    /// A flow collection that is never closed, or whose next line is not indented.
    #[error("a bracket that is never closed, or whose next line is not indented")]
    UnterminatedCollection,
    /// A flow collection with something else where a comma or bracket belongs.
    #[error("a comma, a closing bracket or an entry is missing in a `[…]` or `{{…}}`")]
    FlowSyntax,
    /// A `|` or `>` followed by other than one of `+` and `-`, one digit, and a comment.
    #[error("after `|` or `>` only `+`, `-`, a digit from 1 to 9 and a comment may stand")]
    BlockHeader,
    /// A block scalar that starts with a blank line that is wider than the first line's indentation, or
    /// that stands on a line of its own.
    #[error("a block of text whose indentation cannot be told")]
    BlockIndentation,
    /// A line indented deeper than what it could continue, or to a level that no line above has.
    #[error("a line whose indentation fits no line above it")]
    Indentation,
    /// Collections nested deeper than 64 levels.
    #[error("collections nested too deep")]
    TooDeep,
}

/// Reads the fields of `text`, which is what stands between the two `---` lines, without them.
///
/// Lines end with LF or CRLF; a last line without its end is read as if it had one, since in the file it has.
/// A text with nothing but comments and blank lines has no fields.
///
/// # Errors
/// A line that is not in the subset, be it wrong in YAML or only not supported here. A forbidden character or a
/// document marker is told before anything else, otherwise the first such line.
pub fn read(text: &str) -> Result<Vec<Field>, YamlError> {
    let mut reader = lines::Reader::new(text)?;
    match reader.next_content()? {
        None => Ok(Vec::new()),
        Some(indent) if indent > 0 => Err(reader.error(Problem::Indentation)),
        Some(_) => reader.mapping(0),
    }
}
