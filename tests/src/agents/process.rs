//! An agent's program, from its start to its end.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::Ran;

/// No session of a test takes nearly as long.
const LIMIT: Duration = Duration::from_secs(90);

/// What ends a turn in Claude Code's output.
const RESULT: &[u8] = b"\"type\":\"result\"";

/// Runs `command` in a process group of its own, which nothing survives. The lines are said on its standard input, each
/// when the one before has its result. Output goes to files in `dir`: a pipe would stay open in what it left behind.
#[track_caller]
pub(super) fn run(mut command: Command, dir: &Path, lines: &[String]) -> Ran {
    // Several may run at once.
    let own = tempfile::tempdir_in(dir).unwrap();
    let [out, err] = ["out", "err"].map(|name| own.path().join(name));
    command.stdin(if lines.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut child = command.process_group(0).spawn().unwrap();
    let group = Pid::from_child(&child);
    let mut talk = Talk { stdin: child.stdin.take(), lines, said: 0 };
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if start.elapsed() > LIMIT {
            break None;
        }
        talk.go_on(&out);
        std::thread::sleep(Duration::from_millis(5));
    };
    kill_process_group(group, Signal::KILL).ok();
    let ended = status.unwrap_or_else(|| child.wait().unwrap());
    let [stdout, stderr] = [out, err].map(|path| std::fs::read(path).unwrap());
    let ran = Ran::of(Output { status: ended, stdout, stderr });
    assert!(status.is_some(), "killed after {LIMIT:?}: {ran:?}");
    ran
}

/// What is still to be said.
struct Talk<'a> {
    stdin: Option<ChildStdin>,
    lines: &'a [String],
    said: usize,
}

impl Talk<'_> {
    fn go_on(&mut self, out: &Path) {
        let Some(stdin) = &mut self.stdin else { return };
        let results =
            std::fs::read(out).unwrap().windows(RESULT.len()).filter(|bytes| *bytes == RESULT).count();
        if results < self.said {
            return;
        }
        match self.lines.get(self.said) {
            // One that has died does not listen.
            Some(line) => drop(writeln!(stdin, "{line}")),
            None => self.stdin = None,
        }
        self.said += 1;
    }
}
