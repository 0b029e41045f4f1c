//! `handover init`: the directory, its `.gitignore`, and a config with every setting explained.

use handoff_bundle::Handover;
use handoff_process::Failure;

use crate::config::{FILE, LARGEST, TEMPLATE};
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>) -> Result<u8, Failure> {
    here.check_captures()?;
    let handover = Handover::create(here.top(), here.config.track)?;
    let path = handover.path().join(FILE);
    let what = match handover.own_file(FILE, LARGEST)? {
        Some(_) => "is there already",
        None if handover.make_own_file(FILE, TEMPLATE.as_bytes())? => "written",
        None => "is there already",
    };
    Ok(here.print(&format!("{}: {what}\nthen: handover enable\n", handoff_text::Sanitised::path(&path))))
}
