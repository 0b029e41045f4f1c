//! The handoff document: frontmatter, sections, file name, sentinel.
//!
//! Reading is forgiving and says what it had to forgive ([`Document::problem`]): whatever another program wrote is
//! shown, never dropped. Writing is strict: [`Draft`] makes one form only. The format is `spec/file-format.md`.

mod draft;
mod file_name;
mod frontmatter;
mod section;
mod stamp;
mod time;
pub mod yaml;

use std::borrow::Cow;

use sha2::{Digest, Sha256};

pub use draft::Draft;
pub use file_name::{FileName, InvalidTopic, Topic};
pub use frontmatter::{MAX_FRONTMATTER_BYTES, Malformed, frontmatter_length};
pub use section::{Heading, Part, Section, TEMPLATE, headings, next_action, sections, touched_files};
pub use stamp::stamped;
pub use time::{Timestamp, age};

/// A handoff file as it was read.
#[derive(Debug)]
pub struct Document<'a> {
    front: frontmatter::Frontmatter,
    body: &'a [u8],
}

/// What the sentinel says of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The body is the one that was signed.
    Intact,
    /// No sentinel was written, as by programs that know none.
    Absent,
    /// The body is another one than the writer's; holds the sentinel that was written.
    Broken(String),
}

impl<'a> Document<'a> {
    /// Reads a whole file. Never fails: what is no frontmatter is body.
    pub fn parse(bytes: &'a [u8]) -> Self {
        let (front, body) = frontmatter::Frontmatter::split(bytes);
        Self { front, body }
    }

    /// The value of a field at the top level of the frontmatter. An empty value is none.
    pub fn field(&self, key: &str) -> Option<&str> {
        self.front.get(key).filter(|value| !value.is_empty())
    }

    /// The fields in their order; None for a value that is a list or a mapping.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.front.fields()
    }

    /// Why this is no well-formed handoff file, when it is none.
    pub fn problem(&self) -> Option<&Malformed> {
        self.front.problem.as_ref()
    }

    /// Every byte after the frontmatter's closing line; the whole file when there is no frontmatter.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The title for people: the `name` field, else the first `# ` heading.
    pub fn title(&self) -> Option<Cow<'_, str>> {
        self.field("name").map(Cow::Borrowed).or_else(|| section::title(self.body))
    }

    /// Whether the body is the one that its `sentinel` was made for, and the body's own.
    pub fn seal(&self) -> (Seal, String) {
        let own = sentinel(self.body);
        let seal = match self.field("sentinel") {
            None => Seal::Absent,
            Some(written) if written.eq_ignore_ascii_case(&own) => Seal::Intact,
            Some(written) => Seal::Broken(written.to_owned()),
        };
        (seal, own)
    }

    /// Where the fields of the frontmatter are that `keys` does not name, as whole lines without line ends: what a
    /// writer that does not know them must keep.
    pub fn unknown_lines(&self, keys: &[&str]) -> Vec<String> {
        self.front.lines_without(keys)
    }
}

/// The first 8 hex digits of the SHA-256 of `body`.
pub fn sentinel(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
