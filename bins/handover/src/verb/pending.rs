//! `handover pending`: what waits here.

use handoff_bundle::{Bundle, Trust};
use handoff_document::{Timestamp, age};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::json;

use crate::here::Here;

/// How many are shown.
const SHOWN: usize = 50;

pub(crate) fn run(here: &Here<'_>, json: bool) -> Result<u8, Failure> {
    let Some(handover) = here.handover()? else { return Ok(here.print(if json { "[]\n" } else { "" })) };
    let keyring = here.keyring()?;
    let pending = handover.pending()?;
    let (mut lines, mut entries) = (String::new(), Vec::new());
    for id in pending.iter().take(SHOWN) {
        let bundle = match handover.bundle(id) {
            Ok(bundle) => bundle,
            Err(error) => {
                here.output.complain(format_args!("{error}"));
                continue;
            }
        };
        let trust = keyring.trust(&bundle)?;
        if json {
            entries.push(entry(&bundle, trust));
        } else {
            lines += &line(here, &bundle, trust);
        }
    }
    if json {
        return Ok(here.print(&format!("{}\n", serde_json::Value::from(entries))));
    }
    if pending.len() > SHOWN {
        lines += &format!("and {} more\n", pending.len() - SHOWN);
    }
    Ok(here.print(&lines))
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

fn line(here: &Here<'_>, bundle: &Bundle, trust: Trust) -> String {
    let manifest = bundle.manifest();
    let age = age(bundle.id().created(), Timestamp::now());
    let files = manifest.contents.files.len();
    let mut text = format!("{}  {age}  {files} changed paths", bundle.id());
    // What a bundle says of itself is shown only once it is known whose it is.
    if trust.is_good() {
        let branch = manifest.contents.branch.as_deref().unwrap_or("detached");
        text += &format!(" on {}", Sanitised::line(branch.as_bytes(), 80));
        if let Some(name) = manifest.recipient.as_deref().filter(|_| !here.is_for_us(bundle)) {
            text += &format!(", for {}", Sanitised::line(name.as_bytes(), 80));
        }
        return text + "\n";
    }
    let way = match trust {
        Trust::Tampered => "changed after it was made: not used".to_owned(),
        _ => format!("not made by you on this machine: handover allow {}", bundle.id()),
    };
    text + &format!(", {way}\n")
}

fn entry(bundle: &Bundle, trust: Trust) -> serde_json::Value {
    let manifest = bundle.manifest();
    json!({
        "id": bundle.id().as_str(), "created": bundle.id().created().to_string(), "trust": word(trust),
        "path": bundle.path().to_string_lossy(), "files": manifest.contents.files.len(),
        "staged": manifest.contents.staged.len(), "not_carried": manifest.contents.left_behind().count(),
        "base": manifest.contents.base, "branch": manifest.contents.branch, "for": manifest.recipient,
        "tool": manifest.origin.tool, "event": manifest.origin.event,
    })
}
