//! Where the frontmatter ends, and what its fields are.

use std::ops::Range;

use crate::yaml::{self, Value};

/// The limit of a frontmatter in bytes, more than any writer needs. Between two `---` lines that are further apart than
/// this there is no frontmatter.
pub const MAX_FRONTMATTER_BYTES: usize = 64 * 1024;

/// Why a file is no well-formed handoff. It is shown all the same, with this as a warning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The first line is not `---`.
    #[error("it has no frontmatter")]
    NoFrontmatter,
    /// No closing `---` line.
    #[error("its frontmatter is not closed")]
    NotClosed,
    /// No closing `---` line within [`MAX_FRONTMATTER_BYTES`]: [`frontmatter_length`] says whether there is one behind.
    #[error("its frontmatter is not closed within 64 KiB")]
    TooLong,
    /// The frontmatter is outside the YAML that handoffs use. Its fields were read line by line.
    #[error("its frontmatter is not valid YAML ({0})")]
    Yaml(yaml::YamlError),
}

#[derive(Debug)]
pub(crate) struct Frontmatter {
    pub(crate) problem: Option<Malformed>,
    /// Every line between the two `---`, without line ends; what is no UTF-8 is replaced.
    lines: Vec<String>,
    fields: Vec<(String, Option<String>, Range<usize>)>,
}

/// Byte positions of a closed frontmatter in a file.
pub(crate) struct Bounds {
    /// Between the opening and the closing line.
    pub(crate) inner: Range<usize>,
    /// After the closing line.
    pub(crate) body: usize,
}

impl Frontmatter {
    pub(crate) fn split(bytes: &[u8]) -> (Self, &[u8]) {
        match bounds(bytes) {
            Ok(bounds) => (Self::read(&bytes[bounds.inner.clone()]), &bytes[bounds.body..]),
            Err(problem) => (Self { problem: Some(problem), lines: Vec::new(), fields: Vec::new() }, bytes),
        }
    }

    fn read(inner: &[u8]) -> Self {
        let text = String::from_utf8_lossy(inner);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (problem, fields) = match yaml::read(&text) {
            Ok(fields) => (None, fields.into_iter().map(read_field).collect()),
            Err(error) => (Some(Malformed::Yaml(error)), line_by_line(&lines)),
        };
        Self { problem, lines, fields }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(name, ..)| name == key)?.1.as_deref()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.fields.iter().map(|(key, value, _)| (key.as_str(), value.as_deref()))
    }

    /// The lines that the fields `keys` do not take.
    pub(crate) fn lines_without(&self, keys: &[&str]) -> Vec<String> {
        let kept = self.lines.iter().enumerate().filter(|(number, _)| !self.is_taken(*number, keys));
        kept.map(|(_, line)| line.clone()).collect()
    }

    /// The same of the bytes that this was read from, which need not be UTF-8.
    pub(crate) fn kept_bytes(&self, inner: &[u8], keys: &[&str]) -> Vec<u8> {
        let lines = inner.split_inclusive(|&b| b == b'\n').enumerate();
        lines
            .filter(|(number, _)| !self.is_taken(*number, keys))
            .flat_map(|(_, line)| line)
            .copied()
            .collect()
    }

    fn is_taken(&self, line: usize, keys: &[&str]) -> bool {
        self.fields.iter().any(|(key, _, lines)| keys.contains(&key.as_str()) && lines.contains(&line))
    }
}

fn read_field(field: yaml::Field) -> (String, Option<String>, Range<usize>) {
    let value = match field.value {
        Value::Scalar(text) => Some(text),
        Value::Collection => None,
    };
    (field.key, value, field.lines)
}

/// The fields of a frontmatter that is no YAML: people and models write `name: Auth: part two`. Only a key at column 0
/// is a field, the first of a name wins, and its value is the rest of the line.
fn line_by_line(lines: &[String]) -> Vec<(String, Option<String>, Range<usize>)> {
    lines.iter().enumerate().filter_map(|(number, line)| plain_field(number, line)).collect()
}

fn plain_field(number: usize, line: &str) -> Option<(String, Option<String>, Range<usize>)> {
    let (key, value) = line.split_once(':')?;
    let is_key =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !is_key {
        return None;
    }
    let value = value.trim();
    let unquoted = ['"', '\'']
        .iter()
        .find_map(|&quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
    Some((key.to_owned(), Some(unquoted.unwrap_or(value).to_owned()), number..number + 1))
}

/// Finds a closed frontmatter. A byte order mark before it is skipped.
pub(crate) fn bounds(bytes: &[u8]) -> Result<Bounds, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::Empty);
    }
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let opening = line_end(bytes, start);
    if !is_marker(&bytes[start..opening]) {
        return Err(Malformed::NoFrontmatter);
    }
    let mut line = opening;
    while line < bytes.len() {
        if line - opening > MAX_FRONTMATTER_BYTES {
            return Err(Malformed::TooLong);
        }
        let end = line_end(bytes, line);
        if is_marker(&bytes[line..end]) {
            return Ok(Bounds { inner: opening..line, body: end });
        }
        line = end;
    }
    Err(Malformed::NotClosed)
}

/// How many bytes stand between the opening and the closing `---` line, also where they are more than a frontmatter may
/// have. `None` if one of the two lines is missing.
pub fn frontmatter_length(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut lines = bytes.split_inclusive(|&b| b == b'\n');
    lines.next().filter(|line| is_marker(line))?;
    let mut length = 0;
    for line in lines {
        if is_marker(line) {
            return Some(length);
        }
        length += line.len();
    }
    None
}

/// Where the line that starts at `start` ends, its newline included.
fn line_end(bytes: &[u8], start: usize) -> usize {
    // No longer than a frontmatter may be: a 50 MB line need not be walked to see that it is no marker.
    let window = &bytes[start..bytes.len().min(start + MAX_FRONTMATTER_BYTES + 1)];
    window.iter().position(|&b| b == b'\n').map_or(start + window.len(), |newline| start + newline + 1)
}

fn is_marker(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| rest.iter().all(u8::is_ascii_whitespace))
}
