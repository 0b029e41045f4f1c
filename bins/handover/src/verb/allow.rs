//! `handover allow`: the user's word for a bundle that was not made here.

use handoff_bundle::Trust;
use handoff_process::{Failure, InputLimits, read_input, read_line};
use handoff_text::Sanitised;

use super::inspect;
use crate::here::Here;
use handoff_capturing::settings::{FILE, MAX_FILE_BYTES};

pub(crate) fn run(here: &Here<'_>, id: &str, yes: bool) -> Result<u8, Failure> {
    let handover = here.project.handover()?.ok_or_else(|| Failure::new("there is no capture here"))?;
    let bundle = here.project.choose(&handover, Some(id), true)?;
    let keyring = here.project.keyring()?;
    match keyring.trust(&bundle)? {
        Trust::Own | Trust::Allowed => {
            return Ok(here.print(&format!("{} is allowed already\n", bundle.id())));
        }
        Trust::Tampered => {
            let words =
                format!("{} was changed after it was made, or its summary is another one", bundle.id());
            return Err(Failure::new(words));
        }
        Trust::Foreign => {}
    }
    // The word is for these bytes, so they have to be there.
    bundle.verify()?;
    here.print(&inspect::text(&bundle, Trust::Foreign)?);
    confirm(here, yes, "Type y to allow exactly this: ", "nothing was allowed")?;
    keyring.allow(&bundle)?;
    Ok(here.print(&format!("allowed: {}\n", bundle.id())))
}

/// The user's word for settings that came with the repository, as they are now.
pub(crate) fn config(here: &Here<'_>, yes: bool) -> Result<u8, Failure> {
    let missing = || Failure::new("there is no .handover/config.toml here");
    let handover = here.project.handover()?.ok_or_else(missing)?;
    let content = handover.own_file(FILE, MAX_FILE_BYTES)?.ok_or_else(missing)?;
    here.print(&Sanitised::text(&content));
    confirm(here, yes, "Type y to allow exactly this: ", "nothing was allowed")?;
    here.project.keyring()?.allow_config(&content)?;
    Ok(here.print("allowed: .handover/config.toml, as it is now\n"))
}

/// Asks, unless the answer was given.
pub(super) fn confirm(here: &Here<'_>, yes: bool, question: &str, refused: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    here.output.note(question);
    let line = match read_input(InputLimits { time: None, size: 1 << 10 }, |bytes| bytes.contains(&b'\n')) {
        Some(bytes) => bytes,
        None => read_line().unwrap_or_default(),
    };
    if matches!(line.trim_ascii(), b"y" | b"Y" | b"yes") { Ok(()) } else { Err(Failure::new(refused)) }
}
