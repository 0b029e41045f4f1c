//! Secrets in what a writer gives.

use handoff_secrets::{Finding, scan};

use crate::reason::{Field, Place, Reason, SecretAt};
use crate::{Fields, Source};

/// What to do about secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// A draft with one is refused.
    #[default]
    Refuse,
    /// They are replaced.
    Redact,
    /// They stay: the writer says that they are none.
    Allow,
}

/// The draft without its secrets, and how many there were.
#[derive(Debug)]
pub(crate) struct Cleaned {
    pub(crate) draft: Vec<u8>,
    pub(crate) redacted: usize,
}

/// The draft with its secrets dealt with as asked. The lines of what is found are those that were typed.
pub(crate) fn clean(source: &Source, fields: &Fields) -> Result<Cleaned, Reason> {
    let unchanged = || Cleaned { draft: source.bytes.clone(), redacted: 0 };
    if fields.secrets == Secrets::Allow {
        return Ok(unchanged());
    }
    let in_fixed = in_fields(&fixed(fields));
    if fields.secrets == Secrets::Redact && !in_fixed.is_empty() {
        return Err(Reason::SecretInFixedField(in_fixed));
    }
    let text = String::from_utf8_lossy(&source.bytes);
    let findings = scan(&text);
    let mut found = in_fields(&replaceable(fields));
    found.extend(in_fixed);
    found.extend(findings.iter().map(|finding| SecretAt::new(finding, place(finding, source))));
    // A line of the next action may stand in the title too.
    found.dedup();
    if found.is_empty() {
        Ok(unchanged())
    } else if fields.secrets == Secrets::Redact {
        Ok(Cleaned { draft: redacted(&text).into_bytes(), redacted: findings.len() })
    } else {
        Err(Reason::Secret(found))
    }
}

/// The fields in which a secret can be replaced.
fn replaceable(fields: &Fields) -> [(Field, Option<String>); 2] {
    [(Field::Name, fields.name.clone()), (Field::Description, fields.description.clone())]
}

/// Those that become fields and a file name as they are.
fn fixed(fields: &Fields) -> [(Field, Option<String>); 3] {
    [
        (Field::Topic, fields.topic.as_ref().map(ToString::to_string)),
        (Field::Tool, fields.tool.clone()),
        (Field::SessionId, fields.session_id.clone()),
    ]
}

fn in_fields(fields: &[(Field, Option<String>)]) -> Vec<SecretAt> {
    let mut found = Vec::new();
    for (field, value) in fields {
        let findings = scan(value.as_deref().unwrap_or_default());
        found.extend(findings.iter().map(|finding| SecretAt::new(finding, Place::Field(*field))));
    }
    found
}

/// Where `finding` is: a line of the draft, or of the next action that the draft was made of.
fn place(finding: &Finding, source: &Source) -> Place {
    match &source.next_action {
        None => Place::Line(finding.line),
        Some(action) if action.lines().count() > 1 => {
            let line = finding.line.saturating_sub(crate::template::LINES_BEFORE_ACTION).max(1);
            Place::NextAction { line: Some(line) }
        }
        Some(_) => Place::NextAction { line: None },
    }
}

/// `text` without its secrets. What stood right beside one is seen only when that is gone, so it is done until there
/// is none.
pub(crate) fn redacted(text: &str) -> String {
    const ROUNDS: usize = 8;
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let findings = scan(&text);
        if findings.is_empty() {
            break;
        }
        text = handoff_secrets::redact(&text, &findings);
    }
    text
}
