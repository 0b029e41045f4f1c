//! `handoff new`: an id and a prompt file for a run to come.

use handoff_process::{Failure, Status};

use crate::args::{New, Source, Task};
use crate::here::Here;
use crate::verb::prompt;

pub(crate) fn run(here: &Here<'_>, new: &New) -> Result<u8, Failure> {
    let config = here.config()?;
    let backend =
        config.backend(new.backend.as_deref()).map_err(|error| Failure::usage(error.to_string()))?;
    let prompt = if new.write {
        prompt::read(here.output, &Task { source: Some(Source::Input), ..Task::default() })?
    } else {
        None
    };
    let runs = here.runs()?;
    let slug = new.slug.as_deref().unwrap_or("task");
    let reserved =
        runs.reserve(&backend.name, slug, prompt.as_ref().map(|prompt| prompt.bytes.as_slice()))?;
    Ok(u8::from(here.output.print_exact(&format!("{}\n", reserved.prompt.display())) != Status::Done))
}
