//! Programs under strace.

use std::path::Path;
use std::process::Command;

use crate::{can, has};

/// Whether strace works here; not every container lets it.
pub fn can_trace() -> bool {
    let works = || {
        Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success())
    };
    can("trace a process", has("strace") && works())
}

/// `command` under strace with `options`, and its log at `log`; only its own process is looked at, not those that it starts.
pub fn traced(command: &Command, options: &[&str], log: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-qq", "-y", "-o"]).arg(log).args(options);
    strace.arg(command.get_program()).args(command.get_args());
    strace.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(command.get_current_dir().unwrap());
    strace
}
