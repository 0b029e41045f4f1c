//! Whether a draft may become a handoff.

use handoff_document::{Part, Section, TEMPLATE, sections};
use handoff_secrets::Finding;
use handoff_surface::size;

use crate::args::{Args, Secrets};
use crate::parts::Parts;

/// The largest handoff, in bytes.
const LARGEST: usize = 1 << 20;

/// Why a draft is refused: each reason is a line that also says what to do.
pub(crate) fn faults(parts: &Parts<'_>, draft: &[u8]) -> Vec<String> {
    let body = parts.body;
    if draft.len() > LARGEST {
        let most = size(LARGEST as u64);
        return vec![format!(
            "it has {}, a handoff may have {most}: name large files instead of quoting them",
            size(draft.len() as u64)
        )];
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return vec!["it is empty: handoff-write --template prints the sections".to_owned()];
    }
    let sections = sections(body);
    match sections.iter().find(|section| section.part == Part::NextAction) {
        None => {
            vec!["it has no `## Immediate next action`: add that heading and say what to do first".to_owned()]
        }
        Some(next) if is_of_template(next) => {
            vec!["its `## Immediate next action` is still the template's: say what to do first".to_owned()]
        }
        Some(next) if next.is_empty() => {
            vec!["its `## Immediate next action` is empty: say what to do first".to_owned()]
        }
        Some(_) => Vec::new(),
    }
}

/// Whether nobody filled in what `--template` prints.
fn is_of_template(next: &Section<'_>) -> bool {
    let of_template = sections(TEMPLATE.as_bytes());
    let mut same = of_template.iter().filter(|section| section.part == next.part);
    same.any(|section| section.content.trim_ascii() == next.content.trim_ascii())
}

/// The draft with its secrets dealt with as asked, or what was found. The lines are the draft's own.
pub(crate) fn without_secrets(draft: Vec<u8>, args: &Args) -> Result<(Vec<u8>, usize), Vec<String>> {
    let text = String::from_utf8_lossy(&draft);
    let given = [("--name", &args.name), ("--description", &args.description)];
    let in_arguments = given.iter().filter_map(|(option, value)| Some((option, value.as_deref()?)));
    let mut found: Vec<String> = in_arguments
        .flat_map(|(option, value)| handoff_secrets::scan(value).into_iter().map(move |f| (option, f)))
        .map(|(option, finding)| format!("{} in {option}", finding.rule))
        .collect();
    let findings = handoff_secrets::scan(&text);
    found.extend(
        findings.iter().map(|finding: &Finding| format!("{} in line {}", finding.rule, finding.line)),
    );
    match args.secrets {
        Secrets::Allow => Ok((draft, 0)),
        _ if found.is_empty() => Ok((draft, 0)),
        Secrets::Redact => Ok((redacted(&text).into_bytes(), findings.len())),
        Secrets::Refuse => Err(vec![format!(
            "it holds what looks like a secret: {}; take it out, or use --redact, or --allow-secrets if it is none",
            found.join(", ")
        )]),
    }
}

/// `text` without its secrets. What stood right beside one is seen only when that is gone, so it is done until there
/// is none.
pub(crate) fn redacted(text: &str) -> String {
    const ROUNDS: usize = 8;
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let findings = handoff_secrets::scan(&text);
        if findings.is_empty() {
            break;
        }
        text = handoff_secrets::redact(&text, &findings);
    }
    text
}
