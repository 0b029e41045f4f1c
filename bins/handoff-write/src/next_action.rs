//! The section that every handoff must have, and what its writer may have meant instead.

use handoff_document::{Heading, Part, Section, TEMPLATE, headings, sections};
use handoff_text::Sanitised;

/// The heading as it must be.
const WANTED: &str = "## Immediate next action";
/// Its words, as [`words`] gives them.
const WORDS: &str = "immediate next action";

/// Why `body` has no next action, with the line of `draft` that its writer may have meant; `None` when it has one.
pub(crate) fn fault(body: &[u8], draft: &[u8]) -> Option<String> {
    let sections = sections(body);
    let Some(next) = sections.iter().find(|section| section.part == Part::NextAction) else {
        return Some(match meant(body) {
            Some(heading) => misnamed(&heading, body, draft),
            None => format!("it has no `{WANTED}`: add that heading and say what to do first"),
        });
    };
    if is_of_template(next) {
        return Some(format!("its `{WANTED}` is still the template's: say what to do first"));
    }
    if !next.is_empty() {
        return None;
    }
    let heading = headings(body).into_iter().find(|heading| heading.line == next.line);
    Some(match heading.filter(|heading| words(heading) != WORDS) {
        Some(heading) => format!(
            "{} says the action in the heading itself: end the heading after `{WANTED}` and put the rest on the lines below",
            place(&heading, body, draft)
        ),
        None => format!("its `{WANTED}` is empty: say what to do first"),
    })
}

/// Whether nobody filled in what `--template` prints.
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

fn misnamed(heading: &Heading<'_>, body: &[u8], draft: &[u8]) -> String {
    let place = place(heading, body, draft);
    if heading.is_in_code {
        return format!(
            "it has no `{WANTED}`: {place} stands in a code block; close the block above it, or add the heading"
        );
    }
    if heading.is_indented {
        return format!(
            "it has no `{WANTED}`: {place} is indented so far that markdown takes it for code; move it to the start of its line"
        );
    }
    let shown = Sanitised::line(heading.text, 80);
    let looks_the_same = shown.split_whitespace().collect::<Vec<_>>().join(" ").eq_ignore_ascii_case(WANTED);
    if looks_the_same {
        return format!(
            "it has no `{WANTED}`: {place} has a character that looks like a blank and is none; type that line again"
        );
    }
    format!("it has no `{WANTED}`: {place} is another heading; make that line `{WANTED}`")
}

/// ``line 7, `### Next steps`,`` of the draft, whose end `body` is.
fn place(heading: &Heading<'_>, body: &[u8], draft: &[u8]) -> String {
    let before = &draft[..draft.len() - body.len()];
    let line = before.iter().filter(|&&b| b == b'\n').count() + heading.line;
    format!("line {line}, `{}`,", Sanitised::line(heading.text, 80))
}
