//! `handover init`: the directory, its `.gitignore`, and a config with every setting explained.

use handoff_bundle::Handover;
use handoff_process::Failure;

use crate::here::Here;
use handoff_capturing::settings::{FILE, MAX_FILE_BYTES, TEMPLATE};

pub(crate) fn run(here: &Here<'_>) -> Result<u8, Failure> {
    here.check_captures()?;
    let handover = Handover::create(here.top(), here.project.settings.track)?;
    let path = handover.path().join(FILE);
    let what = match handover.own_file(FILE, MAX_FILE_BYTES)? {
        Some(_) => "is there already",
        None if handover.make_own_file(FILE, TEMPLATE.as_bytes())? => "written",
        None => "is there already",
    };
    Ok(here.print(&format!("{}: {what}\nthen: handover enable\n", handoff_text::Sanitised::path(&path))))
}
