//! `handoff init`: the configuration, and the skills with the rest of the wiring.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

use handoff_backends::{Config, Preset};
use handoff_cli::tables::installer;
use handoff_files::{Dir, Foreign};
use handoff_process::{Environment, Failure, InputLimits, is_input_terminal, read_input};
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
        // Where no person can be asked, the question alone does not say how to answer it.
        let way = if is_input_terminal() { "" } else { ": `handoff init --yes` does not ask" };
        return Err(Failure::new(format!("nothing was done{way}")));
    }
    if is_new {
        // What is in the way of the installation is in the way of all: then nothing is written, as the installer says.
        let code = can_install(here)?;
        if code != 0 {
            return Ok(code);
        }
        Dir::create(here.home())?;
        config.replace(Preset::text(default(here)).as_bytes())?;
        printed(here.output, &format!("wrote: {}\n", Sanitised::path(&path)));
    }
    let mut install = sibling::command(installer::PROGRAM.name);
    let installed = install.arg0("handoff").arg("install").status();
    let installed = installed.map_err(|error| sibling::could_not_run(&install, &error))?;
    if installed.success() {
        printed(here.output, &first_task(here));
    }
    // A signal that ended it has the exit code of a shell.
    let code = installed.code().or_else(|| Some(128 + installed.signal()?)).unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}

/// The preset's backend that can run here: its program is on PATH, and what it needs is set. The first one where none can.
fn default(here: &Here<'_>) -> Preset {
    let can_run = |preset: &Preset| {
        here.environment.find_program(preset.protocol.name()).is_some()
            && preset.variable.is_none_or(|name| Environment::variable(name).is_some())
    };
    Preset::ALL.into_iter().find(can_run).unwrap_or(Preset::ALL[0])
}

/// Who takes a task now, what it may do, and a command to try it with.
fn first_task(here: &Here<'_>) -> String {
    let config = Config::load(&here.config_path(), here.user()).ok().flatten();
    let Some(backend) = config.as_ref().and_then(|config| config.backend(None).ok()) else {
        return String::new();
    };
    let (name, program) = (Sanitised::from(backend.name.as_str()), backend.protocol.name());
    if here.environment.find_program(program).is_none() {
        return format!(
            "tasks:       {name} is to take them, and `{program}` is not on your PATH: install it, or put another \
             backend first in config.yaml\n"
        );
    }
    let narrowing = match backend.protocol.program().narrower {
        Some(setting) => format!("`{setting}` in config.yaml narrows that"),
        None => format!("the settings of `{program}` itself narrow that"),
    };
    format!(
        "tasks:       {name} takes them, and may run commands without asking; {narrowing}\n\
         try:         handoff run --text \"Say in three lines what this project does\"\n"
    )
}

/// Whether the installation could go ahead: the exit code of its dry run, whose errors are shown.
fn can_install(here: &Here<'_>) -> Result<u8, Failure> {
    let mut check = sibling::command(installer::PROGRAM.name);
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
    let line = match read_input(InputLimits { time: None, size: 1 << 10 }, |bytes| bytes.contains(&b'\n')) {
        Some(bytes) => bytes,
        None => handoff_process::read_line().unwrap_or_default(),
    };
    matches!(line.trim_ascii(), b"y" | b"Y" | b"yes")
}
