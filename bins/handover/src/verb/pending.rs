//! `handover pending`: what waits here.

use handoff_bundle::{Bundle, Handover, Listed, Trust};
use handoff_document::{Timestamp, age};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::json;

use crate::here::Here;
use handoff_capturing::called;
use handoff_capturing::counted;
use handoff_capturing::taken;

/// How many are shown.
const SHOWN: usize = 50;

/// What waits here and, with `all`, what was taken. Where nothing waits here, what waits in other worktrees.
pub(crate) fn run(here: &Here<'_>, all: bool, json: bool) -> Result<u8, Failure> {
    let (mut lines, mut entries) = (String::new(), Vec::new());
    if let Some(handover) = here.project.handover()? {
        list(here, &handover, all, &mut lines, &mut entries)?;
    }
    if json {
        return Ok(here.json(&serde_json::Value::from(entries)));
    }
    for (other, bundle) in handoff_capturing::elsewhere(&here.project)? {
        let top = handoff_process::quoted(other.top());
        lines.push_str(&format!("{}  in another worktree: {} pickup --from {top}\n", bundle.id(), called()));
    }
    match here.project.outside() {
        Some(words) if lines.is_empty() => here.output.complain(words),
        None if lines.is_empty() => {
            let all = if all {
                String::new()
            } else {
                format!("; {} pending --all shows what was taken", called())
            };
            here.output.note(&format!("no capture waits here{all}\n"));
        }
        _ => {}
    }
    Ok(here.print(&lines))
}

fn list(
    here: &Here<'_>,
    handover: &Handover,
    all: bool,
    lines: &mut String,
    entries: &mut Vec<serde_json::Value>,
) -> Result<(), Failure> {
    let keyring = here.project.keyring_to_look()?;
    let mut listed = handover.list()?;
    listed.retain(|listed| all || !listed.claimed);
    for Listed { id, .. } in listed.iter().take(SHOWN) {
        let bundle = match handover.bundle(id) {
            Ok(bundle) => bundle,
            Err(error) => {
                here.output.complain(format_args!("{error}"));
                continue;
            }
        };
        let trust = keyring.trust(&bundle)?;
        entries.push(entry(&bundle, trust)?);
        *lines += &line(here, &bundle, trust)?;
    }
    if listed.len() > SHOWN {
        lines.push_str(&format!("and {} more\n", listed.len() - SHOWN));
    }
    Ok(())
}

/// In a word.
pub(crate) fn word(trust: Trust) -> &'static str {
    match trust {
        Trust::Own => "own",
        Trust::Allowed => "allowed",
        Trust::Foreign => "foreign",
        Trust::Tampered => "tampered",
    }
}

fn line(here: &Here<'_>, bundle: &Bundle, trust: Trust) -> Result<String, Failure> {
    let manifest = bundle.manifest();
    let age = age(bundle.id().created(), Timestamp::now());
    let files = manifest.contents.files.len();
    let mut text = format!("{}  {age}  {}", bundle.id(), counted(files, "changed path"));
    // What a bundle says of itself is shown only once it is known whose it is.
    if trust.is_good() {
        let branch = manifest.contents.branch.as_deref().unwrap_or("detached");
        text.push_str(&format!(" on {}", Sanitised::line(branch.as_bytes(), 80)));
        if let Some(name) = manifest.recipient.as_deref().filter(|_| !here.project.is_for_us(bundle)) {
            text.push_str(&format!(", for {}", Sanitised::line(name.as_bytes(), 80)));
        }
        if let Some(note) = bundle.claimed()? {
            let by = note.map(|note| format!(" by {}", taken(&note))).unwrap_or_default();
            text.push_str(&format!(", taken{by}"));
        }
        return Ok(text + "\n");
    }
    let way = match trust {
        Trust::Tampered => "changed after it was made: not used".to_owned(),
        _ => format!("not made by you on this machine: {} allow {}", called(), bundle.id()),
    };
    Ok(text + &format!(", {way}\n"))
}

fn entry(bundle: &Bundle, trust: Trust) -> Result<serde_json::Value, Failure> {
    let manifest = bundle.manifest();
    let claimed = bundle.claimed()?.map(|note| {
        let note = note.as_ref();
        json!({"by": note.map(|note| &note.by), "at": note.map(|note| &note.at)})
    });
    Ok(json!({
        "id": bundle.id().as_str(), "created": bundle.id().created().to_string(), "trust": word(trust),
        "path": bundle.path().to_string_lossy(), "files": manifest.contents.files.len(),
        "staged": manifest.contents.staged.len(), "not_carried": manifest.contents.left_behind().count(),
        "base": manifest.contents.base, "branch": manifest.contents.branch, "for": manifest.recipient,
        "tool": manifest.origin.tool, "event": manifest.origin.event, "claimed": claimed,
    }))
}
