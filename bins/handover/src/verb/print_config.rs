//! `handover print-config`: every setting with the value that holds here.

use handoff_process::Failure;

use crate::here::Here;

pub(crate) fn run(here: &Here<'_>) -> Result<u8, Failure> {
    let path = here.top().join(".handover/config.toml");
    let from = match (here.project.settings.is_ignored, here.project.settings.is_set) {
        (true, _) => "is not allowed: the defaults",
        (false, true) => "and the defaults",
        (false, false) => "does not exist: the defaults",
    };
    Ok(here.print(&format!(
        "# {} {from}\n{}",
        handoff_text::Sanitised::path(&path),
        here.project.settings.print()
    )))
}
