//! Whether a draft may become a handoff.

use handoff_document::Draft;
use handoff_secrets::Finding;
use handoff_surface::size;

use crate::args::{Args, Secrets};
use crate::called::called;
use crate::next_action;
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
        return vec![format!("it is empty: {} --template prints the sections", called())];
    }
    let unknown: usize = parts.unknown.iter().map(|line| line.len() + 1).sum();
    if unknown > Draft::MAX_UNKNOWN_BYTES {
        return vec![format!(
            "its frontmatter has {} of fields that handoff-write does not know, a handoff may have {}: move what is long into the body",
            size(unknown as u64),
            size(Draft::MAX_UNKNOWN_BYTES as u64)
        )];
    }
    next_action::fault(body, draft).into_iter().collect()
}

/// The draft with its secrets dealt with as asked, or what was found. The lines are those that were typed.
pub(crate) fn without_secrets(draft: Vec<u8>, args: &Args) -> Result<(Vec<u8>, usize), Vec<String>> {
    let text = String::from_utf8_lossy(&draft);
    let given = [("--name", &args.name), ("--description", &args.description)];
    let in_arguments = given.iter().filter_map(|(option, value)| Some((option, value.as_deref()?)));
    let mut found: Vec<String> = in_arguments
        .flat_map(|(option, value)| handoff_secrets::scan(value).into_iter().map(move |f| (option, f)))
        .map(|(option, finding)| format!("{} in {option}", finding.rule))
        .collect();
    // These become fields and a file name as they are: nothing in them can be replaced.
    let fixed = [
        ("--topic", args.topic.as_ref().map(ToString::to_string)),
        ("--tool", args.tool.clone()),
        ("--session-id", args.session_id.clone()),
    ];
    let in_fixed: Vec<String> = fixed
        .into_iter()
        .filter_map(|(option, value)| Some((option, value?)))
        .flat_map(|(option, value)| {
            handoff_secrets::scan(&value).into_iter().map(move |found| (option, found))
        })
        .map(|(option, finding)| format!("{} in {option}", finding.rule))
        .collect();
    if args.secrets == Secrets::Redact && !in_fixed.is_empty() {
        return Err(vec![format!(
            "it holds what looks like a secret: {}; give another value",
            in_fixed.join(", ")
        )]);
    }
    found.extend(in_fixed);
    let findings = handoff_secrets::scan(&text);
    found.extend(findings.iter().map(|finding| place(finding, args.message.as_deref())));
    // A line of `--message` may stand in the title too.
    found.dedup();
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

/// The rule and where it found something: a line of the draft, or of `message`, of which the draft was made.
fn place(finding: &Finding, message: Option<&str>) -> String {
    let rule = &finding.rule;
    match message {
        None => format!("{rule} in line {}", finding.line),
        Some(message) if message.lines().count() > 1 => {
            let at = finding.line.saturating_sub(crate::typed::LINES_BEFORE_MESSAGE).max(1);
            format!("{rule} in line {at} of --message")
        }
        Some(_) => format!("{rule} in --message"),
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
