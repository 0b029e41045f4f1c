//! Programs under strace, which can kill them or refuse them something at any system call.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;

use tests::{Ran, feed};

use super::wrapped;

/// The calls that change what is on the disk or who holds a lock, and the end. Killed before each of these, a program
/// is killed once in every state that the disk can be in. `?`: not every architecture has them all.
const STEPS: &str = "?open,openat,?creat,write,writev,?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat,?mkdir,mkdirat,\
    fsync,fdatasync,ftruncate,flock,close,exit_group";

/// One system call that a program made.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// As in `openat`.
    pub(crate) name: String,
    /// Which of its thread's calls of that name it was, from 1: strace counts each thread's own.
    pub(crate) number: usize,
    /// As strace prints it.
    pub(crate) line: String,
}

/// What a traced program did.
pub(crate) struct Traced {
    pub(crate) ran: Ran,
    pub(crate) calls: Vec<Call>,
    /// How many calls were refused.
    pub(crate) refused: usize,
}

impl Traced {
    /// How many calls were refused.
    pub(crate) fn refused(&self) -> usize {
        self.refused
    }
}

/// Runs `command` under strace with `options`, and its log at `log`.
pub(crate) fn traced(command: &Command, input: &[u8], options: &[&str], log: &Path) -> Traced {
    let log = log.to_str().unwrap();
    let ran = feed(wrapped("strace", &[&["-f", "-qq", "-o", log], options].concat(), command), input);
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    let mut numbers = HashMap::new();
    let call = |line: &str| {
        let (thread, line) = line.split_once(' ')?;
        let name = line.trim_start().split_once('(')?.0.to_owned();
        // The end of a call that another thread's stood in, `<... openat resumed>)`, is no call.
        if name.starts_with('<') {
            return None;
        }
        let number =
            numbers.entry((thread.to_owned(), name.clone())).and_modify(|number| *number += 1).or_insert(1);
        Some(Call { name, number: *number, line: line.trim_start().to_owned() })
    };
    let refused = text.lines().filter(|line| line.ends_with("(INJECTED)")).count();
    Traced { ran, calls: text.lines().filter_map(call).collect(), refused }
}

/// The calls that `command` makes from its first look at the store on, that matter for what is on the disk.
pub(crate) fn calls_of(command: &Command, input: &[u8], log: &Path) -> Vec<Call> {
    let traced = traced(command, input, &["-e", &format!("trace={STEPS}")], log);
    assert_ne!(traced.ran.code, 127, "{}", traced.ran.err());
    // Of two threads the one that comes to its n-th call first is the one that strace stops, so what is made before the
    // store is looked at stands for the later ones too.
    let mut known = HashSet::new();
    let mut is_there = false;
    let calls: Vec<Call> = traced
        .calls
        .into_iter()
        .filter(|call| {
            is_there |= call.line.contains(".agent-handoffs");
            known.insert((call.name.clone(), call.number)) && is_there
        })
        .collect();
    assert!(calls.len() > 10, "strace saw next to nothing: {calls:?}");
    calls
}

impl Call {
    /// Runs `command`, which is killed when it comes to this call, before anything is done.
    #[track_caller]
    pub(crate) fn kills(&self, command: &Command, input: &[u8], log: &Path) -> Ran {
        let trace = format!("trace={}", self.name);
        let inject = format!("inject={}:signal=KILL:when={}", self.name, self.number);
        let ran = traced(command, input, &["-e", &trace, "-e", &inject], log).ran;
        assert_eq!(ran.code, 137, "not killed at {self:?}: {}", ran.err());
        ran
    }

    /// Runs `command`, whose call this is refused with `error`; that and every later one of the name when `for_good`.
    #[track_caller]
    pub(crate) fn refuses(
        &self,
        error: &str,
        for_good: bool,
        command: &Command,
        input: &[u8],
        log: &Path,
    ) -> Ran {
        let trace = format!("trace={}", self.name);
        let plus = if for_good { "+" } else { "" };
        let inject = format!("inject={}:error={error}:when={}{plus}", self.name, self.number);
        let traced = traced(command, input, &["-e", &trace, "-e", &inject], log);
        assert!(traced.refused() > 0, "nothing was refused at {self:?}");
        traced.ran
    }
}
