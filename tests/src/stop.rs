//! Programs that are stopped at one system call, so that a test can do something in that instant.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{feed, traced};

/// The call before which a program is stopped.
pub struct Stop {
    /// As in `renameat2`.
    pub name: String,
    /// Which of the calls of that name it is, from 1.
    pub number: usize,
}

impl Stop {
    /// Finds the call that renames, removes or makes a directory whose line in strace's log has all of `words`, in what `command` does; it is
    /// run once.
    #[track_caller]
    pub fn find(command: &Command, log: &Path, words: &[&str]) -> Self {
        let calls = "trace=renameat,renameat2,?rename,unlinkat,?unlink,mkdirat";
        let ran = feed(traced(command, &["-e", calls], log), b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
        let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
        let line = text.lines().find(|line| words.iter().all(|words| line.contains(words)));
        let line = line.unwrap_or_else(|| panic!("no {words:?} in {text}"));
        let name = line.split_once('(').unwrap().0.to_owned();
        let before = text.lines().take_while(|other| *other != line);
        let number = before.filter(|other| other.starts_with(&format!("{name}("))).count() + 1;
        Self { name, number }
    }

    /// Runs `command`, makes `edit` while it is stopped there, and gives its exit code and what it says.
    #[track_caller]
    pub fn edit(&self, command: &Command, log: &Path, edit: impl FnOnce()) -> (i32, String) {
        let inject = format!("inject={}:delay_enter=3000000:when={}", self.name, self.number);
        let trace = format!("trace={}", self.name);
        std::fs::write(log, "").unwrap();
        let mut strace = traced(command, &["-e", &trace, "-e", &inject], log);
        let mut child = strace.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.wait(&mut child, log);
        edit();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Waits until it is stopped: strace prints a call when it is entered, and the end of the line when it ends.
    fn wait(&self, child: &mut Child, log: &Path) {
        let start = Instant::now();
        let is_there = || {
            let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
            text.matches(&format!("{}(", self.name)).count() >= self.number
        };
        while !is_there() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before");
            assert!(start.elapsed() < Duration::from_secs(20), "it does not come to {}", self.name);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The ways in which programs change a file: in place, by a new one of its name, and its mode alone.
pub const EDITS: [fn(&Path); 3] = [
    |path| std::fs::write(path, "theirs\n").unwrap(),
    |path| {
        let beside = path.with_file_name("theirs.tmp");
        std::fs::write(&beside, "theirs\n").unwrap();
        std::fs::rename(beside, path).unwrap();
    },
    |path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap(),
];
