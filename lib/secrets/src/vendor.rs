//! Keys of known vendors, told by how they begin and what follows.

use std::array;

use crate::Match;
use crate::placeholder;
use crate::rules::{Rule, VENDORS};
use crate::shape::{matching_length, starts_word};

/// A rule with one of its anchors.
type Start = (&'static Rule, &'static str);

/// The vendors' keys in `text`, in order of position, not overlapping.
pub(crate) fn find(text: &str) -> Vec<Match> {
    let bytes = text.as_bytes();
    let starts = starts_by_first_byte();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let candidates = &starts[usize::from(bytes[at])];
        if candidates.is_empty() || !starts_word(bytes, at) {
            at += 1;
            continue;
        }
        let Some(key) = longest(candidates, bytes, at) else {
            at += 1;
            continue;
        };
        // A placeholder is passed over as a key is: what it is made of would only be read again.
        at = key.span.end;
        if !placeholder::stands_for_key(&text[key.span.clone()]) {
            found.push(key);
        }
    }
    found
}

fn starts_by_first_byte() -> [Vec<Start>; 256] {
    let mut starts = array::from_fn(|_| Vec::new());
    for rule in VENDORS {
        for anchor in rule.anchors {
            starts[usize::from(anchor.as_bytes()[0])].push((rule, *anchor));
        }
    }
    starts
}

fn longest(candidates: &[Start], bytes: &[u8], at: usize) -> Option<Match> {
    let rest = &bytes[at..];
    let matches = candidates.iter().filter_map(|(rule, anchor)| {
        let behind = rest.strip_prefix(anchor.as_bytes())?;
        let end = at + anchor.len() + matching_length(rule.pattern, behind)?;
        let start = if rule.anchor_is_secret { at } else { at + anchor.len() };
        Some(Match { rule: rule.name, span: start..end })
    });
    matches.max_by_key(|found| found.span.end)
}
