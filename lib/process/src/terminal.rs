//! The terminal that a process belongs to, whatever its output is.

use std::io;

use rustix::fs::{Mode, OFlags};
use rustix::termios::LocalModes;

/// Writes `text` to the controlling terminal, as it is. Never waits: what a stopped terminal does not take is lost.
///
/// # Errors
/// What the system says; when there is no such terminal, or it stops processes in the background that write to it.
pub fn to_terminal(text: &str) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let terminal = rustix::fs::open("/dev/tty", flags, Mode::empty())?;
    if rustix::termios::tcgetattr(&terminal)?.local_modes.contains(LocalModes::TOSTOP) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    rustix::io::write(&terminal, text.as_bytes())?;
    Ok(())
}

/// Whether the process is the one that its terminal listens to: a person waits for it there.
pub fn is_in_foreground() -> bool {
    let terminal =
        rustix::fs::open("/dev/tty", OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
    let group = terminal.and_then(rustix::termios::tcgetpgrp);
    group.is_ok_and(|group| group == rustix::process::getpgrp())
}
