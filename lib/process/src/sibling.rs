//! Asks another program of this installation.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::environment::Environment;

/// The most that such a program says, in bytes.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// What the program `name` beside this one prints. Returns `None` if it is not there, fails, or takes longer than `time`; it is
/// killed then.
pub fn ask_sibling(name: &str, arguments: &[&OsStr], time: Duration) -> Option<Vec<u8>> {
    let program = Environment::sibling(name);
    // A name alone would be looked for on PATH, and could be another program.
    if !program.is_absolute() {
        return None;
    }
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let output = child.stdout.take()?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = output.take(MAX_ANSWER_BYTES).read_to_end(&mut answer);
        // Where it took too long, no one waits for it.
        let _ = sender.send(read.is_ok().then_some(answer));
    });
    let answer = receiver.recv_timeout(time).ok().flatten();
    if answer.is_none() {
        let _ = child.kill();
    }
    let is_done = child.wait().is_ok_and(|status| status.success());
    answer.filter(|_| is_done)
}
