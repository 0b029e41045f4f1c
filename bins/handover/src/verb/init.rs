//! `handover init`: the directory, its `.gitignore`, and a config with every setting explained.

use handoff_bundle::Handover;
use handoff_files::Foreign;
use handoff_process::Failure;

use crate::config::TEMPLATE;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>) -> Result<u8, Failure> {
    here.check_captures()?;
    let handover = Handover::create(here.top(), here.config.track)?;
    let path = handover.path().join("config.toml");
    let config = Foreign::read(&path, 1 << 20)?;
    let what = match config.content() {
        Some(_) => "is there already",
        None => {
            config.replace(TEMPLATE.as_bytes())?;
            "written"
        }
    };
    Ok(here.print(&format!("{}: {what}\nthen: handover enable\n", handoff_text::Sanitised::path(&path))))
}
