//! What is still the template's in a draft, and the least draft of all.

use handoff_document::{Document, Part, Section, TEMPLATE, sections};

/// The longest title that is made of a line, in characters.
const MAX_TITLE_CHARS: usize = 60;

/// How many lines of a draft stand before the next action that it was made of.
pub(crate) const LINES_BEFORE_ACTION: usize = 3;

/// The least that is a handoff: a title and the next action.
pub(crate) fn of_next_action(action: &str) -> Vec<u8> {
    let line = action.lines().next().unwrap_or_default();
    let mut title: String = line.chars().take(MAX_TITLE_CHARS).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    format!("# Handoff — {title}\n\n## Immediate next action\n{action}\n").into_bytes()
}

/// `body` without the sections that are still the template's. The next action is judged, not left out.
pub(crate) fn filled_in(body: &[u8]) -> Vec<u8> {
    let of_template = sections(TEMPLATE.as_bytes());
    let is_untouched = |section: &Section<'_>| {
        section.part != Part::NextAction
            && of_template.iter().any(|known| known.text.trim_ascii() == section.text.trim_ascii())
    };
    let sections = sections(body);
    if !sections.iter().any(is_untouched) {
        return body.to_owned();
    }
    sections
        .iter()
        .filter(|section| !is_untouched(section))
        .flat_map(|section| section.text)
        .copied()
        .collect()
}

/// Whether `title` is what the template has in its place.
pub(crate) fn is_of_template(title: &str) -> bool {
    Document::parse(TEMPLATE.as_bytes()).title().is_some_and(|own| own == title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_action_becomes_a_draft_with_a_title() {
        assert_eq!(
            of_next_action("fix it"),
            b"# Handoff \xe2\x80\x94 fix it\n\n## Immediate next action\nfix it\n"
        );
        let long = String::from_utf8(of_next_action(&"é".repeat(61))).unwrap();
        assert!(long.starts_with(&format!("# Handoff — {}…\n", "é".repeat(60))));
    }

    #[test]
    fn sections_that_are_still_the_templates_are_left_out() {
        let draft = TEMPLATE.replace("<the one thing to do first; required>", "Fix it.");
        assert_eq!(filled_in(draft.as_bytes()), b"## Immediate next action\nFix it.\n\n");
        let draft =
            draft.replace("<title>", "A title").replace("<dead end that was tried, and why it fails>", "No.");
        let text = String::from_utf8(filled_in(draft.as_bytes())).unwrap();
        assert_eq!(
            text,
            "# Handoff — A title\n\n## Immediate next action\nFix it.\n\n## What NOT to do on resume\n- No.\n\n"
        );
        assert_eq!(filled_in(b"\n## Other\n<x>\n"), b"\n## Other\n<x>\n");
    }
}
