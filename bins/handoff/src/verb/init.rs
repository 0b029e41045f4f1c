//! `handoff init`: the configuration, and the skills with the rest of the wiring.

use std::process::Stdio;

use handoff_backends::PRESET;
use handoff_files::{Dir, Foreign};
use handoff_process::{Failure, Patience, read_input};
use handoff_text::Sanitised;

use super::{printed, sibling};
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, yes: bool) -> Result<u8, Failure> {
    here.check_home()?;
    let path = here.config_path();
    let config = Foreign::read(&path, 1 << 20)?;
    let is_new = config.content().is_none();
    let what = if is_new { "write" } else { "leave as it is" };
    printed(
        here.output,
        &format!("{what}: {}\nthen: handoff install, for the skills and the rest\n", Sanitised::path(&path)),
    );
    if !yes && !agreed(here) {
        return Err(Failure::new("nothing was done"));
    }
    if is_new {
        // What is in the way of the installation is in the way of all: then nothing is written, as the installer says.
        let code = can_install(here)?;
        if code != 0 {
            return Ok(code);
        }
        Dir::create(&here.home)?;
        config.replace(PRESET.as_bytes())?;
        printed(here.output, &format!("wrote: {}\n", Sanitised::path(&path)));
    }
    sibling::run("installer", "handoff", Some("install"), &[])
}

/// Whether the installation could go ahead: the exit code of its dry run, whose errors are shown.
fn can_install(here: &Here<'_>) -> Result<u8, Failure> {
    let mut check = sibling::command("installer");
    let done = check.args(["install", "--dry-run"]).stdin(Stdio::null()).output();
    let done = done.map_err(|error| sibling::could_not_run(&check, &error))?;
    if done.status.success() {
        return Ok(0);
    }
    here.output.note(&String::from_utf8_lossy(&done.stderr));
    Ok(done.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
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
