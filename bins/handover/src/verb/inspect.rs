//! `handover inspect`: what is in a bundle, and what taking it would mean.

use handoff_bundle::{ApplyOptions, Bundle, BundleError, Git, Handover, Keyring, Refusal, Trust, Which};
use handoff_process::Failure;
use handoff_surface::size;
use handoff_text::Sanitised;
use serde_json::json;

use super::pending::word;
use crate::here::Here;
use handoff_capturing::secrets::{self, Found, Secrets, shown};
use handoff_capturing::taken;

/// How many paths are shown.
const SHOWN: usize = 100;

pub(crate) fn run(here: &Here<'_>, id: Option<&str>, json: bool) -> Result<u8, Failure> {
    let handover = here.project.handover()?.ok_or_else(|| Failure::new("there is no capture here"))?;
    let bundle = here.project.choose(&handover, id, true)?;
    let keyring = here.project.keyring_to_look()?;
    let trust = keyring.trust(&bundle)?;
    if json {
        return Ok(here.json(&as_json(&bundle, trust)?));
    }
    let mut text = text(&bundle, trust)?;
    if trust.is_good() {
        text += &apply_line(here, &keyring, &handover, bundle);
    }
    Ok(here.print(&text))
}

/// All of it for a person; of one that is not trusted too, since this is where one looks.
pub(crate) fn text(bundle: &Bundle, trust: Trust) -> Result<String, Failure> {
    let manifest = bundle.manifest();
    let contents = &manifest.contents;
    let line = |text: &str| Sanitised::line(text.as_bytes(), 400).to_string();
    let mut text = format!("{}\n", bundle.id());
    let mut field = |name: &str, value: String| text.push_str(&format!("{name:<11} {value}\n"));
    let verified = bundle.verify();
    let changed = if verified.is_err() { ", but its files were changed since: see the end" } else { "" };
    field("trust", format!("{}{changed}", word(trust)));
    field("path", Sanitised::path(bundle.path()).to_string());
    field("made by", format!("{} ({})", line(&manifest.origin.tool), line(&manifest.origin.event)));
    if let Some(session) = &manifest.origin.session_id {
        field("session", line(session));
    }
    if let Some(name) = &manifest.recipient {
        field("for", line(name));
    }
    field("base", contents.base.as_deref().map_or_else(|| "none: before the first commit".to_owned(), line));
    field("branch", contents.branch.as_deref().map_or_else(|| "detached HEAD".to_owned(), line));
    for progress in &contents.in_progress {
        field("state", format!("in the middle of a {progress}, which is not carried"));
    }
    if let Some(note) = bundle.claimed()? {
        field("claimed by", note.map_or_else(|| "somebody".to_owned(), |note| taken(&note)));
    }
    text += "\nsummary\n";
    text += &Sanitised::text(bundle.summary()).lines().map(|line| format!("  {line}\n")).collect::<String>();
    text.push_str(&format!("\nchanged: {}\n", contents.files.len()));
    for file in contents.files.iter().take(SHOWN) {
        let change = serde_json::to_value(file.change).unwrap_or_default();
        let change = change.as_str().unwrap_or_default().to_owned();
        text.push_str(&format!("  {change:<12} {:>10}  {}\n", size(file.size), shown(&file.path)));
    }
    text.push_str(&format!("staged: {}\n", contents.staged.len()));
    for left in contents.left_behind() {
        text.push_str(&format!("not carried: {}: {}\n", shown(&left.path), left.text()));
    }
    for path in bundle.config_files() {
        text.push_str(&format!("programs run or obey: {} (needs --allow-config)\n", shown(&path)));
    }
    if bundle.commits()?.is_some() {
        let path = bundle.path().join("commits.bundle");
        text.push_str(&format!(
            "commits: some come with it; to read them first: git fetch {} HEAD && git log -p HEAD..FETCH_HEAD\n",
            handoff_process::quoted(&path)
        ));
    }
    text += &secrets::lines(bundle);
    if let Err(error) = verified {
        text.push_str(&format!("damaged: {}\n", line(&error.to_string())));
    }
    Ok(text)
}

/// Whether it could be applied here and now.
fn apply_line(here: &Here<'_>, keyring: &Keyring, handover: &Handover, bundle: Bundle) -> String {
    let check = |keyring: &Keyring| -> Result<(), BundleError> {
        let git = Git::find(here.project.environment)?;
        handover.check(&git, keyring, &bundle.trusted(keyring)?, ApplyOptions::default()).map(drop)
    };
    // A refusal names paths.
    let line = |error: &BundleError| Sanitised::line(error.to_string().as_bytes(), 4_000);
    match check(keyring) {
        Ok(()) => "apply: it would, here and now\n".to_owned(),
        Err(error @ BundleError::Refused(Refusal::Dirty(_))) => {
            format!("apply: not here: {}\n", line(&error))
        }
        Err(error) => format!("apply: not now: {}\n", line(&error)),
    }
}

fn as_json(bundle: &Bundle, trust: Trust) -> Result<serde_json::Value, Failure> {
    let config: Vec<_> = bundle.config_files().iter().map(ToString::to_string).collect();
    // Null: the patches cannot be read, so it is unknown.
    let secrets = Secrets::of(bundle).ok().map(|secrets| {
        let entry = |found: &Found| {
            json!({"path": found.path, "rule": found.rule, "removed": found.which == Which::Before})
        };
        secrets.found.iter().map(entry).collect::<Vec<_>>()
    });
    Ok(json!({
        "id": bundle.id().as_str(), "path": bundle.path().to_string_lossy(), "trust": word(trust),
        "claimed": bundle.claimed()?.is_some(), "intact": bundle.verify().is_ok(), "config_files": config,
        "secrets": secrets, "summary": Sanitised::text(bundle.summary()).as_str(), "manifest": bundle.manifest(),
    }))
}
