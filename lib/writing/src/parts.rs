//! What a draft is made of: a frontmatter of its own, and its body.

use std::borrow::Cow;

use handoff_document::yaml::Problem;
use handoff_document::{Document, Draft, MAX_FRONTMATTER_BYTES, Malformed, frontmatter_length};
use handoff_surface::size;

/// The byte order mark, which a writer never writes.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The fields that a draft gives a handoff.
const GIVEN: &[&str] = &["name", "description", "topic"];

/// What the draft's own frontmatter says, and its body.
///
/// Every byte of the draft is in one of them: a frontmatter that can't be used stays in the body.
#[derive(Debug)]
pub(crate) struct Parts<'d> {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) topic: Option<String>,
    /// The lines of the frontmatter that no field of ours takes.
    pub(crate) unknown: Vec<String>,
    pub(crate) body: &'d [u8],
    /// Why the frontmatter stays in the body, when it does.
    pub(crate) kept_in_body: Option<Unusable>,
}

/// Why what begins like a frontmatter is used as none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nothing closes it.
    #[error("its first line is `---`, and no second one closes a frontmatter")]
    NotClosed,
    /// It has so many bytes.
    #[error(
        "its first line is `---`, and {} stand between that and the next `---`; a frontmatter may have {}",
        size(*.0 as u64),
        size(MAX_FRONTMATTER_BYTES as u64)
    )]
    TooLong(usize),
    /// It is not valid YAML.
    #[error("its frontmatter is not valid YAML (line {line}: {problem})")]
    Yaml {
        /// Where, in the draft, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// It is not UTF-8.
    #[error("its frontmatter is not UTF-8")]
    NotUtf8,
    /// This field is to be a text.
    #[error("the `{0}` of its frontmatter is a list or a mapping, not a text")]
    NotText(String),
}

impl<'d> Parts<'d> {
    pub(crate) fn of(draft: &'d [u8]) -> Self {
        let draft = draft.strip_prefix(MARK).unwrap_or(draft);
        let document = Document::parse(draft);
        let own = |key: &str| document.field(key).map(str::to_owned);
        let mut parts = Self {
            name: document.title().map(Cow::into_owned),
            description: own("description"),
            topic: own("topic"),
            unknown: Vec::new(),
            body: draft,
            kept_in_body: None,
        };
        match front(draft, &document) {
            Front::Usable => {
                parts.unknown = document.unknown_lines(Draft::FIELDS);
                parts.body = document.body();
            }
            Front::Absent => {
                // Behind a blank line a rule is no frontmatter.
                let body = [b"\n", draft].concat();
                parts.name = Document::parse(&body).title().map(Cow::into_owned);
            }
            Front::Unusable(reason) => parts.kept_in_body = Some(reason),
        }
        parts
    }
}

/// What stands at the beginning of a draft.
enum Front {
    Usable,
    /// Nothing, or a rule (`---`) of markdown.
    Absent,
    /// A frontmatter of which something would be lost.
    Unusable(Unusable),
}

fn front(draft: &[u8], document: &Document<'_>) -> Front {
    match document.problem() {
        Some(Malformed::Empty | Malformed::NoFrontmatter) => return Front::Absent,
        Some(Malformed::NotClosed | Malformed::TooLong) => return Front::Unusable(not_closed(draft)),
        Some(Malformed::Yaml(error)) => {
            // Both lines count from the one below the opening `---`.
            let line = error.line + 1;
            let problem = match &error.problem {
                Problem::DuplicateKey { first } => Problem::DuplicateKey { first: first + 1 },
                other => other.clone(),
            };
            return Front::Unusable(Unusable::Yaml { line, problem });
        }
        None => {}
    }
    let front = &draft[..draft.len() - document.body().len()];
    if std::str::from_utf8(front).is_err() {
        return Front::Unusable(Unusable::NotUtf8);
    }
    let is_given = |key: &str| GIVEN.contains(&key);
    if let Some((key, _)) = document.fields().find(|(key, value)| is_given(key) && value.is_none()) {
        return Front::Unusable(Unusable::NotText(key.to_owned()));
    }
    let has_heading = String::from_utf8_lossy(front).lines().any(|line| line.starts_with("# "));
    // A text between two rules can read as YAML: its heading is a comment there.
    if has_heading && !document.fields().any(|(key, _)| is_given(key)) {
        return Front::Absent;
    }
    let has_fields = document.fields().next().is_some();
    let has_text = document.unknown_lines(&[]).iter().any(|line| !line.trim().is_empty());
    if has_text && !has_fields { Front::Absent } else { Front::Usable }
}

/// Why what begins with the draft's first `---` is no frontmatter.
fn not_closed(draft: &[u8]) -> Unusable {
    frontmatter_length(draft).map_or(Unusable::NotClosed, Unusable::TooLong)
}
