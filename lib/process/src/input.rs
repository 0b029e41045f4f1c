//! Standard input, which a host may leave open for ever.
//!
//! Only the end of input is its end. A descriptor that another program made non-blocking is waited for, and every error
//! of a read is reported by the readers that need all of it.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How much of standard input is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct InputLimits {
    /// In all; None waits for the end of input.
    pub time: Option<Duration>,
    /// In bytes.
    pub size: usize,
}

/// Why a reader that needs all of its input did not get it.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct InputError {
    /// What arrived before; never more than the limit.
    pub received: Vec<u8>,
    /// What happened then.
    pub fault: InputFault,
}

/// What kept an input from being read to its end.
#[derive(Debug, thiserror::Error)]
pub enum InputFault {
    /// A read failed.
    #[error("reading it failed before its end: {0}")]
    Read(#[source] std::io::Error),
    /// There is more than so many bytes.
    #[error("it is longer than {} MiB", .0 >> 20)]
    TooLong(usize),
}

/// Where reading stopped.
enum End {
    /// At the end of input, or where the reader had enough.
    Reached,
    TimeLimit,
    SizeLimit,
    Failed(std::io::Error),
}

/// What arrives on standard input: up to its end, up to one of the `limits`, or until `enough` says of what
/// has arrived that nothing more is needed. `None` when it is a terminal, since nothing is sent there by itself.
///
/// What is returned may be cut, by the limits or by an error: it is for readers that recognise a whole message, such as
/// hooks and questions. [`read_whole_input`] is for the others.
pub fn read_input(limits: InputLimits, enough: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let stdin = std::io::stdin();
    if rustix::termios::isatty(stdin.as_fd()) {
        return None;
    }
    Some(receive(&mut stdin.lock(), limits, enough).0)
}

/// Standard input to its end. `None` when it is a terminal.
///
/// # Errors
/// [`InputError`] with what had arrived: when a read fails, or when there is more than `limit` bytes.
pub fn read_whole_input(limit: usize) -> Result<Option<Vec<u8>>, InputError> {
    let stdin = std::io::stdin();
    if rustix::termios::isatty(stdin.as_fd()) {
        return Ok(None);
    }
    read_whole(&mut stdin.lock(), limit).map(Some)
}

/// `source` to its end, waited for where it is non-blocking.
///
/// # Errors
/// [`InputError`] with what had arrived: when a read fails, or when there is more than `limit` bytes.
pub fn read_whole(source: &mut (impl Read + AsFd), limit: usize) -> Result<Vec<u8>, InputError> {
    // One byte more tells a source of exactly `limit` bytes from a longer one.
    let limits = InputLimits { time: None, size: limit.saturating_add(1) };
    let (mut received, end) = receive(source, limits, |_| false);
    let fault = match end {
        End::Reached | End::TimeLimit => return Ok(received),
        End::SizeLimit => InputFault::TooLong(limit),
        End::Failed(error) => InputFault::Read(error),
    };
    received.truncate(limit);
    Err(InputError { received, fault })
}

/// Whether standard input neither has anything to read nor ends for `time`. A terminal is never called silent.
pub fn is_input_silent_for(time: Duration) -> bool {
    let stdin = std::io::stdin();
    let is_terminal = rustix::termios::isatty(stdin.as_fd());
    // An error is for the read to report.
    !is_terminal && wait(&stdin, Some(Instant::now() + time)).is_ok_and(|is_ready| !is_ready)
}

/// A line from the person at the terminal; `None` at its end.
pub fn read_line() -> Option<Vec<u8>> {
    let limits = InputLimits { time: None, size: 64 << 10 };
    let (line, _) = receive(&mut std::io::stdin().lock(), limits, |bytes| bytes.contains(&b'\n'));
    (!line.is_empty()).then_some(line)
}

/// How much is read at once. Not less, for standard input would then keep what it has read ahead, and no poll reports
/// that. Not more, for each start of a hook is given these pages, and most payloads need one.
const READ_BYTES: usize = 8 << 10;

/// Reads `source` until one of the limits, its end or an error, and says which.
fn receive(
    source: &mut (impl Read + AsFd),
    limits: InputLimits,
    enough: impl Fn(&[u8]) -> bool,
) -> (Vec<u8>, End) {
    let deadline = limits.time.map(|time| Instant::now() + time);
    let mut input = Vec::new();
    let mut buffer = [0; READ_BYTES];
    let mut must_wait = deadline.is_some();
    loop {
        if input.len() >= limits.size {
            input.truncate(limits.size);
            return (input, End::SizeLimit);
        }
        if must_wait {
            match wait(source, deadline) {
                Ok(true) => {}
                Ok(false) => return (input, End::TimeLimit),
                Err(error) => return (input, End::Failed(error)),
            }
        }
        match source.read(&mut buffer) {
            Ok(0) => return (input, End::Reached),
            Ok(count) => {
                input.extend_from_slice(&buffer[..count]);
                must_wait = deadline.is_some();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // Another program made it non-blocking, and nothing is there yet.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                must_wait = true;
                continue;
            }
            Err(error) => return (input, End::Failed(error)),
        }
        if enough(&input) {
            return (input, End::Reached);
        }
    }
}

/// Waits until `source` has something to read, or ends; false when `deadline` comes first.
fn wait(source: &impl AsFd, deadline: Option<Instant>) -> std::io::Result<bool> {
    loop {
        let timeout = deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()),
            }
        });
        match poll(&mut [PollFd::new(source, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) if deadline.is_some() => return Ok(false),
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_non_blocking_source_is_waited_for() {
        let (mut writer, mut reader) = UnixStream::pair().unwrap();
        reader.set_nonblocking(true).unwrap();
        let thread = std::thread::spawn(move || read_whole(&mut reader, 1 << 20).unwrap());
        for part in ["first ", "second ", "third"] {
            writer.write_all(part.as_bytes()).unwrap();
            std::thread::yield_now();
        }
        drop(writer);
        assert_eq!(thread.join().unwrap(), b"first second third");
    }

    #[test]
    fn a_failed_read_is_no_end_of_input() {
        let (mut writer, mut reader) = UnixStream::pair().unwrap();
        // What its peer never read makes the system reset the connection, behind what was sent.
        reader.write_all(b"unread").unwrap();
        writer.write_all(b"the first half").unwrap();
        drop(writer);
        let error = read_whole(&mut reader, 1 << 20).unwrap_err();
        assert_eq!(error.received, b"the first half");
        assert!(
            matches!(error.fault, InputFault::Read(ref cause) if cause.kind() == ErrorKind::ConnectionReset)
        );
    }

    #[test]
    fn a_source_of_the_limit_is_whole_and_a_longer_one_is_an_error() {
        let read = |length: usize| {
            let (mut writer, mut reader) = UnixStream::pair().unwrap();
            let thread = std::thread::spawn(move || read_whole(&mut reader, 40_000));
            writer.write_all(&vec![b'x'; length]).unwrap();
            drop(writer);
            thread.join().unwrap()
        };
        assert_eq!(read(40_000).unwrap().len(), 40_000);
        let error = read(40_001).unwrap_err();
        assert_eq!(
            (error.received.len(), matches!(error.fault, InputFault::TooLong(40_000))),
            (40_000, true)
        );
    }
}
