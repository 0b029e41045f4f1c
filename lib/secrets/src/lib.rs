//! Secrets that must not travel in a handoff: where they stand in a text, by which rule, and the
//! text without them.
//!
//! A small rule set that prefers precision: a handoff that is refused for nothing teaches its
//! author to pass `--allow-secrets`. Keys of known vendors are told by their shape, four kinds of
//! secret by their surroundings (key blocks, JWTs, passwords in URLs, values assigned to names
//! that promise a secret). Every rule reads the text once, so a scan is linear in its length.

mod assignment;
mod hidden;
mod jwt;
mod name;
mod placeholder;
mod private_key;
mod randomness;
mod rules;
mod shape;
mod stream;
mod url;
mod value;
mod vendor;

use std::cmp::Reverse;
use std::ops::Range;

pub use stream::Stream;

/// One secret found. Never holds the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it, for example `github-token`; one of [`rules`].
    pub rule: &'static str,
    /// The line of the text that the secret begins in, counted from 1.
    pub line: usize,
    /// The secret's byte range in the text, on character boundaries.
    pub span: Range<usize>,
}

/// A secret's place before its line is known.
struct Match {
    rule: &'static str,
    span: Range<usize>,
}

/// The secrets in `text`, in order of position, not overlapping.
///
/// A character that is not seen, such as a zero-width space, does not hide the secret that it stands in.
pub fn scan(text: &str) -> Vec<Finding> {
    match hidden::Visible::of(text) {
        None => with_lines(text, matches(text)),
        Some(visible) => {
            let found = matches(&visible.text).into_iter();
            with_lines(
                text,
                found.map(|found| Match { span: visible.original(&found.span), ..found }).collect(),
            )
        }
    }
}

/// The secrets in a text of which everything is seen.
fn matches(text: &str) -> Vec<Match> {
    let mut precise = private_key::find(text);
    precise.extend(vendor::find(text));
    precise.extend(jwt::find(text));
    precise.extend(url::find(text));
    // The sort is stable: of two rules for the same span, the one asked first names it.
    precise.sort_by_key(|found| (found.span.start, Reverse(found.span.end)));
    let precise = without_overlaps(precise);
    let assigned = not_covered(without_overlaps(assignment::find(text)), &precise);
    let mut all = precise;
    all.extend(assigned);
    all.sort_by_key(|found| found.span.start);
    all
}

/// `text` with each finding's span replaced by `[REDACTED:<rule>]`.
///
/// The findings are those of [`scan`] for the same text; one that does not fit the text, or that
/// overlaps the one before it, is left out. Keys written into each other, with nothing between, can
/// hide one another: only a scan of the result is certain.
pub fn redact(text: &str, findings: &[Finding]) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut copied = 0;
    for finding in findings {
        if let Some(before) = text.get(copied..finding.span.start)
            && text.get(finding.span.clone()).is_some()
        {
            redacted.push_str(before);
            redacted.push_str(placeholder::REDACTED);
            redacted.push_str(finding.rule);
            redacted.push(']');
            copied = finding.span.end;
        }
    }
    redacted.push_str(&text[copied..]);
    redacted
}

/// The names of all rules, each once.
pub fn rules() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    let vendors = rules::VENDORS.iter().map(|rule| rule.name).filter(move |name| {
        let is_new = *name != last;
        last = name;
        is_new
    });
    vendors.chain([private_key::RULE, jwt::RULE, url::RULE, assignment::RULE])
}

/// Of matches in order of position, those that do not overlap one kept before.
fn without_overlaps(matches: Vec<Match>) -> Vec<Match> {
    let mut end = 0;
    let mut kept = matches;
    kept.retain(|found| {
        let is_clear = found.span.start >= end;
        if is_clear {
            end = found.span.end;
        }
        is_clear
    });
    kept
}

/// The generic matches that no precise one overlaps: a vendor's name says more than "assigned".
fn not_covered(generic: Vec<Match>, precise: &[Match]) -> Vec<Match> {
    let mut ahead = precise;
    let mut kept = generic;
    kept.retain(|found| {
        while let [first, rest @ ..] = ahead
            && first.span.end <= found.span.start
        {
            ahead = rest;
        }
        ahead.first().is_none_or(|first| first.span.start >= found.span.end)
    });
    kept
}

fn with_lines(text: &str, matches: Vec<Match>) -> Vec<Finding> {
    let bytes = text.as_bytes();
    let (mut line, mut counted) = (1, 0);
    let findings = matches.into_iter().map(|Match { rule, span }| {
        line += bytes[counted..span.start].iter().filter(|byte| **byte == b'\n').count();
        counted = span.start;
        Finding { rule, line, span }
    });
    findings.collect()
}
