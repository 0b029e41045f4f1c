//! Standard input, which a host may leave open for ever.

use std::io::Read;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How much of standard input to wait for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// In all; None waits for the end of input.
    pub time: Option<Duration>,
    /// In bytes.
    pub size: usize,
}

/// What arrives on standard input within `patience`: up to its end, up to the limits, or until `enough` says of what
/// has arrived that nothing more is needed. None when it is a terminal, for then nobody sends anything by itself.
pub fn read_input(patience: Patience, enough: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let stdin = std::io::stdin();
    if rustix::termios::isatty(stdin.as_fd()) {
        return None;
    }
    let deadline = patience.time.map(|time| Instant::now() + time);
    let mut stdin = stdin.lock();
    let mut input = Vec::new();
    let mut buffer = [0; 16 << 10];
    while input.len() < patience.size && is_ready(deadline) {
        match stdin.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => input.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        }
        if enough(&input) {
            break;
        }
    }
    input.truncate(patience.size);
    Some(input)
}

/// A line from whoever sits at the terminal; None at its end.
pub fn read_line() -> Option<Vec<u8>> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).ok()?;
    (read > 0).then(|| line.into_bytes())
}

/// Waits until there is something to read, or the end of it; false when the time is over first.
fn is_ready(deadline: Option<Instant>) -> bool {
    let Some(deadline) = deadline else { return true };
    let stdin = std::io::stdin();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}
