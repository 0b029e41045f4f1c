//! Running commands and taking their cost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// The medians of `own` and `yardstick`, taking turns `runs` times; `before` makes the stage anew for `own`.
pub(crate) fn beside(
    runs: usize,
    mut before: impl FnMut() -> Result<(), Failure>,
    mut own: impl FnMut() -> Command,
    mut yardstick: impl FnMut() -> Command,
) -> Result<(Duration, Duration), Failure> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first turn warms the caches and is not counted.
    for turn in 0..=runs {
        before()?;
        let (one, other) = (time(own())?, time(yardstick())?);
        if turn > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    Ok((median(ours), median(theirs)))
}

/// From spawn to end, whole process.
fn time(mut command: Command) -> Result<Duration, Failure> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let taken = start.elapsed();
    if status.success() { Ok(taken) } else { Err(format!("{command:?} ended with {status}").into()) }
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The instructions of a command under callgrind; None where there is no valgrind.
pub(crate) fn instructions(program: &Path, args: &[&str], prepare: impl Fn(&mut Command)) -> Option<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args(args);
    prepare(&mut valgrind);
    let output = valgrind.stdout(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.trim().parse().ok()
}

/// The most memory that a command had, in bytes, by GNU time.
pub(crate) fn peak(command: &Command, input: Stdio) -> Option<u64> {
    let mut time = Command::new("/usr/bin/time");
    time.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    time.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            time.env(name, value);
        }
    }
    if let Some(directory) = command.get_current_dir() {
        time.current_dir(directory);
    }
    let output = time.stdin(input).stdout(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().rsplit('\n').next()?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// How many system calls a command makes, those of programs that it starts not counted; `None` where there is no strace.
pub(crate) fn system_calls(command: &Command, input: std::fs::File) -> Option<u64> {
    let log = tempfile::NamedTempFile::new().ok()?;
    let mut strace = Command::new("strace");
    strace.arg("-o").arg(log.path()).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            strace.env(name, value);
        }
    }
    if let Some(directory) = command.get_current_dir() {
        strace.current_dir(directory);
    }
    strace.stdin(input).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    let lines = std::fs::read_to_string(log.path()).ok()?;
    u64::try_from(lines.lines().filter(|line| line.contains('(')).count()).ok()
}
