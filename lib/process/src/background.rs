//! A program that runs beside this one, and goes on when this one ends.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A program in a process group of its own, so that a host that ends its hook's group does not end it.
#[derive(Debug)]
pub struct Background(Child);

impl Background {
    /// Starts `program`, whose input is empty and whose output is not read.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(program: &Path, arguments: &[&OsStr]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.process_group(0).spawn().map(Self)
    }

    /// Waits until it has ended, at most for `time`.
    pub fn wait(mut self, time: Duration) {
        let until = Instant::now() + time;
        // Its output is closed when it ends.
        if let Some(output) = self.0.stdout.take() {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            let _ = poll(&mut [PollFd::new(&output, PollFlags::HUP)], Some(&timeout));
        }
        let _ = self.0.try_wait();
    }
}

/// Ends this process, and with it what it started, where it has a process group of its own as a [`Background`] has. For what may
/// be interrupted at any moment.
pub fn end_with_group() -> ! {
    let (own, group) = (rustix::process::getpid(), rustix::process::getpgrp());
    if own == group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[expect(clippy::exit, reason = "another thread waits for a program that does not answer")]
    std::process::exit(1)
}
