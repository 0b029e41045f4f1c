//! The section that every handoff must have, and what its writer may have meant instead.

use std::fmt;

use handoff_document::{Heading, Part, Section, TEMPLATE, headings, sections};
use handoff_text::Sanitised;

/// A heading of a draft.
#[derive(Debug, PartialEq, Eq)]
pub struct HeadingAt {
    /// Its line in the draft, counted from 1.
    pub line: usize,
    /// Its text with its marks, at most 80 bytes of it.
    pub text: Sanitised,
}

/// Why a draft does not say what to do first.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NextActionFault {
    /// No heading is like it.
    #[error("it has no `{WANTED}`: add that heading and say what to do first")]
    Missing,
    /// This heading speaks of what is next in other words.
    #[error("it has no `{WANTED}`: {0} is another heading; make that line `{WANTED}`")]
    Misnamed(HeadingAt),
    /// The heading is in a code block.
    #[error("it has no `{WANTED}`: {0} stands in a code block; close the block above it, or add the heading")]
    InCode(HeadingAt),
    /// The heading is indented.
    #[error(
        "it has no `{WANTED}`: {0} is indented so far that markdown takes it for code; move it to the start of its line"
    )]
    Indented(HeadingAt),
    /// The heading looks right and has other characters.
    #[error(
        "it has no `{WANTED}`: {0} has a character that looks like a blank and is none; type that line again"
    )]
    LooksTheSame(HeadingAt),
    /// The template's placeholder is still there.
    #[error("its `{WANTED}` is still the template's: say what to do first")]
    OfTemplate,
    /// Nothing stands below the heading.
    #[error("its `{WANTED}` is empty: say what to do first")]
    Empty,
    /// The action stands in the heading.
    #[error(
        "{0} says the action in the heading itself: end the heading after `{WANTED}` and put the rest on the lines below"
    )]
    InHeading(HeadingAt),
}

impl fmt::Display for HeadingAt {
    /// ``line 7, `### Next steps`,``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, `{}`,", self.line, self.text)
    }
}

/// The heading as it must be.
const WANTED: &str = "## Immediate next action";
/// Its words, as [`words`] gives them.
const WORDS: &str = "immediate next action";

/// Why `body` has no next action, with the line of `draft` that its writer may have meant; `None` when it has one.
pub(crate) fn fault(body: &[u8], draft: &[u8]) -> Option<NextActionFault> {
    let sections = sections(body);
    let Some(next) = sections.iter().find(|section| section.part == Part::NextAction) else {
        return Some(match meant(body) {
            Some(heading) => misnamed(&heading, HeadingAt::of(&heading, body, draft)),
            None => NextActionFault::Missing,
        });
    };
    if is_of_template(next) {
        return Some(NextActionFault::OfTemplate);
    }
    if !next.is_empty() {
        return None;
    }
    let heading = headings(body).into_iter().find(|heading| heading.line == next.line);
    Some(match heading.filter(|heading| words(heading) != WORDS) {
        Some(heading) => NextActionFault::InHeading(HeadingAt::of(&heading, body, draft)),
        None => NextActionFault::Empty,
    })
}

/// Whether the action is still the placeholder of the template.
fn is_of_template(next: &Section<'_>) -> bool {
    let of_template = sections(TEMPLATE.as_bytes());
    let mut same = of_template.iter().filter(|section| section.part == next.part);
    same.any(|section| section.content.trim_ascii() == next.content.trim_ascii())
}

/// The heading that comes nearest: one with the right words in the wrong form, else the first that speaks of what is
/// next.
fn meant(body: &[u8]) -> Option<Heading<'_>> {
    let headings = headings(body);
    let exact = headings.iter().find(|heading| words(heading).starts_with(WORDS));
    let near = || {
        headings.iter().find(|heading| {
            let words = words(heading);
            let mut words = words.split(' ');
            words.any(|word| matches!(word, "next" | "immediate" | "immediately" | "todo"))
        })
    };
    exact.or_else(near).copied()
}

/// A heading's words in small letters, without numbers and marks: `## 1. **Next Steps:**` is `next steps`.
fn words(heading: &Heading<'_>) -> String {
    let text = String::from_utf8_lossy(heading.text).to_lowercase();
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// What is wrong with `heading`, which is at `at`.
fn misnamed(heading: &Heading<'_>, at: HeadingAt) -> NextActionFault {
    if heading.is_in_code {
        return NextActionFault::InCode(at);
    }
    if heading.is_indented {
        return NextActionFault::Indented(at);
    }
    let looks_the_same =
        at.text.split_whitespace().collect::<Vec<_>>().join(" ").eq_ignore_ascii_case(WANTED);
    if looks_the_same { NextActionFault::LooksTheSame(at) } else { NextActionFault::Misnamed(at) }
}

impl HeadingAt {
    /// `heading` of `body`, which is the end of `draft`.
    fn of(heading: &Heading<'_>, body: &[u8], draft: &[u8]) -> Self {
        const MAX_TEXT_BYTES: usize = 80;
        let before = &draft[..draft.len() - body.len()];
        Self {
            line: before.iter().filter(|&&b| b == b'\n').count() + heading.line,
            text: Sanitised::line(heading.text, MAX_TEXT_BYTES),
        }
    }
}
