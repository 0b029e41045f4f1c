//! What stays of a handoff that does not fit.

use handoff_document::{Part, Section, sections};
use handoff_text::Sanitised;

use crate::frame::{name, quoted};
use crate::size;

/// What a session cannot do without, the most important first.
const VITAL: [Part; 3] = [Part::NextAction, Part::DoNotDo, Part::DoNotRedo];

/// The least room that a part of a section is worth, in bytes.
const WORTH_CUTTING: usize = 200;

/// How many cut or left out sections are named; the rest is a number.
const NAMED: usize = 12;

/// How much longer the words for a section that was cut are than for one that was left out, in bytes.
const CUT_WORDS: usize = 20;

/// The sections of `body` that fit into `room` bytes: the vital ones first, cut where they must be, then the others in
/// their order as long as they fit whole, and as much as there is room for of the first that does not. What is cut or
/// left out is named with its size at the end.
pub(crate) fn most_important(body: &[u8], room: usize) -> String {
    let mut parts: Vec<Section<'_>> =
        sections(body).into_iter().filter(|section| !section.is_empty()).collect();
    // Stable, so sections of equal rank stay in their order.
    parts.sort_by_key(|section| rank(section.part));
    let vital = match parts.iter().filter(|section| rank(section.part) < VITAL.len()).count() {
        // A text without any of them: its beginning is the best there is.
        0 => parts.len().min(1),
        vital => vital,
    };
    let mut missing: Vec<Missing> = parts.iter().map(Missing::whole).collect();
    let mut left = room.saturating_sub(notice(&missing).len() + (vital + 1) * CUT_WORDS);
    let mut texts = vec![String::new(); parts.len()];
    for (number, section) in parts.iter().enumerate() {
        let limit = if number < vital {
            left.saturating_sub(kept_for_others(&parts[number + 1..vital], left))
        } else {
            left
        };
        let Some(shown) = excerpt(section, limit, number < vital) else { continue };
        left -= shown.text.len();
        texts[number] = shown.text;
        missing[number].bytes = shown.missing;
    }
    // What is left of the room goes to the first of those that did not fit whole.
    let first = texts.iter().position(String::is_empty).filter(|_| left >= WORTH_CUTTING);
    if let Some((number, shown)) =
        first.and_then(|number| Some((number, excerpt(&parts[number], left, true)?)))
    {
        texts[number] = shown.text;
        missing[number].bytes = shown.missing;
    }
    missing.retain(|missing| missing.bytes > 0);
    texts.push(notice(&missing));
    texts.concat()
}

fn rank(part: Part) -> usize {
    VITAL.iter().position(|&vital| vital == part).unwrap_or(VITAL.len())
}

/// What the vital sections still to come may count on: a quarter of what is left each, or less when they are short.
fn kept_for_others(sections: &[Section<'_>], left: usize) -> usize {
    sections.iter().map(|section| (section.text.len() + 2).min(left / 4)).sum()
}

struct Shown {
    text: String,
    /// How many bytes of the section are not in it.
    missing: usize,
}

/// The section in at most `limit` bytes; None when it does not fit and may not be cut, or when nothing of it would be
/// left.
fn excerpt(section: &Section<'_>, limit: usize, may_cut: bool) -> Option<Shown> {
    const MARK: &str = "[… cut]\n\n";
    let source = section.text.trim_ascii();
    let excerpt = Sanitised::up_to(source, limit);
    let text = quoted(&excerpt.text);
    if excerpt.whole && text.len() + 2 <= limit {
        return Some(Shown { text: format!("{text}\n\n"), missing: 0 });
    }
    let room = limit.checked_sub(MARK.len() + 1).filter(|_| may_cut)?;
    let end = text.floor_char_boundary(room);
    // At the end of a line, unless that would lose more than half.
    let end = text[..end].rfind('\n').filter(|&newline| newline > end / 2).unwrap_or(end);
    let kept = text[..end].trim_end();
    let missing = source.len().saturating_sub(kept.len()).max(1);
    let heading = section.text[..section.text.len() - section.content.len()].trim_ascii();
    (kept.len() > heading.len()).then(|| Shown { text: format!("{kept}\n{MARK}"), missing })
}

struct Missing {
    /// Its heading, quoted unless it is one plain word.
    heading: String,
    total: usize,
    bytes: usize,
}

impl Missing {
    fn whole(section: &Section<'_>) -> Self {
        let heading = if section.heading.is_empty() {
            "the opening".to_owned()
        } else {
            name(&String::from_utf8_lossy(section.heading), 60)
        };
        Self { heading, total: section.text.len(), bytes: section.text.len() }
    }
}

/// The line that names what is missing; empty when nothing is.
fn notice(missing: &[Missing]) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let entry = |missing: &Missing| {
        let Missing { heading, total, bytes } = missing;
        if bytes < total {
            format!("{heading} ({} of {} cut)", size(*bytes as u64), size(*total as u64))
        } else {
            format!("{heading} ({} left out)", size(*total as u64))
        }
    };
    let mut names: Vec<String> = missing.iter().take(NAMED).map(entry).collect();
    if let Some(rest) = missing.get(NAMED..).filter(|rest| !rest.is_empty()) {
        let bytes: usize = rest.iter().map(|missing| missing.bytes).sum();
        names.push(format!("{} more sections ({} left out)", rest.len(), size(bytes as u64)));
    }
    format!("[not shown here: {}]\n", names.join("; "))
}
