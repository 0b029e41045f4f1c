//! `handoff open`: the interactive agent in the conversation of a run.

use std::os::unix::process::CommandExt;
use std::process::Command;

use handoff_backends::{Conversation, Task};
use handoff_files::Foreign;
use handoff_process::Environment;
use handoff_runs::Row;

use crate::here::{Failure, Here};

pub(crate) fn run(here: &Here<'_>, id: Option<&str>) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let row = here.find(&runs, id)?;
    self::row(here, &row)
}

/// Becomes the agent.
pub(crate) fn row(here: &Here<'_>, row: &Row) -> Result<u8, Failure> {
    let config = here.config()?;
    let name = Some(row.backend.as_str()).filter(|name| !name.is_empty());
    let backend = config.backend(name)?;
    if !handoff_files::is_directory(&row.cwd) {
        return Err(Failure::new(format!(
            "could not work in {}: there is no such directory",
            row.cwd.display()
        )));
    }
    let environment = Environment::all();
    let settings =
        here.home.join("runs").join(format!("{}.open-{}.settings.json", row.id, std::process::id()));
    let launch = backend.open(&Task {
        cwd: &row.cwd,
        home: here.user(),
        pro: row.pro,
        conversation: Conversation::Resume(&row.session),
        environment: &environment,
        settings: &settings,
    })?;
    let mut agent = Command::new(&launch.program);
    agent.args(&launch.args).env_clear().envs(launch.env.iter().cloned()).current_dir(&row.cwd);
    let program = launch.program.to_string_lossy();
    let failed =
        |error| Failure::new(format!("could not start {program}: {}", handoff_files::reason(&error)));
    let Some(text) = &launch.settings else { return Err(failed(agent.exec())) };
    // Somebody has to be there to remove the token when it is over.
    super::dispatch::put(&settings, text)?;
    let status = agent.status();
    Foreign::read(&settings, 1 << 20)?.remove()?;
    let code = status.map_err(failed)?.code().unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}
