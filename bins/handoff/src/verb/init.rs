//! `handoff init`: the configuration, and the skills with the rest of the wiring.

use handoff_backends::PRESET;
use handoff_files::{Dir, Foreign};
use handoff_process::{Failure, Patience, read_input};

use super::{printed, sibling};
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, yes: bool) -> Result<u8, Failure> {
    let path = here.config_path();
    let config = Foreign::read(&path, 1 << 20)?;
    let is_new = config.content().is_none();
    let what = if is_new { "write" } else { "leave as it is" };
    printed(
        here.output,
        &format!("{what}: {}\nthen: installer install, for the skills and the rest\n", path.display()),
    );
    if !yes && !agreed(here) {
        return Err(Failure::new("nothing was done"));
    }
    if is_new {
        Dir::create(&here.home)?;
        config.replace(PRESET.as_bytes())?;
    }
    sibling::run("installer", Some("install"), &[])
}

/// Asks; anything but a yes is a no.
fn agreed(here: &Here<'_>) -> bool {
    here.output.note("Type y to go on: ");
    let line = match read_input(Patience { time: None, size: 1 << 10 }, |bytes| bytes.contains(&b'\n')) {
        Some(bytes) => bytes,
        None => handoff_process::read_line().unwrap_or_default(),
    };
    matches!(line.trim_ascii(), b"y" | b"Y" | b"yes")
}
